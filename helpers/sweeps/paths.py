"""Places in a request body, written as errors write them (`text_prompts[1].weight`): read, and set without touching the original."""

import re
from collections.abc import Mapping
from typing import Any

from helpers.bodies import Body
from helpers.errors import BodyError, Problem
from helpers.language import tr
from helpers.schemas import CoreRequest, SDXLRequest

PICTURES = ("init_image", "mask_image")

_STEP = re.compile(r"(?:^|\.)([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]")
_WHOLE = {
    name
    for request in (SDXLRequest, CoreRequest)
    for name, field in request.model_fields.items()
    if field.annotation is int
}


def parse(path: str) -> tuple[str | int, ...]:
    """`text_prompts[1].weight` as ("text_prompts", 1, "weight"). Raises BodyError for what is no path."""
    steps: list[str | int] = []
    place = 0
    while place < len(path) and (found := _STEP.match(path, place)):
        steps.append(int(found[2]) if found[1] is None else found[1])
        place = found.end()
    if not path or place < len(path) or not isinstance(steps[0], str):
        why = tr("A path is a field, with [number] for a place in a list and .name for a field inside.")
        problem = Problem(path, why, path)
        raise BodyError(
            tr("{path!r} is no path into a body.", path=path),
            why,
            tr("Write text_prompts[1].weight."),
            problems=[problem],
        )
    return tuple(steps)


def takes_whole_numbers(path: str) -> bool:
    """Whether the schemas have whole numbers alone for this field: seed, steps, sides."""
    return path in _WHOLE


def put(body: Body, path: str, value: Any) -> Body:
    """A copy of the body with another value at `path`; None leaves the field out.

    `prompt` and `negative_prompt` mean in an SDXL body what they mean to `helpers.text_to_image`. Raises BodyError
    where the body has no such place.
    """
    if "text_prompts" in body and path in ("prompt", "negative_prompt"):
        return {**body, "text_prompts": _PROMPTS[path](body["text_prompts"], value)}
    made = _put(body, parse(path), value, path)
    assert isinstance(made, dict)
    return made


def _put(inside: Any, steps: tuple[str | int, ...], value: Any, path: str) -> Any:
    first, rest = steps[0], steps[1:]
    if isinstance(first, int):
        if not isinstance(inside, list) or first >= len(inside):
            count = tr("{count} of them", count=len(inside)) if isinstance(inside, list) else tr("no list there")
            raise _nowhere(
                path, tr("There is no [{first}]: the body has {count}, counted from 0.", first=first, count=count)
            )
        new = value if not rest else _put(inside[first], rest, value, path)
        return [*inside[:first], new, *inside[first + 1 :]]
    if not isinstance(inside, Mapping):
        raise _nowhere(path, tr("There is no field {first} inside {kind}.", first=first, kind=type(inside).__name__))
    if not rest:
        kept = {key: held for key, held in inside.items() if key != first or value is not None}
        return kept if value is None else {**kept, first: value}
    if first not in inside:
        raise _nowhere(path, tr("The body has no {first}.", first=first))
    return {**inside, first: _put(inside[first], rest, value, path)}


def _prompt(prompts: Any, value: Any) -> list[Any]:
    first = next((place for place, prompt in enumerate(prompts) if prompt.get("weight", 1) >= 0), None)
    if first is None:
        return [{"text": value}, *prompts]
    return [*prompts[:first], {**prompts[first], "text": value}, *prompts[first + 1 :]]


def _negative_prompt(prompts: Any, value: Any) -> list[Any]:
    wanted = [prompt for prompt in prompts if prompt.get("weight", 1) >= 0]
    return wanted if value is None else [*wanted, {"text": value, "weight": -1.0}]


_PROMPTS = {"prompt": _prompt, "negative_prompt": _negative_prompt}


def _nowhere(path: str, why: str) -> BodyError:
    told = tr("{about}: {told}", about=path, told=f"{why[0].lower()}{why[1:]}")
    return BodyError(
        tr("The body has no place {path}.", path=path), why, tr("Look at the body."), problems=[Problem(path, told)]
    )
