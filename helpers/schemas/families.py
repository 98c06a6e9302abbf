"""One Family a body schema: it answers what other rooms ask of a body, so that none asks which model it is for."""

import base64
import contextlib
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, Protocol, get_args

from pydantic import BaseModel

from helpers.schemas import sdxl
from helpers.schemas.fields import Response, TaskName, Translate, field_at, image_format, path_parts, stored_size
from helpers.schemas.sdxl_08 import DEFAULT_STEPS_08, MAX_CFG_SCALE_08, SIZE_08, SDXL08Request
from helpers.schemas.stability import (
    MAX_CORE_SEED,
    MAX_SD35_SEED,
    MIN_SD35_SIDE,
    CoreRequest,
    SD35Request,
    StabilityResponse,
    sd35_task_of,
)

RequestBody = Mapping[str, Any]  # a request body in JSON's types, legal or not
Size = tuple[int, int]  # (width, height) in pixels
_PNG_HEAD, _HEAD = 32, 65_536  # characters of base64
PROMPT_NAMES = ("prompt", "negative_prompt")  # names that set a prompt of any body, whatever its own field is called


class HasSizes(Protocol):
    """A model of the registry, as far as a family needs it: the sizes that it draws."""

    @property
    def trained_sizes(self) -> tuple[Size, ...]: ...

    @property
    def sizes(self) -> Mapping[str, Size]: ...


@dataclass(frozen=True)
class PromptPart:
    """One prompt of a body and its weight: above 0 to show, below 0 to avoid, 0 for neither."""

    path: str  # of its text, such as text_prompts[1].text
    text: str
    weight: float = 1.0
    is_weighed: bool = False  # whether the body has a weight for it


@dataclass(frozen=True)
class MaskForm:
    """One form in which a body carries a mask: the field of the image, and which of its pixels may change."""

    name: str  # as people choose it: a value of mask_source
    picture: str  # the field that holds the image
    changes: Literal["white", "black", "transparent"]
    declared_by: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    """The fields, with their values, by which a body declares this form."""


