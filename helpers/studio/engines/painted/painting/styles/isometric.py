"""The isometric preset: the scene as a diorama, its ground laid on a slab and its far view on two walls behind it."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from ..filters import Picture

__all__ = ["diorama"]

MARGIN = 4  # pixels that a picture goes on for around its edge, so that the edge has its colours
Corner = tuple[float, float]


def diorama(room: Picture, horizon: float, things: Callable[[float, float, float, float], Picture]) -> Picture:
    """Fold a painted scene (without its objects) into an isometric box and stand the objects in it.

    `room` is (height, width, 3), `horizon` a share of the height. `things(middle, floor, half, depth)` draws the objects
    as (height, width, 4) on a slab whose back corner is at `floor`, in shares of the height.
    """
    height, width = room.shape[:2]
    wide = width / height
    half = min(0.46 * wide, 0.46)
    depth, wall = half * 0.55, 0.36 * half / 0.46
    back = 0.5 - (2 * depth + 0.07 - wall) / 2
    middle = wide / 2
    canvas = _backdrop(width, height)
    left, right, front = (middle - half, back + depth), (middle + half, back + depth), (middle, back + 2 * depth)
    up = (middle, back)
    split = max(2, min(height - 2, round(min(max(horizon, 0.3), 0.62) * height)))  # a place without land lends its foot
    sky, ground = room[:split], room[split:]
    slab = 0.06
    floor_tone = ground.mean((0, 1))
    _fill(
        canvas,
        [
            (left[0] - 0.02, left[1] + slab + 0.03),
            (front[0], front[1] + slab + 0.06),
            (right[0] + 0.05, right[1] + slab + 0.03),
            (front[0], back + depth),
        ],
        canvas.mean((0, 1)) - 0.16,
    )
    _fill(canvas, [left, front, (front[0], front[1] + slab), (left[0], left[1] + slab)], floor_tone * 0.7 - 0.28)
    _fill(canvas, [front, right, (right[0], right[1] + slab), (front[0], front[1] + slab)], floor_tone * 0.7 - 0.45)
    _warp(canvas, ground, up, right, left)
    cut = width // 2
    _warp(canvas, sky[:, :cut], (left[0], left[1] - wall), (up[0], up[1] - wall), left)
    _warp(canvas, sky[:, cut:] * 0.92 - 0.06, (up[0], up[1] - wall), (right[0], right[1] - wall), up)
    layer = things(middle, back, half, depth)
    alpha = layer[..., 3:]
    return canvas * (1 - alpha) + layer[..., :3] * alpha


def _backdrop(width: int, height: int) -> Picture:
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    top, foot = np.array([0.86, 0.84, 0.8], np.float32), np.array([0.66, 0.66, 0.68], np.float32)
    return np.repeat(top + (foot - top) * y, width, axis=1)


def _inside(width: int, height: int, corners: list[Corner]) -> Picture:
    """Return how much of each pixel lies inside a convex polygon, (height, width, 1) in [0, 1]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    points = np.array(corners, np.float32) * height
    centre = points.mean(0)
    inside = np.ones((height, width), np.float32)
    for a, b in zip(points, np.roll(points, -1, axis=0), strict=True):
        normal = np.array([b[1] - a[1], a[0] - b[0]], np.float32)
        normal /= max(float(np.hypot(*normal)), 1e-6)
        if (centre - a) @ normal < 0:
            normal = -normal
        inside = np.minimum(inside, np.clip((x + 0.5 - a[0]) * normal[0] + (y + 0.5 - a[1]) * normal[1] + 0.5, 0, 1))
    return inside[..., None]


def _fill(canvas: Picture, corners: list[Corner], colour: Picture) -> None:
    inside = _inside(canvas.shape[1], canvas.shape[0], corners)
    canvas += inside * (colour.astype(np.float32) - canvas)


def _warp(canvas: Picture, picture: Picture, origin: Corner, across: Corner, down: Corner) -> None:
    """Lay a picture on the parallelogram with its upper left at `origin`, upper right at `across`, lower left at `down`."""
    height, width = canvas.shape[:2]
    o, a, d = (np.array(p) * height for p in (origin, across, down))
    basis = np.array([[(a - o)[0], (d - o)[0]], [(a - o)[1], (d - o)[1]]])
    inverse = np.linalg.inv(basis) * np.array([[picture.shape[1]], [picture.shape[0]]])
    offset = inverse @ -o + MARGIN
    data = (inverse[0, 0], inverse[0, 1], offset[0], inverse[1, 0], inverse[1, 1], offset[1])
    wide = np.pad(picture, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="edge")
    source = Image.fromarray(((np.clip(wide, -1, 1) + 1) * 127.5).astype(np.uint8))
    flat = source.transform((width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    laid = np.asarray(flat).astype(np.float32) * np.float32(1 / 127.5) - 1
    far = tuple((a + d - o) / height)
    inside = _inside(width, height, [origin, across, (float(far[0]), float(far[1])), down])
    canvas += inside * (laid - canvas)
