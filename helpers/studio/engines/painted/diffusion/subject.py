"""Where an init image has its main thing, and where its ground begins: what image-to-image moves or puts another thing in.

What can be reached from the picture's border without a step in colour is background (boundary connectivity, Zhu et al. 2014,
"Saliency Optimization from Robust Background Detection"), and so is what looks like background at about its height; the
rest, held together where colours are alike, is the thing. It is decided for some 150 superpixels, by one linear system.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..interface import Box
from .latent import Planes, enlarge, shrink
from .regions import Region, reached

__all__ = ["Subject", "horizon_of", "subject_of"]

SUPERPIXELS, CELL = 144, 3
"""About how many superpixels, and pixels along one's side: the guess is made on a picture of this size."""
CHROMA = np.array([1, 1.6, 1.6], np.float32)[:, None, None]
"""Weights of the three planes where colours are compared."""
CONTRAST, FAINT = 0.8, 0.1
"""Deviation that colours are brought to, and the deviation below which they are taken for noise and raised no further."""
COMPACT, BLUR, ROUNDS = 0.35, 0.02, 1
"""Of the superpixels: a width's weight against colour, softness of the border (squared), rounds of k-means."""
FLOOR = 0.35
"""How much the lower border counts as background: things stand on it, and portraits are cut by it."""
RIM = 0.7
"""How much the other borders are taken for background even where they are not connected to one another."""
SLACK = 0.5
"""Steps in colour that cost nothing on the way to the border, in mean steps to the most alike neighbour."""
REACHED, CONNECTED = 0.25, 1.0
"""Distance within which a place is reached, and connectivity at which it is background."""
LIKE, LEVEL, ASIDE, FEW = 0.3, 0.2, 0.8, 0.85
"""Reach of "like the background" in colour, height and width, and how many superpixels of background make it so."""
MIDDLE = 0.28
"""Spread of the places at which a main thing is expected, in shares of the sides."""
TIED, TIE = 0.2, 0.08
"""Difference within which neighbours belong together, and how much they do at any difference."""
SOME = 0.26
"""Share of the thing's best evidence from which a superpixel may be part of it."""

THIN = 0.33
"""Share of the thing's mean extent below which what sticks out is left out of its box."""
BAND, UNSURE = (0.75, 0.4), 0.3
"""Width from which, and height up to which, what was found is a band; and what is then left of being sure."""
STEP = 0.12, 0.55
"""Least step of a horizon, in colour and in deviations of the picture."""
LEAST_SIDE = 4
"""Of a latent in which a horizon is looked for."""


@dataclass(frozen=True, eq=False)
class Subject:
    """The main thing of a picture."""

    map: NDArray[np.float32]
    """(height, width) in [0, 1]: how much each pixel of the latent belongs to it, with a soft rim."""
    box: Box
    """Around it, but for what sticks out thinly."""
    foreign: NDArray[np.float32]
    """(height, width) in [0, 1]: how surely each pixel is no background, in the thing and beside it."""
    sure: float
    """0 (a landscape without a thing) to 1 (a single thing that stands out)."""


