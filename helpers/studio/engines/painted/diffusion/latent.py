"""What a latent is here: the picture at 1/8 of its side, in three planes (light, and two of colour), channel first.

SDXL's trained autoencoder ends up close to this (its first latent channels are light and two colour axes). Ours is exact:
`encode` and `decode` turn colours, `Cosines` turns planes into spatial frequencies, where blur and noise are simple.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["FACTOR", "Cosines", "Planes", "colours", "enlarge", "planes", "shrink"]

FACTOR = 8
"""Pixels of the picture to one of the latent, along each side."""

Planes = NDArray[np.float32]
"""(3, height, width) of one latent, or (n, 3, height, width) of many."""

_OPPONENT = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]], np.float32)
_OPPONENT /= np.linalg.norm(_OPPONENT, axis=1, keepdims=True)
"""Rows: light, warm against cold, magenta against green. Orthonormal, so white noise stays white."""


def planes(pixels: NDArray[np.float32]) -> Planes:
    """Colours (height, width, 3) in [-1, 1] as the three planes (3, height, width)."""
    height, width, _ = pixels.shape
    return (_OPPONENT @ pixels.reshape(-1, 3).T).reshape(3, height, width)


def colours(latent: Planes) -> NDArray[np.float32]:
    """The three planes as colours (height, width, 3); the inverse of `planes`."""
    _, height, width = latent.shape
    return (latent.reshape(3, -1).T @ _OPPONENT).reshape(height, width, 3)


@dataclass(frozen=True, eq=False)
class Cosines:
    """The orthonormal cosine transform (DCT-II) of planes of one size: Fourier without a seam between opposite edges."""

    rows: NDArray[np.float32]
    columns: NDArray[np.float32]

    @staticmethod
    @lru_cache(maxsize=32)
    def of(height: int, width: int) -> "Cosines":
        """The transform for planes of this size."""
        return Cosines(_cosine_matrix(height), _cosine_matrix(width))

    def forward(self, x: Planes) -> Planes:
        """Planes to spectra, of the same shape; index [0, 0] is the mean."""
        return self.rows @ (x @ self.columns.T)

    def inverse(self, spectrum: Planes) -> Planes:
        """Spectra to planes."""
        return self.rows.T @ (spectrum @ self.columns)

    def frequency(self) -> NDArray[np.float32]:
        """Cycles across the picture's mean side, (height, width); a quarter of a cycle stands in for the mean's 0."""
        height, width = len(self.rows), len(self.columns)
        cycles = np.hypot(np.arange(height)[:, None] / height, np.arange(width) / width) * np.sqrt(height * width) / 2
        cycles[0, 0] = 0.25
        return cycles.astype(np.float32)


def _cosine_matrix(n: int) -> NDArray[np.float32]:
    k, i = np.arange(n)[:, None], np.arange(n)
    matrix = np.sqrt(2 / n) * np.cos(np.pi * k * (2 * i + 1) / (2 * n))
    matrix[0] /= np.sqrt(2)
    return matrix.astype(np.float32)


def shrink(pixels: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """The mean of each cell: (rows, columns, channels) down to (height, width, channels)."""
    rows, columns, channels = pixels.shape
    if rows % height == 0 and columns % width == 0:  # whole pixels to a cell: no weights needed
        tall, wide = rows // height, columns // width
        sums = pixels.reshape(height, tall, -1).sum(1).reshape(height, width, wide, channels).sum(2)
        return sums / np.float32(tall * wide)
    down = _averages(rows, height) @ pixels.reshape(rows, -1)
    return np.ascontiguousarray(_averages(columns, width) @ down.reshape(height, columns, channels))


def enlarge(pixels: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Cubic interpolation of (rows, columns, channels) up to (height, width, channels)."""
    rows, columns, channels = pixels.shape
    tall = (_cubic(rows, height) @ pixels.reshape(rows, -1)).reshape(height, columns, channels)
    if width % columns:
        return _cubic(columns, width) @ tall
    return _widen(tall, width // columns)


def _widen(pixels: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Cubic interpolation along the columns by a whole factor: one small product for each pixel and its four neighbours."""
    height, width, channels = pixels.shape
    padded = np.pad(pixels, ((0, 0), (2, 2), (0, 0)), mode="edge").reshape(height, -1)
    windows = sliding_window_view(padded, 5 * channels, axis=1)[:, ::channels]
    middle = _cubic(5, 5 * factor)[2 * factor : 3 * factor]  # what 5 pixels give to the cells of the middle one
    weights = np.kron(middle.T, np.eye(channels, dtype=np.float32))
    return (np.ascontiguousarray(windows).reshape(-1, 5 * channels) @ weights).reshape(height, width * factor, channels)


@lru_cache(maxsize=64)
def _averages(size: int, cells: int) -> NDArray[np.float32]:
    """(cells, size): how much of each old pixel falls into each new cell, shares of the cell."""
    edges = np.linspace(0, size, cells + 1)
    i = np.arange(size)
    covered = np.minimum(edges[1:, None], i + 1) - np.maximum(edges[:-1, None], i)
    return (np.clip(covered, 0, 1) * cells / size).astype(np.float32)


@lru_cache(maxsize=64)
def _cubic(size: int, longer: int) -> NDArray[np.float32]:
    """(longer, size): the weights of Keys' cubic (1981, a = -1/2), edges repeated."""
    at = (np.arange(longer) + 0.5) * size / longer - 0.5
    matrix = np.zeros((longer, size))
    for tap in range(-1, 3):
        i = np.floor(at) + tap
        t = np.abs(at - i)
        weight = np.where(t < 1, (1.5 * t - 2.5) * t * t + 1, ((-0.5 * t + 2.5) * t - 4) * t + 2)
        np.add.at(matrix, (np.arange(longer), np.clip(i, 0, size - 1).astype(int)), weight)
    return matrix.astype(np.float32)
