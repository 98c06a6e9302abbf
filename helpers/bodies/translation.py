"""A request body translated for another model: kept where that has a field for it, and named where it has none."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from helpers import models
from helpers.bodies.body import Body
from helpers.bodies.checking import body_error, required_family, schema_problems
from helpers.bodies.prompts import PromptLike, weighted_prompts
from helpers.errors import RetiredModelError
from helpers.language import joined, tr
from helpers.models import Model
from helpers.schemas import Family

# The meaning of each family's fields. A field that is not here exists in its family alone, and is left out.
_MEANING: Mapping[str, Mapping[str, str]] = {
    "sdxl": {
        "text_prompts": "prompts",
        "style_preset": "style",
        "width": "size",
        "height": "size",
        "seed": "seed",
        "init_image": "start",
        "init_image_mode": "start",
        "image_strength": "start",
        "step_schedule_start": "start",
        "samples": "nothing",
    },
    "sdxl-0.8": {"text_prompts": "prompts", "seed": "seed"},
    "stable-image": {
        "prompt": "prompts",
        "negative_prompt": "prompts",
        "aspect_ratio": "size",
        "seed": "seed",
        "output_format": "format",
    },
    "sd3.5": {
        "prompt": "prompts",
        "negative_prompt": "prompts",
        "aspect_ratio": "size",
        "seed": "seed",
        "image": "start",
        "strength": "start",
        "mode": "nothing",
        "output_format": "format",
    },
}
_SHARED = ("cfg_scale", "steps")  # fields that mean the same in each family that has them
_ALWAYS_TAKEN = frozenset({"prompts", "style", "size", "seed", "nothing"})


@dataclass(frozen=True)
class Translated:
    """A body for another model, and the fields of the original that the other model has no field for."""

    body: Body
    left_out: tuple[str, ...] = ()  # names of fields of the original


def translated(body: Mapping[str, Any], to: str | Model) -> Translated:
    """Return a body for the model `to` that asks for the same image, and the fields that were left out.

    Prompts and seed are kept, a style is added to the prompt where there is no field for it, and the size becomes the
    nearest that the model has. Raises BodyError where a field that is translated is illegal, and where the workshop has
    no schema for one of the models.
    """
    model = models.get(to)
    target = required_family(model)
    source = _source_family(body, target)
    if source is target:
        return Translated(Body(body, model))
    meaning = _MEANING[source.name]
    found = [problem for problem in schema_problems(source, body) if re.split(r"[.\[]", problem.field)[0] in meaning]
    if found:
        raise body_error(found, _name_of(body, source))
    takes_image = source.task(body) == "image_to_image" and "image_to_image" in target.tasks
    fields = _FIELDS_OF[target.name](body, source, model)
    taken = _ALWAYS_TAKEN | ({"start"} if takes_image else set())
    wanted = source.value(body, "output_format")
    if "output_format" in body and target.allows("output_format", wanted):
        fields["output_format"] = wanted
        taken = taken | {"format"}
    sizes = target.size_choices(model)
    if len(sizes) == 1 and _size(body, source) != sizes[0]:
        taken = taken - {"size"}
    shared = {name: body[name] for name in _SHARED if name in body and source.has(name) and target.has(name)}
    illegal = {problem.field for problem in schema_problems(target, {**fields, **shared})}
    fields |= {name: value for name, value in shared.items() if name not in illegal}
    left_out = tuple(name for name in body if meaning.get(name) not in taken and name not in shared.keys() - illegal)
    return Translated(Body(target.ordered(fields), model), left_out)


def core_body(body: "Mapping[str, Any] | PromptLike") -> Body:
    """Return the Stable Image Core request body for an SDXL request body or a prompt.

        body = helpers.core_body(helpers.text_to_image("a serene beach at sunset", seed=10))

    `body`: a request body, or a prompt as in `text_to_image`. Core takes text alone: the prompts are joined by commas
    (negative prompts into `negative_prompt`), the style preset is added to the prompt, and the size becomes the nearest
    of Core's aspect ratios. Guidance, steps, sampler, images and masks are left out.

    Returns a Body for Core. Raises BodyError where the prompts, style, size or seed are illegal. Source: Amazon Bedrock
    User Guide, Stable Image Core.
    """
    if isinstance(body, Body):
        return translated(body, "core").body
    is_body = isinstance(body, Mapping) and "text" not in body
    asked = cast(Mapping[str, Any], body) if is_body else {"text_prompts": weighted_prompts(body, None, "SDXL")}
    return translated(Body(asked, "sdxl"), "core").body


def retired(model: str | Model, body: Mapping[str, Any], *, on_studio: bool = False) -> RetiredModelError:
    """Return the error for a call to a retired model: since when it is, and a body for the model that replaces it.

    `model`: an id or role. `body`: the request body of the call. `on_studio`: a studio has answered so, and cannot be
    the way out.
    """
    gone = models.get(model)
    since = tr(" on {day}", day=gone.eol) if gone.eol else ""
    what = tr("{model} left Amazon Bedrock{since}, so nothing was sent.", model=gone.name, since=since)
    why = tr("On AWS every call to it ends in a 404, ResourceNotFoundException.")
    heir = models.get(gone.successor) if gone.successor else None
    if gone.family is None or heir is None or heir.family is None:
        successor = tr("On AWS {model} takes its place.", model=heir.name) if heir else ""
        return RetiredModelError(
            what,
            why,
            joined(tr("helpers.models.all() lists the models of Bedrock and when each leaves."), successor),
            eol=gone.eol,
            model_id=gone.id,
            successor=gone.successor,
        )
    takes_it = "image_to_image" in heir.family.tasks or not gone.family.init_image(body)
    here = "" if on_studio else tr("The offline studio still draws it: helpers.connect().")
    fix = tr(
        "On AWS, {model} in {region} says the same with this body (model={role!r}).",
        model=heir.name,
        region=heir.regions[0],
        role=heir.roles[0],
    )
    fix = joined(here, fix, "" if takes_it else tr("It takes no picture and no mask, so it draws a new one."))
    new = translated(body if isinstance(body, Body) else Body(body, gone), heir).body
    return RetiredModelError(what, why, fix, eol=gone.eol, model_id=gone.id, body=new, successor=heir.id)


# ---- private --------------------------------------------------------------------------------------------------------


def _source_family(body: Mapping[str, Any], target: Family) -> Family:
    """Return the family of a body: for a plain dict that the target takes as it is, the target."""
    if not isinstance(body, Body) and target.has_required_fields(body) and target.has_only_its_fields(body):
        return target
    return models.family_for_body(body) or required_family(models.for_body(body))


def _name_of(body: Mapping[str, Any], source: Family) -> str:
    return models.get(body.model).name if isinstance(body, Body) else models.first_of_family(source).name


def _stable_image_fields(body: Mapping[str, Any], source: Family, model: Model) -> dict[str, Any]:
    wanted = [part.text for part in source.positive_prompts(body)]
    unwanted = [part.text for part in source.negative_prompts(body)]
    if style := _style(body, source):
        wanted.append(style)
    fields: dict[str, Any] = {"prompt": ", ".join(wanted)}
    if unwanted:
        fields["negative_prompt"] = ", ".join(unwanted)
    fields["aspect_ratio"] = _nearest_ratio(_size(body, source), model)
    if source.value(body, "seed"):
        fields["seed"] = source.value(body, "seed")
    return fields


def _sd35_fields(body: Mapping[str, Any], source: Family, model: Model) -> dict[str, Any]:
    fields = _stable_image_fields(body, source, model)
    if source.task(body) != "image_to_image":
        return fields
    del fields["aspect_ratio"]  # the output has the shape of the init image
    kept = source.image_strength(body)
    changed = source.value(body, "step_schedule_start") if kept is None else float(1 - kept)
    return {**fields, "mode": "image-to-image", "image": source.init_image(body), "strength": changed}


def _sdxl_08_fields(body: Mapping[str, Any], source: Family, model: Model) -> dict[str, Any]:
    prompts = [
        {"text": part.text} if part.weight == 1 else {"text": part.text, "weight": part.weight}
        for part in source.prompts(body)
    ]
    style = _style(body, source)
    seed = source.value(body, "seed")
    return {"text_prompts": [*prompts, *([{"text": style}] if style else [])], **({"seed": seed} if seed else {})}


def _sdxl_fields(body: Mapping[str, Any], source: Family, model: Model) -> dict[str, Any]:
    width, height = _size(body, source)
    fields = _sdxl_08_fields(body, source, model)
    if source.task(body) == "image_to_image":
        kept = source.image_strength(body)
        return {
            **fields,
            "init_image": source.init_image(body),
            **({} if kept is None else {"image_strength": float(kept)}),
        }
    return {**fields, "width": width, "height": height}


_FIELDS_OF: dict[str, Callable[[Mapping[str, Any], Family, Model], dict[str, Any]]] = {
    "sdxl": _sdxl_fields,
    "sdxl-0.8": _sdxl_08_fields,
    "stable-image": _stable_image_fields,
    "sd3.5": _sd35_fields,
}


def _style(body: Mapping[str, Any], source: Family) -> str:
    """Return the words for a body's style preset; an empty text without one."""
    style = body.get("style_preset") if source.has("style_preset") else None
    return f"{style.replace('-', ' ')} style" if style else ""


def _size(body: Mapping[str, Any], source: Family) -> tuple[int, int]:
    model = models.get(body.model) if isinstance(body, Body) else models.first_of_family(source)
    return source.size(body, model) or source.size_choices(model)[0]


def _nearest_ratio(size: tuple[int, int], model: Model) -> str:
    """Return the model's aspect ratio that is nearest in shape to (width, height)."""

    def distance(ratio: str) -> float:
        across, down = map(int, ratio.split(":"))
        return abs(math.log(size[0] / size[1] * down / across))

    return min(model.sizes, key=distance)
