"""A picture that grows beyond its sides: the new part is a place of the prompt's that goes on with what is kept.

A place is painted for the whole canvas, and its rows are moved so that they meet those of the kept part: sky at sky, horizon
at horizon, shore at shore (dynamic time warping, Sakoe and Chiba 1978). What still differs at the seam is taken away by a
smooth correction that fades with the distance (as in Perez et al. 2003, "Poisson image editing").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..interface import Painter, Pixels
from .grounds import Ground
from .latent import blurred, enlarge, planes, shrink
from .matching import Look
from .openings import Hole
from .plans import LikelyPlace
from .subject import horizon_of

__all__ = ["Seam", "continued", "goes_outward", "seam_of"]

WHOLE = 0.95
"""Share of a side of the picture that is open where the picture goes on beyond it."""
FULL = 0.75
"""Share of the box about what is kept that is kept, of a picture: an ellipse fills 0.785 of its own."""
GRID = 96
"""Cells along the longer side, on which rows are matched and corrections are made."""
BAND = 0.1
"""How far from the opening the kept part counts in the match, in shares of the mean side."""
CLOSE = 2.0
"""Hundredths of the height within which two horizons are the same."""
FINE, STEPS = 2, (1, 2, 3, 4)
"""Rows of the place to a row of the canvas in the match, and how many of them may go into one: rows are drawn half as high,
up to twice as high."""
BENT = 0.02
"""What it costs that a row of the place is half as high as it is painted, in squared differences of colour."""
CUT = 20.0
"""What it costs to leave out upper rows of the place, times the square of their share of the height."""
SMOOTH = 2.0
"""Standard deviation of the smoothing of the rows' ways, in cells."""
FAR = 0.3
"""Distance over which the correction falls to STAYS, in shares of the mean side."""
STAYS = 0.3
"""How far the place's broad colours are the kept part's even at a great distance."""
REACHES = 0.06, 0.15
"""Distances over which a correction loses to nearer ones, from row to row and along a row, in shares of the mean side."""
MOST = 0.3
"""The largest correction: what stands at the seam is not smeared into the sky."""
OTHER = np.float32(0.25)
"""Squared difference from which two rows are simply of other things, as sand and water."""
FITS = 0.012
"""Mean squared difference at the seam that makes a place e times less likely."""


@dataclass(frozen=True, eq=False)
class Seam:
    """What of a picture is kept, on a coarse grid, and how near each cell is to the seam."""

    kept: Pixels
    known: NDArray[np.float32]
    """(rows, columns): 1 where the mask lets nothing change, 0 elsewhere, and shares between."""
    near: NDArray[np.float32]
    """(rows, columns) in [0, 1]: how much a known cell counts in the match."""
    stays: NDArray[np.float32]
    """(rows, columns) in [0, 1]: how far a correction reaches."""
    horizon: float | None
    """Of the kept part, in hundredths of the canvas's height."""


def goes_outward(hole: Hole) -> bool:
    """Return whether a whole side of the picture is open, and what is kept is a picture, rather than a thing cut out."""
    sides = (hole.open[0], hole.open[-1], hole.open[:, 0], hole.open[:, -1])
    shut = hole.mask == 0
    if not shut.any() or max(float(side.mean()) for side in sides) <= WHOLE:
        return False
    high, wide = (np.ptp(np.flatnonzero(shut.any(axis))) + 1 for axis in (1, 0))
    return bool(shut.sum() > FULL * high * wide)


