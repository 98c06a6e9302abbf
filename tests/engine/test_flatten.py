"""Image-to-image's flattening: texture goes first, edges and broad colours stay, and nothing glows."""

from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from helpers.studio.engines.painted.diffusion.flatten import flattened
from helpers.studio.engines.painted.diffusion.latent import enlarge, shrink
from helpers.studio.engines.painted.interface import Pixels

AMOUNTS = (0.2, 0.4, 0.6, 0.8, 1.0)
DARK, BRIGHT = np.array([[-0.5, -0.3, 0.1], [0.6, 0.4, -0.2]], np.float32)


def photograph(width: int = 512, height: int = 512) -> Pixels:
    """A portrait before a flag: grain, skin, cloth, sharp edges."""
    file = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    picture = Image.open(file).convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(picture).astype(np.float32) / np.float32(127.5) - 1


def halves(height: int = 256, width: int = 256, at: int = 131) -> Pixels:
    """Two flat colours that meet at a column."""
    return np.where(np.arange(width)[None, :, None] < at, DARK, np.broadcast_to(BRIGHT, (height, width, 3)))


def grained(pixels: Pixels, sd: float, seed: int = 1) -> Pixels:
    return pixels + np.random.default_rng(seed).normal(0, sd, pixels.shape).astype(np.float32)


def checked(height: int = 256, width: int = 256, amplitude: float = 0.08) -> Pixels:
    y, x = np.mgrid[:height, :width] // 2
    return np.float32(0.1) + np.float32(amplitude) * np.where((x + y) % 2, 1, -1)[..., None] * np.ones(3, np.float32)


def light(pixels: Pixels) -> NDArray[np.float32]:
    return pixels.mean(2)


def fine(pixels: Pixels) -> NDArray[np.float32]:
    """Return what is smaller than four pixels of 256."""
    small = shrink(pixels, 256, 256)
    return light(small - enlarge(shrink(small, 64, 64), 256, 256)).ravel()


def alike(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_no_flattening_leaves_the_very_same_values() -> None:
    init = photograph()
    np.testing.assert_array_equal(flattened(init, 0.0), init)


def test_the_init_image_is_not_written_to_and_the_result_is_the_same_each_time() -> None:
    init = photograph(256, 256)
    before = init.copy()
    first, second = flattened(init, 0.7), flattened(init, 0.7)
    np.testing.assert_array_equal(init, before)
    np.testing.assert_array_equal(first, second)


def test_the_change_grows_with_the_amount_and_never_jumps() -> None:
    init = photograph(256, 256)
    amounts = np.linspace(0, 1, 21)
    pictures = [flattened(init, float(a)) for a in amounts]
    change = [float(np.abs(p - init).mean()) for p in pictures]
    steps = [float(np.abs(b - a).mean()) for a, b in pairwise(pictures)]
    assert np.all(np.diff(change) > 0)
    assert max(steps) < 0.2 * change[-1]
    assert np.abs(flattened(init, 1e-3) - init).max() < 1e-3


@pytest.mark.parametrize("texture", [grained(np.full((256, 256, 3), 0.1, np.float32), 0.06), checked()])
def test_grain_and_fine_texture_are_gone_by_two_fifths_and_nothing_is_left_at_the_end(texture: Pixels) -> None:
    assert flattened(texture, 0.4).std() < 0.35 * texture.std()
    assert flattened(texture, 1.0).std() < 0.08 * texture.std()


def test_texture_goes_while_an_edge_in_it_keeps_its_place_and_contrast() -> None:
    init = grained(halves(), 0.05)
    for amount in AMOUNTS:
        flat = light(flattened(init, amount))[8:-8]
        middle = light(np.stack([DARK, BRIGHT])[None]).mean()
        np.testing.assert_allclose((flat < middle).sum(1), 131, atol=0.5)
        contrast = BRIGHT.mean() - DARK.mean()
        assert flat[:, 133].mean() - flat[:, 128].mean() > 0.95 * contrast
        assert flat[:, 137].mean() - flat[:, 124].mean() > 0.97 * contrast
        assert flat[:, 140:].std() < (0.9 if amount < 0.3 else 0.25) * light(init)[:, 140:].std()


def test_mottled_colour_wider_than_a_superpixel_runs_together_at_the_end() -> None:
    mottle = enlarge(np.random.default_rng(2).normal(0, 0.03, (20, 20, 3)).astype(np.float32), 256, 256)
    assert flattened(mottle, 1.0).std() < 0.55 * mottle.std()


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("softness", [0, 3, 12])
def test_no_edge_glows(amount: float, softness: int) -> None:
    sharp = halves()
    kernel = np.ones(2 * softness + 1) / (2 * softness + 1)
    line = np.stack([np.convolve(np.pad(sharp[0, :, c], softness, mode="edge"), kernel, "valid") for c in range(3)], 1)
    init = np.broadcast_to(line.astype(np.float32), sharp.shape)
    flat = flattened(np.ascontiguousarray(init), amount)
    room = 0.005 * np.abs(BRIGHT - DARK)
    assert np.all(flat >= init.min((0, 1)) - room)
    assert np.all(flat <= init.max((0, 1)) + room)


def test_a_photograph_keeps_its_broad_colours_and_loses_its_detail_step_by_step() -> None:
    init = photograph()
    flats = [flattened(init, amount) for amount in AMOUNTS]
    assert min(alike(shrink(init, 8, 8), shrink(flat, 8, 8)) for flat in flats) > 0.995
    left = [alike(fine(init), fine(flat)) for flat in flats]
    assert left == sorted(left, reverse=True)
    assert left[0] > 0.97
    assert left[-1] < 0.95


def test_at_the_end_a_photograph_is_mostly_flat() -> None:
    def share_of_flat(pixels: Pixels) -> float:
        return float((np.abs(np.diff(light(pixels), axis=1)) < 0.01).mean())

    init = photograph()
    assert share_of_flat(init) < 0.4
    assert share_of_flat(flattened(init, 1.0)) > 0.7


def test_thin_black_lines_on_white_stay() -> None:
    init = np.ones((256, 256, 3), np.float32)
    init[40:200, 100:102] = init[150:152, 30:220] = -1
    for amount, kept in ((0.4, 0.75), (0.7, 0.6), (1.0, 0.35)):
        flat = light(flattened(init, amount))
        assert 1 - flat[60:140, 100:102].mean() > kept * 2
        assert 1 - flat[150:152, 120:210].mean() > kept * 2


@pytest.mark.parametrize(("height", "width"), [(256, 384), (384, 256), (72, 104), (64, 64), (640, 1152)])
def test_any_sides_that_are_multiples_of_eight_are_flattened_alike_in_both_directions(height: int, width: int) -> None:
    init = grained(halves(height, width, width // 2), 0.05)
    flat = flattened(init, 0.9)
    assert flat.shape == init.shape
    assert flat.dtype == np.float32
    on_its_side = flattened(np.ascontiguousarray(init.transpose(1, 0, 2)), 0.9).transpose(1, 0, 2)
    assert np.abs(flat - on_its_side).mean() < 1e-4


def test_a_larger_picture_is_flattened_as_far() -> None:
    small, large = photograph(512, 512), photograph(1024, 1024)
    flat, also = flattened(small, 1.0), flattened(large, 1.0)
    assert np.abs(shrink(also, 512, 512) - flat).mean() < 0.2 * np.abs(flat - small).mean()
