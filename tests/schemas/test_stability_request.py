"""Stable Image Core's request and its family's answer, held against what the documentation says."""

from typing import Any

import pytest
from pydantic import ValidationError

from helpers.bodies.problems import problems_of
from helpers.schemas import CoreRequest, StabilityResponse


def fields_blamed(body: Any) -> list[str]:
    try:
        CoreRequest.model_validate(body)
    except ValidationError as error:
        return [problem.field for problem in problems_of(error.errors(), CoreRequest)]
    return []


def test_a_prompt_alone_is_a_whole_request() -> None:
    request = CoreRequest.model_validate({"prompt": "a serene beach at sunset"})
    assert (request.aspect_ratio, request.seed, request.output_format) == ("1:1", 0, "png")


@pytest.mark.parametrize("ratio", ["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"])
def test_the_nine_documented_aspect_ratios_are_legal(ratio: str) -> None:
    assert fields_blamed({"prompt": "a", "aspect_ratio": ratio}) == []


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({"prompt": "x" * 10_000, "negative_prompt": "x" * 10_000, "seed": 4_294_967_295, "output_format": "jpeg"}, []),
        ({"prompt": "x" * 10_001}, ["prompt"]),
        ({"prompt": "a", "negative_prompt": "x" * 10_001}, ["negative_prompt"]),
        ({"prompt": "a", "seed": 4_294_967_296}, ["seed"]),
        ({"prompt": "a", "seed": "1"}, ["seed"]),
        ({"prompt": "a", "seed": None}, ["seed"]),
        ({"prompt": "a", "aspect_ratio": "7:5"}, ["aspect_ratio"]),
        ({"prompt": "a", "output_format": "PNG"}, ["output_format"]),
        ({"prompt": "a", "output_format": "webp"}, ["output_format"]),
        ({"prompt": "a", "style_preset": "anime"}, ["style_preset"]),
        ({"prompt": "a", "mode": "text-to-image"}, ["mode"]),
        ({"prompt": "a", "cfg_scale": 7, "steps": 30}, ["cfg_scale", "steps"]),
        ({"text_prompts": [{"text": "a"}]}, ["prompt", "text_prompts"]),
        ({}, ["prompt"]),
    ],
)
def test_core_takes_its_own_five_fields_and_no_knob_of_sdxl(fields: dict[str, Any], blamed: list[str]) -> None:
    assert fields_blamed(fields) == blamed


def test_a_filtered_answer_has_neither_seed_nor_picture() -> None:
    answer = StabilityResponse.model_validate({"finish_reasons": ["Filter reason: prompt"]})
    assert (answer.seeds, answer.images, answer.finish_reasons) == ([], [], ["Filter reason: prompt"])
