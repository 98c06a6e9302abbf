"""A body's violations as Bedrock's own validator writes them: `#/cfg_scale: 40 is not less or equal to 35`.

Bedrock checks bodies against a JSON schema and names each field by its JSON pointer (RFC 6901). Where Stability's own
service had a sentence for a case (sizes, masks), that sentence is used.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from helpers.language import shortened
from helpers.studio.replies import BedrockError, validation

MAX_LISTED = 20  # violations in one answer; all of them are counted
_MAX_SHOWN = 100  # characters of a name or a value that is repeated in an answer
_MAX_POINTER = 300

_TYPES = {
    "int_type": "Integer",
    "int_from_float": "Integer",
    "float_type": "Number",
    "string_type": "String",
    "bool_type": "Boolean",
    "list_type": "JSONArray",
    "dict_type": "JSONObject",
    "model_type": "JSONObject",
}


class Violation(NamedTuple):
    """One thing that is wrong with a body; `pointer` is the field's JSON pointer, `#/text_prompts/0/weight`."""

    pointer: str
    message: str


def malformed(violations: Iterable[Violation], more: int = 0) -> BedrockError:
    """Return the ValidationException that lists the first MAX_LISTED of these violations.

    `more`: how many there are beside these.
    """
    found = [f"{pointer}: {message}" for pointer, message in violations]
    listed, count = found[:MAX_LISTED], len(found) + more
    rest = f"; and {count - len(listed)} more" if count > len(listed) else ""
    return malformed_as(f"{f'{count} schema violations found: ' if count > 1 else ''}{'; '.join(listed)}{rest}")


def malformed_as(what: str) -> BedrockError:
    """Return the ValidationException of a body that is wrong as `what` says."""
    return validation(f"Malformed input request: {what}, please reformat your input and try again.")


def violations(errors: Sequence[ErrorDetails]) -> list[Violation]:
    """Return the violations of pydantic's errors, in their order."""
    return [_violation(one) for one in errors]


def _violation(error: ErrorDetails) -> Violation:
    loc, kind, value, limits = error["loc"], error["type"], error["input"], error.get("ctx", {})
    if kind == "missing":
        return Violation(_pointer(loc[:-1]), f"required key [{loc[-1]}] not found")
    if kind == "extra_forbidden":
        return Violation(_pointer(loc[:-1]), f"extraneous key [{_shown(str(loc[-1]))}] is not permitted")
    return Violation(_pointer(loc), _message(kind, value, limits) or error["msg"].rstrip("."))


def _message(kind: str, value: Any, limits: dict[str, Any]) -> str | None:
    if kind == "float_type" and type(value) is int:  # beyond what a float holds
        return f"{_shown(value)} is out of range"
    if kind in _TYPES:
        return f"expected type: {_TYPES[kind]}, found: {_type_name(value)}"
    match kind:
        case "less_than_equal":
            return f"{_shown(value)} is not less or equal to {_limit(limits['le'])}"
        case "greater_than_equal":
            return f"{_shown(value)} is not greater or equal to {_limit(limits['ge'])}"
        case "multiple_of":
            return f"Height and width must be specified in increments of {limits['multiple_of']:g}, but we received {_shown(value)}"
        case "literal_error" | "enum":
            return f"{_shown(value)} is not a valid enum value"
        case "string_too_long":
            return f"expected maxLength: {limits['max_length']}, actual: {len(value)}"
        case "string_too_short":
            return f"expected minLength: {limits['min_length']}, actual: {len(value)}"
        case "too_short":
            return f"expected minimum item count: {limits['min_length']}, found: {limits['actual_length']}"
        case "too_long":
            return f"expected maximum item count: {limits['max_length']}, found: {limits['actual_length']}"
    return None


def _limit(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _pointer(loc: Iterable[str | int]) -> str:
    return shortened("/".join(["#", *(str(part) for part in loc)]), _MAX_POINTER)


def _shown(value: Any) -> str:
    """Return a value as an answer repeats it: cut, and for a list or an object, which may be of any size, its type."""
    if isinstance(value, (list, dict)):
        return _type_name(value)
    return shortened(value if isinstance(value, str) else json.dumps(value), _MAX_SHOWN)


def _type_name(value: Any) -> str:
    """Return the name that Bedrock's validator has for a JSON value's type."""
    match value:
        case None:
            return "Null"
        case bool():
            return "Boolean"
        case int():
            return "Integer"
        case float():
            return "BigDecimal"
        case str():
            return "String"
        case list():
            return "JSONArray"
        case _:
            return "JSONObject"
