"""Masks: the init image put back at every step where a mask keeps it, and copied byte for byte at the end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import Task

from .exemplars import Box, Exemplars, Painter, Pixels, SceneLike
from .guidance import Guidance
from .latent import FACTOR, Planes, colours, enlarge, planes, shrink

__all__ = ["KeptArea", "box_of", "composite", "opening", "pasted"]


@dataclass(frozen=True, eq=False)
class KeptArea:
    """The part of an init image that a mask keeps."""

    init: Planes
    free: NDArray[np.float32]
    """(height, width) in [0, 1]: 1 where the picture may change."""

    @staticmethod
    def of(init: Planes, mask: NDArray[np.uint8]) -> "KeptArea":
        """Return the area that `mask` keeps; it has the picture's size, and 255 where the picture may change."""
        return KeptArea(init, shrink(opening(mask)[..., None], *init.shape[1:])[..., 0])

    def impose(self, denoised: Planes) -> Planes:
        """Put what is kept back into the guess (RePaint, Lugmayr et al. 2022, arXiv 2201.09865, does so to the sample)."""
        return self.init + self.free * (denoised - self.init)


def opening(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how far each pixel may change, (height, width) in [0, 1]."""
    return mask.astype(np.float32) / np.float32(255)


def box_of(mask: NDArray[np.uint8]) -> Box:
    """Return the smallest box around the mask's pixels that are at least half open.

    Where there are none, it is the box around all that are open at all; for a shut mask, the whole picture.
    """
    open_ = mask >= 128 if (mask >= 128).any() else mask > 0
    rows, columns = np.flatnonzero(open_.any(1)), np.flatnonzero(open_.any(0))
    if not rows.size:
        return (0.0, 0.0, 1.0, 1.0)
    height, width = mask.shape
    return (columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height)


def pasted(painter: Painter, scenes: Sequence[SceneLike], task: Task, init: Pixels, guidance: Guidance) -> Exemplars:
    """Return exemplars that show the init image with the scenes' objects in it: "add a sheep".

    The unconditional knows the init image too, but not what is added, so guidance moves only the objects.
    """
    width, height, style = task.width, task.height, task.style_preset
    size = width // FACTOR, height // FACTOR
    below = shrink(init, size[1], size[0])
    smooth = colours(guidance.smooth)

    def paste(scene: SceneLike) -> Pixels:
        cut = painter.paint_objects(scene, width, height, style)
        return _over(cut, guidance.scale, enlarge(smooth, height, width), init)

    cuts = [painter.paint_objects(scene, *size, style) for scene in scenes]
    small = np.stack([planes(_over(cut, guidance.scale, smooth, below)) for cut in cuts])
    return Exemplars(tuple(scenes), small, paste, presence=np.stack([cut[..., 3] for cut in cuts]))


def composite(new: NDArray[np.uint8], init: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return new where the mask is 255, the init image's own bytes where it is 0, linear between, rounded in integers."""
    share = mask.astype(np.uint32)[..., None]
    return ((share * new + (255 - share) * init + 127) // 255).astype(np.uint8)


def _over(cut: NDArray[np.float32], scale: float, smooth: Pixels, below: Pixels) -> Pixels:
    """Lay a cut-out (height, width, 4), moved by guidance, over a picture."""
    return below + cut[..., 3:] * (scale * cut[..., :3] + smooth - below)
