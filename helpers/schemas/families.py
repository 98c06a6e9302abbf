"""One Family a body schema: it answers what the rest of the house asks of a body, so that nobody else asks which model it is."""

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
from helpers.schemas.fields import Response, TaskName, Translate, field_at, image_format, steps_of, stored_size
from helpers.schemas.stability import (
    MAX_CORE_SEED,
    MAX_SD35_SEED,
    MIN_SD35_SIDE,
    CoreRequest,
    SD35Request,
    StabilityResponse,
    sd35_task_of,
)

Content = Mapping[str, Any]  # of a body
Size = tuple[int, int]  # (width, height) in pixels
_PNG_HEAD, _HEAD = 32, 65_536  # characters of base64
PROMPT_NAMES = ("prompt", "negative_prompt")  # what a prompt may be called, whatever the body's own field for it


class HasSizes(Protocol):
    """What a family asks of the registry: the sizes of one model."""

    @property
    def trained_sizes(self) -> tuple[Size, ...]: ...

    @property
    def sizes(self) -> Mapping[str, Size]: ...


@dataclass(frozen=True)
class PromptPart:
    """One text of a body: its place as errors write it, and its weight; above 0 to show, below 0 to avoid, 0 neither."""

    path: str
    text: str
    weight: float = 1.0
    is_weighed: bool = False  # whether the body says the weight


@dataclass(frozen=True)
class MaskForm:
    """One way in which a body carries a mask, and what in the mask's picture may change."""

    name: str  # as people choose it
    picture: str  # the field that holds it
    changes: Literal["white", "black", "transparent"]
    said_by: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)  # fields that say so


@dataclass(frozen=True)
class Family:
    """The models that take one body schema. Bodies are mappings in JSON's types, and need not be legal unless it is said.

    Functions are called with a body and return something of it; none changes it.
    """

    name: str
    request: type[BaseModel]
    response: type[Response]
    tasks: tuple[TaskName, ...]
    task: Callable[[Content], TaskName]
    prompt_fields: tuple[str, ...]
    """The fields that hold prompts."""
    prompts: Callable[[Content], tuple[PromptPart, ...]]
    """Every text in order; () where they are malformed."""
    size: Callable[[Content, HasSizes], Size | None]
    """Of the picture that is made; None where it cannot be known beforehand."""
    size_choices: Callable[[HasSizes], tuple[Size, ...]]
    """The sizes to choose from."""
    size_fields: Callable[[Size, HasSizes], Mapping[str, Any]]
    """The fields that ask for a size; ValueError where it is none of the choices and must be one."""
    price_facts: Callable[[Content, HasSizes], tuple[int, int]]
    """What a price depends on: (steps, pixels)."""
    adjustable: Callable[[Content], tuple[str, ...]]
    """The places that can be set in a legal body, in the order of a page: paths, and "size" for the size's fields."""
    most_seed: int
    picture_in_answer: tuple[str | int, ...]
    reason_in_answer: tuple[str | int, ...]
    pictures: tuple[str, ...] = ()
    """The fields that hold pictures in base64, the one to start from first."""
    masks: tuple[MaskForm, ...] = ()
    kept: Callable[[Content], Decimal | None] = lambda body: None
    """How much of the picture that it starts from is kept, 0 to 1; None where that cannot be said in one number."""
    picture_problem: Callable[[int, int, Translate], str | None] = lambda width, height, tr: None
    """What is wrong with the size of the picture to start from, as the end of a sentence ("... must be ...")."""
    nearest_size: Callable[[int, int], Size] = lambda width, height: (width, height)
    """The nearest size to (width, height) that the picture to start from may have."""
    put_prompt: Mapping[str, Callable[[Content, Any], Content]] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )
    """For names of PROMPT_NAMES that are no fields of the request: the body with that prompt set; None leaves it out."""
    clash: Callable[[Content, Collection[str]], tuple[str, str] | None] = lambda body, places: None
    """Two of these places that cannot both be set, because one would undo the other."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The request's fields in the schema's order."""
        return tuple(self.request.model_fields)

    @property
    def required(self) -> tuple[str, ...]:
        """The fields without which there is no request."""
        return tuple(name for name, info in self.request.model_fields.items() if info.is_required())

    def has(self, name: str) -> bool:
        """Return whether the request has a field of this name."""
        return name in self.request.model_fields

    def claims(self, body: Content) -> bool:
        """Return whether the body has all that this family requires."""
        return all(name in body for name in self.required)

    def knows(self, body: Content) -> bool:
        """Return whether every field of the body is one of this family's."""
        return all(map(self.has, body))

    def value(self, body: Content, path: str) -> Any:
        """Return what stands at a place, or the schema's default where nothing does; None where it has none."""
        steps = steps_of(path) or (path,)
        held: Any = body
        for step in steps:
            try:
                held = held[step]
            except (LookupError, TypeError):
                info = field_at(self.request, steps)[1]
                return None if info is None or info.is_required() else info.default
        return held

    def allows(self, name: str, value: Any) -> bool:
        """Return whether this value may stand in a field that has a list of choices."""
        info = self.request.model_fields.get(name)
        return info is not None and value in get_args(info.annotation)

    def ordered(self, body: Content) -> dict[str, Any]:
        """Return the body as a dict with its fields in the schema's order, unknown ones last."""
        places = {name: place for place, name in enumerate(self.fields)}
        return dict(sorted(body.items(), key=lambda item: places.get(item[0], len(places))))

    def wanted(self, body: Content) -> list[PromptPart]:
        """Return the prompts of what to show."""
        return [part for part in self.prompts(body) if part.weight > 0]

    def unwanted(self, body: Content) -> list[PromptPart]:
        """Return the prompts of what to avoid."""
        return [part for part in self.prompts(body) if part.weight < 0]

    def flat(self, body: Content) -> dict[str, Any]:
        """Return one value a field: a list of prompts as one text with its weights, under "prompt"; no pictures."""
        said: dict[str, Any] = {}
        for name, value in body.items():
            parts = [part for part in self.prompts(body) if part.path.startswith(f"{name}[")]
            if parts:
                said["prompt"] = "; ".join(_weighed(part) for part in parts)
            elif name not in PICTURE_FIELDS:
                said[name] = value
        return said

    def start(self, body: Content) -> str | None:
        """Return the picture that the body starts from, in base64."""
        held = body.get(self.pictures[0]) if self.pictures else None
        return held if isinstance(held, str) else None

    def mask(self, body: Content) -> MaskForm | None:
        """Return the form of the mask that the body carries; None where it carries none that is known."""
        return next((form for form in self.masks if _is_said(form, body)), None)


