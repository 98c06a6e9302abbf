"""SDXL's request, held against limits typed from the documentation, and against every way to be a little wrong."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from helpers.bodies.problems import problems_of
from helpers.schemas import SDXLRequest, sdxl

HERE = Path(__file__).parent / "documented"
LIMITS = json.loads((HERE / "sdxl_limits.json").read_text(encoding="utf-8"))
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()
DOCUMENTED = {
    name: {key: PNG if value == "PNG" else value for key, value in body.items()}
    for name, body in json.loads((HERE / "sdxl_requests.json").read_text(encoding="utf-8")).items()
}
TEXT = {"text_prompts": [{"text": "a beach"}]}


def fields_blamed(body: Any) -> list[str]:
    try:
        SDXLRequest.model_validate(body)
    except ValidationError as error:
        return [problem.field for problem in problems_of(error.errors(), SDXLRequest)]
    return []


# ---- what is legal --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", DOCUMENTED.values(), ids=DOCUMENTED)
def test_every_documented_request_is_legal(body: dict[str, Any]) -> None:
    assert fields_blamed(body) == []


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("every field of the text-to-image page", "text_to_image"),
        ("the guide's image-to-image example", "image_to_image"),
        ("every field of the masking page", "inpaint"),
        ("a mask in the picture's own transparency", "inpaint"),
    ],
)
def test_the_fields_that_are_there_decide_the_task(name: str, task: str) -> None:
    assert SDXLRequest.model_validate(DOCUMENTED[name]).task == task


@pytest.mark.parametrize(("field", "choices"), LIMITS["choices"].items())
def test_each_documented_choice_is_legal_and_no_other(field: str, choices: list[str]) -> None:
    assert [choice for choice in choices if fields_blamed({**TEXT, field: choice})] == []
    assert fields_blamed({**TEXT, field: choices[0] + "_X"}) == [field]
    assert SDXLRequest.model_fields[field].description == f"one of {', '.join(choices)}"


@pytest.mark.parametrize(("field", "limit"), LIMITS["numbers"].items())
def test_numbers_are_legal_up_to_their_limits_and_no_further(field: str, limit: dict[str, Any]) -> None:
    step = 1 if limit["whole"] else 0.001
    assert fields_blamed({**TEXT, field: limit["least"]}) == []
    assert fields_blamed({**TEXT, field: limit["most"]}) == []
    assert fields_blamed({**TEXT, field: limit["least"] - step}) == [field]
    assert fields_blamed({**TEXT, field: limit["most"] + step}) == [field]
    assert getattr(SDXLRequest.model_validate(TEXT), field) == limit["default"]


@pytest.mark.parametrize("field", LIMITS["shares"])
def test_shares_run_from_0_to_1(field: str) -> None:
    body = {**TEXT, "init_image": PNG}
    assert [share for share in (0, 0.5, 1) if fields_blamed({**body, field: share})] == []
    assert fields_blamed({**body, field: -0.01}) == [field]
    assert fields_blamed({**body, field: 1.01}) == [field]


@pytest.mark.parametrize("size", LIMITS["trained_sizes"], ids=str)
def test_the_nine_documented_sizes_are_legal(size: list[int]) -> None:
    assert fields_blamed({**TEXT, "width": size[0], "height": size[1]}) == []


def test_a_body_without_a_size_is_1024_by_1024() -> None:
    request = SDXLRequest.model_validate(TEXT)
    assert (request.width, request.height) == (1024, 1024)


def test_one_side_alone_is_legal_with_the_other_side_s_default() -> None:
    assert fields_blamed({**TEXT, "width": 768}) == []  # as AWS's own workshop of 2023 sent it
    assert fields_blamed({**TEXT, "width": 1152}) == ["height"]


def test_a_hundred_prompts_are_legal_and_no_more() -> None:
    assert fields_blamed({"text_prompts": [{"text": "a"}] * 100}) == []
    assert fields_blamed({"text_prompts": [{"text": "a"}] * 101}) == ["text_prompts"]


@pytest.mark.parametrize("extras", [{"a": {1: 2}}, {"a": (1, 2)}, {"a": {"b": "\ud800"}}, {"a": {"b": {1, 2}}}])
def test_extras_that_are_no_json_are_blamed_on_extras(extras: Any) -> None:
    assert fields_blamed({**TEXT, "extras": extras}) == ["extras"]


def test_extras_of_any_json_are_legal() -> None:
    assert fields_blamed({**TEXT, "extras": {"a": [1, 0.5, None, True, "画", {"b": []}]}}) == []


@given(width=st.integers(200, 1700), height=st.integers(200, 1700))
@settings(max_examples=300, deadline=None)
def test_a_size_is_legal_exactly_when_it_keeps_to_the_rule(width: int, height: int) -> None:
    sides = all(320 <= side <= 1536 and side % 64 == 0 for side in (width, height))
    assert (not fields_blamed({**TEXT, "width": width, "height": height})) == (sides and width * height <= 1_048_576)


@given(across=st.integers(5, 24), down=st.integers(5, 24))
@settings(max_examples=200, deadline=None)
def test_among_multiples_of_64_only_too_many_pixels_are_refused(across: int, down: int) -> None:
    blamed = fields_blamed({**TEXT, "width": across * 64, "height": down * 64})
    assert blamed == (["height"] if across * down > 256 else [])


# ---- what is not ----------------------------------------------------------------------------------------------------

json_numbers = st.one_of(
    st.builds(lambda n: ("cfg_scale", n), st.floats(0, 35)),
    st.builds(lambda n: ("seed", n), st.integers(0, 2**32 - 1)),
    st.builds(lambda n: ("steps", n), st.integers(10, 150)),
    st.builds(lambda n: ("sampler", n), st.sampled_from(LIMITS["choices"]["sampler"])),
    st.builds(lambda n: ("style_preset", n), st.sampled_from(LIMITS["choices"]["style_preset"])),
    st.builds(lambda n: ("clip_guidance_preset", n), st.sampled_from(LIMITS["choices"]["clip_guidance_preset"])),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=2000)
prompts = st.lists(
    st.fixed_dictionaries({"text": texts}, optional={"weight": st.floats(allow_nan=False, allow_infinity=False)}),
    min_size=1,
    max_size=4,
)
legal_bodies = st.builds(
    lambda text_prompts, fields: {"text_prompts": text_prompts, **dict(fields)}, prompts, st.lists(json_numbers)
)
not_numbers = st.sampled_from([True, False, "7", None, [7], {"value": 7}, float("nan"), float("inf"), float("-inf")])
Mutation = Callable[[dict[str, Any], Any], str]


def set_field(field: str) -> Mutation:
    def mutate(body: dict[str, Any], value: Any) -> str:
        body[field] = value
        return field

    return mutate


def set_weight(body: dict[str, Any], value: Any) -> str:
    body["text_prompts"][-1]["weight"] = value
    return f"text_prompts[{len(body['text_prompts']) - 1}].weight"


def set_text(body: dict[str, Any], value: Any) -> str:
    body["text_prompts"][0]["text"] = value
    return "text_prompts[0].text"


illegal = st.one_of(
    st.tuples(
        st.sampled_from([set_field("cfg_scale")]), st.one_of(not_numbers, st.floats(35.01), st.floats(max_value=-0.01))
    ),
    st.tuples(
        st.sampled_from([set_field("steps")]), st.one_of(not_numbers, st.integers(151), st.integers(max_value=9))
    ),
    st.tuples(
        st.sampled_from([set_field("seed")]), st.one_of(not_numbers, st.integers(2**32), st.integers(max_value=-1))
    ),
    st.tuples(st.sampled_from([set_field("steps"), set_field("seed"), set_field("width")]), st.floats(64, 128)),
    st.tuples(st.sampled_from([set_field("samples")]), st.one_of(not_numbers, st.integers(2), st.just(0))),
    st.tuples(
        st.sampled_from([set_field("width"), set_field("height")]), st.sampled_from([0, -512, 319, 321, 500, 1600])
    ),
    st.tuples(
        st.sampled_from([set_field(name) for name in LIMITS["choices"]]), st.sampled_from(["", "auto", 3, None, []])
    ),
    st.tuples(st.just(set_weight), not_numbers),
    st.tuples(st.just(set_text), st.one_of(st.just("x" * 2001), st.sampled_from([None, 3, ["a"], "\ud800"]))),
    st.tuples(st.sampled_from([set_field("extras")]), st.sampled_from([None, 3, "{}", {"a": float("nan")}])),
    st.tuples(st.sampled_from([set_field("text_prompts")]), st.sampled_from([[], None, "a beach", {"text": "a"}])),
    st.tuples(st.sampled_from([set_field("Steps"), set_field("prompt"), set_field("x")]), st.just(1)),
    st.tuples(st.sampled_from([set_field("image_strength"), set_field("init_image_mode")]), st.just("IMAGE_STRENGTH")),
)


@given(legal_bodies)
@settings(max_examples=150, deadline=None)
def test_legal_bodies_pass(body: dict[str, Any]) -> None:
    assert fields_blamed(body) == []


@given(legal_bodies, illegal)
@settings(max_examples=300, deadline=None)
def test_a_single_illegal_change_is_blamed_on_its_field_alone(
    body: dict[str, Any], change: tuple[Mutation, Any]
) -> None:
    mutate, value = change
    body = json.loads(json.dumps(body))
    field = mutate(body, value)
    assert fields_blamed(body) == [field]


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        ({}, ["text_prompts"]),
        ([], ["body"]),
        ("a beach", ["body"]),
        ({"text_prompts": ["a beach"]}, ["text_prompts[0]"]),
        ({"text_prompts": [{}]}, ["text_prompts[0].text"]),
        ({"text_prompts": [{"text": "a", "wieght": 1}]}, ["text_prompts[0].wieght"]),
        ({**TEXT, "width": 512, "init_image": PNG}, ["width"]),
        ({**TEXT, "mask_image": PNG, "init_image": PNG}, ["mask_source"]),
        ({**TEXT, "mask_source": "MASK_IMAGE_WHITE"}, ["init_image", "mask_image"]),
        ({**TEXT, "mask_source": "INIT_IMAGE_ALPHA", "init_image": PNG, "image_strength": 0.5}, ["image_strength"]),
        ({**TEXT, "seed": -1, "steps": 5, "cfg_scale": 36}, ["cfg_scale", "seed", "steps"]),
        ({**TEXT, "steps": 5, "image_strength": 0.5}, ["steps", "image_strength"]),
        ({**TEXT, "init_image": "no base64!", "width": 512}, ["width", "init_image"]),
        ({**TEXT, "init_image": f"data:image/png;base64,{PNG}"}, ["init_image"]),
        ({**TEXT, "init_image": "no base64!"}, ["init_image"]),
        ({**TEXT, "init_image": base64.b64encode(b"just text").decode()}, ["init_image"]),
        ({**TEXT, "init_image": PNG[:-1]}, ["init_image"]),
        ({**TEXT, "cfg_scale": 10**400}, ["cfg_scale"]),
        ({**TEXT, "seed": 10**5000}, ["seed"]),
    ],
)
def test_what_is_wrong_is_named_all_at_once_in_the_order_of_the_schema(body: Any, blamed: list[str]) -> None:
    assert fields_blamed(body) == blamed


@pytest.mark.parametrize("magic", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x10\x00\x00\x00WEBPVP8 "])
def test_png_jpeg_and_webp_are_taken_as_pictures(magic: bytes) -> None:
    assert fields_blamed({**TEXT, "init_image": base64.b64encode(magic + b"...").decode()}) == []


# ---- samplers, as other tools call them -----------------------------------------------------------------------------


def test_every_sampler_has_one_name_of_the_web_ui_and_either_name_leads_back_to_it() -> None:
    assert tuple(sdxl.WEB_UI_SAMPLERS) == sdxl.SAMPLERS
    assert len(set(sdxl.WEB_UI_SAMPLERS.values())) == len(sdxl.SAMPLERS)
    for name, web_ui in sdxl.WEB_UI_SAMPLERS.items():
        assert {sdxl.sampler_named(spelt) for spelt in (name, web_ui, name.lower(), web_ui.upper())} == {name}


@pytest.mark.parametrize(
    ("spelt", "name"),
    [
        ("k_euler_a", "K_EULER_ANCESTRAL"),  # the web UI's own aliases
        ("k_dpmpp_2s_a", "K_DPMPP_2S_ANCESTRAL"),
        ("k_dpm_2_a", "K_DPM_2_ANCESTRAL"),
        ("euler_ancestral", "K_EULER_ANCESTRAL"),  # ComfyUI
        ("dpmpp_2m", "K_DPMPP_2M"),
        ("dpm_2", "K_DPM_2"),
        ("DPM++ 2M Karras", "K_DPMPP_2M"),  # the web UI before 1.9
        ("Heun Exponential", "K_HEUN"),
        ("DPM++ SDE", None),
        ("DPM++ 2M SDE", None),
        ("UniPC", None),
        ("PLMS", None),
        ("Default", None),
        ("karras", None),
        ("", None),
    ],
)
def test_a_sampler_is_found_by_the_name_that_another_tool_gives_it(spelt: str, name: str | None) -> None:
    assert sdxl.sampler_named(spelt) == name
