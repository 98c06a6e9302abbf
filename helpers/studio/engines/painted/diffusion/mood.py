"""Moods: a prompt that names nothing to draw changes an init image's mood, light, medium and style."""

import numpy as np
from numpy.typing import NDArray

from .exemplars import Exemplars, Painter, Pixels, ReadingLike, SceneLike
from .guidance import Guidance, pairs
from .latent import enlarge, planes, shrink

__all__ = ["in_mood"]

LAYOUTS = 8
PER_SCALE = 0.25
"""Share of the guidance that is left: a whole picture in a mood needs less than a scene."""
DOUBT = 0.25
"""Weight of no change of light, in layouts of mid-grey."""


def in_mood(
    painter: Painter,
    reading: ReadingLike,
    scene: SceneLike,
    init: Pixels,
    share: float,
    guidance: Guidance,
    style: str | None,
) -> Exemplars:
    """Return the init image as the prompt would have it, as the only exemplar; `share` (0..1) of the change shows.

    The unconditional is the init image itself, so guidance makes the smooth part of the change stronger.
    """
    g = 1 + PER_SCALE * (guidance.scale - 1)
    changed = _relit(painter.restyle(scene, init, style), _light(painter, reading) ** g)
    target = init + np.float32(share) * (changed - init)
    before, after = (planes(shrink(pixels, *guidance.negative.shape[1:])) for pixels in (init, target))
    smooth = (g - 1) * (after - before) - share * guidance.away * guidance.negative
    return Exemplars((scene,), (after + smooth)[None], lambda _: target, smooth=smooth)


def _relit(pixels: Pixels, light: NDArray[np.float32]) -> Pixels:
    """Multiply the light that surfaces reflect, row by row: the sky is not the ground."""
    return (pixels + 1) * enlarge(light, len(pixels), 1) - 1


def _light(painter: Painter, reading: ReadingLike) -> NDArray[np.float32]:
    """Return the factor of red, green and blue at each height, (rows, 1, 3), in this reading's light.

    It is read off scenes painted without the reading and with it; a pair counts by how well both show the same layout.
    What the painter does to any picture (grading, media) is taken out first, because the init image gets it in full.
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
