"""The exemplars: the pictures that a painter paints for a prompt, which take the place of a trained model's training set.

The diffusion knows a painter by the six functions of `Painter`, and what they give back by three protocols. So it depends
on no art, and any painter can take the place of ours.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import Prompt

from .latent import Planes, planes

__all__ = [
    "Box",
    "Exemplars",
    "Painter",
    "Pixels",
    "Placed",
    "ReadingLike",
    "SceneLike",
    "layout_seeds",
    "most_alike",
    "small",
]

Pixels = NDArray[np.float32]
"""(height, width, 3): red, green and blue in [-1, 1]."""
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 from the upper left, in shares of the picture's sides."""


class Placed(Protocol):
    """A thing in a scene and where it is."""

    @property
    def entry(self) -> str: ...
    @property
    def box(self) -> Box: ...


class SceneLike(Hashable, Protocol):
    """One layout of a reading, which can be painted at any size."""

    @property
    def placements(self) -> Sequence[Placed]: ...


class ReadingLike(Hashable, Protocol):
    """A painter's reading of some prompts."""

    @property
    def unknown(self) -> tuple[str, ...]: ...
    @property
    def mood_only(self) -> bool: ...
    @property
    def has_scene(self) -> bool: ...


def _as_it_is(reading: Any, negatives: tuple[Prompt, ...]) -> Any:
    return reading


@dataclass(frozen=True)
class Painter:
    """The way from prompts to pixels. Each function returns the same for the same arguments, whatever was called before."""

    read: Callable[[tuple[Prompt, ...]], Any]
    """Prompts to a ReadingLike."""
    compose: Callable[[Any, int, float, Box | None], Any]
    """(reading, layout seed, width / height, box for the objects or None) to a SceneLike."""
    paint: Callable[[Any, int, int, str | None], Pixels]
    """(scene, width, height, style) to pixels."""
    paint_objects: Callable[[Any, int, int, str | None], NDArray[np.float32]]
    """The same for the objects alone: (height, width, 4), straight colour in [-1, 1] and alpha in [0, 1]."""
    restyle: Callable[[Any, Pixels, str | None], Pixels]
    """(scene, any pixels, style) to those pixels in the style, and in the media and moods that the scene's prompt names."""
    without: Callable[[Any, tuple[Prompt, ...]], Any] = _as_it_is
    """(reading, negative prompts) to a reading whose scenes show less of what these name, down to nothing at weight -1."""


@dataclass(frozen=True, eq=False)
class Exemplars:
    """The pictures that a prompt allows, moved by guidance: as latents, and ready to be painted again at full size."""

    scenes: tuple[SceneLike, ...]
    latents: Planes
    """(N, 3, height, width)."""
    redraw: Callable[[SceneLike], Pixels]
    """Paints one of the scenes at full size; its latent shows scale * redraw + smooth."""
    scale: float = 1.0
    smooth: Planes | float = 0.0
    textured: bool = False
    """True where all is painted, and the decoder adds the finest texture; an init image has its own."""
    presence: NDArray[np.float32] | None = None
    """(N, height, width) in [0, 1]: where each shows something of its own; None: everywhere."""

    @property
    def light(self) -> Planes:
        """Difference that guidance makes to their mean, (3, height, width)."""
        guided = self.latents.mean(0)
        return guided - (guided - self.smooth) / self.scale


def layout_seeds(seed: int, count: int) -> list[int]:
    """Return the seeds of the first `count` layouts that belong to a picture's seed."""
    return [int(number) for number in np.random.default_rng([seed, 1]).integers(2**31, size=count)]


@lru_cache(maxsize=128)
def small(painter: Painter, scene: SceneLike, width: int, height: int, style: str | None) -> Planes:
    """Return a scene as a read-only latent (3, height, width), cached: a sweep over any other control asks for it again."""
    latent = planes(painter.paint(scene, width, height, style))
    latent.flags.writeable = False
    return latent


def most_alike(latents: Planes, init: Planes, count: int) -> list[int]:
    """Return the indices of the `count` latents whose light and dark lie most like the init image's, nearest first.

    Their mean light does not count.
    """
    light = latents[:, 0] - latents[:, 0].mean((1, 2), keepdims=True)
    wanted = init[0] - init[0].mean()
    distance = np.square(light - wanted).sum((1, 2))
    return [int(i) for i in np.argsort(distance, kind="stable")[:count]]
