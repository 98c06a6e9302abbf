"""From a model id and a body to a picture: the registry, the schemas, the engine, and each model's own answer.

On the studio SDXL 1.0 lives, which is what the studio is for; every other retired model answers as it does on AWS.
"""

import base64
import binascii
import io
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NoReturn
from urllib.parse import quote

from pydantic import ValidationError

from helpers.models import Model
from helpers.schemas.sdxl import SDXLRequest, size_problem
from helpers.schemas.stability import CoreRequest
from helpers.studio import catalogue, engines
from helpers.studio.refusals import Refusal, refusal
from helpers.studio.replies import Reply, validation
from helpers.studio.wording import MALFORMED, Violation, malformed, violations
from helpers.studio.workers import Drawn, Job

Wanted = Callable[[], bool]
Draw = Callable[[str, Job, Wanted], Drawn]
"""Draws a job with the engine of this name, as `Engines.draw` does."""

_MAX_SEED = 2**32 - 1
_MOST_WORDS = 64
_MOST_WORD_BYTES = 32_000  # http clients give up on a header of 65,536 bytes
_FILTERED_WORDS = (
    "invalid_prompts\nsagemaker_inference.errors.BaseInferenceToolkitError: "
    "(400, 'invalid_prompts', 'One or more prompts contains filtered words.')"
)
_SDXL_FINISH: dict[Refusal | None, str] = {None: "SUCCESS", "content_filtered": "CONTENT_FILTERED", "error": "ERROR"}
_CORE_FINISH: dict[Refusal, str] = {
    "invalid_prompts": "Filter reason: prompt",
    "content_filtered": "Filter reason: output image",
    "error": "Inference error",
}


class Service:
    """Answers InvokeModel. `draw` makes the pictures; `today` decides which models are retired."""

    def __init__(self, draw: Draw, today: Callable[[], date] = date.today) -> None:
        self._draw, self.today = draw, today

    def invoke(self, model_id: str, body: bytes, region: str, wanted: Wanted, trace: bool = False) -> Reply:
        """The answer to one request, in the shape of the model's own; raises BedrockError."""
        model = catalogue.model_to_invoke(model_id, region, self.today())
        content = _parsed(body)
        if model.schema == "sdxl":
            return self._sdxl(model, content, wanted, trace)
        return self._core(model, content, wanted, trace)

    def engine_of(self, model: Model) -> str:
        """Return the name of the engine that draws for a model, as in `engines.ENGINES`."""
        return engines.PAINTED

    def _sdxl(self, model: Model, content: dict[str, Any], wanted: Wanted, trace: bool) -> Reply:
        request, uploads = _checked_sdxl(content)
        refused = refusal(prompt.text for prompt in request.text_prompts if prompt.weight >= 0)
        if refused == "invalid_prompts":
            raise validation(_FILTERED_WORDS)
        seed, finish = _drawn_seed(request.seed), _SDXL_FINISH[refused]
        traced = trace and refused is None
        job = replace(_sdxl_job(request, uploads, seed, finish), trace=traced)
        drawn = self._draw(self.engine_of(model), job, wanted)
        head = f'{{"result":"success","artifacts":[{{"seed":{seed},"base64":"'
        return _picture(head, drawn, f'","finishReason":"{finish}"}}]', traced)

    def _core(self, model: Model, content: dict[str, Any], wanted: Wanted, trace: bool) -> Reply:
        request = _checked_core(content)
        refused = refusal([request.prompt])
        if refused is not None:
            text = json.dumps({"finish_reasons": [_CORE_FINISH[refused]]})
            return Reply(200, (text.encode(),), (("content-type", "application/json"),))
        seed = _drawn_seed(request.seed)
        job = replace(_core_job(request, model.sizes[request.aspect_ratio], seed), trace=trace)
        drawn = self._draw(self.engine_of(model), job, wanted)
        return _picture(f'{{"seeds":[{seed}],"finish_reasons":[null],"images":["', drawn, '"]', trace)


def unknown_words_header(words: tuple[str, ...]) -> str:
    """The words, each percent-encoded as UTF-8, joined by commas: what `x-studio-unknown-words` holds."""
    written, room = [], _MOST_WORD_BYTES
    for word in words[:_MOST_WORDS]:
        encoded = quote(word, safe="")
        room -= len(encoded) + 1
        if room < 0:
            break
        written.append(encoded)
    return ",".join(written)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body.decode(), parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise validation(MALFORMED) from None
    if not isinstance(content, dict):
        raise validation(MALFORMED)
    return content


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:  # beyond what a float holds
        raise ValueError(f"{text} is too large")
    return number


def _drawn_seed(asked: int) -> int:
    return asked or 1 + secrets.randbelow(_MAX_SEED)


