"""Request bodies, one function a task: plain dicts, in JSON's own types, checked before anything is sent or paid."""

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pydantic import BaseModel, ValidationError

from helpers import images, models
from helpers.errors import BodyError, ImageError, Problem, RetiredModelError
from helpers.language import joined, listed, tr
from helpers.saying import say
from helpers.schemas import CoreRequest, SDXLRequest, problems
from helpers.schemas.sdxl import (
    DEFAULT_IMAGE_STRENGTH,
    DEFAULT_SIDE,
    DOCUMENTED_STEPS,
    ClipGuidancePreset,
    InitImageMode,
    MaskSource,
    Sampler,
    StylePreset,
)

if TYPE_CHECKING:
    from helpers.masks import Mask

Body: TypeAlias = dict[str, Any]
# A text, a (text, weight), a {"text": ..., "weight": ...}, or a list of these.
Prompt: TypeAlias = str | tuple[str, float] | Mapping[str, Any] | Iterable[str | tuple[str, float] | Mapping[str, Any]]

_REQUESTS: dict[str, type[BaseModel]] = {"sdxl": SDXLRequest, "stable-image-core": CoreRequest}
_READ_BY_CORE = ("text_prompts", "style_preset", "width", "height")  # beside the seed
_ORDER = {field: place for place, field in enumerate(SDXLRequest.model_fields)}
_ALREADY_SAID: set[str] = set()


def text_to_image(
    prompt: Prompt,
    *,
    negative_prompt: str | Iterable[str] | None = None,
    seed: int = 0,
    cfg_scale: float = 7,
    steps: int = 30,
    sampler: Sampler | None = None,
    style_preset: StylePreset | None = None,
    clip_guidance_preset: ClipGuidancePreset | None = None,
    width: int = DEFAULT_SIDE,
    height: int = DEFAULT_SIDE,
    extras: Mapping[str, Any] | None = None,
) -> Body:
    """The SDXL body that draws a picture from words.

    `prompt`: a text of at most 2000 characters, or a list of texts, (text, weight) pairs or {"text", "weight"} dicts.
    `negative_prompt`: one text or several, sent with weight -1. `seed`: 0 (random) to 4294967295. `cfg_scale`: 0 to 35.
    `steps`: 10 to 150, dearer above 50. `width`, `height`: multiples of 64 from 320 to 1536, at most 1,048,576 pixels
    together. What is None is left out. Raises BodyError with every problem at once.
    """
    fields = {
        "text_prompts": _prompts(prompt, negative_prompt),
        "cfg_scale": cfg_scale,
        "clip_guidance_preset": clip_guidance_preset,
        "sampler": sampler,
        "seed": seed,
        "steps": steps,
        "style_preset": style_preset,
        "extras": extras,
        "width": width,
        "height": height,
    }
    return _finished(fields)


def image_to_image(
    prompt: Prompt,
    init_image: Any,
    *,
    image_strength: float | None = None,
    init_image_mode: InitImageMode | None = None,
    step_schedule_start: float | None = None,
    step_schedule_end: float | None = None,
    negative_prompt: str | Iterable[str] | None = None,
    seed: int = 0,
    cfg_scale: float = 7,
    steps: int = 30,
    sampler: Sampler | None = None,
    style_preset: StylePreset | None = None,
    clip_guidance_preset: ClipGuidancePreset | None = None,
    extras: Mapping[str, Any] | None = None,
) -> Body:
    """The SDXL body that draws a picture from words and another picture, in that picture's size.

    `init_image`: a PIL image, path, bytes, base64, or what `invoke` made; its size must be legal (`helpers.fit`).
    `image_strength`: 0 to 1, how much of it is kept (None: 0.35). In its place `step_schedule_start`, 0 to 1: how far
    before the picture the drawing starts (0: the init image comes back; it is 1 - `image_strength`), and
    `step_schedule_end`, 0 to 1: lower values leave out more of the end, so that more of the init image stays.
    The rest as in `text_to_image`. Raises BodyError or ImageError.
    """
    by_schedule = init_image_mode == "STEP_SCHEDULE" or not (step_schedule_start is None and step_schedule_end is None)
    _one_way_only(by_schedule, image_strength, init_image_mode)
    if by_schedule:
        init_image_mode = "STEP_SCHEDULE"
    elif image_strength is None:
        image_strength = DEFAULT_IMAGE_STRENGTH
    fields = {
        "text_prompts": _prompts(prompt, negative_prompt),
        "cfg_scale": cfg_scale,
        "clip_guidance_preset": clip_guidance_preset,
        "sampler": sampler,
        "seed": seed,
        "steps": steps,
        "style_preset": style_preset,
        "extras": extras,
        "init_image": images.to_base64(images.init_image(init_image)),
        "init_image_mode": init_image_mode,
        "image_strength": image_strength,
        "step_schedule_start": step_schedule_start,
        "step_schedule_end": step_schedule_end,
    }
    return _finished(fields)


