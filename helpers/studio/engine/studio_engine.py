"""The offline engine: one picture from one request. Words to exemplars, noise to latent, latent to pixels."""

from dataclasses import dataclass

import numpy as np

from . import schedule, tasks
from .exemplars import Painter
from .image_to_image import share_of
from .latent import FACTOR, Planes
from .masking import composite
from .protocol import MOST_UNKNOWN_WORDS, EngineRequest, EngineResult, Trace
from .samplers import DEFAULT, SAMPLERS, Noise

__all__ = ["StudioEngine"]


@dataclass(frozen=True)
class StudioEngine:
    """A diffusion process with a painter for its training set. Nothing it remembers between requests changes a byte."""

    painter: Painter
    name: str = "studio"

    def generate(self, request: EngineRequest) -> EngineResult:
        """Make one picture. Raises ValueError for sizes that do not fit together, KeyError for an unknown name."""
        _check(request)
        unknown = tuple(self.painter.read(request.prompts).unknown)[:MOST_UNKNOWN_WORDS]
        sampler = SAMPLERS[request.sampler or DEFAULT]
        start, end = (1.0, 0.0) if request.init_image is None else (request.schedule_start, request.schedule_end)
        sigmas = schedule.sigmas(sampler.schedule, request.steps, start, end)
        if request.init_image is not None and (len(sigmas) == 1 or not _may_change(request)):
            return EngineResult(request.init_image.copy(), unknown, Trace((), ()) if request.trace else None)

        if request.init_image is None:
            task = tasks.from_words(self.painter, request)
        else:
            task = tasks.from_init(self.painter, request, share_of(start - end))
        noise = _noise(request.seed, task.origin)
        x = sampler.run(task.denoiser, task.origin + sigmas[0] * noise(), sigmas, noise)
        pixels = task.picture(x)
        if request.init_image is not None and request.mask is not None:
            pixels = composite(pixels, request.init_image, request.mask)
        return EngineResult(pixels, unknown, task.trace() if request.trace else None)


def _noise(seed: int, like: Planes) -> Noise:
    """The seed's noise: a new draw at each call, the same sequence for the same seed and size."""
    generator = np.random.default_rng(seed)
    return lambda: generator.standard_normal(like.shape, dtype=np.float32)


def _may_change(request: EngineRequest) -> bool:
    return request.mask is None or bool(request.mask.any())


def _check(request: EngineRequest) -> None:
    size = (request.height, request.width)
    if min(size) < FACTOR or request.height % FACTOR or request.width % FACTOR:
        raise ValueError(
            f"a picture's sides are multiples of {FACTOR} pixels, and these are {request.width}x{request.height}"
        )
    if not request.prompts or request.steps < 1:
        raise ValueError("a request needs at least one prompt and one step")
    if request.init_image is not None and request.init_image.shape != (*size, 3):
        raise ValueError(f"the init image is {request.init_image.shape}, and the picture {(*size, 3)}")
    if request.mask is not None and (request.init_image is None or request.mask.shape != size):
        raise ValueError(
            f"a mask needs an init image, and the picture's height and width {size}; it has {request.mask.shape}"
        )
