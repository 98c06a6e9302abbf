"""What every control must do, as properties of an engine: each function raises AssertionError where one does not hold.

They are run on the studio's engine, where they must pass, and on broken engines (broken.py), where they must fail. The
margins are a third to a half of what was measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.studio.engines.painted.diffusion.trace import PaintedTrace
from helpers.studio.protocol import Engine, EngineResult
from tests.engine.asked import task_of

Pixels = NDArray[np.uint8]
Texts = str | Sequence[str | tuple[str, float]]


@dataclass(frozen=True)
class Studio:
    """An engine, and words that its painter knows."""

    engine: Engine
    side: int = 256
    seeds: tuple[int, ...] = (1, 2, 3)
    colourful: tuple[str, ...] = ("beach", "meadow")
    dark: str = "night"
    other: str = "meadow"
    thing: str = "ball"
    scene: str = "beach"
    style: str = "line-art"
    unknown: str = "flurb"
    extra: dict[str, Any] = field(default_factory=dict)

    def make(self, texts: Texts, seed: int = 1, *, trace: bool = False, **fields: Any) -> EngineResult:
        prompts = [texts] if isinstance(texts, str) else texts
        sizes = {"width": self.side, "height": self.side}
        return self.engine.generate(task_of(*prompts, seed=seed, **(sizes | self.extra | fields)), trace=trace)

    def trace(self, texts: Texts, seed: int = 1, **fields: Any) -> PaintedTrace:
        trace = self.make(texts, seed, trace=True, **fields).trace
        assert isinstance(trace, PaintedTrace)
        return trace

    def picture(self, texts: Texts, seed: int = 1, **fields: Any) -> Pixels:
        return self.make(texts, seed, **fields).pixels

    def guess(self, texts: Texts, seed: int = 1, sigma: float = 1.0, **fields: Any) -> NDArray[np.float32]:
        """The denoised estimate nearest to this noise level, with half of the way still to go."""
        trace = self.trace(texts, seed, **fields)
        assert trace.steps
        return min(trace.steps, key=lambda step: abs(np.log(step.sigma / sigma))).denoised


def levels(a: Pixels, b: Pixels) -> float:
    """The mean difference of two pictures, 0..255."""
    return float(np.abs(a.astype(np.float32) - b).mean())


def gradients(picture: Pixels) -> NDArray[np.float32]:
    light = picture.astype(np.float32).mean(-1)
    return np.stack([np.diff(light, axis=0)[:, :-1], np.diff(light, axis=1)[:-1]])


def correlation(a: Pixels, b: Pixels) -> float:
    """How alike the edges of two pictures are, -1..1."""
    return float(np.corrcoef(gradients(a).ravel(), gradients(b).ravel())[0, 1])


def ghosts(picture: Pixels, init: Pixels, cell: int = 8) -> float:
    """The share of places with the init image's detail that show it at neither full nor no strength: double exposure.

    Clear where the new picture has little detail of its own. A seam through a cell counts too, hence not 0.
    """
    mine, theirs = gradients(picture), gradients(init)
    rows, columns = (n // cell for n in mine.shape[1:])

    def cells(values: NDArray[np.float32]) -> NDArray[np.float32]:
        cut = values.sum(0)[: rows * cell, : columns * cell]
        return cut.reshape(rows, cell, columns, cell).sum((1, 3))

    shown = cells(mine * theirs) / (cells(theirs * theirs) + 1e-6)
    detailed = cells(theirs * theirs) > np.quantile(cells(theirs * theirs), 0.5)
    return float(((shown > 0.25) & (shown < 0.75))[detailed].mean())


def saturation(picture: Pixels) -> float:
    return float(picture.max(-1).astype(np.float32).mean() - picture.min(-1).astype(np.float32).mean())


def clipped(picture: Pixels) -> float:
    return float(((picture == 0) | (picture == 255)).mean())


def same_request_same_bytes(studio: Studio) -> None:
    first = [studio.picture(studio.scene, seed) for seed in studio.seeds]
    studio.picture(studio.other, 99)
    again = [studio.picture(studio.scene, seed) for seed in reversed(studio.seeds)]
    assert all((a == b).all() for a, b in zip(first, reversed(again), strict=True))


def another_seed_another_picture(studio: Studio) -> None:
    first, *others = (studio.picture(studio.scene, seed) for seed in studio.seeds)
    assert all(levels(first, other) > 5 for other in others)


def image_strength_keeps_the_init_image(studio: Studio) -> None:
    for seed in studio.seeds[:2]:
        init = studio.picture(studio.scene, 40 + seed)
        strengths = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.0)
        made = [studio.picture(studio.other, seed, init_image=init, schedule_start=1 - s) for s in strengths]
        far = [levels(picture, init) for picture in made]
        near = [correlation(picture, init) for picture in made]
        assert far[0] <= 2
        assert near[1] >= 0.8, f"0.9 keeps {near[1]:.2f} of the edges"
        assert near[-2] < 0.3, f"0.2 is no new picture: {near[-2]:.2f} of the edges are left"
        assert all(b > a - 0.5 for a, b in pairwise(far)), f"not falling: {far}"
        assert max(np.diff(far)) < 0.45 * far[-1], f"a jump: {far}"
        assert max(-np.diff(near)) < 0.6, f"a jump: {near}"


def image_strength_leaves_no_ghosts(studio: Studio) -> None:
    for seed in studio.seeds[:2]:
        init = studio.picture(studio.scene, 40 + seed)
        for strength in (0.7, 0.5, 0.4):
            made = studio.picture(studio.dark, seed, init_image=init, schedule_start=1 - strength)
            assert ghosts(made, init) < 0.5, f"{ghosts(made, init):.2f} of the places are exposed twice at {strength}"


def an_earlier_end_keeps_more_of_the_init_image(studio: Studio) -> None:
    """SDXL's step_schedule_end: the share of the schedule that is left undone."""
    for seed in studio.seeds[:2]:
        init = studio.picture(studio.scene, 40 + seed)
        fields = {"init_image": init, "schedule_start": 0.8}
        far = [levels(studio.picture(studio.other, seed, schedule_end=e, **fields), init) for e in (0, 0.3, 0.5, 0.8)]
        assert far[0] > 1.05 * far[1] > 1.5 * far[2] > 2 * far[3], f"{far}"
        assert far[3] <= 2


