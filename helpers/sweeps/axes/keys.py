"""The identity of a request: the hash of its model and body, and the fields in which two requests differ."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from helpers.recipes import input_files
from helpers.schemas import families


def hashed_request(model: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request as {"model": its id, "body": the body}, with each image replaced by the hash of its bytes."""
    hashes = {field: _image_hash(text) for field, text in families.images(body).items()}
    return {"model": model, "body": {**body, **hashes}}


def key_of(request: Mapping[str, Any]) -> str:
    """Return the sha256 of a request from `hashed_request`, in hexadecimal; fields are sorted, and 7.0 counts as 7."""
    text = json.dumps(_canonical(request), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return each path at which two requests differ, with the value in each; None where one has no such field."""
    first, second = _flat(_canonical(one)), _flat(_canonical(other))
    paths = [*first, *(path for path in second if path not in first)]
    return {path: (first.get(path), second.get(path)) for path in paths if first.get(path) != second.get(path)}


@lru_cache(maxsize=256)
def _image_hash(text: str) -> str:
    """Return the name of an image by its hash; a text that is no image in base64 is hashed as it is."""
    found = input_files.hash_or_text(text)
    return (
        found if input_files.is_hash(found) else f"sha256:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"
    )


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(held) for held in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return every value by its path, without the field `body` itself: `text_prompts[0].weight`."""
    if isinstance(value, Mapping):
        inside = [(f"{path}.{key}" if path else str(key), held) for key, held in value.items()]
    elif isinstance(value, list):
        inside = [(f"{path}[{index}]", held) for index, held in enumerate(value)]
    else:
        return {path.removeprefix("body."): value}
    return {deepest: leaf for deeper, held in inside for deepest, leaf in _flat(held, deeper).items()}
