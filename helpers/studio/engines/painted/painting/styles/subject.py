"""The subject of a picture: where a lens would focus and a painter put the accent.

Where the painter knows its things, they are it. Else it is guessed from the pixels alone: sky, haze and ground lie in level
bands, so a subject differs from the usual colour at its height. That holds for a learner's photograph too, which has no scene.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..filters import LUMA, Picture, resize
from .soften import snapped, spread

__all__ = ["Style", "Things", "cut_out", "subject"]

Things = NDArray[np.float32] | None
"""How much each pixel belongs to a thing that the picture is of, (height, width) in [0, 1]; None where nobody knows."""
Style = Callable[[Picture, int, Things], Picture]
"""From pixels (height, width, 3) in [-1, 1], a seed and the things to the same pixels in a style."""

ROWS = 48  # the guess is made this small, so that it is the same at every size


def subject(pixels: Picture, things: Things = None) -> NDArray[np.float32]:
    """Return how much each pixel belongs to the subject, (height, width) in [0, 1]: to the things, or as a guess, with a soft rim."""
    if things is not None:
        return things
    height, width = pixels.shape[:2]
    rows = min(ROWS, height)
    columns = max(2, round(rows * width / height))
    small = resize(pixels, columns, rows, Image.Resampling.BOX)
    apart = small - np.median(small, axis=1, keepdims=True)
    light = apart @ LUMA
    away = np.abs(apart - light[..., None]).max(-1) + np.float32(0.35) * np.abs(light)
    detail = np.abs(np.gradient(small, axis=0)).max(-1) + np.abs(np.gradient(small, axis=1)).max(-1)
    plain = np.clip(spread(detail, 0.04) * 3.8, 0.35, 1)  # a glow in the sky has colour, and nothing in it
    away = spread(away, 0.02) * plain * _middle(rows, columns)
    most = np.partition(away.ravel(), -away.size // 32)[-away.size // 32]
    clear = np.clip((away / max(float(most), 0.12) - 0.3) * 2.6, 0, 1)
    whole = np.clip(spread(clear, 0.035) * 2.2 - 0.25, 0, 1)  # one thing has no holes and no crumbs
    mass = spread(whole, 0.12)
    whole *= np.clip(mass / max(float(mass.max()), 1e-6) * 3 - 0.7, 0, 1)  # nor is it the smallest of several
    return resize(whole, width, height)


def cut_out(pixels: Picture, things: Things = None) -> NDArray[np.float32]:
    """Return the same with the edges of the picture, as a mask that was cut by hand."""
    if things is not None:
        return things
    return np.clip(snapped(subject(pixels), pixels, 0.03), 0, 1)


@lru_cache(maxsize=8)
def _middle(rows: int, columns: int) -> NDArray[np.float32]:
    """Return the weight of each place, (rows, columns): a subject is seldom at the very edge."""
    y, x = np.linspace(-1.2, 0.8, rows)[:, None], np.linspace(-1, 1, columns)[None]
    return (1 - 0.3 * np.maximum(np.abs(x), np.abs(y)) ** 2).astype(np.float32)