def cfg_scale_clips_more_on_every_prompt(studio: Studio) -> None:
    for text in (*studio.colourful, studio.dark, studio.unknown):
        for seed in studio.seeds:
            shares = [clipped(studio.picture(text, seed, cfg_scale=cfg)) for cfg in (1, 7, 14, 35)]
            assert all(b > a for a, b in pairwise(shares)), f"{text}: {shares}"


def cfg_scale_saturates_colourful_prompts(studio: Studio) -> None:
    for text in studio.colourful:
        for seed in studio.seeds:
            low, high = (saturation(studio.picture(text, seed, cfg_scale=cfg)) for cfg in (1, 9))
            assert high > low + 5, f"{text}: {low:.0f} to {high:.0f}"


def cfg_scale_is_at_work_in_the_middle(studio: Studio) -> None:
    for seed in studio.seeds:
        spread = [float(studio.guess(studio.scene, seed, cfg_scale=cfg).std()) for cfg in (1, 14)]
        assert spread[1] > 1.15 * spread[0]


def more_steps_come_nearer_to_the_converged_picture(studio: Studio) -> None:
    for sampler in ("K_DPMPP_2M", "K_EULER", "DDIM"):
        far = np.zeros(4)
        for seed in studio.seeds:
            goal = studio.picture(studio.scene, seed, sampler=sampler, steps=150)
            runs = [studio.picture(studio.scene, seed, sampler=sampler, steps=n) for n in (4, 10, 20, 50)]
            far += [levels(run, goal) for run in runs]
        assert far[0] > 2 * far[1] > 2.5 * far[2] > 3 * far[3], f"{sampler}: {far}"


def samplers_differ_on_the_way(studio: Studio) -> None:
    guesses = [studio.guess(studio.scene, 1, sampler=name, steps=10) for name in ("K_EULER", "K_DPMPP_2M", "DDPM")]
    assert all(np.abs(a - b).mean() > 0.002 for a, b in pairwise(guesses))


def negative_prompts_push_away(studio: Studio) -> None:
    for seed in studio.seeds:
        named = studio.picture(studio.dark, seed).astype(np.float32).mean((0, 1))
        weights = (0.0, 0.001, 0.1, 0.3, 1.0, 3.0)
        made = [studio.picture([studio.scene, (studio.dark, -weight)], seed) for weight in weights]
        far = [float(np.abs(picture.mean((0, 1)) - named).sum()) for picture in made]
        assert (made[0] == studio.picture(studio.scene, seed)).all()
        assert levels(made[0], made[1]) < 0.3, "a jump at weight 0"
        assert all(b > a + 1 for a, b in pairwise(far[1:])), f"{far}"
        assert levels(studio.picture([studio.scene, (studio.dark, -1e6)], seed), made[-1]) < 60, "no bound"