def inpaint(
    prompt: Prompt,
    init_image: Any,
    mask: "Mask | Any",
    *,
    mask_source: MaskSource = "MASK_IMAGE_WHITE",
    negative_prompt: str | Iterable[str] | None = None,
    seed: int = 0,
    cfg_scale: float = 7,
    steps: int = 30,
    sampler: Sampler | None = None,
    style_preset: StylePreset | None = None,
    clip_guidance_preset: ClipGuidancePreset | None = None,
    extras: Mapping[str, Any] | None = None,
) -> Body:
    """The SDXL body that changes a picture where a mask allows it, and nowhere else.

    `mask`: a `helpers.Mask`, or a picture or array of one, white (True) for what may change. `mask_source` chooses the
    wire form and never turns the mask round. The rest as in `image_to_image`. Raises BodyError, ImageError, MaskError.
    """
    fields = {
        "text_prompts": _prompts(prompt, negative_prompt),
        "cfg_scale": cfg_scale,
        "clip_guidance_preset": clip_guidance_preset,
        "sampler": sampler,
        "seed": seed,
        "steps": steps,
        "style_preset": style_preset,
        "extras": extras,
        **_as_mask(mask).to_body(init_image, mask_source),
    }
    return _finished(fields)


def core_body(body: "Mapping[str, Any] | Prompt") -> Body:
    """The Stable Image Core body that says the same as an SDXL body (or a prompt), as far as Core has words for it.

    Core takes text alone: prompts are joined, the style becomes words, the size becomes the nearest aspect ratio, and
    guidance, steps, sampler, pictures and masks have no place in it. Raises BodyError for what is neither.
    """
    is_body = isinstance(body, Mapping) and "text" not in body
    asked: Mapping[str, Any] = cast(Mapping[str, Any], body) if is_body else {"text_prompts": _prompts(body, None)}
    read = {field: asked[field] for field in _READ_BY_CORE if asked.get(field) is not None}
    found = [Problem(*one) for one in _schema_problems(SDXLRequest, read)]
    if found:
        raise _body_error(found)
    prompts = [(prompt["text"], prompt.get("weight", 1)) for prompt in asked["text_prompts"]]
    wanted = [text for text, weight in prompts if weight > 0]
    unwanted = [text for text, weight in prompts if weight < 0]
    style = asked.get("style_preset")
    if style:
        wanted.append(f"{style.replace('-', ' ')} style")
    said: Body = {"prompt": ", ".join(wanted)}
    if unwanted:
        said["negative_prompt"] = ", ".join(unwanted)
    said["aspect_ratio"] = _nearest_ratio(*_size_of(asked))
    if asked.get("seed"):
        said["seed"] = asked["seed"]
    return said


