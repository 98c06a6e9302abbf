"""What the style presets promise: the subject stays whole and legible, and each style's own mark is where it belongs."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.studio.engines.painted.painting import layout, painter, prompt, styles
from helpers.studio.engines.painted.painting.filters import Picture, blur, luma
from helpers.studio.engines.painted.painting.layout import Scene
from helpers.studio.engines.painted.painting.light import Grade
from helpers.studio.engines.painted.painting.styles.lines import contours
from helpers.studio.engines.painted.painting.styles.soften import features, flattened, snapped, softened
from helpers.studio.engines.painted.painting.styles.subject import subject
from helpers.studio.protocol import Prompt

SIDE = 256
NAMED = (
    ("a dragon over a mountain", 1),
    ("a cat in a garden", 2),
    ("a car in a street", 3),
    ("a horse in a desert", 11),
)


@lru_cache(maxsize=16)
def scene(text: str, seed: int) -> Scene:
    return layout.compose(prompt.read((Prompt(text),)), seed, 1.0)


@lru_cache(maxsize=16)
def plain(text: str, seed: int) -> Picture:
    return painter.paint(scene(text, seed), SIDE, SIDE)


def silhouette(text: str, seed: int) -> NDArray[np.bool_]:
    """Where the named thing is, by the painter's own account; not its shadow."""
    return painter.paint_objects(scene(text, seed), SIDE, SIDE)[..., 3] > 0.9


def detail(pixels: Picture, where: NDArray[np.bool_]) -> float:
    fine = np.abs(luma(pixels) - blur(luma(pixels), 0.006))
    return float(fine[where].mean())


@pytest.mark.parametrize(("text", "seed"), NAMED)
def test_the_subject_is_found_from_the_pixels_alone(text: str, seed: int) -> None:
    found, thing = subject(plain(text, seed)), silhouette(text, seed)
    assert found.shape == (SIDE, SIDE)
    assert found[thing].mean() > 2.5 * found[~thing].mean()
    assert found[thing].mean() > 0.55


def test_the_subject_is_the_same_thing_at_every_size() -> None:
    small = subject(painter.paint(scene(*NAMED[1]), 64, 64))
    large = subject(plain(*NAMED[1])).reshape(64, 4, 64, 4).mean((1, 3))
    assert np.corrcoef(small.ravel(), large.ravel())[0, 1] > 0.9


def test_a_picture_of_nothing_has_a_finite_subject() -> None:
    assert np.isfinite(subject(np.zeros((40, 56, 3), np.float32))).all()


@pytest.mark.parametrize(("text", "seed"), NAMED[:2])
def test_a_photograph_is_sharp_where_its_subject_is_and_soft_far_away(text: str, seed: int) -> None:
    before, thing = plain(text, seed), silhouette(text, seed)
    after = styles.apply(before, ("photographic",), 5)
    far = np.zeros((SIDE, SIDE), bool)
    far[int(0.3 * SIDE) : int(0.6 * SIDE)] = True
    far &= subject(before) < 0.1
    assert detail(after, thing) > 0.9 * detail(before, thing)
    assert detail(after, far) < 0.75 * detail(before, far)


def test_the_bars_of_a_wide_screen_do_not_cut_the_subject() -> None:
    for text, seed in NAMED:
        wide = styles.apply(plain(text, seed), ("cinematic",), 5)
        black = (wide == -1).all((1, 2))
        assert 0.05 < black[: SIDE // 2].mean() * 0.5 <= 0.11
        thing = silhouette(text, seed)
        assert thing[black].sum() < 0.04 * thing.sum()


def test_outlines_are_finer_on_small_things_than_on_large_ones() -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE]

    def drawn(radius: float) -> float:
        disc = np.where(np.hypot(y - 128, x - 128)[..., None] < radius, 0.9, -0.9).astype(np.float32)
        return float(contours(np.repeat(disc, 3, 2), 0.01).sum() / radius)

    assert drawn(4) < 0.75 * drawn(60)