def negative_prompts_are_at_work_in_the_middle(studio: Studio) -> None:
    for seed in studio.seeds:
        plain = studio.guess(studio.scene, seed)
        pushed = studio.guess([studio.scene, (studio.dark, -1.0)], seed)
        assert np.abs(pushed - plain).mean() > 0.05


def a_heavier_prompt_shows_more(studio: Studio) -> None:
    for seed in studio.seeds:
        areas = []
        for weight in (0.5, 1.0, 2.0):
            trace = studio.trace([studio.scene, (studio.thing, weight)], seed)
            boxes = [place.box for place in trace.placements if place.entry == studio.thing]
            areas.append(sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes))
        assert areas[0] < areas[1] < areas[2], f"{areas}"


def nothing_changes_outside_a_hard_mask(studio: Studio) -> None:
    side = studio.side
    mask = np.zeros((side, side), np.uint8)
    mask[side // 2 + 3 : side - 21, side // 4 : side - side // 4 + 5] = 255
    for seed in studio.seeds:
        init = studio.picture(studio.scene, 40 + seed) | np.uint8(1)
        for text in (studio.thing, studio.other, studio.dark):
            made = studio.picture(text, seed, init_image=init, mask=mask)
            assert (made[mask == 0] == init[mask == 0]).all()
            assert (made[mask == 255] != init[mask == 255]).any()


def what_is_named_stands_where_the_engine_says(studio: Studio) -> None:
    for seed in studio.seeds:
        with_it = studio.make([studio.scene, studio.thing], seed, trace=True)
        assert isinstance(with_it.trace, PaintedTrace)
        (box,) = [place.box for place in with_it.trace.placements if place.entry == studio.thing]
        x0, y0, x1, y1 = (round(share * studio.side) for share in box)
        x0, y0 = max(x0, 0), max(y0, 0)
        light = with_it.pixels.astype(np.float32)
        middle = light[(y0 + y1) // 2 - 2 : (y0 + y1) // 2 + 3, (x0 + x1) // 2 - 2 : (x0 + x1) // 2 + 3].mean((0, 1))
        edge = np.concatenate([light[y0:y1, x0], light[y0:y1, min(x1, studio.side - 1)]]).mean(0)
        assert np.abs(middle - edge).sum() > 60, f"nothing to see at {box}"


def a_style_is_there_in_the_middle(studio: Studio) -> None:
    for seed in studio.seeds:
        plain, styled = (studio.guess(studio.scene, seed, style_preset=style) for style in (None, studio.style))
        final = studio.picture(studio.scene, seed, style_preset=studio.style).astype(np.float32) / 127.5 - 1
        small = final.reshape(styled.shape[0], 8, styled.shape[1], 8, 3).mean((1, 3))
        plain, styled = np.clip(plain, -1, 1), np.clip(styled, -1, 1)
        assert np.abs(styled - small).mean() < 0.5 * np.abs(plain - small).mean()


def clip_guidance_pulls_towards_the_exemplar(studio: Studio) -> None:
    """Seeds' own variation shrinks as the preset grows: the picture comes nearer to what the strongest makes of it."""
    far = np.zeros(3)
    for seed in studio.seeds:
        strongest = studio.picture(studio.scene, seed, clip_guidance_preset="SLOWEST")
        presets = ("NONE", "FAST_BLUE", "SLOW")
        far += [levels(studio.picture(studio.scene, seed, clip_guidance_preset=name), strongest) for name in presets]
    assert far[0] > far[1] + 0.3 > far[2] + 0.6 > 0.9, f"{far}"


def unknown_words_are_told(studio: Studio) -> None:
    made = studio.make([f"{studio.scene} {studio.unknown}", (f"{studio.unknown} {studio.unknown}x", -1.0)])
    assert made.unknown_words == (studio.unknown, studio.unknown + "x")
    assert made.pixels.std() > 10


TRUTHS = tuple(
    truth
    for name, truth in list(globals().items())
    if callable(truth) and getattr(truth, "__annotations__", {}).get("studio")
)
