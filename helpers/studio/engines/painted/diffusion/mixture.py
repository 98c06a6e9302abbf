"""The denoiser in closed form: if pictures are painted exemplars and natural variation, the best guess can be computed.

    p(x) = 1/N sum_i Normal(x; x_i, C)                          N exemplars x_i, each with variation C about it
    p(x; sigma) = 1/N sum_i Normal(x; x_i, C + sigma^2 I)       the same under noise of sigma

C is diagonal in spatial frequency, falling as 1/f^2.4 like the spectra of photographs (Field 1987; van der Schaaf and van
Hateren 1996), so everything below is a product of numbers, frequency by frequency. A trained network approximates what
is computed exactly here (Scarvelis et al. 2023, arXiv 2310.12395; Kamb and Ganguli 2024, arXiv 2412.20292).
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
    """The variation about every exemplar: a Gaussian whose covariance C is diagonal in the frequencies of `Cosines`."""

    cosines: Cosines
    power: Planes
    """C's diagonal, (3, height, width), in units of the latent squared."""

    @staticmethod
    def natural(height: int, width: int) -> "Variation":
        """Return the variation that has the spectrum of photographs, for latents of this size."""
        cosines = Cosines.of(height, width)
        shape = cosines.frequency() ** -FALL
        shape /= shape.mean()
        amounts = np.array([LIGHT_SD, COLOUR_SD, COLOUR_SD], np.float32) ** 2
        return Variation(cosines, amounts[:, None, None] * shape)

    def kept(self, residual: Planes, sigma: float) -> Planes:
        """Return C (C + sigma^2)^-1 residual: the part of a noisy residual that is variation (Wiener 1949)."""
        return self.cosines.inverse(self.power / (self.power + sigma * sigma) * self.cosines.forward(residual))


class Mixture:
    """N equally likely exemplars, each with the same variation about it."""

    def __init__(self, exemplars: Planes, variation: Variation) -> None:
        """Take the exemplars (N, 3, height, width) and transform them to frequencies once."""
        self.exemplars = exemplars
        self.variation = variation
        self._centre = exemplars.mean(0)  # differences from it are small, which keeps float32 exact
        self._spectra = variation.cosines.forward(exemplars - self._centre).reshape(len(exemplars), -1)
        self._squares = self._spectra**2

    def posterior(self, x: Planes, sigma: float) -> NDArray[np.float32]:
        """Return the probability of each exemplar behind x, (N,): w_i ~ exp(-1/2 sum_f |X - X_i|^2 / (C + sigma^2))."""
        q = (1 / (self.variation.power + sigma * sigma)).reshape(-1)
        seen = self.variation.cosines.forward(x - self._centre).reshape(-1)
        energy = self._squares @ q - 2 * (self._spectra @ (seen * q))  # the square expanded; |X|^2 is the same for all
        weights = np.exp(-0.5 * (energy - energy.min()).astype(np.float64))
        return (weights / weights.sum()).astype(np.float32)

    def mean(self, weights: NDArray[np.float32]) -> Planes:
        """Return the weighted mean of the exemplars, sum_i w_i x_i."""
        count, *shape = self.exemplars.shape
        return np.asarray(weights @ self.exemplars.reshape(count, -1)).reshape(shape)

    def denoise(self, x: Planes, sigma: float) -> Planes:
        """Return the mean of all pictures behind x: D(x; sigma) = m + C (C + sigma^2)^-1 (x - m) with m = sum_i w_i x_i."""
        m = self.mean(self.posterior(x, sigma))
        return m + self.variation.kept(x - m, sigma)
