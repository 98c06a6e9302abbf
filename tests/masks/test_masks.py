"""One mask, one meaning: white may change, on every wire form, for every way to make it."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from helpers import pictures
from helpers.errors import ImageError, MaskError, WorkshopWarning
from helpers.masks.mask import Mask
from helpers.studio.workers import worker

FORMS = ["MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA"]
sides = st.sampled_from([320, 384])


@st.composite
def masks_and_pictures(draw: st.DrawFn) -> tuple[Mask, Image.Image]:
    height, width, seed = draw(sides), draw(sides), draw(st.integers(0, 2**32 - 1))
    levels = draw(arrays(np.uint8, 5))
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
    return Mask(rng.choice(levels, (height, width))), picture


# ---- making one -----------------------------------------------------------------------------------------------------


def test_inside_a_box_may_change_and_outside_stays() -> None:
    mask = Mask.box((8, 6), (1, 2, 4, 5))
    assert mask.size == (8, 6)
    assert mask.pixels.shape == (6, 8)
    assert (mask.pixels[2:5, 1:4] == 255).all()
    assert mask.share == 9 / 48


def test_a_box_may_take_its_size_from_the_picture_it_is_for() -> None:
    picture = Image.new("RGB", (384, 320))
    assert Mask.box(picture, (0, 0, 384, 320)).share == 1
    assert Mask.box(np.int64([384, 320]), np.int64([0, 0, 2, 2])).size == (384, 320)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "box", [(4, 4, 4, 8), (5, 4, 4, 8), (0, 0, 9, 8), (-1, 0, 4, 4), (0, 0, 4), (0.5, 0, 4, 4), "middle", None]
)
def test_a_box_that_is_empty_or_outside_is_refused(box: Any) -> None:
    with pytest.raises(MaskError) as caught:
        Mask.box((8, 8), box)
    assert caught.value.fix


def test_in_a_picture_of_a_mask_white_may_change_and_transparent_stays() -> None:
    assert Mask.from_image(Image.new("L", (4, 4), 255)).share == 1
    assert Mask.from_image(Image.new("RGB", (4, 4), "black")).share == 0
    assert Mask.from_image(Image.new("RGBA", (4, 4), (255, 255, 255, 0))).share == 0
    assert Mask.from_image(Image.new("RGBA", (4, 4), (255, 255, 255, 255))).share == 1


@pytest.mark.parametrize(
    "array",
    [
        np.array([[True, False]]),
        np.array([[1.0, 0.0]]),
        np.array([[255, 0]]),
        np.array([[255, 0]], np.uint8),
        [[True, False]],
    ],
    ids=["bool", "float", "int64", "uint8", "list"],
)
def test_an_array_says_the_same_in_every_type(array: Any) -> None:
    assert Mask.from_array(array) == Mask(np.array([[255, 0]], np.uint8))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3)),
        np.zeros(4),
        np.zeros((0, 4)),
        np.array([[0, 256]]),
        np.array([[-1, 3]]),
        np.array([[0.0, 1.5]]),
        np.array([[0.0, np.nan]]),
        np.array([["a"]]),
        np.array([[1j]]),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_an_array_that_is_no_mask_is_refused(array: Any) -> None:
    with pytest.raises(MaskError) as caught:
        Mask.from_array(array)
    assert caught.value.fix


def test_whole_numbers_of_0_and_1_are_taken_as_they_are_with_a_word() -> None:
    with pytest.warns(WorkshopWarning, match="astype"):
        assert Mask.from_array(np.array([[0, 1]])).pixels.tolist() == [[0, 1]]


def test_a_mask_cannot_be_changed_after_it_is_made() -> None:
    source = np.zeros((4, 4), np.uint8)
    mask = Mask(source)
    source[:] = 255
    assert mask.share == 0
    with pytest.raises(ValueError, match="read-only"):
        mask.pixels[0, 0] = 255
    with pytest.raises(ValueError, match="WRITEABLE"):
        mask.pixels.setflags(write=True)
    assert len({mask, Mask(np.zeros((4, 4), np.uint8)), ~mask}) == 2


@given(masks_and_pictures())
@settings(max_examples=10, deadline=None)
def test_turning_a_mask_round_twice_gives_it_back(made: tuple[Mask, Image.Image]) -> None:
    mask, _ = made
    assert ~~mask == mask
    assert ((~mask).pixels.astype(int) + mask.pixels == 255).all()


# ---- the wire -------------------------------------------------------------------------------------------------------


@given(masks_and_pictures(), st.sampled_from(FORMS))
@settings(max_examples=20, deadline=None)
def test_all_three_wire_forms_carry_the_mask_and_the_picture_whole(made: tuple[Mask, Image.Image], form: Any) -> None:
    mask, picture = made
    fields = mask.to_body(picture, form)
    assert Mask.from_body(fields) == mask
    assert pictures.from_base64(fields["init_image"]).convert("RGB").tobytes() == picture.tobytes()


def test_each_form_says_may_change_in_its_own_colour() -> None:
    mask, picture = Mask.box((320, 320), (0, 0, 10, 10)), Image.new("RGB", (320, 320), (9, 8, 7))
    white = mask.to_body(picture)
    black = mask.to_body(picture, "MASK_IMAGE_BLACK")
    alpha = mask.to_body(picture, "INIT_IMAGE_ALPHA")
    assert [pictures.from_base64(body["mask_image"]).getpixel((0, 0)) for body in (white, black)] == [255, 0]
    assert pictures.from_base64(white["mask_image"]).mode == "L"
    assert pictures.from_base64(alpha["init_image"]).getpixel((0, 0)) == (9, 8, 7, 0)
    assert pictures.from_base64(alpha["init_image"]).getpixel((50, 50)) == (9, 8, 7, 255)
    assert set(alpha) == {"init_image", "mask_source"}
    assert list(white) == ["init_image", "mask_source", "mask_image"]


def half_clear(mode: str) -> dict[str, Any]:
    """The fields of a body whose mask picture is light, dark and in part transparent, in a file of this mode."""
    levels = np.tile(np.array([0, 40, 200, 255], np.uint8), (320, 80))
    alpha = np.repeat(np.array([0, 255], np.uint8), 160)[:, None].repeat(320, 1)
    picture = Image.merge("LA", [Image.fromarray(levels), Image.fromarray(alpha)])
    options: dict[str, Any] = {}
    if mode in ("L", "P"):  # a grey or a palette of which one value is transparent
        picture, options = picture.convert("L"), {"transparency": 200}
    file = io.BytesIO()
    picture.convert(mode).save(file, "PNG", **options)
    return {
        "init_image": pictures.to_base64(Image.new("RGB", (320, 320))),
        "mask_image": base64.b64encode(file.getvalue()).decode(),
    }


@pytest.mark.parametrize("form", ["MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK"])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "P"])
def test_a_transparent_mask_picture_is_read_as_the_studio_reads_it(mode: str, form: str) -> None:
    body = {**half_clear(mode), "mask_source": form}
    changes = "white" if form == "MASK_IMAGE_WHITE" else "black"
    studios = worker._mask("mask_image", base64.b64decode(body["mask_image"]), changes)
    assert np.array_equal(Mask.from_body(body).pixels, studios)


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"mask_source": "MASK_IMAGE_WHITE", "init_image": "x"}, "mask_image"),
        ({"mask_source": "MASK_IMAGE_BLACK", "mask_image": None}, "mask_image"),
        ({"mask_source": "INIT_IMAGE_ALPHA"}, "init_image"),
    ],
)
def test_a_body_without_a_mask_is_told_what_it_lacks(fields: dict[str, Any], missing: str) -> None:
    with pytest.raises(MaskError, match=f"no {missing}") as error:
        Mask.from_body(fields)
    assert "helpers.inpaint" in error.value.fix


def test_a_mask_of_another_size_than_its_picture_is_refused() -> None:
    with pytest.raises(MaskError, match="320 x 320 pixels and the picture 384 x 320"):
        Mask.box((320, 320), (0, 0, 9, 9)).to_body(Image.new("RGB", (384, 320)))


def test_an_illegal_picture_and_an_unknown_form_are_refused() -> None:
    with pytest.raises(ImageError, match="nearest legal size"):
        Mask.box((300, 300), (0, 0, 9, 9)).to_body(Image.new("RGB", (300, 300)))
    with pytest.raises(MaskError, match="MASK_IMAGE_WHITE"):
        Mask.box((320, 320), (0, 0, 9, 9)).to_body(Image.new("RGB", (320, 320)), "white")  # type: ignore[arg-type]


# ---- the preview ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shade", [0, 40, 128, 200, 255])
def test_a_preview_shows_the_area_on_any_shade_without_colour(shade: int) -> None:
    picture = Image.new("RGB", (320, 320), (shade, shade, shade))
    shown = np.asarray(Mask.box(picture, (100, 100, 220, 220)).preview(picture)).astype(int)
    inside, outside = shown[110:210, 110:210], shown[:90]
    assert (outside == shade).all()
    assert np.abs(inside - shade).max() >= 100
    assert 0.1 < (inside[..., 0] != shade).mean() < 0.5  # most of the picture stays visible
    edge = shown[160, 95:106, 0]
    assert (edge.min(), edge.max()) == (0, 255)


def test_a_soft_mask_has_fainter_stripes_than_a_hard_one() -> None:
    grey = Image.new("RGB", (320, 320), (128, 128, 128))
    faint, strong = (
        np.abs(np.asarray(Mask(np.full((320, 320), level, np.uint8)).preview(grey)).astype(int) - 128).mean()
        for level in (60, 255)
    )
    assert 0 < faint < strong / 2
    assert Mask(np.zeros((320, 320), np.uint8)).preview().tobytes() == grey.tobytes()
