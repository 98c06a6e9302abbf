"""What makes two requests the same one: the hash of model and body, and where two bodies differ."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from helpers.language import tr
from helpers.recipes import infotext
from helpers.schemas import families
from helpers.sweeps.axes import ranges

Request = dict[str, Any]  # {"model": id, "body": the body, its pictures by hash}


def request(model: str, body: Mapping[str, Any]) -> Request:
    """The whole request, its pictures by the hash of their bytes, in a form that JSON can hold."""
    named = {field: _named(text) for field, text in families.pictures(body).items()}
    return {"model": model, "body": {**body, **named}}


def key_of(asked: Request) -> str:
    """sha256 of the request in its canonical form: fields in order, and 7.0 as 7."""
    text = json.dumps(_canonical(asked), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def differences(one: Request, other: Request) -> dict[str, tuple[Any, Any]]:
    """Every place in which two requests differ, with what stands there in each; None where there is nothing."""
    first, second = _flat(_canonical(one)), _flat(_canonical(other))
    places = [*first, *(place for place in second if place not in first)]
    return {place: (first.get(place), second.get(place)) for place in places if first.get(place) != second.get(place)}


def told(place: str, value: Any) -> str:
    """A value as one of `differences` is read to a person."""
    if value is None:
        return tr("nothing")
    if isinstance(value, str) and place in families.PICTURE_FIELDS:
        return tr("picture {name}", name=value.removeprefix("sha256:")[:8])
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ranges.written(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:119]}…"


@lru_cache(maxsize=256)
def _named(text: str) -> str:
    """A picture's name by hash; a text that is no picture in base64 is hashed as it stands."""
    found = infotext.name_of(text)
    return found if infotext.is_hash(found) else f"sha256:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(held) for held in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every leaf by its path, the field `body` itself left unsaid: `text_prompts[0].weight`."""
    if isinstance(value, Mapping):
        inside = [(f"{path}.{key}" if path else str(key), held) for key, held in value.items()]
    elif isinstance(value, list):
        inside = [(f"{path}[{index}]", held) for index, held in enumerate(value)]
    else:
        return {path.removeprefix("body."): value}
    return {place: leaf for deeper, held in inside for place, leaf in _flat(held, deeper).items()}
