"""Request bodies: the documented bodies come out byte for byte, and a wrong one never leaves the notebook."""

import json
import math
import warnings
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import bodies, models, pictures
from helpers.bodies import check, core_body, image_to_image, inpaint, text_to_image
from helpers.errors import BodyError, ImageError, MaskError, WorkshopWarning
from helpers.masks.mask import Mask
from helpers.schemas import CoreRequest, SDXLRequest

PICTURE = Image.radial_gradient("L").resize((384, 320)).convert("RGB")
MASK = Mask.box(PICTURE, (32, 32, 128, 96))


@pytest.fixture(autouse=True)
def _nothing_said_yet() -> Iterator[None]:
    bodies.checking._WARNED.clear()
    yield
    bodies.checking._WARNED.clear()


def blamed(error: pytest.ExceptionInfo[BodyError]) -> list[str]:
    return [problem.field for problem in error.value.problems]


# ---- the bodies -----------------------------------------------------------------------------------------------------


def test_the_text_body_is_the_documented_one() -> None:
    body = text_to_image("a serene beach at sunset", seed=10, cfg_scale=10, steps=30)
    assert json.dumps(body) == (
        '{"text_prompts": [{"text": "a serene beach at sunset"}], "cfg_scale": 10, "seed": 10, "steps": 30, '
        '"width": 512, "height": 512}'
    )


def test_the_image_body_is_the_documented_one() -> None:
    body = image_to_image("一艘宇宙飞船。", PICTURE, style_preset="isometric", seed=3)
    assert {**body, "init_image": "..."} == {
        "text_prompts": [{"text": "一艘宇宙飞船。"}],
        "cfg_scale": 7,
        "seed": 3,
        "steps": 30,
        "style_preset": "isometric",
        "init_image": "...",
        "image_strength": 0.35,
    }
    assert pictures.pixels_equal(body["init_image"], PICTURE)


def test_the_mask_body_is_the_documented_one() -> None:
    body = inpaint("add a sheep", PICTURE, MASK, cfg_scale=10, seed=1)
    assert list(body) == ["text_prompts", "cfg_scale", "seed", "steps", "init_image", "mask_source", "mask_image"]
    assert body["mask_source"] == "MASK_IMAGE_WHITE"
    assert Mask.from_body(body) == MASK


@pytest.mark.parametrize(
    "mask", [MASK, MASK.image, np.array(MASK.pixels), MASK.pixels > 0], ids=["Mask", "picture", "uint8", "bool"]
)
@pytest.mark.parametrize("form", ["MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA"])
def test_a_mask_means_the_same_however_it_is_given_and_sent(mask: Any, form: Any) -> None:
    body = inpaint("add a sheep", PICTURE, mask, mask_source=form)
    assert Mask.from_body(body) == MASK
    check(body)


def test_defaults_are_those_of_the_schema_but_for_a_size_that_is_quick_to_draw() -> None:
    default = SDXLRequest.model_validate({"text_prompts": [{"text": "a"}]})
    body = text_to_image("a")
    others = {key: value for key, value in body.items() if key not in ("text_prompts", "width", "height")}
    assert {key: getattr(default, key) for key in others} == others
    assert (body["width"], body["height"]) == (512, 512)


def test_prompts_may_be_texts_pairs_or_dicts_and_negatives_weigh_minus_1() -> None:
    body = text_to_image(["a beach", ("palms", 0.5), {"text": "sun", "weight": 2}], negative_prompt=["fog", "rain"])
    assert body["text_prompts"] == [
        {"text": "a beach"},
        {"text": "palms", "weight": 0.5},
        {"text": "sun", "weight": 2},
        {"text": "fog", "weight": -1.0},
        {"text": "rain", "weight": -1.0},
    ]
    assert text_to_image(("palms", 0.5))["text_prompts"] == [{"text": "palms", "weight": 0.5}]
    assert text_to_image({"text": "palms"}, negative_prompt="fog")["text_prompts"][1] == {"text": "fog", "weight": -1.0}


def test_a_schedule_takes_the_place_of_the_strength() -> None:
    body = image_to_image("a", PICTURE, step_schedule_start=0.6)
    assert body["init_image_mode"] == "STEP_SCHEDULE"
    assert "image_strength" not in body
    for both in ({"image_strength": 0.3}, {"init_image_mode": "IMAGE_STRENGTH"}):
        with pytest.raises(BodyError, match="two ways to say one thing"):
            image_to_image("a", PICTURE, step_schedule_start=0.6, **both)


