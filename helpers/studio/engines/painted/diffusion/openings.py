"""The opening of a mask: what is around it, and where in it a drawing fits whole."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ..filling import fill
from ..interface import Cutout, Habit, Pixels, Spot
from .decode import from_bytes
from .latent import shrink
from .regions import Region

__all__ = ["Hole", "Room", "filled", "room", "roomiest"]

GRID = 88
"""Cells along the longer side of an opening, on which drawings are tried."""
OPEN = (250, 200, 128, 1)
"""A pixel counts as open from the first of these levels at which a fair part of the opening does."""
FAIR = 0.15
BODY, TRACE = 0.72, 0.06
"""Alpha from which a pixel is of the thing itself where its shadow may lie, which is fainter, and where it may not."""
SHADOW = 0.45
"""Shadows reach up to this share of a thing's height, and pools of them this share of its width below its foot: POOL."""
POOL = 0.07
SMALLER = 0.94
"""Each size that is tried is this share of the one before."""
SIZES = 56
LOOSE = (0.97, 0.9, 0.83, 0.77, 0.72)
"""Sizes at which a thing stands, in shares of the largest that fits."""
DEEP = 0.25
"""Things that stand are in this share of the rows where they fit, from the lowest up."""


@dataclass(frozen=True)
class Hole:
    """An init image and its mask. Two are equal if their bytes are, so what depends on them can be kept."""

    key: bytes
    init: NDArray[np.uint8] = field(compare=False)
    mask: NDArray[np.uint8] = field(compare=False)

    @staticmethod
    def of(init: NDArray[np.uint8], mask: NDArray[np.uint8]) -> "Hole":
        """Return the hole that (height, width) `mask` makes in (height, width, 3) `init`."""
        digest = hashlib.blake2b(repr(init.shape).encode(), digest_size=16)
        digest.update(init.tobytes())
        digest.update(mask.tobytes())
        return Hole(digest.digest(), init, mask)

    @property
    def share(self) -> float:
        """How much of the picture is open, 0..1."""
        return float(self.mask.mean() / 255)

    @cached_property
    def pixels(self) -> Pixels:
        """The init image, read-only."""
        pixels = from_bytes(self.init)
        pixels.flags.writeable = False
        return pixels

    @cached_property
    def opening(self) -> NDArray[np.float32]:
        """How far each pixel may change, (height, width) in [0, 1]."""
        return np.asarray(self.mask / np.float32(255), np.float32)

    @cached_property
    def open(self) -> Region:
        """The pixels that are open, or as good as open where the mask is soft: there a thing can be whole."""
        least = FAIR * int((self.mask > 0).sum())
        return next(self.mask >= level for level in OPEN if (self.mask >= level).sum() >= least)


@lru_cache(maxsize=1)
def filled(hole: Hole) -> Pixels:
    """Return the init image with all that the mask touches continued from its surroundings; read-only, and kept for one hole."""
    pixels = fill(hole.pixels, (hole.mask > 0).astype(np.float32))
    pixels.flags.writeable = False
    return pixels


@dataclass(frozen=True, eq=False)
class Room:
    """Cells of an opening that are free, and where they are in the picture."""

    free: Region
    top: int
    left: int
    cell: int
    """Pixels."""