@dataclass(frozen=True)
class Family:
    """The models that take one body schema, with functions that read their bodies.

    The functions take any mapping in JSON's types, legal or not unless noted, and never change it.
    """

    name: str
    request: type[BaseModel]
    response: type[Response]
    tasks: tuple[TaskName, ...]
    task: Callable[[RequestBody], TaskName]
    prompt_fields: tuple[str, ...]
    """Fields that hold prompts."""
    prompts: Callable[[RequestBody], tuple[PromptPart, ...]]
    """Prompts and negative prompts in order; () where they are malformed."""
    size: Callable[[RequestBody, HasSizes], Size | None]
    """Size of the output image; None where it cannot be known before the call."""
    size_choices: Callable[[HasSizes], tuple[Size, ...]]
    """Sizes that a page offers for a model."""
    size_fields: Callable[[Size, HasSizes], Mapping[str, Any]]
    """Fields that ask for a size; raises ValueError for a size that the model does not have."""
    price_facts: Callable[[RequestBody, HasSizes], tuple[int, int]]
    """Facts that a price depends on, as (steps, pixels)."""
    adjustable: Callable[[RequestBody], tuple[str, ...]]
    """Paths that can be set in a legal body, in the order of a page; "size" stands for the fields of the size."""
    max_seed: int
    """Largest seed that the service takes."""
    picture_in_answer: tuple[str | int, ...]
    """Path of the image in a response body: field names and list indices."""
    reason_in_answer: tuple[str | int, ...]
    """Path of the finish reason in a response body."""
    image_fields: tuple[str, ...] = ()
    """Fields that hold images in base64, the init image first."""
    masks: tuple[MaskForm, ...] = ()
    """Forms in which a body may carry a mask."""
    image_strength: Callable[[RequestBody], Decimal | None] = lambda body: None
    """Share of the init image that is kept, 0 to 1; None without an init image, and where no single number says it."""
    picture_problem: Callable[[int, int, Translate], str | None] = lambda width, height, tr: None
    """Problem with the size of an init image, as the end of a sentence ("... must be ..."); None where it is legal."""
    nearest_size: Callable[[int, int], Size] = lambda width, height: (width, height)
    """Legal size of an init image that is nearest to (width, height)."""
    prompt_setters: Mapping[str, Callable[[RequestBody, Any], RequestBody]] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )
    """Functions that return the body with a prompt set, for the PROMPT_NAMES that the request has no field for.

    None as the value leaves that prompt out.
    """
    max_cfg_scale: int | None = None
    """Largest guidance that the service takes; None without guidance."""
    documented_steps: int | None = None
    """Largest number of steps that AWS documents; None without steps."""
    for_old_code: bool = False
    """Whether the family is here for code of its time: no body is taken for one of it by its fields, and no page offers it."""
    clash: Callable[[RequestBody, Collection[str]], tuple[str, str] | None] = lambda body, places: None
    """Two of the given paths that cannot both be set, as one would overwrite the other; None without such a pair."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of the request in the schema's order."""
        return tuple(self.request.model_fields)

    @property
    def required(self) -> tuple[str, ...]:
        """Fields that every request must have."""
        return tuple(name for name, info in self.request.model_fields.items() if info.is_required())

    def has(self, name: str) -> bool:
        """Return whether the request has a field of this name."""
        return name in self.request.model_fields

    def has_required_fields(self, body: RequestBody) -> bool:
        """Return whether the body has every required field of this family."""
        return all(name in body for name in self.required)

    def has_only_its_fields(self, body: RequestBody) -> bool:
        """Return whether this family has every field of the body."""
        return all(map(self.has, body))

    def value(self, body: RequestBody, path: str) -> Any:
        """Return the value at a path, or the schema's default where the body has none; None without a default."""
        parts = path_parts(path) or (path,)
        value: Any = body
        for part in parts:
            try:
                value = value[part]
            except (LookupError, TypeError):
                info = field_at(self.request, parts)[1]
                return None if info is None or info.is_required() else info.default
        return value

    def allows(self, name: str, value: Any) -> bool:
        """Return whether the value is one of the choices of a field; False for a field without choices."""
        info = self.request.model_fields.get(name)
        return info is not None and value in get_args(info.annotation)

    def ordered(self, body: RequestBody) -> dict[str, Any]:
        """Return the body as a dict with its fields in the schema's order, unknown ones last."""
        places = {name: index for index, name in enumerate(self.fields)}
        return dict(sorted(body.items(), key=lambda item: places.get(item[0], len(places))))

    def positive_prompts(self, body: RequestBody) -> list[PromptPart]:
        """Return the prompts with a weight above 0."""
        return [part for part in self.prompts(body) if part.weight > 0]

    def negative_prompts(self, body: RequestBody) -> list[PromptPart]:
        """Return the prompts with a weight below 0."""
        return [part for part in self.prompts(body) if part.weight < 0]

    def flat(self, body: RequestBody) -> dict[str, Any]:
        """Return one plain value a field: weighted prompts as one text under "prompt", and no images."""
        values: dict[str, Any] = {}
        for name, value in body.items():
            parts = [part for part in self.prompts(body) if part.path.startswith(f"{name}[")]
            if parts:
                values["prompt"] = "; ".join(_with_weight(part) for part in parts)
            elif name not in IMAGE_FIELDS:
                values[name] = value
        return values

    def init_image(self, body: RequestBody) -> str | None:
        """Return the init image in base64; None where the body has none."""
        image = body.get(self.image_fields[0]) if self.image_fields else None
        return image if isinstance(image, str) else None

    def mask(self, body: RequestBody) -> MaskForm | None:
        """Return the form of the body's mask; None where it has none, or one of an unknown form."""
        return next((form for form in self.masks if _is_declared(form, body)), None)


def images(body: RequestBody) -> dict[str, str]:
    """Return the images in a body of any family by field, in base64 or, in a tile's record, as hashes."""
    return {name: body[name] for name in IMAGE_FIELDS if isinstance(body.get(name), str)}


def mask_form(body: RequestBody) -> MaskForm | None:
    """Return the form of the mask in a body of any family, or in part of one; None where there is no known one."""
    return next((form for family in FAMILIES.values() if (form := family.mask(body))), None)


def mask_forms() -> dict[str, tuple[Family, MaskForm]]:
    """Return every form of a mask by its name, with the family that takes it."""
    return {form.name: (family, form) for family in FAMILIES.values() for form in family.masks}


def family_with_init_image(field: str) -> Family | None:
    """Return the first family whose init image is in this field; None where there is none."""
    return next((family for family in FAMILIES.values() if family.image_fields[:1] == (field,)), None)


def mask_image_fields() -> frozenset[str]:
    """Return the fields that hold a mask and are never an init image."""
    return frozenset(form.picture for _, form in mask_forms().values() if family_with_init_image(form.picture) is None)


def mask_fields() -> tuple[str, ...]:
    """Return the fields that declare the form of a mask."""
    return tuple(dict.fromkeys(name for _, form in mask_forms().values() for name in form.declared_by))