@given(
    seed=st.integers(0, 2**32 - 1),
    cfg_scale=st.floats(0, 35),
    steps=st.integers(10, 150),
    size=st.sampled_from([(512, 512), (1024, 1024), (640, 1536)]),
    weight=st.floats(allow_nan=False, allow_infinity=False),
    kind=st.sampled_from([int, np.int64, np.uint32]),
)
@settings(max_examples=60, deadline=None)
def test_numbers_of_numpy_become_the_same_numbers_in_json(
    seed: int, cfg_scale: float, steps: int, size: tuple[int, int], weight: float, kind: Any
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WorkshopWarning)
        body = text_to_image(
            [("a", np.float64(weight))],
            seed=kind(seed),
            cfg_scale=np.float64(cfg_scale),
            steps=kind(steps),
            width=kind(size[0]),
            height=kind(size[1]),
        )
    back = json.loads(json.dumps(body, allow_nan=False))
    assert (back["seed"], back["cfg_scale"], back["steps"]) == (seed, cfg_scale, steps)
    assert (back["width"], back["height"]) == size
    assert back["text_prompts"][0]["weight"] == weight
    check(body)


# ---- wrong ones -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"seed": -1}, ["seed"]),
        ({"seed": True}, ["seed"]),
        ({"seed": np.bool_(True)}, ["seed"]),
        ({"steps": 30.5}, ["steps"]),
        ({"steps": np.float64(30)}, ["steps"]),
        ({"cfg_scale": "10"}, ["cfg_scale"]),
        ({"cfg_scale": math.nan}, ["cfg_scale"]),
        ({"cfg_scale": np.float32("inf")}, ["cfg_scale"]),
        ({"width": 1536, "height": 1536}, ["height"]),
        ({"sampler": "euler", "steps": 9, "width": 100}, ["sampler", "steps", "width"]),
        ({"negative_prompt": 3}, ["text_prompts[1].text"]),
        ({"negative_prompt": ["a", None]}, ["text_prompts[2].text"]),
        ({"extras": {"a": math.inf}}, ["extras"]),
        ({"extras": [1]}, ["extras"]),
        ({"prompt": None}, ["text_prompts[0].text"]),
        ({"prompt": []}, ["text_prompts"]),
        ({"prompt": ["a", ("b", "much")]}, ["text_prompts[1].weight"]),
        ({"prompt": [("b", True)]}, ["text_prompts[0].weight"]),
        ({"prompt": {"words": "b"}}, ["text_prompts[0].text", "text_prompts[0].words"]),
    ],
)
def test_everything_wrong_is_named_before_a_body_exists(fields: dict[str, Any], wrong: list[str]) -> None:
    with pytest.raises(BodyError) as error:
        text_to_image(**{"prompt": "a beach", **fields})
    assert blamed(error) == wrong
    assert all(problem.message in str(error.value) for problem in error.value.problems)
    assert error.value.fix


@pytest.mark.parametrize(
    "negative", [{"text": "fog", "weight": 1}, ["rain", {"text": "fog"}], ("fog", -0.5), [("fog", -0.5)]]
)
def test_a_negative_prompt_with_a_weight_of_its_own_is_told_where_to_write_it(negative: Any) -> None:
    with pytest.raises(BodyError, match=r'among the prompts: \[prompt, {"text": "fog", "weight": -0\.5}\]') as error:
        text_to_image("a beach", negative_prompt=negative)
    assert blamed(error) == ["negative_prompt"]


def test_the_advice_for_too_large_a_picture_names_no_size_that_cannot_be() -> None:
    with pytest.raises(BodyError) as error:
        text_to_image("a beach", width=-2048, height=-1024)
    assert blamed(error) == ["width", "height"]
    assert "Try" not in str(error.value)


def test_pictures_and_masks_that_do_not_fit_are_refused_before_a_body_exists() -> None:
    with pytest.raises(ImageError, match=r"helpers\.fit"):
        image_to_image("a", PICTURE.resize((500, 400)))
    with pytest.raises(MaskError, match="same size"):
        inpaint("a", PICTURE, Mask.box((320, 320), (0, 0, 9, 9)))


# ---- check ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"seed": -1, "extra": 1}, ["seed", "extra"]),
        ({"seed": np.int64(3)}, ["seed"]),
        ({"init_image": pictures.to_base64(PICTURE.resize((330, 320)))}, ["init_image", "mask_image"]),
        ({"mask_image": pictures.to_base64(PICTURE.resize((320, 320)))}, ["mask_image"]),
        ({"init_image": pictures.to_base64(PICTURE)[:4000]}, ["init_image"]),
        ({"init_image": None}, ["init_image"]),
    ],
)
def test_a_body_made_by_hand_is_checked_down_to_its_pictures(change: dict[str, Any], wrong: list[str]) -> None:
    body = inpaint("a", PICTURE, MASK)
    check(body)
    with pytest.raises(BodyError) as error:
        check({**body, **change})
    assert blamed(error) == wrong


@pytest.mark.parametrize("body", [json.dumps({"text_prompts": []}), b"{}", None, [1]])
def test_what_is_no_dict_is_no_body(body: Any) -> None:
    with pytest.raises(BodyError, match="must be a dict"):
        check(body)


