"""The answers under data/responses are what the documentation says, and their pictures open."""

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from helpers import pictures
from helpers.schemas import SDXLResponse, StabilityResponse

ANSWERS = Path(__file__).parents[2] / "data" / "responses"


def answer(name: str) -> Any:
    return json.loads((ANSWERS / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "reason", "has_picture"),
    [("success", "SUCCESS", True), ("filtered", "CONTENT_FILTERED", True), ("error", "ERROR", False)],
)
def test_an_sdxl_answer_is_http_200_and_tells_its_end_by_the_finish_reason(
    name: str, reason: str, has_picture: bool
) -> None:
    (artifact,) = SDXLResponse.model_validate(answer(f"sdxl-{name}.json")).artifacts
    assert artifact.finishReason == reason
    assert (not artifact.base64) != has_picture
    if has_picture:
        assert pictures.from_base64(artifact.base64 or "").size == (64, 64)


@pytest.mark.parametrize(
    ("name", "reason", "pictures"),
    [
        ("success", None, 1),
        ("filtered-prompt", "Filter reason: prompt", 0),
        ("filtered-output", "Filter reason: output image", 0),
        ("error", "Inference error", 0),
    ],
)
def test_a_core_answer_has_a_picture_only_without_a_finish_reason(name: str, reason: str | None, pictures: int) -> None:
    read = StabilityResponse.model_validate(answer(f"core-{name}.json"))
    assert (read.finish_reasons, len(read.images)) == ([reason], pictures)


def test_recorded_errors_have_the_codes_and_statuses_of_the_service_model() -> None:
    service = botocore.session.get_session().get_service_model("bedrock-runtime")
    shapes = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in service.error_shapes}
    recorded = answer("errors.json")
    assert len(recorded) > 15
    for name, error in recorded.items():
        assert shapes[error["code"]] == error["status"], name
        assert error["message"], name
        assert error["source"], name
