"""Saving: a picture with its receipt in the file or beside it, and the receipt read back."""

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from helpers.errors import ImageError
from helpers.language import tr
from helpers.pictures import paths, writing
from helpers.pictures.decoding import flattened, pixels_equal, to_image
from helpers.pictures.formats import MAX_SIDES, format_for, image_format
from helpers.recipes import infotext, input_files

JPEG_QUALITY = 95


def save(
    source: Any, path: str | os.PathLike[str], overwrite: bool = False, metadata: Mapping[str, Any] | None = None
) -> Path:
    """Write a picture to a file, with the receipt of the request that made it, and return the path.

        path = helpers.save(made, "outputs/beach.png")

    `source`: what `helpers.invoke` returned, a PIL image, a NumPy array, bytes, a path or a tile. `path`: .png, .jpg or
    .webp, which decides the format; folders are made. The file appears whole or not at all. A file that holds the same
    pixels is left alone; `overwrite` replaces one that holds others. What `invoke` returned keeps its receipt in the file
    (`helpers.recipe` reads it), the images of its body in `inputs/` beside it, and, in the format that was sent, its very
    bytes. `metadata`: a receipt to write instead, as a JSON object. Raises PictureExistsError (a FileExistsError) where
    the file holds other pixels, ImageError where `source` is no picture or too large for the format.
    """
    path, image = paths.expand_user(path), to_image(source)
    receipt = metadata if metadata is not None else getattr(source, "receipt", None)
    data = _encoded(image, format_for(path), receipt, next(iter(getattr(source, "files", ())), b""))
    if not overwrite and os.path.lexists(path):
        writing.require_same(path, _same_pixels(data, path))
        return path
    if receipt is not None:
        input_files.keep_inputs(receipt.get("body", {}), path.parent)
    writing.write(path, data, overwrite, _same_pixels)
    if receipt is not None and infotext.read_receipt(data) is None:  # the file could not hold it
        infotext.write_sidecar(path, receipt)
    return path


def read_metadata(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Return the receipt that `save` wrote into a picture file or beside it; None where there is none."""
    path = paths.find(path)
    return infotext.read_receipt(path.read_bytes()) or infotext.read_sidecar(path)


def _encoded(image: Image.Image, kind: str, receipt: Mapping[str, Any] | None, sent: bytes) -> bytes:
    """Return the picture as a file of this format; `sent`, the service's own, if it is one and has the same pixels."""
    most = MAX_SIDES.get(kind, max(image.size))
    if max(image.size) > most:
        raise ImageError(
            tr("The picture is {size} pixels.", size=f"{image.width} x {image.height}"),
            tr("A {kind} file holds at most {most:,} pixels a side.", kind=kind, most=most),
            tr("Save it as .png, or make it smaller with helpers.fit(image, (width, height))."),
        )
    out = io.BytesIO()
    if image_format(sent) == kind and pixels_equal(sent, image):
        out.write(sent)
    elif kind == "PNG":
        image.save(out, "PNG")
    elif kind == "JPEG":
        flattened(image, "white").save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    else:
        image.save(out, kind, lossless=True, exact=True)
    data = out.getvalue()
    return data if receipt is None else infotext.stamped(data, receipt)


def _same_pixels(data: bytes, path: Path) -> bool:
    try:
        return pixels_equal(data, path)
    except ImageError:
        return False