def test_a_body_is_checked_against_the_model_it_is_for() -> None:
    with pytest.raises(BodyError, match="Say which: model='core' or"):
        check({"prompt": "a beach"})
    check({"prompt": "a beach"}, "core")
    with pytest.raises(BodyError, match="Stable Image Core"):
        check(text_to_image("a beach"), "core")
    with pytest.raises(BodyError, match="no schema"):
        check({"prompt": "a beach"}, "inpaint")


# ---- remarks --------------------------------------------------------------------------------------------------------


def test_the_default_size_and_the_nine_trained_sizes_are_not_remarked_on() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text_to_image("a")
        text_to_image("a", width=512, height=512, steps=50)
        for width, height in models.get("sdxl").trained_sizes:
            text_to_image("a", width=width, height=height)
        image_to_image("a", PICTURE)


def test_another_size_is_remarked_on_once_and_in_the_same_words_on_every_run() -> None:
    with pytest.warns(WorkshopWarning, match=r"not trained on 640 x 512.*1024 x 1024") as said:
        text_to_image("a", width=640)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(text_to_image("b", width=640))
    assert warnings.formatwarning(said[0].message, WorkshopWarning, said[0].filename, said[0].lineno).startswith(
        "helpers:1: WorkshopWarning: SDXL 1.0 was not trained on 640 x 512."
    )
    with pytest.warns(WorkshopWarning, match="704 x 512"):
        text_to_image("a", width=704)


def test_steps_above_50_are_legal_and_said_to_cost_double() -> None:
    with pytest.warns(WorkshopWarning, match=r"50 steps.*from 0\.04 to 0\.08 USD"):
        assert text_to_image("a", steps=75)["steps"] == 75


def test_a_field_that_will_not_be_read_is_remarked_on() -> None:
    body = {**image_to_image("a", PICTURE, step_schedule_start=0.5), "image_strength": 0.5}
    with pytest.warns(WorkshopWarning, match="image_strength is not read"):
        check(body)


# ---- the same for Core ----------------------------------------------------------------------------------------------


def test_the_core_body_says_the_same_in_cores_words() -> None:
    body = text_to_image(
        ["a spaceship", ("stars", 0.5)],
        negative_prompt=["fog", "rain"],
        style_preset="isometric",
        width=1344,
        height=768,
        seed=5,
    )
    assert core_body(body) == {
        "prompt": "a spaceship, stars, isometric style",
        "negative_prompt": "fog, rain",
        "aspect_ratio": "16:9",
        "seed": 5,
    }


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [
        (512, 512, "1:1"),
        (1024, 1024, "1:1"),
        (1536, 640, "21:9"),
        (640, 1536, "9:21"),
        (832, 1216, "2:3"),
        (896, 1152, "4:5"),
    ],
)
def test_a_size_becomes_the_nearest_aspect_ratio(width: int, height: int, ratio: str) -> None:
    assert core_body({"text_prompts": [{"text": "a"}], "width": width, "height": height})["aspect_ratio"] == ratio


def test_every_core_body_is_legal_and_a_prompt_alone_is_enough() -> None:
    assert core_body("a beach") == {"prompt": "a beach", "aspect_ratio": "1:1"}
    for body in (image_to_image("a", PICTURE), inpaint("a", PICTURE, MASK), text_to_image(("a", -1))):
        CoreRequest.model_validate(core_body(body))
    assert core_body(image_to_image("a", PICTURE))["aspect_ratio"] == "5:4"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"prompt": "a beach"}, ["text_prompts"]),
        ({}, ["text_prompts"]),
        (None, ["text_prompts[0].text"]),
        ({"text_prompts": "a beach"}, ["text_prompts"]),
        ({"text_prompts": [{"text": "a"}], "width": "512", "style_preset": 3}, ["style_preset", "width"]),
    ],
)
def test_what_is_no_sdxl_body_and_no_prompt_has_no_core_body(body: Any, wrong: list[str]) -> None:
    with pytest.raises(BodyError) as error:
        core_body(body)
    assert blamed(error) == wrong


def test_a_retired_model_is_named_with_its_day_and_the_body_to_send_instead() -> None:
    error = bodies.retired("sdxl", text_to_image("a beach", seed=5))
    assert error.eol == date(2025, 5, 20)
    assert error.body == {"prompt": "a beach", "aspect_ratio": "1:1", "seed": 5}
    said = str(error)
    assert all(word in said for word in ("SDXL 1.0", "2025-05-20", "us-west-2", '"prompt": "a beach"', "'core'"))
    assert "takes no picture" in str(bodies.retired("sdxl", inpaint("a", PICTURE, MASK)))
    assert "2026-09-30" in str(bodies.retired("nova-canvas", {}))
