"""Encoding and writing: images as PNG, JPEG, WebP and base64, and files that never overwrite another unasked."""

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
    """Return the image as the bytes of a PNG file, compressed for speed (zlib level 1, run lengths only)."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1, compress_type=3)
    return out.getvalue()


def to_base64(source: Any) -> str:
    """Return an image as a PNG file in base64, as request bodies carry it. `source` as in `to_image`."""
    return base64.b64encode(encode_png(to_image(source))).decode("ascii")


def encode_image(image: Image.Image, kind: str, quality: int = 90) -> bytes:
    """Return the image as the bytes of a "PNG", "JPEG" or "WEBP" file.

    `quality`: 1 to 100, for JPEG and WebP. JPEG keeps colours at full resolution (4:4:4), so that small letters stay
    sharp.
    """
    if kind == "PNG":
        return encode_png(image)
    data = io.BytesIO()
    options = {"subsampling": 0} if kind == "JPEG" else {"method": 3}
    image.save(data, kind, quality=quality, **options)
    return data.getvalue()


def write(path: Path, data: bytes, overwrite: bool = False, same: Callable[[bytes, Path], bool] | None = None) -> Path:
    """Write a file atomically, make its folders, and return its path. An equal file that exists is left as it is.

    `same`: a function that tells whether the file at a path equals these bytes; by default they are compared byte for
    byte. Raises PictureExistsError (a FileExistsError) where another file exists, unless `overwrite`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if overwrite:
        whole_files.put(path, data)
        return path
    try:
        whole_files.add(path, data)
    except FileExistsError:
        require_same(path, (same or _same_bytes)(data, path))
    return path


def require_same(path: Path, same: bool, fix: str = "") -> None:
    """Raise PictureExistsError unless the file at `path` is the same as the new one. `fix`: another last sentence."""
    if not same:
        raise PictureExistsError(
            tr("{path} is there already, and holds something else.", path=path),
            tr("Nothing is overwritten silently."),
            fix or tr("Choose another name, or say overwrite=True."),
        )


def _same_bytes(data: bytes, path: Path) -> bool:
    """Return whether the file at `path` has exactly these bytes."""
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