def takes_whole_numbers(path: str) -> bool:
    """Return whether a schema has an integer at this path, such as seed, steps, width or height."""
    parts = path_parts(path) or (path,)
    found = [info for family in FAMILIES.values() if (info := field_at(family.request, parts)[1]) is not None]
    return any(info.annotation is int for info in found)


def matching(body: RequestBody) -> Family | None:
    """Return the first family whose fields match the body, for showing it; None where there is none.

    Never use it to choose the model to call: families that share fields read them alike, but only the body's own
    `.model` tells which model it is for.
    """
    claiming = [family for family in FAMILIES.values() if not family.for_old_code and family.has_required_fields(body)]
    return next((family for family in claiming if family.has_only_its_fields(body)), claiming[0] if claiming else None)


def _is_declared(form: MaskForm, body: RequestBody) -> bool:
    """Return whether a body has the fields that declare this form, or, for a form without such fields, its image."""
    return (
        all(body.get(name) == value for name, value in form.declared_by.items())
        if form.declared_by
        else form.picture in body
    )


def _with_weight(part: PromptPart) -> str:
    return part.text if part.weight == 1 else f"{part.text} ({part.weight:g})"


def _image_size(text: str) -> Size | None:
    """Return the size of an image in base64, mostly from its first bytes; None where it cannot be read."""
    with contextlib.suppress(ValueError):
        head = base64.b64decode(text[:_PNG_HEAD], validate=True)
        if image_format(head) == "PNG" and len(head) >= 24:  # the format that helpers send; a sweep asks for each tile
            size = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
            return size if min(size) > 0 else None
    for part in (text[:_HEAD], text):
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            return stored_size(base64.b64decode(part, validate=True))
    return None


