"""The rules of SDXL as Bedrock served it: a filtered picture comes back blurred, and a refused prompt is an error."""

from functools import partial
from typing import Any

from helpers.models import Model
from helpers.schemas import Family
from helpers.schemas.fields import Response, stored_size
from helpers.schemas.sdxl import Artifact, SDXLRequest, SDXLResponse
from helpers.studio.replies import Refusal, Reply, validation
from helpers.studio.service.rules import PICTURE, CheckedRequest, Rules, checked, uploads
from helpers.studio.workers.pool import Job

_REFUSED_PROMPT = (
    "invalid_prompts\nsagemaker_inference.errors.BaseInferenceToolkitError: "
    "(400, 'invalid_prompts', 'One or more prompts contains filtered words.')"
)
_OF_THE_ENGINE = ("steps", "cfg_scale", "sampler", "style_preset", "clip_guidance_preset")
_FINISH: dict[Refusal, str] = {"content_filtered": "CONTENT_FILTERED", "error": "ERROR"}


def rules(family: Family) -> Rules:
    """Return the rules of one of the SDXL families."""
    return Rules(partial(_check, family), _refuse, _response)


def _check(family: Family, content: dict[str, Any], model: Model) -> CheckedRequest:
    """Check a body, for all that can be found without decoding an image; every violation is in one error."""
    files, wrong = uploads(content, family)
    request = checked(family.request, content, wrong)
    texts = tuple(prompt.text for prompt in request.text_prompts if prompt.weight >= 0)

    def job(seed: int, finish: str) -> Job:
        start = family.image_fields[0] if family.image_fields and family.image_fields[0] in files else None
        width, height = stored_size(files[start]) if start else family.size(content, model) or (0, 0)
        task = family.task(content)
        fields = {
            "width": width,
            "height": height,
            "seed": seed,
            **{name: getattr(request, name) for name in _OF_THE_ENGINE if family.has(name)},
            **(_schedule(request) if task == "image_to_image" else {}),
        }
        prompts = tuple((prompt.text, prompt.weight) for prompt in request.text_prompts)
        form = family.mask(content)
        return Job(task, prompts, fields, files, start, (form.picture, form.changes) if form else None, finish)

    return CheckedRequest(texts, request.seed, job)


def _schedule(request: SDXLRequest) -> dict[str, float]:
    if request.init_image_mode == "IMAGE_STRENGTH":
        return {"schedule_start": 1.0 - request.image_strength}
    end = request.step_schedule_end
    skipped = {} if end is None else {"schedule_end": 1.0 - end}  # lower values let the init image weigh more
    return {"schedule_start": request.step_schedule_start, **skipped}


def _refuse(refused: Refusal) -> Reply | str:
    if refused == "invalid_prompts":
        raise validation(_REFUSED_PROMPT)
    return _FINISH[refused]


def _response(seed: int, finish: str) -> Response:
    return SDXLResponse(result="success", artifacts=[Artifact(seed=seed, base64=PICTURE, finishReason=finish)])
