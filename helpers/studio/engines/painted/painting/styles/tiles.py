"""The tile-texture preset: the subject in medallions between the bars of a trellis, in a tile whose opposite edges fit."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..filters import Picture, resize, saturate
from .forms import line
from .subject import Things, subject

__all__ = ["tile_texture"]

REPEATS = 2  # of a tile, down the picture
MEDALLION = 0.62  # diameter in tiles
BEAD = 0.075  # radius


def tile_texture(pixels: Picture, seed: int, things: Things = None) -> Picture:
    """Repeat the subject as painted tiles do: in medallions whose rows are set off by half, in a trellis with beads."""
    height, width = pixels.shape[:2]
    across = max(1, round(REPEATS * width / height))
    tall, wide = -(-height // REPEATS), -(-width // across)
    who = subject(pixels, things)
    side = max(2, round(MEDALLION * tall))
    motif = resize(np.ascontiguousarray(pixels[_around(who)]), side, side, Image.Resampling.BOX)
    field = np.average(saturate(pixels, 1.6).reshape(-1, 3), axis=0, weights=1.05 - who.ravel())
    light, dark, bright = (
        colour.astype(np.float32) for colour in (field * 0.5 + 0.4, field * 0.9 - 0.4, _loudest(motif))
    )
    y, x = (np.arange(n, dtype=np.float32)[at] / n for n, at in ((tall, np.s_[:, None]), (wide, np.s_[None])))
    one = np.broadcast_to(light, (tall, wide, 3)).copy()
    _lay(one, np.maximum(line(x + y - 0.5, 0.03), line(x - y - 0.5, 0.03)), dark)
    for right, down in ((0.5, 0.0), (0.0, 0.5)):
        away = np.hypot(_to_whole(x - right), _to_whole(y - down))
        _lay(one, np.clip((BEAD - away) * tall, 0, 1), dark)
        _lay(one, np.clip((BEAD * 0.6 - away) * tall, 0, 1), bright)
    for right, down in ((0.5, 0.5), (0.0, 0.0)):
        away = np.hypot(_to_whole(x - right) * wide / tall, _to_whole(y - down))
        rows, columns = (
            np.clip(np.rint(_to_whole(phase) * size + (side - 1) / 2).astype(int), 0, side - 1)
            for phase, size in ((y - down, tall), (x - right, wide))
        )
        for radius, colour in ((1.16, dark), (1.09, bright), (1.03, dark)):
            _lay(one, np.clip((MEDALLION / 2 * radius - away) * tall, 0, 1), colour)
        _lay(one, np.clip((MEDALLION / 2 * 0.98 - away) * tall, 0, 1), motif[rows, columns])
    return np.tile(one, (REPEATS, across, 1))[:height, :width]


def _lay(one: Picture, mask: Picture, paint: Picture) -> None:
    one += mask[..., None] * (paint - one)


def _to_whole(phase: Picture) -> Picture:
    return phase - np.round(phase)


def _loudest(motif: Picture) -> Picture:
    """Return the colour of the pixel that is the most colourful."""
    flat = motif.reshape(-1, 3)
    return flat[np.argmax(np.ptp(flat, axis=1))]


def _around(who: NDArray[np.float32]) -> tuple[slice, slice]:
    """Return the square that holds most of the subject."""
    ends = []
    for axis, size in ((1, who.shape[0]), (0, who.shape[1])):
        mass = np.cumsum(who.sum(axis))
        ends.append(np.searchsorted(mass, np.array([0.01, 0.99]) * mass[-1]) if mass[-1] > 1 else np.array([0, size]))
    (top, low), (left, right) = ends
    half = min(max(low - top, right - left) * 0.66 + 2, who.shape[0] / 2, who.shape[1] / 2)
    y, x = (
        min(max(middle, half), size - half)
        for middle, size in zip(((top + low) / 2, (left + right) / 2), who.shape, strict=True)
    )
    return np.s_[int(y - half) : int(y + half), int(x - half) : int(x + half)]
