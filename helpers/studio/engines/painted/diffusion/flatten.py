"""An init image without its texture, from grain gone to a redrawing in flat regions: what image-to-image changes first.

A trained model that starts from an init image under little noise redraws its texture and keeps its layout. Two steps do so
here. Weak detail is taken out of a pyramid and strong detail stays (coring), so edges neither move nor glow. Then the
picture is redrawn in soft superpixels (Achanta et al. 2012, SLIC), whose colours run together where they are alike (mean
shift, Comaniciu and Meer 2002), and what such a redrawing misses most, an eye or a line, is laid over it.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..interface import Pixels
from .latent import Planes, colours, planes

__all__ = ["flattened"]

CHROMA = np.array([1, 1.7, 1.7], np.float32)[:, None, None]
"""Weights of the three planes where colours are compared: a step in colour shows more than one in light."""
USUAL, LEVELS, CELL = 512, 3, 8
"""For a picture whose shorter side is USUAL: levels of the pyramid, and pixels along a superpixel's side."""
WEAK = 0.4
"""Detail of less than this in the finest octave goes at full amount; the limit falls with the amount."""
COARSER = 0.7
"""How much lower that limit is in each coarser octave."""
REDRAWN_FROM = 0.2
"""Amount from which regions come in."""
MISSED, LAID_OVER = 0.42, 0.35
"""What regions miss by more than MISSED is laid over them at full amount, and LAID_OVER of it."""
COMPACT = 0.18
"""How much a superpixel's width weighs against a difference in light of 1."""
BLUR = 0.02
"""Softness of a superpixel's border, in the same measure squared: enough for smooth edges."""
ALIKE = 0.02
"""Squared difference at which neighbouring superpixels hardly share their colours."""
REACHES = (1, 2, 4, 1)
"""How far away, in superpixels, each round of mean shift looks for like colours."""
SEEDED = 4
"""Pixels along a superpixel's side while its centre is sought."""
CHUNK = 2**14
"""Pixels at a time: their memberships stay in the processor's cache."""

_AROUND = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]


def flattened(pixels: Pixels, amount: float) -> Pixels:
    """Return a picture (height, width, 3) in [-1, 1] with its texture out and its edges kept.

    `amount` 0 returns the very same values; by 0.4 grain and fine texture are gone, by 0.7 it is broad shapes with clean
    edges, at 1 flat regions. Sides are multiples of 8.
    """
    if amount <= 0:
        return pixels
    amount = min(amount, 1.0)
    picture = planes(pixels)
    picture *= CHROMA
    larger = max(0, round(np.log2(min(picture.shape[1:]) / USUAL)))
    picture = _cored(picture, WEAK * amount, LEVELS + larger)
    share = (amount - REDRAWN_FROM) / (1 - REDRAWN_FROM)
    if share > 0:
        regions = _regions(picture, CELL << larger)
        picture -= regions
        picture *= _strong(picture, MISSED * share) * np.float32(1 + share * (LAID_OVER - 1))
        picture += regions
    picture /= CHROMA
    return np.clip(colours(picture), -1, 1)


def _cored(picture: Planes, weak: float, levels: int) -> Planes:
    """Take out of each octave what is weaker than `weak`; the finest octave is that below two pixels."""
    base = _halved(picture)
    detail = picture - _doubled(base)
    detail *= _strong(detail, weak) - 1
    detail += picture
    if levels > 1 and base.shape[1] % 2 == base.shape[2] % 2 == 0:
        detail += _doubled(_cored(base, COARSER * weak, levels - 1) - base)
    return detail


def _strong(detail: Planes, limit: float) -> NDArray[np.float32]:
    """Return where detail is stronger than a limit, (height, width) in [0, 1], smooth."""
    power = np.square(_halved(np.square(detail).sum(0)))
    power /= power + np.float32(limit**4 + 1e-12)
    return _doubled(power)


