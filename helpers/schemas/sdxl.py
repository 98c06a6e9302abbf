"""SDXL 1.0 on Amazon Bedrock: the request and response bodies with every limit, default and rule between fields.

Source: Amazon Bedrock User Guide, Stability.ai Diffusion 1.0 (text to image, image to image, image to image with
masking), and Stability AI's v1 REST specification for the defaults that the guide leaves out.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, model_validator

from helpers.schemas.fields import (
    IMAGE,
    SHARE,
    TASK_NAMES,
    AnswerImage,
    Base64Image,
    BrokenRule,
    FiniteFloat,
    IntOrNone,
    JsonObject,
    ListOrEmpty,
    Response,
    StrictInt,
    StrOrNone,
    TaskName,
    Translate,
    explicit_nulls,
    in_english,
    one_of,
    validated_with,
)

SamplerName = Literal[
    "DDIM",
    "DDPM",
    "K_DPMPP_2M",
    "K_DPMPP_2S_ANCESTRAL",
    "K_DPM_2",
    "K_DPM_2_ANCESTRAL",
    "K_EULER",
    "K_EULER_ANCESTRAL",
    "K_HEUN",
    "K_LMS",
]
ClipGuidancePreset = Literal["FAST_BLUE", "FAST_GREEN", "NONE", "SIMPLE", "SLOW", "SLOWER", "SLOWEST"]
StylePreset = Literal[
    "3d-model",
    "analog-film",
    "anime",
    "cinematic",
    "comic-book",
    "digital-art",
    "enhance",
    "fantasy-art",
    "isometric",
    "line-art",
    "low-poly",
    "modeling-compound",
    "neon-punk",
    "origami",
    "photographic",
    "pixel-art",
    "tile-texture",
]
InitImageMode = Literal["IMAGE_STRENGTH", "STEP_SCHEDULE"]
MaskSource = Literal["MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA"]
FinishReason = Literal["SUCCESS", "ERROR", "CONTENT_FILTERED"]

SAMPLERS: tuple[str, ...] = get_args(SamplerName)
CLIP_GUIDANCE_PRESETS: tuple[str, ...] = get_args(ClipGuidancePreset)
STYLE_PRESETS: tuple[str, ...] = get_args(StylePreset)
INIT_IMAGE_MODES: tuple[str, ...] = get_args(InitImageMode)
MASK_SOURCES: tuple[str, ...] = get_args(MaskSource)

WEB_UI_SAMPLERS: Mapping[str, str] = MappingProxyType(
    {
        "DDIM": "DDIM",
        "DDPM": "DDPM",  # of its fork Forge; AUTOMATIC1111's own has none
        "K_DPMPP_2M": "DPM++ 2M",
        "K_DPMPP_2S_ANCESTRAL": "DPM++ 2S a",
        "K_DPM_2": "DPM2",
        "K_DPM_2_ANCESTRAL": "DPM2 a",
        "K_EULER": "Euler",
        "K_EULER_ANCESTRAL": "Euler a",
        "K_HEUN": "Heun",
        "K_LMS": "LMS",
    }
)
"""Name of each sampler in Stable Diffusion's web UI, which other tools and readers of image metadata use too."""

MAX_TEXT = 2000  # characters of one prompt
# Bedrock documents no maximum, and a list without one costs gigabytes to check. The longest that a client was seen to
# send has about ten (one prompt, the rest negative), and a hundred texts of 2,000 characters are more than a book chapter.
MAX_PROMPTS = 100
MAX_CFG_SCALE = 35
MIN_STEPS, MAX_STEPS = 10, 150
DOCUMENTED_STEPS = 50  # the guide's maximum; above it the price list has a higher tier
MAX_SEED = 2**32 - 1
MIN_SIDE, MAX_SIDE, SIDE_STEP, MAX_PIXELS = 320, 1536, 64, 1_048_576  # pixels; the last is width x height
# Pixels of each side where a body says none. The guide gives no default, so this is the most likely one: the guide's nine
# sizes are all about 1024 x 1024, AWS's own notebooks draw on the answer as on 1024 x 1024, and Stability's engine for
# SDXL 1.0 refuses the 512 x 512 that its REST specification has as the default of all engines.
DEFAULT_SIDE = 1024
QUICK_SIDE = 512  # pixels; what helpers write into a body: quick to draw, and small on a page
DEFAULT_CFG_SCALE = 7
DEFAULT_STEPS = 30
DEFAULT_IMAGE_STRENGTH = 0.35
DEFAULT_SCHEDULE_START = 0.65

# A field that is not named here belongs to every task.
_TASKS_OF_FIELD: dict[str, tuple[TaskName, ...]] = {
    "width": ("text_to_image",),
    "height": ("text_to_image",),
    "init_image_mode": ("image_to_image",),
    "image_strength": ("image_to_image",),
    "step_schedule_start": ("image_to_image",),
    "step_schedule_end": ("image_to_image",),
}