@lru_cache(maxsize=4)
def seam_of(hole: Hole) -> Seam:
    """Return what the new part of a picture has to go on with."""
    height, width = hole.mask.shape
    rows, columns = (max(4, round(GRID * side / max(height, width))) for side in (height, width))
    kept = shrink(hole.pixels, rows, columns)
    shut = hole.mask == 0
    known = (shrink(shut[..., None].astype(np.float32), rows, columns)[..., 0] > 0.999).astype(np.float32)
    if not known.any():
        known = (shrink(shut[..., None].astype(np.float32), rows, columns)[..., 0] > 0).astype(np.float32)
    mean = float(np.sqrt(rows * columns))
    reach = blurred((1 - known)[..., None], BAND * mean)[..., 0]
    (top, bottom), (left, right) = ((at[0], at[-1]) for at in (np.flatnonzero(known.any(axis)) for axis in (1, 0)))
    y, x = np.arange(rows)[:, None], np.arange(columns)
    down = np.maximum(np.maximum(top - y, y - bottom), 0)
    aside = np.maximum(np.maximum(left - x, x - right), 0)
    fall = np.exp(-np.hypot(down, aside) / (FAR * mean))
    inner = [np.flatnonzero(shut.any(axis)) for axis in (1, 0)]
    part = hole.pixels[inner[0][0] : inner[0][-1] + 1, inner[1][0] : inner[1][-1] + 1]
    high, wide = (max(1, side // 8) for side in part.shape[:2])
    level = horizon_of(planes(shrink(part, high, wide)))
    horizon = None if level is None else (100 * inner[0][0] + level * len(part)) / height
    near = known * np.maximum(reach - np.float32(0.02), 0)
    return Seam(kept, known, near.astype(np.float32), (STAYS + (1 - STAYS) * fall).astype(np.float32), horizon)


def continued(
    painter: Painter,
    places: Sequence[LikelyPlace],
    style: str | None,
    hole: Hole,
    look: Look,
    cfg_scale: float,
    most: int,
) -> list[tuple[Ground, float]]:
    """Return the `most` places and mirrored places that go on best with what is kept, each with its share of the seeds."""
    seam = seam_of(hole)
    rows, columns = seam.known.shape
    tried: list[tuple[Any, bool, LikelyPlace]] = []
    shown = []
    for place in places:
        own = float(place.scene.horizon)
        levels = [own] if seam.horizon is None or abs(seam.horizon - own) < CLOSE else [own, seam.horizon]
        for level in levels:
            scene = painter.framed(place.scene, level, False)
            painted = look.lit(painter.paint(scene, columns, rows, style), cfg_scale)
            for flip in (False, True):
                tried.append((scene, flip, place))
                shown.append(painted[:, ::-1] if flip else painted)
    ways, costs = _matched(seam, np.stack(shown))
    costs = costs - FITS * np.log([place.share for *_, place in tried])
    best = np.argsort(costs, kind="stable")[:most]
    shares = np.exp((costs[best[0]] - costs[best]) / FITS)
    return [
        (_ground(painter, tried[i], style, hole, look, cfg_scale, ways[i]), float(share))
        for i, share in zip(best, shares / shares.sum(), strict=True)
    ]


def _matched(seam: Seam, shown: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return for each row of the canvas the row of each of k places (k, rows, columns, 3) that is shown there, (k, rows) in
    shares of the height; and the mean squared differences (k,) at the seam that are left."""
    rows, columns = seam.known.shape
    count, each = len(shown), np.arange(len(shown))
    at = np.clip((np.arange(FINE * rows) + 0.5) / FINE - 0.5, 0, rows - 1.001)
    first, part = at.astype(int), (at % 1).astype(np.float32)[:, None]
    apart = np.zeros((count, rows, FINE * rows), np.float32)
    for half in (slice(0, columns // 2), slice(columns // 2, columns)):
        weight = seam.near[:, half]
        if weight.sum() < 1e-6:
            continue
        one = (seam.kept[:, half] * weight[..., None]).sum(1) / np.maximum(weight.sum(1), 1e-6)[:, None]
        other = np.tensordot(shown[:, :, half], weight.sum(0) / weight.sum(), (2, 0))
        fine = other[:, first] + part * (other[:, first + 1] - other[:, first])
        square = np.square(one[None, :, None] - fine[:, None]).sum(3)
        apart += weight.sum(1)[:, None] * np.minimum(square, OTHER)
    apart /= seam.near.sum() / rows
    best = apart[:, 0] + np.float32(CUT) * np.square(np.arange(FINE * rows) / FINE / rows)
    back = np.zeros((rows, count, FINE * rows), np.int64)
    for i in range(1, rows):
        before = np.full((len(STEPS), count, FINE * rows), np.inf)
        for k, step in enumerate(STEPS):
            before[k, :, step:] = best[:, :-step] + BENT * (step - FINE) ** 2
        back[i] = before.argmin(0)
        best = before.min(0) + apart[:, i]
    last = best.argmin(1)
    costs = best[each, last] / rows
    path = np.zeros((rows, count))
    for i in range(rows - 1, -1, -1):
        path[i] = last
        last = last - np.take(STEPS, back[i, each, last])
    straight = (np.arange(rows) * FINE)[:, None]
    edge = round(3 * SMOOTH)
    bent = np.pad(path - straight, ((edge, edge), (0, 0)), mode="edge").astype(np.float32)
    smooth = _along(bent, SMOOTH)[edge:-edge]
    return ((straight + smooth + 0.5) / (FINE * rows)).T.astype(np.float32), costs


def _spread(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values (rows, columns, 3) of some weight (rows, columns) as they go on elsewhere: means in which near ones count
    most, and those of the same row above all, since landscapes lie in rows (Shepard 1968)."""
    rows, columns = weight.shape
    mean = np.sqrt(rows * columns)
    down, along = (
        np.exp(-np.abs(np.subtract.outer(np.arange(n), np.arange(n))) / (reach * mean))
        for n, reach in zip((rows, columns), REACHES, strict=True)
    )
    planes_ = np.moveaxis(np.concatenate([values * weight[..., None], weight[..., None]], 2), 2, 0)
    spread = down @ planes_ @ along
    return np.asarray(np.moveaxis(spread[:3] / np.maximum(spread[3], 1e-200), 0, 2), np.float32)


def _along(lines: NDArray[np.float32], sd: float) -> NDArray[np.float32]:
    """Return columns (n, k) under a Gaussian along them."""
    near = np.exp(-np.square(np.subtract.outer(np.arange(len(lines)), np.arange(len(lines))) / sd) / 2)
    return np.asarray(near / near.sum(1, keepdims=True) @ lines, np.float32)


def _ground(
    painter: Painter,
    tried: tuple[Any, bool, LikelyPlace],
    style: str | None,
    hole: Hole,
    look: Look,
    cfg_scale: float,
    ways: NDArray[np.float32],
) -> Ground:
    """Return a place, mirrored or not, whose rows go the `ways` that meet the kept part, in the kept part's broad colours."""
    (scene, flip, place), seam = tried, seam_of(hole)
    rows, columns = seam.known.shape

    def moved(height: int, width: int) -> Pixels:
        painted = painter.paint(scene, width, height, style)
        painted = look.lit(painted[:, ::-1] if flip else painted, cfg_scale)
        at = np.interp((np.arange(height) + 0.5) / height, (np.arange(rows) + 0.5) / rows, ways) * height - 0.5
        at = np.clip(at, 0, height - 1.001)
        first, share = at.astype(int), (at % 1).astype(np.float32)[:, None, None]
        return np.asarray(painted[first] + share * (painted[first + 1] - painted[first]), np.float32)

    def draw(height: int, width: int) -> Pixels:
        painted = moved(height, width)
        coarse = painted if height < rows else shrink(painted, rows, columns)
        if height < rows:
            coarse = enlarge(painted, rows, columns)
        tie = _spread(np.clip(seam.kept - coarse, -MOST, MOST), seam.near) * seam.stays[..., None]
        tie = enlarge(np.ascontiguousarray(tie), height, width) if height >= rows else shrink(tie, height, width)
        shut = hole.mask == 0
        old = hole.pixels if height == len(shut) else shrink(hole.pixels, height, width)
        share = shrink(shut[..., None].astype(np.float32), height, width)
        return np.asarray(np.where(share > 0.5, old, painted + tie), np.float32)

    return Ground(draw, scene, place.lost)
