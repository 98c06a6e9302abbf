"""image_strength, as it is to be seen: texture goes first and layout last, and every picture on the way is a whole one."""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib import cbook
from numpy.typing import NDArray
from PIL import Image

from helpers.studio.engines import painted
from helpers.studio.engines.painted.diffusion.init_image import init_image
from helpers.studio.engines.painted.diffusion.latent import enlarge, shrink
from helpers.studio.engines.painted.diffusion.trace import PaintedTrace
from helpers.studio.protocol import EngineResult, ImageToImage, Prompt, TextToImage
from tests.engine.remembering import Remembering

Pixels = NDArray[np.uint8]
Texts = str | list[tuple[str, float]]
SIDE = 256
ORANGE = np.array([225, 150, 110], np.float32)
MAGENTA = np.array([200, 30, 170], np.float32)
ENGINE = Remembering(painted.create())


def made(texts: Texts, init: Pixels, strength: float, seed: int = 1, **fields: Any) -> EngineResult:
    height, width, _ = init.shape
    prompts = tuple(Prompt(*one) for one in ([(texts, 1.0)] if isinstance(texts, str) else texts))
    fields = {"schedule_start": 1 - strength} | fields
    return ENGINE.generate(ImageToImage(prompts, width, height, seed, init_image=init, **fields), trace=True)


def picture(texts: Texts, init: Pixels, strength: float, seed: int = 1, **fields: Any) -> Pixels:
    return made(texts, init, strength, seed, **fields).pixels


def boxes(result: EngineResult) -> list[tuple[float, float, float, float]]:
    assert isinstance(result.trace, PaintedTrace)
    return [one.box for one in result.trace.placements]


@cache
def portrait() -> Pixels:
    with Image.open(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))) as image:
        square = image.convert("RGB").crop((0, 0, 512, 512))
        return np.asarray(square.resize((SIDE, SIDE), Image.Resampling.BOX))


@cache
def village() -> Pixels:
    return ENGINE.generate(TextToImage((Prompt("a red house in a village"),), SIDE, SIDE, 1)).pixels


@cache
def line_art() -> Pixels:
    """A house, a sun and the ground: black lines on white."""
    page = np.full((SIDE, SIDE, 3), 255, np.uint8)
    for top, left, bottom, right in (
        (110, 70, 210, 180),
        (140, 90, 165, 110),
        (140, 140, 165, 160),
        (20, 200, 45, 225),
    ):
        page[top : bottom + 2, left : right + 2] = 0
        page[top + 2 : bottom, left + 2 : right] = 255
    page[210:212] = 0
    return page


@cache
def disc(x: float, y: float, radius: float = 0.18) -> Pixels:
    """A magenta disc on grainy grey."""
    v, u = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE
    inside = np.hypot(u - x, v - y) < radius
    grain = np.random.default_rng(1).normal(0, 8, (SIDE, SIDE, 1))
    return np.clip(np.where(inside[..., None], MAGENTA, (150, 150, 140)) + grain, 0, 255).astype(np.uint8)


@cache
def bust() -> Pixels:
    """A thing that fills nearly half of the picture: a magenta body, cut off below, and an orange head; a blue edge."""
    v, u = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE
    page = np.full((SIDE, SIDE, 3), (150, 150, 140), np.float32)
    page[u < 0.2] = 60, 70, 140
    page[np.hypot((u - 0.5) / 0.13, (v - 0.26) / 0.17) < 1] = ORANGE
    page[np.hypot((u - 0.5) / 0.42, (v - 0.88) / 0.46) < 1] = MAGENTA
    return np.clip(page + np.random.default_rng(1).normal(0, 8, (SIDE, SIDE, 1)), 0, 255).astype(np.uint8)


def correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt(np.square(a).sum() * np.square(b).sum() + 1e-9))


def levels(a: Pixels, b: Pixels) -> float:
    return float(np.abs(a.astype(np.float32) - b).mean())


def light(pixels: Pixels) -> NDArray[np.float32]:
    return pixels.astype(np.float32).mean(2)


def broad(a: Pixels, b: Pixels) -> float:
    """How alike two pictures are at 8 x 8."""
    return correlation(*(shrink(p.astype(np.float32), 8, 8) for p in (a, b)))


def fine(a: Pixels, b: Pixels) -> float:
    """How alike the detail of two pictures is below 4 pixels."""
    return correlation(*(_detail(p) for p in (a, b)))


