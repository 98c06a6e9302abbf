"""Engines that are wrong on purpose: a test of what a control does must fail on the one that gets that control wrong."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from helpers.studio.engines.painted.engine import PaintedEngine
from helpers.studio.engines.painted.interface import Painter
from helpers.studio.protocol import Engine, EngineResult, ImageToImage, Inpaint, Task, TextToImage
from tests.engine.remembering import afresh

Change = Callable[[Task], Task]
Finish = Callable[[Task, EngineResult], EngineResult]


@dataclass(frozen=True)
class Wrong:
    """An engine whose tasks are bent before, and whose pictures are bent after."""

    engine: Engine
    change: Change = lambda task: task
    finish: Finish = lambda task, result: result
    name: str = "wrong"
    version: str = "0"

    def generate(self, task: Task, *, trace: bool = False) -> EngineResult:
        return self.finish(task, self.engine.generate(self.change(task), trace=trace))


def ignoring(engine: Engine, **values: Any) -> Engine:
    """A control that does nothing: always these values, in every task that has them."""
    return Wrong(engine, lambda task: replace(task, **{n: v for n, v in values.items() if n in given(task)}))


def blind(engine: Engine) -> Engine:
    """Whatever the task, a new picture: an init image is not looked at, and so no mask."""
    return Wrong(engine, _from_nothing)


def unmasked(engine: Engine) -> Engine:
    """A mask is not looked at: all of the init image may change."""

    def opened(task: Task) -> Task:
        if not isinstance(task, Inpaint):
            return task
        return ImageToImage(**{name: value for name, value in given(task).items() if name != "mask"})

    return Wrong(engine, opened)


def given(task: Task) -> dict[str, Any]:
    """What a task holds, by the names of its fields."""
    return {field.name: getattr(task, field.name) for field in fields(task)}


def _from_nothing(task: Task) -> Task:
    shared = {field.name for field in fields(TextToImage)}
    return TextToImage(**{name: value for name, value in given(task).items() if name in shared})


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

    def fade(task: Task, result: EngineResult) -> EngineResult:
        if not isinstance(task, ImageToImage):
            return result
        new = engine.generate(_from_nothing(task)).pixels
        share = task.schedule_start
        mixed = share * new + (1 - share) * task.init_image.astype(np.float32)
        return replace(result, pixels=np.rint(mixed).astype(np.uint8))

    return Wrong(engine, finish=fade)


def pasting(engine: Engine) -> Engine:
    """Image-to-image by a chessboard of places: some of the init image, some of a new picture."""

    def cut(task: Task, result: EngineResult) -> EngineResult:
        if not isinstance(task, ImageToImage) or task.schedule_start in (0, 1):
            return result
        new = engine.generate(_from_nothing(task)).pixels
        board = np.add.outer(np.arange(task.height) // 32, np.arange(task.width) // 32) % 2
        return replace(result, pixels=np.where(board[..., None] == 1, task.init_image, new))

    return Wrong(engine, finish=cut)


def forgetting_the_layout(engine: Engine) -> Engine:
    """Image-to-image that keeps the init image above the middle, and below it nothing but its mean colour."""

    def recoloured(task: Task, result: EngineResult) -> EngineResult:
        if not isinstance(task, ImageToImage) or task.schedule_start <= 0.45:
            return result
        new = engine.generate(_from_nothing(task)).pixels.astype(np.float32)
        new += task.init_image.mean((0, 1)) - new.mean((0, 1))
        return replace(result, pixels=np.clip(new, 0, 255).astype(np.uint8))

    return Wrong(engine, finish=recoloured)


def stuck_on(engine: Engine) -> Engine:
    """A mask filled from a picture that knows nothing of what is around it."""

    def fill(task: Task, result: EngineResult) -> EngineResult:
        if not isinstance(task, Inpaint):
            return result
        new = engine.generate(_from_nothing(task)).pixels
        return replace(result, pixels=np.where(task.mask[..., None] > 127, new, task.init_image))

    return Wrong(engine, finish=fill)


def idle(engine: Engine) -> Engine:
    """A mask in which nothing is drawn."""

    def unchanged(task: Task, result: EngineResult) -> EngineResult:
        return replace(result, pixels=task.init_image.copy()) if isinstance(task, Inpaint) else result

    return Wrong(engine, finish=unchanged)


def leaking(engine: Engine) -> Engine:
    """A mask that is feathered over its own edge, as when it is blurred first."""

    def feather(task: Task, result: EngineResult) -> EngineResult:
        if not isinstance(task, Inpaint):
            return result
        wide = task.mask.copy()
        wide[:-1] |= task.mask[1:]
        changed = np.clip(task.init_image.astype(int) + 1, 0, 254).astype(np.uint8)
        edge = (wide > 0) & (task.mask == 0)
        return replace(result, pixels=np.where(edge[..., None], changed, result.pixels))

    return Wrong(engine, finish=feather)


def rounding_twice(engine: Engine) -> Engine:
    """The whole picture goes once through 7 bits, masked or not: invisible, and not byte for byte."""
    return Wrong(engine, finish=lambda _, result: replace(result, pixels=result.pixels & np.uint8(0xFE)))


def styling_at_the_end(engine: Engine) -> Engine:
    """A style as a filter on the finished picture."""

    def filtered(task: Task, result: EngineResult) -> EngineResult:
        if task.style_preset is None:
            return result
        pale = 242 + 0.2 * (result.pixels.astype(np.float32) - result.pixels.mean())
        return replace(result, pixels=np.clip(pale, 0, 255).astype(np.uint8))

    return Wrong(engine, lambda task: replace(task, style_preset=None), filtered)


def guiding_at_the_end(engine: Engine) -> Engine:
    """cfg_scale as a contrast filter on the finished picture: what is named is always there."""

    def contrast(task: Task, result: EngineResult) -> EngineResult:
        pixels = 128 + (1 + 0.1 * (task.cfg_scale - 1)) * (result.pixels.astype(np.float32) - 128)
        return replace(result, pixels=np.clip(pixels, 0, 255).astype(np.uint8))

    return Wrong(engine, lambda task: replace(task, cfg_scale=1.0), contrast)


@dataclass(frozen=True)
class Harder:
    """An engine whose exemplars have the contrast of guidance, so that they lie further apart."""

    engine: Engine
    factor: Callable[[Task], float]
    name: str = "harder"
    version: str = "0"

    def generate(self, task: Task, *, trace: bool = False) -> EngineResult:
        engine = afresh(self.engine)
        assert isinstance(engine, PaintedEngine)
        painter = _hardened(engine.painter, np.float32(self.factor(task)))
        return replace(engine, painter=painter).generate(task, trace=trace)


def deciding_at_once(engine: Engine) -> Engine:
    """All exemplars far from each other: the first call knows which it will be."""
    return Harder(engine, lambda _: 12.0)


def guiding_inside(engine: Engine) -> Engine:
    """Guidance's contrast in the exemplars, and so in every guess."""
    return Harder(engine, lambda task: 1 + 0.035 * task.cfg_scale)


