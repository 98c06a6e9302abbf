"""From a request to a denoiser and a place to start: text-to-image, image-to-image, and masks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .decode import Held, decode, from_bytes, heaviest, to_bytes
from .denoiser import Denoiser
from .exemplars import Box, Exemplars, Painter, Pixels, Reading, Scene, layout_seeds
from .guidance import CLIP_PULL, Guidance, painted
from .image_to_image import Places
from .latent import FACTOR, Planes, enlarge, planes, shrink
from .masking import Known, box_of, opening, pasted
from .mixture import Variation
from .mood import in_mood
from .protocol import EngineRequest, Placement, Prompt, Trace

__all__ = ["Task", "from_init", "from_words"]

EXEMPLARS = 10
CANDIDATES, NEAREST = 16, 6
"""With an init image: layouts looked at, and those most like it that become exemplars."""


@dataclass(frozen=True, eq=False)
class Task:
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

    def trace(self) -> Trace:
        """What the engine believed on the way, and where the winning exemplar has its things."""
        winner = self.denoiser.exemplars.scenes[heaviest(self.denoiser.weights)[0][0]]
        return Trace(
            tuple(self.denoiser.trace or ()), tuple(Placement(thing.entry, thing.box) for thing in winner.placements)
        )


def from_words(painter: Painter, request: EngineRequest) -> Task:
    """Text-to-image: the exemplars are the prompt's scenes, and the noise lies over their mean."""
    words = _Words.of(painter, request)
    exemplars = painted(painter, words.scenes(EXEMPLARS), request, words.guidance)
    return Task(words.denoiser(exemplars), exemplars.latents.mean(0), request.seed)


def from_init(painter: Painter, request: EngineRequest, share: float) -> Task:
    """Image-to-image, with or without a mask: the noise lies over the init image, which keeps `share` of its places."""
    if request.init_image is None:
        raise ValueError("this task begins with an init image, and the request has none")
    words = _Words.of(painter, request)
    pixels = from_bytes(request.init_image)
    latent = planes(shrink(pixels, *words.size))
    known = None if request.mask is None else Known.of(latent, request.mask)
    if words.names_nothing:
        exemplars, places = _in_mood(words, pixels, 1 - share), None
        origin = exemplars.latents[0]  # the init image already, as far as it changes
    else:
        exemplars, origin = _drawn_into(words, pixels, latent), latent
        places = Places.of(latent, share, words.variation, exemplars.light) if share > 0 else None

    def held(winner: Planes) -> Held | None:
        if places is None and known is None:
            return None
        small = np.zeros(words.size, np.float32) if places is None else places.kept(winner)
        full = np.clip(enlarge(small[..., None], request.height, request.width)[..., 0], 0, 1)
        if known is not None and request.mask is not None:
            small, full = 1 - known.free * (1 - small), 1 - opening(request.mask) * (1 - full)
        return Held(pixels, latent, full, small)

    return Task(words.denoiser(exemplars, places, known), origin, request.seed, held)


def _in_mood(words: "_Words", init: Pixels, share: float) -> Exemplars:
    """The init image itself, as the prompt's mood would have it."""
    (scene,) = words.scenes(1)
    return in_mood(words.painter, words.reading, scene, init, share, words.guidance, words.request.style_preset)


def _drawn_into(words: "_Words", init: Pixels, latent: Planes) -> Exemplars:
    """Objects alone, inside a mask: the init image with them. Else whole scenes, those most like the init image."""
    painter, request = words.painter, words.request
    region = None if request.mask is None else box_of(request.mask)
    if region is not None and not words.reading.has_scene:
        scenes = words.scenes(NEAREST, region)
        if any(scene.placements for scene in scenes):
            return pasted(painter, scenes, request, init, words.guidance)
    return painted(painter, words.scenes(CANDIDATES, region), request, words.guidance, like=latent, most=NEAREST)


@dataclass(frozen=True, eq=False)
class _Words:
    """A request's prompts, read."""

    painter: Painter
    request: EngineRequest
    reading: Reading
    names_nothing: bool
    """Moods and colours alone, or negative prompts alone: with an init image, nothing is to be drawn."""
    guidance: Guidance
    variation: Variation
    size: tuple[int, int]
    """The latent's height and width."""

    @staticmethod
    def of(painter: Painter, request: EngineRequest) -> "_Words":
        size = request.height // FACTOR, request.width // FACTOR
        positive = tuple(prompt for prompt in request.prompts if prompt.weight > 0)
        negative = tuple(prompt for prompt in request.prompts if prompt.weight < 0)
        reading = painter.without(painter.read(positive or (Prompt(""),)), negative)
        guidance = Guidance.of(painter, request.cfg_scale, negative, *size)
        nothing = reading.mood_only or not positive
        return _Words(painter, request, reading, nothing, guidance, Variation.natural(*size), size)

    def denoiser(self, exemplars: Exemplars, places: Places | None = None, known: Known | None = None) -> Denoiser:
        """The request's denoiser for these exemplars."""
        clip_pull = CLIP_PULL[self.request.clip_guidance_preset]
        return Denoiser(exemplars, self.variation, clip_pull, places, known, [] if self.request.trace else None)

    def scenes(self, count: int, region: Box | None = None) -> list[Scene]:
        """The first layouts that belong to the seed."""
        aspect = self.request.width / self.request.height
        return [
            self.painter.compose(self.reading, seed, aspect, region) for seed in layout_seeds(self.request.seed, count)
        ]
