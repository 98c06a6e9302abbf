"""Guidance: what `cfg_scale`, negative prompts and `clip_guidance_preset` do to the guess.

    D = D_u + g (D_c - D_u) - g sum_k b_k (D_k - D_u)       Ho and Salimans 2022, arXiv 2207.12598; Liu et al. 2022, arXiv 2206.01714

D_c knows the prompt, D_k a negative prompt, D_u nothing. Here D_u and D_k are single Gaussians about the mean of all
scenes and the mean of the negative's scenes, with the variation C of all exemplars. (As mixtures they would jump from
exemplar to exemplar as sigma falls, and the samplers would disagree.) Then the formula does the same to each exemplar,
at every sigma: it moves it away from what all scenes have in common, and from what the negatives name. So the exemplars
are moved once, before the first step, and the guided model is a mixture again, with an exact denoiser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import Prompt, Task

from .exemplars import Exemplars, Painter, Pixels, ReadingLike, SceneLike, most_alike, small
from .latent import FACTOR, Planes, enlarge, planes

__all__ = ["CLIP_PULL", "Guidance", "mean_scene", "painted", "pairs", "sharpened"]

PER_CFG = 0.10
"""Guidance that one step of cfg_scale adds. A trained model adds 1; here the prompt is met without any."""
NEGATIVE_BOUND = 0.5
"""All negative prompts together pull by less than this share of the distance to what they name."""
NEGATIVE_GUIDANCE = 2.0
"""Upper bound of g for negative prompts."""
MAX_NEGATIVES = 8
"""Terms of negative prompts; those beyond the strongest share the last."""
CLIP_PULL = {
    "NONE": 0.0,
    "FAST_BLUE": 0.1,
    "FAST_GREEN": 0.15,
    "SIMPLE": 0.2,
    "SLOW": 0.3,
    "SLOWER": 0.4,
    "SLOWEST": 0.5,
}
SMALL = 32
"""Side in pixels of the scenes behind a mean, which holds no detail."""
SAMPLE, SAMPLE_NEGATIVE = 24, 12
"""Number of scenes behind the unconditional's mean, and behind a negative prompt's."""


@dataclass(frozen=True, eq=False)
class Guidance:
    """The formula above for latents of one size."""

    scale: float
    """g: 1 at cfg_scale 1, where only the prompt speaks."""
    unconditional: Planes
    """D_u's mean, (3, height, width)."""
    negative: Planes
    """sum_k b_k (D_k - D_u)."""

    @staticmethod
    def of(painter: Painter, cfg_scale: float, negatives: Sequence[Prompt], height: int, width: int) -> "Guidance":
        """Return the guidance of these settings for latents of height x width."""
        unconditional, negative = mean_scene(painter), _pull(painter, negatives)
        return Guidance(
            1 + PER_CFG * (cfg_scale - 1),
            planes(enlarge(unconditional, height, width)),
            planes(enlarge(negative, height, width)),
        )

    def guide(self, m: Planes) -> Planes:
        """Return D_u + g (m - D_u) - g sum_k b_k (D_k - D_u), for one latent m or several."""
        return self.scale * m + self.smooth

    @property
    def away(self) -> float:
        """Bounded g for the negatives: far from what they name, colours would turn into their opposites."""
        return min(self.scale, NEGATIVE_GUIDANCE)

    @property
    def smooth(self) -> Planes:
        """Part of the formula that does not depend on m, (3, height, width); it holds no detail."""
        return (1 - self.scale) * self.unconditional - self.away * self.negative


def painted(
    painter: Painter,
    scenes: Sequence[SceneLike],
    task: Task,
    guidance: Guidance,
    like: Planes | None = None,
    most: int | None = None,
) -> Exemplars:
    """Return the scenes as exemplars of the task's picture, moved by guidance.

    With `like`, only the `most` of them that are most like that latent.
    """
    width, height, style = task.width, task.height, task.style_preset
    latents = np.stack([small(painter, scene, width // FACTOR, height // FACTOR, style) for scene in scenes])
    if like is not None:
        chosen = most_alike(latents, like, most or len(latents))
        scenes, latents = [scenes[i] for i in chosen], latents[chosen]

    def redraw(scene: SceneLike) -> Pixels:
        return painter.paint(scene, width, height, style)

    return Exemplars(tuple(scenes), guidance.guide(latents), redraw, guidance.scale, guidance.smooth, textured=True)


def sharpened(weights: NDArray[np.float32], pull: float) -> NDArray[np.float32]:
    """Return posterior weights (N,) pulled towards the likeliest exemplar by `pull` (0..1), as CLIP guidance does."""
    weights = (1 - pull) * weights
    weights[weights.argmax()] += pull
    return weights


def mean_scene(painter: Painter) -> Pixels:
    """Return the unconditional's mean, what all scenes have in common: (SMALL, SMALL, 3)."""
    return _paintings(painter, painter.read((Prompt(""),)), SAMPLE).mean(0)


def pairs(painter: Painter, reading: ReadingLike, count: int) -> tuple[Pixels, Pixels]:
    """Return the same layouts painted without the reading and with it, (count, SMALL, SMALL, 3) each."""
    return _paintings(painter, painter.read((Prompt(""),)), SAMPLE)[:count], _paintings(painter, reading, count)


def _pull(painter: Painter, negatives: Sequence[Prompt]) -> Pixels:
    """Return sum_k b_k (D_k - D_u), (SMALL, SMALL, 3); sum_k b_k grows with the weights from 0 and stays below NEGATIVE_BOUND."""
    terms: list[tuple[float, tuple[Prompt, ...]]] = [(-prompt.weight, (Prompt(prompt.text),)) for prompt in negatives]
    terms.sort(key=lambda term: -term[0])
    if len(terms) > MAX_NEGATIVES:
        rest = terms[MAX_NEGATIVES - 1 :]
        merged = tuple(prompt for _, prompts in rest for prompt in prompts)
        terms = [*terms[: MAX_NEGATIVES - 1], (sum(weight for weight, _ in rest), merged)]
    total = sum(weight for weight, _ in terms)
    pull = np.zeros((SMALL, SMALL, 3), np.float32)
    for weight, prompts in terms:
        without, with_it = pairs(painter, painter.read(prompts), SAMPLE_NEGATIVE)
        pull += NEGATIVE_BOUND * weight / (1 + total) * (with_it - without).mean(0)
    return pull


@lru_cache(maxsize=64)
def _paintings(painter: Painter, reading: ReadingLike, count: int) -> Pixels:
    """Return the reading in the layouts 0 .. count - 1, (count, SMALL, SMALL, 3)."""
    scenes = [painter.compose(reading, layout, 1.0, None) for layout in range(count)]
    return np.stack([painter.paint(scene, SMALL, SMALL, None) for scene in scenes])