Side = Annotated[
    StrictInt,
    Field(
        ge=MIN_SIDE,
        le=MAX_SIDE,
        multiple_of=SIDE_STEP,
        description=f"a multiple of {SIDE_STEP} from {MIN_SIDE} to {MAX_SIDE}",
    ),
]
Share = Annotated[FiniteFloat, Field(ge=0, le=1, description=SHARE)]


class TextPrompt(BaseModel):
    """One prompt and its weight; a weight below 0 makes it a negative prompt."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    text: str = Field(max_length=MAX_TEXT, description=f"a text of at most {MAX_TEXT} characters")
    weight: FiniteFloat = Field(
        default=1.0, description="a number: above 0 for what to show, below 0 for what to avoid"
    )


Prompts = Annotated[
    list[TextPrompt],
    Field(
        min_length=1,
        max_length=MAX_PROMPTS,
        description='a list of at least one prompt, such as [{"text": "a beach at sunset"}]',
    ),
]
Seed = Annotated[StrictInt, Field(ge=0, le=MAX_SEED, description=f"a whole number from 0 (random) to {MAX_SEED}")]
Steps = Annotated[
    StrictInt, Field(ge=MIN_STEPS, le=MAX_STEPS, description=f"a whole number from {MIN_STEPS} to {MAX_STEPS}")
]


class SDXLRequest(BaseModel):
    """The request body of all three tasks; its fields decide which task it is."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    text_prompts: Prompts
    cfg_scale: FiniteFloat = Field(
        default=float(DEFAULT_CFG_SCALE), ge=0, le=MAX_CFG_SCALE, description=f"a number from 0 to {MAX_CFG_SCALE}"
    )
    clip_guidance_preset: ClipGuidancePreset = Field(default="NONE", description=one_of(CLIP_GUIDANCE_PRESETS))
    sampler: SamplerName | None = Field(default=None, description=one_of(SAMPLERS))
    samples: StrictInt = Field(default=1, ge=1, le=1, description="1, as Bedrock makes one picture a request")
    seed: Seed = 0
    steps: Steps = DEFAULT_STEPS
    style_preset: StylePreset | None = Field(default=None, description=one_of(STYLE_PRESETS))
    extras: JsonObject | None = Field(default=None, description="a JSON object")
    width: Side = DEFAULT_SIDE
    height: Side = DEFAULT_SIDE
    init_image: Base64Image | None = Field(default=None, description=IMAGE)
    init_image_mode: InitImageMode = Field(default="IMAGE_STRENGTH", description=one_of(INIT_IMAGE_MODES))
    image_strength: Share = DEFAULT_IMAGE_STRENGTH
    step_schedule_start: Share = DEFAULT_SCHEDULE_START
    step_schedule_end: Share | None = Field(default=None, description=SHARE)
    mask_source: MaskSource | None = Field(default=None, description=one_of(MASK_SOURCES))
    mask_image: Base64Image | None = Field(default=None, description=IMAGE)

    @property
    def task(self) -> TaskName:
        """Name of the task: "text_to_image", "image_to_image" or "inpaint"."""
        return task_of(self.model_dump(include={"init_image", "mask_source", "mask_image"}, exclude_none=True))

    @model_validator(mode="wrap")
    @classmethod
    def _fields_agree(cls, body: Any, handler: ModelWrapValidatorHandler["SDXLRequest"]) -> "SDXLRequest":
        broken = _broken_between_fields(cls, body) if isinstance(body, dict) else []
        return validated_with(cls.__name__, broken, lambda: handler(body))


class Artifact(BaseModel):
    """One image of a response, with the seed that was used and its finish reason."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    seed: IntOrNone = None
    base64: StrOrNone = None
    finishReason: StrOrNone = None  # noqa: N815 - as the API spells it; a FinishReason, by the guide


class SDXLResponse(Response):
    """The response body. `result` "success" means that the call worked, not that the image passed the filter."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    result: StrOrNone = None
    artifacts: ListOrEmpty[Artifact] = Field(default_factory=list)

    @property
    def pictures(self) -> list[AnswerImage]:
        """Artifacts in order."""
        return [
            AnswerImage(artifact.finishReason or "SUCCESS", artifact.seed, artifact.base64)
            for artifact in self.artifacts
        ]


def size_problem(width: int, height: int, tr: Translate = in_english) -> str | None:
    """Return what is wrong with a size in pixels, as the end of a sentence ("... must be ..."); None where it is legal.

    `tr` translates the sentence.
    """
    are_sides_legal = all(MIN_SIDE <= side <= MAX_SIDE and side % SIDE_STEP == 0 for side in (width, height))
    if not are_sides_legal:
        return tr(
            "both sides must be a multiple of {step} from {least} to {most}",
            step=SIDE_STEP,
            least=MIN_SIDE,
            most=MAX_SIDE,
        )
    if width * height > MAX_PIXELS:
        return tr("width x height must be at most {most:,} pixels, such as 1024 x 1024", most=MAX_PIXELS)
    return None


