"""Filters for drawn outlines: bold around large forms, fine on small things, so that a face stays a face and a flower a flower."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..filters import Picture, blur, luma, resize
from .soften import as_image, boxed, spread
from .subject import Things

__all__ = ["contours", "inked", "rim"]

FLOOR = 0.25
"""A smaller change than this is shading, not an outline."""
FORM = 0.016
"""Things not much wider than this share of the height are drawn finely."""
FORM_ROWS = 128


def contours(pixels: Picture, share: float, gain: float = 3.0) -> NDArray[np.float32]:
    """Return where colours change, (height, width) in [0, 1].

    Lines are about `share` of the height wide, and a third of that on small things.
    """
    height, width = pixels.shape[:2]
    image = as_image(pixels)
    bold = _change(boxed(image, share * height / 2), share * height)
    fine = _change(boxed(image, share * height / 5), share * height / 3)
    rows = min(FORM_ROWS, height)
    small = image.resize((max(2, round(rows * width / height)), rows), Image.Resampling.BOX)
    large = np.clip(_change(boxed(small, FORM * rows), FORM * rows) * 1.3 - 0.3, 0, 1)
    crowd = spread(resize(np.minimum(fine, 0.5), small.width, rows, Image.Resampling.BOX), 0.02)
    bold *= np.float32(gain)
    fine *= np.float32(gain)
    fine -= resize(crowd * np.float32(0.9 * gain), width, height)  # lines close together thin each other out
    bold -= fine
    bold *= resize(large.astype(np.float32), width, height)
    bold += fine
    bold -= FLOOR
    return np.clip(bold, 0, 1, out=bold)


def inked(
    pixels: Picture, share: float, gain: float = 3.0, things: Things = None, fine: Picture | float = 0.0
) -> NDArray[np.float32]:
    """Return contours on the dark side of each edge alone, so that the white of an eye and a light window stay, and the
    outline of the things, whatever they stand before.

    Where small features are (`fine`, 0 … 1) there is little ink: an eye with a line around it is a blot.
    """
    light = luma(pixels)
    ink = contours(pixels, share, gain) * np.clip(0.6 + 5 * (blur(light, 2 * share) - light), 0, 1) * (1 - 0.85 * fine)
    return np.maximum(ink, rim(things, share) * (1 - 0.5 * fine))


def rim(things: Things, share: float) -> NDArray[np.float32]:
    """Return the outline of the things, (height, width) in [0, 1], about `share` of the height wide; 0 of none."""
    if things is None:
        return np.zeros((1, 1), np.float32)
    wide = np.clip(6 * blur(things, FORM) - 2, 0.2, 1)
    whole = np.clip(2.5 * blur(things, 0.6 / len(things)), 0, 1)  # with the pixels that its edge runs through
    edge = np.clip(4 * (whole - blur(whole, max(share, 0.7 / len(things)))) - 0.3, 0, 1)
    return np.asarray(edge * whole * wide, np.float32)


def _change(image: Image.Image, reach: float) -> NDArray[np.float32]:
    """Return the largest change of a channel over `reach` pixels to both sides, down and across, in the units of [-1, 1]."""
    pixels = np.asarray(image)
    step = round(reach)
    span = 2 * step or 1  # finer than a pixel: from each to the next
    out = np.zeros(pixels.shape[:2], np.float32)
    for axis in (0, 1):
        lines = np.moveaxis(pixels, axis, 0)
        apart = np.maximum(lines[span:], lines[:-span]) - np.minimum(lines[span:], lines[:-span])
        most = np.maximum(np.maximum(apart[..., 0], apart[..., 1]), apart[..., 2])
        np.moveaxis(out, axis, 0)[step : step + len(most)] += most
    out *= np.float32(1 / 127.5)
    return out
