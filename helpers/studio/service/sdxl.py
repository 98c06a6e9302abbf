"""The rules of SDXL as Bedrock served it: a filtered picture comes back blurred, and a refused prompt is an error."""

from typing import Any

from helpers.models import Model
from helpers.schemas.families import SDXL
from helpers.schemas.fields import Response, stored_size
from helpers.schemas.sdxl import Artifact, SDXLRequest, SDXLResponse
from helpers.studio.replies import Refusal, Reply, validation
from helpers.studio.service.rules import PICTURE, CheckedRequest, Rules, checked, uploads
from helpers.studio.workers.pool import Job

_REFUSED_PROMPT = (
    "invalid_prompts\nsagemaker_inference.errors.BaseInferenceToolkitError: "
    "(400, 'invalid_prompts', 'One or more prompts contains filtered words.')"
)
_FINISH: dict[Refusal, str] = {"content_filtered": "CONTENT_FILTERED", "error": "ERROR"}


def _check(content: dict[str, Any], model: Model) -> CheckedRequest:
    """Check a body, for all that can be found without decoding an image; every violation is in one error."""
    files, wrong = uploads(content, SDXL)
    request: SDXLRequest = checked(SDXLRequest, content, wrong)
    texts = tuple(prompt.text for prompt in request.text_prompts if prompt.weight >= 0)
    return CheckedRequest(texts, request.seed, lambda seed, finish: _job(request, content, files, seed, finish))


def _job(request: SDXLRequest, content: dict[str, Any], files: dict[str, bytes], seed: int, finish: str) -> Job:
    start = SDXL.image_fields[0]
    size = stored_size(files[start]) if start in files else (request.width, request.height)
    fields = {
        "width": size[0],
        "height": size[1],
        "seed": seed,
        "steps": request.steps,
        "cfg_scale": request.cfg_scale,
        "sampler": request.sampler,
        "style_preset": request.style_preset,
        "clip_guidance_preset": request.clip_guidance_preset,
        **(_schedule(request) if request.task == "image_to_image" else {}),
    }
    prompts = tuple((prompt.text, prompt.weight) for prompt in request.text_prompts)
    form = SDXL.mask(content)
    mask = (form.picture, form.changes) if form else None
    return Job(request.task, prompts, fields, files, start if start in files else None, mask, finish)


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


RULES = Rules(_check, _refuse, _response)
