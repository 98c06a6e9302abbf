"""The denoiser in closed form: if pictures are painted exemplars and natural variation, the best guess can be computed.

    p(x) = 1/N sum_i Normal(x; x_i, C)                          N exemplars x_i, and what varies about each, C
    p(x; sigma) = 1/N sum_i Normal(x; x_i, C + sigma^2 I)       the same under noise of sigma

C is diagonal in spatial frequency, falling as 1/f^2.4 like the spectra of photographs (Field 1987; van der Schaaf and van
Hateren 1996), so everything below is a product of numbers, frequency by frequency. A trained network approximates what
stands here exactly (Scarvelis et al. 2023, arXiv 2310.12395; Kamb and Ganguli 2024, arXiv 2412.20292).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .latent import Cosines, Planes

__all__ = ["Mixture", "Variation"]

FALL = 2.4
"""The power at frequency f falls as 1/f^FALL."""
LIGHT_SD, COLOUR_SD = 0.16, 0.05
"""Standard deviations of the light plane and of each colour plane: 0.10 on each of red, green and blue."""


@dataclass(frozen=True, eq=False)
class Variation:
    """What varies about every exemplar: a Gaussian whose covariance C is diagonal in the cosines' frequencies."""

    cosines: Cosines
    power: Planes
    """C's diagonal, (3, height, width), in units of the latent squared."""

    @staticmethod
    def natural(height: int, width: int) -> "Variation":
        """The spectrum of photographs, for latents of this size."""
        cosines = Cosines.of(height, width)
        shape = cosines.frequency() ** -FALL
        shape /= shape.mean()
        amounts = np.array([LIGHT_SD, COLOUR_SD, COLOUR_SD], np.float32) ** 2
        return Variation(cosines, amounts[:, None, None] * shape)

    def kept(self, residual: Planes, sigma: float) -> Planes:
        """C (C + sigma^2)^-1 residual: the part of a noisy residual that is variation, by Wiener (1949)."""
        return self.cosines.inverse(self.power / (self.power + sigma * sigma) * self.cosines.forward(residual))


class Mixture:
    """N exemplars, equally likely, each with its cloud of variation."""

    def __init__(self, exemplars: Planes, variation: Variation) -> None:
        """Take the exemplars (N, 3, height, width), and go over to frequencies once."""
        self.exemplars = exemplars
        self.variation = variation
        self._centre = exemplars.mean(0)  # differences from it are small, which keeps float32 exact
        self._spectra = variation.cosines.forward(exemplars - self._centre).reshape(len(exemplars), -1)
        self._squares = self._spectra**2

    def posterior(self, x: Planes, sigma: float) -> NDArray[np.float32]:
        """How likely each exemplar is behind x: w_i proportional to exp(-1/2 sum_f |X - X_i|^2 / (C + sigma^2)), (N,)."""
        q = (1 / (self.variation.power + sigma * sigma)).reshape(-1)
        seen = self.variation.cosines.forward(x - self._centre).reshape(-1)
        energy = self._squares @ q - 2 * (self._spectra @ (seen * q))  # the square expanded; |X|^2 is the same for all
        weights = np.exp(-0.5 * (energy - energy.min()).astype(np.float64))
        return (weights / weights.sum()).astype(np.float32)

    def mean(self, weights: NDArray[np.float32]) -> Planes:
        """The weighted exemplar, sum_i w_i x_i."""
        count, *shape = self.exemplars.shape
        return np.asarray(weights @ self.exemplars.reshape(count, -1)).reshape(shape)

    def denoise(self, x: Planes, sigma: float) -> Planes:
        """D(x; sigma) = m + C (C + sigma^2)^-1 (x - m) with m = sum_i w_i x_i: the mean of all pictures behind x."""
        m = self.mean(self.posterior(x, sigma))
        return m + self.variation.kept(x - m, sigma)
