"""Masks combined, grown, shrunk, feathered and fitted, and the laws that hold for all of them."""

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from helpers.bodies import inputs
from helpers.errors import ImageError, MaskError, WorkshopWarning
from helpers.masks.mask import Mask

SHAPE = (9, 13)
masks = arrays(np.uint8, SHAPE).map(Mask)
radii = st.integers(0, 30)
EMPTY, FULL = Mask(np.zeros(SHAPE, np.uint8)), Mask(np.full(SHAPE, 255, np.uint8))


@given(masks, masks, masks)
@settings(max_examples=60, deadline=None)
def test_and_or_and_not_obey_their_laws(a: Mask, b: Mask, c: Mask) -> None:
    assert (a | b, a & b) == (b | a, b & a)
    assert ((a | b) | c, (a & b) & c) == (a | (b | c), a & (b & c))
    assert (a & (b | c), a | (b & c)) == ((a & b) | (a & c), (a | b) & (a | c))
    assert (a | (a & b), a & (a | b)) == (a, a)
    assert (~(a | b), ~(a & b)) == (~a & ~b, ~a | ~b)
    assert (a | a, a & a, ~~a, a | EMPTY, a & FULL) == (a, a, a, a, a)
    assert (a & EMPTY, a | FULL) == (EMPTY, FULL)
    assert (a - b, a - EMPTY, FULL - a) == (a & ~b, a, ~a)


def test_combined_boxes_cover_what_one_expects() -> None:
    left, right = Mask.box((8, 4), (0, 0, 5, 4)), Mask.box((8, 4), (3, 0, 8, 4))
    assert (left | right).share == 1
    assert left & right == Mask.box((8, 4), (3, 0, 5, 4))
    assert left - right == Mask.box((8, 4), (0, 0, 3, 4))


@pytest.mark.parametrize("combine", [lambda a, b: a | b, lambda a, b: a & b, lambda a, b: a - b])
def test_masks_of_unlike_sizes_or_other_things_are_not_combined(combine: Any) -> None:
    with pytest.raises(MaskError, match="8 x 4 pixels and the other 4 x 8"):
        combine(Mask.box((8, 4), (0, 0, 4, 4)), Mask.box((4, 8), (0, 0, 4, 4)))
    with pytest.raises(TypeError):
        combine(EMPTY, 3)


def by_hand(pixels: Any, radius: int) -> Any:
    height, width = pixels.shape
    down, across = np.mgrid[:height, :width]
    near = (down[..., None, None] - down) ** 2 + (across[..., None, None] - across) ** 2 <= radius**2
    return np.where(near, pixels, 0).max((2, 3))


@given(masks, radii)
@settings(max_examples=60, deadline=None)
def test_growing_takes_the_largest_within_a_circle(mask: Mask, radius: int) -> None:
    assert np.array_equal(mask.grown(radius).pixels, by_hand(mask.pixels, radius))


@given(masks, radii)
@settings(max_examples=40, deadline=None)
def test_shrinking_is_growing_what_stays(mask: Mask, radius: int) -> None:
    assert mask.shrunk(radius) == ~((~mask).grown(radius))
    assert mask.grown(0) == mask.shrunk(0) == mask
    assert mask & mask.shrunk(radius) == mask.shrunk(radius)
    assert mask | mask.grown(radius) == mask.grown(radius)
    assert mask.grown(radius).shrunk(radius) | mask == mask.grown(radius).shrunk(radius)
    assert (FULL.shrunk(radius), EMPTY.grown(radius)) == (FULL, EMPTY)


