"""The explorer without its page: fields and their limits, values around the present ones, labels, sweeps, and its Python."""

import json
import threading
import warnings
from typing import Any

import pytest
from PIL import Image

import helpers
from helpers import errors, models
from helpers.bodies import Body
from helpers.widgets.explorer import fields, pages
from helpers.widgets.explorer import sweeps as sweeps
from helpers.widgets.explorer.state import ExplorerState, repeatable_request
from helpers.widgets.shared.latest_wins import LatestWins
from tests.widgets.fake_bedrock import FakeBedrock

PATIENCE = 60  # seconds
SDXL, CORE = models.get("sdxl"), models.get("core")
PICTURE = Image.effect_noise((320, 384), 60).convert("RGB")
BEACH = helpers.text_to_image("a serene beach", negative_prompt="fog", seed=10, cfg_scale=10)
VARIED = helpers.image_to_image("a beach", PICTURE, image_strength=0.35, seed=10)
SCHEDULED = helpers.image_to_image("a beach", PICTURE, step_schedule_start=0.5, seed=10)
MASKED = helpers.inpaint("a sheep", PICTURE, helpers.Mask.ellipse(PICTURE, (60, 60, 200, 200)), seed=10)
TODAY = helpers.core_body(BEACH)
BODIES = {"text": BEACH, "variation": VARIED, "schedule": SCHEDULED, "mask": MASKED, "core": TODAY}
BARE = Body({"text_prompts": [{"text": "a boat"}, {"text": "a storm", "weight": 0.4}], "seed": 7}, "sdxl")


def model_of(body: Body) -> models.Model:
    return models.for_body(body)


# ---- fields ---------------------------------------------------------------------------------------------------------


def test_each_task_has_the_fields_that_its_body_may_have() -> None:
    def paths(body: Body) -> set[str]:
        return {field.path for field in fields.fields_of(body, model_of(body))}

    common = {"cfg_scale", "steps", "seed", "sampler", "style_preset", "clip_guidance_preset"}
    both = {f"text_prompts[{place}].{name}" for place in (0, 1) for name in ("text", "weight")}
    one = {"text_prompts[0].text", "text_prompts[0].weight"}
    assert paths(BEACH) == common | both | {"size"}
    assert paths(VARIED) == common | one | {"image_strength"}
    assert paths(SCHEDULED) == common | one | {"step_schedule_start"}
    assert paths(MASKED) == common | one
    assert paths(TODAY) == {"prompt", "negative_prompt", "aspect_ratio", "seed"}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_every_control_stands_inside_its_limits_and_both_ends_are_legal(body: Body) -> None:
    model = model_of(body)
    warnings.simplefilter("ignore", errors.WorkshopWarning)  # of untrained sizes and dear steps, which are legal
    for field in fields.fields_of(body, model):
        value = fields.value_at(body, field.path, model)
        if field.is_number:
            assert field.least is not None
            assert field.most is not None
            assert field.least <= value <= field.most
            ends = (int(field.least), int(field.most))
            for end in ends:
                helpers.check(fields.put(body, {field.path: end}, model))
        else:
            assert field.kind == "text" or value in field.options
            for option in field.options:
                helpers.check(fields.put(body, {field.path: option}, model))


def test_the_limits_are_those_of_the_schema() -> None:
    steps = fields.field_of("steps", BEACH, SDXL)
    for outside in (steps.least, steps.most):
        assert outside is not None
        beyond = int(outside) + (1 if outside == steps.most else -1)
        with pytest.raises(errors.BodyError, match="steps"):
            helpers.check(fields.put(BEACH, {"steps": beyond}, SDXL))


def test_what_a_body_leaves_out_stands_at_what_the_service_takes_and_none_leaves_it_out_again() -> None:
    assert fields.value_at(BARE, "steps", SDXL) == 30
    assert fields.value_at(BARE, "text_prompts[0].weight", SDXL) == 1
    assert fields.value_at(BARE, "size", SDXL) == (1024, 1024)
    styled = fields.put(BARE, {"style_preset": "anime", "cfg_scale": 9}, SDXL)
    assert list(styled) == ["text_prompts", "cfg_scale", "seed", "style_preset"]
    assert fields.put(styled, {"style_preset": None, "cfg_scale": None}, SDXL) == BARE
    assert "style_preset" not in BARE


def test_a_field_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(errors.BodyError, match=r"no field image_strength to explore; there are text_prompts\[0\]"):
        fields.field_of("image_strength", BEACH, SDXL)
    with pytest.raises(errors.BodyError, match="size is a width and a height"):
        fields.put(BEACH, {"size": 512}, SDXL)


