"""The playground without its page: its settings, the bodies they become, the Python shown, and the history."""

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import helpers
from helpers import errors, models
from helpers.recipes.code import shortened
from helpers.widgets.playground import runs as runs
from helpers.widgets.playground import settings as playground_settings
from helpers.widgets.playground.settings import PRESETS, Settings
from helpers.widgets.playground.state import PlaygroundState
from tests.widgets.fake_bedrock import FakeBedrock

BEACH = Settings(prompt="a serene beach at sunset", seed=10)
SDXL, CORE = models.get("sdxl"), models.get("core")
PICTURE = Image.effect_noise((320, 384), 60).convert("RGB")
MASK = helpers.Mask.ellipse(PICTURE, (60, 60, 200, 200))


def bodies(settings: Settings, seed: int = 10, model: models.Model = SDXL) -> list[helpers.bodies.Body]:
    return playground_settings.request_bodies(settings, model, seed, PICTURE, MASK)


def sent(run: Any, bedrock: FakeBedrock) -> runs.PlaygroundRun:
    return runs.send(run, bedrock, 1)


# ---- settings ---------------------------------------------------------------------------------------------------


def test_the_three_examples_say_what_the_console_was_told_word_for_word() -> None:
    beach, variation, sheep = (PRESETS[name].settings for name in ("beach", "variation", "sheep"))
    assert (beach.action, beach.prompt) == ("generate", "a serene beach at sunset")
    assert (beach.cfg_scale, beach.steps, beach.seed) == (10, 30, 10)
    assert (variation.action, variation.prompt) == (
        "variation",
        "add vibrant hues to the sky, enhance reflections on the water",
    )
    assert variation.negative_prompt == (
        "dull colors, lack of sunset details, unrealistic sky gradients, poorly rendered reflections"
    )
    assert (variation.cfg_scale, variation.steps, variation.seed) == (30, 50, 321)
    assert PRESETS["variation"].start == beach
    assert (sheep.action, sheep.prompt, sheep.cfg_scale) == ("edit", "add a sheep", 10)
    assert PRESETS["sheep"].start is not None
    assert "green tea garden" in PRESETS["sheep"].start.prompt


@pytest.mark.parametrize("action", playground_settings.ACTIONS)
def test_each_action_becomes_the_body_that_helpers_would_write(action: Any) -> None:
    settings = Settings(
        action, "a castle", "fog", 640, 448, cfg_scale=12, steps=20, style_preset="anime", image_strength=0.6
    )
    common: dict[str, Any] = {
        "negative_prompt": "fog",
        "seed": 7,
        "cfg_scale": 12,
        "steps": 20,
        "style_preset": "anime",
    }
    with warnings.catch_warnings(action="ignore", category=errors.WorkshopWarning):  # 640 x 448 is no trained size
        wanted = {
            "generate": lambda: helpers.text_to_image("a castle", width=640, height=448, **common),
            "variation": lambda: helpers.image_to_image("a castle", PICTURE, image_strength=0.6, **common),
            "edit": lambda: helpers.inpaint("a castle", PICTURE, MASK, **common),
        }[action]()
    assert bodies(settings, seed=7) == [wanted]


def test_four_pictures_are_four_bodies_with_the_next_seeds() -> None:
    four = bodies(replace(BEACH, pictures=4))
    assert [body["seed"] for body in four] == [10, 11, 12, 13]
    assert all({**body, "seed": 10} == four[0] for body in four)


def test_core_gets_a_body_of_its_own_in_its_own_sizes() -> None:
    settings = playground_settings.for_model(
        Settings("edit", "a castle", width=640, height=448, style_preset="anime"), CORE
    )
    assert settings.action == "generate"
    (body,) = bodies(settings, model=CORE)
    assert body["prompt"] == "a castle, anime style"
    assert CORE.sizes[body["aspect_ratio"]] == (settings.width, settings.height)
    assert settings.width > settings.height
    with pytest.raises(errors.BodyError, match="takes no reference image"):
        bodies(Settings("edit", "a castle"), model=CORE)