def check(body: Mapping[str, Any], model: str | models.Model | None = None, *, look_at_pictures: bool = True) -> None:
    """Raise BodyError with everything that is wrong with `body`, or return None.

    `model`: an id or role; None: the one whose schema the body belongs to. Legal things that may surprise are said
    once each as WorkshopWarning: an untrained size, a dearer number of steps, a field that will not be read.
    `look_at_pictures=False` leaves undecoded what was decoded before.
    """
    if not isinstance(body, Mapping):
        message = tr("The body must be a dict, not {kind}; json.loads makes one from JSON.", kind=type(body).__name__)
        raise _body_error([Problem("body", message, body)])
    asked = models.for_body(body) if model is None else models.get(model)
    if asked.schema is None:
        raise _no_schema(asked)
    request = _REQUESTS[asked.schema]
    found = [Problem(*one) for one in _schema_problems(request, body)]
    named = {problem.field for problem in found}
    if request is SDXLRequest and look_at_pictures:
        found += [problem for problem in images.body_problems(body) if problem.field not in named]
    if found:
        raise _body_error(found, asked.name)
    if request is SDXLRequest:
        _say(notes(body))


def notes(body: Mapping[str, Any]) -> list[str]:
    """Remarks about a legal SDXL body: an untrained size, steps at the dearer price, a field that is not read."""
    model = models.for_body(body)
    said = []
    size = (body.get("width", DEFAULT_SIDE), body.get("height", DEFAULT_SIDE))
    if "init_image" not in body and size not in ((DEFAULT_SIDE, DEFAULT_SIDE), *model.trained_sizes):
        trained = ", ".join(f"{width} x {height}" for width, height in model.trained_sizes)
        said.append(
            tr(
                "{model} was not trained on {width} x {height}. Its own sizes are {trained}.",
                model=model.name,
                width=size[0],
                height=size[1],
                trained=trained,
            )
        )
    steps = body.get("steps", 0)
    if steps > DOCUMENTED_STEPS:
        dear, cheap = model.list_price(body), model.list_price({**body, "steps": DOCUMENTED_STEPS})
        said.append(
            tr(
                "More than {most} steps: AWS documents {most} at most, and "
                "the list price rises from {cheap:.2f} to {dear:.2f} USD a picture.",
                most=DOCUMENTED_STEPS,
                cheap=cheap,
                dear=dear,
            )
        )
    by_schedule = body.get("init_image_mode") == "STEP_SCHEDULE"
    unread = ("image_strength",) if by_schedule else ("step_schedule_start", "step_schedule_end")
    said += [
        tr(
            "{field} is not read with init_image_mode {mode}.",
            field=field,
            mode="STEP_SCHEDULE" if by_schedule else "IMAGE_STRENGTH",
        )
        for field in unread
        if field in body
    ]
    return said


def retired(model: str | models.Model, body: Mapping[str, Any]) -> RetiredModelError:
    """The error for a call to a model that has left Bedrock: since when, and the Core body that says the same."""
    gone = models.get(model)
    since = tr(" on {day}", day=gone.eol) if gone.eol else ""
    what = tr("{model} left Amazon Bedrock{since}, so nothing was sent.", model=gone.name, since=since)
    why = tr("On AWS every call to it ends in a 404, ResourceNotFoundException.")
    if gone.schema != "sdxl":
        successor = (
            tr("On AWS {model} takes its place.", model=models.get(gone.successor).name) if gone.successor else ""
        )
        return RetiredModelError(
            what,
            why,
            joined(tr("helpers.models.all() lists the models of Bedrock and when each leaves."), successor),
            eol=gone.eol,
            model_id=gone.id,
            successor=gone.successor,
        )
    core = models.get("core")
    leaves_out = tr("It takes no picture and no mask, so it draws a new one.") if "init_image" in body else ""
    fix = tr(
        "The offline studio still draws it: helpers.connect(). On AWS, {model} in {region} says"
        " the same with this body (model={role!r}).",
        model=core.name,
        region=core.regions[0],
        role=core.roles[0],
    )
    fix = joined(fix, leaves_out)
    return RetiredModelError(what, why, fix, eol=gone.eol, model_id=gone.id, body=core_body(body), successor=core.id)


# ---- how ------------------------------------------------------------------------------------------------------------


def _prompts(prompt: Any, negative: Any) -> list[Body]:
    unwanted = [] if negative is None else _one_or_several(negative)
    weighed = [one for one in unwanted if isinstance(one, (Mapping, tuple))]
    if weighed:
        message = tr(
            "negative_prompt takes texts alone, and each is sent with weight -1. For another weight, write it among the"
            " prompts: [prompt, {example}].",
            example='{"text": "fog", "weight": -0.5}',
        )
        raise _body_error([Problem("negative_prompt", message, weighed[0])])
    prompts = map(_one_prompt, _one_or_several(prompt))
    return [*prompts, *({"text": text, "weight": -1.0} for text in unwanted)]