# ---- values around --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "present", "around"),
    [
        ("cfg_scale", 10, [4, 7, 10, 13, 16]),
        ("cfg_scale", 0, [0, 3, 6, 9, 12]),
        ("cfg_scale", 34.5, [22.5, 25.5, 28.5, 31.5, 34.5]),
        ("steps", 30, [10, 20, 30, 40, 50]),
        ("steps", 50, [10, 20, 30, 40, 50]),
        ("steps", 60, [40, 50, 60, 70, 80]),
        ("seed", 10, [10, 11, 12, 13]),
        ("seed", 4294967295, [4294967295]),
        ("text_prompts[1].weight", -1.0, [-2, -1.5, -1, -0.5, 0]),
        ("image_strength", 0.35, [0.15, 0.25, 0.35, 0.45, 0.55]),
        ("image_strength", 1.0, [0.6, 0.7, 0.8, 0.9, 1]),
    ],
)
def test_suggested_values_lie_around_the_present_one_and_inside_the_limits(
    path: str, present: float, around: list[float]
) -> None:
    body = fields.put(VARIED if path == "image_strength" else BEACH, {path: present}, SDXL)
    assert fields.suggested(fields.field_of(path, body, SDXL), present) == around


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_every_suggestion_holds_the_present_value_and_makes_a_sweep_that_may_be_sent(body: Body) -> None:
    model = model_of(body)
    for field in fields.fields_of(body, model):
        around = fields.suggested(field, fields.value_at(body, field.path, model))
        if field.kind == "text":
            assert around == []
            continue
        sweep, _, _ = sweeps.make(body, model, "studio", {field.path: None})
        assert len(sweep) == len(around) > 1
        canonical = [{**fields.values_of(tile.body, model)} for tile in sweep.tiles]
        assert fields.values_of(body, model) in canonical


# ---- labels ---------------------------------------------------------------------------------------------------------


def test_labels_say_what_differs_and_nothing_else() -> None:
    changed = [
        BEACH,
        fields.put(BEACH, {"cfg_scale": 12.5}, SDXL),
        fields.put(BEACH, {"style_preset": "anime", "size": (1152, 896)}, SDXL),
    ]
    assert fields.differing(changed, [SDXL] * 3) == [
        "cfg_scale 10, 512 × 512, style_preset none",
        "cfg_scale 12.5, 512 × 512, style_preset none",
        "cfg_scale 10, 1152 × 896, style_preset anime",
    ]
    assert fields.differing([BEACH], [SDXL]) == [""]
    left_out = {key: value for key, value in BEACH.items() if key != "steps"}
    assert fields.differing([BEACH, left_out], [SDXL, SDXL]) == ["", ""]


# ---- sweeps and Python ----------------------------------------------------------------------------------------------


def run_python(source: str) -> dict[str, Any]:
    """What the code leaves behind, with no service: a call gives its body back."""
    names: dict[str, Any] = {}
    fake = type(
        "Helpers", (), {name: getattr(helpers, name) for name in ("text_to_image", "image_to_image", "inpaint")}
    )
    fake.connect = lambda *_, **__: "bedrock"  # type: ignore[attr-defined]
    fake.invoke = lambda bedrock, body, **_: body  # type: ignore[attr-defined]
    for name in ("Mask", "Sweep", "axis", "together"):
        setattr(fake, name, getattr(helpers, name))
    code = source.replace("import helpers\n", "").partition("sweep.quote(")[0]
    exec(code, {"helpers": fake}, names)
    return names


@pytest.mark.parametrize("body", [*BODIES.values(), BARE], ids=[*BODIES, "bare"])
def test_the_python_shown_sends_the_very_same_bytes(body: Body) -> None:
    shown = pages.code(body, model_of(body), "studio")
    assert json.dumps(run_python(shown["python"])["made"]) == json.dumps(body)
    assert json.loads(shown["body"])["seed"] == body["seed"]
    assert len(shown["body"]) < 2500


@pytest.mark.parametrize(
    ("body", "wanted", "line"),
    [
        (BEACH, {"cfg_scale": "1-13 (+6)", "seed": [1, 2]}, "Sweep(body, cfg_scale=[1, 7, 13], seed=[1, 2])"),
        (BEACH, {"seed": "1-40"}, 'Sweep(body, seed="1-40")'),
        (BARE, {"style_preset": [None, "anime"]}, 'Sweep(body, style_preset=[None, "anime"])'),
        (
            BEACH,
            {"size": [[512, 512], [1152, 896]], "text_prompts[1].weight": "-1, -0.5"},
            "Sweep(body, helpers.together(width=[512, 1152], height=[512, 896]), "
            'helpers.axis("text_prompts[1].weight", [-1, -0.5]))',
        ),
        (
            BEACH,
            {"cfg_scale": [7, 10], "text_prompts[1].weight": [-0.5]},
            'Sweep(body, helpers.axis("cfg_scale", [7, 10]), helpers.axis("text_prompts[1].weight", [-0.5]))',
        ),
        (VARIED, {"image_strength": None}, "Sweep(body, image_strength=[0.15, 0.25, 0.35, 0.45, 0.55])"),
    ],
)
def test_the_line_of_a_sweep_makes_the_same_sweep(body: Body, wanted: dict[str, Any], line: str) -> None:
    sweep, written, _ = sweeps.make(body, SDXL, "studio", wanted)
    assert line in written
    again = run_python(sweeps.cell(repeatable_request(body, SDXL, "studio"), written))["sweep"]
    assert [tile.key for tile in again.tiles] == [tile.key for tile in sweep.tiles]
    assert again.axes == sweep.axes


