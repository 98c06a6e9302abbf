"""Masks that are drawn or found in a picture: the right pixels, or one sentence about why there are none."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers.errors import MaskError
from helpers.masks.mask import Mask

SIZE = (24, 18)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[int, int, int, int]:
    left, top = draw(st.integers(0, SIZE[0] - 1)), draw(st.integers(0, SIZE[1] - 1))
    return left, top, draw(st.integers(left + 1, SIZE[0])), draw(st.integers(top + 1, SIZE[1]))


@given(boxes())
@settings(max_examples=40, deadline=None)
def test_a_polygon_through_a_boxs_corners_is_the_box(box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    assert Mask.polygon(SIZE, corners) == Mask.box(SIZE, box)
    assert Mask.polygon(SIZE, np.array(corners[::-1])) == Mask.box(SIZE, box)


def test_a_polygon_may_stand_over_the_edge_and_is_cut_there() -> None:
    assert Mask.polygon(SIZE, [(-9, -9), (99, -9), (99, 99), (-9, 99)]).share == 1
    assert Mask.polygon(SIZE, [(-9, -9), (12, -9), (12, 99), (-9, 99)]) == Mask.box(SIZE, (0, 0, 12, 18))


def test_a_triangle_holds_the_pixels_whose_centres_lie_inside() -> None:
    mask = Mask.polygon((8, 8), [(0, 0), (8, 0), (0, 8)])
    assert all(mask.pixels[y, x] == (255 if x + y + 1 < 8 else 0) for x in range(8) for y in range(8) if x + y != 7)


@given(boxes())
@settings(max_examples=40, deadline=None)
def test_an_ellipse_lies_in_its_box_and_holds_the_middle(box: tuple[int, int, int, int]) -> None:
    mask = Mask.ellipse(SIZE, box)
    assert mask & Mask.box(SIZE, box) == mask
    assert mask.pixels[(box[1] + box[3]) // 2, (box[0] + box[2]) // 2] == 255


def test_an_ellipse_has_the_area_of_an_ellipse() -> None:
    mask = Mask.ellipse((200, 200), (20, 50, 180, 150))
    assert mask.share * 40_000 == pytest.approx(math.pi * 80 * 50, rel=0.01)
    assert mask.pixels[50:55, 20:40].max() == 0  # the box's corner stays
    assert Mask.ellipse((200, 200), (-100, -100, 100, 100)).share == pytest.approx(math.pi / 16, rel=0.01)


def test_a_brush_paints_the_pixel_it_is_set_on() -> None:
    mask = Mask.brush(SIZE, [(3, 2)], 1)
    assert np.argwhere(mask.pixels).tolist() == [[2, 3]]


def test_a_stroke_is_as_wide_as_its_brush_and_round_at_its_ends() -> None:
    mask = Mask.brush((100, 60), [(20, 30), (80, 30)], 11)
    assert (mask.pixels[:, 50] > 0).sum() == 11
    assert np.flatnonzero(mask.pixels[30])[[0, -1]].tolist() == [15, 85]
    assert mask.pixels[25, 15] == 0
    bent = Mask.brush((100, 60), [(20, 10), (80, 10), (80, 50)], 5)
    assert bent == Mask.brush((100, 60), [(20, 10), (80, 10)], 5) | Mask.brush((100, 60), [(80, 10), (80, 50)], 5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Mask.ellipse(SIZE, (5, 5, 5, 9)),
        lambda: Mask.ellipse(SIZE, (50, 50, 60, 60)),
        lambda: Mask.ellipse(SIZE, (0, 0, 5)),  # type: ignore[arg-type]
        lambda: Mask.polygon(SIZE, [(0, 0), (5, 5)]),
        lambda: Mask.polygon(SIZE, [(0, 0), (5, 5), (9, float("nan"))]),
        lambda: Mask.polygon(SIZE, [(50, 50), (60, 50), (60, 60)]),
        lambda: Mask.polygon(SIZE, "round"),
        lambda: Mask.polygon(SIZE, [1, 2, 3]),
        lambda: Mask.brush(SIZE, [], 5),
        lambda: Mask.brush(SIZE, [(3, 3)], 0),
        lambda: Mask.brush(SIZE, [(3, 3)], "wide"),  # type: ignore[arg-type]
        lambda: Mask.brush(SIZE, [(99, 99)], 3),
        lambda: Mask.brush(SIZE, None, 3),
        lambda: Mask.from_brightness(Image.new("L", SIZE)),
        lambda: Mask.from_colour(Image.new("L", SIZE), "no colour"),
        lambda: Mask.from_colour(Image.new("L", SIZE), (1, 2)),
        lambda: Mask.from_alpha(Image.new("RGB", SIZE)),
        lambda: Mask.box(SIZE, (0, 0, 4, 4)).grown(-1),
        lambda: Mask.box(SIZE, (0, 0, 4, 4)).shrunk(1.5),  # type: ignore[arg-type]
        lambda: Mask.box(SIZE, (0, 0, 4, 4)).hardened(0),
    ],
)
def test_what_makes_no_mask_is_refused_with_a_way_out(make: Any) -> None:
    with pytest.raises(MaskError) as caught:
        make()
    assert caught.value.fix
    assert len(str(caught.value)) < 300


def test_brightness_chooses_the_light_the_dark_or_what_is_between() -> None:
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    assert (Mask.from_brightness(ramp, above=200).pixels[0] > 0).tolist() == [level > 200 for level in range(256)]
    assert (Mask.from_brightness(ramp, below=50).pixels[0] > 0).tolist() == [level < 50 for level in range(256)]
    assert (Mask.from_brightness(ramp, above=50, below=60).pixels > 0).sum() == 9


def test_a_colour_chooses_what_is_near_it_in_every_channel() -> None:
    picture = Image.fromarray(np.array([[[255, 0, 0], [235, 20, 20], [235, 20, 21], [0, 0, 255]]], np.uint8))
    for red in ("red", "#ff0000", (255, 0, 0)):
        assert Mask.from_colour(picture, red, 20).pixels.tolist() == [[255, 255, 0, 0]]
    assert Mask.from_colour(picture, "red", 0).pixels.tolist() == [[255, 0, 0, 0]]


def test_what_is_transparent_may_change() -> None:
    alpha = np.array([[0, 255, 100]], np.uint8)
    picture = Image.new("RGBA", (3, 1), "red")
    picture.putalpha(Image.fromarray(alpha))
    assert Mask.from_alpha(picture).pixels.tolist() == [[255, 0, 155]]


def test_a_mask_is_read_from_a_picture_file(tmp_path: Any) -> None:
    mask = Mask.ellipse(SIZE, (2, 2, 20, 12))
    mask.image.save(tmp_path / "mask.png")
    assert Mask.from_image(tmp_path / "mask.png") == mask