def _one_or_several(given: Any) -> list[Any]:
    # A pair of two texts could be two prompts, so that alone it counts as a list.
    alone = isinstance(given, (str, Mapping)) or (_is_pair(given) and not isinstance(given[1], (str, Mapping, tuple)))
    return [given] if alone or not isinstance(given, Iterable) else list(given)


def _one_prompt(prompt: Any) -> Any:
    if _is_pair(prompt):
        return {"text": prompt[0], "weight": _plain(prompt[1])}
    if isinstance(prompt, Mapping):
        return {key: _plain(value) for key, value in prompt.items()}
    return {"text": prompt}


def _is_pair(prompt: Any) -> bool:
    return isinstance(prompt, tuple) and len(prompt) == 2


def _one_way_only(by_schedule: bool, image_strength: Any, mode: Any) -> None:
    if by_schedule and (image_strength is not None or mode == "IMAGE_STRENGTH"):
        field = "image_strength" if image_strength is not None else "init_image_mode"
        message = tr("image_strength and step_schedule_start or _end are two ways to say one thing: give one of them.")
        raise _body_error([Problem(field, message, image_strength or mode)])


def _as_mask(mask: Any) -> "Mask":
    from helpers.masks import Mask

    if isinstance(mask, Mask):
        return mask
    return Mask.from_array(mask) if hasattr(mask, "dtype") else Mask.from_image(mask)


def _finished(fields: Mapping[str, Any]) -> Body:
    body = {field: _plain(value) for field, value in fields.items() if value is not None}
    body = dict(sorted(body.items(), key=lambda item: _ORDER[item[0]]))
    found = [Problem(*one) for one in _schema_problems(SDXLRequest, body)]
    if found:
        raise _body_error(found, models.for_body(body).name)
    _say(notes(body))
    return body


def _plain(value: Any) -> Any:
    """A number of NumPy's as the same number of Python's; anything else as it is."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        return value.item()
    return dict(value) if isinstance(value, Mapping) else value


def _schema_problems(request: type[BaseModel], body: Mapping[str, Any]) -> Iterable[tuple[str, str, object]]:
    try:
        request.model_validate(dict(body))
    except ValidationError as error:
        return problems(error, tr)
    return ()


def _body_error(found: list[Problem], name: str = "SDXL") -> BodyError:
    if len(found) == 1:
        what, why = tr("This is not a body that {model} takes.", model=name), found[0].message
    else:
        what = tr("This is not a body that {model} takes: {count} fields are wrong.", model=name, count=len(found))
        why = "".join(f"\n- {problem.message}" for problem in found) + "\n"
    return BodyError(
        what,
        why,
        tr("Mend {fields} and try again.", fields=listed(problem.field for problem in found)),
        problems=found,
    )


def _no_schema(model: models.Model) -> BodyError:
    taught = tr(" or ").join(repr(one.roles[0]) for one in models.all() if one.schema)
    return BodyError(
        tr("The workshop cannot check a body for {model}.", model=model.name),
        tr("It has no schema for it."),
        tr("Use {taught}, or boto3.", taught=taught),
    )


def _say(remarks: list[str]) -> None:
    for remark in remarks:
        if remark not in _ALREADY_SAID:
            _ALREADY_SAID.add(remark)
            say(remark)


def _size_of(body: Mapping[str, Any]) -> tuple[int, int]:
    if isinstance(body.get("init_image"), str):
        try:
            return images.sent(body["init_image"]).size
        except ImageError:
            pass
    return body.get("width", DEFAULT_SIDE), body.get("height", DEFAULT_SIDE)


def _nearest_ratio(width: int, height: int) -> str:
    def distance(ratio: str) -> float:
        across, down = map(int, ratio.split(":"))
        return abs(math.log(width / height * down / across))

    return min(models.get("core").sizes, key=distance)
