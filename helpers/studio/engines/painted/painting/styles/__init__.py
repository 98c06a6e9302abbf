"""Style presets and media: how an exemplar is painted, at any size.

A style is not a filter on the finished picture: every exemplar of the mixture is painted in it, so the denoiser pulls the
latent towards it from the first step, and it shows in the guess long before the last.
"""

import numpy as np
from numpy.typing import NDArray

from ..filters import Picture
from . import media, presets
from .isometric import diorama
from .subject import Style, Things

__all__ = ["STYLES", "apply", "diorama"]

STYLES: dict[str, Style] = {**presets.PRESETS, **media.MEDIA}


def apply(pixels: Picture, names: tuple[str, ...], seed: int, things: Things = None) -> NDArray[np.float32]:
    """Return (height, width, 3) float32 in [-1, 1] in the named styles, one after another; other names change nothing.

    `things`, (height, width) in [0, 1], says where what the picture is of is. Without it a style guesses its subject.
    """
    for name in names:
        if name in STYLES:
            pixels = np.clip(STYLES[name](pixels, seed % 97, things), -1, 1)
    return pixels.astype(np.float32, copy=False)