def _hardened(painter: Painter, factor: np.float32) -> Painter:
    def paint(*arguments: Any) -> Any:
        return factor * painter.paint(*arguments)

    def cutouts(*arguments: Any) -> Any:
        tint = np.array([factor, factor, factor, 1], np.float32)
        return [replace(cut, pixels=tint * cut.pixels) for cut in painter.cutouts(*arguments)]

    def skies(*arguments: Any) -> Any:
        return [(scene, factor * pixels) for scene, pixels in painter.skies(*arguments)]

    return replace(painter, paint=paint, cutouts=cutouts, skies=skies)


def dimming(engine: Engine) -> Engine:
    """A weight below 1 fades what is named, in every picture."""

    def fade(task: Task, result: EngineResult) -> EngineResult:
        least = min((prompt.weight for prompt in task.prompts if prompt.weight > 0), default=1.0)
        if least >= 1:
            return result
        with_it, without = (
            engine.generate(replace(task, prompts=prompts)).pixels.astype(np.float32)
            for prompts in (
                tuple(replace(p, weight=1.0) for p in task.prompts),
                tuple(p for p in task.prompts if p.weight != least) or task.prompts,
            )
        )
        return replace(result, pixels=np.rint(least * with_it + (1 - least) * without).astype(np.uint8))

    return Wrong(engine, finish=fade)


def jumping(engine: Engine) -> Engine:
    """Negative prompts act as with a weight of 0.8, however small theirs is."""
    return Wrong(
        engine,
        lambda task: replace(
            task, prompts=tuple(replace(p, weight=min(p.weight, -0.8)) if p.weight < 0 else p for p in task.prompts)
        ),
    )


def swinging(engine: Engine) -> Engine:
    """Each sampler has noise of its own."""
    return Wrong(engine, lambda task: replace(task, seed=task.seed + 10 * len(task.sampler or "")))


def refusing_at_the_end(engine: Engine) -> Engine:
    """Negative prompts as a brighter finished picture."""

    def brighten(task: Task, result: EngineResult) -> EngineResult:
        weight = -sum(min(prompt.weight, 0.0) for prompt in task.prompts)
        pixels = result.pixels + 60 * weight / (1 + weight)
        return replace(result, pixels=np.clip(pixels, 0, 255).astype(np.uint8))

    return Wrong(deaf_to_negatives(engine), finish=brighten)


def forgetful(engine: Engine) -> Engine:
    """Draws with whatever the random generator has next."""
    state = np.random.default_rng(0)
    return Wrong(engine, lambda task: replace(task, seed=int(state.integers(1, 2**31))))


def shifting(engine: Engine) -> Engine:
    """The picture slides sideways: nothing stands where the trace says."""
    return Wrong(engine, finish=lambda _, result: replace(result, pixels=np.roll(result.pixels, 60, 1)))


def silent(engine: Engine) -> Engine:
    """Says nothing of words that it does not know."""
    return Wrong(engine, finish=lambda _, result: replace(result, unknown_words=()))
