"""Pictures out: encoded, in base64, and in files that are written whole or not at all, never over another unasked."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from helpers.errors import PictureExistsError
from helpers.language import tr
from helpers.pictures import whole_files
from helpers.pictures.decoding import to_image


def encode_png(image: Image.Image) -> bytes:
    """The picture as PNG bytes, quickly (level 1, run lengths only)."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1, compress_type=3)
    return out.getvalue()


def to_base64(source: Any) -> str:
    """The picture as a base64 PNG, the form that request bodies carry."""
    return base64.b64encode(encode_png(to_image(source))).decode("ascii")


def encoded(image: Image.Image, kind: str, quality: int = 90) -> bytes:
    """The picture as a file of this format. A lossy one keeps fine letters sharp."""
    if kind == "PNG":
        return encode_png(image)
    data = io.BytesIO()
    options = {"subsampling": 0} if kind == "JPEG" else {"method": 3}
    image.save(data, kind, quality=quality, **options)
    return data.getvalue()


def write(path: Path, data: bytes, overwrite: bool = False, same: Callable[[bytes, Path], bool] | None = None) -> Path:
    """Write a file, its folders too, whole or not at all, and return its path. The same one there already is left alone.

    `same` says whether the file at a path holds these bytes' content; without it the bytes themselves must be equal.
    Raises PictureExistsError (a FileExistsError) for another file, unless `overwrite`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if overwrite:
        whole_files.put(path, data)
        return path
    try:
        whole_files.add(path, data)
    except FileExistsError:
        refuse_another(path, (same or same_bytes)(data, path))
    return path


def refuse_another(path: Path, same: bool, fix: str = "") -> None:
    """Raise PictureExistsError unless the file at `path` is the same as the one to be written there."""
    if not same:
        raise PictureExistsError(
            tr("{path} is there already, and holds something else.", path=path),
            tr("Nothing is overwritten silently."),
            fix or tr("Choose another name, or say overwrite=True."),
        )


def same_bytes(data: bytes, path: Path) -> bool:
    """Return whether the file at `path` holds exactly these bytes."""
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
