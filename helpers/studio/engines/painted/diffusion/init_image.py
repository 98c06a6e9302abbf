"""What an init image shows, whatever is asked of it: flat, without its main thing, its horizon. Found once per image.

A sweep over strengths or seeds sends the same init image many times, so the last two are kept with all that was found.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ..filling import fill, smooth_fill
from ..interface import Pixels
from .decode import from_bytes
from .flatten import flattened
from .latent import FACTOR, Planes, colours, enlarge, low_pass, planes, shrink
from .subject import Subject, horizon_of, subject_of

__all__ = ["InitImage", "init_image"]

SMALL = 128
"""The shorter side of what is painted small, so that its regions are large and their borders soft."""
SURE = 0.1
"""A main thing that is less sure than this is none."""
GROWN = 0.04
"""How far beyond the main thing the hole goes, in shares of the mean side: past its soft rim and its nearest shadow."""
NEARBY, NEAR = 0.1, 6.0
"""Deviation of the blur that says what is close to the main thing, in shares of the mean side, and its gain."""
LARGE = 0.33
"""Share of the picture from which a hole is too large to be continued from around it."""
BROAD = 0.05
"""Deviation of the blur that leaves broad colours, in shares of the mean side."""
ABSTRACT, FADED = 0.016, 0.6
"""Deviation of the blur before the most abstract redrawing, in shares of the mean side, and how far that fades into the
backdrop where the main thing is large."""


@dataclass(frozen=True, eq=False)
class InitImage:
    """An init image. What it shows is computed when it is first asked for; all arrays are read and never written."""

    pixels: Pixels

    @cached_property
    def latent(self) -> Planes:
        """The image at the latent's size, (3, height, width)."""
        height, width, _ = self.pixels.shape
        return planes(shrink(self.pixels, height // FACTOR, width // FACTOR))

    @cached_property
    def flat(self) -> Pixels:
        """A redrawing in flat regions."""
        return flattened(self.pixels, 1.0)

    @cached_property
    def flat_latent(self) -> Planes:
        """The redrawing at the latent's size: of the image at a half or a quarter of its size, which is as good for that."""
        height, width, _ = self.pixels.shape
        factor = 1
        while min(height, width) >= 4 * factor * SMALL and height % (16 * factor) == width % (16 * factor) == 0:
            factor *= 2
        flat = flattened(shrink(self.pixels, height // factor, width // factor), 1.0)
        return planes(shrink(flat, *self.latent.shape[1:]))

    def abstract(self, amount: float) -> Pixels:
        """Return the redrawing in ever larger regions: at `amount` 0 it is `flat`, at 0.5 a face has still its eyes and mouth,
        at 1 it is a few broad shapes, faded into the backdrop."""
        if amount <= 0:
            return self.flat
        there = enlarge(self._abstract_small(amount), *self.pixels.shape[:2])
        return there if amount >= 0.5 else self.flat + np.float32(2 * amount) * (there - self.flat)

    def abstract_latent(self, amount: float) -> Planes:
        """Return the same at the latent's size."""
        if amount <= 0:
            return self.flat_latent
        there = planes(shrink(self._abstract_small(amount), *self.latent.shape[1:]))
        return self.flat_latent + np.float32(min(1.0, 2 * amount)) * (there - self.flat_latent)

    def _abstract_small(self, amount: float) -> Pixels:
        if amount <= 0.5:
            return self.bold
        more = np.float32(2 * amount - 1)
        pixels = flattened(colours(low_pass(planes(self.small), ABSTRACT * float(more))), 1.0)
        return pixels + FADED * more * (self.empty_small - pixels) if self.is_large else pixels

    @cached_property
    def small(self) -> Pixels:
        """The image at the size of what is painted small."""
        height, width, _ = self.pixels.shape
        factor = SMALL / (8 * min(height, width))
        return shrink(self.pixels, 8 * round(factor * height), 8 * round(factor * width))

    @cached_property
    def bold(self) -> Pixels:
        """A redrawing in large regions, painted small."""
        return flattened(self.small, 1.0)

    @cached_property
    def subject(self) -> Subject | None:
        """The main thing, where there seems to be one."""
        found = subject_of(self.latent)
        return found if found.sure >= SURE else None

    @cached_property
    def horizon(self) -> float | None:
        """In hundredths of the height, where there seems to be one."""
        return horizon_of(self.latent)

    @cached_property
    def hole(self) -> NDArray[np.float32]:
        """What goes when the main thing goes, (height, width) of the latent in [0, 1]: its map, the ellipse in its box, what
        is close to them, and what close by is no background either."""
        _, rows, columns = self.latent.shape
        if self.subject is None:
            return np.zeros((rows, columns), np.float32)
        x0, y0, x1, y1 = self.subject.box
        y, x = (np.arange(rows)[:, None] + 0.5) / rows, (np.arange(columns) + 0.5) / columns
        within = np.square((2 * x - x0 - x1) / (x1 - x0)) + np.square((2 * y - y0 - y1) / (y1 - y0)) < 1
        thing = np.maximum(self.subject.map, within).astype(np.float32)
        close = np.clip(NEAR * low_pass(thing[None], NEARBY)[0], 0, 1)
        thing = np.maximum(thing, np.clip(2 * self.subject.foreign * close - 0.5, 0, 1))
        return np.clip(12 * low_pass(thing[None], GROWN)[0] - 0.5, 0, 1)

    @cached_property
    def is_large(self) -> bool:
        """True where too little is left around the main thing to copy from."""
        return float(self.hole.mean()) > LARGE

    @cached_property
    def broad(self) -> Planes:
        """The redrawing at the latent's size in broad colours, and without its main thing."""
        return low_pass(planes(smooth_fill(colours(self.flat_latent), self.hole)), BROAD)

    @cached_property
    def empty_small(self) -> Pixels:
        """The bold redrawing without its main thing: continued from around a small one, a backdrop behind a large one."""
        height, width, _ = self.small.shape
        if self.is_large:
            return flattened(enlarge(colours(self.broad), height, width), 1.0)
        hole = np.clip(enlarge(self.hole[..., None], height, width)[..., 0], 0, 1)
        return fill(self.bold, np.where(hole < 0.01, np.float32(0), hole))

    @cached_property
    def empty(self) -> Pixels:
        """The same at full size."""
        return enlarge(self.empty_small, *self.pixels.shape[:2])

    @cached_property
    def empty_latent(self) -> Planes:
        """The same at the latent's size."""
        return planes(shrink(self.empty_small, *self.latent.shape[1:]))


def init_image(pixels: NDArray[np.uint8]) -> InitImage:
    """Return what is known of an init image, (height, width, 3) in 0..255."""
    return _known(pixels.tobytes(), *pixels.shape[:2])


@lru_cache(maxsize=2)
def _known(data: bytes, height: int, width: int) -> InitImage:
    pixels = from_bytes(np.frombuffer(data, np.uint8).reshape(height, width, 3))
    pixels.flags.writeable = False
    return InitImage(pixels)
