"""Colour and light: every hex colour in the art is an albedo, and the scene's light decides which colour is seen."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .filters import Picture, blur, noise, vignette

__all__ = ["Grade", "Light", "Remap", "hex_to_rgb", "mix", "recolour", "rgb_to_hex"]

SOFTEST = 0.2
"""Most that a mood blurs what must be named, in hundredths of the picture's height."""
SPARED = 0.8
"""Share of a mood's darkness that the things are spared."""
MOST_TINT = 0.65
"""Of all of a picture's tint, so that its own colours are seen still."""
RGB = tuple[float, float, float]
"""Red, green and blue in 0..255."""


def hex_to_rgb(colour: str) -> RGB:
    """Return `#rgb` or `#rrggbb` as three numbers in 0..255. Raises ValueError for anything else."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(d + d for d in digits)
    if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
        raise ValueError(f"{colour!r} is not a colour: write #rgb or #rrggbb")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def rgb_to_hex(rgb: Sequence[float]) -> str:
    """Return three numbers as `#rrggbb`, clipped to 0..255."""
    return "#" + "".join(f"{min(255, max(0, round(c))):02x}" for c in rgb)


@lru_cache(maxsize=8192)
def mix(first: str, second: str, share: float) -> str:
    """Return the colour that lies `share` (0..1) of the way from first to second."""
    a, b = hex_to_rgb(first), hex_to_rgb(second)
    return rgb_to_hex([x + (y - x) * share for x, y in zip(a, b, strict=True)])


@lru_cache(maxsize=8192)
def recolour(colour: str, wanted: str, least: float = 0.45) -> str:
    """Return `wanted` with the light and dark of `colour`, so that shading stays; `least` is its share where that is black."""
    old = _luma(hex_to_rgb(colour))
    shade = least + old / 255 * 1.0
    target = [c * shade for c in hex_to_rgb(wanted)]
    lift = max(0.0, old - 200) / 55 * 40  # highlights stay highlights on any colour
    return rgb_to_hex([c + lift for c in target])


@dataclass(frozen=True)
class Remap:
    """A season's change of albedo: colours whose hue lies between two angles (degrees) go towards another colour."""

    from_hue: tuple[float, float]
    to: str
    strength: float

    def __call__(self, colour: str) -> str:
        rgb = hex_to_rgb(colour)
        hue, saturation = _hue_saturation(rgb)
        if saturation < 0.12 or not self.from_hue[0] <= hue <= self.from_hue[1]:
            return colour
        return mix(colour, recolour(colour, self.to), self.strength)


@dataclass(frozen=True)
class Light:
    """The sun, the sky and the air of a scene."""

    name: str
    sky: tuple[tuple[float, str], ...]  # (offset 0 = zenith … 1 = horizon, colour)
    ambient: str = "#ffffff"  # multiplies every albedo
    haze: str = "#c8d4e0"  # what distance fades to
    haze_strength: float = 0.7  # 0..1 at the horizon
    sun: str = "#fff6d8"  # colour of the sun's or moon's disc
    sun_height: tuple[float, float] = (0.45, 0.85)  # above the horizon, share of the sky
    sun_size: tuple[float, float] = (3.0, 4.5)  # radius, hundredths of the picture's height
    glow: str = "#fff2c0"
    glow_size: float = 26.0
    disc: Literal["sun", "moon", "none"] = "sun"
    cloud: str = "#ffffff"
    cloud_shade: str = "#c3cddb"
    shadow: str = "#20304a"
    shadow_strength: float = 0.35
    stars: int = 0
    dark: bool = False  # lamps and windows are lit
    remaps: tuple[Remap, ...] = ()

    def lit(self, colour: str, depth: float = 0.0) -> str:
        """Return the albedo `colour` as seen in this light at `depth` (0 = near … 1 = at the horizon)."""
        return _lit(self, colour, round(depth, 2))


