"""SDXL 0.8, the preview of 2023: its own schema on the wire, and its own body from helpers."""

import base64
import io
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

import helpers
from helpers import models
from helpers.bodies import Body, translated
from helpers.errors import BodyError
from helpers.schemas import FAMILIES, families

IDS = ["stability.stable-diffusion-xl", "stability.stable-diffusion-xl-v0"]
BEACH: dict[str, Any] = {"text_prompts": [{"text": "a beach"}], "seed": 7}
END = ", please reformat your input and try again."


def drawn(answer: Any) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(answer.body["artifacts"][0]["base64"], validate=True)))


def plain(body: Any) -> dict[str, Any]:
    return dict(body)


@pytest.mark.parametrize("model", [*IDS, f"arn:aws:bedrock:us-east-1::foundation-model/{IDS[0]}"])
def test_it_answers_to_both_of_its_ids_as_sdxl_1_0_does(wire: Any, bedrock: Any, model: str) -> None:
    answer = wire.invoke(bedrock, BEACH, model)
    assert answer.body.keys() == {"result", "artifacts"}
    (artifact,) = answer.body["artifacts"]
    assert (answer.body["result"], artifact["seed"], artifact["finishReason"]) == ("success", 7, "SUCCESS")


def test_it_draws_512_by_512_with_its_own_defaults(wire: Any, bedrock: Any) -> None:
    image = drawn(wire.invoke(bedrock, BEACH, IDS[0]))
    assert (image.size, image.getpixel((0, 0))) == (
        (512, 512),
        (7, 30, 10),
    )  # the fake engine's seed, steps and guidance


def test_without_a_seed_it_draws_a_random_one(wire: Any, bedrock: Any) -> None:
    body = {"text_prompts": [{"text": "a beach"}]}
    seeds = {wire.invoke(bedrock, body, IDS[0]).body["artifacts"][0]["seed"] for _ in range(4)}
    assert len(seeds) == 4
    assert all(1 <= seed <= 4294967295 for seed in seeds)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cfg_scale": 30.5}, "#/cfg_scale: 30.5 is not less or equal to 30"),
        ({"steps": 9}, "#/steps: 9 is not greater or equal to 10"),
        ({"steps": 151}, "#/steps: 151 is not less or equal to 150"),
        ({"seed": 4294967296}, "#/seed: 4294967296 is not less or equal to 4294967295"),
        ({"init_image": "aaaa"}, "#: extraneous key [init_image] is not permitted"),
        ({"text_prompts": []}, "#/text_prompts: expected minimum item count: 1, found: 0"),
        ({"text_prompts": [1] * 101}, "#/text_prompts: expected maximum item count: 100, found: 101"),
    ],
)
def test_it_has_limits_of_its_own(wire: Any, bedrock: Any, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError) as caught:
        wire.invoke(bedrock, BEACH | fields, IDS[0])
    assert caught.value.response["Error"]["Message"] == f"Malformed input request: {said}{END}"


@pytest.mark.parametrize("fields", [{"cfg_scale": 30, "steps": 150}, {"cfg_scale": 0, "steps": 10}])
def test_its_limits_are_legal(wire: Any, bedrock: Any, fields: dict[str, Any]) -> None:
    assert wire.invoke(bedrock, BEACH | fields, IDS[0]).body["result"] == "success"


def test_a_weight_below_0_stays_a_negative_prompt(wire: Any, bedrock: Any) -> None:
    prompts = [{"text": "a beach", "weight": 1.0}, {"text": "gore", "weight": -1.0}]
    assert wire.invoke(bedrock, {"text_prompts": prompts}, IDS[0]).body["result"] == "success"
    with pytest.raises(ClientError, match="One or more prompts contains filtered words"):
        wire.invoke(bedrock, {"text_prompts": [*prompts[1:], {"text": "gore"}]}, IDS[0])


def test_its_region_and_its_price_are_its_own() -> None:
    model = models.get("sdxl-0.8")
    prices = [model.list_price(BEACH | {"steps": steps}) for steps in (10, 50, 51, 150)]
    assert prices == [0.018, 0.018, 0.036, 0.036]
    assert model.list_price(BEACH) == 0.018


def test_helpers_make_its_body() -> None:
    body = helpers.text_to_image("a beach", negative_prompt="fog", seed=7, model="sdxl-0.8")
    assert plain(body) == {
        "text_prompts": [{"text": "a beach"}, {"text": "fog", "weight": -1.0}],
        "cfg_scale": 10,
        "seed": 7,
        "steps": 30,
    }
    assert body.model == IDS[0]
    helpers.check(body)
    helpers.check(helpers.text_to_image("a beach", steps=150, model="sdxl-0.8"))


@pytest.mark.parametrize(
    ("arguments", "field"), [({"cfg_scale": 31}, "cfg_scale"), ({"width": 512}, "width"), ({"steps": 5}, "steps")]
)
def test_what_it_has_no_field_for_is_told(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(BodyError) as caught:
        helpers.text_to_image("a beach", model="sdxl-0.8", **arguments)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_it_takes_no_image() -> None:
    with pytest.raises(BodyError, match=r"SDXL 0\.8 has no image-to-image"):
        helpers.image_to_image("a beach", Image.new("RGB", (512, 512)), model="sdxl-0.8")


@pytest.mark.parametrize("body", [BEACH, {**BEACH, "cfg_scale": 7, "steps": 30}, {"text_prompts": []}])
def test_a_dict_that_fits_it_is_still_sdxl_1_0_s(body: dict[str, Any]) -> None:
    assert models.for_body(body).name == "SDXL 1.0"
    assert families.matching(body) is FAMILIES["sdxl"]


def test_its_body_for_other_models_keeps_what_they_have_a_field_for() -> None:
    old = helpers.text_to_image("a beach", negative_prompt="fog", seed=7, cfg_scale=12, steps=40, model="sdxl-0.8")
    core = translated(old, "core")
    assert plain(core.body) == {"prompt": "a beach", "negative_prompt": "fog", "aspect_ratio": "1:1", "seed": 7}
    assert core.left_out == ("cfg_scale", "steps")
    new = translated(old, "sdxl")
    assert plain(new.body) == {**old, "width": 512, "height": 512}
    assert new.left_out == ()


def test_a_body_of_another_model_becomes_its_own_and_what_is_lost_is_named() -> None:
    body = helpers.text_to_image("a beach", seed=7, cfg_scale=12, style_preset="pixel-art", width=1024, height=640)
    made = translated(body, "sdxl-0.8")
    prompts = [{"text": "a beach"}, {"text": "pixel art style"}]
    assert plain(made.body) == {"text_prompts": prompts, "cfg_scale": 12, "seed": 7, "steps": 30}
    assert made.left_out == ("width", "height")
    assert translated(helpers.text_to_image("a beach", seed=7), "sdxl-0.8").left_out == ()
    assert translated(helpers.text_to_image("a beach", cfg_scale=33), "sdxl-0.8").left_out == ("cfg_scale",)
    helpers.check(made.body)


def test_a_sweep_over_models_goes_through_it(tmp_path: Any) -> None:
    sweep = helpers.Sweep(
        helpers.text_to_image("a beach", seed=7), model=["sdxl", "sdxl-0.8", "core"], folder=tmp_path / "tiles"
    )
    bodies = [Body(tile.body, tile.model) for tile in sweep.tiles]
    assert [models.get(body.model).name for body in bodies] == ["SDXL 1.0", "SDXL 0.8", "Stable Image Core"]