def room(open_: Region, part: tuple[float, float] = (0.0, 1.0)) -> Room:
    """Return the cells that lie inside an opening with all of their neighbours, between two shares of its width."""
    rows, columns = np.flatnonzero(open_.any(1)), np.flatnonzero(open_.any(0))
    top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    cell = max(1, -(-max(bottom - top, right - left) // GRID))
    window = open_[top:bottom, left:right].astype(np.float32)
    high, wide = -(-window.shape[0] // cell), -(-window.shape[1] // cell)
    even = np.pad(window, ((0, high * cell - window.shape[0]), (0, wide * cell - window.shape[1])))
    free = np.pad(shrink(even[..., None], high, wide)[..., 0] > 0.999, 1)
    inner = free[1:-1, 1:-1] & free[:-2, 1:-1] & free[2:, 1:-1] & free[1:-1, :-2] & free[1:-1, 2:]
    if not inner.any():
        inner = free[1:-1, 1:-1]
    across = np.arange(wide)
    inner &= (across >= round(part[0] * wide)) & (across < round(part[1] * wide))
    return Room(inner, int(top), int(left), int(cell))


def roomiest(cut: Cutout, flip: bool, where: Room, height: int, habit: Habit, rng: np.random.Generator) -> list[Spot]:
    """Return spots at which a drawing fits whole into the room, at nearly the largest size that does: low in it where it
    stands, in its middle where it is worn. None where the room is too small. `height` is the picture's, in pixels."""
    alpha = cut.pixels[:, ::-1, 3] if flip else cut.pixels[..., 3]
    whole = _body(alpha, cut, habit)
    first, last = ([f(np.flatnonzero(whole.any(axis))) for axis in (1, 0)] for f in (np.min, np.max))
    body = whole[first[0] : last[0] + 1, first[1] : last[1] + 1]
    foot = cut.foot[0] - first[0], (alpha.shape[1] - cut.foot[1] if flip else cut.foot[1]) - first[1]
    shut = np.fft.rfft2(~where.free)
    largest = min(where.free.shape[0] / body.shape[0], where.free.shape[1] / body.shape[1])
    scales = largest * SMALLER ** np.arange(SIZES)
    low, high = 0, SIZES - 1  # larger sizes do not fit where a smaller one does not, as good as always
    while low < high:
        middle = (low + high) // 2
        if _fits(body, scales[middle], where, shut).any():
            high = middle
        else:
            low = middle + 1
    out = []
    for share in LOOSE:
        at = np.argwhere(_fits(body, scales[low] * share, where, shut))
        if not len(at):
            continue
        if habit == "stands":
            lowest, highest = at[:, 0].max(), at[:, 0].min()
            at = at[at[:, 0] >= lowest - DEEP * (lowest - highest)]
        elif habit == "worn":
            size = np.multiply(body.shape, scales[low] * share)
            at = at[np.square(at + size / 2 - np.divide(where.free.shape, 2)).sum(1).argmin()][None]
        row, column = at[int(rng.integers(len(at)))]
        scale = scales[low] * share
        y = where.top + (row + foot[0] * scale) * where.cell
        x = where.left + (column + foot[1] * scale) * where.cell
        out.append(Spot(100 * x / height, 100 * y / height, 100 * cut.tall * scale * where.cell / height, flip))
    return out


def _body(alpha: NDArray[np.float32], cut: Cutout, habit: Habit) -> Region:
    """Return the pixels of a drawing that must be within an opening: itself, and what is just below it where it stands."""
    least = min(BODY, 0.9 * float(alpha.max()))
    if habit != "stands":
        return np.asarray(alpha >= min(TRACE, least))
    below = np.arange(len(alpha))[:, None] > cut.foot[0] - SHADOW * cut.tall
    whole = np.asarray(alpha >= np.where(below, np.float32(least), np.float32(TRACE)))
    columns, last = np.flatnonzero(whole.any(0)), int(np.flatnonzero(whole.any(1))[-1])
    pool = max(1, round(POOL * len(columns)))
    whole = np.pad(whole, ((0, max(0, last + 1 + pool - len(whole))), (0, 0)))
    whole[last + 1 : last + 1 + pool, columns[0] : columns[-1] + 1] = True
    return whole


def _fits(body: Region, scale: float, where: Room, shut: NDArray[np.complex128]) -> Region:
    """Return where the upper left corner of a body of this scale can be so that it touches nothing shut."""
    rows, columns = (max(1, int(np.ceil(side * scale))) for side in body.shape)
    if rows > where.free.shape[0] or columns > where.free.shape[1]:
        return np.zeros((0, 0), bool)
    small = shrink(body.astype(np.float32)[..., None], rows, columns)[..., 0] > 0.05
    padded = np.zeros(where.free.shape)
    padded[:rows, :columns] = small
    met = np.fft.irfft2(shut * np.conj(np.fft.rfft2(padded)), where.free.shape)
    return np.asarray(met[: where.free.shape[0] - rows + 1, : where.free.shape[1] - columns + 1] < 0.5)