@dataclass(frozen=True)
class Grade:
    """A mood as numbers, as a colourist grades a picture. Neutral by default; `+` puts two together."""

    saturation: float = 1.0
    contrast: float = 1.0
    brightness: float = 0.0  # in units of the picture's range [-1, 1]
    warmth: float = 0.0  # -1 cold … 1 warm
    tint: str | None = None
    tint_strength: float = 0.0
    vignette: float = 0.0
    glow: float = 0.0
    grain: float = 0.0
    soft: float = 0.0  # blur of what lies behind the things, hundredths of the picture's height
    crisp: float = 0.0  # local contrast

    def scaled(self, weight: float) -> "Grade":
        """Return the same mood, weaker (below 1) or stronger (above 1)."""
        return Grade(
            saturation=max(0.0, 1 + (self.saturation - 1) * weight),
            contrast=max(0.2, 1 + (self.contrast - 1) * weight),
            brightness=self.brightness * weight,
            warmth=self.warmth * weight,
            tint=self.tint,
            tint_strength=min(1.0, self.tint_strength * weight),
            vignette=self.vignette * weight,
            glow=self.glow * weight,
            grain=self.grain * weight,
            soft=self.soft * weight,
            crisp=self.crisp * weight,
        )

    def __add__(self, other: "Grade") -> "Grade":
        tint, strength = self.tint, self.tint_strength
        if other.tint is not None:
            total = strength + other.tint_strength
            tint = other.tint if tint is None or total == 0 else mix(tint, other.tint, other.tint_strength / total)
            strength = min(MOST_TINT, total)
        return Grade(
            saturation=self.saturation * other.saturation,
            contrast=self.contrast * other.contrast,
            brightness=self.brightness + other.brightness,
            warmth=self.warmth + other.warmth,
            tint=tint,
            tint_strength=strength,
            vignette=self.vignette + other.vignette,
            glow=self.glow + other.glow,
            grain=self.grain + other.grain,
            soft=self.soft + other.soft,
            crisp=self.crisp + other.crisp,
        )

    def apply(self, pixels: Picture, things: Picture | None = None) -> NDArray[np.float32]:
        """Return (height, width, 3) float32 in [-1, 1], graded; a neutral grade returns the array itself.

        What blurs blurs what lies behind the `things`, (height, width) in [0, 1], and them by SOFTEST at most.
        """
        if self == Grade():
            return pixels.astype(np.float32, copy=False)
        matrix, offset = self._colour_matrix()
        height, width, channels = pixels.shape
        out: Picture = pixels.reshape(-1, channels) @ matrix
        out.reshape(height, -1)[:] += np.tile(offset, width)  # by whole rows: numpy is slow at many short ones
        out = out.reshape(pixels.shape)
        if things is not None and self.brightness < 0:  # what is dark is so around the things
            out -= (SPARED * self.brightness) * things[..., None].astype(np.float32, copy=False)
        if self.soft:
            behind = blur(out, self.soft / 100)
            if things is not None:
                near = blur(out, min(self.soft, SOFTEST) / 100)
                behind += np.maximum(things, np.clip(2 * blur(things, self.soft / 100), 0, 1))[..., None] * (
                    near - behind
                )
            out = behind
        if self.glow:
            bright = out - 0.2
            glow = blur(np.maximum(bright, 0, out=bright), 0.04)
            glow *= self.glow
            out += glow * np.clip(1.1 - out, 0, 1)  # what is light already does not burn out
        if self.crisp:
            detail = out - blur(out, 0.02)
            detail *= self.crisp
            out += detail
        if self.vignette:
            corners = vignette(height, width, round(min(self.vignette, 1.0), 3))
            out += 1
            for channel in range(channels):
                out[..., channel] *= corners
            out -= 1
        if self.grain:
            grains = self.grain * noise(width, height, 0.003, 7)
            for channel in range(channels):
                out[..., channel] += grains
        return np.clip(out, -1, 1, out=out).astype(np.float32, copy=False)

    def _colour_matrix(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        luma = np.array([0.299, 0.587, 0.114])
        matrix = self.saturation * np.eye(3) + (1 - self.saturation) * np.outer(luma, np.ones(3))
        matrix = matrix * self.contrast
        warm = np.array([0.16, 0.02, -0.18]) * self.warmth
        offset = warm + self.brightness
        if self.tint is not None and self.tint_strength:
            tint = np.array(hex_to_rgb(self.tint)) / 127.5 - 1
            ramp = np.outer(luma, np.ones(3)) @ np.diag(0.6 + 0.4 * (tint + 1) / 2)
            matrix = matrix @ ((1 - self.tint_strength) * np.eye(3) + self.tint_strength * ramp)
            offset = offset + self.tint_strength * 0.45 * (tint - tint @ luma)
        return matrix.astype(np.float32), offset.astype(np.float32)


@lru_cache(maxsize=16384)
def _lit(light: Light, colour: str, depth: float) -> str:
    for remap in light.remaps:
        colour = remap(colour)
    ambient = hex_to_rgb(light.ambient)
    seen = [c * a / 255 for c, a in zip(hex_to_rgb(colour), ambient, strict=True)]
    haze = hex_to_rgb(light.haze)
    share = depth * light.haze_strength
    return rgb_to_hex([s + (h - s) * share for s, h in zip(seen, haze, strict=True)])


def _luma(rgb: Sequence[float]) -> float:
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]


def _hue_saturation(rgb: Sequence[float]) -> tuple[float, float]:
    high, low = max(rgb), min(rgb)
    if high == low:
        return 0.0, 0.0
    r, g, b = rgb
    span = high - low
    if high == r:
        hue = (g - b) / span % 6
    elif high == g:
        hue = (b - r) / span + 2
    else:
        hue = (r - g) / span + 4
    return hue * 60, span / high