def _halved(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average (…, height, width) over cells of 2 x 2 pixels."""
    rows = picture[..., 0::2, :] + picture[..., 1::2, :]
    cells = rows[..., 0::2] + rows[..., 1::2]
    cells *= np.float32(0.25)
    return cells


def _doubled(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Interpolate (…, height, width) linearly to twice the size: no overshoot, so no halos."""
    *planes_, height, width = cells.shape
    wide = np.empty((*planes_, height, 2 * width), np.float32)
    near, far = cells * np.float32(0.75), cells * np.float32(0.25)
    np.add(near[..., 1:], far[..., :-1], out=wide[..., 2::2])
    np.add(near[..., :-1], far[..., 1:], out=wide[..., 1:-1:2])
    wide[..., 0], wide[..., -1] = cells[..., 0], cells[..., -1]
    out = np.empty((*planes_, 2 * height, 2 * width), np.float32)
    near, far = wide * np.float32(0.75), wide * np.float32(0.25)
    np.add(near[..., 1:, :], far[..., :-1, :], out=out[..., 2::2, :])
    np.add(near[..., :-1, :], far[..., 1:, :], out=out[..., 1:-1:2, :])
    out[..., 0, :], out[..., -1, :] = wide[..., 0, :], wide[..., -1, :]
    return out


def _regions(picture: Planes, cell: int) -> Planes:
    """Redraw planes (3, height, width) in superpixels of about `cell` pixels along a side."""
    _, height, width = picture.shape
    below, right = -height % cell, -width % cell
    if below or right:
        padded = np.pad(picture, ((0, 0), (0, below), (0, right)), mode="edge")
        return _regions(padded, cell)[:, :height, :width]
    rows, columns = height // cell, width // cell
    small = picture
    while small.shape[1] > SEEDED * rows:
        small = _halved(small)
    centres = np.zeros((5, rows, columns), np.float32)
    centres[:3] = small.reshape(3, rows, SEEDED, columns, SEEDED).mean((2, 4))
    centres, sizes = _moved(centres, _points(small, rows, columns))
    paints = _around(_run_together(centres[:3], sizes)).transpose(2, 3, 1, 0).reshape(rows * columns, 3, 9)
    points = _points(picture, rows, columns)
    out = np.empty((rows * columns, 3, cell * cell), np.float32)
    for some, near, total in _memberships(centres, points):
        np.divide(paints[some] @ near, total, out=out[some])
    cells = out.reshape(rows, columns, 3, cell, cell)
    return np.ascontiguousarray(cells.transpose(2, 0, 3, 1, 4)).reshape(picture.shape)


def _points(picture: Planes, rows: int, columns: int) -> NDArray[np.float32]:
    """Return the pixels of each cell of a grid: (cells, 6, pixels) of colours, place in the cell (y, x), and 1."""
    _, height, width = picture.shape
    tall, wide = height // rows, width // columns
    points = np.empty((rows, columns, 6, tall, wide), np.float32)
    points[:, :, :3] = picture.reshape(3, rows, tall, columns, wide).transpose(1, 3, 0, 2, 4)
    points[:, :, 3] = COMPACT * ((np.arange(tall) + 0.5) / tall - 0.5)[:, None]
    points[:, :, 4] = COMPACT * ((np.arange(wide) + 0.5) / wide - 0.5)
    points[:, :, 5] = 1
    return points.reshape(rows * columns, 6, tall * wide)


def _around(grid: NDArray[np.float32], reach: int = 1) -> NDArray[np.float32]:
    """Return each cell's neighbourhood at a distance, its own value in the middle: (9, values, rows, columns)."""
    _, rows, columns = grid.shape
    padded = np.pad(grid, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    starts = [(reach + reach * down, reach + reach * right) for down, right in _AROUND]
    return np.stack([padded[:, y : y + rows, x : x + columns] for y, x in starts])


def _memberships(
    centres: NDArray[np.float32], points: NDArray[np.float32]
) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.float32]]]:
    """Yield for some cells at a time how near their points are to the nine centres around, and the sum over the nine.

    Squared distances are linear in the points but for a term that is the same for all nine, so one product gives them.
    """
    _, rows, columns = centres.shape
    linear = np.empty((9, 6, rows, columns), np.float32)
    linear[:, :5] = _around(centres)
    linear[:, 3:5] += _offsets()
    linear[:, 5] = np.float32(-0.5) * np.square(linear[:, :5]).sum(1)
    linear *= np.float32(2 / BLUR)
    outside = np.float32(-1e5)
    linear[0:3, 5, 0], linear[6:9, 5, -1] = outside, outside
    linear[0:9:3, 5, :, 0], linear[2:9:3, 5, :, -1] = outside, outside
    factors = linear.transpose(2, 3, 0, 1).reshape(rows * columns, 9, 6)
    chunk = max(1, CHUNK // points.shape[2])
    for start in range(0, len(points), chunk):
        some = slice(start, start + chunk)
        near = factors[some] @ points[some]
        near -= near.max(1, keepdims=True)
        np.exp(near, out=near)
        yield some, near, near.sum(1, keepdims=True)


def _moved(
    centres: NDArray[np.float32], points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Move each centre to the middle of its points (one round of k-means); return its share of a cell's points too."""
    _, rows, columns = centres.shape
    parts = np.empty((rows * columns, 9, 6), np.float32)
    for some, near, total in _memberships(centres, points):
        np.matmul(near, (points[some] / total).transpose(0, 2, 1), out=parts[some])
    to = np.ascontiguousarray(parts.reshape(rows, columns, 9, 6).transpose(2, 3, 0, 1))
    to[:, 3:5] -= _offsets() * to[:, 5:]
    sums = np.zeros((6, rows + 2, columns + 2), np.float32)
    for (down, right), part in zip(_AROUND, to, strict=True):
        sums[:, 1 + down : 1 + down + rows, 1 + right : 1 + right + columns] += part
    sums = sums[:, 1:-1, 1:-1]
    middle = sums[:5] / np.maximum(sums[5], np.float32(1e-3))
    return np.where(sums[5] > 1, middle, centres), sums[5] / np.float32(points.shape[2])


def _run_together(paints: NDArray[np.float32], sizes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Move colours (3, rows, columns) towards the mean of the like colours around, the larger superpixels counting more."""
    weights = np.minimum(sizes, 1)[None]
    for reach in REACHES:
        near = _around(np.concatenate([paints, weights]), reach)
        like = np.exp(np.square(near[:, :3] - paints).sum(1) * np.float32(-1 / ALIKE)) * near[:, 3]
        paints = (like[:, None] * near[:, :3]).sum(0) / np.maximum(like.sum(0), np.float32(1e-6))
    return paints


@lru_cache(maxsize=1)
def _offsets() -> NDArray[np.float32]:
    """Return where the nine neighbours are, (9, 2, 1, 1), in the measure of `_points`."""
    return np.float32(COMPACT) * np.array(_AROUND, np.float32)[..., None, None]
