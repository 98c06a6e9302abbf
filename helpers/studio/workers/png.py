"""Fast PNG encoding, without loss: each row as its difference from the one above, deflated by isal at level 1.

Where isal has no wheel (Windows on Arm), Pillow's run-length deflate takes its place. The same pixels always give the
same bytes on one machine. PNG: https://www.w3.org/TR/png-3/
"""

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt

from helpers.pictures.formats import PNG_START

try:
    from isal import isal_zlib
except ImportError:  # no wheel for this machine
    isal_zlib = None  # type: ignore[assignment]

_LEVEL = 1
_UP = 2  # PNG's filter type: the difference from the pixel above
_RLE = 3  # zlib's strategy: matches at distance one only


def encode(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return a PNG file of uint8 `pixels`: (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA.

    Raises ValueError for other shapes and dtypes.
    """
    colour = _colour_type(pixels)
    if isal_zlib is None:
        return encode_with_pillow(pixels)
    height, width = pixels.shape[:2]
    rows = np.empty((height, 1 + pixels[0].size), np.uint8)
    flat = pixels.reshape(height, -1)
    rows[:, 0] = _UP
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])  # wraps around at 256, as PNG has it
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    body = isal_zlib.compress(rows.reshape(-1), _LEVEL)
    return b"".join((PNG_START, *_chunk(b"IHDR", header), *_chunk(b"IDAT", body), *_chunk(b"IEND", b"")))


def encode_with_pillow(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return the same picture as a PNG file by Pillow, which every machine has and which is some ten times slower."""
    from PIL import Image

    _colour_type(pixels)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1, compress_type=_RLE)
    return file.getvalue()


def _colour_type(pixels: npt.NDArray[np.uint8]) -> int:
    """Return PNG's colour type: 0 grey, 2 RGB, 6 RGBA. Raises ValueError where `pixels` is no such picture."""
    colour = {(): 0, (3,): 2, (4,): 6}.get(pixels.shape[2:]) if pixels.ndim >= 2 and pixels.size else None
    if colour is None or pixels.dtype != np.uint8:
        raise ValueError(
            "a picture is uint8, (height, width) or (height, width, 3 or 4), and this is "
            f"{pixels.dtype}, {pixels.shape}"
        )
    return colour


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, ...]:
    crc = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", crc)
