"""What a family says of a body: prompts by sign, pictures, masks, size, price, and which bodies it takes for its own."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import helpers
from helpers import models
from helpers.schemas import FAMILIES, families
from helpers.schemas.fields import field_at, path_parts

PICTURE = Image.new("RGB", (384, 320), "teal")
SDXL = families.SDXL
BODY = helpers.text_to_image(
    [("a beach", 1.0), ("a boat", 0.4), ("fog", 0), ("rain", -0.5)], negative_prompt="dull", seed=1
)


def test_every_schema_of_the_registry_is_a_family_and_every_family_has_a_model() -> None:
    assert {model.schema for model in models.all() if model.schema} == set(FAMILIES)
    assert all(name == family.name for name, family in FAMILIES.items())


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_what_a_family_names_is_in_its_request(family: families.Family) -> None:
    named = [*family.image_fields, *family.prompt_fields, *(name for form in family.masks for name in form.declared_by)]
    assert [name for name in named if not family.has(name)] == []
    assert {form.picture for form in family.masks} <= set(family.image_fields)
    assert "text_to_image" in family.tasks


def test_prompts_are_told_by_sign_and_a_weight_of_0_is_neither() -> None:
    assert [part.text for part in SDXL.positive_prompts(BODY)] == ["a beach", "a boat"]
    assert [(part.text, part.weight) for part in SDXL.negative_prompts(BODY)] == [("rain", -0.5), ("dull", -1.0)]
    assert [part.path for part in SDXL.prompts(BODY)][2] == "text_prompts[2].text"


@pytest.mark.parametrize(
    "odd", [None, "a beach", ["a beach"], [{"words": "a"}], [{"text": 5}], [{"text": "a", "weight": "1"}]]
)
def test_prompts_that_are_none_are_told_as_none(odd: Any) -> None:
    assert SDXL.prompts({"text_prompts": odd}) == ()


def test_a_mask_is_told_by_what_may_change_whatever_its_field() -> None:
    mask = helpers.Mask.box(PICTURE, (32, 32, 128, 96))
    told = {
        source: SDXL.mask(helpers.inpaint("a sheep", PICTURE, mask, mask_source=source, seed=1))
        for source in ("MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA")
    }
    assert [(form.picture, form.changes) for form in told.values() if form] == [
        ("mask_image", "white"),
        ("mask_image", "black"),
        ("init_image", "transparent"),
    ]
    assert SDXL.mask(BODY) is None


def test_the_size_is_that_of_the_picture_that_comes() -> None:
    sdxl, core = models.get("sdxl"), models.get("core")
    assert SDXL.size(BODY, sdxl) == (512, 512)
    assert SDXL.size(helpers.image_to_image("a boat", PICTURE, seed=1), sdxl) == (384, 320)
    assert SDXL.size({"init_image": "no picture"}, sdxl) is None
    empty = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(8) + b"\x08\x02\0\0\0").decode()
    assert SDXL.size({"init_image": empty}, sdxl) is None, "a picture without pixels has no shape"
    assert core.family is not None
    assert core.family.size({"prompt": "a", "aspect_ratio": "16:9"}, core) == (1344, 768)
    assert core.family.size({"prompt": "a", "aspect_ratio": "7:5"}, core) is None


def test_what_stands_nowhere_is_what_the_service_takes() -> None:
    assert (SDXL.value(BODY, "steps"), SDXL.value({}, "cfg_scale"), SDXL.value({}, "nowhere")) == (30, 7.0, None)
    assert SDXL.value(BODY, "text_prompts[3].weight") == -0.5
    assert SDXL.value({"text_prompts": [{"text": "a"}]}, "text_prompts[0].weight") == 1.0


def test_a_flat_body_has_its_prompts_in_one_text_and_no_pictures() -> None:
    body = helpers.image_to_image([("a beach", 1.0), ("a boat", 0.4)], PICTURE, negative_prompt="dull", seed=1)
    told = SDXL.flat(body)
    assert told["prompt"] == "a beach; a boat (0.4); dull (-1)"
    assert "init_image" not in told
    assert told["seed"] == 1


@given(st.text(max_size=30))
def test_a_path_is_read_or_refused_and_never_breaks(text: str) -> None:
    steps = path_parts(text)
    assert steps is None or isinstance(steps[0], str)
    if steps is not None:
        field_at(SDXL.request, steps)


def test_an_answer_is_read_by_its_family_however_little_it_holds() -> None:
    answer = {"artifacts": [{"seed": 4, "base64": "xx", "finishReason": "CONTENT_FILTERED"}, {}]}
    assert SDXL.response.model_validate(answer).pictures == [("CONTENT_FILTERED", 4, "xx"), ("SUCCESS", None, None)]
    filtered = {"finish_reasons": ["Filter reason: prompt"]}
    assert families.STABLE_IMAGE.response.model_validate(filtered).pictures == [("Filter reason: prompt", None, None)]
