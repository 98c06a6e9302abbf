"""Places in a request body, written as errors write them (`text_prompts[1].weight`): read, and set without touching the original."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
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


@lru_cache(maxsize=1024)
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


def depth(path: str) -> float:
    """How far inside a body a place lies: what is set from the outside inwards is never overwritten by what holds it."""
    return 2.5 if path in _PROMPTS else len(parse(path))  # a prompt's text replaces a prompt, and keeps no other weight


def clash(body: Body, places: Collection[str]) -> tuple[str, str] | None:
    """Two of these places that cannot both be set in this body, because one would undo the other; None if there are none."""
    prompts: Any = body.get("text_prompts")
    if not are_prompts(prompts):
        return None
    wanted = [place for place, prompt in enumerate(prompts) if prompt.get("weight", 1) >= 0]
    unwanted = [place for place in range(len(prompts)) if place not in wanted] or [len(prompts)]
    for name in _PROMPTS.keys() & places:
        for path in places:
            steps = parse(path)
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


def are_prompts(prompts: Any) -> bool:
    """Whether this is a list of prompts: texts, each with a number for its weight or none."""
    return isinstance(prompts, list) and all(
        isinstance(prompt, Mapping)
        and isinstance(prompt.get("text"), str)
        and isinstance(prompt.get("weight", 1), (int, float))
        for prompt in prompts
    )


def put(body: Body, path: str, value: Any) -> Body:
    """A copy of the body with another value at `path`; None leaves the field out.

    `prompt` and `negative_prompt` mean in an SDXL body what they mean to `helpers.text_to_image`. Raises BodyError
    where the body has no such place.
    """
    if "text_prompts" in body and path in _PROMPTS:
        prompts = body["text_prompts"]  # where they are none, who checks the body tells
        return {**body, "text_prompts": _PROMPTS[path](prompts, value)} if are_prompts(prompts) else body
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
