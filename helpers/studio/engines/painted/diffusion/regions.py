"""Cells of a grid that belong together: a region grown by its neighbours, and what of one can be reached from another."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Region", "grown", "reached"]

Region = NDArray[np.bool_]
"""(rows, columns): True for some cells, or pixels."""


def grown(region: Region, *, corners: bool = False) -> Region:
    """Return a region with the cells at its sides, and at its corners too (dilation)."""
    wide = np.pad(region, 1)
    aside = wide[:, :-2] | wide[:, 1:-1] | wide[:, 2:]
    upright = aside if corners else wide[:, 1:-1]
    return np.asarray(aside[1:-1] | upright[:-2] | upright[2:])


def reached(start: Region, within: Region, *, corners: bool = False) -> Region:
    """Return what of a region can be reached from a start by its sides, and by corners too (reconstruction, Vincent 1993)."""
    found = start & within
    while True:
        more = grown(found, corners=corners) & within
        if (more == found).all():
            return found
        found = more
