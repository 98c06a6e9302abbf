"""The sky behind what stands before it: which part of each pixel is sky, and another sky put in its place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..interface import Pixels
from .latent import blurred, enlarge, shrink
from .regions import Region, grown, reached

__all__ = ["Matte", "behind", "matte_of"]

GRID = 128
"""Cells along the longer side, on which a sky is told from what stands before it."""
LIKE = (0.16, 0.24)
"""How far a colour may be from a black and a white sky's, and still be sky: in the dark, things differ less."""
SEEN = 0.08
"""How far below an opening its sky is looked at, in heights of the picture: sky that goes on there is sky inside."""
PLAIN = 0.15
"""What neighbouring cells of clouds differ by at most, inside of them."""
WHITE = 0.35
"""From this lightness on, a pale cell may be of a cloud whatever is beside it."""
STEEP = 2.5
"""The steepest that a pale thing's outline is, in rows to a column."""
WIDE = 4
"""Pixels of a block in which the colour before the sky is looked for."""
FADE = 0.03
"""How softly the new sky meets the old one where the mask ends in the sky, in shares of the mean side."""

_BESIDE = ((0, 1), (2, 1), (1, 0), (1, 2))


@dataclass(frozen=True, eq=False)
class Matte:
    """What a picture is made of: share * sky + (1 - share) * before."""

    share: NDArray[np.float32]
    """(height, width) in [0, 1]: how much of a pixel is sky."""
    before: Pixels
    """The colour of what stands before it, where there is any."""

    def shrunk(self, height: int, width: int) -> "Matte":
        """Return it for a smaller picture."""
        share = shrink(self.share[..., None], height, width)
        rest = shrink((1 - self.share[..., None]) * self.before, height, width)
        return Matte(share[..., 0], np.asarray(rest / np.maximum(1 - share, np.float32(1e-3)), np.float32))


def behind(matte: Matte, sky: Pixels) -> Pixels:
    """Return the picture with another sky."""
    share = matte.share[..., None]
    return np.asarray(share * sky + (1 - share) * matte.before, np.float32)


def matte_of(pixels: Pixels, open_: Region) -> Matte:
    """Return the matte of a picture, as far as it is open: nothing else of it is sky.

    The sky's colour is a quadratic of the place, fitted to the open cells while outliers lose weight, the upper rows first.
    What is unlike it and joins the land that the mask keeps stands before the sky; what is unlike it and joins nothing, as a cloud
    or the sun, goes with the sky. Along edges a pixel is a mixture of the sky and of the farthest colour next to it.
    """
    height, width, _ = pixels.shape
    rows, columns = (max(8, round(GRID * side / max(height, width))) for side in (height, width))
    small, part = shrink(pixels, rows, columns), shrink(open_[..., None].astype(np.float32), rows, columns)[..., 0]
    below = np.flatnonzero((part > 0.5).any(1))[-1] + round(SEEN * rows) if (part > 0.5).any() else 0
    weights = _fitted(small, (part > 0.5) | (np.arange(rows) <= below)[:, None])
    sky = _basis(rows, columns) @ weights
    like = np.float32(np.interp(sky[part > 0.5].mean() if (part > 0.5).any() else 0.0, (-1, 0.2), LIKE))
    unlike = np.sqrt(np.square(small - sky).sum(2)) > like
    pale = (
        (_plain(small) | (small.mean(2) > WHITE)) & _pale(small, sky) & unlike
    )  # so a cloud does not join the roof that it touches
    land = unlike & (part < 0.5)
    land = reached(land & (np.arange(rows)[:, None] == rows - 1), land)
    standing = reached(unlike & ~pale & land, unlike & ~pale & (land | (part > 0)))
    standing |= pale & _stacked(unlike, standing | land)
    clear = ~grown(standing)
    seen = grown(reached((np.cumsum(part > 0.5, 0) == 1) & (part > 0.5), clear))
    standing |= (part > 0) & ~seen  # what no way leads to from above, as a white wall under its roof
    inner = standing & ~grown(grown(np.logical_not(standing)))
    near, within = (
        enlarge(cells.astype(np.float32)[..., None], height, width)[..., 0] > level
        for cells, level in ((grown(standing), 0.3), (inner, 0.5))
    )
    model = (_basis(height, width) @ weights).astype(np.float32)
    apart = np.sqrt(np.square(pixels - model).sum(2))
    farthest = np.maximum(0.85 * _farthest(apart), 2 * like)
    rest = np.where(near, np.clip((apart - 0.6 * like) / (farthest - 0.6 * like), 0, 1), 0)
    rest[within] = 1
    seen_sky = blurred(((part > 0.5) | unlike).astype(np.float32)[..., None], max(0.6, FADE * np.sqrt(rows * columns)))
    fade = np.clip(2.2 * enlarge(seen_sky, height, width)[..., 0] - 1.15, 0, 1)
    share = np.asarray((1 - rest) * fade * open_, np.float32)
    before = (pixels - share[..., None] * model) / np.maximum(1 - share, np.float32(0.05))[..., None]
    old = (share > 0.01) & ~near  # plain sky that fades: what is before the new sky is the old one
    before = np.where(old[..., None] | (share < 0.01)[..., None], pixels, np.clip(before, -1, 1))
    return Matte(share, np.asarray(before, np.float32))