def test_a_sweep_of_nothing_or_of_what_cannot_be_is_a_sentence() -> None:
    with pytest.raises(errors.BodyError, match="needs a field"):
        sweeps.make(BEACH, SDXL, "studio", {})
    with pytest.raises(errors.BodyError, match="cfg_scale 40"):
        sweeps.make(BEACH, SDXL, "studio", {"cfg_scale": [7, 40]})


# ---- the state ------------------------------------------------------------------------------------------------------


def test_a_body_without_a_seed_gets_one_that_is_said_and_stays() -> None:
    state = ExplorerState(FakeBedrock(), {**BEACH, "seed": 0})
    seed = state.body["seed"]
    assert seed > 0
    assert f"Seed {seed} was drawn" in state.remarks[0]
    state.set({"cfg_scale": 3})
    assert state.body["seed"] == seed
    state.set({"seed": 0})
    assert state.body["seed"] > 0


def test_a_bad_value_changes_nothing() -> None:
    state = ExplorerState(FakeBedrock(), BEACH)
    with pytest.raises(errors.BodyError, match="steps"):
        state.set({"cfg_scale": 3, "steps": 500})
    assert state.body == BEACH
    with pytest.raises(errors.BodyError, match="colour"):
        state.set({"colour": "red"})


def test_the_given_body_and_the_explored_one_do_not_change_each_other() -> None:
    given = {**BEACH, "text_prompts": [dict(prompt) for prompt in BEACH["text_prompts"]]}
    state = ExplorerState(FakeBedrock(), given)
    given["text_prompts"][0]["text"] = "a castle"
    assert state.body == BEACH
    state.set({"text_prompts[1].weight": -0.5})
    assert given["text_prompts"][1] == BEACH["text_prompts"][1]


def test_an_error_that_nobody_foresaw_comes_back_as_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    bedrock = FakeBedrock()
    monkeypatch.setattr(bedrock, "invoke_model", lambda **call: {})
    state = ExplorerState(bedrock)
    assert type(state.answer(state.next_call())) is errors.ServiceError


def test_on_aws_a_model_that_has_left_is_named_before_anything_is_sent() -> None:
    paid = FakeBedrock("aws")
    with pytest.raises(errors.RetiredModelError, match="left Amazon Bedrock") as told:
        ExplorerState(paid, BEACH)
    assert told.value.body == TODAY
    assert ExplorerState(paid).model is CORE
    assert paid.sent == []


# ---- latest wins ----------------------------------------------------------------------------------------------------


def test_while_one_job_is_under_way_only_the_newest_is_kept() -> None:
    begun, go, done = threading.Event(), threading.Event(), threading.Event()
    came: list[tuple[int, int]] = []

    def work(job: int) -> int:
        begun.set()
        assert go.wait(PATIENCE)
        return 10 * job

    def take(job: int, result: int) -> None:
        came.append((job, result))
        if job == 5:
            done.set()

    line = LatestWins(work, take)
    line.ask(1)
    assert begun.wait(PATIENCE)
    for job in (2, 3, 4, 5):
        line.ask(job)
    assert line.is_busy
    go.set()
    assert done.wait(PATIENCE)
    assert came == [(1, 10), (5, 50)]
    assert not line.is_busy


def test_a_job_that_waits_can_be_dropped_and_the_next_is_done_all_the_same() -> None:
    begun, go, done = threading.Event(), threading.Event(), threading.Event()
    came: list[int] = []

    def work(job: int) -> int:
        begun.set()
        assert go.wait(PATIENCE)
        return job

    def take(job: int, _: int) -> None:
        came.append(job)
        done.set()

    line = LatestWins(work, take)
    line.ask(1)
    assert begun.wait(PATIENCE)
    line.ask(2)
    line.drop()
    go.set()
    assert done.wait(PATIENCE)
    done.clear()
    line.ask(3)
    assert done.wait(PATIENCE)
    assert came == [1, 3]
