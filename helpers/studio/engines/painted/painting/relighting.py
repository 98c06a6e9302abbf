"""What a prompt's light does to a picture that was not painted in it: read off one place, painted in that light and without."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import painter, places, vocabulary
from .asked import OF_LIGHT, Asked
from .filters import LUMA, Picture, blur
from .layout import Scene
from .light import Grade

__all__ = ["relight"]

SIDE = 48
"""Rows and columns of the two paintings."""
SPREAD = 0.08
"""A row takes the light of its neighbourhood, this share of the height wide: another picture's horizon is elsewhere."""
DARKEST = 0.1
"""Added to the light of both paintings, so that no row has a large factor because it is dark."""
STRENGTH, BRIGHTENING = 1.4, 2.4
"""Powers of the factors, and of those above 1: painted light is mild, since it is seen beside painted colours."""


@dataclass(frozen=True, eq=False)
class _Light:
    """What words of light, weather and season do, row by row, since the sky is not the ground."""

    factors: NDArray[np.float32]
    """(SIDE, 3): of red, green and blue."""
    colour: NDArray[np.float32]
    """(SIDE, 1): of the distance from grey, 1 at most."""


def relight(asked: Asked, scene: Scene, pixels: Picture, share: float) -> NDArray[np.float32]:
    """Return any pixels (height, width, 3) a share (0..1) of the way to the light, weather and season that a prompt names.

    Light is taken away by a factor. Where the factor is above 1, it is one of p / (1 - p), which never leaves the range.
    """
    light = _light(asked, scene)
    if light is None or share <= 0:
        return pixels.astype(np.float32, copy=False)
    height, width, _ = pixels.shape
    f, colour = _rows(light.factors, height), _rows(light.colour, height) ** np.float32(STRENGTH * share)
    f **= np.where(f > 1, np.float32(BRIGHTENING * share), np.float32(STRENGTH * share))
    out = (pixels + 1) * f
    above = np.maximum(f - 1, 0)
    if above.any():
        out /= 1 + above * np.maximum(pixels + 1, 0) / 2
    out -= 1
    if (colour < 0.99).any():
        grey = (out @ LUMA)[..., None]
        out = grey + colour * (out - grey)
    falling = painter.paint_weather(scene, width, height)
    if falling is not None:
        alpha = falling[..., 3:] * np.float32(min(1.0, share))
        out += alpha * (falling[..., :3] - out)
    return np.asarray(out, np.float32)


def _rows(values: NDArray[np.float32], height: int) -> NDArray[np.float32]:
    """Return values (SIDE, channels) for each row of a picture, (height, 1, channels)."""
    at = (np.arange(height) + 0.5) * (SIDE / height) - 0.5
    return np.stack([np.interp(at, np.arange(SIDE), c) for c in values.T], axis=1).astype(np.float32)[:, None]


@lru_cache(maxsize=64)
def _light(asked: Asked, scene: Scene) -> _Light | None:
    """Return what the words do to a place painted with them, beside the same place painted without; None: no such words."""
    named = frozenset(i for i, m in enumerate(asked.named) if m and vocabulary.entry(m.entry).kind in OF_LIGHT)
    if not named:
        return None
    plain = places.place(asked, scene.seed, scene.aspect, named, 1.0, None)
    pair = (_bare(scene), replace(_bare(plain), horizon=scene.horizon))
    after, before = (painter.paint(one, SIDE, SIDE) for one in pair)
    factors = _averaged(after + 1 + DARKEST) / _averaged(before + 1 + DARKEST)
    colour = np.sqrt(_averaged(_away_from_grey(after)) / _averaged(_away_from_grey(before)))
    return _Light(factors, np.minimum(colour, 1))


def _averaged(pixels: Picture) -> NDArray[np.float32]:
    """Return each row's mean colour, (SIDE, channels), its neighbours' mixed in."""
    wide = np.repeat(pixels.mean(1, keepdims=True), 2, axis=1).astype(np.float32)
    return np.asarray(blur(wide, SPREAD)[:, 0])


def _away_from_grey(pixels: Picture) -> Picture:
    """Return the squared distance from grey, (height, width, 1)."""
    return np.square(pixels - pixels.mean(2, keepdims=True)).sum(2, keepdims=True) + 0.01


def _bare(scene: Scene) -> Scene:
    """Return a scene without things, moods and media."""
    return replace(scene, placements=(), grade=Grade(), media=(), shunned=())
