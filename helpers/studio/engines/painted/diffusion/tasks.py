"""From a task to a denoiser and a place to start: text-to-image, image-to-image, and masks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers.studio.protocol import ImageToImage, Inpaint, Prompt, Task, TextToImage

from .decode import Held, decode, from_bytes, heaviest, to_bytes
from .denoiser import Denoiser
from .exemplars import Box, Exemplars, Painter, Pixels, Reading, Scene, layout_seeds
from .guidance import CLIP_PULL, Guidance, painted
from .image_to_image import Places
from .latent import FACTOR, Planes, enlarge, planes, shrink
from .masks import Known, box_of, opening, pasted
from .mixture import Variation
from .mood import in_mood
from .trace import PaintedTrace, Placement

__all__ = ["Diffusion", "from_init", "from_words"]

EXEMPLARS = 10
CANDIDATES, NEAREST = 16, 6
"""With an init image: layouts looked at, and those most like it that become exemplars."""


@dataclass(frozen=True, eq=False)
class Diffusion:
    """What a sampler needs, and the way back to pixels."""

    denoiser: Denoiser
    origin: Planes
    """What the first noise is laid over."""
    seed: int
    held: Callable[[Planes], Held | None] = lambda _: None
    """From the exemplar that won (as a latent) to what is held of the init image."""

    def picture(self, x: Planes) -> NDArray[np.uint8]:
        """The finished latent as (height, width, 3) bytes."""
        weights = self.denoiser.weights
        held = self.held(self.denoiser.mixture.mean(weights))
        return to_bytes(decode(x, self.denoiser.exemplars, weights, self.seed, held))

    def trace(self) -> PaintedTrace:
        """What the engine believed on the way, and where the winning exemplar has its things."""
        winner = self.denoiser.exemplars.scenes[heaviest(self.denoiser.weights)[0][0]]
        return PaintedTrace(
            tuple(self.denoiser.trace or ()), tuple(Placement(thing.entry, thing.box) for thing in winner.placements)
        )


def from_words(painter: Painter, task: TextToImage, *, traced: bool = False) -> Diffusion:
    """Text-to-image: the exemplars are the prompt's scenes, and the noise lies over their mean."""
    words = _Words.of(painter, task, traced)
    exemplars = painted(painter, words.scenes(EXEMPLARS), task, words.guidance)
    return Diffusion(words.denoiser(exemplars), exemplars.latents.mean(0), task.seed)


def from_init(painter: Painter, task: ImageToImage | Inpaint, share: float, *, traced: bool = False) -> Diffusion:
    """Image-to-image, with or without a mask: the noise lies over the init image, which keeps `share` of its places."""
    words = _Words.of(painter, task, traced)
    pixels = from_bytes(task.init_image)
    latent = planes(shrink(pixels, *words.size))
    mask = task.mask if isinstance(task, Inpaint) else None
    known = None if mask is None else Known.of(latent, mask)
    if words.names_nothing:
        exemplars, places = _in_mood(words, pixels, 1 - share), None
        origin = exemplars.latents[0]  # the init image already, as far as it changes
    else:
        exemplars, origin = _drawn_into(words, pixels, latent, mask), latent
        places = Places.of(latent, share, words.variation, exemplars.light) if share > 0 else None

    def held(winner: Planes) -> Held | None:
        if places is None and known is None:
            return None
        small = np.zeros(words.size, np.float32) if places is None else places.kept(winner)
        full = np.clip(enlarge(small[..., None], task.height, task.width)[..., 0], 0, 1)
        if known is not None and mask is not None:
            small, full = 1 - known.free * (1 - small), 1 - opening(mask) * (1 - full)
        return Held(pixels, latent, full, small)

    return Diffusion(words.denoiser(exemplars, places, known), origin, task.seed, held)


def _in_mood(words: "_Words", init: Pixels, share: float) -> Exemplars:
    """The init image itself, as the prompt's mood would have it."""
    (scene,) = words.scenes(1)
    return in_mood(words.painter, words.reading, scene, init, share, words.guidance, words.task.style_preset)


def _drawn_into(words: "_Words", init: Pixels, latent: Planes, mask: NDArray[np.uint8] | None) -> Exemplars:
    """Objects alone, inside a mask: the init image with them. Else whole scenes, those most like the init image."""
    painter, task = words.painter, words.task
    region = None if mask is None else box_of(mask)
    if region is not None and not words.reading.has_scene:
        scenes = words.scenes(NEAREST, region)
        if any(scene.placements for scene in scenes):
            return pasted(painter, scenes, task, init, words.guidance)
    return painted(painter, words.scenes(CANDIDATES, region), task, words.guidance, like=latent, most=NEAREST)


@dataclass(frozen=True, eq=False)
class _Words:
    """A task's prompts, read."""

    painter: Painter
    task: Task
    traced: bool
    reading: Reading
    names_nothing: bool
    """Moods and colours alone, or negative prompts alone: with an init image, nothing is to be drawn."""
    guidance: Guidance
    variation: Variation
    size: tuple[int, int]
    """The latent's height and width."""

    @staticmethod
    def of(painter: Painter, task: Task, traced: bool) -> "_Words":
        size = task.height // FACTOR, task.width // FACTOR
        positive = tuple(prompt for prompt in task.prompts if prompt.weight > 0)
        negative = tuple(prompt for prompt in task.prompts if prompt.weight < 0)
        reading = painter.without(painter.read(positive or (Prompt(""),)), negative)
        guidance = Guidance.of(painter, task.cfg_scale, negative, *size)
        nothing = reading.mood_only or not positive
        return _Words(painter, task, traced, reading, nothing, guidance, Variation.natural(*size), size)

    def denoiser(self, exemplars: Exemplars, places: Places | None = None, known: Known | None = None) -> Denoiser:
        """The task's denoiser for these exemplars."""
        clip_pull = CLIP_PULL[self.task.clip_guidance_preset]
        return Denoiser(exemplars, self.variation, clip_pull, places, known, [] if self.traced else None)

    def scenes(self, count: int, region: Box | None = None) -> list[Scene]:
        """The first layouts that belong to the seed."""
        aspect = self.task.width / self.task.height
        return [
            self.painter.compose(self.reading, seed, aspect, region) for seed in layout_seeds(self.task.seed, count)
        ]