def subject_of(picture: Planes) -> Subject:
    """Return the main thing of planes (3, height, width): a picture at an eighth of its side, or any other small size."""
    _, height, width = picture.shape
    rows = max(4, round(np.sqrt(SUPERPIXELS * height / width)))
    columns = max(4, round(SUPERPIXELS / rows))
    small = np.moveaxis(shrink(np.moveaxis(picture, 0, 2), CELL * rows, CELL * columns), 2, 0) * CHROMA
    small = small - small.mean((1, 2), keepdims=True)
    deviation = float(np.sqrt(np.square(small).sum(0).mean()))
    members, colours, places = _superpixels(small * np.float32(CONTRAST / max(deviation, FAINT)), rows, columns)
    sizes = members.mean(1) * np.float32(len(members))
    apart = np.sqrt(_squared(colours))
    near = _neighbours(rows, columns)
    evidence = _unlike_background(apart, places, sizes, near, rows, columns)
    expected = np.exp(-np.square(places - np.array([[0.52], [0.5]], np.float32)).sum(0) / (2 * MIDDLE**2))
    whole = _held_together(evidence * expected, 1 - evidence, apart, near)
    some = whole > SOME
    piece = _main_piece(some.reshape(rows, columns), (whole * sizes * expected).reshape(rows, columns))
    whole = np.where(piece.ravel(), np.where(some, whole, np.float32(1)), 0)
    soft = np.clip(whole @ members * np.float32(2.5) - np.float32(0.35), 0, 1).reshape(small.shape[1:])
    weight = whole * sizes
    sure = float((evidence * weight).sum() / max(float(weight.sum()), 1e-6))
    map_ = np.clip(enlarge(np.ascontiguousarray(soft)[..., None], height, width)[..., 0], 0, 1)
    foreign = np.clip(enlarge((evidence @ members).reshape(small.shape[1:])[..., None], height, width)[..., 0], 0, 1)
    box = _box(map_)
    if box[2] - box[0] > BAND[0] and box[3] - box[1] < BAND[1]:
        sure *= UNSURE  # a band from side to side is ground or sky
    return Subject(map_, box, foreign, sure)


def horizon_of(picture: Planes) -> float | None:
    """Return the height, in hundredths from above, at which ground begins in planes (3, height, width).

    That is where two of the left, the middle and the right change alike, whatever stands before the third; None where
    they hardly do.
    """
    _, height, width = picture.shape
    if min(height, width) < LEAST_SIDE:
        return None
    reach = max(2, round(height / 14))
    rows = np.stack([np.median(third, axis=2) for third in np.array_split(picture, 3, axis=2)])
    sums = np.cumsum(np.pad(rows, ((0, 0), (0, 0), (1, 0))), axis=2)
    means = (sums[..., reach:] - sums[..., :-reach]) / np.float32(reach)
    steps = means[..., reach:] - means[..., :-reach]
    at = np.arange(reach, height - reach + 1)
    apart = (sums[..., -1:] - sums[..., at]) / (height - at) - sums[..., at] / at  # all below against all above
    way = apart.sum(0) / np.maximum(np.linalg.norm(apart.sum(0), axis=0), 1e-6)
    step, parted = (np.sort((change * way).sum(1), axis=0)[1] for change in (steps, apart))
    balance = np.sqrt(at * (height - at)) / height
    best = int((np.maximum(step, 0) * np.maximum(parted, 0) * balance).argmax())
    least, share = STEP
    if step[best] < max(least, share * float(picture.std((1, 2)).max())):
        return None
    return float(100 * at[best] / height)


