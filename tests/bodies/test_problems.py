"""The sentences that people read when a body is wrong: the field, its range, and the way to mend it."""

from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

import helpers
from helpers.bodies.problems import problems_of
from helpers.errors import BodyError
from helpers.schemas import CoreRequest, SDXLRequest

TEXT = {"text_prompts": [{"text": "a beach"}]}


def sentence(model: type[BaseModel], body: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(body)
    return problems_of(caught.value.errors(), model)[0].message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"cfg_scale": 40}, "cfg_scale must be a number from 0 to 35, not 40."),
        ({"steps": 5}, "steps must be a whole number from 10 to 150, not 5."),
        ({"steps": 30.0}, "steps must be a whole number from 10 to 150, not 30.0. Write 30."),
        ({"steps": "30"}, "not '30'. Leave out the quotation marks: 30."),
        ({"steps": np.int64(30)}, "Write 30: JSON knows no numbers of NumPy's."),
        ({"seed": -1}, "seed must be a whole number from 0 (random) to 4294967295, not -1."),
        ({"samples": 4}, "samples must be 1, as Bedrock makes one picture a request, not 4."),
        ({"width": 500}, "width must be a multiple of 64 from 320 to 1536, not 500. The nearest is 512."),
        (
            {"width": 1536, "height": 1024},
            "1536 x 1024 is 1,572,864 pixels, and the most is 1,048,576. Try 1536 x 640.",
        ),
        ({"sampler": "euler"}, "Did you mean K_EULER?"),
        ({"sampler": "Euler a"}, "Did you mean K_EULER_ANCESTRAL?"),
        ({"sampler": "k_euler_a"}, "Did you mean K_EULER_ANCESTRAL?"),
        ({"sampler": "DPM2 a"}, "Did you mean K_DPM_2_ANCESTRAL?"),
        ({"sampler": "DPM++ 2S a Karras"}, "Did you mean K_DPMPP_2S_ANCESTRAL?"),
        ({"sampler": "k_eule_ancestral"}, "Did you mean K_EULER_ANCESTRAL?"),
        ({"style_preset": "animé"}, "Did you mean anime?"),
        ({"guidance_scale": 7}, "guidance_scale is not a field of this request. Did you mean cfg_scale?"),
        ({"cfgscale": 7}, "Did you mean cfg_scale?"),
        ({"quality": 7}, "quality is not a field of this request. The fields are text_prompts, cfg_scale,"),
        ({"sampler": None}, "sampler is null. Leave it out, and its default holds."),
        ({"image_strength": 0.5}, "Add init_image, or leave it out."),
        ({"init_image": "x" * 9}, "this is not base64"),
        ({"init_image": "data:image/png;base64,iVBO"}, "leave out the `data:...;base64,` at its start"),
    ],
)
def test_a_sentence_says_the_range_and_the_fix(body: dict[str, Any], said: str) -> None:
    assert said in sentence(SDXLRequest, {**TEXT, **body})


def test_a_prompt_that_is_too_long_is_counted_and_not_repeated() -> None:
    said = sentence(SDXLRequest, {"text_prompts": [{"text": "x" * 2345}]})
    assert said == "text_prompts[0].text must be a text of at most 2000 characters, and this one has 2345."


def test_a_long_value_is_cut_in_the_sentence_and_whole_in_the_problem() -> None:
    with pytest.raises(ValidationError) as caught:
        SDXLRequest.model_validate({**TEXT, "sampler": "K" * 5000})
    (problem,) = problems_of(caught.value.errors(), SDXLRequest)
    assert len(problem.message) < 400
    assert problem.value == "K" * 5000


def test_a_field_of_sdxl_in_a_core_body_is_answered_with_cores_own_name() -> None:
    assert "Did you mean aspect_ratio?" in sentence(CoreRequest, {"prompt": "a", "width": 512})


def told(body: dict[str, Any], model: str | None = None) -> BodyError:
    with pytest.raises(BodyError) as caught:
        helpers.check(body, model)
    return caught.value


BEACH: dict[str, Any] = {"text_prompts": [{"text": "a beach"}]}


@pytest.mark.parametrize(
    ("body", "model", "said"),
    [
        (
            {"text_prompts": [1] * 1_000_000},
            None,
            "text_prompts must be a list of at most 100, and this one has 1000000",
        ),
        ({**BEACH, **dict.fromkeys(map(str, range(100_000)), 1)}, None, "99980 more are not fields of this request"),
        ({"prompt": "a", **dict.fromkeys(map(str, range(100_000)), 1)}, "core", "99980 more are not fields"),
        ({**BEACH, "k" * 10_000_000: 1}, None, "kkk… is not a field of this request"),
        ({**BEACH, "sampler": "k" * 10_000_000}, None, "not 'kkk"),
        ({**BEACH, "cfg_scale": "7" * 10_000_000}, None, "not '777"),
        ({"text_prompts": [{"text": 1, **dict.fromkeys("abcdefgh", 1)}] * 100}, None, "\n- and 880 more\n"),
    ],
    ids=["prompts", "names", "names of Core", "a name", "a choice", "a number", "problems"],
)
def test_however_large_a_body_is_its_problems_are_told_in_a_few_lines(
    body: dict[str, Any], model: str | None, said: str
) -> None:
    error = told(body, model)
    assert said in str(error)
    assert len(str(error)) < 10_000
    assert all(len(problem.field) <= 200 for problem in error.problems)


def test_a_value_inside_thousands_of_lists_is_told_by_its_type() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert "a list too long to show" in str(told({**BEACH, "sampler": deep}))
    assert [problem.field for problem in told({**BEACH, "extras": {"a": deep}}).problems] == ["extras"]


def test_twenty_problems_are_all_listed() -> None:
    error = told({**BEACH, **dict.fromkeys(map(str, range(20)), 1)})
    assert str(error).count("\n- ") == 20
    assert "more" not in str(error)
