"""A body of any size held against a request's schema at a small cost: the first errors, and how many more there are.

Pydantic finds an error for each of a million unknown fields, which takes minutes and gigabytes to put into sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

MAX_UNKNOWN = 20  # unknown fields of one object that have an error each; the rest are counted
_MAX_ITEMS = 1000  # of a list whose items are looked into; every list of a schema has a lower limit of its own


@dataclass(frozen=True)
class CheckedBody:
    """What a schema says of a body."""

    request: Any
    """The body as an instance of the schema; None where there is an error."""
    errors: tuple[ErrorDetails, ...] = ()
    """Errors in pydantic's order."""
    more: int = 0
    """Unknown fields beyond MAX_UNKNOWN, which have no error of their own."""


def checked_body(schema: type[BaseModel], body: Mapping[str, Any]) -> CheckedBody:
    """Return what a request's schema says of a body."""
    few, more = _with_few_unknown(schema, body)
    try:
        request = schema.model_validate(few)
    except ValidationError as error:
        return CheckedBody(None, tuple(error.errors(include_url=False)), more)
    return CheckedBody(request)


def _with_few_unknown(schema: type[BaseModel], body: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the body with MAX_UNKNOWN unknown fields at most in each of its objects, and how many were left out."""
    known = {name: value for name, value in body.items() if name in schema.model_fields}
    unknown = [name for name in body if name not in schema.model_fields]
    more = len(unknown[MAX_UNKNOWN:])
    few = known | {name: body[name] for name in unknown[:MAX_UNKNOWN]}
    for name, value in known.items():
        inside = _schema_inside(schema.model_fields[name])
        if inside is not None and isinstance(value, list) and len(value) <= _MAX_ITEMS:
            items = [_with_few_unknown(inside, item) if isinstance(item, dict) else (item, 0) for item in value]
            few[name] = [item for item, _ in items]
            more += sum(count for _, count in items)
    return few, more


def _schema_inside(field: FieldInfo) -> type[BaseModel] | None:
    """Return the schema of the items of a field that is a list of objects; None for any other field."""
    items = (one for one in get_args(field.annotation) if isinstance(one, type) and issubclass(one, BaseModel))
    return next(items, None)
