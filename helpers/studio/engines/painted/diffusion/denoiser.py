"""The denoiser that a sampler calls: the mixture's guess, with the kept parts of an init image put back.

m = sum_i w_i x_i                               the posterior's mean (w sharpened by CLIP guidance, places of an init image kept)
D(x; sigma) = m + r C (C + sigma^2)^-1 (x - m)  and what varies about it, where there is room r; what a mask keeps is put back
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .exemplars import Exemplars
from .guidance import sharpened
from .image_to_image import Places
from .latent import Planes, colours
from .masks import KeptArea
from .mixture import Mixture, Variation
from .trace import PaintedStep

__all__ = ["Denoiser"]


@dataclass(eq=False)
class Denoiser:
    """The function `denoise(x, sigma)` of a task, which a sampler calls once or twice a step."""

    exemplars: Exemplars
    variation: Variation
    clip_pull: float = 0.0
    places: Places | None = None
    kept_area: KeptArea | None = None
    trace: list[PaintedStep] | None = None
    """Collects one step a call; None: none are kept."""

    def __post_init__(self) -> None:
        """Transform the exemplars once; before the first call all are equally likely."""
        count = len(self.exemplars.latents)
        self.mixture = Mixture(self.exemplars.latents, self.variation)
        self.weights: NDArray[np.float32] = np.full(count, 1 / count, np.float32)

    def __call__(self, x: Planes, sigma: float) -> Planes:
        """Return the best guess of the picture behind x, which holds noise of this sigma."""
        self.weights = weights = sharpened(self.mixture.posterior(x, sigma), self.clip_pull)
        m = self.mixture.mean(weights)
        if self.places is not None:
            m = self.places.put(m)
        rest = x - m if self.kept_area is None else self.kept_area.free * (x - m)
        denoised = m + self.room(weights) * self.variation.kept(rest, sigma)
        if self.kept_area is not None:
            denoised = self.kept_area.impose(denoised)
        if self.trace is not None:
            self.trace.append(PaintedStep(sigma, colours(denoised), weights))
        return denoised

    def room(self, weights: NDArray[np.float32]) -> NDArray[np.float32] | float:
        """Return the share of the variation that is let in: one number, or (height, width) where exemplars fill only a part.

        CLIP guidance lets in less.
        """
        room = 1 - self.clip_pull
        presence = self.exemplars.presence
        return room if presence is None else room * np.tensordot(weights, presence, 1)
