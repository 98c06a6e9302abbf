"""Paths into a request body, such as `text_prompts[1].weight`: parsed, and set in a copy of the body."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from helpers import models
from helpers.bodies import Body
from helpers.errors import BodyError, Problem
from helpers.language import tr
from helpers.schemas.families import PROMPT_NAMES
from helpers.schemas.fields import PathParts, path_parts


@lru_cache(maxsize=1024)
def parse(path: str) -> PathParts:
    """Return the parts of a path: `text_prompts[1].weight` as ("text_prompts", 1, "weight"). Raises BodyError."""
    parts = path_parts(path)
    if parts is None:
        why = tr("A path is a field, with [number] for a place in a list and .name for a field inside.")
        problem = Problem(path, why, path)
        raise BodyError(
            tr("{path!r} is no path into a body.", path=path),
            why,
            tr("Write text_prompts[1].weight."),
            problems=[problem],
        )
    return parts


def depth(path: str) -> float:
    """Return how deep a path lies in a body. Values are set in this order, so that none overwrites one inside it."""
    # `prompt` replaces one prompt: after `text_prompts[0]` (2), and before `text_prompts[0].weight` (3), which stays.
    return 2.5 if path in PROMPT_NAMES else len(parse(path))


def put(body: Body, path: str, value: Any) -> Body:
    """Return a copy of the body with another value at `path`; None removes the field.

    `prompt` and `negative_prompt` mean in every body what they mean to `helpers.text_to_image`. Raises BodyError where
    the body has no such path.
    """
    family = models.family_for_body(body)
    if family is not None and path in family.prompt_setters:
        return Body(family.prompt_setters[path](body, value), body.model)
    return Body(_put(body, parse(path), value, path), body.model)


def _put(inside: Any, parts: PathParts, value: Any, path: str) -> Any:
    first, rest = parts[0], parts[1:]
    if isinstance(first, int):
        if not isinstance(inside, list) or first >= len(inside):
            count = tr("{count} of them", count=len(inside)) if isinstance(inside, list) else tr("no list there")
            raise _no_such_path(
                path, tr("There is no [{first}]: the body has {count}, counted from 0.", first=first, count=count)
            )
        new = value if not rest else _put(inside[first], rest, value, path)
        return [*inside[:first], new, *inside[first + 1 :]]
    if not isinstance(inside, Mapping):
        raise _no_such_path(
            path, tr("There is no field {first} inside {kind}.", first=first, kind=type(inside).__name__)
        )
    if not rest:
        kept = {key: held for key, held in inside.items() if key != first or value is not None}
        return kept if value is None else {**kept, first: value}
    if first not in inside:
        raise _no_such_path(path, tr("The body has no {first}.", first=first))
    return {**inside, first: _put(inside[first], rest, value, path)}


def _no_such_path(path: str, why: str) -> BodyError:
    told = tr("{about}: {told}", about=path, told=f"{why[0].lower()}{why[1:]}")
    return BodyError(
        tr("The body has no place {path}.", path=path), why, tr("Look at the body."), problems=[Problem(path, told)]
    )
