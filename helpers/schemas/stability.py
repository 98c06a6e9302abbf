"""Stability AI's current text-to-image models: the request bodies, and the response body that they share.

Sources: Amazon Bedrock User Guide, request and response of Stable Image Core, Stable Image Ultra and Stable Diffusion
3.5 Large. Where the guide and live reports of Core and Ultra v1:1 differ (`output_format` in lower case only; no
`mode`, `image` or `strength`), the newer live report is followed.
"""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, Literal, get_args

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
    ListOrEmpty,
    Response,
    StrictInt,
    StrOrNone,
    TaskName,
    explicit_nulls,
    one_of,
    validated_with,
)

AspectRatio = Literal["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"]
OutputFormat = Literal["png", "jpeg"]
SD35OutputFormat = Literal["png", "jpeg", "webp"]
SD35Mode = Literal["text-to-image", "image-to-image"]
StabilityFinishReason = Literal[
    "Filter reason: prompt", "Filter reason: output image", "Filter reason: input image", "Inference error"
]

ASPECT_RATIOS: tuple[str, ...] = get_args(AspectRatio)
OUTPUT_FORMATS: tuple[str, ...] = get_args(OutputFormat)
SD35_OUTPUT_FORMATS: tuple[str, ...] = get_args(SD35OutputFormat)
SD35_MODES: tuple[str, ...] = get_args(SD35Mode)
MAX_CORE_TEXT = 10_000  # characters
MAX_CORE_SEED = 2**32 - 1
MAX_SD35_SEED = 2**32 - 2
MIN_SD35_SIDE = 64  # pixels, of the init image


class CoreRequest(BaseModel):
    """The request body of Stable Image Core and Ultra: text to image, with no guidance, steps or sampler to set."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    prompt: str = Field(max_length=MAX_CORE_TEXT, description=f"a text of at most {MAX_CORE_TEXT} characters")
    negative_prompt: str | None = Field(
        default=None, max_length=MAX_CORE_TEXT, description=f"a text of at most {MAX_CORE_TEXT} characters"
    )
    aspect_ratio: AspectRatio = Field(default="1:1", description=one_of(ASPECT_RATIOS))
    seed: StrictInt = Field(
        default=0, ge=0, le=MAX_CORE_SEED, description=f"a whole number from 0 (random) to {MAX_CORE_SEED}"
    )
    output_format: OutputFormat = Field(default="png", description=one_of(OUTPUT_FORMATS))

    @model_validator(mode="wrap")
    @classmethod
    def _no_nulls(cls, body: Any, handler: ModelWrapValidatorHandler["CoreRequest"]) -> "CoreRequest":
        broken = explicit_nulls(cls, body) if isinstance(body, dict) else []
        return validated_with(cls.__name__, broken, lambda: handler(body))


class SD35Request(BaseModel):
    """The request body of Stable Diffusion 3.5 Large: image to image where it has an image, otherwise text to image.

    `strength` is the share of the image that may change: 0 keeps it, 1 ignores it. Without an image it has no effect,
    and AWS's own sample sends it. `mode` may be left out with an image, as in the guide's sample.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    prompt: str = Field(max_length=MAX_CORE_TEXT, description=f"a text of at most {MAX_CORE_TEXT} characters")
    negative_prompt: str | None = Field(
        default=None, max_length=MAX_CORE_TEXT, description=f"a text of at most {MAX_CORE_TEXT} characters"
    )
    mode: SD35Mode | None = Field(default=None, description=one_of(SD35_MODES))
    image: Base64Image | None = Field(default=None, description=IMAGE)
    strength: FiniteFloat | None = Field(default=None, ge=0, le=1, description=SHARE)
    aspect_ratio: AspectRatio = Field(default="1:1", description=one_of(ASPECT_RATIOS))
    seed: StrictInt = Field(
        default=0, ge=0, le=MAX_SD35_SEED, description=f"a whole number from 0 (random) to {MAX_SD35_SEED}"
    )
    output_format: SD35OutputFormat = Field(default="png", description=one_of(SD35_OUTPUT_FORMATS))

    @model_validator(mode="wrap")
    @classmethod
    def _fields_agree(cls, body: Any, handler: ModelWrapValidatorHandler["SD35Request"]) -> "SD35Request":
        broken = [*explicit_nulls(cls, body), *_sd35_disagreements(body)] if isinstance(body, dict) else []
        return validated_with(cls.__name__, broken, lambda: handler(body))


def sd35_task_of(body: Mapping[str, Any]) -> TaskName:
    """Return the task of a body: "image_to_image" where it has an image or that mode, otherwise "text_to_image"."""
    return "image_to_image" if "image" in body or body.get("mode") == "image-to-image" else "text_to_image"


def _sd35_disagreements(body: dict[str, Any]) -> list[BrokenRule]:
    if sd35_task_of(body) == "text_to_image":
        return []
    broken = []
    places = {"task": TASK_NAMES["image_to_image"]}
    if "image" not in body:
        broken.append(BrokenRule(("image",), "image is missing: {task} starts from it.", None, places))
    elif body.get("mode") == "text-to-image":
        message = "mode says {mode}, and there is an image to start from. Leave one of them out."
        broken.append(BrokenRule(("mode",), message, body["mode"], {"mode": body["mode"]}))
    if "strength" not in body and body.get("image", "") is not None:
        message = "strength is missing: in {task} it says how much of image may change, from 0 to 1."
        broken.append(BrokenRule(("strength",), message, None, places))
    if "aspect_ratio" in body:
        message = "{field} has no place in {task}: the picture takes the shape of image. Leave it out."
        broken.append(BrokenRule(("aspect_ratio",), message, body["aspect_ratio"], {"field": "aspect_ratio", **places}))
    return broken


class StabilityResponse(Response):
    """The response body, one image a request; after a filtered prompt it has a finish reason, no seed and no image.

    `finish_reasons` holds None or, by the guide, a StabilityFinishReason.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    seeds: ListOrEmpty[IntOrNone] = Field(default_factory=list)
    finish_reasons: ListOrEmpty[StrOrNone] = Field(default_factory=list)
    images: ListOrEmpty[StrOrNone] = Field(default_factory=list)

    @property
    def pictures(self) -> list[AnswerImage]:
        """Images in order; where one is missing, its finish reason alone."""
        rows = zip_longest(self.finish_reasons, self.seeds[: self._count], self.images)
        return [AnswerImage(reason or "SUCCESS", seed, image) for reason, seed, image in rows]

    @property
    def _count(self) -> int:
        return max(len(self.finish_reasons), len(self.images))
