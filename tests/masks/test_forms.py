"""What every family of models wants to be told by a mask, and that nothing is lost on the way there and back."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from helpers import pictures
from helpers.errors import MaskError
from helpers.masks import forms as mask_forms
from helpers.masks.mask import Mask

SHAPE = (7, 11)
masks = arrays(np.uint8, SHAPE).map(Mask)
hard_masks = arrays(np.bool_, SHAPE).map(Mask.from_array)


def by_wire(picture: Image.Image) -> Image.Image:
    return pictures.from_base64(pictures.to_base64(picture))


@given(masks)
@settings(max_examples=40, deadline=None)
def test_forms_with_greys_give_the_mask_back_level_by_level(mask: Mask) -> None:
    assert mask_forms.from_white_changes(by_wire(mask_forms.white_changes(mask))) == mask
    assert mask_forms.from_black_changes(by_wire(mask_forms.black_changes(mask))) == mask


@given(masks, arrays(np.uint8, (*SHAPE, 3)))
@settings(max_examples=40, deadline=None)
def test_a_transparent_form_gives_back_mask_and_picture(mask: Mask, colours: Any) -> None:
    sent = by_wire(mask_forms.transparent_changes(mask, colours))
    assert mask_forms.from_transparent_changes(sent) == mask
    assert np.array_equal(np.asarray(sent)[..., :3], colours)


@given(hard_masks)
@settings(max_examples=40, deadline=None)
def test_hard_forms_give_a_hard_mask_back(mask: Mask) -> None:
    assert mask_forms.from_hard_black_changes(by_wire(mask_forms.hard_black_changes(mask))) == mask
    assert mask_forms.from_hard_white_changes(by_wire(mask_forms.hard_white_changes(mask))) == mask


@given(masks)
@settings(max_examples=20, deadline=None)
def test_hard_forms_hold_pure_black_and_white_alone(mask: Mask) -> None:
    for form in (mask_forms.hard_black_changes, mask_forms.hard_white_changes):
        assert set(np.unique(np.asarray(form(mask)))) <= {0, 255}
    assert mask_forms.from_hard_black_changes(mask_forms.hard_black_changes(mask)) == mask.hardened()


def test_each_form_says_may_change_in_its_own_colour() -> None:
    mask = Mask.box((4, 4), (0, 0, 2, 2))
    forms = mask_forms
    greys = [forms.white_changes, forms.black_changes, forms.hard_black_changes, forms.hard_white_changes]
    assert [form(mask).getpixel((0, 0)) for form in greys] == [255, 0, 0, 255]
    assert {form(mask).mode for form in greys} == {"L"}
    clear = forms.transparent_changes(mask, Image.new("RGB", (4, 4), (9, 8, 7)))
    assert (clear.getpixel((0, 0)), clear.getpixel((3, 3))) == ((9, 8, 7, 0), (9, 8, 7, 255))


@given(arrays(np.uint8, (320, 320), elements=st.integers(0, 255), fill=st.integers(0, 255)).map(Mask))
@settings(max_examples=5, deadline=None)
def test_the_wire_of_a_request_speaks_the_same_forms(mask: Mask) -> None:
    picture = Image.new("RGB", mask.size, "teal")
    white, black, clear = (
        mask.to_body(picture, form) for form in ("MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA")
    )
    assert pictures.pixels_equal(white["mask_image"], mask_forms.white_changes(mask))
    assert pictures.pixels_equal(black["mask_image"], mask_forms.black_changes(mask))
    assert pictures.pixels_equal(clear["init_image"], mask_forms.transparent_changes(mask, picture))


def test_a_grey_pixel_in_a_hard_form_is_refused() -> None:
    for back in (mask_forms.from_hard_black_changes, mask_forms.from_hard_white_changes):
        with pytest.raises(MaskError, match="1 pixels of this mask are neither black nor white"):
            back(np.array([[0, 255, 3]], np.uint8))


def test_a_picture_of_another_size_is_not_made_transparent() -> None:
    with pytest.raises(MaskError, match="4 x 4"):
        mask_forms.transparent_changes(Mask.box((4, 4), (0, 0, 2, 2)), Image.new("RGB", (5, 4)))