def nearest_size(width: int, height: int) -> tuple[int, int]:
    """Return the legal (width, height) in pixels that is nearest to a size by the ratios of the sides.

    A size of more than 1,048,576 pixels is scaled down first.
    """
    scale = min(1.0, math.sqrt(MAX_PIXELS / (width * height)))
    sides = range(MIN_SIDE, MAX_SIDE + 1, SIDE_STEP)
    legal = [(w, h) for w in sides for h in sides if w * h <= MAX_PIXELS]
    return min(
        legal, key=lambda size: math.hypot(_log_ratio(size[0], width * scale), _log_ratio(size[1], height * scale))
    )


def sampler_named(name: str) -> str | None:
    """Return the sampler that other tools call by this name, such as "Euler a" or "dpmpp_2m"; None for one not on Bedrock.

    A sigma schedule at its end, as in "DPM++ 2M Karras", is not heeded: Bedrock has no field for it.
    """
    plain = _plain_sampler(name)
    for schedule in ("karras", "exponential"):
        plain = plain.removesuffix(schedule)
    spelt = ((name, (name, web_ui)) for name, web_ui in WEB_UI_SAMPLERS.items())
    return next((name for name, names in spelt if plain in map(_plain_sampler, names)), None)


def task_of(body: Mapping[str, Any]) -> TaskName:
    """Return the task of a body: "inpaint" with a mask, "image_to_image" with an init image, else "text_to_image"."""
    if "mask_source" in body or "mask_image" in body:
        return "inpaint"
    return "image_to_image" if "init_image" in body else "text_to_image"


def _plain_sampler(name: str) -> str:
    """Return a sampler's name without what tools spell differently: case, spaces, underscores, plus signs and `k_`."""
    plain = name.lower().replace("++", "pp").removeprefix("k_")
    return "".join(character for character in plain if character.isalnum())


def _log_ratio(side: float, wanted: float) -> float:
    return math.log(side / wanted)


def _broken_between_fields(model: type[BaseModel], body: dict[str, Any]) -> list[BrokenRule]:
    return [
        *explicit_nulls(model, body),
        *_fields_of_another_task(body),
        *_missing_images(body),
        *_too_many_pixels(body),
    ]


def _fields_of_another_task(body: dict[str, Any]) -> list[BrokenRule]:
    task = task_of(body)
    broken = []
    for field, tasks in _TASKS_OF_FIELD.items():
        if field in body and task not in tasks:
            broken.append(_field_of_another_task(field, task, body[field]))
    return broken


def _field_of_another_task(field: str, task: TaskName, value: object) -> BrokenRule:
    places = {"field": field, "task": TASK_NAMES[task]}
    if field in ("width", "height"):
        return BrokenRule(
            (field,),
            "{field} has no place in {task}: the picture takes the size of init_image. Leave it out.",
            value,
            places,
        )
    if task == "text_to_image":
        return BrokenRule(
            (field,),
            "{field} has no place in {task}: it says how much of init_image to keep, and there is none."
            " Add init_image, or leave it out.",
            value,
            places,
        )
    return BrokenRule(
        (field,), "{field} has no place in {task}: the mask says what is kept. Leave it out.", value, places
    )


def _missing_images(body: dict[str, Any]) -> list[BrokenRule]:
    if task_of(body) != "inpaint":
        return []
    broken = []
    if "init_image" not in body:
        broken.append(BrokenRule(("init_image",), "init_image is missing: a mask needs a picture to change.", None))
    source = body.get("mask_source")
    if "mask_source" not in body:
        broken.append(
            BrokenRule(
                ("mask_source",),
                "mask_source is missing: it says what the mask's colours mean, one of {choices}.",
                None,
                {"choices": ", ".join(MASK_SOURCES)},
            )
        )
    if source in ("MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK") and "mask_image" not in body:
        broken.append(
            BrokenRule(
                ("mask_image",),
                "mask_image is missing: mask_source {source} reads the mask from it.",
                None,
                {"source": source},
            )
        )
    return broken


def _too_many_pixels(body: dict[str, Any]) -> list[BrokenRule]:
    width, height = body.get("width", DEFAULT_SIDE), body.get("height", DEFAULT_SIDE)
    if not all(type(side) is int and MIN_SIDE <= side <= MAX_SIDE for side in (width, height)):
        return []  # each of them has an error of its own
    if width * height <= MAX_PIXELS:
        return []
    places = {
        "width": width,
        "height": height,
        "pixels": width * height,
        "most": MAX_PIXELS,
        "fits": MAX_PIXELS // width // SIDE_STEP * SIDE_STEP,
    }
    return [
        BrokenRule(
            ("height",),
            "height is too large for this width: {width} x {height} is {pixels:,} pixels, and the most is {most:,}."
            " Try {width} x {fits}.",
            height,
            places,
        )
    ]
