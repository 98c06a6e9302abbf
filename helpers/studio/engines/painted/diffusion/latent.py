"""The latent: the picture at 1/8 of its side, in three planes (one of light, two of colour), channel first.

SDXL's trained autoencoder ends up close to this (its first latent channels are light and two colour axes). Ours is exact:
`planes` and `colours` rotate the axes of colour, and `Cosines` turns planes into spatial frequencies, where blur and noise
are products.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = [
    "FACTOR",
    "Cosines",
    "Planes",
    "averages",
    "blurred",
    "colours",
    "enlarge",
    "low_pass",
    "planes",
    "shrink",
]

FACTOR = 8
"""Pixels of the picture to one pixel of the latent, along each side."""

Planes = NDArray[np.float32]
"""(3, height, width) for one latent, (n, 3, height, width) for several."""

_OPPONENT = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]], np.float32)
_OPPONENT /= np.linalg.norm(_OPPONENT, axis=1, keepdims=True)
"""Rows: light, warm against cold, magenta against green. Orthonormal, so white noise stays white."""


def planes(pixels: NDArray[np.float32]) -> Planes:
    """Return the three planes (3, height, width) of colours (height, width, 3) in [-1, 1]."""
    height, width, _ = pixels.shape
    return (_OPPONENT @ pixels.reshape(-1, 3).T).reshape(3, height, width)


def colours(latent: Planes) -> NDArray[np.float32]:
    """Return the colours (height, width, 3) of three planes; the inverse of `planes`."""
    _, height, width = latent.shape
    return (latent.reshape(3, -1).T @ _OPPONENT).reshape(height, width, 3)


@dataclass(frozen=True, eq=False)
class Cosines:
    """The orthonormal cosine transform (DCT-II) of planes of one size: Fourier's without a seam between opposite edges."""

    rows: NDArray[np.float32]
    columns: NDArray[np.float32]

    @staticmethod
    @lru_cache(maxsize=32)
    def of(height: int, width: int) -> "Cosines":
        """Return the transform for planes of this size."""
        return Cosines(_cosine_matrix(height), _cosine_matrix(width))

    def forward(self, x: Planes) -> Planes:
        """Return the spectra of planes, of the same shape; index [0, 0] belongs to the mean."""
        return self.rows @ (x @ self.columns.T)

    def inverse(self, spectrum: Planes) -> Planes:
        """Return the planes of spectra."""
        return self.rows.T @ (spectrum @ self.columns)

    def frequency(self) -> NDArray[np.float32]:
        """Return each coefficient's frequency in cycles across the picture's mean side, (height, width).

        The mean is given a quarter of a cycle in place of 0, so that negative powers of it are finite.
        """
        height, width = len(self.rows), len(self.columns)
        cycles = np.hypot(np.arange(height)[:, None] / height, np.arange(width) / width) * np.sqrt(height * width) / 2
        cycles[0, 0] = 0.25
        return cycles.astype(np.float32)


def shrink(pixels: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Average (rows, columns, channels) down to (height, width, channels): the mean of each cell."""
    rows, columns, channels = pixels.shape
    if rows % height == 0 and columns % width == 0:  # whole pixels to a cell: no weights needed
        tall, wide = rows // height, columns // width
        sums = pixels.reshape(height, tall, -1).sum(1).reshape(height, width, wide, channels).sum(2)
        return sums / np.float32(tall * wide)
    down = averages(rows, height) @ pixels.reshape(rows, -1)
    return np.ascontiguousarray(averages(columns, width) @ down.reshape(height, columns, channels))


def enlarge(pixels: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Interpolate (rows, columns, channels) up to (height, width, channels) by Keys' cubic (1981, a = -1/2)."""
    rows, columns, channels = pixels.shape
    tall = (_cubic(rows, height) @ pixels.reshape(rows, -1)).reshape(height, columns, channels)
    if width % columns:
        return _cubic(columns, width) @ tall
    return _widen(tall, width // columns)


def blurred(pixels: NDArray[np.float32], sd: float) -> NDArray[np.float32]:
    """Return pixels (height, width, channels) under a Gaussian of `sd` pixels, edges repeated."""
    reach = max(1, round(2.5 * sd))
    taps = np.exp(-np.square(np.arange(-reach, reach + 1) / sd) / 2).astype(np.float32)
    taps /= taps.sum()
    for axis in (0, 1):
        size = pixels.shape[axis]
        edge = [(reach, reach) if a == axis else (0, 0) for a in range(pixels.ndim)]
        padded = np.pad(pixels, edge, mode="edge")
        parts = (padded.take(range(i, i + size), axis) if axis else padded[i : i + size] for i in range(2 * reach + 1))
        total = np.zeros_like(pixels)
        for tap, part in zip(taps, parts, strict=True):
            total += tap * part
        pixels = total
    return pixels


def low_pass(x: Planes, sd: float) -> Planes:
    """Return planes under a Gaussian whose `sd` is a share of the mean side: wide ones cost no more, since cosines do it."""
    cosines = Cosines.of(*x.shape[-2:])
    gain = np.exp(-2 * np.square(np.pi * sd * cosines.frequency()))
    gain[0, 0] = 1  # the mean stays, whatever frequency stands in for its 0
    return np.asarray(cosines.inverse(cosines.forward(x) * gain), np.float32)


@lru_cache(maxsize=512)
def averages(size: int, cells: int) -> NDArray[np.float32]:
    """Return how much of each old pixel falls into each new cell, (cells, size), in shares of the cell."""
    edges = np.linspace(0, size, cells + 1)
    i = np.arange(size)
    covered = np.minimum(edges[1:, None], i + 1) - np.maximum(edges[:-1, None], i)
    return (np.clip(covered, 0, 1) * cells / size).astype(np.float32)


def _cosine_matrix(n: int) -> NDArray[np.float32]:
    k, i = np.arange(n)[:, None], np.arange(n)
    matrix = np.sqrt(2 / n) * np.cos(np.pi * k * (2 * i + 1) / (2 * n))
    matrix[0] /= np.sqrt(2)
    return matrix.astype(np.float32)


def _widen(pixels: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Interpolate along the columns by a whole factor: one small product for each pixel and its four neighbours."""
    height, width, channels = pixels.shape
    padded = np.pad(pixels, ((0, 0), (2, 2), (0, 0)), mode="edge").reshape(height, -1)
    windows = sliding_window_view(padded, 5 * channels, axis=1)[:, ::channels]
    middle = _cubic(5, 5 * factor)[2 * factor : 3 * factor]  # what 5 pixels give to the cells of the middle one
    weights = np.kron(middle.T, np.eye(channels, dtype=np.float32))
    return (np.ascontiguousarray(windows).reshape(-1, 5 * channels) @ weights).reshape(height, width * factor, channels)


@lru_cache(maxsize=64)
def _cubic(size: int, longer: int) -> NDArray[np.float32]:
    """Return the weights of Keys' cubic with repeated edges, (longer, size)."""
    at = (np.arange(longer) + 0.5) * size / longer - 0.5
    matrix = np.zeros((longer, size))
    for tap in range(-1, 3):
        i = np.floor(at) + tap
        t = np.abs(at - i)
        weight = np.where(t < 1, (1.5 * t - 2.5) * t * t + 1, ((-0.5 * t + 2.5) * t - 4) * t + 2)
        np.add.at(matrix, (np.arange(longer), np.clip(i, 0, size - 1).astype(int)), weight)
    return matrix.astype(np.float32)
