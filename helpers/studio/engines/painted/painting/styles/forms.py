"""Filters for styles with depth: relief, the light on it, cast shadows, a floor, and a background out of focus."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..filters import Picture, resize
from .lines import contours
from .soften import flattened, snapped, softened, spread

__all__ = ["directed", "domed", "focused", "line", "lit", "moved", "prints", "shaded"]

LAMP = np.array([-0.8, -1.0, 1.1], np.float32) / np.float32(np.sqrt(0.64 + 1 + 1.21))
"""The direction of the light: right, down and to the eye."""
DARKEST = -0.7  # light from all around fills the shade
BEHIND = 0.5  # how much flatter forms behind the subject are
FORM_ROWS = 320  # forms are found in a picture of so many rows
ROUND = 0.1  # share of the height over which a form rises: wider ones are level in the middle


def directed(relief: Picture, share: float) -> NDArray[np.float32]:
    """Return how steep a relief is over `share` of the height, (height, width): positive where it faces the upper left."""
    height, width = relief.shape
    step = max(1, round(share * height))
    wide = np.pad(relief, step, mode="edge")
    rise = wide[2 * step :, 2 * step :] - wide[:height, :width]
    return rise.astype(np.float32, copy=False)


def shaded(pixels: Picture, light: Picture) -> Picture:
    """Return a picture in more (above 0) or less (down to -1: none) light, (height, width)."""
    return (pixels + 1) * (1 + np.maximum(light, -1))[..., None] - 1


def prints(height: int, width: int, seed: int) -> Picture:
    """Return the light on thumb prints, (height, width), about -0.1 … 0.1: ovals of bent ridges here and there."""
    rng = np.random.default_rng([seed, 17])
    y, x = np.linspace(0, 1, height, dtype=np.float32)[:, None], np.linspace(0, width / height, width, dtype=np.float32)
    out = np.zeros((height, width), np.float32)
    for _ in range(round(14 * width / height)):
        size = np.float32(0.05 + 0.035 * rng.random())
        cy, cx, turn = np.float32(rng.random()), np.float32(rng.random() * width / height), 2 * np.pi * rng.random()
        top, left = max(0, int((cy - size) * height)), max(0, int((cx - size) * height))
        here = np.s_[top : int((cy + size) * height) + 1, left : int((cx + size) * height) + 1]
        down, right = (y[here[0]] - cy) / size, (x[here[1]] - cx) / size
        along, across = np.cos(turn) * right + np.sin(turn) * down, np.cos(turn) * down - np.sin(turn) * right
        oval = np.clip(1.6 - 1.6 * np.hypot(along, across * 1.4), 0, 1)
        out[here] += oval * np.sin(np.hypot(along + 0.5, across) * 26) * np.float32(0.09)
    return out


def moved(who: Picture, down: float, right: float) -> Picture:
    """Return a subject moved down and to the right, in shares of the height: where its shadow falls."""
    height, width = who.shape
    y, x = max(1, round(down * height)), max(1, round(right * height))
    return np.pad(who, ((y, 0), (x, 0)))[:height, :width]


def focused(pixels: Picture, who: Picture, blurred: float = 1.0) -> Picture:
    """Return the picture as a lens sees it: sharp at the subject `who` and from its foot on, soft (up to `blurred`) behind."""
    mass = np.cumsum(who.sum(1))
    middle, foot = np.searchsorted(mass, np.array([0.5, 0.92]) * mass[-1]) / len(mass)
    y = np.linspace(0, 1, len(who), dtype=np.float32)[:, None]
    near = np.clip((y - middle) / max(foot - middle, 0.1), 0, 1) ** 2
    far = blurred * np.clip(1.1 - 1.8 * np.maximum(who, near), 0, 1)
    return pixels + far[..., None] * (_behind(pixels, who) - pixels)


def _behind(pixels: Picture, who: Picture) -> Picture:
    """Return the picture out of focus, without the colours of the subject `who` in front of it."""
    height, width = who.shape
    rows = min(height, 192)
    size = max(2, round(rows * width / height)), rows
    small = resize(pixels, *size, Image.Resampling.BOX)
    free = np.clip(1 - 2 * resize(who, *size, Image.Resampling.BOX), 0.05, 1)
    return resize(softened(small * free[..., None], 0.008) / spread(free, 0.007)[..., None], width, height)


def line(phase: Picture, width: Picture | float) -> Picture:
    """Return 1 where `phase` is within half of `width` of a whole number, else 0, with soft ends."""
    away = np.abs(phase - np.round(phase))
    return np.clip(1.5 - away / np.maximum(np.asarray(width, np.float32), 1e-3) * 2, 0, 1).astype(np.float32)


def domed(seams: Picture, rows: int = 128) -> NDArray[np.float32]:
    """Return a relief, about `rows` rows, in which every form between seams (0 … 1) is a dome, like a skin that is blown up.

    It solves Poisson's equation with the seams held down, from coarse to fine; heights are in shares of the picture's height.
    """
    height, width = seams.shape
    rows = min(rows, height)
    sizes = [rows]
    while sizes[-1] > 12:
        sizes.append(sizes[-1] // 2)
    skin = np.zeros((2, 2), np.float32)
    for tall in reversed(sizes):
        wide = max(2, round(tall * width / height))
        held = resize(seams, wide, tall, Image.Resampling.BOX) ** 2 * np.float32(40)
        held += np.float32((1 / (ROUND * tall)) ** 2)
        skin = resize(skin, wide, tall)
        for _ in range(14):
            ring = np.pad(skin, 1, mode="edge")
            near = ring[:-2, 1:-1] + ring[2:, 1:-1] + ring[1:-1, :-2] + ring[1:-1, 2:]
            skin = (near + np.float32(1 / tall**2)) / (4 + held)
    return np.sqrt(np.maximum(skin, 0))


def lit(pixels: Picture, who: Picture, depth: float) -> tuple[Picture, Picture, Picture]:
    """Return how a lamp at the upper left lights the forms of a picture: diffuse (0 where level), shine and seams, in 0 … 1.

    All are as large as the picture and have its edges. What lies open behind the subject `who` is level.
    """
    height, width = pixels.shape[:2]
    rows = min(height, FORM_ROWS)
    rough = resize(pixels, round(rows * width / height), rows, Image.Resampling.BOX)
    seams = contours(flattened(rough, 0.012), 0.008, gain=2.0)
    relief = domed(seams)
    down, across = np.gradient(relief * np.float32(depth * len(relief)))
    normal = np.stack([-across, -down, np.ones_like(down)], -1)
    normal /= np.sqrt((normal**2).sum(-1, keepdims=True))
    half = LAMP + np.array([0, 0, 1], np.float32)
    behind = 1 - resize(who, relief.shape[1], len(relief))
    form = (1 - 0.85 * _open(relief, seams) * behind) * (1 - BEHIND * behind)
    diffuse = np.maximum(normal @ LAMP - LAMP[2], DARKEST) * form
    shine = np.clip(normal @ (half / np.linalg.norm(half)), 0, 1) ** 40 * form
    shine, seams = (resize(plane.astype(np.float32), width, height) for plane in (shine, seams))
    return snapped(diffuse, pixels, 0.012), shine, seams


def _open(relief: Picture, seams: Picture) -> Picture:
    """Return what lies open, in 0 … 1: where no seam bars the way from a wide form's middle or from the picture's rim."""
    rows, columns = relief.shape
    free = np.clip(3 - 6 * resize(seams, columns, rows, Image.Resampling.BOX), 0, 1)
    reached = (relief > 0.9 * ROUND).astype(np.float32)
    reached[0] = reached[:, 0] = reached[:, -1] = 1  # sky and floor go on beyond the picture
    for _ in range(rows // 6):
        reached = (_grown(reached) * free).astype(np.float32, copy=False)
    return _grown(_grown(reached))  # up to the very seam


def _grown(cells: Picture) -> Picture:
    """Return the largest of each cell and its four neighbours."""
    ring = np.pad(cells, 1)
    near = np.maximum(np.maximum(ring[:-2, 1:-1], ring[2:, 1:-1]), np.maximum(ring[1:-1, :-2], ring[1:-1, 2:]))
    return np.maximum(cells, near)
