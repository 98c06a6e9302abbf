"""What a mask's opening shows behind the things: its filling, another sky, a water with its shore, or another place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..interface import Painter, Pixels
from .latent import blurred, enlarge, shrink
from .matching import SHARP, Look
from .regions import Region
from .skies import Matte, behind

__all__ = ["Ground", "Shape", "land", "own", "plain", "shape_of", "sky", "water", "water_is_most"]

GRID = 96
"""Cells along the longer side, on which shores are made."""
RAGGED = 0.06
"""How far a shore strays: what noise adds to the field that it is a level of."""
OVAL = 2.2
"""Exponent of the oval that it lies in: 2 is an ellipse."""
ROUND = 0.13
"""How round its corners are, in sides of the opening."""
WIDE = 0.75
"""The most that a water is high, in its widths: one sees it from the side."""
WATERY = 0.3
"""A place whose water takes more of its depth than this is a water, with a shore."""
STRAYS = (-0.15, 0.4)
"""How much darker and lighter than most of its row water is: what is darker stands before it."""
TIED = 0.4
"""How far the broad light of another place follows that of what was there, and a water that of what is around it."""


@dataclass(frozen=True, eq=False)
class Ground:
    """A ground that can be drawn at any size."""

    draw: Callable[[int, int], Pixels]
    """(height, width) to pixels."""
    scene: Any
    """The painter's scene to which the things belong that stand on it."""
    lost: frozenset[int] = frozenset()
    """As in `factors.Plan`, and so is `styled`."""
    styled: float = 1.0


@dataclass(frozen=True, eq=False)
class Shape:
    """An opening with a ragged edge, as the level 0 of a field on a coarse grid."""

    field: NDArray[np.float32]
    top: float
    """First and last rows in which the field is above 0, in shares of the height."""
    bottom: float

    def at(self, height: int, width: int) -> NDArray[np.float32]:
        """Return the field (height, width)."""
        return enlarge(self.field[..., None], height, width)[..., 0]


def plain(pixels: Pixels, scene: Any, restyled: Callable[[Pixels], Pixels] | None = None) -> Ground:
    """Return a picture as a ground."""

    def draw(height: int, width: int) -> Pixels:
        shown = shrink(pixels, height, width) if height < len(pixels) else pixels.copy()
        return shown if restyled is None else restyled(shown)

    return Ground(draw, scene)


def sky(painter: Painter, scene: Any, style: str | None, matte: Matte, look: Look | None, cfg_scale: float) -> Ground:
    """Return the picture of a matte with a scene's sky; `look` only where the sky has no light of its own."""

    def draw(height: int, width: int) -> Pixels:
        painted = painter.paint(scene, width, height, style)
        if look is not None:
            painted = look.lit(painted, cfg_scale)
        return behind(matte if height == len(matte.share) else matte.shrunk(height, width), painted)

    return Ground(draw, scene)


def water_is_most(scene: Any) -> bool:
    """Return whether a place is a water rather than a land with water."""
    return scene.water is not None and scene.water[1] - scene.water[0] > WATERY


def shape_of(open_: Region, seed: int, horizon: float | None = None) -> Shape | None:
    """Return the shape of an opening with a ragged edge; where a horizon is given (hundredths), of what of it lies below,
    and no higher than a level water looks. None where nothing is left."""
    height, width = open_.shape
    rows, columns = (max(4, round(GRID * side / max(height, width))) for side in (height, width))
    inside = shrink(open_[..., None].astype(np.float32), rows, columns)
    if horizon is not None:
        inside[: round(rows * (horizon + 1) / 100)] = 0
    found = [np.flatnonzero((inside[..., 0] > 0.5).any(axis)) for axis in (1, 0)]
    if min(len(one) for one in found) < 3:
        return None
    high, wide = (float(np.ptp(one)) + 1 for one in found)
    if horizon is not None and high > WIDE * wide:
        cut = round((high - WIDE * wide) / 2)
        inside[: found[0][0] + cut] = 0
        inside[found[0][-1] + 1 - cut :] = 0
        found[0] = found[0][cut : len(found[0]) - cut]
        high -= 2 * cut
    noise = np.random.default_rng([seed, 6]).standard_normal((rows, columns, 1), dtype=np.float32)
    scale = min(high, wide)
    rough = blurred(noise, max(0.7, 0.035 * scale))
    rough = (rough + blurred(np.roll(noise, 7, 1), max(0.7, 0.1 * scale)) * 2.5) / rough.std()
    y, x = (_across(n, int(one[0]), int(one[-1])) for n, one in zip((rows, columns), found, strict=True))
    oval = 1 - np.abs(y[:, None, None]) ** OVAL - np.abs(x[:, None]) ** OVAL
    field = np.minimum(blurred(inside, max(0.7, ROUND * scale)) - np.float32(0.6), np.float32(0.5) * oval)
    field += np.float32(RAGGED * 0.7) * rough
    field = np.where(inside > 0, np.minimum(field, inside - np.float32(0.5)), np.float32(-0.5))[..., 0]
    wet = np.flatnonzero((field > 0).any(1))
    return Shape(field.astype(np.float32), wet[0] / rows, (wet[-1] + 1) / rows) if wet.size else None


