"""What varies about every exemplar: a Gaussian with the broad part of the spectrum that photographs have.

    C = P' diag(power) P        P takes the first cosines of each plane; above them nothing varies
    power ~ 1 / f^2.4           Field 1987; van der Schaaf and van Hateren 1996

So the inverse under noise needs few numbers: with S = C / (C + sigma^2) on those cosines,

    Q = (C + sigma^2 I)^-1 = (I - P' S P) / sigma^2
    <u, v>_Q = (<u, v> - <P u, S P v>) / sigma^2

and the inner product of two differences that fill a small window is one over that window, less one over the cosines.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .latent import Cosines, Planes

__all__ = ["FALL", "Variation"]

FALL = 2.4
"""The power at frequency f falls as 1/f^FALL."""
BAND = 12
"""Cosines that vary, along the mean side."""
LIGHT_SD, COLOUR_SD = 0.16, 0.05
"""Standard deviations of the light plane and of each colour plane, were all cosines to vary."""


@dataclass(frozen=True, eq=False)
class Variation:
    """The variation about every exemplar, for latents of one size."""

    rows: NDArray[np.floating]
    """(rows of the band, height): cosines along the columns."""
    columns: NDArray[np.floating]
    """(columns of the band, width)."""
    power: NDArray[np.floating]
    """(3, rows, columns) of the band: C's diagonal, in units of the latent squared."""

    @staticmethod
    def natural(height: int, width: int, amount: float = 1.0, dtype: type = np.float32) -> "Variation":
        """Return the variation of photographs for latents of this size; `amount` scales its standard deviation."""
        cosines = Cosines.of(height, width)
        shape = cosines.frequency().astype(np.float64) ** -FALL
        shape /= shape.mean()
        high, wide = (max(1, round(BAND * (side / np.sqrt(height * width)))) for side in (height, width))
        sd = amount * np.array([LIGHT_SD, COLOUR_SD, COLOUR_SD])
        power = sd[:, None, None] ** 2 * shape[:high, :wide]
        return Variation(cosines.rows[:high].astype(dtype), cosines.columns[:wide].astype(dtype), power.astype(dtype))

    def low(self, x: NDArray[np.floating], top: int = 0, left: int = 0) -> NDArray[np.floating]:
        """Return P x, (..., cosines): of planes (..., 3, h, w) in a window whose upper left corner is at (top, left)."""
        height, width = x.shape[-2:]
        spectra = self.rows[:, top : top + height] @ (x @ self.columns[:, left : left + width].T)
        return spectra.reshape(*x.shape[:-3], -1)

    def raised(self, low: NDArray[np.floating]) -> Planes:
        """Return P' low: planes (3, height, width) of cosines."""
        return np.asarray(self.rows.T @ (low.reshape(self.power.shape) @ self.columns))

    def gain(self, sigma: float) -> NDArray[np.floating]:
        """Return S = C / (C + sigma^2), (cosines,)."""
        return (self.power / (self.power + sigma * sigma)).reshape(-1)

    def squared(self, d: NDArray[np.floating], sigma: float) -> float:
        """Return |d|_Q^2 = <d, d>_Q of planes (3, height, width)."""
        rest = float(np.square(d).sum() - np.square(self.low(d)) @ self.gain(sigma))
        return max(0.0, rest / sigma**2)

    def kept(self, residual: NDArray[np.floating], sigma: float) -> Planes:
        """Return C (C + sigma^2)^-1 residual: the part of a noisy residual that is variation (Wiener 1949)."""
        return self.raised(self.gain(sigma) * self.low(residual))