def test_neon_gives_the_subject_another_colour_than_the_rest() -> None:
    for text, seed in NAMED[:3]:
        glowing = styles.apply(plain(text, seed), ("neon-punk",), 5)
        magenta, thing = glowing[..., 0] - glowing[..., 1], silhouette(text, seed)
        bright = glowing.max(-1) > 0.3
        assert magenta[thing & bright].mean() > 0.3
        assert magenta[~thing & bright & (subject(plain(text, seed)) < 0.1)].mean() < -0.3


@pytest.mark.parametrize("name", ["origami", "3d-model", "modeling-compound", "line-art"])
def test_a_thing_keeps_its_outline_in_the_styles_that_rebuild_it(name: str) -> None:
    for text, seed in NAMED[:3]:
        styled = styles.apply(plain(text, seed), (name,), 5)
        around = blur(silhouette(text, seed).astype(np.float32), 0.01)
        rim = (around > 0.2) & (around < 0.8)
        edges = np.hypot(*np.gradient(luma(styled)))
        assert edges[rim].mean() > 1.25 * edges.mean()


def test_no_two_styles_paint_alike() -> None:
    names = sorted(styles.presets.PRESETS)
    made = {name: styles.apply(plain(*NAMED[1]), (name,), 5) for name in names} | {"none": plain(*NAMED[1])}
    near = {(a, b): float(np.abs(made[a] - made[b]).mean()) for a in made for b in made if a < b}
    assert min(near.values()) > 0.05, min(near, key=lambda pair: near[pair])


