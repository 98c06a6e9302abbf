"""The images in a body (init image, mask): named by the hash of their files, and kept in `inputs/` beside a picture."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpers.pictures.formats import extension_of, image_format
from helpers.pictures.writing import write
from helpers.schemas import families

INPUTS = "inputs"  # the folder beside a picture that holds the images of its body
_HASH_PREFIX = "sha256:"
_HASH_PATTERN = re.compile(_HASH_PREFIX + "[0-9a-f]{64}")


def keep_inputs(body: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Write the images in a body to `inputs/` in this folder, named by their hash, and return their files by field.

    A file that is there already is left alone, so that a thousand pictures made from one photo share it.
    """
    kept = {}
    for field, text in families.images(body).items():
        data = _image_bytes(text)
        if data is not None:
            path = input_path(hash_of(data), folder, image_format(data))
            if not path.exists():
                write(path, data, overwrite=True)
            kept[field] = path
    return kept


def input_path(hashed: str, folder: Path, kind: str | None = "PNG") -> Path:
    """Return the path of an image of a body in `inputs/` of this folder: 24 digits of its hash, which are enough.

    `kind`: its format, as Pillow names it.
    """
    name = hashed.removeprefix(_HASH_PREFIX)[:24]
    return folder / INPUTS / f"{name}{extension_of(kind)}"


def with_hashes(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with each image replaced by the hash of its file; one that is a hash already stays."""
    return {**body, **{field: hash_or_text(text) for field, text in families.images(body).items()}}


def hash_or_text(text: str) -> str:
    """Return the hash of the file in a base64 text; the text itself where it holds none."""
    data = _image_bytes(text)
    return text if data is None else hash_of(data)


def is_hash(value: object) -> bool:
    """Return whether a field of a body names an image by hash, and does not hold it."""
    return isinstance(value, str) and _HASH_PATTERN.fullmatch(value) is not None


def hash_of(data: bytes) -> str:
    """Return the hash that names a file: `sha256:` and 64 hexadecimal digits."""
    return _HASH_PREFIX + hashlib.sha256(data).hexdigest()


def _image_bytes(value: object) -> bytes | None:
    """Return the file in a base64 text; None for anything else, and where encoding it again gives another text."""
    if not isinstance(value, str) or is_hash(value):
        return None
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode("ascii") == value else None
