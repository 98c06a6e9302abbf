"""Checks of a body before it is sent or paid for: every problem at once, and remarks on what may surprise."""

from collections.abc import Mapping
from typing import Any

from helpers import models
from helpers.bodies import inputs, problems
from helpers.errors import BodyError, Problem
from helpers.language import listed, tr
from helpers.language.remarks import warn
from helpers.models import Model
from helpers.schemas import Family
from helpers.schemas.checking import checked_body

_MAX_LISTED = 20  # problems in one message; `.problems` of the error holds more
_WARNED: set[str] = set()  # remarks of this process


def check(body: Mapping[str, Any], model: str | Model | None = None, *, look_at_pictures: bool = True) -> None:
    """Raise BodyError with every problem of a request body, before it is sent or paid for.

        helpers.check({"text_prompts": [{"text": "a beach at sunset"}], "steps": 30})

    - `body`: a request body, a dict.
    - `model`: an id or role (default None: the body's own model, or the only one that its fields fit).
    - `look_at_pictures`: whether to decode its images and compare their sizes (default True). False saves time where
      they were checked before.

    Returns None where the body is legal. Some legal values cause a WorkshopWarning, once each: a size that the model
    was not trained on, a number of steps at a higher price, a field that has no effect.

    Raises BodyError, whose `.problems` hold the path, the message and the value of each field that is wrong;
    UnknownModelError for a `model` that is not in the registry. Limits: the model's page in the Amazon Bedrock User
    Guide, which `helpers.models.get(model).source` gives.
    """
    if not isinstance(body, Mapping):
        message = tr("The body must be a dict, not {kind}; json.loads makes one from JSON.", kind=type(body).__name__)
        raise body_error([Problem("body", message, body)], models.get(model).name if model else tr("the model"))
    asked = models.for_body(body) if model is None else models.get(model)
    family = required_family(asked)
    found = schema_problems(family, body)
    named = {problem.field for problem in found}
    if look_at_pictures:
        found += [problem for problem in inputs.image_problems(body, asked) if problem.field not in named]
    if found:
        raise body_error(found, asked.name)
    warn_once(notes(body, asked))


def notes(body: Mapping[str, Any], model: str | Model | None = None) -> list[str]:
    """Return remarks on a legal body: an untrained size, steps at a higher price, a field that has no effect."""
    asked = models.for_body(body) if model is None else models.get(model)
    family = required_family(asked)
    size = None if family.init_image(body) else family.size(body, asked)
    remarks = notes_on(asked, size, family.value(body, "steps") or 0)
    if family.has("init_image_mode"):
        remarks += _ignored_field_notes(body, family)
    return remarks


def notes_on(model: Model, size: tuple[int, int] | None, steps: int) -> list[str]:
    """Return the remarks on a size, (width, height) in pixels (None: that of an init image), and a number of steps."""
    family, remarks = required_family(model), []
    if size is not None and model.trained_sizes and size not in family.size_choices(model):
        trained = ", ".join(f"{width} x {height}" for width, height in model.trained_sizes)
        remarks.append(
            tr(
                "{model} was not trained on {width} x {height}. Its own sizes are {trained}.",
                model=model.name,
                width=size[0],
                height=size[1],
                trained=trained,
            )
        )
    most = family.documented_steps
    if most is not None and steps > most:
        pixels = size[0] * size[1] if size else 0
        remarks.append(
            tr(
                "More than {most} steps: AWS documents {most} at most, and "
                "the list price rises from {cheap:.2f} to {dear:.2f} USD a picture.",
                most=most,
                cheap=model.price_at(most, pixels),
                dear=model.price_at(steps, pixels),
            )
        )
    return remarks


def required_family(model: Model) -> Family:
    """Return the family of a model. Raises BodyError where the workshop has no schema for its bodies."""
    if model.family is not None:
        return model.family
    taught = tr(" or ").join(repr(one.roles[0]) for one in models.all() if one.is_offered)
    raise BodyError(
        tr("The workshop cannot check a body for {model}.", model=model.name),
        tr("It has no schema for it."),
        tr("Use {taught}, or boto3.", taught=taught),
    )


def schema_problems(family: Family, body: Mapping[str, Any]) -> list[Problem]:
    """Return every problem that a family's schema finds in a body."""
    checked = checked_body(family.request, body)
    return problems.problems_of(checked.errors, family.request, checked.more)


def body_error(found: list[Problem], name: str) -> BodyError:
    """Return the error for one problem or more. `name`: the model's name."""
    if len(found) == 1:
        what, why = tr("This is not a body that {model} takes.", model=name), found[0].message
    else:
        what = tr("This is not a body that {model} takes: {count} fields are wrong.", model=name, count=len(found))
        lines = [problem.message for problem in found[:_MAX_LISTED]]
        if len(found) > _MAX_LISTED:
            lines.append(tr("and {count} more", count=len(found) - _MAX_LISTED))
        why = "".join(f"\n- {line}" for line in lines) + "\n"
    return BodyError(
        what,
        why,
        tr("Mend {fields} and try again.", fields=listed(problem.field for problem in found[:_MAX_LISTED])),
        problems=found,
    )


def warn_once(remarks: list[str]) -> None:
    """Issue each remark as a WorkshopWarning, unless this process has issued it before."""
    for remark in remarks:
        if remark not in _WARNED:
            _WARNED.add(remark)
            warn(remark)


def _ignored_field_notes(body: Mapping[str, Any], family: Family) -> list[str]:
    """Return a remark for each field that the body's init_image_mode ignores."""
    by_schedule = family.value(body, "init_image_mode") == "STEP_SCHEDULE"
    ignored = ("image_strength",) if by_schedule else ("step_schedule_start", "step_schedule_end")
    mode = "STEP_SCHEDULE" if by_schedule else "IMAGE_STRENGTH"
    return [
        tr("{field} is not read with init_image_mode {mode}.", field=name, mode=mode)
        for name in ignored
        if name in body
    ]