def pictures(body: Content) -> dict[str, str]:
    """Return every picture in a body of any family, in base64 or as its hash, by its field."""
    return {name: body[name] for name in PICTURE_FIELDS if isinstance(body.get(name), str)}


def mask_in(body: Content) -> MaskForm | None:
    """Return the form of the mask in a body of any family, or in a part of one; None where there is none that is known."""
    return next((form for family in FAMILIES.values() if (form := family.mask(body))), None)


def mask_forms() -> dict[str, tuple[Family, MaskForm]]:
    """Return every form of a mask, by the name that people choose it by, and whose it is."""
    return {form.name: (family, form) for family in FAMILIES.values() for form in family.masks}


def starting_at(field: str) -> Family | None:
    """Return the first family whose bodies start from the picture in this field."""
    return next((family for family in FAMILIES.values() if family.pictures[:1] == (field,)), None)


def mask_pictures() -> frozenset[str]:
    """Return the fields that hold a mask and nothing else."""
    return frozenset(form.picture for _, form in mask_forms().values() if starting_at(form.picture) is None)


def mask_keys() -> tuple[str, ...]:
    """Return the fields in which bodies say what a mask means."""
    return tuple(dict.fromkeys(name for _, form in mask_forms().values() for name in form.said_by))


def takes_whole_numbers(path: str) -> bool:
    """Return whether the schemas have whole numbers alone at this place: seed, steps, sides."""
    steps = steps_of(path) or (path,)
    found = [info for family in FAMILIES.values() if (info := field_at(family.request, steps)[1]) is not None]
    return any(info.annotation is int for info in found)


def like(body: Content) -> Family | None:
    """Return the first family that reads this body, to show it by: those that share fields read them alike.

    Never to call by: which *model* a body is for is said by whoever made it.
    """
    claiming = [family for family in FAMILIES.values() if family.claims(body)]
    return next((family for family in claiming if family.knows(body)), claiming[0] if claiming else None)


def _is_said(form: MaskForm, body: Content) -> bool:
    """By the fields that are there to say it; where there are none, by its picture."""
    return (
        all(body.get(name) == value for name, value in form.said_by.items()) if form.said_by else form.picture in body
    )


def _weighed(part: PromptPart) -> str:
    return part.text if part.weight == 1 else f"{part.text} ({part.weight:g})"


