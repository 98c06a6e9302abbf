"""Pydantic's validation errors as sentences for a person: the field's path, its legal range, and how to correct it."""

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from helpers.errors import Problem
from helpers.language import shortened, tr
from helpers.schemas.fields import ONE_OF, RULE, field_at
from helpers.schemas.sdxl import MAX_SIDE, MIN_SIDE, SIDE_STEP, sampler_named

_MAX_SHOWN = 60  # characters of a value in a message
_MAX_NAME = 100  # characters of a field's name in a path
# Names from other interfaces, which are not spelt like the field that is meant.
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


def problems_of(errors: Iterable[ErrorDetails], request: type[BaseModel], more: int = 0) -> list[Problem]:
    """Return one Problem for each field that is wrong, in the schema's order.

    `errors`: pydantic's, for a body of `request`. `more`: how many unknown fields there are beside these.
    """
    by_place: dict[tuple[int | str, ...], Problem] = {}
    for details in errors:
        by_place.setdefault(details["loc"], _problem(details, request))
    order = list(request.model_fields)
    found = sorted(by_place.values(), key=lambda problem: _rank(problem.field, order))
    if more:
        message = tr("Beside those named here, {count} more are not fields of this request.", count=more)
        found.insert(0, Problem("body", message))
    return found


def _path(loc: tuple[int | str, ...]) -> str:
    """Return `("text_prompts", 0, "weight")` as `text_prompts[0].weight`, and the whole body as `body`."""
    path = ""
    for part in loc:
        name = part if isinstance(part, int) else shortened(part, _MAX_NAME)
        path += f"[{name}]" if isinstance(part, int) else f".{name}" if path else str(name)
    return path or "body"


def _rank(field: str, order: list[str]) -> int:
    top = field.split("[")[0].split(".")[0]
    return order.index(top) if top in order else len(order)


def _problem(error: ErrorDetails, request: type[BaseModel]) -> Problem:
    field = _path(error["loc"])
    value = None if error["type"] == "missing" else error["input"]
    return Problem(field, _sentence(error, field, request), value)


def _sentence(error: ErrorDetails, field: str, request: type[BaseModel]) -> str:
    owner, info = _field_of(error["loc"], request)
    kind, value = error["type"], error["input"]
    wanted = _wanted(info.description) if info and info.description else _plain(error["msg"])
    if kind == RULE:
        rule = error["ctx"]["rule"]
        message = tr(rule["sentence"], **{name: _in_language(name, value) for name, value in rule["places"].items()})
        return message if rule["places"] or rule["sentence"].startswith(field) else f"{field} {message}"
    if kind == "extra_forbidden":
        return _unknown(field, shortened(str(error["loc"][-1]), _MAX_NAME), owner)
    if kind == "missing":
        return tr("{field} is missing: it must be {wanted}.", field=field, wanted=wanted)
    if not error["loc"]:
        return tr("The body must be a JSON object, not {found}.", found=_shown(value))
    if kind == "string_too_long":
        return tr("{field} must be {wanted}, and this one has {count}.", field=field, wanted=wanted, count=len(value))
    if kind == "too_long":
        most, count = error["ctx"]["max_length"], error["ctx"]["actual_length"]
        return tr(
            "{field} must be a list of at most {most}, and this one has {count}.", field=field, most=most, count=count
        )
    if kind == "model_type":
        wanted = tr("an object such as {example}", example='{"text": "a beach at sunset", "weight": 1}')
    sentence = tr("{field} must be {wanted}, not {found}.", field=field, wanted=wanted, found=_shown(value))
    hint = "" if kind == "model_type" else _hint(kind, value, info)
    return tr("{told} {hint}", told=sentence, hint=hint) if hint else sentence


def _in_language(name: str, value: object) -> object:
    return tr(str(value)) if name == "task" else value


def _wanted(description: str) -> str:
    """Return what a field must be, from its description in the schema."""
    choices = description.removeprefix(ONE_OF)
    return tr("one of {choices}", choices=choices) if choices != description else tr(description)


def _field_of(loc: tuple[int | str, ...], request: type[BaseModel]) -> tuple[type[BaseModel], FieldInfo | None]:
    """Return the schema that holds the field at `loc`, and the field; None where it is not known."""
    return field_at(request, loc) if loc else (request, None)


def _unknown(field: str, name: str, owner: type[BaseModel]) -> str:
    known = list(owner.model_fields)
    meant = _OTHER_NAMES.get(name.lower())
    near = [meant] if meant in known else difflib.get_close_matches(name.lower(), known, n=1)
    if near:
        return tr("{field} is not a field of this request. Did you mean {near}?", field=field, near=near[0])
    fields = ", ".join(known)
    return tr("{field} is not a field of this request. The fields are {fields}.", field=field, fields=fields)


def _hint(kind: str, value: object, info: FieldInfo | None) -> str:
    if kind == "literal_error" and isinstance(value, str) and info and info.description:
        choices = info.description.removeprefix(ONE_OF).split(", ")
        by_case = {choice.lower(): choice for choice in choices}
        near = difflib.get_close_matches(value[:_MAX_NAME].lower(), by_case, n=1, cutoff=0.5)
        meant = sampler_named(value[:_MAX_NAME])  # "Euler a" is spelt more like K_EULER than like K_EULER_ANCESTRAL
        if meant not in choices:
            meant = by_case[near[0]] if near else None
        return tr("Did you mean {near}?", near=meant) if meant else ""
    if kind == "multiple_of" and isinstance(value, int):
        nearest = min(max(round(value / SIDE_STEP) * SIDE_STEP, MIN_SIDE), MAX_SIDE)
        return tr("The nearest is {nearest}.", nearest=nearest)
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return tr("Write {number}.", number=int(value))
    if kind in ("int_type", "float_type") and type(value).__module__ == "numpy":
        return tr("Write {number}: JSON knows no numbers of NumPy's.", number=value)
    if kind in ("int_type", "float_type") and isinstance(value, str) and len(value) <= _MAX_SHOWN and _is_number(value):
        return tr("Leave out the quotation marks: {number}.", number=value.strip())
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    try:
        written = repr(value[: _MAX_SHOWN + 1] if isinstance(value, str) else value)
    except (ValueError, RecursionError):  # an integer of more than 4,300 digits, a list inside a thousand others
        return tr("a {kind} too long to show", kind=type(value).__name__)
    return shortened(written, _MAX_SHOWN)


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:]
