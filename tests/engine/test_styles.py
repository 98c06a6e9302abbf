"""What the style presets promise: the subject stays whole and legible, and each style's own mark is where it belongs."""

from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.studio.engines.painted.painting import layout, painter, prompt, styles
from helpers.studio.engines.painted.painting.filters import Picture, blur, luma
from helpers.studio.engines.painted.painting.layout import Scene
from helpers.studio.engines.painted.painting.styles.lines import contours
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