def _int_or(default: int, value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _decimal_share(value: Any) -> Decimal | None:
    """Return a number from 0 to 1 as the decimal that was written; None for anything else."""
    is_share = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
    return Decimal(str(value)) if is_share else None


# ---- SDXL -----------------------------------------------------------------------------------------------------------


def _sdxl_prompts(body: RequestBody) -> tuple[PromptPart, ...]:
    prompts: Any = body.get("text_prompts")
    if not _are_prompts(prompts):
        return ()
    return tuple(
        PromptPart(f"text_prompts[{index}].text", prompt["text"], prompt.get("weight", 1.0), "weight" in prompt)
        for index, prompt in enumerate(prompts)
    )


def _are_prompts(prompts: Any) -> bool:
    """Return whether this is a list of texts, each with or without a number as its weight."""
    return isinstance(prompts, list) and all(
        isinstance(prompt, Mapping)
        and isinstance(prompt.get("text"), str)
        and isinstance(prompt.get("weight", 1), (int, float))
        for prompt in prompts
    )


def _sdxl_size(body: RequestBody, model: HasSizes) -> Size | None:
    if isinstance(body.get("init_image"), str):
        return _image_size(body["init_image"])
    return _int_or(sdxl.DEFAULT_SIDE, body.get("width")), _int_or(sdxl.DEFAULT_SIDE, body.get("height"))


def _sdxl_price_facts(body: RequestBody, model: HasSizes) -> tuple[int, int]:
    width, height = _sdxl_size(body, model) or (sdxl.DEFAULT_SIDE, sdxl.DEFAULT_SIDE)
    return _int_or(sdxl.DEFAULT_STEPS, body.get("steps")), width * height


def _sdxl_adjustable(body: RequestBody) -> tuple[str, ...]:
    paths = [*_sdxl_prompt_paths(body), "cfg_scale", "steps", "seed"]
    task = sdxl.task_of(body)
    if task == "image_to_image":
        by_schedule = body.get("init_image_mode") == "STEP_SCHEDULE"
        paths.append("step_schedule_start" if by_schedule else "image_strength")
        if by_schedule and "step_schedule_end" in body:
            paths.append("step_schedule_end")
    if task == "text_to_image":
        paths.append("size")
    return (*paths, "style_preset", "sampler", "clip_guidance_preset")


def _sdxl_prompt_paths(body: RequestBody) -> list[str]:
    return [path for part in _sdxl_prompts(body) for path in (part.path, f"{part.path[:-4]}weight")]


def _sdxl_image_strength(body: RequestBody) -> Decimal | None:
    if sdxl.task_of(body) != "image_to_image" or body.get("init_image_mode") == "STEP_SCHEDULE":
        return None
    return _decimal_share(body.get("image_strength", sdxl.DEFAULT_IMAGE_STRENGTH))


def _with_sdxl_prompt(body: RequestBody, value: Any) -> RequestBody:
    """Return the body with another text in its first prompt that is not negative; the weight stays."""
    prompts: Any = body.get("text_prompts")
    if not _are_prompts(prompts):
        return body  # the body's check reports them
    first = next((index for index, prompt in enumerate(prompts) if prompt.get("weight", 1) >= 0), None)
    if first is None:
        return {**body, "text_prompts": [{"text": value}, *prompts]}
    return {**body, "text_prompts": [*prompts[:first], {**prompts[first], "text": value}, *prompts[first + 1 :]]}


def _with_sdxl_negative_prompt(body: RequestBody, value: Any) -> RequestBody:
    """Return the body with this negative prompt, of weight -1, in place of all its negative prompts."""
    prompts: Any = body.get("text_prompts")
    if not _are_prompts(prompts):
        return body
    wanted = [prompt for prompt in prompts if prompt.get("weight", 1) >= 0]
    return {**body, "text_prompts": wanted if value is None else [*wanted, {"text": value, "weight": -1.0}]}


def _sdxl_clash(body: RequestBody, places: Collection[str]) -> tuple[str, str] | None:
    prompts: Any = body.get("text_prompts")
    if not _are_prompts(prompts):
        return None
    wanted = [place for place, prompt in enumerate(prompts) if prompt.get("weight", 1) >= 0]
    unwanted = [place for place in range(len(prompts)) if place not in wanted] or [len(prompts)]
    for name in [one for one in PROMPT_NAMES if one in places]:
        for path in places:
            parts = path_parts(path) or (path,)
            if parts[0] != "text_prompts":
                continue
            text = len(parts) < 3 or parts[2] == "text"
            if len(parts) < 2 or (name == "prompt" and text and parts[1] in wanted[:1]):
                return name, path
            if name == "negative_prompt" and isinstance(parts[1], int) and parts[1] >= unwanted[0]:
                is_last = parts[1] == unwanted[0] == len(wanted)
                if text or not is_last:  # the new one comes after all prompts to show, and others have moved
                    return name, path
    return None


SDXL = Family(
    name="sdxl",
    request=sdxl.SDXLRequest,
    response=sdxl.SDXLResponse,
    tasks=("text_to_image", "image_to_image", "inpaint"),
    task=sdxl.task_of,
    prompt_fields=("text_prompts",),
    prompts=_sdxl_prompts,
    size=_sdxl_size,
    size_choices=lambda model: ((sdxl.QUICK_SIDE, sdxl.QUICK_SIDE), *model.trained_sizes),
    size_fields=lambda size, model: {"width": size[0], "height": size[1]},
    price_facts=_sdxl_price_facts,
    adjustable=_sdxl_adjustable,
    max_seed=sdxl.MAX_SEED,
    picture_in_answer=("artifacts", 0, "base64"),
    reason_in_answer=("artifacts", 0, "finishReason"),
    image_fields=("init_image", "mask_image"),
    masks=(
        MaskForm("MASK_IMAGE_WHITE", "mask_image", "white", MappingProxyType({"mask_source": "MASK_IMAGE_WHITE"})),
        MaskForm("MASK_IMAGE_BLACK", "mask_image", "black", MappingProxyType({"mask_source": "MASK_IMAGE_BLACK"})),
        MaskForm(
            "INIT_IMAGE_ALPHA", "init_image", "transparent", MappingProxyType({"mask_source": "INIT_IMAGE_ALPHA"})
        ),
    ),
    image_strength=_sdxl_image_strength,
    picture_problem=sdxl.size_problem,
    nearest_size=sdxl.nearest_size,
    prompt_setters=MappingProxyType({"prompt": _with_sdxl_prompt, "negative_prompt": _with_sdxl_negative_prompt}),
    max_cfg_scale=sdxl.MAX_CFG_SCALE,
    documented_steps=sdxl.DOCUMENTED_STEPS,
    clash=_sdxl_clash,
)


def _sdxl_08_size_fields(size: Size, model: HasSizes) -> Mapping[str, Any]:
    if tuple(size) != SIZE_08:
        raise ValueError(f"every picture has {SIZE_08[0]} x {SIZE_08[1]} pixels")
    return {}


SDXL_08 = replace(
    SDXL,
    name="sdxl-0.8",
    request=SDXL08Request,
    tasks=("text_to_image",),
    task=lambda body: "text_to_image",
    size=lambda body, model: SIZE_08,
    size_choices=lambda model: (SIZE_08,),
    size_fields=_sdxl_08_size_fields,
    price_facts=lambda body, model: (_int_or(DEFAULT_STEPS_08, body.get("steps")), SIZE_08[0] * SIZE_08[1]),
    adjustable=lambda body: (*_sdxl_prompt_paths(body), "cfg_scale", "steps", "seed"),
    image_fields=(),
    masks=(),
    image_strength=lambda body: None,
    picture_problem=lambda width, height, tr: None,
    nearest_size=lambda width, height: (width, height),
    max_cfg_scale=MAX_CFG_SCALE_08,
    documented_steps=sdxl.MAX_STEPS,
    for_old_code=True,  # and each of its bodies is one of SDXL 1.0 too
)


# ---- Stability AI's current text-to-image models ---------------------------------------------------------------------


def _plain_prompts(body: RequestBody) -> tuple[PromptPart, ...]:
    texts = ((name, body.get(name), weight) for name, weight in (("prompt", 1.0), ("negative_prompt", -1.0)))
    return tuple(
        PromptPart(name, text, weight)
        for name, text, weight in texts
        if isinstance(text, str) and (text or name == "prompt")  # an empty negative prompt has no effect
    )


def _ratio_size(body: RequestBody, model: HasSizes) -> Size | None:
    ratio = body.get("aspect_ratio", "1:1")
    return model.sizes.get(ratio) if isinstance(ratio, str) else None


def _ratio_fields(size: Size, model: HasSizes) -> Mapping[str, Any]:
    found = next((ratio for ratio, known in model.sizes.items() if known == tuple(size)), None)
    if found is None:
        raise ValueError(f"no aspect ratio has {size[0]} x {size[1]} pixels")
    return {"aspect_ratio": found}


def _ratio_price_facts(body: RequestBody, model: HasSizes) -> tuple[int, int]:
    width, height = _ratio_size(body, model) or (0, 0)
    return 0, width * height


STABLE_IMAGE = Family(
    name="stable-image",
    request=CoreRequest,
    response=StabilityResponse,
    tasks=("text_to_image",),
    task=lambda body: "text_to_image",
    prompt_fields=PROMPT_NAMES,
    prompts=_plain_prompts,
    size=_ratio_size,
    size_choices=lambda model: tuple(model.sizes.values()),
    size_fields=_ratio_fields,
    price_facts=_ratio_price_facts,
    adjustable=lambda body: ("prompt", "negative_prompt", "aspect_ratio", "seed"),
    max_seed=MAX_CORE_SEED,
    picture_in_answer=("images", 0),
    reason_in_answer=("finish_reasons", 0),
)


def _sd35_size(body: RequestBody, model: HasSizes) -> Size | None:
    """Return the size of the aspect ratio, or with an image the model's size that is nearest to it in shape.

    No page tells the output size of image to image; as for text to image, about one megapixel is assumed.
    """
    if not isinstance(body.get("image"), str):
        return _ratio_size(body, model)
    image = _image_size(body["image"])
    if image is None:
        return None
    return min(model.sizes.values(), key=lambda size: abs(_log_shape(size) - _log_shape(image)))


def _log_shape(size: Size) -> float:
    return math.log(size[0] / size[1])


def _sd35_image_strength(body: RequestBody) -> Decimal | None:
    changed = _decimal_share(body.get("strength")) if sd35_task_of(body) == "image_to_image" else None
    return None if changed is None else 1 - changed


def _sd35_picture_problem(width: int, height: int, tr: Translate) -> str | None:
    if min(width, height) >= MIN_SD35_SIDE:
        return None
    return tr("both sides must be at least {least} pixels", least=MIN_SD35_SIDE)


def _sd35_nearest_size(width: int, height: int) -> Size:
    scale = max(1.0, MIN_SD35_SIDE / min(width, height))
    return round(width * scale), round(height * scale)


def _sd35_adjustable(body: RequestBody) -> tuple[str, ...]:
    own = "strength" if sd35_task_of(body) == "image_to_image" else "aspect_ratio"
    return ("prompt", "negative_prompt", own, "seed")


SD35 = replace(
    STABLE_IMAGE,
    name="sd3.5",
    request=SD35Request,
    tasks=("text_to_image", "image_to_image"),
    task=sd35_task_of,
    size=_sd35_size,
    adjustable=_sd35_adjustable,
    max_seed=MAX_SD35_SEED,
    image_fields=("image",),
    image_strength=_sd35_image_strength,
    picture_problem=_sd35_picture_problem,
    nearest_size=_sd35_nearest_size,
)

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {family.name: family for family in (SDXL, SDXL_08, STABLE_IMAGE, SD35)}
)
IMAGE_FIELDS = tuple(dict.fromkeys(name for family in FAMILIES.values() for name in family.image_fields))