def _across(cells: int, first: int, last: int) -> NDArray[np.float64]:
    """Return where cells lie between the first and the last of an opening, -1 to 1; an opening that reaches the picture's
    border goes on beyond it, as its mirror image: there it has no end."""
    if first == 0 and last == cells - 1:
        return np.zeros(cells)
    if first == 0:
        first = -last
    elif last == cells - 1:
        last = 2 * cells - first
    half = (last - first) / 2
    return np.asarray((np.arange(cells) - first - half) / (half + 1), np.float64)


def water(
    painter: Painter, scene: Any, style: str | None, empty: Pixels, shape: Shape, look: Look, cfg_scale: float
) -> Ground:
    """Return a water with a wet shore, in what was filled: the rows of a scene that are all water, stretched over it."""
    first, last = (scene.horizon + depth * (100 - scene.horizon) for depth in scene.water)

    def draw(height: int, width: int) -> Pixels:
        painted = painter.paint(scene, width, height, style)
        below = shrink(empty, height, width) if height < len(empty) else empty
        at = (np.arange(height) / height - shape.top) / max(shape.bottom - shape.top, 1e-6)
        row = np.clip((first + np.clip(at, 0, 1) * (last - first)) / 100 * height - 0.5, 0, height - 1.001)
        near, share = row.astype(int), (row % 1).astype(np.float32)[:, None, None]
        stretched = painted[near] + share * (painted[near + 1] - painted[near])
        usual = np.median(stretched[:, ::8], axis=1, keepdims=True)
        stretched = look.lit(usual + np.clip(stretched - usual, *STRAYS), cfg_scale)
        stretched += np.float32(TIED) * (look.air.mean() - stretched.mean())
        field = shape.at(height, width)
        edge = 96 / max(height, width) * 0.05 + 0.02
        wet = np.clip(field / edge, 0, 1)[..., None]
        bank = np.clip((field + 0.09) / 0.06, 0, 1)[..., None]
        depth = np.clip(field / 0.12, 0, 1)[..., None]
        shore = below - np.float32(0.35) * bank * (below + 1)
        stretched = stretched - np.float32(0.22) * (1 - depth) * (stretched + 1)
        return np.asarray(shore + wet * (stretched - shore), np.float32)

    return Ground(draw, scene)


def own(painter: Painter, scene: Any, style: str | None, look: Look, cfg_scale: float) -> Ground:
    """Return a place as a picture of its own, in the light of what is around it and as soft as that."""

    def draw(height: int, width: int) -> Pixels:
        painted = look.lit(painter.paint(scene, width, height, style), cfg_scale)
        return blurred(painted, look.soft) if look.soft >= SHARP and height >= GRID else painted

    return Ground(draw, scene)


def land(
    painter: Painter, scene: Any, style: str | None, empty: Pixels, shape: Shape, look: Look, cfg_scale: float
) -> Ground:
    """Return another place that goes over into what was filled, in its broad light."""
    rows, columns = shape.field.shape
    sd = 0.08 * np.sqrt(rows * columns)
    small = shrink(empty, rows, columns)

    def draw(height: int, width: int) -> Pixels:
        painted = look.lit(painter.paint(scene, width, height, style), cfg_scale)
        below = shrink(empty, height, width) if height < len(empty) else empty
        apart = blurred(small - shrink(painted, rows, columns), sd) if height >= rows else None
        if apart is None:
            apart = blurred(shrink(below - painted, height, width), sd * height / rows)
        tied = painted + np.float32(TIED) * enlarge(np.ascontiguousarray(apart), height, width)
        share = np.clip(shape.at(height, width) / 0.12 + 0.5, 0, 1)[..., None]
        return np.asarray(below + share * (tied - below), np.float32)

    return Ground(draw, scene)
