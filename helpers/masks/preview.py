"""How a mask is drawn over a picture so that it can be seen on any picture, also without seeing colours."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]
Where = NDArray[np.bool_]

_HATCH = 0.8  # how strongly the stripes of a preview cover the picture; most of it shows between them


def striped(pixels: Pixels, picture: Image.Image) -> Image.Image:
    """The RGB picture with stripes over what may change, and a line around it. Both have the mask's size."""
    ground = np.asarray(picture, np.float32)
    colour, where = _stripes(*picture.size)
    cover = (pixels / np.float32(255) * where * _HATCH)[..., None]
    drawn = np.round(ground * (1 - cover) + colour[..., None] * cover).astype(np.uint8)
    return Image.fromarray(outlined(drawn, pixels))


def outlined(drawn: Pixels, pixels: Pixels) -> Pixels:
    """The (height, width, 3) array, in place, with a white line just inside of the mask's edge and a black one outside."""
    inner, outer = lines(pixels)
    drawn[outer], drawn[inner] = 0, 255
    return drawn


def lines(pixels: Pixels) -> tuple[Where, Where]:
    """Just inside and just outside of the edge where a pixel turns more likely to change than to stay."""
    inside = Image.fromarray(np.where(pixels >= 128, np.uint8(255), np.uint8(0)))
    wide = 5 if min(pixels.shape) >= 128 else 3
    within = np.asarray(inside)
    shrunk = np.asarray(inside.filter(ImageFilter.MinFilter(wide)))
    grown = np.asarray(inside.filter(ImageFilter.MaxFilter(wide)))
    return (within > 0) & (shrunk == 0), (within == 0) & (grown > 0)


def _stripes(width: int, height: int) -> tuple[NDArray[np.float32], Where]:
    """Slanting pairs of a black and a white stripe: their colour, and where they are."""
    pitch = max(2, min(width, height) // 128)
    down, across = np.mgrid[:height, :width]
    phase = (down + across) // pitch % 7
    return np.where(phase == 0, np.float32(0), np.float32(255)), phase < 2