def test_sdxl_0_8_gets_its_guidance_and_steps_and_is_told_what_is_beyond_its_limits() -> None:
    old = models.get("sdxl-0.8")
    settings = playground_settings.for_model(replace(PRESETS["beach"].settings, width=1152, height=896), old)
    (body,) = playground_settings.request_bodies(settings, old, 10)
    expected = helpers.text_to_image("a serene beach at sunset", seed=10, cfg_scale=10, steps=30, model="sdxl-0.8")
    assert (settings.width, settings.height, body) == (512, 512, expected)
    (said,) = playground_settings.problems(replace(settings, cfg_scale=33), old)
    assert "cfg_scale must be a number from 0 to 30, not 33" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt": "  "}, "The prompt is empty"),
        ({"steps": 5}, "steps"),
        ({"steps": 30.5}, "steps"),
        ({"cfg_scale": 36}, "cfg_scale"),
        ({"seed": -1}, "seed"),
        ({"pictures": 5}, "pictures"),
        ({"pictures": 2.5}, "pictures"),
        ({"seed": 2**32 - 2, "pictures": 4}, "seeds would be above"),
        ({"width": 500}, "width"),
        ({"style_preset": "cubism"}, "style_preset"),
        ({"prompt": "x" * 2001}, "2000 characters"),
    ],
)
def test_what_the_api_would_refuse_is_a_sentence_before_anything_is_sent(changes: dict[str, Any], said: str) -> None:
    settings = playground_settings.changed(BEACH, changes)
    with pytest.raises(errors.BodyError, match=said):
        bodies(settings, seed=settings.seed)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"steps": None}, "steps is empty: give a number"),
        ({"seed": "ten"}, "'ten': give a number"),
        ({"action": "paint"}, "The action is generate, variation or edit"),
        ({"prompt": 3}, "prompt must be a text"),
        ({"keep_seed": "yes"}, "keep_seed is True or False"),
        ({"stepz": 30}, "There is no setting stepz"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.BodyError, match=said):
        playground_settings.changed(BEACH, changes)


def test_a_variation_without_a_picture_and_an_edit_without_a_mask_say_what_to_do() -> None:
    with pytest.raises(errors.ImageError, match="Upload one"):
        playground_settings.request_bodies(replace(BEACH, action="variation"), SDXL, 1)
    empty = helpers.Mask.from_array(MASK.pixels * 0)
    for mask in (None, empty):
        with pytest.raises(errors.MaskError, match="Paint over the part"):
            playground_settings.request_bodies(replace(BEACH, action="edit"), SDXL, 1, PICTURE, mask)


def test_the_price_is_the_registrys_for_all_pictures() -> None:
    assert playground_settings.price(replace(BEACH, pictures=4), SDXL) == pytest.approx(
        4 * SDXL.list_price({"steps": 30})
    )
    assert playground_settings.price(replace(BEACH, steps=51), SDXL) == SDXL.list_price({"steps": 51})
    assert playground_settings.price(replace(BEACH, pictures=2), CORE) == pytest.approx(2 * CORE.list_price({}))


# ---- what was sent, for people ----------------------------------------------------------------------------------