def _size_in(text: str) -> Size | None:
    """Return the size of a picture in base64; None where it is none. Most tell it in their first bytes."""
    with contextlib.suppress(ValueError):
        head = base64.b64decode(text[:_PNG_HEAD], validate=True)
        if image_format(head) == "PNG" and len(head) >= 24:  # what helpers send; a sweep asks for each tile
            size = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
            return size if min(size) > 0 else None
    for part in (text[:_HEAD], text):
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            return stored_size(base64.b64decode(part, validate=True))
    return None


def _number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _share(value: Any) -> Decimal | None:
    """A share in decimal, as it was written; None for what is no number from 0 to 1."""
    is_share = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
    return Decimal(str(value)) if is_share else None


# ---- SDXL -----------------------------------------------------------------------------------------------------------


def _sdxl_prompts(body: Content) -> tuple[PromptPart, ...]:
    prompts: Any = body.get("text_prompts")
    if not _are_prompts(prompts):
        return ()
    return tuple(
        PromptPart(f"text_prompts[{place}].text", prompt["text"], prompt.get("weight", 1.0), "weight" in prompt)
        for place, prompt in enumerate(prompts)
    )


def _are_prompts(prompts: Any) -> bool:
    """Texts, each with a number for its weight or none."""
    return isinstance(prompts, list) and all(
        isinstance(prompt, Mapping)
        and isinstance(prompt.get("text"), str)
        and isinstance(prompt.get("weight", 1), (int, float))
        for prompt in prompts
    )


def _sdxl_size(body: Content, model: HasSizes) -> Size | None:
    if isinstance(body.get("init_image"), str):
        return _size_in(body["init_image"])
    return _number(body.get("width"), sdxl.DEFAULT_SIDE), _number(body.get("height"), sdxl.DEFAULT_SIDE)


def _sdxl_price_facts(body: Content, model: HasSizes) -> tuple[int, int]:
    width, height = _sdxl_size(body, model) or (sdxl.DEFAULT_SIDE, sdxl.DEFAULT_SIDE)
    return _number(body.get("steps"), sdxl.DEFAULT_STEPS), width * height


def _sdxl_adjustable(body: Content) -> tuple[str, ...]:
    prompts = [path for part in _sdxl_prompts(body) for path in (part.path, f"{part.path[:-4]}weight")]
    found = [*prompts, "cfg_scale", "steps", "seed"]
    task = sdxl.task_of(body)
    if task == "image_to_image":
        by_schedule = body.get("init_image_mode") == "STEP_SCHEDULE"
        found.append("step_schedule_start" if by_schedule else "image_strength")
        if by_schedule and "step_schedule_end" in body:
            found.append("step_schedule_end")
    if task == "text_to_image":
        found.append("size")
    return (*found, "style_preset", "sampler", "clip_guidance_preset")


def _sdxl_kept(body: Content) -> Decimal | None:
    if sdxl.task_of(body) != "image_to_image" or body.get("init_image_mode") == "STEP_SCHEDULE":
        return None
    return _share(body.get("image_strength", sdxl.DEFAULT_IMAGE_STRENGTH))


def _sdxl_prompt(body: Content, value: Any) -> Content:
    """With other words in its first prompt that is not a negative one, which keeps its weight."""
    prompts: Any = body.get("text_prompts")
    if not _are_prompts(prompts):
        return body  # who checks the body tells
    first = next((place for place, prompt in enumerate(prompts) if prompt.get("weight", 1) >= 0), None)
    if first is None:
        return {**body, "text_prompts": [{"text": value}, *prompts]}
    return {**body, "text_prompts": [*prompts[:first], {**prompts[first], "text": value}, *prompts[first + 1 :]]}


def _sdxl_negative_prompt(body: Content, value: Any) -> Content:
    """With this one negative prompt in place of all there were."""
    prompts: Any = body.get("text_prompts")
    if not _are_prompts(prompts):
        return body
    wanted = [prompt for prompt in prompts if prompt.get("weight", 1) >= 0]
    return {**body, "text_prompts": wanted if value is None else [*wanted, {"text": value, "weight": -1.0}]}


