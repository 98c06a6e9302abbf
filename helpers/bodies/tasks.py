"""One function a task, with the same argument names for every model, that returns the body which a model takes."""

from __future__ import annotations  # so that help() shows PromptLike, and not all that it stands for

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from helpers import models, pictures
from helpers.bodies.body import Body
from helpers.bodies.checking import body_error, notes, required_family, schema_problems, warn_once
from helpers.bodies.prompts import PromptLike, python_value, single_prompt, weighted_prompts
from helpers.errors import BodyError, Problem
from helpers.language import tr
from helpers.models import Model
from helpers.schemas.fields import SHARE, TASK_NAMES, TaskName
from helpers.schemas.sdxl import (
    DEFAULT_CFG_SCALE,
    DEFAULT_IMAGE_STRENGTH,
    DEFAULT_STEPS,
    QUICK_SIDE,
    ClipGuidancePreset,
    InitImageMode,
    MaskSource,
    SamplerName,
    StylePreset,
)
from helpers.schemas.sdxl_08 import DEFAULT_CFG_SCALE_08, DEFAULT_STEPS_08

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
    """Return the request body that generates an image from a prompt.

        body = helpers.text_to_image("a serene beach at sunset", seed=10, cfg_scale=10, steps=30)
        body = helpers.text_to_image("a serene beach at sunset", seed=10, model="core", aspect_ratio="16:9")

    Every model:

    - `prompt`: a text of at most 2,000 characters for SDXL and 10,000 for the other models. SDXL also takes a list of
      texts, (text, weight) pairs and {"text", "weight"} dicts. A weight is a number: above 0 for what to show, below 0
      for what to avoid (default 1).
    - `model`: an id or role, such as "sdxl" (default), "core", "ultra" or "sd3.5".
    - `negative_prompt`: a text or a list of texts (default None). SDXL is sent each with the weight -1.
    - `seed`: an integer from 0 (random, the default) to 4294967295, for SD3.5 Large to 4294967294.

    SDXL alone (None, the default of all, sends the value in brackets, or leaves the field out):

    - `cfg_scale`: a number from 0 to 35 (7), the guidance: how closely to follow the prompt.
    - `steps`: an integer from 10 to 150 (30). Above 50 the price is higher.
    - `width`, `height`: multiples of 64 from 320 to 1536 pixels (512), with at most 1,048,576 pixels together. 512 is
      quick to draw; SDXL's own size, for a body that gives none, is 1024.
    - `sampler`: one of `helpers.schemas.sdxl.SAMPLERS`, such as "K_EULER".
    - `style_preset`: one of `helpers.schemas.sdxl.STYLE_PRESETS`, such as "photographic".
    - `clip_guidance_preset`: "FAST_BLUE", "FAST_GREEN", "NONE", "SIMPLE", "SLOW", "SLOWER" or "SLOWEST".
    - `extras`: a dict of JSON values, sent as it is.

    SDXL 0.8, "sdxl-0.8", takes `cfg_scale` from 0 to 30 (10) and `steps` (30) alone of these, and draws 512 x 512.

    Core, Ultra and SD3.5 Large alone (None, the default, leaves the field out; the service then takes the value in
    brackets):

    - `aspect_ratio`: "16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16" or "9:21" ("1:1").
    - `output_format`: "png" or "jpeg", for SD3.5 Large also "webp" ("png").

    Returns a Body, a dict that remembers its model. Raises BodyError with every problem at once, and UnknownModelError
    for a model that is not in the registry. Sources: Amazon Bedrock User Guide, Stability.ai Diffusion 1.0 text to
    image, Stable Image Core, Stable Image Ultra, and Stable Diffusion 3.5 Large.
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
    return _checked_body("text_to_image", model, prompt, negative_prompt, given)


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
    """Return the request body that generates an image from an init image and a prompt.

        body = helpers.image_to_image("the same beach in winter", "beach.png", image_strength=0.35)
        body = helpers.image_to_image("the same beach in winter", "beach.png", image_strength=0.35, model="sd3.5")

    SDXL and SD3.5 Large:

    - `prompt`, `negative_prompt`, `seed`: as in `text_to_image`.
    - `init_image`: a PIL image, a path, bytes, base64, a uint8 array, a Generation or a tile. SDXL generates at its
      size: multiples of 64 from 320 to 1536 pixels, at most 1,048,576 together. `helpers.fit` makes it legal. For SD3.5
      Large both sides must be at least 64 pixels.
    - `model`: an id or role, "sdxl" (default) or "sd3.5".
    - `image_strength`: a number from 0 to 1 (default 0.35), the share of the init image that is kept: 0 ignores it, 1
      keeps it. SD3.5 Large is sent `strength`, which is 1 - image_strength.

    SDXL alone:

    - `step_schedule_start`: a number from 0 to 1 (default 0.65), in place of `image_strength`: how much noise to start
      from. It is 1 - image_strength: 0 keeps the init image, 1 ignores it.
    - `step_schedule_end`: a number from 0 to 1 (default None: to the end). Lower values stop earlier, so that more of
      the init image remains.
    - `init_image_mode`: "IMAGE_STRENGTH" (default), or "STEP_SCHEDULE" with one of the two `step_schedule` arguments.
    - `cfg_scale`, `steps`, `sampler`, `style_preset`, `clip_guidance_preset`, `extras`: as in `text_to_image`.

    SD3.5 Large alone:

    - `output_format`: "png", "jpeg" or "webp" (default None: the service sends "png").

    Returns a Body, a dict that remembers its model. Raises BodyError with every problem at once, and ImageError for an
    init image that cannot be read or is of an illegal size. Sources: Amazon Bedrock User Guide, Stability.ai Diffusion
    1.0 image to image, and Stable Diffusion 3.5 Large.
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
    return _checked_body("image_to_image", model, prompt, negative_prompt, given)