def _detail(pixels: Pixels) -> NDArray[np.float32]:
    whole = light(pixels)[..., None]
    height, width, _ = whole.shape
    return whole - enlarge(shrink(whole, height // 4, width // 4), height, width)


def slopes(pixels: Pixels) -> NDArray[np.float32]:
    """Light's slopes along both axes, at half the size: (2, height, width)."""
    height, width, _ = pixels.shape
    half = shrink(light(pixels)[..., None], height // 2, width // 2)[..., 0]
    return np.stack([np.diff(half, axis=0)[:, 1:], np.diff(half, axis=1)[1:]])


def edges(a: Pixels, b: Pixels) -> float:
    """How alike the outlines of two pictures are."""
    return correlation(*(np.hypot(*slopes(p)) for p in (a, b)))


def tiles(a: Pixels, b: Pixels, count: int = 4) -> list[float]:
    """How alike the outlines are in each of count x count parts that have any in both pictures."""
    parts = [np.hypot(*slopes(p)) for p in (a, b)]
    size = len(parts[0]) // count
    out = []
    for y in range(count):
        for x in range(count):
            one, other = (p[y * size : (y + 1) * size, x * size : (x + 1) * size] for p in parts)
            if one.std() > 2:
                out.append(correlation(one, other))
    return out


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    wide, tall = (max(0.0, min(a[i + 2], b[i + 2]) - max(a[i], b[i])) for i in (0, 1))
    both = wide * tall
    return both / (sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)) - both)


@pytest.mark.parametrize("init", [portrait, village, line_art])
def test_a_high_strength_is_almost_the_init(init: Any) -> None:
    near, nearer = (picture("a king in a castle", init(), strength) for strength in (0.9, 0.95))
    assert edges(near, init()) > 0.8
    assert levels(nearer, init()) < levels(near, init()) < 8


def test_strength_1_is_the_init_itself() -> None:
    assert np.array_equal(picture("a king in a castle", portrait(), 1.0), portrait())


def test_texture_goes_first_and_layout_last() -> None:
    texts, init = "a portrait of an old woman", portrait()
    at = {strength: picture(texts, init, strength) for strength in (0.9, 0.75, 0.6, 0.2)}
    texture = [fine(at[strength], init) for strength in (0.9, 0.75, 0.6)]
    assert texture[0] > texture[1] + 0.02
    assert texture[1] > texture[2] + 0.02
    assert texture[2] < 0.92
    assert broad(at[0.6], init) > 0.97
    assert broad(at[0.2], init) > 0.45


@pytest.mark.parametrize(
    ("init", "texts"), [(portrait, "a portrait of an old woman"), (village, "a beach at sunset"), (line_art, "a cat")]
)
def test_the_change_grows_with_every_step_down_and_none_is_most_of_it(init: Any, texts: str) -> None:
    away = [levels(picture(texts, init(), 1 - n / 10), init()) for n in range(11)]
    steps = [after - before for before, after in pairwise(away)]
    assert min(steps) > -0.08 * away[-1]
    assert max(steps) < 0.5 * away[-1]


@pytest.mark.parametrize("init", [portrait, village])
def test_strength_0_is_the_prompts_picture(init: Any) -> None:
    result = made("a sunflower in a garden", init(), 0.0)
    assert edges(result.pixels, init()) < 0.3
    assert boxes(result)


def test_every_picture_is_a_whole_one() -> None:
    """No part is the init's where another is the prompt's."""
    for init, texts in ((village(), "a beach at sunset"), (portrait(), "a mountain lake at night")):
        assert min(tiles(init, picture(texts, init, 0.7))) > 0.3
        assert max(tiles(init, picture(texts, init, 0.3))) < 0.35


def test_no_ghost_of_the_old_thing_is_left() -> None:
    """Where the thing was, light does not rise and fall any more as it did: not even faintly."""
    init = portrait()
    face = np.s_[:, 30:80, 45:85]
    for strength in (0.5, 0.45, 0.35, 0.2):
        assert correlation(slopes(init)[face], slopes(picture("a king in a castle", init, strength))[face]) < 0.15


def test_nothing_of_the_old_thing_is_left_around_the_new_one() -> None:
    init = disc(0.5, 0.55)
    for strength in (0.5, 0.45):
        new = picture("a sunflower", init, strength)
        assert (np.abs(new.astype(np.float32) - MAGENTA).max(2) < 60).mean() < 0.006


@pytest.mark.parametrize("strength", [0.5, 0.45])
def test_nothing_of_a_large_thing_is_left_either_and_the_ground_is_calm(strength: float) -> None:
    result = made("a green tree", bust(), strength)
    (x0, y0, x1, y1), *_ = np.array(boxes(result)) * SIDE
    y, x = np.mgrid[:SIDE, :SIDE]
    outside = (x < x0) | (x > x1) | (y < y0) | (y > y1)
    for colour in (ORANGE, MAGENTA):
        assert (np.abs(result.pixels - colour).max(2) < 45)[outside].mean() < 0.001
    assert np.hypot(*slopes(result.pixels))[outside[2::2, 2::2]].max() < 20


@pytest.mark.parametrize(
    ("init", "texts"),
    [(portrait, "a portrait of an old woman"), (village, "a beach at sunset"), (bust, "a robot in a city")],
)
def test_no_step_of_a_twentieth_is_more_than_a_third_of_the_change(init: Any, texts: str) -> None:
    away = [levels(picture(texts, init(), 1 - n / 20), init()) for n in range(21)]
    assert max(after - before for before, after in pairwise(away)) < 0.335 * away[-1]


def test_broad_dark_clothes_make_no_dark_place() -> None:
    init, place = portrait(), np.s_[180:, :60]
    led, free = (light(picture("a beach", init, s))[place].mean() for s in (0.38, 0.0))
    assert led > 0.53 * free


@pytest.mark.parametrize(("x", "y"), [(0.3, 0.6), (0.7, 0.5)])
def test_the_prompts_thing_stands_where_the_inits_stood(x: float, y: float) -> None:
    init = disc(x, y)
    there = (x - 0.18, y - 0.18, x + 0.18, y + 0.18)
    for strength in (0.5, 0.35):
        found = boxes(made("a red apple", init, strength))
        assert found
        assert overlap(found[0], there) > 0.45


def test_an_init_without_a_main_thing_takes_the_prompts_where_it_belongs() -> None:
    plain = np.repeat(np.linspace(60, 200, SIDE).astype(np.uint8)[:, None], SIDE, 1)[..., None].repeat(3, 2)
    assert init_image(plain).subject is None
    (x0, y0, x1, y1), *_ = boxes(made("a cat in a meadow", plain, 0.3))
    assert (x1 - x0) * (y1 - y0) < 0.4


def test_a_style_shows_all_over_what_is_kept() -> None:
    init = portrait()
    plain, styled = (picture("a portrait", init, 0.65, style_preset=style) for style in (None, "line-art"))
    change = shrink(np.abs(plain.astype(np.float32) - styled), 3, 3).mean(2)
    assert change.min() > 3
    assert edges(styled, init) > 0.4


def test_light_moods_and_media_come_by_as_much_as_strength_goes() -> None:
    init = portrait()
    for texts in ("a woman at night", "a woman in watercolor", "a woman, vibrant colours"):
        apart = [levels(picture(texts, init, s), picture("a woman", init, s)) for s in (0.95, 0.8, 0.65)]
        assert apart[0] + 1 < apart[1]
        assert apart[1] + 1 < apart[2]
    dark = [light(picture("a woman at night", init, s)).mean() for s in (0.95, 0.8, 0.65)]
    assert dark[0] > dark[1] > dark[2]


def test_a_prompt_that_names_nothing_to_draw_keeps_the_drawing() -> None:
    init = portrait()
    vivid, night, less_dark = (
        picture(texts, init, 0.35) for texts in ("vibrant colours", "make it night", [("dark", -1.0)])
    )
    for new in (vivid, night, less_dark):
        assert edges(new, init) > 0.6
    colour = [np.ptp(p.astype(np.float32), axis=2).mean() for p in (init, vivid)]
    assert colour[1] > 1.1 * colour[0]
    assert light(night).mean() < 0.75 * light(init).mean()
    assert light(less_dark).mean() > light(init).mean()


def test_a_place_alone_swaps_nothing_and_replaces_at_last() -> None:
    init = portrait()
    kept, replaced = (picture("a beach at sunset", init, s) for s in (0.5, 0.3))
    assert edges(kept, init) > 0.5
    assert edges(replaced, init) < 0.3


def test_an_early_end_keeps_more_of_the_init() -> None:
    init = portrait()
    for start in (1.0, 0.6):
        away = [
            levels(picture("a king in a castle", init, 0, schedule_start=start, schedule_end=start * share), init)
            for share in (0, 0.3, 0.6, 0.9, 1.0)
        ]
        assert all(after < before + 1 for before, after in pairwise(away))
        assert away[3] < 0.25 * away[0]
        assert away[4] == 0


@pytest.mark.parametrize("sampler", ["K_EULER", "DDIM", "DDPM", "K_LMS", "K_DPM_2_ANCESTRAL"])
def test_the_steps_come_at_the_same_strengths_with_every_sampler(sampler: str) -> None:
    init = disc(0.5, 0.55)
    shown = [
        bool(boxes(made("a sunflower in a garden", init, s, seed=seed, sampler=sampler)))
        for s in (0.56, 0.49)
        for seed in (1, 2)
    ]
    assert shown == [False, False, True, True]


def test_seeds_differ_where_the_layout_is_the_same() -> None:
    one, other = (picture("a beach at sunset", portrait(), 0.5, seed=seed) for seed in (1, 2))
    assert 1 < levels(one, other) < 10
    assert edges(one, other) > 0.9


def test_what_was_drawn_before_changes_nothing() -> None:
    first = picture("a cat in a meadow", village(), 0.5)
    for init in (portrait(), line_art(), disc(0.5, 0.5)):
        picture("a dog on a beach", init, 0.45)
    ENGINE.kept.clear()
    assert np.array_equal(picture("a cat in a meadow", village(), 0.5), first)


def test_pictures_need_not_be_square() -> None:
    wide = np.ascontiguousarray(np.concatenate([village(), village()[:, :128]], axis=1))
    for strength in (0.9, 0.5, 0.3):
        assert picture("a cat in a meadow", wide, strength).shape == wide.shape
