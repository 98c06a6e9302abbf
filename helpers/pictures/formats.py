"""Formats of image files: told by a file's first bytes, and by the extension of its name."""

from pathlib import Path

from helpers.errors import ImageError
from helpers.language import listed, tr

PNG_START = b"\x89PNG\r\n\x1a\n"
EXTENSIONS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""Formats that can be written, by extension. A format's first extension is the one that new files get."""
MAX_SIDES = {"JPEG": 65_500, "WEBP": 16_383}  # pixels a side, of what the encoders can write
_STARTS = {"PNG": PNG_START, "JPEG": b"\xff\xd8\xff"}


def image_format(data: bytes) -> str | None:
    """Return "PNG", "JPEG" or "WEBP" by a file's first bytes; None for anything else.

    `helpers.schemas.fields`, which imports nothing of the workshop's, has the same function; a test compares the two.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((name for name, start in _STARTS.items() if data.startswith(start)), None)


def format_for(path: Path) -> str:
    """Return the format for the extension of a path. Raises ImageError for an extension that is not in EXTENSIONS."""
    kind = EXTENSIONS.get(path.suffix.lower())
    if kind is None:
        raise ImageError(
            tr("{name} does not say what kind of picture it is to be.", name=path.name),
            fix=tr("End its name in {endings}.", endings=listed(EXTENSIONS)),
        )
    return kind


def extension_of(kind: str | None) -> str:
    """Return the extension for a file of this format; ".bin" for None and unknown formats."""
    return next((extension for extension, one in EXTENSIONS.items() if one == kind), ".bin")
