"""From a guess on a small picture to full size: few large pieces of the picture, each moved by one shift."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .guess import DEAR, Area, CellNumbers, Cells, Guess, depth, grown
from .pyramid import averaged, doubled, enlarged, poisson, smooth_fill

__all__ = ["Shifts", "chosen", "copied", "finer", "with_better_seams"]


LABELS = 40
"""As many of the guess's offsets may become labels."""
ALIKE = 2
"""Of offsets that differ by no more cells than this to the side, one is enough; two would cut a copy into strips."""
ACROSS = (0.35, 0.5, 0.65, 0.8, 0.95, 1.1, 1.25)
"""Labels that are tried in any hole: to either side by these shares of its width."""
ALONG = (0.5, 0.75, 1.0)
"""The same, up and down by shares of its height."""
SURE = 3.0
"""What a known cell weighs against a guessed one when labels are compared."""
FEW = 0.06
"""A label costs this times minus the logarithm of its share of the hole: few, large pieces."""
SEAM = 0.004
"""What a border between two labels costs in any case, a pair of cells."""
HELD = 0.15
"""How much a guessed colour counts against a seam."""
FAR = 6.0
"""How much dearer another height and side are for a piece than for a patch of the guess."""
TOGETHER = 0.2
"""What a cell gains when all cells of its window have its label."""
CALM = 0.3
"""Larger jumps at seams are edges of things rather than differences of light."""
FADING = 0.3
"""An error at the rim counts exp(-FADING n) as much n half cells into the hole."""
REACH = 10
"""Half cells into the hole after which nothing of it is left."""
STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))


@dataclass(frozen=True, eq=False)
class Shifts:
    """Which cell each cell of a hole is copied from. All arrays have one more cell on each side than the picture's grid."""

    size: int
    colours: NDArray[np.float32]
    """(rows + 2, columns + 2, 3), the hole's guessed."""
    hole: Area
    usable: Area
    """Cells that can be copied from: no neighbour of the hole, since copies reach half a cell further."""
    targets: Area
    """The hole and the cells around it: they have shifts too, so that copies fade into each other up to the rim."""
    source: CellNumbers
    """(rows + 2, columns + 2): the number, row by row, of the cell to copy from; its own where nothing is copied."""


def _shifts(cells: Cells, offsets: tuple[CellNumbers, CellNumbers]) -> Shifts:
    """Return shifts with these offsets (rows, columns), kept inside the picture."""
    rows, columns = cells.hole.shape
    y, x = np.mgrid[:rows, :columns]
    targets = grown(cells.hole, 1)
    sy = np.where(targets, np.clip(y + offsets[0], 0, rows - 1), y)
    sx = np.where(targets, np.clip(x + offsets[1], 0, columns - 1), x)
    source = np.arange((rows + 2) * (columns + 2)).reshape(rows + 2, columns + 2)
    source[1:-1, 1:-1] = source[1 + sy, 1 + sx]
    hole, targets, usable = np.pad(cells.hole, 1), np.pad(targets, 1), np.pad(~targets, 1)
    colours = np.pad(cells.colours, ((1, 1), (1, 1), (0, 0)), mode="edge")
    return Shifts(cells.size, colours, hole, usable, targets, source)


def _offsets(shifts: Shifts) -> tuple[CellNumbers, CellNumbers]:
    rows, columns = shifts.hole.shape
    sy, sx = np.divmod(shifts.source, columns)
    y, x = np.mgrid[:rows, :columns]
    return (sy - y)[1:-1, 1:-1], (sx - x)[1:-1, 1:-1]


def chosen(guess: Guess) -> Shifts:
    """Return for every cell of the guess the best of a few dozen shifts, judged over a window of 5 x 5 cells."""
    colours, hole = guess.cells.colours, guess.cells.hole
    rows, columns = hole.shape
    ty, tx = np.divmod(guess.targets, columns)
    oy, ox = (a - b for a, b in zip(np.divmod(guess.match, columns), (ty, tx), strict=True))
    top, left, tall, wide = ty.min(), tx.min(), int(np.ptp(ty)) + 1, int(np.ptp(tx)) + 1
    labels = _labels(oy, ox, tall, wide)

    # The picture with room on all sides, so that every shift of the window is a plain slice of it.
    room = max(tall, wide, *np.abs(labels).ravel())
    usable = np.pad(~grown(hole, 1), room)
    padded = np.pad(colours, ((room, room), (room, room), (0, 0)))
    window = slice(top, top + tall), slice(left, left + wide)
    weight = np.where(hole[window], np.float32(1), np.float32(SURE))
    costs, good = np.empty((len(labels), tall, wide), np.float32), np.empty((len(labels), tall, wide), bool)
    for label, (dy, dx) in enumerate(labels):
        there = slice(room + top + dy, room + top + dy + tall), slice(room + left + dx, room + left + dx + wide)
        good[label] = usable[there]
        costs[label] = np.square(padded[there] - colours[window]).sum(2) * weight
    costs = _windowed(np.where(good, costs, np.float32(3)))
    costs[~good] += np.float32(1e3)
    price = np.square(labels) @ np.array(DEAR) * (FAR / (max(rows, columns) ** 2 * 25))
    costs += price.astype(np.float32)[:, None, None]
    best = costs.argmin(0)
    for _ in range(3):
        share = np.bincount(best.ravel(), minlength=len(labels)) / best.size
        together = _windowed((best == np.arange(len(labels))[:, None, None]).astype(np.float32))
        best = (
            costs - (FEW * np.log(share + 1e-3)).astype(np.float32)[:, None, None] - np.float32(TOGETHER) * together
        ).argmin(0)

    offsets = np.zeros((2, rows, columns), np.intp)
    offsets[:, ty, tx] = oy, ox
    found = np.take_along_axis(costs, best[None], 0)[0] < 500  # elsewhere the guess's own matches stay
    offsets[:, *window] = np.where(found, np.moveaxis(labels[best], 2, 0), offsets[:, *window])
    return _shifts(guess.cells, (offsets[0], offsets[1]))


