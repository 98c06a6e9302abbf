"""The denoiser that a task gets: the mixture's guess, held to what is kept of an init image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .exemplars import Exemplars
from .guidance import sharpened
from .image_to_image import Places
from .latent import Planes, colours
from .masks import Known
from .mixture import Mixture, Variation
from .trace import PaintedStep

__all__ = ["Denoiser"]


@dataclass(eq=False)
class Denoiser:
    """`denoise(x, sigma)`, which a sampler calls once or twice a step."""

    exemplars: Exemplars
    variation: Variation
    clip_pull: float = 0.0
    places: Places | None = None
    known: Known | None = None
    trace: list[PaintedStep] | None = None
    """Where to write down each call; None: nowhere."""

    def __post_init__(self) -> None:
        """Know the exemplars by their frequencies; before the first call, all are as likely."""
        count = len(self.exemplars.latents)
        self.mixture = Mixture(self.exemplars.latents, self.variation)
        self.weights: NDArray[np.float32] = np.full(count, 1 / count, np.float32)

    def __call__(self, x: Planes, sigma: float) -> Planes:
        """The best guess of the picture behind x, which holds noise of this sigma: D = m + C (C + sigma^2)^-1 (x - m)."""
        self.weights = weights = sharpened(self.mixture.posterior(x, sigma), self.clip_pull)
        m = self.mixture.mean(weights)
        if self.places is not None:
            m = self.places.put(m)
        rest = x - m if self.known is None else self.known.free * (x - m)
        denoised = m + self.room(weights) * self.variation.kept(rest, sigma)
        if self.known is not None:
            denoised = self.known.impose(denoised)
        if self.trace is not None:
            self.trace.append(PaintedStep(sigma, colours(denoised), weights))
        return denoised

    def room(self, weights: NDArray[np.float32]) -> NDArray[np.float32] | float:
        """How much of the variation is let in, and where: the variation is the exemplars' own, and less under CLIP guidance."""
        room = 1 - self.clip_pull
        presence = self.exemplars.presence
        return room if presence is None else room * np.tensordot(weights, presence, 1)
