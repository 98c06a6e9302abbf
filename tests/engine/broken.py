"""Engines that are wrong on purpose: a test of what a control does must fail on the one that gets that control wrong."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from helpers.studio.engine.protocol import Engine, EngineRequest, EngineResult

Change = Callable[[EngineRequest], EngineRequest]
Finish = Callable[[EngineRequest, EngineResult], EngineResult]


@dataclass(frozen=True)
class Wrong:
    """An engine whose requests are bent before, and whose pictures are bent after."""

    engine: Engine
    change: Change = lambda request: request
    finish: Finish = lambda request, result: result
    name: str = "wrong"

    def generate(self, request: EngineRequest) -> EngineResult:
        return self.finish(request, self.engine.generate(self.change(request)))


def ignoring(engine: Engine, **fields: Any) -> Engine:
    """A control that does nothing: always these values."""
    return Wrong(engine, lambda request: replace(request, **fields))


def deaf_to_weights(engine: Engine) -> Engine:
    """Every positive prompt counts alike."""
    return Wrong(
        engine,
        lambda r: replace(r, prompts=tuple(replace(p, weight=1.0) if p.weight > 0 else p for p in r.prompts)),
    )


def deaf_to_negatives(engine: Engine) -> Engine:
    """Negative prompts are dropped."""
    return Wrong(engine, lambda r: replace(r, prompts=tuple(replace(p, weight=max(p.weight, 0.0)) for p in r.prompts)))


def cross_fading(engine: Engine) -> Engine:
    """Image-to-image by laying the init image over a new picture."""

    def fade(request: EngineRequest, result: EngineResult) -> EngineResult:
        if request.init_image is None or request.mask is not None:
            return result
        new = engine.generate(replace(request, init_image=None)).pixels
        share = request.schedule_start
        mixed = share * new + (1 - share) * request.init_image.astype(np.float32)
        return replace(result, pixels=np.rint(mixed).astype(np.uint8))

    return Wrong(engine, finish=fade)


def leaking(engine: Engine) -> Engine:
    """A mask that is feathered over its own edge, as when it is blurred first."""

    def feather(request: EngineRequest, result: EngineResult) -> EngineResult:
        if request.mask is None or request.init_image is None:
            return result
        wide = request.mask.copy()
        wide[:-1] |= request.mask[1:]
        changed = np.clip(request.init_image.astype(int) + 1, 0, 254).astype(np.uint8)
        edge = (wide > 0) & (request.mask == 0)
        return replace(result, pixels=np.where(edge[..., None], changed, result.pixels))

    return Wrong(engine, finish=feather)


def rounding_twice(engine: Engine) -> Engine:
    """The whole picture goes once through 7 bits, masked or not: invisible, and not byte for byte."""
    return Wrong(engine, finish=lambda request, result: replace(result, pixels=result.pixels & np.uint8(0xFE)))


def styling_at_the_end(engine: Engine) -> Engine:
    """A style as a filter on the finished picture."""

    def filtered(request: EngineRequest, result: EngineResult) -> EngineResult:
        if request.style_preset is None:
            return result
        pale = 242 + 0.2 * (result.pixels.astype(np.float32) - result.pixels.mean())
        return replace(result, pixels=np.clip(pale, 0, 255).astype(np.uint8))

    return Wrong(engine, lambda request: replace(request, style_preset=None), filtered)


def guiding_at_the_end(engine: Engine) -> Engine:
    """cfg_scale as a contrast filter on the finished picture."""

    def contrast(request: EngineRequest, result: EngineResult) -> EngineResult:
        pixels = 128 + (1 + 0.1 * (request.cfg_scale - 1)) * (result.pixels.astype(np.float32) - 128)
        return replace(result, pixels=np.clip(pixels, 0, 255).astype(np.uint8))

    return Wrong(engine, lambda request: replace(request, cfg_scale=1.0), contrast)


def refusing_at_the_end(engine: Engine) -> Engine:
    """Negative prompts as a brighter finished picture."""

    def brighten(request: EngineRequest, result: EngineResult) -> EngineResult:
        weight = -sum(min(prompt.weight, 0.0) for prompt in request.prompts)
        pixels = result.pixels + 60 * weight / (1 + weight)
        return replace(result, pixels=np.clip(pixels, 0, 255).astype(np.uint8))

    return Wrong(deaf_to_negatives(engine), finish=brighten)


def forgetful(engine: Engine) -> Engine:
    """Draws with whatever the random generator has next."""
    state = np.random.default_rng(0)
    return Wrong(engine, lambda request: replace(request, seed=int(state.integers(1, 2**31))))


def shifting(engine: Engine) -> Engine:
    """The picture slides sideways: nothing stands where the trace says."""
    return Wrong(engine, finish=lambda _, result: replace(result, pixels=np.roll(result.pixels, 60, 1)))


def silent(engine: Engine) -> Engine:
    """Says nothing of words that it does not know."""
    return Wrong(engine, finish=lambda _, result: replace(result, unknown_words=()))
