"""What the diffusion knows of the painter: four functions, and the exemplars made with them."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import Prompt

from .latent import Planes, planes

__all__ = ["Box", "Exemplars", "Painter", "Pixels", "Placed", "Reading", "Scene", "layout_seeds", "most_alike", "small"]

Pixels = NDArray[np.float32]
"""(height, width, 3): red, green and blue in [-1, 1]."""
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in shares of the picture's sides."""


class Placed(Protocol):
    """A thing in a scene, and where it is."""

    @property
    def entry(self) -> str: ...
    @property
    def box(self) -> Box: ...


class Scene(Hashable, Protocol):
    """One layout of what was read; can be painted at any size."""

    @property
    def placements(self) -> Sequence[Placed]: ...


class Reading(Hashable, Protocol):
    """What the painter understood of some prompts."""

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
    """From words to pixels. Each function gives the same for the same arguments, whatever was called before."""

    read: Callable[[tuple[Prompt, ...]], Any]
    """Prompts to a Reading (hashable)."""
    compose: Callable[[Any, int, float, Box | None], Any]
    """(reading, layout seed, width / height, box for the objects or None) to a Scene (hashable)."""
    paint: Callable[[Any, int, int, str | None], Pixels]
    """(scene, width, height, style) to pixels."""
    paint_objects: Callable[[Any, int, int, str | None], NDArray[np.float32]]
    """The same, of the objects alone: (height, width, 4), straight colour in [-1, 1] and alpha in [0, 1]."""
    restyle: Callable[[Any, Pixels, str | None], Pixels]
    """(scene, any pixels, style) to those pixels in the style, and in the media and moods that the scene's prompt names."""
    without: Callable[[Any, tuple[Prompt, ...]], Any] = _as_it_is
    """A Reading, and negative prompts, to a Reading whose scenes do without what they name, the more the weight."""


@dataclass(frozen=True, eq=False)
class Exemplars:
    """The pictures that the prompt allows, guided: at latent size, and ready to be drawn again at the picture's."""

    scenes: tuple[Scene, ...]
    latents: Planes
    """(N, 3, height, width)."""
    redraw: Callable[[Scene], Pixels]
    """One of the scenes at the picture's size: scale * redraw + smooth is what its latent shows."""
    scale: float = 1.0
    smooth: Planes | float = 0.0
    textured: bool = False
    """Painted from nothing, so that the decoder may add the finest texture; an init image has its own."""
    presence: NDArray[np.float32] | None = None
    """(N, height, width) in [0, 1]: where each holds something of its own; None: everywhere."""

    @property
    def light(self) -> Planes:
        """What guidance added to their mean."""
        guided = self.latents.mean(0)
        return guided - (guided - self.smooth) / self.scale


def layout_seeds(seed: int, count: int) -> list[int]:
    """The layouts that belong to a picture's seed."""
    return [int(number) for number in np.random.default_rng([seed, 1]).integers(2**31, size=count)]


@lru_cache(maxsize=128)
def small(painter: Painter, scene: Scene, width: int, height: int, style: str | None) -> Planes:
    """A scene at latent size, (3, height, width), remembered: a sweep over any other control asks for it again."""
    latent = planes(painter.paint(scene, width, height, style))
    latent.flags.writeable = False
    return latent


def most_alike(latents: Planes, init: Planes, count: int) -> list[int]:
    """Which of the latents have their light and dark where the init image has it, the mean light aside; nearest first."""
    light = latents[:, 0] - latents[:, 0].mean((1, 2), keepdims=True)
    wanted = init[0] - init[0].mean()
    distance = np.square(light - wanted).sum((1, 2))
    return [int(i) for i in np.argsort(distance, kind="stable")[:count]]
