"""What makes something drawn belong to a picture: the light, the sharpness and the grain of what is around it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..interface import Pixels
from .adherence import contrast
from .latent import blurred, shrink

__all__ = ["SHARP", "Look", "look_of"]

NEAR = 0.1
"""How far around the opening the light is looked at, in shares of the mean side."""
FAR = 0.15
"""What the rest of the picture weighs beside that."""
BRIGHT = 0.7
"""Light shows on the brightest surfaces: those above this share of all."""
FOLLOWS = (0.7, 0.45)
"""How far what is drawn follows the light, and its colour; exponents of ratios."""
DIMMEST, BRIGHTEST = 0.25, 1.2
AIR = 0.08
"""Share of the surroundings' mean that lies over what is drawn: light that comes back from them."""
SHARP, SOFTEST = 0.35, 1.6
"""Standard deviations in pixels: below the first nothing is blurred, and nothing more than by the second."""
COARSEST = 0.06
SAMPLES = 40_000
"""As many pixels are looked at, or up to twice as many."""


@dataclass(frozen=True, eq=False)
class Look:
    """How to change what is drawn so that it belongs."""

    gain: NDArray[np.float32]
    """(3,): factors of red, green and blue, where black is 0."""
    air: NDArray[np.float32]
    """(3,): the surroundings' mean, in [-1, 1]."""
    soft: float
    """Standard deviation of its blur, in pixels."""
    grain: float
    """Standard deviation of its grain, in [-1, 1]."""

    def lit(self, pixels: Pixels, cfg_scale: float) -> Pixels:
        """Return colours (..., 3) in [-1, 1] with guidance's contrast, in the light of the surroundings."""
        light, colour = (np.float32(f) for f in contrast(cfg_scale))
        grey = pixels.mean(-1, keepdims=True)
        vivid = np.clip(colour * (pixels - grey) + light * grey, -1, 1)
        lit = self.gain * (vivid + 1) - 1
        return np.asarray(lit + np.float32(AIR) * (self.air - lit), np.float32)

    def laid(self, cut: NDArray[np.float32], ground: Pixels, room: NDArray[np.float32], cfg_scale: float) -> None:
        """Lay a cut-out (height, width, 4) over the ground of the same size, in place, as far as there is `room`,
        (height, width) in [0, 1]."""
        rows, columns = (np.flatnonzero((cut[..., 3] > 0).any(axis)) for axis in (1, 0))
        if not rows.size:
            return
        edge = 6
        window = (
            slice(max(rows[0] - edge, 0), rows[-1] + 1 + edge),
            slice(max(columns[0] - edge, 0), columns[-1] + 1 + edge),
        )
        part = cut[window]
        alpha = part[..., 3:]
        whole = np.concatenate([self.lit(part[..., :3], cfg_scale) * alpha, alpha], 2)
        if self.soft >= SHARP:
            whole = blurred(whole, self.soft)
        whole *= room[window][..., None]
        alpha = whole[..., 3:]
        noise = np.random.default_rng(5).standard_normal(alpha.shape, dtype=np.float32)
        ground[window] += whole[..., :3] - alpha * (ground[window] - np.float32(self.grain) * noise)


def look_of(init: Pixels, share: NDArray[np.float32], usual: Pixels) -> Look:
    """Return the look of what is around an opening, `share` (height, width) in [0, 1]; `usual` is a picture, of any size,
    in the light in which things are drawn."""
    height, width = share.shape
    rows, columns = (max(1, round(64 * side / max(height, width))) for side in (height, width))
    small, open_ = shrink(init, rows, columns), shrink(share[..., None], rows, columns)
    near = np.clip(4 * blurred(open_, NEAR * np.sqrt(rows * columns)), 0, 1)
    weight = ((FAR + (1 - FAR) * near) * (1 - open_) + np.float32(1e-4))[..., 0]
    here, there = _light(small, weight), _light(usual, np.ones(usual.shape[:2], np.float32))
    of_light = (here.mean() / there.mean()) ** FOLLOWS[0]
    of_colour = (here / here.mean() / (there / there.mean())) ** FOLLOWS[1]
    gain = np.clip(of_light * of_colour, DIMMEST, BRIGHTEST).astype(np.float32)
    air = ((small * weight[..., None]).sum((0, 1)) / weight.sum()).astype(np.float32)
    return Look(gain, air, *_texture(init, share))


def _light(pixels: Pixels, weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the light (3,) that falls on a picture, above 0: the mean colour of its brightest surfaces."""
    flat, heavy = (pixels.reshape(-1, 3) + 1) / 2, weight.ravel()
    order = np.argsort(flat.mean(1), kind="stable")
    below = np.cumsum(heavy[order]) / heavy.sum()
    heavy = heavy[order] * (below >= BRIGHT)
    return np.asarray(heavy @ flat[order] / heavy.sum() + 0.04, np.float32)


def _texture(init: Pixels, share: NDArray[np.float32]) -> tuple[float, float]:
    """Return the blur of a picture's edges and the grain of its plain surfaces, as standard deviations.

    Grain: the median of a Laplacian that is blind to slopes (Immerkaer 1996). Blur: how an edge's difference over one
    pixel compares with that over two, 1/2 where edges are sharp and 1/4 where they are wide.
    """
    light = init.mean(2)
    known = np.flatnonzero(share[1:-1, 1:-1].ravel() == 0)
    if len(known) < 64:
        return 0.0, 0.0
    known = known[:: 1 + len(known) // SAMPLES]
    twice = light[:, :-2] - 2 * light[:, 1:-1] + light[:, 2:]
    rough = np.abs(twice[:-2] - 2 * twice[1:-1] + twice[2:]).ravel()[known]
    grain = float(np.median(rough)) / 0.6745 / 6
    left, here, right = (light[1:-1, i : i + light.shape[1] - 2].ravel()[known] for i in (0, 1, 2))
    one, two = np.square(here - left), np.square(right - left)
    edges = two > np.quantile(two, 0.97)
    if not edges.any():  # a plain picture has none
        return 0.0, min(grain, COARSEST)
    ratio = float((one[edges].mean() - 2 * grain**2) / max(two[edges].mean() - 2 * grain**2, 1e-6))
    soft = SOFTEST * float(np.clip((0.48 - ratio) / (0.48 - 0.27), 0, 1))
    return soft, min(grain, COARSEST)
