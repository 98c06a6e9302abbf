"""The rules of Stability's living families: an unknown field is an error, and a refused prompt an answer."""

import json
from functools import partial
from typing import Any

from pydantic import BaseModel

from helpers.models import Model
from helpers.schemas import Family
from helpers.schemas.fields import Response
from helpers.schemas.stability import StabilityResponse
from helpers.studio.replies import Refusal, Reply, validation
from helpers.studio.service.rules import PICTURE, CheckedRequest, Rules, checked, uploads
from helpers.studio.workers.pool import Job

_FINISH: dict[Refusal, str] = {
    "invalid_prompts": "Filter reason: prompt",
    "content_filtered": "Filter reason: output image",
    "error": "Inference error",
}


def rules(family: Family) -> Rules:
    """Return the rules of one of Stability's living families."""
    return Rules(partial(_check, family), _refuse, _response)


def _check(family: Family, content: dict[str, Any], model: Model) -> CheckedRequest:
    _no_unknown_field(family.request, content)
    files, wrong = uploads(content, family)
    request = checked(family.request, content, wrong)

    def job(seed: int, finish: str) -> Job:
        width, height = family.size(content, model) or (0, 0)
        prompts = tuple((part.text, part.weight) for part in family.prompts(content)) or ((request.prompt, 1.0),)
        fields: dict[str, Any] = {"width": width, "height": height, "seed": seed}
        kept = family.image_strength(content)
        if kept is not None:
            fields["schedule_start"] = float(1 - kept)
        start = next(iter(files), None)
        return Job(
            family.task(content), prompts, fields, files, start, finish=finish, file_format=request.output_format
        )

    return CheckedRequest((request.prompt,), request.seed, job)


def _no_unknown_field(request: type[BaseModel], content: dict[str, Any]) -> None:
    fields = list(request.model_fields)
    if any(field not in fields for field in content):
        raise validation(
            json.dumps({"detail": f"Invalid field in request. Available fields: {fields}"}, separators=(",", ":"))
        )


def _refuse(refused: Refusal) -> Reply | str:
    text = json.dumps({"finish_reasons": [_FINISH[refused]]})
    return Reply(200, (text.encode(),), (("content-type", "application/json"),))


def _response(seed: int, finish: str) -> Response:
    return StabilityResponse(seeds=[seed], finish_reasons=[None], images=[PICTURE])
