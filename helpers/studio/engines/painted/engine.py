"""One picture from one task: prompts to exemplars, noise to latent, latent to pixels."""

from dataclasses import dataclass
from typing import assert_never

import numpy as np

from helpers.studio.protocol import EngineResult, ImageToImage, Inpaint, Task, TextToImage

from .diffusion import schedule, tasks
from .diffusion.image_to_image import from_init
from .diffusion.latent import FACTOR, Planes
from .diffusion.masks import composite, from_mask
from .diffusion.outcome import outcomes
from .diffusion.samplers import DEFAULT, SAMPLERS, Noise
from .diffusion.trace import PaintedTrace
from .interface import Painter

__all__ = ["PaintedEngine"]


@dataclass(frozen=True)
class PaintedEngine:
    """A diffusion process with a painter in place of a training set. Its caches between tasks change no byte."""

    painter: Painter
    version: str
    name: str = "painted"

    def generate(self, task: Task, *, trace: bool = False) -> EngineResult:
        """Make one picture and return it with what became of its prompt's words, and with its trace where that is wanted.

        Raises ValueError for sizes that do not fit together, KeyError for an unknown sampler or clip_guidance_preset.
        """
        _check(task)
        reading = self.painter.read(task.prompts)
        sampler = SAMPLERS[task.sampler or DEFAULT]
        match task:
            case TextToImage():
                sigmas = schedule.sigmas(sampler.schedule, task.steps)
                diffusion = tasks.from_words(self.painter, task, traced=trace)
            case ImageToImage() | Inpaint():
                sigmas = schedule.sigmas(sampler.schedule, task.steps, task.schedule_start, task.schedule_end)
                if len(sigmas) == 1 or (isinstance(task, Inpaint) and not task.mask.any()):
                    untouched = PaintedTrace((), ()) if trace else None
                    return EngineResult(task.init_image.copy(), reading.unknown, untouched, outcomes(reading, None))
                if isinstance(task, Inpaint):
                    diffusion = from_mask(self.painter, task, traced=trace)
                else:
                    diffusion = from_init(self.painter, task, traced=trace)
            case _:
                assert_never(task)

        noise = _noise(task.seed, diffusion.origin)
        x = sampler.run(diffusion.denoiser, diffusion.origin + sigmas[0] * noise(), sigmas, noise)
        pixels = diffusion.picture(x)
        if isinstance(task, Inpaint):
            pixels = composite(pixels, task.init_image, task.mask)
        traced = diffusion.trace() if trace else None
        return EngineResult(pixels, reading.unknown, traced, outcomes(reading, diffusion))


def _noise(seed: int, like: Planes) -> Noise:
    """Return the seed's noise: a new draw at each call, the same sequence for the same seed and size."""
    generator = np.random.default_rng(seed)
    return lambda: generator.standard_normal(like.shape, dtype=np.float32)


def _check(task: Task) -> None:
    size = (task.height, task.width)
    if min(size) < FACTOR or task.height % FACTOR or task.width % FACTOR:
        raise ValueError(
            f"a picture's sides are multiples of {FACTOR} pixels, and these are {task.width}x{task.height}"
        )
    if not task.prompts or task.steps < 1:
        raise ValueError("a task needs at least one prompt and one step")
    if isinstance(task, ImageToImage | Inpaint) and task.init_image.shape != (*size, 3):
        raise ValueError(f"the init image is {task.init_image.shape}, and the picture {(*size, 3)}")
    if isinstance(task, Inpaint) and task.mask.shape != size:
        raise ValueError(f"the mask is {task.mask.shape}, and the picture's height and width {size}")