def _checked_sdxl(content: dict[str, Any]) -> tuple[SDXLRequest, dict[str, bytes]]:
    """The request and its files. Everything that can be told without decoding a picture is told at once."""
    request, found = None, []
    try:
        request = SDXLRequest.model_validate(content)
    except ValidationError as error:
        found = violations(error)
    named = {violation.pointer for violation in found}
    uploads, wrong = _uploads(content)
    found += [violation for violation in wrong if violation.pointer not in named]
    if found or request is None:
        raise malformed(found)
    return request, uploads


def _uploads(content: Mapping[str, Any]) -> tuple[dict[str, bytes], list[Violation]]:
    """The init image and the mask as files, and what their first bytes show to be wrong with them."""
    files: dict[str, bytes] = {}
    sizes: dict[str, tuple[int, int]] = {}
    wrong = []
    for field in ("init_image", "mask_image"):
        text = content.get(field)
        if not isinstance(text, str):
            continue
        try:
            files[field] = base64.b64decode(text, validate=True)
            sizes[field] = _size(files[field])
        except (binascii.Error, OSError, ValueError, SyntaxError) as error:
            wrong.append(Violation(f"#/{field}", f"the picture does not decode ({error})"))
    if "init_image" in sizes and (problem := size_problem(*sizes["init_image"])) is not None:
        width, height = sizes["init_image"]
        wrong.append(Violation("#/init_image", f"{problem}, but we received {width}x{height}"))
    if len(set(sizes.values())) > 1:
        shown = " and ".join(f"{width}x{height}" for width, height in sizes.values())
        said = f"The dimensions of the provided init_image and mask_image do not match ({shown})"
        wrong.append(Violation("#/mask_image", said))
    return files, wrong


def _size(file: bytes) -> tuple[int, int]:
    """The size of the stored pixels: what AWS documents does not say that a photo is turned as its EXIF says."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(file), formats=("PNG", "JPEG", "WEBP")) as image:
            return image.size
    except Image.DecompressionBombError as error:  # of no kind that other files' errors are
        raise ValueError(str(error)) from error


def _sdxl_job(request: SDXLRequest, uploads: dict[str, bytes], seed: int, finish: str) -> Job:
    asked = {
        "width": request.width,
        "height": request.height,
        "seed": seed,
        "steps": request.steps,
        "cfg_scale": request.cfg_scale,
        "sampler": request.sampler,
        "style_preset": request.style_preset,
        "clip_guidance_preset": request.clip_guidance_preset,
    }
    if uploads:
        asked["width"], asked["height"] = _size(uploads["init_image"])
    if request.task == "image_to_image":
        asked |= _schedule(request)
    prompts = tuple((prompt.text, prompt.weight) for prompt in request.text_prompts)
    return Job(request.task, prompts, asked, uploads, request.mask_source, finish)


def _schedule(request: SDXLRequest) -> dict[str, float]:
    if request.init_image_mode == "IMAGE_STRENGTH":
        return {"schedule_start": 1.0 - request.image_strength}
    end = request.step_schedule_end
    skipped = {} if end is None else {"schedule_end": 1.0 - end}  # lower values let the init image weigh more
    return {"schedule_start": request.step_schedule_start, **skipped}


def _checked_core(content: dict[str, Any]) -> CoreRequest:
    fields = list(CoreRequest.model_fields)
    if any(field not in fields for field in content):
        raise validation(
            json.dumps({"detail": f"Invalid field in request. Available fields: {fields}"}, separators=(",", ":"))
        )
    try:
        return CoreRequest.model_validate(content)
    except ValidationError as error:
        raise malformed(violations(error)) from None


def _core_job(request: CoreRequest, size: tuple[int, int], seed: int) -> Job:
    prompts = [(request.prompt, 1.0)]
    if request.negative_prompt:
        prompts.append((request.negative_prompt, -1.0))
    asked = {"width": size[0], "height": size[1], "seed": seed}
    return Job("text_to_image", tuple(prompts), asked, file_format=request.output_format)


def _picture(head: str, drawn: Drawn, tail: str, traced: bool) -> Reply:
    """Return the answer. `head` and `tail` are its JSON on both sides of the picture, but for the last brace."""
    headers = [
        ("content-type", "application/json"),
        ("x-studio-engine", drawn.engine),
        ("x-studio-engine-ms", f"{drawn.engine_ms:g}"),
    ]
    if words := unknown_words_header(drawn.unknown_words):
        headers.append(("x-studio-unknown-words", words))
    end = tail + (_trace(drawn.trace) if traced else "") + "}"
    return Reply(200, (head.encode(), drawn.file, end.encode()), tuple(headers))


def _trace(steps: tuple[tuple[float, bytes], ...]) -> str:
    """Return the answer's key of the trace, with the comma before it."""
    shown = [{"sigma": sigma, "image": image.decode()} for sigma, image in steps]
    return f',"amazon-bedrock-trace":{json.dumps({"diffusion": {"steps": shown}})}'
