"""Validation errors as sentences to a person: the field's path, the legal range, and the way to mend it."""

import difflib
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from helpers.schemas.fields import RULE
from helpers.schemas.sdxl import MAX_SIDE, MIN_SIDE, SIDE_STEP, SDXLRequest, TextPrompt
from helpers.schemas.stability import CoreRequest

_REQUESTS: dict[str, type[BaseModel]] = {"SDXLRequest": SDXLRequest, "CoreRequest": CoreRequest}
_MODELS_IN_LISTS: dict[str, type[BaseModel]] = {"text_prompts": TextPrompt}
_LONGEST_SHOWN = 60  # characters of a value in a message
# What people write who come from other interfaces, where the spelling alone gives no hint.
_OTHER_NAMES = {
    "prompt": "text_prompts",
    "prompts": "text_prompts",
    "text_prompt": "text_prompts",
    "negative_prompt": "text_prompts",
    "guidance_scale": "cfg_scale",
    "cfg": "cfg_scale",
    "num_inference_steps": "steps",
    "strength": "image_strength",
    "image": "init_image",
    "mask": "mask_image",
    "scheduler": "sampler",
    "style": "style_preset",
    "text_prompts": "prompt",
    "width": "aspect_ratio",
    "height": "aspect_ratio",
}


class FieldProblem(NamedTuple):
    """One broken field: its path, such as `text_prompts[0].weight`, a whole sentence, and the value found there."""

    field: str
    message: str
    value: object


def problems(error: ValidationError) -> list[FieldProblem]:
    """Each broken field of `error`, once, in the schema's order. `error` comes from SDXLRequest or CoreRequest."""
    request = _REQUESTS.get(error.title)
    found: dict[str, FieldProblem] = {}
    for one in error.errors(include_url=False):
        problem = _problem(one, request)
        found.setdefault(problem.field, problem)
    order = list(request.model_fields) if request else []
    return sorted(found.values(), key=lambda problem: _rank(problem.field, order))


def path(loc: tuple[int | str, ...]) -> str:
    """`("text_prompts", 0, "weight")` as `text_prompts[0].weight`; the whole body as `body`."""
    written = ""
    for part in loc:
        written += f"[{part}]" if isinstance(part, int) else f".{part}" if written else part
    return written or "body"


def _rank(field: str, order: list[str]) -> int:
    top = field.split("[")[0].split(".")[0]
    return order.index(top) if top in order else len(order)


def _problem(error: ErrorDetails, request: type[BaseModel] | None) -> FieldProblem:
    field = path(error["loc"])
    value = None if error["type"] == "missing" else error["input"]
    return FieldProblem(field, _sentence(error, field, request), value)


def _sentence(error: ErrorDetails, field: str, request: type[BaseModel] | None) -> str:
    owner, info = _field_of(error["loc"], request)
    kind, value = error["type"], error["input"]
    wanted = (info.description if info else None) or _plain(error["msg"])
    if kind == RULE:
        message = error["msg"]
        return message if message.startswith(field) else f"{field} {message}"
    if kind == "extra_forbidden":
        return _unknown(field, str(error["loc"][-1]), owner)
    if kind == "missing":
        return f"{field} is missing: it must be {wanted}."
    if not error["loc"]:
        return f"The body must be a JSON object, not {_shown(value)}."
    if kind == "string_too_long":
        return f"{field} must be {wanted}, and this one has {len(value)}."
    if kind == "model_type":
        return f'{field} must be an object such as {{"text": "a beach at sunset", "weight": 1}}, not {_shown(value)}.'
    return f"{field} must be {wanted}, not {_shown(value)}.{_hint(kind, value, info)}"


def _field_of(
    loc: tuple[int | str, ...], request: type[BaseModel] | None
) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """The model that owns the place `loc`, and the field there; None for what cannot be told."""
    if request is None or not loc:
        return request, None
    if len(loc) > 2 and loc[0] in _MODELS_IN_LISTS:
        request, loc = _MODELS_IN_LISTS[str(loc[0])], loc[2:]
    return request, request.model_fields.get(str(loc[0]))


def _unknown(field: str, name: str, owner: type[BaseModel] | None) -> str:
    known = list(owner.model_fields) if owner else []
    meant = _OTHER_NAMES.get(name.lower())
    near = [meant] if meant in known else difflib.get_close_matches(name.lower(), known, n=1)
    told = f"Did you mean {near[0]}?" if near else f"The fields are {', '.join(known)}."
    return f"{field} is not a field of this request. {told}"


def _hint(kind: str, value: object, info: FieldInfo | None) -> str:
    if kind == "literal_error" and isinstance(value, str) and info and info.description:
        choices = info.description.removeprefix("one of ").split(", ")
        by_case = {choice.lower(): choice for choice in choices}
        near = difflib.get_close_matches(value.lower(), by_case, n=1, cutoff=0.5)
        return f" Did you mean {by_case[near[0]]}?" if near else ""
    if kind == "multiple_of" and isinstance(value, int):
        nearest = min(max(round(value / SIDE_STEP) * SIDE_STEP, MIN_SIDE), MAX_SIDE)
        return f" The nearest is {nearest}."
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f" Write {int(value)}."
    if kind in ("int_type", "float_type") and type(value).__module__ == "numpy":
        return f" Write {value}: JSON knows no numbers of NumPy's."
    if kind in ("int_type", "float_type") and isinstance(value, str) and _is_number(value):
        return f" Leave out the quotation marks: {value.strip()}."
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    try:
        written = repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return f"a {type(value).__name__} too long to show"
    return written if len(written) <= _LONGEST_SHOWN else f"{written[: _LONGEST_SHOWN - 1]}…"


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:]