def _stacked(unlike: Region, standing: Region) -> Region:
    """Return the cells that have nothing but things below them down to what stands, where their outline is no steeper than a
    peak's: snow on a mountain, and not the cloud that touches it."""
    out = standing.copy()
    for row in range(len(out) - 2, -1, -1):
        out[row] |= unlike[row] & out[row + 1]
    highest = len(out) - np.where(out.any(0), out.argmax(0), len(out)).astype(np.float32)
    for order in (range(1, len(highest)), range(len(highest) - 2, -1, -1)):
        for column in order:
            before = highest[column - 1 if order.step > 0 else column + 1]
            highest[column] = min(highest[column], before + STEEP)
    return np.asarray(out & (len(out) - np.arange(len(out))[:, None] <= highest))


def _basis(rows: int, columns: int) -> NDArray[np.float64]:
    """Return (rows, columns, 6): 1, x, y, x y, y^2, x^2."""
    y, x = ((np.arange(n) + 0.5) / n for n in (rows, columns))
    one = np.ones((rows, columns))
    high = y[:, None]
    return np.stack([one, one * x, one * high, x * high, one * np.square(high), one * np.square(x)], 2)


def _fitted(small: Pixels, open_: Region) -> NDArray[np.float64]:
    """Return the weights (6, 3) of a sky's colours."""
    basis, colours = _basis(*open_.shape)[open_], small[open_].astype(np.float64)
    if len(colours) < 8:
        return np.zeros((6, 3))
    order = np.cumsum(open_.any(1))[np.nonzero(open_)[0]]
    sure = np.exp(order / (-0.25 * order.max()))  # the upper rows first
    middle = np.median(colours[order <= max(1, 0.2 * order.max())], axis=0)
    sure *= np.exp(-np.square(colours - middle).sum(1) / 0.3)
    for spread in (0.3, 0.2, 0.12, 0.1):
        heavy = (sure + 1e-9)[:, None] * basis
        damped = heavy.T @ basis + np.diag([0, 1e-3, 1e-3, 1e-2, 1e-2, 1e-2]) * heavy[:, 0].sum()
        weights = np.linalg.solve(damped, heavy.T @ colours)
        sure = np.exp(-np.square(colours - basis @ weights).sum(1) / (2 * spread**2))
    return np.asarray(weights)


def _pale(small: Pixels, sky: NDArray[np.float64]) -> Region:
    """Return the cells whose colours lie between the sky's and white."""
    way = 1 - sky
    along = ((small - sky) * way).sum(2) / np.maximum(np.square(way).sum(2), 1e-3)
    aside = np.square(small - sky - np.clip(along, 0, 1)[..., None] * way).sum(2)
    return np.asarray((along > 0.1) & (aside < 0.12))


def _plain(small: Pixels) -> Region:
    """Return the cells that hardly differ from their neighbours."""
    p = np.pad(small, ((1, 1), (1, 1), (0, 0)), mode="edge")
    middle = p[1:-1, 1:-1]
    steps = [np.abs(middle - p[dy : dy + len(small), dx : dx + small.shape[1]]).max(2) for dy, dx in _BESIDE]
    return np.asarray(np.max(steps, 0) < PLAIN)


def _farthest(apart: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the largest value in the blocks about each pixel."""
    height, width = apart.shape
    blocks = apart.reshape(height // WIDE, WIDE, width // WIDE, WIDE).max((1, 3))
    p = np.pad(blocks, 1, mode="edge")
    across = np.maximum(np.maximum(p[:, :-2], p[:, 2:]), p[:, 1:-1])
    most = np.maximum(np.maximum(across[:-2], across[2:]), across[1:-1])
    return np.repeat(np.repeat(most, WIDE, 0), WIDE, 1)
