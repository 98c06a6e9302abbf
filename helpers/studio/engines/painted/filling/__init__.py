"""Fill a hole in a picture: continue what is around it, so that nothing seems to be missing.

A hole has no one right filling. Two ideas make a good one. *A filling is right if every small patch of it could be a
patch of the picture* (Wexler, Shechtman and Irani 2007, "Space-time completion of video"), and *it looks real if it is
made of few, large pieces of the picture, each moved by one shift* (He and Sun 2012, "Statistics of patch offsets for
image completion"; Pritch et al. 2009, "Shift-map image editing"). The first finds what belongs there, on a small
picture, where a patch sees much at once; the second copies it at full size, so that grass has its blades.

Let P(p) be the 5 x 5 patch around cell p, and s(p) the cell whose patch is put there. Read the modules in this order:

 1. pyramid   smooth fills and smooth corrections. Push-pull (Gortler et al. 1996) averages what is known down to ever
              coarser grids and interpolates it back into the hole; relaxation takes that close to the harmonic fill,
              whose Laplacian is 0. It is also what remains where too little is known to copy from.
 2. guess     the filling f on a small grid that makes all its patches likely. It lowers, by turns over s and over f,

                  sum over p of  w(p) min over s of  |P_f(p) - P(s)|^2 + 250 (dy / side)^2 + 4 (dx / side)^2
                                                     + 0.3 |P(s) - its mean|^2

              Height costs most, so that ground stays ground and sky stays sky; busy sources cost a little, so that the
              background is continued rather than the thing before it; w falls with the depth in the hole. The nearest
              patch is found exactly, by one matrix product: |a - b|^2 = |a|^2 - 2 a.b + |b|^2. On the coarsest grid it
              is begun twice, from the smooth fill and from the rim inwards, ring by ring (the onion peel of Criminisi
              et al. 2004, "Region filling and object removal"); the cheaper goes on.
 3. shifts    the offsets s(p) - p that the guess used most become labels, with a few plain ones. A cell takes the label l
              that is cheapest over the window around it,

                  mean of |f(q) - picture(q + l)|^2  -  0.06 log(share of l in the hole)  -  0.2 (share of l in the window)

              and l's own price for height and side. Then the borders between pieces move to where both show the same:
              for neighbours a, b with labels l, m, |I(a + l) - I(a + m)|^2 + |I(b + l) - I(b + m)|^2 (Kwatra et al.
              2003, "Graphcut textures"). The light that still jumps there is levelled by a Poisson equation (Perez et
              al. 2003, "Poisson image editing"), and pixels are copied at full size, pieces fading into each other
              over one cell.

No pixel is invented: a filling is copied, and moved in colour only as far as its seams ask.
"""

import numpy as np
from numpy.typing import NDArray

from .guess import Guess, grids, guessed
from .pyramid import smooth_fill
from .shifts import chosen, copied, finer, with_better_seams

__all__ = ["fill", "smooth_fill"]

CELLS = 160
"""The longer side of the grid on which shifts are chosen has at most so many cells."""
FEWEST = 16
"""A grid on which the filling is guessed has at least so many cells along its longer side, if the picture has."""


def fill(pixels: NDArray[np.float32], hole: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """Return a picture (height, width, 3) in [-1, 1] with its hole continued from what is around it.

    `hole` is (height, width) in [0, 1], 1 where unknown. The picture returned is a new one, equal to `pixels` exactly where
    `hole` is 0; between 0 and 1 the filling is mixed with what was there, and nothing is copied from there. Where too
    little is known to copy from, the filling is smooth; where nothing is known, it is mid-grey. Another seed may choose
    otherwise between sources that are equally good.

        empty = fill(pixels, opening(mask))
    """
    touched = hole > 0
    if not touched.any():
        return pixels.copy()
    window = _surroundings(touched)
    part = pixels[window]
    share = hole[window][..., None]
    new = _completed(part, touched[window], np.random.default_rng([seed, 4]))
    out = pixels.copy()
    out[window] = np.where(share > 0, share * new + (1 - share) * part, part)
    return out


def _surroundings(touched: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the part of the picture to copy from: wider than high, since what belongs to a place lies beside it."""
    spans = []
    for axis, share in ((1, 1.0), (0, 1.8)):
        at = np.flatnonzero(touched.any(axis))
        first, last = int(at[0]), int(at[-1]) + 1
        margin = 32 + int(share * (last - first))
        spans.append(slice(max(0, first - margin), min(touched.shape[1 - axis], last + margin)))
    return spans[0], spans[1]


def _completed(pixels: NDArray[np.float32], hole: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
    height, width = hole.shape
    longer = max(height, width)
    fine = 1
    while longer > fine * CELLS:
        fine *= 2
    sizes = [size for size in (4 * fine, 2 * fine) if longer >= FEWEST * size] or [fine]
    pad = ((0, -height % sizes[0]), (0, -width % sizes[0]))
    pixels, hole = np.pad(pixels, (*pad, (0, 0)), mode="edge"), np.pad(hole, pad, mode="edge")
    cells = grids(pixels, hole, {*sizes, fine})

    guess: Guess | None = None
    for size in sizes:
        guess = guessed(cells[size], guess, rng)
    if guess is None:
        return smooth_fill(pixels, hole.astype(np.float32))[:height, :width]
    shifts = chosen(guess)
    for _ in range(int(np.log2(guess.cells.size // fine))):
        shifts = with_better_seams(finer(shifts, cells[shifts.size // 2]))
    return copied(shifts, pixels, hole)[:height, :width]
