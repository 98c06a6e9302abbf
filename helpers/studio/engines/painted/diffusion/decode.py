"""From latents to pixels: detail beyond the latent's resolution is not guessed but painted again, from the exemplar."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .exemplars import Exemplars, Pixels
from .latent import FACTOR, Planes, colours, enlarge
from .mixture import FALL

__all__ = ["Held", "decode", "from_bytes", "heaviest", "to_bytes"]

MAX_COUNT, LEAST = 3, 0.02
"""Exemplars that are painted again: at most this many, each of at least this weight."""
TEXTURE_SD, TILE = 0.008, 256
"""One level of 255; pixels along the tile's side."""


@dataclass(frozen=True, eq=False)
class Held:
    """An init image that is kept in part, at both sizes."""

    pixels: Pixels
    latent: Planes
    full: NDArray[np.float32]
    """(height, width) in [0, 1] at full size: how much is kept."""
    small: NDArray[np.float32]
    """The same at latent size."""


def decode(
    x: Planes, exemplars: Exemplars, weights: NDArray[np.float32], seed: int, held: Held | None = None
) -> Pixels:
    """Return the latent x at full size, (height, width, 3), not clipped.

    pixels = sharp + enlarge(x - soft): `sharp` is the posterior's exemplar (or the init image where it is kept) at full
    size, `soft` the same at latent size. Beyond the latent's resolution the variation goes on as a faint texture.
    """
    chosen = heaviest(weights)
    sharp, soft = _redrawn(exemplars, chosen), np.zeros_like(x)
    for i, weight in chosen:
        soft += weight * (exemplars.latents[i] - exemplars.smooth)
    if exemplars.textured:
        _add_texture(sharp, seed)
    if held is not None:
        soft += held.small * (held.latent - soft)
        sharp += held.full[..., None] * (held.pixels - sharp)
    sharp += enlarge(colours(x - soft), *sharp.shape[:2])
    return sharp


def heaviest(weights: NDArray[np.float32]) -> list[tuple[int, float]]:
    """Return (index, weight) of the exemplars that make the picture, heaviest first; the weights sum to 1."""
    first, *others = (int(i) for i in np.argsort(-weights, kind="stable")[:MAX_COUNT])
    chosen = [first, *(i for i in others if weights[i] >= LEAST)]
    total = float(weights[chosen].sum())
    return [(i, float(weights[i]) / total) for i in chosen]


def to_bytes(pixels: Pixels) -> NDArray[np.uint8]:
    """Return [-1, 1] as 0..255, rounded, and clipped here for the first time. Overwrites `pixels`."""
    pixels *= 127.5
    pixels += 128
    np.clip(pixels, 0, 255, out=pixels)
    return pixels.astype(np.uint8)


def from_bytes(pixels: NDArray[np.uint8]) -> Pixels:
    """Return 0..255 as [-1, 1]; `to_bytes` gives the same bytes back."""
    out = pixels.astype(np.float32)
    out -= 127.5
    out /= 127.5
    return out


def _add_texture(pixels: Pixels, seed: int) -> None:
    """Add a tile of fine light and dark to pixels, in place, from another corner for each seed."""
    tile = np.roll(_tile(), (seed % TILE, seed // TILE % TILE), (0, 1))
    for top in range(0, pixels.shape[0], TILE):
        for left in range(0, pixels.shape[1], TILE):
            part = pixels[top : top + TILE, left : left + TILE]
            part += tile[: part.shape[0], : part.shape[1]]


@cache
def _tile() -> Pixels:
    """Return noise with the variation's spectrum above a latent's frequencies, (TILE, TILE, 3); it repeats without a seam."""
    spectrum = np.fft.rfft2(np.random.default_rng(0).standard_normal((TILE, TILE)))
    cycles = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)) * TILE
    finest = TILE / FACTOR / 2
    spectrum *= np.where(cycles > finest, np.maximum(cycles, 1) ** (-FALL / 2), 0)
    light = np.fft.irfft2(spectrum, (TILE, TILE))
    return np.repeat((TEXTURE_SD / light.std() * light).astype(np.float32)[..., None], 3, axis=2)


def _redrawn(exemplars: Exemplars, chosen: list[tuple[int, float]]) -> Pixels:
    (first, weight), *others = chosen
    sharp = exemplars.redraw(exemplars.scenes[first]) * np.float32(exemplars.scale * weight)
    for i, weight in others:
        sharp += exemplars.redraw(exemplars.scenes[i]) * np.float32(exemplars.scale * weight)
    return sharp