def inpaint(
    prompt: PromptLike,
    init_image: Any,
    mask: Mask | Any,
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
    """Return the request body that changes an image where a mask allows it.

        mask = helpers.Mask.box((512, 512), (128, 256, 384, 448))
        body = helpers.inpaint("a sheep", "meadow.png", mask, seed=10)

    - `prompt`, `negative_prompt`, `seed`, `cfg_scale`, `steps`, `sampler`, `style_preset`, `clip_guidance_preset`,
      `extras`: as in `text_to_image`.
    - `init_image`: as in `image_to_image`: sides that are multiples of 64 from 320 to 1536 pixels, at most 1,048,576
      together.
    - `mask`: a `helpers.Mask` of the size of the init image, or an image or array of one: white, True or 255 for what
      may change, black, False or 0 for what stays.
    - `model`: an id or role. SDXL ("sdxl", the default) is the only model with a schema that takes a mask.
    - `mask_source`: the form in which the mask is sent: "MASK_IMAGE_WHITE" (default), "MASK_IMAGE_BLACK" or
      "INIT_IMAGE_ALPHA". All three change the same pixels; a Mask is converted to each.

    Returns a Body, a dict that remembers its model. Raises BodyError with every problem at once, ImageError for an init
    image that cannot be read or is of an illegal size, and MaskError for a mask of another size. Source: Amazon Bedrock
    User Guide, Stability.ai Diffusion 1.0 image to image with masking.
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
    return _checked_body("inpaint", model, prompt, negative_prompt, given)


def arguments(body: Mapping[str, Any], model: str | Model, *, all_of_them: bool = False) -> dict[str, Any]:
    """Return the keyword arguments with which the function of its task makes this body.

    Prompts, images and masks are left out, and defaults too unless `all_of_them`.
    """
    family = required_family(models.get(model))
    fields = _ARGUMENTS_OF[family.name](body) if family.name in _ARGUMENTS_OF else body
    apart = {*family.prompt_fields, *family.image_fields, *(name for form in family.masks for name in form.declared_by)}
    defaults = _DEFAULTS[family.name]
    named = {name: value for name, value in fields.items() if name not in apart}
    if all_of_them:
        return named
    return {name: value for name, value in named.items() if repr(value) != repr(defaults.get(name))}


# ---- private --------------------------------------------------------------------------------------------------------


def _checked_body(task: TaskName, model: str | Model, prompt: Any, negative: Any, given: _Given) -> Body:
    asked = models.get(model)
    family = required_family(asked)
    if task not in family.tasks:
        able = [one.roles[0] for one in models.all() if one.family and task in one.family.tasks]
        raise BodyError(
            tr("{model} has no {task}.", model=asked.name, task=tr(TASK_NAMES[task])),
            fix=tr("Use {taught}, or boto3.", taught=tr(" or ").join(map(repr, able))),
            problems=[
                Problem("model", tr("{model} has no {task}.", model=asked.name, task=tr(TASK_NAMES[task])), asked.id)
            ],
        )
    without_none = {name: value for name, value in given.items() if value is not None}
    fields = _FIELDS_OF[family.name](asked, task, prompt, negative, without_none)
    body = Body(family.ordered({name: python_value(value) for name, value in fields.items()}), asked)
    found = schema_problems(family, body)
    if found:
        raise body_error(found, asked.name)
    warn_once(notes(body))
    return body


def _sdxl_fields(model: Model, task: TaskName, prompt: Any, negative: Any, given: _Given) -> _Given:
    defaults = {name: _DEFAULTS["sdxl"][name] for name in ("cfg_scale", "steps")}
    fields = {"text_prompts": weighted_prompts(prompt, negative, model.name), **defaults, **given}
    if task == "text_to_image":
        return {"width": QUICK_SIDE, "height": QUICK_SIDE, **fields}
    if task == "inpaint":
        mask = _as_mask(fields.pop("mask"))
        return {**fields, **mask.to_body(fields["init_image"], fields.get("mask_source"))}
    _refuse_strength_and_schedule(fields, model)
    if "step_schedule_start" in fields or "step_schedule_end" in fields:
        fields["init_image_mode"] = "STEP_SCHEDULE"
    if fields.get("init_image_mode") != "STEP_SCHEDULE":
        fields.setdefault("image_strength", DEFAULT_IMAGE_STRENGTH)
    return {**fields, "init_image": pictures.to_base64(pictures.init_image(fields["init_image"], model))}


def _sdxl_08_fields(model: Model, task: TaskName, prompt: Any, negative: Any, given: _Given) -> _Given:
    defaults = {name: _DEFAULTS["sdxl-0.8"][name] for name in ("cfg_scale", "steps")}
    return {"text_prompts": weighted_prompts(prompt, negative, model.name), **defaults, **given}


def _stable_image_fields(model: Model, task: TaskName, prompt: Any, negative: Any, given: _Given) -> _Given:
    fields = {"prompt": single_prompt(prompt, "prompt", model.name), **given}
    if negative is not None and negative != []:
        fields["negative_prompt"] = single_prompt(negative, "negative_prompt", model.name)
    return fields


def _sd35_fields(model: Model, task: TaskName, prompt: Any, negative: Any, given: _Given) -> _Given:
    fields = _stable_image_fields(model, task, prompt, negative, given)
    if task == "text_to_image":
        return fields
    kept = python_value(fields.pop("image_strength", DEFAULT_IMAGE_STRENGTH))
    if not isinstance(kept, (int, float)) or isinstance(kept, bool) or not 0 <= kept <= 1:
        message = tr(
            "{field} must be {wanted}, not {found}.", field="image_strength", wanted=tr(SHARE), found=repr(kept)
        )
        raise body_error([Problem("image_strength", message, kept)], model.name)
    image = pictures.to_base64(pictures.init_image(fields.pop("init_image"), model))
    return {**fields, "mode": "image-to-image", "image": image, "strength": _one_minus(kept)}


def _sd35_arguments(body: Mapping[str, Any]) -> _Given:
    named = {name: value for name, value in body.items() if name not in ("mode", "strength")}
    return {**named, "image_strength": _one_minus(body["strength"])} if "strength" in body else named


def _one_minus(share: Any) -> Any:
    """Return 1 - share, exact in decimal (0.65 for 0.35); anything but a number as it is."""
    is_number = isinstance(share, (int, float)) and not isinstance(share, bool)
    return float(1 - Decimal(str(share))) if is_number else share


# By family: the fields of its body from the arguments of a task, the values of arguments that are not given, and the
# arguments from a body, where its fields have other names.
_FIELDS_OF: dict[str, Callable[[Model, TaskName, Any, Any, _Given], _Given]] = {
    "sdxl": _sdxl_fields,
    "sdxl-0.8": _sdxl_08_fields,
    "stable-image": _stable_image_fields,
    "sd3.5": _sd35_fields,
}
_DEFAULTS: dict[str, _Given] = {
    "sdxl": {
        "cfg_scale": DEFAULT_CFG_SCALE,
        "seed": 0,
        "steps": DEFAULT_STEPS,
        "width": QUICK_SIDE,
        "height": QUICK_SIDE,
    },
    "sdxl-0.8": {"cfg_scale": DEFAULT_CFG_SCALE_08, "seed": 0, "steps": DEFAULT_STEPS_08},
    "stable-image": {"seed": 0},
    "sd3.5": {"seed": 0},
}
_ARGUMENTS_OF: dict[str, Callable[[Mapping[str, Any]], _Given]] = {"sd3.5": _sd35_arguments}


def _refuse_strength_and_schedule(given: _Given, model: Model) -> None:
    mode, strength = given.get("init_image_mode"), given.get("image_strength")
    by_schedule = mode == "STEP_SCHEDULE" or "step_schedule_start" in given or "step_schedule_end" in given
    if by_schedule and (strength is not None or mode == "IMAGE_STRENGTH"):
        field = "image_strength" if strength is not None else "init_image_mode"
        message = tr("image_strength and step_schedule_start or _end are two ways to say one thing: give one of them.")
        raise body_error([Problem(field, message, strength or mode)], model.name)


def _as_mask(mask: Any) -> Mask:
    from helpers.masks.mask import Mask

    if isinstance(mask, Mask):
        return mask
    return Mask.from_array(mask) if hasattr(mask, "dtype") else Mask.from_image(mask)
