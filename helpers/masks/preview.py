"""Previews: a mask drawn over an image in black and white, legible on any image and without colour vision."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from helpers.masks.shapes import BoolArray, MaskArray, mask_array

_HATCH = 0.8  # opacity of the stripes; most of the image shows between them


def striped(pixels: MaskArray, picture: Image.Image) -> Image.Image:
    """Return the RGB image with stripes over what may change and a line around it. It must have the mask's size."""
    ground = np.asarray(picture, np.float32)
    colour, where = _stripes(*picture.size)
    cover = (pixels / np.float32(255) * where * _HATCH)[..., None]
    drawn = np.round(ground * (1 - cover) + colour[..., None] * cover).astype(np.uint8)
    return Image.fromarray(outlined(drawn, pixels))


def outlined(drawn: NDArray[np.uint8], pixels: MaskArray) -> NDArray[np.uint8]:
    """Draw, in place, a white line inside the mask's edge and a black one outside, and return the array.

    `drawn`: uint8 of (height, width, 3). `pixels`: the mask.
    """
    inner, outer = lines(pixels)
    drawn[outer], drawn[inner] = 0, 255
    return drawn


def lines(pixels: MaskArray) -> tuple[BoolArray, BoolArray]:
    """Return the pixels just inside and just outside of the mask's edge, which runs where it crosses level 128."""
    inside = Image.fromarray(mask_array(pixels >= 128))
    wide = 5 if min(pixels.shape) >= 128 else 3
    within = np.asarray(inside)
    shrunk = np.asarray(inside.filter(ImageFilter.MinFilter(wide)))
    grown = np.asarray(inside.filter(ImageFilter.MaxFilter(wide)))
    return (within > 0) & (shrunk == 0), (within == 0) & (grown > 0)


def _stripes(width: int, height: int) -> tuple[NDArray[np.float32], BoolArray]:
    """Return the grey levels of diagonal black and white stripes, and where they are."""
    pitch = max(2, min(width, height) // 128)
    down, across = np.mgrid[:height, :width]
    phase = (down + across) // pitch % 7
    return np.where(phase == 0, np.float32(0), np.float32(255)), phase < 2
