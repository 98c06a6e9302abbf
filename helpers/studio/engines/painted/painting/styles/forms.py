"""Filters for styles with depth: relief, the light on it, cast shadows, a floor, and a background out of focus."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..filters import Picture, resize
from .soften import softened, spread

__all__ = ["behind", "directed", "floor", "inflated", "line", "moved"]


def directed(relief: Picture, share: float) -> NDArray[np.float32]:
    """Return how steep a relief is over `share` of the height, (height, width): positive where it faces the upper left."""
    height, width = relief.shape
    step = max(1, round(share * height))
    wide = np.pad(relief, step, mode="edge")
    rise = wide[2 * step :, 2 * step :] - wide[:height, :width]
    return rise.astype(np.float32, copy=False)


def inflated(seams: Picture, who: Picture, share: float) -> Picture:
    """Return a relief, (height, width), in which every form between seams is round and the subject `who` is highest."""
    height, width = seams.shape
    rows = min(height, 128)
    columns = max(2, round(rows * width / height))
    flat, high = (resize(plane, columns, rows, Image.Resampling.BOX) for plane in (1 - seams, who))
    relief = spread(flat, share / 3) * 0.35 + spread(flat, share) * 0.8 + spread(flat, share * 2.2) * 0.8
    relief += spread(high, share)
    return resize(relief, width, height, Image.Resampling.BICUBIC)


def moved(who: Picture, down: float, right: float) -> Picture:
    """Return a subject moved down and to the right, in shares of the height: where its shadow falls."""
    height, width = who.shape
    y, x = max(1, round(down * height)), max(1, round(right * height))
    return np.pad(who, ((y, 0), (x, 0)))[:height, :width]


def floor(height: int, width: int) -> Picture:
    """Return the lines of a level floor in perspective, (height, width) in [0, 1], fading towards the horizon."""
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None] * (width / height)
    away = 1 / np.maximum(y - 0.42, 0.02)
    finest = 3 / height
    across, along = (
        line(away * 1.1, finest * away**2),
        line(x * away * 1.1, finest * away * 1.4),
    )
    return np.maximum(across, along) * np.clip((y - 0.58) * 4, 0, 1)


def behind(pixels: Picture, who: Picture) -> Picture:
    """Return the picture out of focus, without the colours of the subject `who` in front of it."""
    height, width = who.shape
    rows = min(height, 128)
    size = max(2, round(rows * width / height)), rows
    small = resize(pixels, *size, Image.Resampling.BOX)
    free = np.clip(1 - 2 * resize(who, *size, Image.Resampling.BOX), 0.05, 1)
    return resize(softened(small * free[..., None], 0.016) / spread(free, 0.014)[..., None], width, height)


def line(phase: Picture, width: Picture | float) -> Picture:
    """Return 1 where `phase` is within half of `width` of a whole number, else 0, with soft ends."""
    away = np.abs(phase - np.round(phase))
    return np.clip(1.5 - away / np.maximum(np.asarray(width, np.float32), 1e-3) * 2, 0, 1).astype(np.float32)
