"""What belongs into a hole, on a small picture: the filling all of whose patches are patches of the picture."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .pyramid import averaged, doubled, smooth_fill

__all__ = ["DEAR", "Area", "CellNumbers", "Cells", "Guess", "depth", "grids", "grown", "guessed"]

Area = NDArray[np.bool_]
"""True for some cells or pixels of (rows, columns)."""
CellNumbers = NDArray[np.intp]
"""Cells of a grid, numbered row by row; or offsets between them."""

REACH = 2
"""Cells from the middle of a patch to its edge."""
DEAR = (250.0, 4.0)
"""What it costs to copy from another height, and from another side: times the square of the distance in longer sides."""
PLAIN = 0.3
"""What it costs to copy from a busy patch, times the sum of its squared differences from its mean."""
FEWEST = 12
"""With fewer sources than this there is nothing to choose from."""
PAIRS = 3_000_000
"""As many patches are compared in one search at most; where there would be more, sources are drawn by lot."""


@dataclass(frozen=True, eq=False)
class Cells:
    """A picture on a grid of cells of `size` x `size` pixels."""

    size: int
    colours: NDArray[np.float32]
    """(rows, columns, 3): the mean of what is known of a cell."""
    hole: Area
    """(rows, columns): cells that the hole touches."""


@dataclass(frozen=True, eq=False)
class Guess:
    """A filling on a grid, and where its patches are from. Cells are numbered row by row."""

    cells: Cells
    """The colours of the hole are guessed."""
    targets: CellNumbers
    """Middles of all patches that touch the hole."""
    match: CellNumbers
    """The middle of the nearest known patch, for each target."""
    cost: NDArray[np.float32]
    """How far each target's patch is from its match."""


@dataclass(frozen=True, eq=False)
class _Search:
    """What a search for nearest patches needs, made once a grid."""

    targets: CellNumbers
    sources: CellNumbers
    patches: NDArray[np.float32]
    """(sources, 75 + 2): colours and place."""
    table: NDArray[np.float32]
    """(75 + 2 + 1, sources): a target's patch, place and 1 times this is the squared distance, less the target's own square."""
    rim: NDArray[np.float32]
    """The weight of each target's vote: the nearer to what is known, the heavier."""