@pytest.mark.parametrize("pictures", [1, 3])
@pytest.mark.parametrize("action", playground_settings.ACTIONS)
@pytest.mark.parametrize("prompt", ["a castle", 'say "hi"\nin {two}\\ lines: 一只羊 🐑\ta bell\x07 and \u2028'])
def test_the_python_shown_sends_the_same_bytes(
    action: Any, prompt: str, pictures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(action, prompt, prompt, pictures=pictures, cfg_scale=7.5, style_preset="neon-punk")
    bedrock = FakeBedrock()
    reference = runs.Reference(PICTURE, "a test")
    plan = runs.plan(settings, SDXL, bedrock, seed=321, reference=reference, mask=MASK)
    repeated = FakeBedrock()
    monkeypatch.setattr(helpers, "connect", lambda: repeated)
    for name in ("show", "strip"):
        monkeypatch.setattr(helpers, name, lambda made: None)
    exec(compile(plan.python, "shown", "exec"), {})
    assert [json.dumps(body) for body in repeated.sent] == [json.dumps(body) for body in plan.bodies]


@pytest.mark.parametrize("pictures", [1, 4])
def test_the_python_for_core_on_aws_names_the_back_end_and_sends_the_same_bytes(
    pictures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bedrock, repeated = FakeBedrock("aws"), FakeBedrock("aws")
    asked: list[Any] = []

    def connect(*place: Any, **region: Any) -> FakeBedrock:
        asked.append((place, region))
        return repeated

    plan = runs.plan(replace(BEACH, negative_prompt="fog", pictures=pictures), CORE, bedrock, seed=10)
    monkeypatch.setattr(helpers, "connect", connect)
    for name in ("show", "strip"):
        monkeypatch.setattr(helpers, name, lambda made: None)
    exec(compile(plan.python, "shown", "exec"), {})
    assert asked == [(("aws",), {"region": "us-west-2"})]
    assert [json.dumps(body) for body in repeated.sent] == [json.dumps(body) for body in plan.bodies]
    assert set(repeated.models) == {CORE.invoke_id}


def test_the_body_shown_is_whole_but_for_its_pictures() -> None:
    (body,) = bodies(replace(BEACH, action="edit"))
    shown = json.loads(shortened(body))
    assert {key: value for key, value in shown.items() if "image" not in key} == {
        key: value for key, value in body.items() if "image" not in key
    }
    assert len(shortened(body)) < 1000
    assert "320 x 384 pixels" in shown["init_image"]
    assert body["mask_image"].startswith(shown["mask_image"].partition("…")[0])


# ---- sending ----------------------------------------------------------------------------------------------------


def test_a_run_keeps_a_receipt_for_each_body() -> None:
    bedrock, told = FakeBedrock(), list[int]()
    run = runs.send(runs.plan(replace(BEACH, pictures=3), SDXL, bedrock, seed=10), bedrock, 1, told.append)
    assert (run.state, [made.seed for made in run.made], told) == ("done", [10, 11, 12], [1, 2, 3])
    assert repr(run) == "<Run 1: generate, 'a serene beach at sunset', seed 10, done>"


def test_after_a_blurred_picture_the_next_seed_is_tried() -> None:
    bedrock = FakeBedrock()
    run = sent(runs.plan(replace(BEACH, prompt="nude", pictures=2), SDXL, bedrock, seed=1), bedrock)
    assert (run.state, len(bedrock.sent), len(run.failures)) == ("filtered", 2, 2)
    assert run.failures[0].image is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize(("prompt", "state_"), [("gore", "filtered"), ("a busy service", "failed")])
def test_after_a_refusal_the_rest_is_not_sent(prompt: str, state_: str) -> None:
    bedrock = FakeBedrock()
    run = sent(runs.plan(replace(BEACH, prompt=prompt, pictures=4), SDXL, bedrock, seed=1), bedrock)
    assert (run.state, len(bedrock.sent), len(run.answers)) == (state_, 1, 1)


def test_an_error_that_nobody_foresaw_ends_the_run_and_keeps_what_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    bedrock = FakeBedrock()
    real = bedrock.invoke_model
    monkeypatch.setattr(bedrock, "invoke_model", lambda **call: {} if bedrock.sent else real(**call))
    run = sent(runs.plan(replace(BEACH, pictures=3), SDXL, bedrock, seed=1), bedrock)
    assert (run.state, len(run.made), len(run.answers)) == ("failed", 1, 2)
    assert type(run.failures[0]) is errors.ServiceError
    assert "does not know" in str(run.failures[0])


def test_a_place_that_cannot_be_written_to_is_said_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("WORKSHOP_OUTPUTS", str(tmp_path / "a file"))
    bedrock = FakeBedrock()
    with pytest.raises(errors.SetupError, match="WORKSHOP_OUTPUTS"):
        runs.plan(
            replace(BEACH, action="variation"), SDXL, bedrock, seed=1, reference=runs.Reference(PICTURE, "a test")
        )
    assert bedrock.sent == []


# ---- the state --------------------------------------------------------------------------------------------------


def test_a_seed_that_is_not_kept_is_drawn_anew_and_shown() -> None:
    state = PlaygroundState(FakeBedrock())
    state.set(keep_seed=False, pictures=4)
    seeds = {state.plan().settings.seed for _ in range(20)}
    assert len(seeds) > 15
    assert all(1 <= seed <= 2**32 - 4 for seed in seeds)
    state.set(keep_seed=True, seed=0)
    assert state.plan().bodies[0]["seed"] > 0
    state.set(seed=5)
    assert state.plan().bodies[0]["seed"] == 5


def test_any_file_becomes_a_reference_image_of_a_legal_size_and_what_was_done_is_said() -> None:
    state = PlaygroundState(FakeBedrock())
    remark = state.use(Image.new("RGB", (3000, 2000), "green"), "photo.jpg")
    assert state.reference is not None
    assert (state.reference.image.width % 64, state.reference.image.height % 64) == (0, 0)
    assert "3000 x 2000" in remark
    assert state.use(PICTURE, "small.png") == ""


def test_a_broken_file_leaves_the_reference_image_as_it_was() -> None:
    state = PlaygroundState(FakeBedrock())
    state.use(PICTURE, "before")
    for data in (b"", b"%PDF-1.7", b"\x89PNG\r\n\x1a\nbroken"):
        with pytest.raises(errors.ImageError):
            state.use(data, "broken")
    assert state.reference is not None
    assert state.reference.name == "before"


def test_on_aws_the_model_that_lives_there_is_applied_and_the_retired_one_is_refused() -> None:
    state = PlaygroundState(FakeBedrock("aws"))
    assert state.model is CORE
    with pytest.raises(errors.RetiredModelError, match="2025-05-20"):
        state.apply("sdxl")
    assert state.model is CORE


def test_going_back_to_a_run_brings_its_settings_reference_and_mask() -> None:
    state = PlaygroundState(FakeBedrock())
    state.use(PICTURE, "a test")
    state.mask = MASK
    state.set(action="edit", prompt="add a sheep")
    run = state.send(state.plan())
    state.use(Image.new("RGB", (512, 512)), "another")
    state.set(action="generate", prompt="something else", steps=50)
    state.restore(run)
    assert state.settings == run.settings
    assert state.reference is run.plan.reference
    assert state.mask == MASK
