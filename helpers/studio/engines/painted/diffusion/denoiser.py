"""The denoiser that a sampler calls: the mixture's guess on the way down, with what a mask keeps put back.

m = sum_i w_i x_i                               the posterior's mean (w sharpened by CLIP guidance)
D(x; sigma) = m + r C (C + sigma^2)^-1 (x - m)  and what varies about it, in the room r that CLIP guidance leaves
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .latent import Planes, colours
from .mixture import Belief, Mixture
from .trace import PaintedStep

__all__ = ["CLIP_PULL", "Denoiser"]

CLIP_PULL = {
    "NONE": 0.0,
    "FAST_BLUE": 0.1,
    "FAST_GREEN": 0.15,
    "SIMPLE": 0.2,
    "SLOW": 0.3,
    "SLOWER": 0.4,
    "SLOWEST": 0.5,
}
"""How far each preset pulls a guess towards the best exemplar."""


@dataclass(eq=False)
class Denoiser:
    """The function `denoise(x, sigma)` of one run, which a sampler calls once or twice a step."""

    mixture: Mixture
    clip_pull: float = 0.0
    kept: Planes | None = None
    """What a mask keeps, (3, height, width)."""
    free: NDArray[np.float32] | None = None
    """(height, width) in [0, 1]: 1 where the picture may change."""
    trace: list[PaintedStep] | None = None
    """Collects one step a call; None: none are kept."""
    last: tuple[Mixture, Belief] | None = field(default=None, init=False)
    """The last call's belief, and the mixture that it is about."""
    known: list[tuple[float, Mixture, Belief | None]] = field(default_factory=list, init=False)
    """What was believed on the way down: a sigma, the mixture of what was not hopeless below it, and the belief there."""

    def __post_init__(self) -> None:
        """Begin with all that is possible."""
        self.known = [(np.inf, self.mixture, None)]

    def __call__(self, x: Planes, sigma: float) -> Planes:
        """Return the best guess of the picture behind x, which holds noise of this sigma."""
        while self.known[-1][0] < sigma:  # some samplers go up again
            self.known.pop()
        _, mixture, before = self.known[-1]
        belief = mixture.posterior(x, sigma, before)
        m = mixture.mean(belief.sharpened(self.clip_pull))
        self.last = mixture, belief
        narrow = mixture.narrowed(belief)
        self.known.append((sigma, narrow, belief if narrow is mixture else None))
        rest = x - m if self.free is None else self.free * (x - m)
        denoised = m + np.float32(1 - self.clip_pull) * self.mixture.variation.kept(rest, sigma)
        if self.free is not None and self.kept is not None:
            denoised = self.kept + self.free * (denoised - self.kept)
        if self.trace is not None:
            self.trace.append(PaintedStep(sigma, colours(denoised), mixture, belief))
        return denoised