def _superpixels(
    small: Planes, rows: int, columns: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Cut a picture into soft superpixels (SLIC, Achanta et al. 2012).

    Return how much each pixel belongs to each, (superpixels, pixels); their colours, (3, superpixels); and their places
    (y, x) in shares of the sides, (2, superpixels).
    """
    _, height, width = small.shape
    y, x = np.mgrid[:height, :width].astype(np.float32) + np.float32(0.5)
    points = np.concatenate([small, [y * np.float32(COMPACT / CELL), x * np.float32(COMPACT / CELL)]]).astype(
        np.float32
    )
    centres = points.reshape(5, rows, CELL, columns, CELL).mean((2, 4)).reshape(5, -1)
    points = points.reshape(5, -1)
    for _ in range(ROUNDS):
        members = _members(points, centres)
        centres = points @ members.T / np.maximum(members.sum(1), np.float32(1e-3))
    return (
        _members(points, centres),
        centres[:3],
        centres[3:] / np.array([[COMPACT * rows], [COMPACT * columns]], np.float32),
    )


def _members(points: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much each point (5, n) belongs to each centre (5, k): (k, n), summing to 1 over the centres."""
    near = np.multiply(centres.T, 2 / BLUR, dtype=np.float32) @ points
    near -= np.square(centres).sum(0)[:, None] / np.float32(BLUR)
    near -= near.max(0)
    np.exp(near, out=near)
    near /= near.sum(0)
    return near


def _unlike_background(
    apart: NDArray[np.float32],
    places: NDArray[np.float32],
    sizes: NDArray[np.float32],
    near: NDArray[np.bool_],
    rows: int,
    columns: int,
) -> NDArray[np.float32]:
    """Return for each superpixel how surely it is no background, in [0, 1]."""
    y, x = np.divmod(np.arange(rows * columns), columns)
    rim = (y == 0) | (x == 0) | (x == columns - 1)
    border = np.where(y == rows - 1, np.float32(FLOOR), rim)
    slack = SLACK * float(np.where(near, apart, np.inf).min(1).mean())
    ways = np.where(near | (rim[:, None] & rim), np.maximum(apart - slack, 0), np.float32(1e3))
    reached = np.exp(np.square(_shortest(ways) / REACHED) / -2)
    connectivity = (reached @ (border * sizes)) / np.sqrt(reached @ sizes)
    background = 1 - np.exp(np.square(connectivity / CONNECTED) / -2)
    known = np.maximum(background, RIM * rim)
    away = np.square(apart / LIKE)
    for at, reach in zip(places, (LEVEL, ASIDE), strict=True):
        away += np.square((at[:, None] - at) / reach)
    alike = np.exp(away / -2) @ (known * known * sizes)
    return ((1 - known) / (1 + np.square(alike / FEW))).astype(np.float32)


def _shortest(ways: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the length of the shortest path between any two places (Floyd and Warshall 1962)."""
    far, through = ways.copy(), np.empty_like(ways)
    np.fill_diagonal(far, 0)
    for by in range(len(far)):
        np.add(far[:, by, None], far[by], out=through)
        np.minimum(far, through, out=far)
    return far


def _held_together(
    thing: NDArray[np.float32], background: NDArray[np.float32], apart: NDArray[np.float32], near: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Weigh evidence for and against, neighbours of like colour together: least squares (Zhu et al. 2014, equation 9)."""
    ties = np.where(near, np.exp(np.square(apart / TIED) / -2) + TIE, 0)
    whole = np.linalg.solve(np.diag(background + thing + ties.sum(1)) - ties, thing)
    most = float(np.partition(whole, -3)[-3])
    return np.clip(whole / max(most, 1e-6), 0, 1).astype(np.float32)


def _main_piece(some: Region, weight: NDArray[np.float32]) -> Region:
    """Return the heaviest connected piece of a grid (rows, columns), closed upwards and downwards, without its holes."""
    left = some.copy()
    left[1:-1] |= some[:-2] & some[2:]  # stripes and a neck do not part a thing
    left[:, 1:-1] |= some[:, :-2] & some[:, 2:]
    best, most = np.zeros_like(some), 0.0
    while left.any():
        start = np.zeros_like(some)
        start.flat[np.argmax(np.where(left, weight, -1))] = True
        piece = reached(start, left, corners=True)
        left &= ~piece
        if (mass := float(weight[piece].sum())) > most:
            best, most = piece, mass
    edge = np.ones_like(some)
    edge[1:-1, 1:-1] = False
    return best | ~reached(edge & ~best, ~best)


def _neighbours(rows: int, columns: int) -> NDArray[np.bool_]:
    """Return which places of a grid lie side by side or corner to corner, (places, places)."""
    y, x = np.divmod(np.arange(rows * columns), columns)
    return np.maximum(np.abs(y[:, None] - y), np.abs(x[:, None] - x)) == 1


def _squared(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squared distances between points (k, n), (n, n)."""
    sums = np.square(points).sum(0)
    return np.maximum(sums[:, None] + sums - 2 * (points.T @ points), 0)


def _box(soft: NDArray[np.float32]) -> Box:
    """Return the box around a map but for what sticks out thinly; the whole picture where it holds nothing."""
    sides = []
    for axis in (0, 1):
        extent = (soft * (soft >= 0.5)).sum(axis)
        if not extent.any():
            return (0.0, 0.0, 1.0, 1.0)
        within = np.flatnonzero(extent > THIN * extent[extent > 0].mean())
        sides.append((float(within[0] / len(extent)), float((within[-1] + 1) / len(extent))))
    (left, right), (upper, lower) = sides
    return (left, upper, right, lower)
