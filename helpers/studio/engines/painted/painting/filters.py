"""The few image filters that moods, media and styles share.

Lengths are shares of the picture's height, so that a small picture and a large one look alike. Pictures are
(height, width, 3) or (height, width) float32 in [-1, 1].
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Picture", "blur", "edges", "emboss", "luma", "noise", "posterise", "resize", "saturate", "vignette"]

Picture = NDArray[np.floating[Any]]
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def luma(pixels: Picture) -> Picture:
    """Return the brightness, (height, width)."""
    return pixels @ LUMA


def saturate(pixels: Picture, amount: float) -> Picture:
    """Push colours away from (above 1) or towards (below 1) their grey."""
    grey = luma(pixels)
    out = np.empty_like(pixels)
    for channel in range(pixels.shape[-1]):
        out[..., channel] = grey + amount * (pixels[..., channel] - grey)
    return out


def blur(pixels: Picture, share: float) -> Picture:
    """Blur by about a Gaussian of `share` of the height, in passes of a box filter.

    A blur that is narrower than the smallest box is that box's, mixed in; a wide one is made on a smaller picture, which
    looks the same.
    """
    wanted = share * pixels.shape[0] * 1.2
    if wanted < 0.2:
        return pixels
    if wanted >= 2:
        shrink = int(wanted / 1.5) + 1
        height, width = pixels.shape[:2]
        small = resize(pixels, max(2, width // shrink), max(2, height // shrink), Image.Resampling.BOX)
        return resize(blur(small, share), width, height, Image.Resampling.BICUBIC)
    radius = max(1, round(wanted))
    out = pixels
    for axis in (0, 1):
        for _ in range(2):
            out = _box(out, radius, axis)
    return out if wanted >= 1 else pixels + np.float32(wanted * wanted) * (out - pixels)


def edges(pixels: Picture, share: float = 0.004, gain: float = 3.0) -> Picture:
    """Return where colours change, (height, width) in [0, 1]: lines about `share` of the height wide."""
    step = max(1, round(share * pixels.shape[0]))
    back = -step if step > 1 else 0
    lines = _most(_shift(pixels, step, 0) - _shift(pixels, back, 0))
    lines += _most(_shift(pixels, step, 1) - _shift(pixels, back, 1))
    lines *= gain
    lines -= 0.25
    return np.clip(lines, 0, 1, out=lines)


def emboss(height: Picture, share: float = 0.006) -> Picture:
    """Return the light from the upper left on a relief, (height, width), about -1 … 1."""
    step = max(1, round(share * height.shape[0]))
    return (_shift(_shift(height, -step, 0), -step, 1) - _shift(_shift(height, step, 0), step, 1)) * -1


def posterise(pixels: Picture, levels: int, soft: float = 0.0) -> Picture:
    """Reduce each channel to a few tones; `soft` (0 … 1) keeps some of the slope between them."""
    scaled = (pixels + 1) * (levels - 1) / 2
    flat = np.round(scaled)
    return (flat + soft * (scaled - flat)) * np.float32(2 / (levels - 1)) - 1


def resize(pixels: Picture, width: int, height: int, method: Image.Resampling = Image.Resampling.BILINEAR) -> Picture:
    """Resize in float32."""
    if pixels.ndim == 2:
        return np.asarray(Image.fromarray(pixels).resize((width, height), method))
    out = np.empty((height, width, pixels.shape[-1]), np.float32)
    for channel in range(pixels.shape[-1]):
        out[..., channel] = resize(np.ascontiguousarray(pixels[..., channel]), width, height, method)
    return out


@lru_cache(maxsize=3)
def noise(width: int, height: int, share: float, seed: int) -> Picture:
    """Return a smooth random relief, (height, width), of about unit deviation, with features `share` of the height wide."""
    rows = max(2, min(height, round(1 / share)))
    columns = max(2, min(width, round(width / height / share)))
    grain = np.random.default_rng([seed, rows]).standard_normal((rows, columns)).astype(np.float32)
    return grain if (rows, columns) == (height, width) else resize(grain, width, height, Image.Resampling.BICUBIC)


@lru_cache(maxsize=4)
def vignette(height: int, width: int, strength: float) -> Picture:
    """Return a factor that darkens the corners, (height, width)."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    return (1 - strength * np.clip((x * x + y * y) / 2, 0, 1) ** 1.5).astype(np.float32)


def _box(pixels: Picture, radius: int, axis: int) -> Picture:
    """Average 2 * radius + 1 neighbours along an axis; the edge repeats."""
    lines = np.moveaxis(pixels, axis, 0)
    total = lines.copy()
    for step in range(1, radius + 1):
        total[step:] += lines[:-step]
        total[:step] += lines[0]
        total[:-step] += lines[step:]
        total[-step:] += lines[-1]
    total *= np.float32(1 / (2 * radius + 1))
    return np.moveaxis(total, 0, axis)


def _most(change: Picture) -> Picture:
    """Return the largest change of the three channels, (height, width). Overwrites `change`."""
    red, green, blue = np.moveaxis(np.abs(change, out=change), -1, 0)
    return np.maximum(np.maximum(red, green), blue)


def _shift(pixels: Picture, step: int, axis: int) -> Picture:
    """Return the picture moved so that each pixel shows what lies `step` further along the axis; the edge repeats."""
    if step == 0:
        return pixels
    out = np.empty_like(pixels)
    there, here = np.moveaxis(pixels, axis, 0), np.moveaxis(out, axis, 0)
    far = min(abs(step), len(here))
    if step > 0:
        here[: len(here) - far], here[len(here) - far :] = there[far:], there[-1:]
    else:
        here[far:], here[:far] = there[: len(here) - far], there[:1]
    return out
