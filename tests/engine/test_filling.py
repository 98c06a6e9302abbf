"""Filling a hole: what is known stays, and what is around the hole goes on in it."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from helpers.studio.engines.painted import filling

Pixels = NDArray[np.float32]
Hole = NDArray[np.float32]
SIZES = [(8, 8), (16, 24), (64, 64), (128, 192), (512, 768)]


def box(shape: tuple[int, ...], top: float, left: float, bottom: float, right: float) -> Hole:
    """A hole, given in shares of the picture's sides."""
    height, width = shape[:2]
    hole = np.zeros((height, width), np.float32)
    hole[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = 1
    return hole


def middle(pixels: Pixels) -> Hole:
    return box(pixels.shape, 0.3, 0.35, 0.7, 0.65)


def noise(height: int, width: int, seed: int = 1) -> Pixels:
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (height, width, 3)).astype(np.float32)


def painted(height: int, width: int, light: ArrayLike) -> Pixels:
    """A picture whose every pixel lies between two colours, by a plane in [0, 1]."""
    share = np.broadcast_to(np.asarray(light, np.float64), (height, width))[..., None]
    return (np.array([0.6, -0.2, -0.7]) * share + np.array([-0.5, 0.1, 0.8]) * (1 - share)).astype(np.float32)


def rows(height: int) -> NDArray[np.float64]:
    return ((np.arange(height) + 0.5) / height)[:, None]