def disc(radius: float, inside: float = 0.6, outside: float = -0.4) -> Picture:
    """A grey disc in the middle of another grey."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    flat = np.where(np.hypot(y, x) < radius, inside, outside).astype(np.float32)
    return np.repeat(flat[..., None], 3, -1)


def test_tiles_of_a_texture_fit_each_other() -> None:
    tile = styles.apply(plain(*NAMED[1]), ("tile-texture",), 5)
    for axis in (0, 1):
        seam = np.abs(tile.take(0, axis) - tile.take(-1, axis)).mean()
        assert seam < 1.2 * np.abs(np.diff(tile, axis=axis)).mean()
    half = SIDE // 2
    assert np.abs(tile[:half] - tile[half:]).max() < 1e-5


def test_a_tile_shows_the_whole_thing() -> None:
    pixels = np.full((SIDE, SIDE, 3), -0.5, np.float32)
    thing = disc(40)[..., 0] > 0
    thing[40:90, 126:131] = True  # a mast
    pixels[thing] = 0.2
    pixels[40:48, 126:131] = (-0.9, 0.9, -0.9)
    tile = styles.apply(pixels, ("tile-texture",), 5, thing.astype(np.float32))
    assert (tile[..., 1] - tile[..., 0]).max() > 1


def test_the_walls_of_a_diorama_have_no_dark_rim() -> None:
    def nothing(*_: float) -> Picture:
        return np.zeros((SIDE, SIDE, 4), np.float32)

    box = styles.diorama(np.full((SIDE, SIDE, 3), 0.8, np.float32), 0.5, nothing)
    assert box[: SIDE // 2].min() > 0.6


@pytest.mark.parametrize("name", ["comic-book", "anime", "cartoon"])
def test_the_white_of_an_eye_stays_white_within_ink(name: str) -> None:
    eye = disc(12, inside=-0.8, outside=0.2)
    eye[disc(9)[..., 0] > 0] = 0.95
    styled = styles.apply(eye, (name,), 5)
    white = disc(7)[..., 0] > 0
    assert luma(styled)[white].mean() > 0.6
    assert luma(styled).min() < -0.4


@pytest.mark.parametrize("name", ["anime", "comic-book", "cartoon"])
def test_cel_shading_has_few_tones_in_a_thing(name: str) -> None:
    def tones(pixels: Picture, thing: NDArray[np.bool_]) -> float:
        """Share of the pixels in the eight commonest of 64 tones."""
        levels = np.bincount((luma(pixels)[thing] * 31.5 + 32).astype(int).clip(0, 63), minlength=64)
        return float(np.sort(levels)[-8:].sum() / levels.sum())

    slope = np.linspace(-0.5, 0.6, SIDE, dtype=np.float32)[:, None, None] + np.zeros((SIDE, SIDE, 3), np.float32)
    pixels = disc(70)
    thing = pixels[..., 0] > 0
    pixels[thing] = slope[thing]
    assert tones(styles.apply(pixels, (name,), 5), thing) > 1.25 * tones(pixels, thing)


@pytest.mark.parametrize("name", ["3d-model", "modeling-compound", "photographic", "digital-art"])
def test_what_is_round_is_light_towards_the_lamp_and_dark_away_from_it(name: str) -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    ball = disc(50)
    styled, inside = luma(styles.apply(ball, (name,), 5)), np.hypot(y, x) < 44
    upper_left, lower_right = inside & (x + y < -30), inside & (x + y > 30)
    assert styled[upper_left].mean() > styled[lower_right].mean() + 0.08


@pytest.mark.parametrize("name", ["3d-model", "digital-art", "photographic"])
def test_what_lies_open_behind_the_subject_stays_level(name: str) -> None:
    after = luma(styles.apply(disc(50), (name,), 5))
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    ring = (np.hypot(y, x) > 56) & (np.hypot(y, x) < 66)
    assert abs(after[ring & (x + y < -60)].mean() - after[ring & (x + y > 60)].mean()) < 0.15


def test_smoothing_keeps_an_edge_and_calms_what_is_within() -> None:
    grain = 0.15 * np.random.default_rng(1).standard_normal((SIDE, SIDE, 3)).astype(np.float32)
    before = disc(60)
    after = flattened(before + grain, 0.012)
    inside, rim = disc(50)[..., 0] > 0, np.abs(np.gradient(before[..., 0])[0]) > 0.3
    assert after[inside].std() < 0.5 * (before + grain)[inside].std()
    assert (
        np.abs(np.gradient(after[..., 0])[0])[rim].mean()
        > 1.6 * np.abs(np.gradient(softened(before, 0.012)[..., 0])[0])[rim].mean()
    )


def test_a_mask_gets_the_edges_of_what_it_masks() -> None:
    pixels = disc(60)
    rough = blur((disc(60)[..., 0] > 0).astype(np.float32), 0.05)
    crisp = snapped(rough, pixels, 0.05)
    assert np.abs(np.gradient(crisp)[0]).max() > 4 * np.abs(np.gradient(rough)[0]).max()


@pytest.mark.parametrize("name", ["oil_painting", "post_impressionism", "impressionism"])
def test_strokes_run_along_the_forms(name: str) -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    bands = np.repeat((0.5 * np.sin((x + y) / 9))[..., None], 3, -1)
    strokes = luma(styles.apply(bands, (name,), 5) - bands)
    down, across = np.gradient(strokes, axis=0), np.gradient(strokes, axis=1)
    along, against = (across - down)[20:-20, 20:-20], (across + down)[20:-20, 20:-20]
    assert np.abs(along).mean() < 0.75 * np.abs(against).mean()


def test_strokes_keep_the_colours_and_the_outline_of_a_thing() -> None:
    for text, seed in NAMED[:2]:
        before, thing = plain(text, seed), silhouette(text, seed)
        after = styles.apply(before, ("oil_painting",), 5, thing.astype(np.float32))
        assert np.abs(after[thing].mean(0) - before[thing].mean(0)).max() < 0.15
        assert np.abs(luma(after) - luma(before))[thing].mean() < 0.13


def test_a_style_takes_the_things_that_it_is_told_of_for_its_subject() -> None:
    rough = np.random.default_rng(3).uniform(-0.6, 0.6, (16, 16, 3)).astype(np.float32)
    pixels = np.kron(rough, np.ones((16, 16, 1), np.float32))
    left = np.zeros((SIDE, SIDE), np.float32)
    left[:, : SIDE // 2] = 1
    for things in (left, 1 - left):
        glowing = styles.apply(pixels, ("neon-punk",), 5, things)
        magenta = glowing[..., 0] - glowing[..., 1]
        assert magenta[things == 1].mean() > magenta[things == 0].mean() + 0.2


@pytest.mark.parametrize("words", ["blurry", "soft light, dreamy, romantic", "simple, minimalist, close-up, bokeh"])
def test_no_mood_blurs_the_thing_that_a_picture_is_of(words: str) -> None:
    plainly, soft = scene("a cat in a garden", 2), scene(f"a cat in a garden, {words}", 2)
    mooded = replace(plainly, grade=soft.grade)
    before, after = plain("a cat in a garden", 2), painter.paint(mooded, SIDE, SIDE)
    cut = painter.paint_objects(mooded, SIDE, SIDE)
    thing = silhouette("a cat in a garden", 2)
    assert detail(after, thing) > 0.6 * detail(before, thing)
    assert detail(cut[..., :3], thing) > 0.6 * detail(before, thing)


def test_a_blurred_picture_is_blurred_behind_its_thing() -> None:
    before, thing = plain(*NAMED[1]), silhouette(*NAMED[1])
    after = Grade(soft=1.0).apply(before, thing.astype(np.float32))
    far = blur(thing.astype(np.float32), 0.05) < 0.01
    assert detail(after, far) < 0.4 * detail(before, far)
    assert detail(Grade(soft=1.0).apply(before), thing) < 0.4 * detail(before, thing)


@pytest.mark.parametrize("name", ["ink_wash", "pencil_sketch", "charcoal"])
def test_a_pale_thing_is_drawn_dark_and_clear(name: str) -> None:
    pale = disc(60, inside=0.5, outside=0.6)
    pale[disc(25)[..., 0] > 0] = 0.7
    thing, light = disc(60)[..., 0] > 0, disc(18)[..., 0] > 0
    drawn = luma(styles.apply(pale, (name,), 5, thing.astype(np.float32)))
    assert drawn[light].mean() > drawn[thing & ~(disc(32)[..., 0] > 0)].mean() + 0.25
    assert drawn[thing].mean() < drawn[~thing].mean() - 0.1


@pytest.mark.parametrize("name", ["comic-book", "cartoon", "line-art"])
def test_a_thing_has_an_outline_whatever_it_stands_before(name: str) -> None:
    thing = disc(60)[..., 0] > 0
    white = np.full((SIDE, SIDE, 3), 0.7, np.float32)
    drawn = luma(styles.apply(white, (name,), 5, thing.astype(np.float32)))
    assert drawn[SIDE // 2].min() < 0


@pytest.mark.parametrize("name", ["cartoon", "line-art"])
def test_outlines_are_no_wider_than_a_pen(name: str) -> None:
    large = np.kron(disc(60, 0.7, 0.0), np.ones((3, 3, 1), np.float32))
    black = luma(styles.apply(large, (name,), 5))[len(large) // 2] < -0.3
    assert 1 <= black[: len(large) // 2].sum() <= len(large) / 300 + 0.5


def test_a_thin_thing_keeps_its_colour_within_its_outline() -> None:
    bar = np.zeros((SIDE, SIDE), np.float32)
    bar[:, 126:130] = 1
    red = np.where(bar[..., None], np.array([0.7, -0.6, -0.6]), np.array([0.5, 0.6, 0.4])).astype(np.float32)
    printed = styles.apply(red, ("comic-book",), 5, bar)[20:-20, 126:130]
    assert (printed[..., 0] - printed[..., 1]).mean() > 0.4


def small_face() -> tuple[Picture, NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """A small head before a wall, with eyes and a mouth of a few pixels: pixels, the head, its eyes, and its bare skin."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    head = np.hypot(y, x) < 9
    eye, mouth = np.hypot(y + 2, np.abs(x) - 4), np.hypot(y - 4, np.maximum(np.abs(x) - 4, 0))
    pixels = disc(9, inside=0.5, outside=-0.1)
    pixels[(eye < 1.5) | (mouth < 0.8)] = -0.9
    return pixels, head.astype(np.float32), eye < 1, head & (eye > 3) & (mouth > 2)


