"""The files of one tile (PNG, thumbnail) and its receipt, read from an answer so that they travel between processes."""

import io
from dataclasses import dataclass
from typing import Any

from helpers.calls.answers import Call, Generation, read
from helpers.calls.send import Answer

THUMBNAIL = 256  # pixels, the longer side at most
_THUMBNAIL_QUALITY = 90


@dataclass(frozen=True)
class TileFiles:
    """A picture that arrived: its PNG file, its thumbnail as WebP, and its receipt without the body."""

    file: bytes
    thumbnail: bytes
    receipt: dict[str, Any]


def read_tile(answer: Answer, call: Call) -> TileFiles:
    """Return the picture in an answer. Raises ContentFilterError, ModelFailedError or ServiceError if there is none."""
    made = read(answer.payload, answer.metadata, call=call, seconds=answer.seconds, attempts=answer.attempts)
    receipt = {name: value for name, value in made.receipt.items() if name != "body"}
    return TileFiles(_png(made), _thumbnail(made), receipt)


def _png(made: Generation) -> bytes:
    """Return the file as it came, or the same pixels as PNG where it came in another format."""
    from helpers import pictures
    from helpers.pictures.formats import image_format

    came = made.files[0] if made.files else b""
    return came if image_format(came) == "PNG" else pictures.encode_png(pictures.to_image(made.image))


def _thumbnail(made: Generation) -> bytes:
    from helpers import pictures

    small = pictures.to_rgb(made.image) if made.image.mode not in ("RGB", "L") else made.image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL), reducing_gap=2.0)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=_THUMBNAIL_QUALITY, method=2)
    return out.getvalue()
