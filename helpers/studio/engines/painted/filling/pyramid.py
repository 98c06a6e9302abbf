"""Smooth things over a hole, in a few coarse-to-fine steps: a fill, and the light that levels seams.

Arrays are (height, width, channels), with any number of channels.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["around", "averaged", "doubled", "enlarged", "poisson", "smooth_fill"]


def smooth_fill(planes: NDArray[np.float32], hole: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return planes (height, width, any channels) with their hole (height, width; 1: unknown) filled smoothly from around it.

    Push-pull (Gortler et al. 1996, "The lumigraph"): on each grid what is known counts by its share, and what is not comes
    from the grid of half the size; then two rounds of relaxation. Where nothing is known at all, the fill is 0.
    """
    return _pushed_and_pulled(planes * (1 - hole)[..., None], hole[..., None])


def _pushed_and_pulled(kept: NDArray[np.float32], hole: NDArray[np.float32]) -> NDArray[np.float32]:
    """`kept` holds the values times their known share, `hole` (height, width, 1) the rest of that share."""
    height, width, _ = kept.shape
    if min(height, width) <= 2:
        return kept + hole * kept.sum((0, 1)) / np.maximum((1 - hole).sum(), np.float32(1e-6))
    even = ((0, height % 2), (0, width % 2), (0, 0))
    share = averaged(np.pad(1 - hole, even), 2)
    counts = np.minimum(4 * share, np.float32(1))  # one known pixel of four is enough for the cell to be known
    small = averaged(np.pad(kept, even), 2)
    small *= counts / np.maximum(share, np.float32(1e-6))
    below = _pushed_and_pulled(small, 1 - counts)
    filled = kept + hole * doubled(below)[:height, :width]
    for _ in range(2):
        filled = kept + hole * around(filled) / 4
    return filled


def poisson(sources: NDArray[np.float32], free: NDArray[np.float32], screen: float = 0.02) -> NDArray[np.float32]:
    """Solve (4 + screen) e - (the four neighbours of e) = sources where `free`, (height, width, 1), is 1; e = 0 elsewhere.

    One V-cycle of multigrid. `screen` lets corrections fade with the distance from where they are needed, after about
    1 / sqrt(screen) cells.
    """
    heavy = np.float32(4 + screen)
    turn = free * (1 / heavy)
    e: NDArray[np.float32] = turn * sources
    e = turn * (around(e) + sources)
    if min(e.shape[:2]) > 3 and not (e.shape[0] % 2 or e.shape[1] % 2):
        left = free * (sources + around(e) - heavy * e)
        e = e + free * doubled(poisson(4 * averaged(left, 2), np.floor(averaged(free, 2)), 4 * screen))
    for _ in range(3):
        e = turn * (around(e) + sources)
    return e


def around(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sum of the four neighbours, edges repeated."""
    total = np.concatenate([planes[:1], planes[:-1]])
    total[:-1] += planes[1:]
    total[-1] += planes[-1]
    total[:, 1:] += planes[:, :-1]
    total[:, 0] += planes[:, 0]
    total[:, :-1] += planes[:, 1:]
    total[:, -1] += planes[:, -1]
    return total


def averaged(planes: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return the mean of each cell of size x size pixels; both sides are multiples of `size`."""
    if size == 1:
        return planes
    height, width, channels = planes.shape
    rows = planes.reshape(height // size, size, width * channels).sum(1)
    return rows.reshape(height // size, width // size, size, channels).sum(2) / np.float32(size * size)


def doubled(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return planes of twice the height and width, by linear interpolation."""
    for axis in (0, 1):
        lines = np.moveaxis(planes, axis, 0)
        padded = np.concatenate([lines[:1], lines, lines[-1:]])
        wider = np.empty((2 * len(lines), *lines.shape[1:]), np.float32)
        wider[0::2] = 0.25 * padded[:-2] + 0.75 * lines
        wider[1::2] = 0.25 * padded[2:] + 0.75 * lines
        planes = np.moveaxis(wider, 0, axis)
    return planes


def enlarged(planes: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Return planes enlarged by a power of two."""
    while factor > 1:
        planes, factor = doubled(planes), factor // 2
    return planes