def stripes(height: int, width: int) -> Pixels:
    return painted(height, width, np.arange(width)[None] // 8 % 2)


def checker(height: int, width: int) -> Pixels:
    return painted(height, width, (np.arange(height)[:, None] // 8 + np.arange(width) // 8) % 2)


def wrong(pixels: Pixels, hole: Hole, spoilt: Pixels | None = None) -> float:
    """The mean error of the filling, whose hole was spoilt before."""
    spoilt = np.where(hole[..., None] > 0, np.float32(0.77), pixels) if spoilt is None else spoilt
    return float(np.abs(filling.fill(spoilt, hole) - pixels)[hole > 0].mean())


@pytest.mark.parametrize("size", SIZES)
def test_outside_the_hole_every_pixel_stays_and_inside_all_are_new_colours_in_range(size: tuple[int, int]) -> None:
    pixels = noise(*size)
    hole = middle(pixels)
    given = pixels.copy()
    filled = filling.fill(pixels, hole)
    assert filled is not pixels
    np.testing.assert_array_equal(pixels, given)
    np.testing.assert_array_equal(filled[hole == 0], pixels[hole == 0])
    assert filled.dtype == np.float32
    assert filled.shape == pixels.shape
    assert (np.abs(filled) <= 1).all()
    assert (filled != pixels).any(2)[hole > 0].mean() > 0.9


@pytest.mark.parametrize("size", SIZES)
def test_nothing_of_what_was_in_the_hole_is_left(size: tuple[int, int]) -> None:
    pixels = noise(*size)
    hole = middle(pixels)
    other = np.where(hole[..., None] > 0, noise(*size, seed=9), pixels)
    np.testing.assert_array_equal(filling.fill(pixels, hole), filling.fill(other, hole))


def test_nothing_of_it_is_left_either_where_the_hole_is_ragged_and_little_is_known() -> None:
    rng = np.random.default_rng(1)
    for _ in range(15):
        height, width = (8 * int(n) for n in rng.integers(2, 16, 2))
        hole = np.zeros((height, width), np.float32)
        for _ in range(3):
            top, left = int(rng.integers(height)), int(rng.integers(width))
            hole[top : top + int(rng.integers(1, height)), left : left + int(rng.integers(1, width))] = 1
        pixels = noise(height, width)
        other = np.where(hole[..., None] > 0, noise(height, width, seed=9), pixels)
        np.testing.assert_array_equal(filling.fill(pixels, hole), filling.fill(other, hole))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_may_choose_other_sources() -> None:
    pixels = noise(128, 128)
    first, again, other = (filling.fill(pixels, middle(pixels), seed) for seed in (5, 5, 6))
    assert first.tobytes() == again.tobytes()
    assert (first != other).any()


@pytest.mark.parametrize("size", SIZES)
def test_one_colour_goes_on(size: tuple[int, int]) -> None:
    pixels = painted(*size, 0.3)
    assert wrong(pixels, middle(pixels)) < 1e-3


@pytest.mark.parametrize("size", [(64, 64), (256, 256), (512, 768)])
def test_a_sky_goes_on_getting_lighter(size: tuple[int, int]) -> None:
    pixels = painted(*size, rows(size[0]))
    assert wrong(pixels, middle(pixels)) < 0.02


@pytest.mark.parametrize("size", [(64, 64), (256, 256), (512, 768)])
def test_a_horizon_goes_straight_through(size: tuple[int, int]) -> None:
    pixels = painted(*size, rows(size[0]) > 0.53)
    assert wrong(pixels, middle(pixels)) < 0.02


@pytest.mark.parametrize("texture", [stripes, checker])
@pytest.mark.parametrize("size", [(64, 96), (256, 256), (512, 512)])
def test_a_pattern_goes_on_in_step(texture: Callable[[int, int], Pixels], size: tuple[int, int]) -> None:
    pixels = texture(*size)
    assert wrong(pixels, middle(pixels)) < 0.08


def test_ground_has_as_much_grain_inside_as_outside() -> None:
    pixels = noise(256, 256) * np.float32(0.4)
    hole = middle(pixels)
    filled = filling.fill(pixels, hole)
    assert filled[hole > 0].std() > 0.8 * pixels.std()


def test_ground_is_not_copied_into_the_sky() -> None:
    light = np.where(rows(256) < 0.5, 0.1, 0.9) + np.random.default_rng(3).normal(0, 0.04, (256, 256))
    pixels = painted(256, 256, light)
    hole = box(pixels.shape, 0.05, 0.3, 0.48, 0.7)
    assert wrong(pixels, hole) < 0.08


def test_the_filling_meets_the_picture_at_the_rim() -> None:
    """Lighter to the right: pieces from elsewhere must be brought to the light of the place."""
    light = np.linspace(0.1, 0.9, 256)[None] + np.random.default_rng(3).normal(0, 0.02, (256, 256))
    pixels = painted(256, 256, light)
    hole = middle(pixels)
    filled = filling.fill(np.where(hole[..., None] > 0, np.float32(0.77), pixels), hole)
    across = np.diff(hole, axis=1) != 0
    step, usual = (np.abs(np.diff(p, axis=1)).mean(2)[across].mean() for p in (filled, pixels))
    assert step < 1.5 * usual


@pytest.mark.parametrize("where", [(0, 0, 0.4, 0.4), (0.6, 0, 1, 1), (0, 0.7, 1, 1), (0.3, 0.3, 0.7, 1)])
def test_holes_may_touch_the_border(where: tuple[float, float, float, float]) -> None:
    pixels = painted(128, 128, rows(128) > 0.5)
    assert wrong(pixels, box(pixels.shape, *where)) < 0.05


def test_a_thin_scratch_leaves_no_trace() -> None:
    pixels = stripes(256, 256)
    hole = np.zeros((256, 256), np.float32)
    for i in range(20, 236):
        hole[i, i - 2 : i + 3] = 1
    assert wrong(pixels, hole) < 0.02


def test_a_soft_edge_mixes_the_filling_with_what_was_there() -> None:
    pixels = noise(64, 64)
    hole = middle(pixels)
    whole, half = filling.fill(pixels, hole), filling.fill(pixels, hole * np.float32(0.5))
    np.testing.assert_allclose(half, (whole + pixels) / 2, atol=1e-6)


def test_nothing_is_copied_from_a_soft_edge() -> None:
    pixels = painted(128, 128, 0.3)
    hole = middle(pixels)
    edge = box(pixels.shape, 0.2, 0.25, 0.8, 0.75) - hole
    spoilt = np.where((hole + edge)[..., None] > 0, np.float32(0.95), pixels)
    filled = filling.fill(spoilt, hole + np.float32(0.2) * edge)
    np.testing.assert_allclose(filled[hole == 1], pixels[hole == 1], atol=1e-3)


@pytest.mark.parametrize("size", SIZES)
def test_where_nothing_is_known_it_is_mid_grey(size: tuple[int, int]) -> None:
    np.testing.assert_array_equal(filling.fill(noise(*size), np.ones(size, np.float32)), 0)


@pytest.mark.parametrize("size", SIZES)
def test_a_hole_over_nearly_all_is_filled_smoothly_from_what_is_left(size: tuple[int, int]) -> None:
    pixels = painted(*size, rows(size[0]))
    hole = np.ones(size, np.float32)
    hole[0], hole[-1] = 0, 0
    filled = filling.fill(np.where(hole[..., None] > 0, np.float32(0.77), pixels), hole)
    assert np.abs(filled - pixels).mean() < 0.2
    assert np.abs(np.diff(filled, axis=1)).max() < 0.05


def test_no_hole_is_no_change() -> None:
    pixels = noise(64, 64)
    filled = filling.fill(pixels, np.zeros((64, 64), np.float32))
    assert filled is not pixels
    np.testing.assert_array_equal(filled, pixels)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_smooth_fill_takes_any_number_of_planes_and_continues_slopes(channels: int) -> None:
    y, x = np.mgrid[:48, :64].astype(np.float32)
    planes = np.stack([0.1 * y - 0.05 * x + k for k in range(channels)], 2)
    hole = box(planes.shape, 0.3, 0.3, 0.7, 0.7)
    filled = filling.smooth_fill(np.where(hole[..., None] > 0, np.float32(50), planes), hole)
    np.testing.assert_array_equal(filled[hole == 0], planes[hole == 0])
    assert np.abs(filled - planes).max() < 0.8
    assert np.abs(filled - planes)[hole > 0].mean() < 0.2


def test_a_hole_of_a_fifth_at_512_pixels_takes_a_fraction_of_a_second() -> None:
    pixels = noise(512, 512)
    hole = box(pixels.shape, 0.3, 0.3, 0.75, 0.75)
    filling.fill(pixels, hole)
    start = time.process_time()
    filling.fill(pixels, hole)
    assert time.process_time() - start < 0.5  # about 0.1 on the machine that it was measured on
