"""The distance between two pictures by three measures that need no trained weights, at up to 256 pixels a side.

- structure: 1 minus the SSIM of the grey pictures (Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from
  error visibility to structural similarity", 2004). 0: the same things in the same places; near 1: nothing in common.
- colour: the mean shift between the sorted levels of each colour, wherever in the picture they are, as a share of the
  full range (0 to 1).
- sharpness: the ratio of the contrast of fine detail (a Laplacian's standard deviation), as a power of two.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

Array: TypeAlias = npt.NDArray[np.float32]

SIDE = 256  # pixels
_KEPT = 96  # pictures in memory at once: about 100 MB
_WINDOW = np.exp(-((np.arange(11) - 5.0) ** 2) / (2 * 1.5**2)).astype(np.float32)
_WINDOW /= _WINDOW.sum()
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


class Distance(NamedTuple):
    """The distance between two pictures by each measure; 0 for the same picture."""

    structure: float
    colour: float
    sharpness: float


class _Features(NamedTuple):
    """The features of a picture that are compared; mean and variance are those of SSIM's window at each pixel."""

    grey: Array
    mean: Array
    variance: Array
    levels: Array  # of each colour, sorted from dark to bright
    detail: float  # the logarithm to base 2 of the contrast of fine detail


def meter() -> Callable[[Path, Path], Distance]:
    """Return a function that measures the distance between two picture files. It caches what it has read."""
    read = lru_cache(_KEPT)(_features)

    def between(one: Path, other: Path) -> Distance:
        first, second = _size(one), _size(other)
        size = min(first, second)  # pictures of different shapes are stretched to one
        a, b = read(one, size), read(other, size)
        return Distance(
            round(max(0.0, 1 - _ssim(a, b)), 6),
            round(float(np.abs(a.levels - b.levels).mean()) / 255, 6),
            round(abs(a.detail - b.detail), 6),
        )

    return between


def _ssim(a: _Features, b: _Features) -> float:
    covariance = _blurred(a.grey * b.grey) - a.mean * b.mean
    alike = (2 * a.mean * b.mean + _C1) * (2 * covariance + _C2)
    most = (a.mean**2 + b.mean**2 + _C1) * (a.variance + b.variance + _C2)
    return float((alike / most).mean())


def _blurred(grey: Array) -> Array:
    """Return the Gaussian-weighted mean around each pixel where the window of 11 x 11 fits, as SSIM defines it."""
    height, width = grey.shape[0] - 10, grey.shape[1] - 10
    down: Array = sum(weight * grey[row : row + height] for row, weight in enumerate(_WINDOW))
    across: Array = sum(weight * down[:, column : column + width] for column, weight in enumerate(_WINDOW))
    return across


def _features(path: Path, size: tuple[int, int]) -> _Features:
    with Image.open(path) as file:
        file.draft("RGB", size)
        image = file.convert("RGB").resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    grey = np.asarray(image.convert("L"), np.float32)
    mean = _blurred(grey)
    levels = np.sort(np.asarray(image, np.float32).reshape(-1, 3), axis=0)
    edges = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    return _Features(grey, mean, _blurred(grey * grey) - mean**2, levels, float(np.log2(edges.std() + 1)))


def _size(path: Path) -> tuple[int, int]:
    """Return the picture's (width, height) with its longer side at most 256 pixels, and no side below SSIM's window."""
    with Image.open(path) as file:
        scale = min(1.0, SIDE / max(file.size))
        return max(11, round(file.width * scale)), max(11, round(file.height * scale))
