"""Files of grids and galleries: written whole or not at all, and never over another without being told to."""

import io
from pathlib import Path

from PIL import Image

from helpers import images, whole_files
from helpers.errors import ImageError, PictureExistsError
from helpers.language import listed, tr

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def picture_format(path: Path) -> str:
    """The format that a name asks for. ImageError for one that is not known."""
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ImageError(
            tr("{name} does not say what kind of picture it is to be.", name=path.name),
            fix=tr("End its name in {endings}.", endings=listed(_FORMATS)),
        )
    return kind


def encoded(image: Image.Image, kind: str, quality: int = 90) -> bytes:
    """The picture as a file of this format. A lossy one keeps fine letters sharp."""
    if kind == "PNG":
        return images.encode_png(image)
    data = io.BytesIO()
    options = {"subsampling": 0} if kind == "JPEG" else {"method": 3}
    image.save(data, kind, quality=quality, **options)
    return data.getvalue()


def write(path: Path, data: bytes, overwrite: bool = False) -> Path:
    """Write the file, its folders too. The same file there already is left alone.

    PictureExistsError (a FileExistsError) for another one, unless `overwrite`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if overwrite:
        whole_files.put(path, data)
        return path
    try:
        whole_files.add(path, data)
    except FileExistsError:
        _must_hold(data, path)
    return path


def _must_hold(data: bytes, path: Path) -> None:
    if not path.is_file() or path.stat().st_size != len(data) or path.read_bytes() != data:
        raise PictureExistsError(
            tr("{path} is there already, and holds something else.", path=path),
            tr("Nothing is overwritten silently."),
            tr("Choose another name, or say overwrite=True."),
        )
