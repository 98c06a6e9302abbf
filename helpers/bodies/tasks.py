"""One function a task: its arguments as people say them, and the body that a model takes for them."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from helpers import models, pictures
from helpers.bodies.body import Body
from helpers.bodies.checking import body_error, family_of, notes, say_once, schema_problems
from helpers.bodies.prompts import PromptLike, in_one, plain, weighted
from helpers.errors import BodyError, Problem
from helpers.language import tr
from helpers.models import Model
from helpers.schemas.fields import SHARE, TASK_NAMES, TaskName
from helpers.schemas.sdxl import (
    DEFAULT_CFG_SCALE,
    DEFAULT_IMAGE_STRENGTH,
    DEFAULT_SIDE,
    DEFAULT_STEPS,
    ClipGuidancePreset,
    InitImageMode,
    MaskSource,
    SamplerName,
    StylePreset,
)

if TYPE_CHECKING:
    from helpers.masks.mask import Mask

DEFAULT_MODEL = "sdxl"
_Given = dict[str, Any]


def text_to_image(
    prompt: PromptLike,
    *,
    model: str | Model = DEFAULT_MODEL,
    negative_prompt: str | Iterable[str] | None = None,
    seed: int = 0,
    cfg_scale: float | None = None,
    steps: int | None = None,
    sampler: SamplerName | None = None,
    style_preset: StylePreset | None = None,
    clip_guidance_preset: ClipGuidancePreset | None = None,
    width: int | None = None,
    height: int | None = None,
    aspect_ratio: str | None = None,
    output_format: str | None = None,
    extras: Mapping[str, Any] | None = None,
) -> Body:
    """Return the body that draws a picture from words.

        body = helpers.text_to_image("a serene beach at sunset", seed=10, cfg_scale=10, steps=30)
        body = helpers.text_to_image("a serene beach at sunset", seed=10, model="core", aspect_ratio="16:9")

    `model`: an id or role. `prompt`: a text, or for SDXL a list of texts, (text, weight) pairs or {"text", "weight"}
    dicts, at most 2000 characters each. `negative_prompt`: one text or several, for SDXL sent with weight -1. `seed`: 0
    (random) to 4294967295, for SD3.5 Large to 4294967294.

    SDXL alone: `cfg_scale`: 0 to 35 (None: 7). `steps`: 10 to 150, dearer above 50 (None: 30). `width`, `height`:
    multiples of 64 from 320 to 1536, at most 1,048,576 pixels together (None: 512). `sampler`, `style_preset`,
    `clip_guidance_preset`, `extras`: None leaves them out. Stability's living models alone: `aspect_ratio` (None: 1:1),
    `output_format` (None: png). Raises BodyError with every problem at once, UnknownModelError.
    """
    given = {
        "seed": seed,
        "cfg_scale": cfg_scale,
        "steps": steps,
        "sampler": sampler,
        "style_preset": style_preset,
        "clip_guidance_preset": clip_guidance_preset,
        "width": width,
        "height": height,
        "aspect_ratio": aspect_ratio,
        "output_format": output_format,
        "extras": extras,
    }
    return _built("text_to_image", model, prompt, negative_prompt, given)


def image_to_image(
    prompt: PromptLike,
    init_image: Any,
    *,
    model: str | Model = DEFAULT_MODEL,
    image_strength: float | None = None,
    init_image_mode: InitImageMode | None = None,
    step_schedule_start: float | None = None,
    step_schedule_end: float | None = None,
    negative_prompt: str | Iterable[str] | None = None,
    seed: int = 0,
    cfg_scale: float | None = None,
    steps: int | None = None,
    sampler: SamplerName | None = None,
    style_preset: StylePreset | None = None,
    clip_guidance_preset: ClipGuidancePreset | None = None,
    output_format: str | None = None,
    extras: Mapping[str, Any] | None = None,
) -> Body:
    """Return the body that draws a picture from words and another picture.

        body = helpers.image_to_image("the same beach in winter", "beach.png", image_strength=0.35)
        body = helpers.image_to_image("the same beach in winter", "beach.png", image_strength=0.35, model="sd3.5")

    `init_image`: a PIL image, path, bytes, base64, a tile, or what `invoke` made; SDXL draws in its size, which must be
    legal (`helpers.fit`). `image_strength`: 0 to 1, how much of it is kept (None: 0.35); SD3.5 Large is sent what is
    left of 1, as `strength`.

    SDXL alone: in its place `step_schedule_start`, 0 to 1: how far before the picture the drawing starts (0: the init
    image comes back; it is 1 - `image_strength`), and `step_schedule_end`, 0 to 1: lower values leave out more of the
    end, so that more of the init image stays. The rest as in `text_to_image`. Raises BodyError or ImageError.
    """
    given = {
        "seed": seed,
        "cfg_scale": cfg_scale,
        "steps": steps,
        "sampler": sampler,
        "style_preset": style_preset,
        "clip_guidance_preset": clip_guidance_preset,
        "output_format": output_format,
        "extras": extras,
        "init_image": init_image,
        "init_image_mode": init_image_mode,
        "image_strength": image_strength,
        "step_schedule_start": step_schedule_start,
        "step_schedule_end": step_schedule_end,
    }
    return _built("image_to_image", model, prompt, negative_prompt, given)


def inpaint(
    prompt: PromptLike,
    init_image: Any,
    mask: "Mask | Any",
    *,
    model: str | Model = DEFAULT_MODEL,
    mask_source: MaskSource = "MASK_IMAGE_WHITE",
    negative_prompt: str | Iterable[str] | None = None,
    seed: int = 0,
    cfg_scale: float | None = None,
    steps: int | None = None,
    sampler: SamplerName | None = None,
    style_preset: StylePreset | None = None,
    clip_guidance_preset: ClipGuidancePreset | None = None,
    extras: Mapping[str, Any] | None = None,
) -> Body:
    """Return the body that changes a picture where a mask allows it, and nowhere else.

        body = helpers.inpaint("a sheep", "meadow.png", helpers.Mask.box((512, 512), (128, 256, 384, 448)))

    `mask`: a `helpers.Mask`, or a picture or array of one, white (True) for what may change. `mask_source` chooses the
    wire form and never turns the mask round. `model`: SDXL, the only one with a schema that takes a mask. The rest as in `image_to_image`. Raises BodyError, ImageError, MaskError.
    """
    given = {
        "seed": seed,
        "cfg_scale": cfg_scale,
        "steps": steps,
        "sampler": sampler,
        "style_preset": style_preset,
        "clip_guidance_preset": clip_guidance_preset,
        "extras": extras,
        "init_image": init_image,
        "mask": mask,
        "mask_source": mask_source,
    }
    return _built("inpaint", model, prompt, negative_prompt, given)


def arguments(body: Mapping[str, Any], model: str | Model, *, all_of_them: bool = False) -> dict[str, Any]:
    """Return the keywords by which the function of its task writes this body, prompts, pictures and masks apart.

    What that function writes by itself is left out, but for `all_of_them`.
    """
    family = family_of(models.get(model))
    given = _READERS[family.name](body) if family.name in _READERS else body
    apart = {*family.prompt_fields, *family.pictures, *(name for form in family.masks for name in form.said_by)}
    written = _DEFAULTS[family.name]
    said = {name: value for name, value in given.items() if name not in apart}
    return said if all_of_them else {name: one for name, one in said.items() if repr(one) != repr(written.get(name))}


# ---- how ------------------------------------------------------------------------------------------------------------


def _built(task: TaskName, model: str | Model, prompt: Any, negative: Any, given: _Given) -> Body:
    asked = models.get(model)
    family = family_of(asked)
    if task not in family.tasks:
        able = [one.roles[0] for one in models.all() if one.family and task in one.family.tasks]
        raise BodyError(
            tr("{model} has no {task}.", model=asked.name, task=tr(TASK_NAMES[task])),
            fix=tr("Use {taught}, or boto3.", taught=tr(" or ").join(map(repr, able))),
            problems=[
                Problem("model", tr("{model} has no {task}.", model=asked.name, task=tr(TASK_NAMES[task])), asked.id)
            ],
        )
    said = {name: value for name, value in given.items() if value is not None}
    fields = _WRITERS[family.name](asked, task, prompt, negative, said)
    body = Body(family.ordered({name: plain(value) for name, value in fields.items()}), asked)
    found = schema_problems(family, body)
    if found:
        raise body_error(found, asked.name)
    say_once(notes(body))
    return body


def _for_sdxl(model: Model, task: TaskName, prompt: Any, negative: Any, given: _Given) -> _Given:
    defaults = {name: _DEFAULTS["sdxl"][name] for name in ("cfg_scale", "steps")}
    fields = {"text_prompts": weighted(prompt, negative, model.name), **defaults, **given}
    if task == "text_to_image":
        return {"width": DEFAULT_SIDE, "height": DEFAULT_SIDE, **fields}
    if task == "inpaint":
        mask = _as_mask(fields.pop("mask"))
        return {**fields, **mask.to_body(fields["init_image"], fields.get("mask_source"))}
    _one_way_only(fields, model)
    if "step_schedule_start" in fields or "step_schedule_end" in fields:
        fields["init_image_mode"] = "STEP_SCHEDULE"
    if fields.get("init_image_mode") != "STEP_SCHEDULE":
        fields.setdefault("image_strength", DEFAULT_IMAGE_STRENGTH)
    return {**fields, "init_image": pictures.to_base64(pictures.init_image(fields["init_image"], model))}


def _for_stable_image(model: Model, task: TaskName, prompt: Any, negative: Any, given: _Given) -> _Given:
    said = {"prompt": in_one(prompt, "prompt", model.name), **given}
    if negative is not None and negative != []:
        said["negative_prompt"] = in_one(negative, "negative_prompt", model.name)
    return said


def _for_sd35(model: Model, task: TaskName, prompt: Any, negative: Any, given: _Given) -> _Given:
    said = _for_stable_image(model, task, prompt, negative, given)
    if task == "text_to_image":
        return said
    kept = plain(said.pop("image_strength", DEFAULT_IMAGE_STRENGTH))
    if not isinstance(kept, (int, float)) or isinstance(kept, bool) or not 0 <= kept <= 1:
        told = tr("{field} must be {wanted}, not {found}.", field="image_strength", wanted=tr(SHARE), found=repr(kept))
        raise body_error([Problem("image_strength", told, kept)], model.name)
    start = pictures.to_base64(pictures.init_image(said.pop("init_image"), model))
    return {**said, "mode": "image-to-image", "image": start, "strength": _other_share(kept)}


def _from_sd35(body: Mapping[str, Any]) -> _Given:
    said = {name: value for name, value in body.items() if name not in ("mode", "strength")}
    return {**said, "image_strength": _other_share(body["strength"])} if "strength" in body else said


def _other_share(share: Any) -> Any:
    """Return what is left of 1 in decimal, as it was meant: 0.65 of 0.35; what is no number as it is."""
    is_number = isinstance(share, (int, float)) and not isinstance(share, bool)
    return float(1 - Decimal(str(share))) if is_number else share


# By family: who writes its bodies, what is written where nothing is given, and who reads arguments out of a body again
# where they have other names there.
_WRITERS: dict[str, Callable[[Model, TaskName, Any, Any, _Given], _Given]] = {
    "sdxl": _for_sdxl,
    "stable-image": _for_stable_image,
    "sd3.5": _for_sd35,
}
_DEFAULTS: dict[str, _Given] = {
    "sdxl": {
        "cfg_scale": DEFAULT_CFG_SCALE,
        "seed": 0,
        "steps": DEFAULT_STEPS,
        "width": DEFAULT_SIDE,
        "height": DEFAULT_SIDE,
    },
    "stable-image": {"seed": 0},
    "sd3.5": {"seed": 0},
}
_READERS: dict[str, Callable[[Mapping[str, Any]], _Given]] = {"sd3.5": _from_sd35}


def _one_way_only(given: _Given, model: Model) -> None:
    mode, strength = given.get("init_image_mode"), given.get("image_strength")
    by_schedule = mode == "STEP_SCHEDULE" or "step_schedule_start" in given or "step_schedule_end" in given
    if by_schedule and (strength is not None or mode == "IMAGE_STRENGTH"):
        field = "image_strength" if strength is not None else "init_image_mode"
        message = tr("image_strength and step_schedule_start or _end are two ways to say one thing: give one of them.")
        raise body_error([Problem(field, message, strength or mode)], model.name)


def _as_mask(mask: Any) -> "Mask":
    from helpers.masks.mask import Mask

    if isinstance(mask, Mask):
        return mask
    return Mask.from_array(mask) if hasattr(mask, "dtype") else Mask.from_image(mask)
