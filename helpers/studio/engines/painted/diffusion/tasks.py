"""The denoiser and the first latent of each task: text-to-image, image-to-image, inpainting."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import ImageToImage, Inpaint, Prompt, Task, TextToImage

from .decode import Held, decode, from_bytes, heaviest, to_bytes
from .denoiser import Denoiser
from .exemplars import Box, Exemplars, Painter, Pixels, ReadingLike, SceneLike, layout_seeds
from .guidance import CLIP_PULL, Guidance, painted
from .image_to_image import Places
from .latent import FACTOR, Planes, enlarge, planes, shrink
from .masks import KeptArea, box_of, opening, pasted
from .mixture import Variation
from .mood import in_mood
from .trace import PaintedTrace, TracedThing

__all__ = ["Diffusion", "from_init", "from_words"]

EXEMPLARS = 10
CANDIDATES, NEAREST = 16, 6
"""With an init image: how many layouts to choose from, and how many of them, those most like it, become exemplars."""


@dataclass(frozen=True, eq=False)
class Diffusion:
    """A task made ready for a sampler, with the way back to pixels."""

    denoiser: Denoiser
    origin: Planes
    """The latent that the first noise is added to."""
    seed: int
    held: Callable[[Planes], Held | None] = lambda _: None
    """Maps the winning exemplar's latent to what is kept of the init image."""

    def picture(self, x: Planes) -> NDArray[np.uint8]:
        """Return the finished latent as a picture, (height, width, 3) in 0..255."""
        weights = self.denoiser.weights
        held = self.held(self.denoiser.mixture.mean(weights))
        return to_bytes(decode(x, self.denoiser.exemplars, weights, self.seed, held))

    def trace(self) -> PaintedTrace:
        """Return what the engine believed on the way, and where the winning exemplar has its things."""
        winner = self.denoiser.exemplars.scenes[heaviest(self.denoiser.weights)[0][0]]
        return PaintedTrace(
            tuple(self.denoiser.trace or ()), tuple(TracedThing(thing.entry, thing.box) for thing in winner.placements)
        )


def from_words(painter: Painter, task: TextToImage, *, traced: bool = False) -> Diffusion:
    """Prepare text-to-image: the exemplars are the prompt's scenes, and the noise is added to their mean."""
    asked = _Asked.of(painter, task, traced)
    exemplars = painted(painter, asked.scenes(EXEMPLARS), task, asked.guidance)
    return Diffusion(asked.denoiser(exemplars), exemplars.latents.mean(0), task.seed)


def from_init(painter: Painter, task: ImageToImage | Inpaint, share: float, *, traced: bool = False) -> Diffusion:
    """Prepare image-to-image or inpainting: the noise is added to the init image, of which `share` (0..1) stays."""
    asked = _Asked.of(painter, task, traced)
    pixels = from_bytes(task.init_image)
    latent = planes(shrink(pixels, *asked.size))
    mask = task.mask if isinstance(task, Inpaint) else None
    kept_area = None if mask is None else KeptArea.of(latent, mask)
    if asked.names_nothing:
        exemplars, places = _in_mood(asked, pixels, 1 - share), None
        origin = exemplars.latents[0]  # the init image already, as far as it changes
    else:
        exemplars, origin = _drawn_into(asked, pixels, latent, mask), latent
        places = Places.of(latent, share, asked.variation, exemplars.light) if share > 0 else None

    def held(winner: Planes) -> Held | None:
        if places is None and kept_area is None:
            return None
        small = np.zeros(asked.size, np.float32) if places is None else places.kept(winner)
        full = np.clip(enlarge(small[..., None], task.height, task.width)[..., 0], 0, 1)
        if kept_area is not None and mask is not None:
            small, full = 1 - kept_area.free * (1 - small), 1 - opening(mask) * (1 - full)
        return Held(pixels, latent, full, small)

    return Diffusion(asked.denoiser(exemplars, places, kept_area), origin, task.seed, held)


def _in_mood(asked: "_Asked", init: Pixels, share: float) -> Exemplars:
    """Return the init image itself as the prompt's mood would have it."""
    (scene,) = asked.scenes(1)
    return in_mood(asked.painter, asked.reading, scene, init, share, asked.guidance, asked.task.style_preset)


def _drawn_into(asked: "_Asked", init: Pixels, latent: Planes, mask: NDArray[np.uint8] | None) -> Exemplars:
    """Return the init image with the prompt's objects, where it names only those and there is a mask; else whole scenes.

    The scenes are those that are most like the init image.
    """
    painter, task = asked.painter, asked.task
    region = None if mask is None else box_of(mask)
    if region is not None and not asked.reading.has_scene:
        scenes = asked.scenes(NEAREST, region)
        if any(scene.placements for scene in scenes):
            return pasted(painter, scenes, task, init, asked.guidance)
    return painted(painter, asked.scenes(CANDIDATES, region), task, asked.guidance, like=latent, most=NEAREST)


@dataclass(frozen=True, eq=False)
class _Asked:
    """A task with its prompts read."""

    painter: Painter
    task: Task
    traced: bool
    reading: ReadingLike
    names_nothing: bool
    """True for moods and colours alone, or negative prompts alone: with an init image, there is nothing to draw."""
    guidance: Guidance
    variation: Variation
    size: tuple[int, int]
    """The latent's height and width."""

    @staticmethod
    def of(painter: Painter, task: Task, traced: bool) -> "_Asked":
        size = task.height // FACTOR, task.width // FACTOR
        positive = tuple(prompt for prompt in task.prompts if prompt.weight > 0)
        negative = tuple(prompt for prompt in task.prompts if prompt.weight < 0)
        reading = painter.without(painter.read(positive or (Prompt(""),)), negative)
        guidance = Guidance.of(painter, task.cfg_scale, negative, *size)
        nothing = reading.mood_only or not positive
        return _Asked(painter, task, traced, reading, nothing, guidance, Variation.natural(*size), size)

    def denoiser(
        self, exemplars: Exemplars, places: Places | None = None, kept_area: KeptArea | None = None
    ) -> Denoiser:
        """Return the task's denoiser for these exemplars."""
        clip_pull = CLIP_PULL[self.task.clip_guidance_preset]
        return Denoiser(exemplars, self.variation, clip_pull, places, kept_area, [] if self.traced else None)

    def scenes(self, count: int, region: Box | None = None) -> list[SceneLike]:
        """Return the first `count` layouts of the task's seed."""
        aspect = self.task.width / self.task.height
        return [
            self.painter.compose(self.reading, seed, aspect, region) for seed in layout_seeds(self.task.seed, count)
        ]
