"""From latents to pixels: detail beyond the latent's resolution is not guessed but painted, from the best exemplar.

    pixels = bend(guide(sharp + enlarge(x - soft)))

`sharp` is the best exemplar painted whole at full size, with all shadows and occlusion, and `soft` the same exemplar as
the mixture has it: their error of resized cut-outs cancels, and what is left of x is the variation that the noise chose.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..interface import Pixels
from .adherence import contrast
from .factors import coloured
from .latent import FACTOR, Planes, colours, enlarge
from .variation import FALL

__all__ = ["add_texture", "from_bytes", "guided", "to_bytes", "varied"]

KNEE = 0.75
"""Light and colour bend from here on, and reach the ends of the range slowly, as a trained decoder's do."""
REACH = 4.0
"""The largest value, in units of the range, that bends; what is beyond is clipped."""
STEPS = 4096
"""Entries of the table that bends."""
TEXTURE_SD, TILE = 0.008, 256
"""One level of 255; pixels along the tile's side."""


def varied(sharp: Pixels, x: Planes, soft: Planes) -> Pixels:
    """Add to an exemplar at full size, in place, what the latent x holds beside it, and return it."""
    rest = x - soft
    rest[1:] *= np.float32(coloured(soft))
    sharp += enlarge(colours(rest), *sharp.shape[:2])
    return sharp


def guided(
    pixels: Pixels, cfg_scale: float, share: float = 1.0, light: tuple[float, float] = (1.0, 0.0)
) -> NDArray[np.uint8]:
    """Return pixels (height, width, 3) in about [-1, 1] as bytes, with a share (0..1) of guidance's contrast, in a light.

    Light is pushed about its mean and colour about grey, both by the light's contrast as well, and the light's warmth is
    added; then all bend towards the ends of the range from KNEE on (tanh). With share 0 and no light nothing bends, and
    `from_bytes` comes back as it was. Overwrites `pixels`.
    """
    hard, warm = light
    if share <= 0 and light == (1.0, 0.0):
        return to_bytes(pixels)
    bright, colour = (np.float32(hard * (1 + share * (f - 1))) for f in contrast(cfg_scale))
    grey = np.full(3, 1 / 3, np.float32)
    mixed = colour * np.eye(3, dtype=np.float32) + (bright - colour) * np.outer(grey, np.ones(3, np.float32))
    flat = pixels.reshape(-1, 3)
    tint = colours(np.array([0, warm, 0], np.float32).reshape(3, 1, 1))[0, 0]
    offset = np.tile(np.float32((1 - bright) * flat.mean() + REACH) + tint, pixels.shape[1])
    moved = (flat @ mixed).reshape(pixels.shape[0], -1)
    moved += offset
    moved *= np.float32(STEPS / (2 * REACH))
    np.clip(moved, 0, STEPS - 1, out=moved)
    return np.take(_bend(round(min(share, 1.0), 3)), moved.astype(np.uint16)).reshape(pixels.shape)


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


def add_texture(pixels: Pixels, seed: int) -> None:
    """Add fine light and dark to painted pixels, in place, from another corner of a tile for each seed.

    It goes on where the latent's resolution ends, and keeps smooth gradients from showing the steps of 8 bits.
    """
    tile = np.roll(_tile(), (seed % TILE, seed // TILE % TILE), (0, 1))
    for top in range(0, pixels.shape[0], TILE):
        for left in range(0, pixels.shape[1], TILE):
            part = pixels[top : top + TILE, left : left + TILE]
            part += tile[: part.shape[0], : part.shape[1]]


@cache
def _tile() -> Pixels:
    """Return noise with the spectrum of photographs above a latent's frequencies, (TILE, TILE, 3); it repeats without a seam."""
    spectrum = np.fft.rfft2(np.random.default_rng(0).standard_normal((TILE, TILE)))
    cycles = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)) * TILE
    finest = TILE / FACTOR / 2
    spectrum *= np.where(cycles > finest, np.maximum(cycles, 1) ** (-FALL / 2), 0)
    light = np.fft.irfft2(spectrum, (TILE, TILE))
    return np.repeat((TEXTURE_SD / light.std() * light).astype(np.float32)[..., None], 3, axis=2)


@cache
def _bend(share: float) -> NDArray[np.uint8]:
    """Return the table from STEPS even values in [-REACH, REACH) to bytes."""
    value = (np.arange(STEPS) + 0.5) * (2 * REACH / STEPS) - REACH
    high = np.maximum(np.abs(value) - KNEE, 0)
    bent = np.sign(value) * (np.minimum(np.abs(value), KNEE) + (1 - KNEE) * np.tanh(high / (1 - KNEE)))
    bent = value + share * (bent - value)
    return np.clip(np.round((bent + 1) * 127.5), 0, 255).astype(np.uint8)
