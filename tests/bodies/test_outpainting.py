"""A picture goes on beyond its sides: the canvas, its start, its mask, and a body like any other masking body."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import helpers
from helpers import pictures
from helpers.errors import BodyError, ImageError, MaskError
from helpers.masks.canvas import extend
from helpers.masks.mask import Mask

SIDES = ("left", "right", "up", "down")
amounts = st.fixed_dictionaries({side: st.integers(0, 40) for side in SIDES}).filter(lambda sides: any(sides.values()))


def picture(size: tuple[int, int] = (512, 512)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8))


@given(amounts, st.integers(0, 16))
@settings(max_examples=40, deadline=None)
def test_the_old_picture_stays_and_all_of_the_new_area_may_change(sides: dict[str, int], overlap: int) -> None:
    old = picture((60, 50))
    canvas, mask = extend(old, **sides, overlap=overlap)
    left, right, up, down = (sides[side] for side in SIDES)
    assert canvas.size == mask.size == (60 + left + right, 50 + up + down)
    assert pictures.pixels_equal(canvas.crop((left, up, left + 60, up + 50)), old)
    new = ~Mask.box(canvas, (left, up, left + 60, up + 50))
    assert (mask.pixels[new.pixels > 0] == 255).all()
    kept = mask.pixels[up : up + 50, left : left + 60]
    inner = kept[
        overlap if up else 0 : 50 - (overlap if down else 0), overlap if left else 0 : 60 - (overlap if right else 0)
    ]
    assert not inner.any()


def test_the_new_area_starts_in_the_colours_of_the_edge_it_lies_at() -> None:
    old = Image.new("RGB", (320, 320), "red")
    old.paste("blue", (160, 0, 320, 320))
    canvas, _ = extend(old, left=64, right=64, up=64)
    assert canvas.getpixel((5, 200)) == (255, 0, 0)
    assert canvas.getpixel((440, 200)) == (0, 0, 255)
    assert (canvas.getpixel((100, 5)), canvas.getpixel((350, 5))) == ((255, 0, 0), (0, 0, 255))


def test_the_mask_is_soft_in_the_overlap_alone_and_hard_when_asked() -> None:
    _, soft = extend(picture(), right=128, overlap=32)
    row = soft.pixels[256].astype(int)
    assert (row[479], row[512]) == (0, 255)
    assert 100 < row[496] < 160
    _, hard = extend(picture(), right=128, overlap=32, feather=0)
    assert hard == Mask.box((640, 512), (480, 0, 640, 512))
    _, none = extend(picture(), right=128, overlap=0)
    assert none == Mask.box((640, 512), (512, 0, 640, 512))


def test_the_body_is_an_ordinary_masking_body() -> None:
    body = helpers.outpaint("more beach", picture(), left=128, seed=3, steps=20, negative_prompt="people")
    canvas, mask = extend(picture(), left=128)
    assert body == helpers.inpaint("more beach", canvas, mask, seed=3, steps=20, negative_prompt="people")
    helpers.check(body)
    for form in ("MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA"):
        other = helpers.outpaint("more beach", picture(), left=128, mask_source=form)
        assert Mask.from_body(other) == mask


def test_a_picture_of_an_illegal_size_may_grow_to_a_legal_one() -> None:
    body = helpers.outpaint("sky", picture((500, 400)), right=12, up=112)
    assert pictures.from_base64(body["init_image"]).size == (512, 512)


@given(st.integers(100, 1100), st.integers(100, 1100), amounts)
@settings(max_examples=40, deadline=None)
def test_the_suggestion_in_the_error_can_be_followed(width: int, height: int, sides: dict[str, int]) -> None:
    old = Image.new("RGB", (width, height))
    try:
        helpers.outpaint("sky", old, **sides)  # type: ignore[arg-type]
    except ImageError as error:
        fix = error.fix
    else:
        return
    told = {name: int(count) for name, count in re.findall(r"(left|right|up|down)=(\d+)", fix)}
    assert told or "make the picture smaller first" in fix
    if told:
        helpers.outpaint("sky", old, **told)  # type: ignore[arg-type]


def test_the_suggestion_keeps_to_the_sides_that_were_asked_for() -> None:
    with pytest.raises(ImageError, match="640 x 512: say left=32, right=96"):
        helpers.outpaint("sky", picture(), left=30, right=90)
    with pytest.raises(ImageError, match="make the picture smaller"):
        helpers.outpaint("sky", picture((1024, 1024)), left=64)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({}, ImageError),
        ({"left": -64}, MaskError),
        ({"left": 64.5}, MaskError),
        ({"left": "64"}, MaskError),
        ({"left": 10**6}, ImageError),
        ({"left": 64, "overlap": 512}, MaskError),
        ({"left": 64, "overlap": -1}, MaskError),
        ({"left": 64, "overlap": 16, "feather": 9}, MaskError),
        ({"left": 128, "steps": 5}, BodyError),
    ],
)
def test_what_cannot_be_extended_is_refused_with_a_way_out(asked: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        helpers.outpaint("sky", picture(), **asked)
    assert caught.value.fix  # type: ignore[attr-defined]
