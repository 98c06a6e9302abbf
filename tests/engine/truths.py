"""What every control must do, as properties of an engine: each function raises AssertionError where one does not hold.

They are run on the studio's engine, where they must pass, and on broken engines (broken.py), where they must fail. The
margins are a third to a half of what was measured.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.studio.engines.painted.diffusion.factors import LIGHT, SKY
from helpers.studio.engines.painted.diffusion.latent import shrink
from helpers.studio.engines.painted.diffusion.trace import PaintedStep, PaintedTrace
from helpers.studio.protocol import Engine, EngineResult
from tests.engine.asked import task_of
from tests.engine.remembering import afresh

Pixels = NDArray[np.uint8]
Texts = str | Sequence[str | tuple[str, float]]


@dataclass(frozen=True)
class Studio:
    """An engine, and words that its painter knows."""

    engine: Engine
    side: int = 128
    seeds: tuple[int, ...] = (1, 2)
    many: tuple[int, ...] = tuple(range(1, 9))
    """Seeds of what is true of shares."""
    colourful: tuple[str, ...] = ("beach", "meadow")
    dark: str = "canyon night"
    light: str = "night"
    """A light that no other word here brings."""
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

    def share(self, texts: Texts, true: Callable[[PaintedTrace], bool], **fields: Any) -> float:
        """The share of many seeds of whose run this is true."""
        return float(np.mean([true(self.trace(texts, seed, **({"steps": 10} | fields))) for seed in self.many]))


def shown(trace: PaintedTrace) -> bool:
    """Whether all things of the prompt are in the picture."""
    return all(choice is not None for _, choice in trace.choices)


def composed(trace: PaintedTrace) -> Hashable:
    """The place and the spots that a run ended with, whatever its sky and its light."""
    spots = {name: one and one[1] for name, one in trace.choices if name not in (SKY, LIGHT)}
    return trace.place, trace.mirrored, tuple(sorted(spots.items()))


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


def kept_and_lost(picture: Pixels, init: Pixels, cell: int = 16) -> tuple[float, float]:
    """The shares of places with the init image's detail that show all of it, and nothing of it."""
    mine, theirs = gradients(picture), gradients(init)
    rows, columns = (n // cell for n in mine.shape[1:])

    def cells(values: NDArray[np.float32]) -> NDArray[np.float32]:
        cut = values.sum(0)[: rows * cell, : columns * cell]
        return cut.reshape(rows, cell, columns, cell).sum((1, 3))

    own, shared = cells(theirs * theirs), cells(mine * theirs)
    alike = shared / np.sqrt(own * cells(mine * mine) + 1e-6)
    detailed = own > np.quantile(own, 0.5)
    return float((alike > 0.9)[detailed].mean()), float((alike < 0.2)[detailed].mean())


def broadly_alike(a: Pixels, b: Pixels, cells: int = 8) -> float:
    """The correlation of light and colour in large cells, each channel about its mean."""
    small = [shrink(picture.astype(np.float32), cells, cells) for picture in (a, b)]
    one, two = (picture - picture.mean((0, 1)) for picture in small)
    return float((one * two).sum() / np.sqrt((one * one).sum() * (two * two).sum() + 1e-6))


def saturation(picture: Pixels) -> float:
    return float(picture.max(-1).astype(np.float32).mean() - picture.min(-1).astype(np.float32).mean())


def clipped(picture: Pixels) -> float:
    return float(((picture == 0) | (picture == 255)).mean())


def same_request_same_bytes(studio: Studio) -> None:
    studio = replace(studio, engine=afresh(studio.engine))
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
        assert max(np.diff(far)) < 0.65 * far[-1], f"a jump: {far}"


def image_strength_leaves_no_ghosts(studio: Studio) -> None:
    """Where the prompt's picture comes, the init image's is not seen through it."""
    for seed in studio.seeds[:2]:
        init = studio.picture(studio.scene, 40 + seed)
        for strength in (0.5, 0.4):
            made = studio.picture(studio.dark, seed, init_image=init, schedule_start=1 - strength)
            assert ghosts(made, init) < 0.6, f"{ghosts(made, init):.2f} of the places are exposed twice at {strength}"


def image_strength_makes_no_collage(studio: Studio) -> None:
    """No picture has some places of the init image untouched beside others of which nothing is left."""
    for strength in (0.6, 0.5, 0.4, 0.3):
        both = []
        for seed in studio.seeds[:2]:
            init = studio.picture(studio.scene, 40 + seed)
            made = studio.picture(studio.other, seed, init_image=init, schedule_start=1 - strength)
            both.append(min(kept_and_lost(made, init)))
        assert np.mean(both) < 0.12, f"{both} of the places at {strength}"


def image_strength_keeps_the_layout_to_the_last(studio: Studio) -> None:
    """Edges go first; broad light and colour are those of the init image far below the middle."""
    for seed in studio.seeds[:2]:
        init = studio.picture(studio.scene, 40 + seed)
        made = [
            studio.picture(studio.dark, seed, init_image=init, schedule_start=1 - strength)
            for strength in (0.8, 0.5, 0.35, 0.0)
        ]
        alike = [broadly_alike(picture, init) for picture in made]
        assert alike[0] > 0.9, f"{alike}"
        assert alike[1] > 0.65, f"{alike}"
        assert alike[2] > alike[3] + 0.15, f"{alike}"
        assert alike[2] > correlation(made[2], init) + 0.15, f"{alike}"


def an_earlier_end_keeps_more_of_the_init_image(studio: Studio) -> None:
    """SDXL's step_schedule_end: the share of the schedule that is left undone."""
    for seed in studio.seeds[:2]:
        init = studio.picture(studio.scene, 40 + seed)
        fields = {"init_image": init, "schedule_start": 0.8}
        far = [levels(studio.picture(studio.other, seed, schedule_end=e, **fields), init) for e in (0, 0.3, 0.5, 0.8)]
        assert far[0] > 1.05 * far[1] > 1.2 * far[2] > 2 * far[3], f"{far}"
        assert far[3] <= 2


def a_picture_is_decided_in_steps(studio: Studio) -> None:
    """First the place, then where its things stand, and neither at the first call."""
    places, things = [], []
    for seed in studio.many[:6]:
        trace = studio.trace([studio.scene, studio.thing], seed)
        assert trace.steps[0].sure < 0.5, f"{trace.steps[0].sure:.2f} sure of the place at once"
        places.append(sure_from(trace, lambda step: step.sure))
        things.append(sure_from(trace, lambda step: step.sure * max(dict(step.things())[studio.thing].values())))
    assert 0.5 < np.median(places) < 12, f"{places}"
    assert np.median(things) < 0.75 * np.median(places), f"{things} and {places}"


def sure_from(trace: PaintedTrace, share: Callable[[PaintedStep], float]) -> float:
    """The noise level from which on a share of the belief stays above 0.9."""
    sure = 0.0
    for step in reversed(trace.steps):
        if share(step) < 0.9:
            break
        sure = step.sigma
    return sure


def cfg_scale_0_is_no_prompt_and_7_is_all_of_it(studio: Studio) -> None:
    words = [studio.scene, studio.thing]
    shares = [studio.share(words, shown, cfg_scale=cfg) for cfg in (0, 1, 7)]
    assert shares[0] <= 0.34, f"{shares}"
    assert shares[0] < shares[1] <= shares[2] == 1, f"{shares}"
    places = [studio.share(studio.scene, lambda trace: not trace.placements, cfg_scale=cfg) for cfg in (0, 7)]
    assert places[0] <= 0.34, "the place is there without guidance"
    assert places[1] == 1


def cfg_scale_7_hardly_clips_and_more_does(studio: Studio) -> None:
    for text in (*studio.colourful, studio.dark, studio.scene, studio.unknown):
        shares = [
            np.mean([clipped(studio.picture(text, seed, cfg_scale=cfg)) for seed in studio.seeds])
            for cfg in (7, 15, 35)
        ]
        assert shares[0] <= 0.005, f"{text}: {shares}"
        assert shares[0] <= shares[1] <= shares[2], f"{text}: {shares}"
        if text != studio.unknown:  # a blank stage has little that could clip
            assert shares[2] > shares[1], f"{text}: {shares}"
            assert shares[2] > 0.002, f"{text}: {shares}"


def cfg_scale_saturates_colourful_prompts(studio: Studio) -> None:
    for text in studio.colourful:
        for seed in studio.seeds:
            low, high = (saturation(studio.picture(text, seed, cfg_scale=cfg)) for cfg in (1, 9))
            assert high > low + 5, f"{text}: {low:.0f} to {high:.0f}"


def cfg_scale_hardens_the_picture_and_not_the_guesses(studio: Studio) -> None:
    """Contrast inside the loop would part the exemplars, and settle everything at the first call."""
    for seed in studio.seeds:
        spread = [float(studio.guess(studio.scene, seed, 0.05, cfg_scale=cfg).std()) for cfg in (10, 30)]
        assert spread[1] == pytest.approx(spread[0], rel=0.1), f"{spread}"
        final = [float(studio.picture(studio.scene, seed, cfg_scale=cfg).std()) for cfg in (10, 30)]
        assert final[1] > 1.15 * final[0], f"{final}"


def more_steps_come_nearer_to_the_converged_picture(studio: Studio) -> None:
    """Where few steps lead to the same place; elsewhere it is another picture, and nearer means nothing."""
    for sampler in ("K_DPMPP_2M", "K_EULER", "DDIM"):
        far = []
        for seed in studio.many[:6]:
            goal, *runs = (
                studio.make(studio.scene, seed, sampler=sampler, steps=n, trace=True) for n in (100, 6, 15, 40)
            )
            if len({run.trace.choices for run in (goal, *runs)}) == 1:  # type: ignore[union-attr]
                far.append([levels(run.pixels, goal.pixels) for run in runs])
        assert far, f"{sampler}: every picture is another one"
        coarse, middle, fine = np.mean(far, 0)
        assert coarse > 1.5 * middle > 2 * fine > 0, f"{sampler}: {far}"


def too_few_steps_end_in_another_picture(studio: Studio) -> None:
    words = [studio.scene, studio.thing]
    seeds = studio.many[:8]
    goals = [composed(studio.trace(words, seed, sampler="K_EULER", steps=60)) for seed in seeds]
    other = [
        sum(
            composed(studio.trace(words, seed, sampler="K_EULER", steps=n)) != goal
            for seed, goal in zip(seeds, goals, strict=True)
        )
        for n in (2, 40)
    ]
    assert other[0] >= len(goals) / 2, f"{other} of {len(goals)}"
    assert other[1] <= len(goals) / 6, f"{other} of {len(goals)}"


def deterministic_samplers_end_in_one_picture(studio: Studio) -> None:
    """With as many steps as it takes: where a choice hangs in the balance, Euler's first order needs the most."""
    words = [studio.scene, studio.thing]
    for seed in studio.seeds[::2]:
        goal = studio.picture(words, seed, sampler="K_HEUN", steps=200)
        for name in ("DDIM", "K_EULER", "K_DPMPP_2M", "K_DPM_2", "K_LMS"):
            assert levels(studio.picture(words, seed, sampler=name, steps=200), goal) < 1, name


def ancestral_samplers_change_with_the_steps(studio: Studio) -> None:
    words = [studio.scene, studio.thing]
    for sampler in ("K_EULER_ANCESTRAL", "DDPM"):
        changed = [
            len({composed(studio.trace(words, seed, sampler=sampler, steps=n)) for n in (10, 15, 20)}) > 1
            for seed in studio.many[:6]
        ]
        assert np.mean(changed) >= 0.5, f"{sampler}: {changed}"


def samplers_differ_on_the_way(studio: Studio) -> None:
    guesses = [studio.guess(studio.scene, 1, sampler=name, steps=10) for name in ("K_EULER", "K_DPMPP_2M", "DDPM")]
    assert all(np.abs(a - b).mean() > 0.002 for a, b in pairwise(guesses))


def negative_prompts_take_things_away(studio: Studio) -> None:
    """Fewer seeds show it the more weight the negative prompt has, from all to none."""
    words = [studio.scene, studio.thing]
    shares = [studio.share([*words, (studio.thing, -w)], shown) for w in (1e-3, 0.1, 0.4, 0.7, 1.5)]
    assert shares[0] == 1
    assert shares[-1] == 0
    assert all(b <= a for a, b in pairwise(shares)), f"{shares}"
    assert 0 < shares[3] < 1, f"{shares}"


def negative_prompts_push_away(studio: Studio) -> None:
    """Always farther, though a cloud that gives way to another may come in between."""
    for seed in studio.seeds:
        named = studio.picture([studio.scene, studio.light], seed).astype(np.float32).mean((0, 1))
        weights = (0.0, 0.1, 0.3, 1.0, 3.0)
        made = [studio.picture([studio.scene, (studio.light, -weight)], seed) for weight in weights]
        far = [float(np.abs(picture.mean((0, 1)) - named).sum()) for picture in made]
        assert (made[0] == studio.picture(studio.scene, seed)).all()
        assert all(b > a for a, b in pairwise(far)), f"{far}"
        assert far[-1] > far[0] + 10, f"{far}"
        assert levels(studio.picture([studio.scene, (studio.light, -1e6)], seed), made[-1]) < 60, "no bound"


def a_negative_prompt_of_no_weight_does_nothing(studio: Studio) -> None:
    for seed in studio.seeds:
        words = [studio.scene, studio.thing]
        plain = studio.picture(words, seed)
        for text in (studio.light, studio.thing, studio.scene, studio.other, studio.dark):
            assert levels(studio.picture([*words, (text, -1e-3)], seed), plain) < 0.3, f"{text}: a jump at weight 0"


def negative_prompts_are_at_work_in_the_middle(studio: Studio) -> None:
    for seed in studio.seeds:
        plain = studio.guess(studio.scene, seed)
        pushed = studio.guess([studio.scene, (studio.light, -1.0)], seed)
        assert np.abs(pushed - plain).mean() > 0.02


def a_light_prompt_is_met_by_some_seeds(studio: Studio) -> None:
    """Weights below 1 of things, places and lights: how many seeds show them, not how strongly."""

    def rises(shares: list[float]) -> bool:
        return shares[0] <= 0.34 and shares[0] < shares[1] < shares[2] == 1

    given = (0.03, 0.3, 1.0)
    things = [studio.share([studio.scene, (studio.thing, w)], shown) for w in given]
    assert rises(things), f"{studio.thing}: {things}"
    places = [studio.share([(studio.scene, w)], lambda trace: not trace.placements) for w in given]
    assert rises(places), f"{studio.scene}: {places}"
    plain, full = (
        np.mean([studio.picture(text, seed).mean() for seed in studio.seeds])
        for text in (studio.scene, [studio.scene, studio.light])
    )
    lights = []
    for w in given:
        made = [studio.picture([studio.scene, (studio.light, w)], seed, steps=10).mean() for seed in studio.many]
        assert not any(abs(mean - (plain + full) / 2) < 0.03 * abs(plain - full) for mean in made), "half a light"
        lights.append(float(np.mean([abs(mean - full) < abs(mean - plain) for mean in made])))
    assert rises(lights), f"{studio.light}: {lights}"


def a_heavier_prompt_shows_more(studio: Studio) -> None:
    areas = []
    for weight in (1.0, 2.0):
        traces = [studio.trace([studio.scene, (studio.thing, weight)], seed, steps=10) for seed in studio.many]
        boxes = [place.box for trace in traces for place in trace.placements if place.entry == studio.thing]
        areas.append(np.mean([(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes]))
    assert areas[1] > 1.1 * areas[0], f"{areas}"


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


def what_a_mask_lets_change_joins_its_surroundings(studio: Studio) -> None:
    """It is drawn into the picture, not pasted on it: there is no step at the mask's border, and something is inside."""
    side = studio.side
    mask = np.zeros((side, side), np.uint8)
    mask[side // 2 : side - side // 8, side // 4 : side - side // 4] = 255
    for seed in studio.seeds[:2]:
        init = studio.picture(studio.scene, 40 + seed)
        made = [
            studio.picture(text, seed, init_image=init, mask=mask) for text in (studio.thing, studio.other, studio.dark)
        ]
        steps = [border(picture, mask) for picture in made]
        assert np.mean(steps) < 15, f"{steps}"
        assert min(levels(picture[mask > 0], init[mask > 0]) for picture in made) > 3, "nothing is drawn"


def border(picture: Pixels, mask: Pixels) -> float:
    """The mean step of red, green and blue across the border of a mask, 0..255."""
    inside, steps = mask > 127, []
    for axis in (0, 1):
        across = np.diff(inside.astype(np.int8), axis=axis) != 0
        steps.append(np.abs(np.diff(picture.astype(np.float32), axis=axis)).mean(-1)[across])
    return float(np.concatenate(steps).mean())


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
