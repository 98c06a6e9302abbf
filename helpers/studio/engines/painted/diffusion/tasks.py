"""A task made ready for a sampler, with the way back to pixels; and text-to-image, which needs no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import TextToImage

from ..interface import Painter, Pixels, ReadingLike, Standing
from .decode import add_texture, guided, varied
from .denoiser import CLIP_PULL, Denoiser
from .factors import LIGHT, SKY, Plan
from .latent import Planes
from .plans import Request, mixture_of
from .trace import PaintedTrace, TracedThing

__all__ = ["Diffusion", "Winner", "from_words", "request_of"]


@dataclass(frozen=True, eq=False)
class Winner:
    """The exemplar that a run ended with."""

    plan: Plan
    scene: Any
    """The plan's, with its things."""
    light: tuple[float, float]
    """Contrast and warmth."""
    soft: Planes
    """(3, height, width), as the mixture has it."""
    choices: tuple[tuple[str, Any], ...]
    """Entries of the plan's factors and what was chosen of each."""
    things: Mapping[int, Standing]
    """The things that are there, by their numbers in the reading."""


@dataclass(frozen=True, eq=False)
class Diffusion:
    """A task made ready for a sampler, with the way back to pixels."""

    request: Request
    seed: int
    denoiser: Denoiser
    origin: Planes
    """The latent that the first noise is added to."""
    contrast: float = 1.0
    """Share (0..1) of guidance's contrast: an init image keeps its own."""
    opening: NDArray[np.float32] | None = None
    """(height, width) of the latent in [0, 1]: how far a mask lets each cell change; None: there is no mask."""

    def winner(self) -> Winner:
        """Return the exemplar that the last guess believes in most."""
        assert self.denoiser.last is not None
        mixture, belief = self.denoiser.last
        plan, chosen, soft = mixture.winner(belief)
        place = next((one.choice for one in chosen if one.entry == SKY), plan.scene)
        light = next((one.choice for one in chosen if one.entry == LIGHT), (1.0, 0.0))
        things = {one.thing: one.choice for one in chosen if one.thing is not None and one.choice is not None}
        scene = self.request.painter.staged(place, list(things.values()), plan.mirrored)
        return Winner(plan, scene, light, soft, tuple((one.entry, one.choice) for one in chosen), things)

    def picture(self, x: Planes) -> NDArray[np.uint8]:
        """Return the finished latent as a picture, (height, width, 3) in 0..255."""
        winner = self.winner()
        if winner.plan.redraw is not None:
            pixels = varied(winner.plan.redraw(winner.scene), x, winner.soft)
            return guided(pixels, self.request.cfg_scale, self.contrast, winner.light)
        turn = -1 if winner.plan.mirrored else 1
        sharp = varied(self._painted(winner), x[..., ::turn], winner.soft[..., ::turn])
        return np.ascontiguousarray(guided(sharp, self.request.cfg_scale, 1.0, winner.light)[:, ::turn])

    def _painted(self, winner: Winner) -> Pixels:
        """Return the winner's scene at full size, with a texture finer than the latent."""
        sharp = _whole(self.request.painter, winner.scene, self.request.width, self.request.height, self.request.style)
        sharp = sharp.copy()
        add_texture(sharp, self.seed)
        return sharp

    def trace(self) -> PaintedTrace:
        """Return what the engine believed on the way, and where the winning exemplar has its things."""
        winner = self.winner()
        return PaintedTrace(
            tuple(self.denoiser.trace or ()),
            tuple(_things(winner.scene.placements, winner.plan.mirrored)),
            winner.choices,
            winner.plan.scene,
            winner.plan.mirrored,
        )


def request_of(painter: Painter, task: Any, reading: ReadingLike) -> Request:
    """Return what a task's mixture depends on."""
    return Request(painter, reading, task.cfg_scale, task.width, task.height, task.style_preset)


def from_words(painter: Painter, task: TextToImage, *, traced: bool = False) -> Diffusion:
    """Prepare text-to-image: the noise is added to the mean of all that the prompt allows."""
    request = request_of(painter, task, painter.read(task.prompts))
    mixture = mixture_of(request)
    denoiser = Denoiser(mixture, CLIP_PULL[task.clip_guidance_preset], trace=[] if traced else None)
    return Diffusion(request, task.seed, denoiser, mixture.mean(mixture.prior_belief()))


@lru_cache(maxsize=2)
def _whole(painter: Painter, scene: Any, width: int, height: int, style: str | None) -> Pixels:
    """Return a scene at full size. The last two are kept: a sweep over a sampler or its steps often ends with the same."""
    return painter.paint(scene, width, height, style)


def _things(placements: Sequence[Any], mirrored: bool) -> list[TracedThing]:
    out = []
    for place in placements:
        x0, y0, x1, y1 = place.box
        out.append(TracedThing(place.entry, (1 - x1, y0, 1 - x0, y1) if mirrored else (x0, y0, x1, y1)))
    return out
