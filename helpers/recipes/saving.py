"""Pictures into files with their receipts inside, and a receipt out of a file again."""

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
from helpers.pictures.formats import format_for, image_format
from helpers.recipes import infotext

JPEG_QUALITY = 95
_WIDEST = {"JPEG": 65_500, "WEBP": 16_383}  # pixels a side, of what can be written


def save(
    source: Any, path: str | os.PathLike[str], overwrite: bool = False, metadata: Mapping[str, Any] | None = None
) -> Path:
    """Write the picture to `path` and give the path back; the extension (.png, .jpg, .webp) decides the format.

    Folders are made. The file appears whole or not at all. With the same pixels there already nothing is done; with
    other pixels PictureExistsError (a FileExistsError) is raised, unless `overwrite`.

    What `invoke` gives keeps its receipt in the file (`infotext` says how; `read_metadata` gives it back), the pictures
    it was made from in `inputs/` beside it, and in its own format the very bytes that came. `metadata` takes the
    receipt's place.
    """
    path, image = paths.expand_user(path), to_image(source)
    receipt = metadata if metadata is not None else getattr(source, "receipt", None)
    data = _encode(image, format_for(path), receipt, next(iter(getattr(source, "files", ())), b""))
    if not overwrite and os.path.lexists(path):
        writing.require_same(path, _same_pixels(data, path))
        return path
    if receipt is not None:
        infotext.keep_inputs(receipt.get("body", {}), path)
    writing.write(path, data, overwrite, _same_pixels)
    if receipt is not None and infotext.read(data) is None:  # it had no place inside
        infotext.write_sidecar(path, receipt)
    return path


def read_metadata(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The receipt that `save` put into a picture file or beside it; None where there is nothing."""
    path = paths.find(path)
    return infotext.read(path.read_bytes()) or infotext.read_sidecar(path)


def _encode(image: Image.Image, kind: str, receipt: Mapping[str, Any] | None, came_as: bytes) -> bytes:
    """The picture as a file of this kind; `came_as`, if it is one already and still shows the same."""
    most = _WIDEST.get(kind, max(image.size))
    if max(image.size) > most:
        raise ImageError(
            tr("The picture is {size} pixels.", size=f"{image.width} x {image.height}"),
            tr("A {kind} file holds at most {most:,} pixels a side.", kind=kind, most=most),
            tr("Save it as .png, or make it smaller with helpers.fit(image, (width, height))."),
        )
    out = io.BytesIO()
    if image_format(came_as) == kind and pixels_equal(came_as, image):
        out.write(came_as)
    elif kind == "PNG":
        image.save(out, "PNG")
    elif kind == "JPEG":
        flattened(image, "white").save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    else:
        exif = {"exif": infotext.exif(receipt, image.size)} if receipt is not None else {}
        image.save(out, kind, lossless=True, exact=True, **exif)
    data = out.getvalue()
    return data if receipt is None or kind == "WEBP" else infotext.stamped(data, receipt)


def _same_pixels(data: bytes, path: Path) -> bool:
    try:
        return pixels_equal(data, path)
    except ImageError:
        return False
