"""Where one drawing is in a scene, and where a point of it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..interface import Box
from . import art, raster

__all__ = [
    "FOOT",
    "HANGING",
    "ROWS",
    "Placement",
    "boxed",
    "colourable",
    "extent",
    "feet_of",
    "from_far_to_near",
    "mask_of",
    "moved",
    "put",
    "spot_of",
]

FOOT = 96.0
"""The line of a drawing's view box that it stands on."""
ROWS = 40
"""Of a drawing's mask."""
HANGING = ("sky", "under", "wall")


@dataclass(frozen=True)
class Placement:
    """One drawing in a scene, in hundredths of the picture's height."""

    entry: str
    drawing: str
    mention: int  # number of the object in the reading
    x: float  # of its middle
    y: float  # of what it stands on
    height: float
    depth: float  # 0 near … 1 at the horizon: haze
    flip: bool
    colour: str | None
    footing: str  # ground water sky …: shadow, reflection or neither; mount: on or in another's hand
    base: tuple[float, float]  # foot of what it belongs to, itself where it stands alone: all of it is painted together
    layer: int = 0  # among those of one base, from far to near
    aloft: bool = False  # its base hangs in the air or in the water
    hair: str | None = None
    lean: float = 0.0  # degrees, forward
    lift: float = 0.0  # off the ground
    squash: float = 1.0  # of its height
    rim: tuple[float, float, float] | None = None  # middle and width of an opening that it stands out of
    box: Box = (0.0, 0.0, 1.0, 1.0)

    @property
    def width(self) -> float:
        """Hundredths of the picture's height."""
        return self.height * art.load(self.drawing).width / 100


def boxed(place: Placement, aspect: float) -> Placement:
    """Return the placement with the box that it fills, cut at the picture's edges."""
    half, y, height = place.width / 2, place.y - place.lift, place.height * place.squash
    return replace(
        place,
        box=(
            max(0.0, (place.x - half) / (100 * aspect)),
            max(0.0, (y - 0.96 * height) / 100),
            min(1.0, (place.x + half) / (100 * aspect)),
            min(1.0, (y + 0.04 * height) / 100),
        ),
    )


def from_far_to_near(place: Placement) -> tuple[bool, float, float, int]:
    """Return the key by which placements are painted in order."""
    return not (place.aloft or place.footing in ("sky", "wall")), place.base[1], place.base[0], place.layer


def extent(places: Sequence[Placement]) -> tuple[float, float, float, float]:
    """Return the left, upper, right and lower end of some placements, in hundredths of the height."""
    return (
        min(p.x - p.width / 2 for p in places),
        min(p.y - p.lift - p.height for p in places),
        max(p.x + p.width / 2 for p in places),
        max(p.y for p in places),
    )


def moved(
    place: Placement, start: tuple[float, float], end: tuple[float, float], scale: float, flip: bool = False
) -> Placement:
    """Return a placement of a group carried from one foot to another, `scale` times as large, and mirrored about it."""

    def there(x: float, y: float) -> tuple[float, float]:
        return end[0] + (x - start[0]) * (-scale if flip else scale), end[1] + (y - start[1]) * scale

    x, y = there(place.x, place.y)
    return replace(
        place,
        x=x,
        y=y,
        base=there(*place.base),
        height=place.height * scale,
        lift=place.lift * scale,
        flip=place.flip ^ flip,
        rim=(*there(*place.rim[:2]), place.rim[2] * scale) if place.rim else None,
    )


def spot_of(place: Placement, x: float, y: float) -> tuple[float, float]:
    """Return where a point of a drawing (units of its view box) is in the scene."""
    across, down = _turned(place, x, y)
    return place.x + across, place.y - place.lift + down


def put(place: Placement, point: tuple[float, float], spot: tuple[float, float]) -> Placement:
    """Return the placement moved so that a point of its drawing is at a spot of the scene."""
    across, down = _turned(place, *point)
    return replace(place, x=spot[0] - across, y=spot[1] - down, lift=0.0)


def _turned(place: Placement, x: float, y: float) -> tuple[float, float]:
    """Return a point of a drawing as seen from its foot, in hundredths of the picture's height."""
    scale, side = place.height / 100, -1 if place.flip else 1
    across, down = (x - art.load(place.drawing).width / 2) * scale, (y - FOOT) * scale * place.squash
    turn = math.radians(place.lean)
    return side * (across * math.cos(turn) - down * math.sin(turn)), across * math.sin(turn) + down * math.cos(turn)


@lru_cache(maxsize=512)
def mask_of(drawing: str) -> NDArray[np.bool_]:
    """Return where a drawing is in its view box: (ROWS, columns)."""
    one = art.load(drawing)
    shape = one.silhouette("#000000", key="a")
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {one.width} 100">{shape}</svg>'
    return np.asarray(raster.rgba(svg, max(2, round(one.width * ROWS / 100)), ROWS)[..., 3] > 0.4)


@lru_cache(maxsize=512)
def colourable(drawing: str) -> float:
    """Return the share of a drawing that takes a colour of the prompt, but for hair."""
    one = art.load(drawing)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {one.width} 100">{one.marked("tint")}</svg>'
    pixels = raster.rgba(svg, max(2, round(one.width * ROWS / 100)), ROWS)
    there = pixels[..., 3] > 0.4
    return float((pixels[..., 0] > 0)[there].mean()) if there.any() else 0.0


@lru_cache(maxsize=512)
def feet_of(drawing: str) -> tuple[float, float]:
    """Return the left and right end of what a drawing stands on, in units of its view box."""
    mask = mask_of(drawing)
    rows = np.flatnonzero(mask.any(1))
    columns = np.flatnonzero(mask[rows[-1] - 1 :].any(0)) if rows.size else np.array([0, mask.shape[1] - 1])
    return float(columns[0] * 100 / ROWS), float((columns[-1] + 1) * 100 / ROWS)