def _sdxl_clash(body: Content, places: Collection[str]) -> tuple[str, str] | None:
    prompts: Any = body.get("text_prompts")
    if not _are_prompts(prompts):
        return None
    wanted = [place for place, prompt in enumerate(prompts) if prompt.get("weight", 1) >= 0]
    unwanted = [place for place in range(len(prompts)) if place not in wanted] or [len(prompts)]
    for name in [one for one in PROMPT_NAMES if one in places]:
        for path in places:
            steps = steps_of(path) or (path,)
            if steps[0] != "text_prompts":
                continue
            text = len(steps) < 3 or steps[2] == "text"
            if len(steps) < 2 or (name == "prompt" and text and steps[1] in wanted[:1]):
                return name, path
            if name == "negative_prompt" and isinstance(steps[1], int) and steps[1] >= unwanted[0]:
                is_last = steps[1] == unwanted[0] == len(wanted)
                if text or not is_last:  # the new one stands behind all that is wanted, and others have moved
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
    size_choices=lambda model: ((sdxl.DEFAULT_SIDE, sdxl.DEFAULT_SIDE), *model.trained_sizes),
    size_fields=lambda size, model: {"width": size[0], "height": size[1]},
    price_facts=_sdxl_price_facts,
    adjustable=_sdxl_adjustable,
    most_seed=sdxl.MAX_SEED,
    picture_in_answer=("artifacts", 0, "base64"),
    reason_in_answer=("artifacts", 0, "finishReason"),
    pictures=("init_image", "mask_image"),
    masks=(
        MaskForm("MASK_IMAGE_WHITE", "mask_image", "white", MappingProxyType({"mask_source": "MASK_IMAGE_WHITE"})),
        MaskForm("MASK_IMAGE_BLACK", "mask_image", "black", MappingProxyType({"mask_source": "MASK_IMAGE_BLACK"})),
        MaskForm(
            "INIT_IMAGE_ALPHA", "init_image", "transparent", MappingProxyType({"mask_source": "INIT_IMAGE_ALPHA"})
        ),
    ),
    kept=_sdxl_kept,
    picture_problem=sdxl.size_problem,
    nearest_size=sdxl.nearest_size,
    put_prompt=MappingProxyType({"prompt": _sdxl_prompt, "negative_prompt": _sdxl_negative_prompt}),
    clash=_sdxl_clash,
)


# ---- Stability's living text-to-image models --------------------------------------------------------------------------


def _plain_prompts(body: Content) -> tuple[PromptPart, ...]:
    said = ((name, body.get(name), weight) for name, weight in (("prompt", 1.0), ("negative_prompt", -1.0)))
    return tuple(
        PromptPart(name, text, weight)
        for name, text, weight in said
        if isinstance(text, str) and (text or name == "prompt")  # an empty negative prompt says nothing
    )


def _ratio_size(body: Content, model: HasSizes) -> Size | None:
    ratio = body.get("aspect_ratio", "1:1")
    return model.sizes.get(ratio) if isinstance(ratio, str) else None


def _ratio_fields(size: Size, model: HasSizes) -> Mapping[str, Any]:
    found = next((ratio for ratio, known in model.sizes.items() if known == tuple(size)), None)
    if found is None:
        raise ValueError(f"no aspect ratio has {size[0]} x {size[1]} pixels")
    return {"aspect_ratio": found}


def _ratio_price_facts(body: Content, model: HasSizes) -> tuple[int, int]:
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
    most_seed=MAX_CORE_SEED,
    picture_in_answer=("images", 0),
    reason_in_answer=("finish_reasons", 0),
)


def _sd35_size(body: Content, model: HasSizes) -> Size | None:
    """Without an image as the ratio says. With one, no page says: as for its text to image, about one megapixel."""
    if not isinstance(body.get("image"), str):
        return _ratio_size(body, model)
    found = _size_in(body["image"])
    return None if found is None else min(model.sizes.values(), key=lambda size: abs(_shape(size) - _shape(found)))


def _shape(size: Size) -> float:
    return math.log(size[0] / size[1])


def _sd35_kept(body: Content) -> Decimal | None:
    changed = _share(body.get("strength")) if sd35_task_of(body) == "image_to_image" else None
    return None if changed is None else 1 - changed


def _sd35_picture_problem(width: int, height: int, tr: Translate) -> str | None:
    if min(width, height) >= MIN_SD35_SIDE:
        return None
    return tr("both sides must be at least {least} pixels", least=MIN_SD35_SIDE)


def _sd35_nearest_size(width: int, height: int) -> Size:
    scale = max(1.0, MIN_SD35_SIDE / min(width, height))
    return round(width * scale), round(height * scale)


def _sd35_adjustable(body: Content) -> tuple[str, ...]:
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
    most_seed=MAX_SD35_SEED,
    pictures=("image",),
    kept=_sd35_kept,
    picture_problem=_sd35_picture_problem,
    nearest_size=_sd35_nearest_size,
)

FAMILIES: Mapping[str, Family] = MappingProxyType({family.name: family for family in (SDXL, STABLE_IMAGE, SD35)})
PICTURE_FIELDS = tuple(dict.fromkeys(name for family in FAMILIES.values() for name in family.pictures))
