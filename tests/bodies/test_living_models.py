"""Ultra and Stable Diffusion 3.5 Large from a helper to a picture and back, as any other model of the registry."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from PIL import Image

import helpers
from helpers import bodies, models
from helpers.bodies import Body
from helpers.errors import BodyError, ImageError, MaskError, UnknownModelError, WorkshopWarning
from helpers.studio.process import start
from helpers.widgets.explorer import fields
from helpers.widgets.playground.settings import Settings, actions_of, request_bodies, sizes_of

PICTURE = Image.effect_noise((600, 400), 60).convert("RGB")
LIVING = ("core", "ultra", "sd3.5")
VARIED = helpers.image_to_image("a beach", PICTURE, image_strength=0.35, seed=4, model="sd3.5")


@pytest.fixture(scope="module")
def bedrock() -> Iterator[Any]:
    studio = start()
    keys = {"aws_access_key_id": studio.access_key, "aws_secret_access_key": studio.secret_key}
    config = Config(signature_version="v4", proxies={})
    yield boto3.client(
        "bedrock-runtime", endpoint_url=studio.endpoint, region_name=studio.region, config=config, **keys
    )
    studio.stop()


@pytest.mark.parametrize("role", LIVING)
def test_text_becomes_a_picture_of_the_size_that_its_ratio_says(bedrock: Any, role: str) -> None:
    body = helpers.text_to_image("a beach", negative_prompt="fog", seed=3, model=role, aspect_ratio="16:9")
    made = helpers.invoke(bedrock, body)
    assert (made.model, made.image.size, made.seed) == (models.get(role).invoke_id, (1344, 768), 3)
    assert made.list_price == {"core": 0.04, "ultra": 0.14, "sd3.5": 0.08}[role]
    assert made.body == body


def test_sd35_takes_an_image_of_any_shape_and_answers_in_its_nearest(bedrock: Any) -> None:
    assert (VARIED["mode"], VARIED["strength"]) == ("image-to-image", 0.65)
    made = helpers.invoke(bedrock, VARIED)
    family = models.family_for_body(VARIED)
    assert family is not None
    assert made.image.size == (1216, 832) == family.size(VARIED, models.get("sd3.5"))


def test_strength_0_gives_the_image_back(bedrock: Any) -> None:
    same = Image.effect_noise((1216, 832), 60).convert("RGB")
    made = helpers.invoke(bedrock, helpers.image_to_image("a beach", same, image_strength=1, seed=4, model="sd3.5"))
    assert made.image.tobytes() == same.tobytes()


@pytest.mark.parametrize("asked", ["png", "jpeg", "webp"])
def test_sd35_answers_in_the_format_that_was_asked_for(bedrock: Any, asked: str, tmp_path: Path) -> None:
    made = helpers.invoke(bedrock, helpers.text_to_image("a beach", seed=3, model="sd3.5", output_format=asked))
    assert made.image.format == asked.upper()
    saved = made.save(tmp_path / f"beach.{asked}")
    assert helpers.recipe(saved).body_json == json.dumps(made.body)


def test_a_recipe_is_the_helper_that_made_it(bedrock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(helpers), "connect", lambda: bedrock)
    saved = helpers.invoke(bedrock, VARIED).save(tmp_path / "varied.png")
    cell = helpers.recipe(saved).cell
    assert "helpers.image_to_image(" in cell
    assert 'model="sd3.5"' in cell
    namespace: dict[str, Any] = {}
    exec(cell.partition("made =")[0], namespace)
    assert json.dumps(namespace["body"]) == json.dumps(VARIED)


def test_a_body_that_does_not_say_whose_it_is_is_refused_with_the_way_to_say_it(bedrock: Any) -> None:
    plain = {"prompt": "a beach", "seed": 3}
    for ask in (helpers.invoke, lambda client, body: helpers.Sweep(body, seed=[1, 2]), helpers.explorer):
        with pytest.raises(BodyError, match=r"Core or Stable Image Ultra or .*model='core' or 'ultra' or 'sd3.5'"):
            ask(bedrock, plain)
    assert helpers.invoke(bedrock, plain, model="ultra").model == models.get("ultra").id
    assert helpers.Sweep(plain, seed=[1, 2], model="ultra").tiles[0].model == models.get("ultra").id
    assert helpers.explorer(bedrock, plain, model="ultra").model is models.get("ultra")
    with pytest.raises(BodyError, match="Say which"):
        helpers.invoke(bedrock, {**helpers.text_to_image("a beach", seed=3, model="ultra"), "seed": 4})


def test_what_only_one_of_them_takes_tells_whose_it_is() -> None:
    assert models.for_body(dict(VARIED)) is models.get("sd3.5")
    assert models.for_body({"prompt": "a", "output_format": "webp", "mode": "text-to-image"}) is models.get("sd3.5")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: helpers.inpaint("a", PICTURE, Image.new("L", (600, 400)), model="sd3.5"), "no masking.*'sdxl'"),
        (lambda: helpers.image_to_image("a", PICTURE, model="ultra"), "no image-to-image.*'sdxl' or 'sd3.5'"),
        (lambda: helpers.text_to_image("a", model="ultra", cfg_scale=7), "cfg_scale is not a field"),
        (lambda: helpers.text_to_image("a", model="ultra", width=512), "Did you mean aspect_ratio"),
        (lambda: helpers.text_to_image([("a", 0.5)], model="core"), "has no weights"),
        (lambda: helpers.image_to_image("a", PICTURE, model="sd3.5", image_strength=3), "image_strength must be"),
        (lambda: helpers.image_to_image("a", PICTURE, model="sd3.5", image_strength="x"), "strength must be"),  # type: ignore[arg-type]
    ],
)
def test_what_a_model_cannot_do_is_told_before_there_is_a_body(make: Any, said: str) -> None:
    with pytest.raises(BodyError, match=f"(?s){said}"):
        make()


def test_an_image_that_is_too_small_is_told_so() -> None:
    with pytest.raises(ImageError, match=r"at least 64 pixels.*nearest legal size is 64 x 640"):
        helpers.image_to_image("a", Image.new("RGB", (40, 400)), model="sd3.5")


def test_a_sweep_over_models_says_each_body_again_as_far_as_there_are_words() -> None:
    body = helpers.image_to_image("a beach", PICTURE.crop((0, 0, 576, 384)), image_strength=0.4, seed=1)
    sdxl, sd35, core = helpers.Sweep(body, model=["sdxl", "sd3.5", "core"]).tiles
    assert sdxl.body == body
    assert (sd35.body["image"], sd35.body["strength"]) == (body["init_image"], 0.6)
    assert "image" not in core.body
    back = helpers.Sweep(sd35.body, model=["sdxl"]).tiles[0].body
    assert (back["init_image"], back["image_strength"], back["seed"]) == (body["init_image"], 0.4, 1)


def test_the_playground_offers_what_each_can_do() -> None:
    assert actions_of(models.get("ultra")) == ("generate",)
    assert actions_of(models.get("sd3.5")) == ("generate", "variation")
    assert (1344, 768) in sizes_of(models.get("ultra"))
    settings = Settings(action="variation", prompt="a beach", image_strength=0.4, seed=2)
    (body,) = request_bodies(settings, models.get("sd3.5"), 2, PICTURE.crop((0, 0, 576, 384)))
    assert (body.model, body["strength"]) == (models.get("sd3.5").id, 0.6)


def test_the_explorer_has_a_control_for_each_of_their_fields() -> None:
    told = {field.path: field.kind for field in fields.fields_of(VARIED, models.get("sd3.5"))}
    assert told == {"prompt": "text", "negative_prompt": "text", "strength": "range", "seed": "number"}
    changed = fields.put(VARIED, {"strength": 0.2}, models.get("sd3.5"))
    assert (changed["strength"], changed.model) == (0.2, VARIED.model)


def test_the_picture_of_one_model_is_not_anothers_though_the_fields_are_the_same(bedrock: Any) -> None:
    core, ultra = (helpers.text_to_image("a beach", seed=3, model=role) for role in ("core", "ultra"))
    assert dict(core) == ultra
    assert core != ultra
    explorer = helpers.explorer(bedrock, core)
    explorer.run()
    explorer.keep()
    explorer.body = ultra
    explorer.run()
    explorer.keep()
    assert [made.model for made in explorer.kept] == [models.get("core").id, models.get("ultra").id]
    assert [kept["label"] for kept in explorer.page_kept] == ["Stable Image Core", "Stable Image Ultra"]


def test_a_dict_in_a_sweep_over_models_is_that_of_the_one_that_knows_its_fields_whatever_their_order() -> None:
    plain = {**helpers.image_to_image("a beach", PICTURE, seed=1, model="sd3.5")}
    for roles in (["sd3.5", "core"], ["core", "sd3.5"]):
        told = {tile.model: set(tile.body) for tile in helpers.Sweep(plain, model=roles).tiles}
        assert told[models.get("core").id] == {"prompt", "aspect_ratio", "seed"}
        assert "image" in told[models.get("sd3.5").id]


def test_a_dict_of_sd35_said_for_core_leaves_its_image_out_and_names_it() -> None:
    said = bodies.translated({**VARIED}, "core")
    assert (set(said.body), said.left_out) == ({"prompt", "aspect_ratio", "seed"}, ("image", "strength"))


def test_a_file_format_goes_along_as_far_as_it_is_known_there() -> None:
    body = helpers.text_to_image("a beach", seed=1, model="sd3.5", output_format="jpeg")
    assert [tile.body.get("output_format") for tile in helpers.Sweep(body, model=["sd3.5", "core"]).tiles] == [
        "jpeg"
    ] * 2
    with pytest.warns(WorkshopWarning, match="Stable Image Core has no output_format"):
        webp = helpers.Sweep(body.replace(output_format="webp"), model=["sd3.5", "core"])
    assert [tile.body.get("output_format") for tile in webp.tiles] == ["webp", None]


@pytest.mark.parametrize("wrong", [[], {}, 5, {"core": 1}])
def test_no_models_are_no_axis(wrong: Any) -> None:
    with pytest.raises((BodyError, UnknownModelError)):
        helpers.Sweep(helpers.text_to_image("a beach", seed=1), model=wrong)


def test_the_last_seed_of_a_run_is_one_that_the_model_takes() -> None:
    settings = Settings(prompt="a", seed=2**32 - 2, pictures=2)
    with pytest.raises(BodyError, match="above 4294967294"):
        request_bodies(settings, models.get("sd3.5"), 2**32 - 2)
    assert len(request_bodies(settings, models.get("core"), 2**32 - 2)) == 2


ODD: list[Any] = [None, "x", True, [], {}, float("nan"), -1, 10**400]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_malformed_body_ends_in_a_body_error_whatever_is_asked_of_it(odd: Any) -> None:
    picture = helpers.image_to_image("a", PICTURE.crop((0, 0, 320, 320)), seed=1)
    broken = [
        *(Body({**picture, name: odd}, "sdxl") for name in (*picture, "width", "mask_source")),
        *(Body({**VARIED, name: odd}, "sd3.5") for name in (*VARIED, "aspect_ratio")),
        *(Body({"prompt": "a", name: odd}, "core") for name in ("prompt", "aspect_ratio", "seed")),
    ]
    for body in broken:
        model = models.get(body.model)
        for ask in (helpers.check, helpers.core_body, lambda body: helpers.Sweep(body, model=["core", "sd3.5"])):
            with contextlib.suppress(BodyError):
                ask(body)
        family = model.family
        assert family is not None
        (
            family.size(body, model),
            family.image_strength(body),
            family.prompts(body),
            family.mask(body),
            family.flat(body),
        )
        with contextlib.suppress(LookupError):
            model.list_price(body)


def test_a_mask_source_that_is_none_is_told_so() -> None:
    mask = helpers.Mask.box((320, 320), (8, 8, 64, 64))
    odd: Any
    for odd in (None, [], "X"):
        with pytest.raises(MaskError, match="no mask_source"):
            helpers.inpaint("a", PICTURE.crop((0, 0, 320, 320)), mask, mask_source=odd)