def grids(pixels: NDArray[np.float32], hole: Area, sizes: Collection[int]) -> dict[int, Cells]:
    """Return the picture on grids of cells of these sizes, each twice the one before, which divide both sides."""
    sums = np.concatenate([pixels, np.ones_like(pixels[..., :1])], 2) * ~hole[..., None]
    found = {}
    size = 1
    for wanted in sorted(sizes):
        sums, size = averaged(sums, wanted // size), wanted
        known = sums[..., 3:]
        colours = sums[..., :3].copy()
        colours /= np.maximum(known, np.float32(1e-3))
        found[size] = Cells(size, colours, known[..., 0] < 0.999)
    return found


def guessed(cells: Cells, coarser: Guess | None, rng: np.random.Generator) -> Guess | None:
    """Return the filling on this grid, begun from the coarser one if there is any; None where nothing can be copied."""
    search = _search(cells, rng)
    if search is None:
        return coarser
    if coarser is None:
        smooth = replace(cells, colours=smooth_fill(cells.colours, cells.hole.astype(np.float32)))
        starts = [_settled(smooth, search, 4), _settled(_peeled(cells, search), search, 4)]
        # What grows from the rim invents more, so it must be clearly better.
        return min(starts, key=lambda guess: np.sqrt(guess.cost).mean() * (1.0 if guess is starts[0] else 1.1))
    return _settled(_voted(_carried(coarser, cells, search), search, 1.0), search, 2)


def _search(cells: Cells, rng: np.random.Generator) -> _Search | None:
    near = grown(cells.hole, REACH)
    sources, targets = np.flatnonzero(~near), np.flatnonzero(near)
    if len(sources) < FEWEST or min(near.shape) <= REACH:
        return None
    if len(sources) * len(targets) > PAIRS:
        sources = np.sort(rng.permutation(sources)[: max(FEWEST, PAIRS // len(targets))])
    patches = _patches(cells.colours, sources)
    busy = np.square(patches - patches.reshape(len(patches), 3, -1).mean(2).repeat(patches.shape[1] // 3, 1)).sum(1)
    patches = np.concatenate([patches, _places(near.shape, sources)], 1)
    lot = np.float32(0.02) * rng.random(len(sources), np.float32)
    price = np.square(patches).sum(1) + np.float32(PLAIN) * busy + lot
    rim = np.exp(np.float32(-0.35) * depth(cells.hole, 24).ravel()[targets])
    return _Search(targets, sources, patches, np.concatenate([-2 * patches.T, price[None]]), rim)


def _settled(cells: Cells, search: _Search, turns: int) -> Guess:
    """Look for the nearest patches and let them vote, by turns; the last vote is for the best of them."""
    for turn in range(turns):
        guess = _matched(cells, search)
        cells = _voted(guess, search, 1.0 if turn < turns - 1 else 0.3)
    return replace(guess, cells=cells)


def _matched(cells: Cells, search: _Search) -> Guess:
    """Find for every target the nearest of all sources."""
    here = np.concatenate([_patches(cells.colours, search.targets), _places(cells.hole.shape, search.targets)], 1)
    costs = np.concatenate([here, np.ones((len(here), 1), np.float32)], 1) @ search.table
    best = costs.argmin(1)
    cost = np.maximum(costs[np.arange(len(here)), best] + np.square(here).sum(1), np.float32(0))
    return Guess(cells, search.targets, search.sources[best], cost)


def _voted(guess: Guess, search: _Search, sharpness: float) -> Cells:
    """Let every cell of the hole be the mean of what the 25 patches over it have there, good matches weighing more."""
    cells, cost = guess.cells, guess.cost
    rows, columns = cells.hole.shape
    wide = columns + 2 * REACH
    colours = np.pad(cells.colours, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="reflect").reshape(-1, 3)
    weight = np.exp(-cost / (2 * np.float32(sharpness) * np.median(cost) + np.float32(1e-2))) + np.float32(1e-4)
    weight = np.append(weight * search.rim, np.float32(0))  # the last: no patch there
    source = np.append(_padded(guess.match, columns), REACH * wide + REACH)
    number = np.full((rows + 2 * REACH) * wide, len(cost))
    number[_padded(guess.targets, columns)] = np.arange(len(cost))
    inside = np.flatnonzero(cells.hole)
    at = _padded(inside, columns)
    total, heavy = np.zeros((len(inside), 3), np.float32), np.zeros((len(inside), 1), np.float32)
    for dy in range(-REACH, REACH + 1):
        for dx in range(-REACH, REACH + 1):
            step = dy * wide + dx
            patch = number[at - step]
            share = weight[patch][:, None] * np.float32(np.exp(-(dy * dy + dx * dx) / 6))
            total += share * colours[source[patch] + step]
            heavy += share
    new = cells.colours.copy()
    new.reshape(-1, 3)[inside] = total / heavy
    return replace(cells, colours=new)


def _peeled(cells: Cells, search: _Search) -> Cells:
    """Fill from the rim inwards, ring by ring: the nearest patch by those of its cells that are known already."""
    known = ~cells.hole
    colours = np.where(cells.hole[..., None], np.float32(0), cells.colours)
    sources, places = search.patches[:, :-2], search.patches[:, -2:]
    squares = np.square(sources)
    while not known.all():
        ring = np.flatnonzero(grown(known, 1) & ~known)
        sure = np.tile(_patches(known[..., None].astype(np.float32), ring), 3)
        here = _patches(colours, ring) * sure
        apart = (sure @ squares.T - 2 * here @ sources.T) * (sure.shape[1] / sure.sum(1, keepdims=True))
        apart += np.square(_places(known.shape, ring)[:, None] - places).sum(2)
        colours.reshape(-1, 3)[ring] = cells.colours.reshape(-1, 3)[search.sources[apart.argmin(1)]]
        known.ravel()[ring] = True
    return replace(cells, colours=colours)


def _carried(coarser: Guess, cells: Cells, search: _Search) -> Guess:
    """Take a guess to the grid of half the cells' size: the same matches, a cell of four each."""
    columns = cells.hole.shape[1]
    number = np.zeros(coarser.cells.hole.size, np.intp)
    number[coarser.targets] = np.arange(len(coarser.targets))
    y, x = np.divmod(search.targets, columns)
    parent = number[y // 2 * (columns // 2) + x // 2]
    sy, sx = np.divmod(coarser.match[parent], columns // 2)
    colours = np.where(cells.hole[..., None], doubled(coarser.cells.colours), cells.colours)
    match = (2 * sy + y % 2) * columns + 2 * sx + x % 2
    return Guess(replace(cells, colours=colours), search.targets, match, coarser.cost[parent])


def _patches(planes: NDArray[np.float32], middles: CellNumbers) -> NDArray[np.float32]:
    """Return the patches around these cells, a row each: channel by channel. Beyond the edge the picture is mirrored."""
    padded = np.pad(planes, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="reflect")
    n = 2 * REACH + 1
    y, x = np.divmod(middles, planes.shape[1])
    return sliding_window_view(padded, (n, n), (0, 1))[y, x].reshape(len(middles), -1)


def _places(shape: tuple[int, ...], cells: CellNumbers) -> NDArray[np.float32]:
    """Return (cells, 2): the squared distance of two rows is what it costs to copy from one to the other."""
    return (np.stack(np.divmod(cells, shape[1]), 1) * np.sqrt(DEAR) / max(shape)).astype(np.float32)


def _padded(cells: CellNumbers, columns: int) -> CellNumbers:
    """Return the cells' numbers in a grid with REACH more cells on all four sides."""
    y, x = np.divmod(cells, columns)
    return (y + REACH) * (columns + 2 * REACH) + x + REACH


def grown(mask: Area, by: int) -> Area:
    """Return the mask grown by this many cells in all eight directions."""
    tall = mask.copy()
    for i in range(1, by + 1):
        tall[i:] |= mask[:-i]
        tall[:-i] |= mask[i:]
    wide = tall.copy()
    for i in range(1, by + 1):
        wide[:, i:] |= tall[:, :-i]
        wide[:, :-i] |= tall[:, i:]
    return wide


def depth(hole: Area, most: int) -> NDArray[np.float32]:
    """Return how many cells deep in the hole each cell is: 0 outside, 1 at the rim, and so on up to `most`."""
    deep = np.zeros(hole.shape, np.float32)
    for _ in range(most):
        if not hole.any():
            break
        deep += hole
        hole = hole & ~grown(~hole, 1)
    return deep