@given(st.integers(0, 20), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_a_feathered_edge_reaches_no_further_than_asked(radius: int, seed: int) -> None:
    hard = Mask.from_array(np.random.default_rng(seed).random((40, 50)) > 0.999)
    soft = hard.feathered(radius)
    ys, xs = np.nonzero(hard.pixels)
    near = np.zeros((40, 50), np.bool_)
    for y, x in zip(ys, xs, strict=True):
        near[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1] = True
    assert not soft.pixels[~near].any()
    assert hard.feathered(0) == hard
    assert FULL.feathered(radius) == FULL
    assert EMPTY.feathered(radius) == EMPTY


def test_a_feathered_edge_falls_steadily_across_its_width() -> None:
    row = Mask.box((100, 9), (0, 0, 50, 9)).feathered(9).pixels[4].astype(int)
    assert (np.diff(row) <= 0).all()
    assert (row[40], row[59]) == (255, 0)
    assert 0 < row[56] < row[49] < row[43] < 255
    assert abs(row[49] + row[50] - 255) <= 2


def test_a_hardened_mask_has_nothing_between() -> None:
    soft = Mask(np.array([[0, 1, 127, 128, 255]], np.uint8))
    assert soft.hardened().pixels.tolist() == [[0, 0, 0, 255, 255]]
    assert soft.hardened(1).pixels.tolist() == [[0, 255, 255, 255, 255]]
    assert soft.hardened().is_hard
    assert not soft.is_hard
    assert not Mask(np.array([[0, 1, 255]], np.uint8)).is_hard


def test_a_mask_is_fitted_as_asked_and_says_what_was_done() -> None:
    mask = Mask.box((100, 50), (0, 0, 25, 50))
    with pytest.warns(WorkshopWarning, match="was 100 x 50 pixels and was stretched to 100 x 100"):
        assert mask.fitted((100, 100)) == Mask.box((100, 100), (0, 0, 25, 100))
    with pytest.warns(WorkshopWarning, match="cropped to 50 x 50: at 100%, 50 pixels were cut off"):
        assert mask.fitted((50, 50), "crop").share == 0
    with pytest.warns(WorkshopWarning, match="padded to 100 x 100: at 100%, 50 pixels were added"):
        assert mask.fitted(Image.new("RGB", (100, 100)), "pad") == Mask.box((100, 100), (0, 25, 25, 75))
    with pytest.warns(WorkshopWarning, match="scaled to 200 x 100"):
        assert mask.fitted((200, 100)) == Mask.box((200, 100), (0, 0, 50, 100))
    assert mask.fitted((100, 50)) is mask
    with pytest.raises(ImageError, match="squeeze"):
        mask.fitted((9, 9), "squeeze")  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["crop", "pad", "stretch"])
def test_a_mask_fitted_like_its_picture_covers_the_same_things(how: Any) -> None:
    picture = Image.new("RGB", (300, 200), "white")
    picture.paste("red", (90, 40, 160, 150))
    mask = Mask.box(picture, (90, 40, 160, 150))
    with pytest.warns(WorkshopWarning):
        small, fitted = inputs.fit(picture, (128, 128), how, "white"), mask.fitted((128, 128), how)
    differ = Mask.from_colour(small, "red", 127).pixels != fitted.pixels
    assert differ.mean() < 0.005


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(["crop", "pad", "stretch"]))
@settings(max_examples=40, deadline=None)
@pytest.mark.filterwarnings("ignore::helpers.errors.WorkshopWarning")
def test_a_hard_mask_remains_hard_at_any_size(width: int, height: int, how: Any) -> None:
    fitted = Mask.ellipse((24, 18), (2, 2, 20, 12)).fitted((width, height), how)
    assert fitted.size == (width, height)
    assert fitted.is_hard


def test_growing_far_costs_hardly_more_than_growing_a_little() -> None:
    mask = Mask.ellipse((512, 512), (150, 150, 350, 350))

    def cost(pixels: int) -> float:
        took = []
        for _ in range(3):
            began = time.process_time()
            mask.grown(pixels)
            took.append(time.process_time() - began)
        return min(took)

    assert cost(64) < 40 * cost(2)  # a disc of 64 pixels has a thousand times as many of them
