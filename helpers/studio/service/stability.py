"""Stability's living models: an unknown field is refused with the list of the known ones, and a refusal is an answer."""

import json
from typing import Any

from pydantic import BaseModel

from helpers.models import Model
from helpers.schemas.families import STABLE_IMAGE
from helpers.schemas.fields import Response
from helpers.schemas.stability import CoreRequest, StabilityResponse
from helpers.studio.refusals import Refusal
from helpers.studio.replies import Reply, validation
from helpers.studio.service.rules import PICTURE, Asked, Rules, checked
from helpers.studio.workers import Job

_FINISH: dict[Refusal, str] = {
    "invalid_prompts": "Filter reason: prompt",
    "content_filtered": "Filter reason: output image",
    "error": "Inference error",
}


def _check(content: dict[str, Any], model: Model) -> Asked:
    _no_unknown_field(CoreRequest, content)
    request: CoreRequest = checked(CoreRequest, content, [])

    def job(seed: int, finish: str) -> Job:
        width, height = STABLE_IMAGE.size(content, model) or (0, 0)
        prompts = tuple((part.text, part.weight) for part in STABLE_IMAGE.prompts(content)) or ((request.prompt, 1.0),)
        asked = {"width": width, "height": height, "seed": seed}
        return Job("text_to_image", prompts, asked, finish=finish, file_format=request.output_format)

    return Asked((request.prompt,), request.seed, job)


def _no_unknown_field(request: type[BaseModel], content: dict[str, Any]) -> None:
    fields = list(request.model_fields)
    if any(field not in fields for field in content):
        raise validation(
            json.dumps({"detail": f"Invalid field in request. Available fields: {fields}"}, separators=(",", ":"))
        )


def _refuse(refused: Refusal) -> Reply | str:
    text = json.dumps({"finish_reasons": [_FINISH[refused]]})
    return Reply(200, (text.encode(),), (("content-type", "application/json"),))


def _answer(seed: int, finish: str) -> Response:
    return StabilityResponse(seeds=[seed], finish_reasons=[None], images=[PICTURE])


STABLE_IMAGE_RULES = Rules(_check, _refuse, _answer)