def _windowed(costs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each plane's mean over 5 x 5 cells, edges repeated."""
    rows, columns = costs.shape[1:]
    padded = np.pad(costs, ((0, 0), (2, 2), (2, 2)), mode="edge")
    sums = (
        padded[:, :rows] + padded[:, 1 : rows + 1] + padded[:, 2 : rows + 2] + padded[:, 3 : rows + 3] + padded[:, 4:]
    )
    wide = [sums[:, :, i : i + columns] for i in range(5)]
    return (wide[0] + wide[1] + wide[2] + wide[3] + wide[4]) / np.float32(25)


def _labels(oy: CellNumbers, ox: CellNumbers, tall: int, wide: int) -> CellNumbers:
    """Return (labels, 2): the commonest offsets, and plain ones, by shares of the hole's height and width."""
    pairs, count = np.unique(np.stack([oy, ox], 1), axis=0, return_counts=True)
    common: list[CellNumbers] = []
    for pair in pairs[np.argsort(-count, kind="stable")]:
        if len(common) < LABELS and not any(
            other[0] == pair[0] and abs(other[1] - pair[1]) <= ALIKE for other in common
        ):
            common.append(pair)
    plain = [(0, sign * round(wide * by)) for by in ACROSS for sign in (1, -1)]
    plain += [(sign * round(tall * by), 0) for by in ALONG for sign in (1, -1)]
    return np.concatenate([common, np.array(plain)])


def finer(shifts: Shifts, cells: Cells) -> Shifts:
    """Return the same shifts on the grid of half the cells' size."""
    colours = np.where(cells.hole[..., None], doubled(shifts.colours[1:-1, 1:-1]), cells.colours)
    dy, dx = (np.repeat(np.repeat(2 * offset, 2, 0), 2, 1) for offset in _offsets(shifts))
    return _shifts(replace(cells, colours=colours), (dy, dx))


def with_better_seams(shifts: Shifts, rounds: int = 6) -> Shifts:
    """Let cells at a border between shifts take a neighbour's where that costs less, even and odd cells by turns.

    The cost is that of Kwatra et al. 2003 ("Graphcut textures"): what two neighbours' copies show differently, on both
    of their places. Where the neighbour is known, the copy must continue it.
    """
    rows, columns = shifts.hole.shape
    colours, hole = shifts.colours.reshape(-1, 3), shifts.hole.ravel()
    usable, targets = shifts.usable.ravel(), shifts.targets.ravel()
    source = shifts.source.ravel().copy()
    steps = [dy * columns + dx for dy, dx in STEPS]
    y, x = np.mgrid[:rows, :columns]
    odd = ((y + x) % 2).ravel()
    for turn in range(rounds):
        offset = source - np.arange(source.size)
        at = np.flatnonzero(targets & (odd == turn % 2))
        at = at[np.logical_or.reduce([offset[at + step] != offset[at] for step in steps])]
        held = np.where(hole[at], np.float32(HELD), np.float32(1))
        tries = np.stack(
            [source[at], *(np.where(targets[at + step], source[at + step] - step, source[at]) for step in steps)]
        )
        shown = colours[tries]
        costs = held * np.square(shown - colours[at]).sum(2) + np.float32(1e3) * ~usable[tries]
        for step in steps:
            theirs = source[at + step]
            free = hole[at + step]
            there = np.where(free[:, None], colours[theirs], colours[at + step])
            continued = np.square(colours[np.clip(tries + step, 0, source.size - 1)] - there).sum(2)
            before = np.square(shown - colours[theirs - step]).sum(2) * free
            costs += continued + before + np.float32(SEAM) * (theirs - step != tries)
        source[at] = np.take_along_axis(tries, costs.argmin(0)[None], 0)[0]
    return replace(shifts, source=source.reshape(rows, columns))


def copied(shifts: Shifts, pixels: NDArray[np.float32], hole: Area) -> NDArray[np.float32]:
    """Return the picture with its hole copied by these shifts at full size, levelled at seams and at the rim."""
    size = shifts.size
    inner = shifts.targets[1:-1, 1:-1]
    ys, xs = np.flatnonzero(inner.any(1)), np.flatnonzero(inner.any(0))
    window = slice(ys[0], ys[-1] + 1), slice(xs[0], xs[-1] + 1)
    here = slice(ys[0] * size, (ys[-1] + 1) * size), slice(xs[0] * size, (xs[-1] + 1) * size)
    new, weight = _blended(shifts, pixels, window)
    open_ = hole[here]
    new += _rim_error(pixels[here] - new, (weight > 0.5) & ~open_, size)
    result = pixels.copy()
    result[here] = np.where(open_[..., None], np.clip(new, -1, 1), pixels[here])
    return result


def _blended(
    shifts: Shifts, pixels: NDArray[np.float32], window: tuple[slice, slice]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the copies of a window of cells, and their weight: blocks of twice a cell's side, fading into each other."""
    size, half = shifts.size, shifts.size // 2
    dy, dx = (offset[window] for offset in _offsets(shifts))
    y, x = np.mgrid[window]
    rows, columns = y.shape
    blocks = sliding_window_view(
        np.pad(pixels, ((size, size), (size, size), (0, 0)), mode="edge"), (2 * size, 2 * size), (0, 1)
    )
    blocks = blocks[(y + dy + 1) * size - half, (x + dx + 1) * size - half].transpose(0, 1, 3, 4, 2)
    light = _levelled(shifts, window)[:, :, None, None]
    ramp = 1 - np.abs((np.arange(2 * size) - half + 0.5) / size - 0.5)
    ramp = np.maximum(ramp, 0).astype(np.float32)
    on = shifts.targets[1:-1, 1:-1][window].astype(np.float32)
    total = np.zeros(((rows + 2) * size, (columns + 2) * size, 3), np.float32)
    weight = np.zeros(total.shape[:2], np.float32)
    for i in (0, 1):
        for j in (0, 1):
            part = slice(i * size, (i + 1) * size), slice(j * size, (j + 1) * size)
            share = on[:, :, None, None] * np.outer(ramp[part[0]], ramp[part[1]])
            block = share[..., None] * (blocks[:, :, part[0], part[1]] + light)
            top, left = (1 + i) * size - half, (1 + j) * size - half
            place = slice(top, top + rows * size), slice(left, left + columns * size)
            total[place] += block.transpose(0, 2, 1, 3, 4).reshape(rows * size, columns * size, 3)
            weight[place] += share.transpose(0, 2, 1, 3).reshape(rows * size, columns * size)
    total, weight = total[size:-size, size:-size], weight[size:-size, size:-size]
    total /= np.maximum(weight, np.float32(1e-6))[..., None]
    return total, weight


def _levelled(shifts: Shifts, window: tuple[slice, slice]) -> NDArray[np.float32]:
    """Return the light (rows, columns, 3) to add to each cell's copy so that copies meet each other and what is known.

    Poisson image editing (Perez et al. 2003): between neighbours a, b the light should change by as much as the copies
    jump there, the mean of the jump on both places. Large jumps are edges of things and hardly count.
    """
    colours, wide = shifts.colours.reshape(-1, 3), shifts.hole.shape[1]
    here = tuple(slice(span.start, span.stop + 2) for span in window)
    hole = shifts.hole[here]
    own = np.arange(shifts.hole.size).reshape(shifts.hole.shape)[here]
    source = np.where(hole, shifts.source[here], own)
    sources = np.zeros((*hole.shape, 3), np.float32)
    for step, a, b in ((wide, np.s_[:-1], np.s_[1:]), (1, np.s_[:, :-1], np.s_[:, 1:])):
        from_a, from_b = source[a], source[b]
        after = colours[np.minimum(from_a + step, len(colours) - 1)] - colours[from_b]  # on b's place
        before = colours[from_a] - colours[np.maximum(from_b - step, 0)]  # on a's place
        one = np.where(hole[b][..., None], before, after)  # a known cell says nothing of what is beyond the rim
        jump = np.where((hole[a] & hole[b])[..., None], (before + after) / 2, one) * (hole[a] | hole[b])[..., None]
        jump /= 1 + np.square(np.square(jump / np.float32(CALM)).sum(2, keepdims=True))
        sources[a] -= jump
        sources[b] += jump
    rows, columns = hole.shape
    even = ((0, -rows % 8), (0, -columns % 8), (0, 0))
    light = poisson(np.pad(sources, even), np.pad(hole.astype(np.float32)[..., None], even))
    return light[1 : rows - 1, 1 : columns - 1]


def _rim_error(error: NDArray[np.float32], rim: Area, size: int) -> NDArray[np.float32]:
    """Carry what is wrong on known pixels beside the hole a little way into it."""
    cell = max(1, size // 2)
    share = averaged(rim.astype(np.float32)[..., None], cell)
    mean = averaged(np.where(rim[..., None], error, np.float32(0)), cell)
    mean /= np.maximum(share, np.float32(1e-3))
    known = np.minimum(4 * share[..., 0], np.float32(1))
    far = depth(known == 0, REACH)
    fade = np.exp(np.float32(-FADING) * far) * (far < REACH)
    return enlarged(smooth_fill(mean, 1 - known) * fade[..., None], cell)
