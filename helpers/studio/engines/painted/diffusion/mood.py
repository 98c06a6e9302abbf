"""What a prompt that names nothing to draw does to an init image: its mood, its light, its medium and style."""

import numpy as np
from numpy.typing import NDArray

from .exemplars import Exemplars, Painter, Pixels, Reading, Scene
from .guidance import Guidance, pairs
from .latent import enlarge, planes, shrink

__all__ = ["in_mood"]

LAYOUTS = 8
PER_SCALE = 0.25
"""A whole picture in a mood needs less guidance than a scene: how much of it is left."""
DOUBT = 0.25
"""Layouts' worth of mid-grey that speak for no change of light."""


def in_mood(
    painter: Painter, reading: Reading, scene: Scene, init: Pixels, share: float, guidance: Guidance, style: str | None
) -> Exemplars:
    """The init image as the prompt would have it, as the one exemplar. `share`: how much of the change shows.

    The unconditional is the init image itself, so that guidance makes the change stronger (its smooth part).
    """
    g = 1 + PER_SCALE * (guidance.scale - 1)
    changed = _relit(painter.restyle(scene, init, style), _light(painter, reading) ** g)
    target = init + np.float32(share) * (changed - init)
    before, after = (planes(shrink(pixels, *guidance.negative.shape[1:])) for pixels in (init, target))
    smooth = (g - 1) * (after - before) - share * guidance.away * guidance.negative
    return Exemplars((scene,), (after + smooth)[None], lambda _: target, smooth=smooth)


def _relit(pixels: Pixels, light: NDArray[np.float32]) -> Pixels:
    """Multiply what the surfaces send back, height by height (the sky is not the ground)."""
    return (pixels + 1) * enlarge(light, len(pixels), 1) - 1


def _light(painter: Painter, reading: Reading) -> NDArray[np.float32]:
    """How much more or less red, green and blue there is at each height, (rows, 1, 3), in this reading's light.

    Read off scenes painted without the words and with them; a pair counts by how well it shows the same layout. What the
    painter does to any picture (grading, media) is taken out first, because the init image gets it in full.
    """
    without, with_it = pairs(painter, reading, LAYOUTS)
    scenes = [painter.compose(reading, layout, 1.0, None) for layout in range(LAYOUTS)]
    before = np.stack([painter.restyle(scene, pixels, None) for scene, pixels in zip(scenes, without, strict=True)])
    alike = np.array([max(0.0, _correlation(a, b)) ** 2 for a, b in zip(before, with_it, strict=True)], np.float32)
    sums = [np.tensordot(alike, (side + 1).mean(2), 1) + DOUBT for side in (with_it, before)]
    return np.asarray(sums[0] / sums[1], np.float32)[:, None]


def _correlation(a: Pixels, b: Pixels) -> float:
    a, b = a.mean(-1) - a.mean(), b.mean(-1) - b.mean()
    return float((a * b).sum() / (np.sqrt(np.square(a).sum() * np.square(b).sum()) + 1e-6))