COARSE = {"abstract", "low-poly", "mosaic", "pixel-art", "tile-texture"}  # their pieces are larger than an eye
OUTLINES = {"neon-punk", "line-art"}  # which have no eyes that are darker than a cheek


@pytest.mark.parametrize("name", sorted(styles.STYLES.keys() - COARSE - OUTLINES))
def test_the_eyes_of_a_small_figure_stay(name: str) -> None:
    pixels, head, eyes, skin = small_face()
    before, after = luma(pixels), luma(styles.apply(pixels, (name,), 5, head))
    assert after[skin].mean() - after[eyes].mean() > 0.5 * (before[skin].mean() - before[eyes].mean())


@pytest.mark.parametrize("name", ["anime", "comic-book", "cartoon", "woodblock"])
def test_ink_does_not_blot_a_small_face(name: str) -> None:
    pixels, head, _, skin = small_face()
    assert luma(styles.apply(pixels, (name,), 5, head))[skin].mean() > 0.25


def test_small_features_are_found_on_things_alone() -> None:
    pixels, head, eyes, _ = small_face()
    fine = features(pixels, head)
    assert fine[eyes].min() > 0.9
    assert fine[head == 0].max() == 0
    assert features(np.roll(pixels, 60, 1), head)[SIDE // 2 - 30 : SIDE // 2 + 30].max() == 0
    assert features(pixels, np.zeros_like(head)).max() == 0
    assert features(disc(60), (disc(60)[..., 0] > 0).astype(np.float32)).mean() < 0.01


def test_pixel_art_keeps_a_colour_that_only_its_small_thing_has() -> None:
    wide = np.linspace(-0.8, 0.8, SIDE, dtype=np.float32)
    pixels = np.stack([wide[:, None] * wide, wide[:, None] + 0 * wide, wide + 0 * wide[:, None]], -1).astype(np.float32)
    thing = (disc(9)[..., 0] > 0).astype(np.float32)
    pixels[thing == 1] = (0.8, -0.8, -0.8)
    made = styles.apply(pixels, ("pixel-art",), 5, thing)
    assert np.abs(made[SIDE // 2, SIDE // 2] - np.array([1, -1, -1])).max() < 0.3
    assert len(np.unique(made.reshape(-1, 3), axis=0)) <= 28


def test_darkness_lies_around_the_thing() -> None:
    thing = disc(40)[..., 0] > 0
    dark = Grade(brightness=-0.3).apply(np.zeros((SIDE, SIDE, 3), np.float32), thing.astype(np.float32))
    assert dark[~thing].max() < -0.29
    assert dark[thing].min() > -0.15


@pytest.mark.parametrize(("words", "seen"), [("dark, blood moon", True), ("silhouette", False)])
def test_a_thing_is_seen_in_any_light_but_against_it(words: str, seen: bool) -> None:
    text = "a cat in a garden"
    made = replace(scene(text, 2), light=scene(f"{text}, {words}", 2).light)
    thing = silhouette(text, 2)
    lit, dim = (luma(painter.paint_objects(s, SIDE, SIDE)[..., :3])[thing].mean() + 1 for s in (scene(text, 2), made))
    assert (dim > 0.55 * lit) == seen


def test_no_rain_and_no_snow_falls_under_a_roof() -> None:
    for weather in ("snow", "rain"):
        assert painter.paint_weather(scene(f"a street, {weather}", 1), 64, 64) is not None
        assert painter.paint_weather(scene(f"a living room, {weather}", 1), 64, 64) is None


def test_an_empty_stage_shows_where_its_paper_bends_and_where_its_lamp_shines() -> None:
    stage = scene("plain background", 1)
    rows = luma(painter.paint(stage, SIDE, SIDE)).max(1)
    bend = round((stage.horizon + 0.08 * (100 - stage.horizon)) / 100 * SIDE)
    wall, pool = rows[bend - 60 : bend - 30].min(), rows[bend + 20 : bend + 50].max()
    assert rows[bend] < wall - 0.1
    assert rows[bend] < pool - 0.3


@pytest.mark.parametrize("name", sorted(styles.STYLES))
def test_any_pixels_can_be_styled(name: str) -> None:
    rough = np.random.default_rng(0).uniform(-1, 1, (152, 96, 3)).astype(np.float32)
    for pixels in (rough, np.zeros((40, 160, 3), np.float32), rough[:16, :8]):
        styled = styles.apply(pixels, (name,), 5)
        assert styled.shape == pixels.shape
        assert styled.dtype == np.float32
        assert np.isfinite(styled).all()
