"""What changed outside of a mask is counted, measured and shown, and can be put back."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

import helpers
from helpers.errors import MaskError
from helpers.masks.mask import Mask

SHAPE = (12, 16)
masks = arrays(np.uint8, SHAPE, elements=st.sampled_from([0, 0, 1, 128, 255])).map(Mask)
pictures = arrays(np.uint8, (*SHAPE, 3), elements=st.integers(0, 255))
GREY = Image.new("RGB", (160, 140), (100, 100, 100))
MASK = Mask.box(GREY, (40, 40, 80, 80))


def changed(*dots: tuple[int, int, int]) -> Image.Image:
    """GREY with a pixel of another brightness at each (x, y)."""
    after = GREY.copy()
    for x, y, level in dots:
        after.putpixel((x, y), (100, level, 100))
    return after


@given(masks, pictures)
@settings(max_examples=40, deadline=None)
def test_an_untouched_picture_has_no_leak(mask: Mask, picture: Any) -> None:
    report = mask.leaks(picture, picture)
    assert (report.changed, report.largest, report.mean, report.reach, report.box) == (0, 0, 0.0, 0, None)
    assert not report.leaked
    assert report.outside == (mask.pixels == 0).sum()


@given(masks, pictures, pictures)
@settings(max_examples=60, deadline=None)
def test_the_report_counts_what_changed_where_the_mask_is_0(mask: Mask, before: Any, after: Any) -> None:
    report = mask.leaks(before, after)
    apart = np.abs(before.astype(int) - after).max(2)[mask.pixels == 0]
    assert report.changed == (apart > 0).sum()
    assert report.largest == apart.max(initial=0)
    assert mask.leaks(before, after, tolerance=255).changed == 0


@given(masks, pictures, pictures)
@settings(max_examples=60, deadline=None)
def test_a_composite_leaks_nothing_and_keeps_what_the_mask_allows(mask: Mask, before: Any, after: Any) -> None:
    whole = mask.composite(before, after)
    assert not mask.leaks(before, whole).leaked
    free = mask.pixels == 255
    assert np.array_equal(np.asarray(whole)[free], after[free])
    share = mask.pixels[..., None] / 255
    assert np.abs(np.asarray(whole) - (before * (1 - share) + after * share)).max() <= 0.5 + 1e-9


def test_a_change_inside_is_no_leak() -> None:
    assert not MASK.leaks(GREY, changed((40, 40, 255), (79, 79, 0))).leaked


def test_the_report_says_how_many_how_much_how_far_and_where() -> None:
    report = MASK.leaks(GREY, changed((89, 60, 130), (10, 60, 98), (60, 60, 255)))
    assert (report.changed, report.largest, report.mean, report.reach) == (2, 30, 16.0, 30)
    assert report.box == (10, 60, 90, 61)
    assert report.outside == 160 * 140 - 40 * 40
    assert report.verdict == (
        "The mask leaked: 2 of 20,800 pixels outside the mask changed (less than 0.1%), by at most 30 of 255, up to"
        " 30 pixels from the mask."
    )
    assert str(report) == report.verdict
    assert "(10, 60) and (90, 61)" in report.alt
    assert "160 by 140" in report.alt


@pytest.mark.parametrize(("x", "reach"), [(80, 1), (81, 2), (100, 21), (159, 80), (0, 40)])
def test_reach_is_the_distance_from_the_mask(x: int, reach: int) -> None:
    assert MASK.leaks(GREY, changed((x, 60, 0))).reach == reach


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_reach_is_exact_in_a_large_picture(seed: int, free: int, leaks: int) -> None:
    rng = np.random.default_rng(seed)
    spots, dots = (rng.integers(0, (90, 75), (count, 2)) for count in (free, leaks))
    pixels, after = np.zeros((90, 75), np.uint8), np.zeros((90, 75, 3), np.uint8)
    pixels[tuple(spots.T)], after[tuple(dots.T)] = 255, 9
    apart = np.sqrt(((dots[:, None] - spots) ** 2).sum(2)).min(1).max()
    assert Mask(pixels).leaks(np.zeros_like(after), after).reach == np.ceil(apart)


def test_a_tolerance_forgives_small_differences() -> None:
    after = changed((10, 10, 103), (20, 20, 104))
    assert [MASK.leaks(GREY, after, tolerance=level).changed for level in (2, 3, 4)] == [2, 1, 0]
    assert "by more than 4 of 255" in MASK.leaks(GREY, after, tolerance=4).verdict


def test_the_heat_map_is_bright_where_it_leaked_and_dark_elsewhere() -> None:
    report = MASK.leaks(GREY, changed((10, 100, 255), (150, 20, 120)))
    light = np.asarray(helpers.to_image(report).convert("L")).astype(int)
    assert light[100, 10] > 240
    assert 80 < light[20, 150] < light[100, 10]
    assert light[120:, 60:].max() < 60
    assert report.image.size == GREY.size


def test_the_mask_is_outlined_on_the_heat_map_even_where_all_around_it_leaked() -> None:
    flooded = np.asarray(helpers.to_image(MASK.leaks(GREY, Image.new("RGB", GREY.size, (101, 101, 101)))))
    assert (flooded[41, 42:78] == 255).all(), "a white line just inside of the mask's edge"
    assert (flooded[60, 55:65] < 60).all(), "the inside of the mask stays dark"
    assert (flooded[38, 42:78] > (200, 50, 0)).any(1).all(), "a leak right at the mask is not hidden by the line"


def test_the_ends_of_what_a_mask_can_allow_have_their_own_words() -> None:
    white = Image.new("RGB", GREY.size, "white")
    assert "every pixel" in Mask.box(GREY, (0, 0, 160, 140)).leaks(GREY, white).verdict
    none = Mask(np.zeros((140, 160), np.uint8)).leaks(GREY, white)
    assert (none.share, none.reach) == (1.0, 0)
    assert "22,400 of 22,400" in none.verdict
    assert "(100.0%)" in none.verdict
    assert MASK.leaks(GREY, GREY).verdict.startswith("Nothing leaked: none of the 20,800")


def test_pictures_of_other_sizes_are_refused() -> None:
    other = Image.new("RGB", (9, 9))
    for pair in ((GREY, other), (other, GREY)):
        with pytest.raises(MaskError, match="9 x 9"):
            MASK.leaks(*pair)
        with pytest.raises(MaskError, match="9 x 9"):
            MASK.composite(*pair)
