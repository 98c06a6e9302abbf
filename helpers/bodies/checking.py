"""What is wrong with a body, or may surprise about it: everything at once, in sentences, before anything is sent or paid."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from helpers import models
from helpers.bodies import inputs, problems
from helpers.errors import BodyError, Problem
from helpers.language import listed, tr
from helpers.language.remarks import warn
from helpers.models import Model
from helpers.schemas import Family
from helpers.schemas.sdxl import DOCUMENTED_STEPS

_ALREADY_SAID: set[str] = set()


def check(body: Mapping[str, Any], model: str | Model | None = None, *, look_at_pictures: bool = True) -> None:
    """Raise BodyError with everything that is wrong with `body`, or return None.

    `model`: an id or role; None: the body's own, or the only one that its fields fit. Legal things that may surprise are
    said once each as WorkshopWarning: an untrained size, a dearer number of steps, a field that will not be read.
    `look_at_pictures=False` leaves undecoded what was decoded before.
    """
    if not isinstance(body, Mapping):
        message = tr("The body must be a dict, not {kind}; json.loads makes one from JSON.", kind=type(body).__name__)
        raise body_error([Problem("body", message, body)], models.get(model).name if model else tr("the model"))
    asked = models.for_body(body) if model is None else models.get(model)
    family = family_of(asked)
    found = schema_problems(family, body)
    named = {problem.field for problem in found}
    if look_at_pictures:
        found += [problem for problem in inputs.body_problems(body, asked) if problem.field not in named]
    if found:
        raise body_error(found, asked.name)
    say_once(notes(body, asked))


def notes(body: Mapping[str, Any], model: str | Model | None = None) -> list[str]:
    """Return remarks about a legal body: an untrained size, steps at the dearer price, a field that is not read."""
    asked = models.for_body(body) if model is None else models.get(model)
    family = family_of(asked)
    size = None if family.start(body) else family.size(body, asked)
    said = notes_on(asked, size, family.value(body, "steps") or 0)
    if family.has("init_image_mode"):
        said += _unread(body, family)
    return said


def notes_on(model: Model, size: tuple[int, int] | None, steps: int) -> list[str]:
    """Return the same about a size (None: it is that of the picture to start from) and a number of steps."""
    family, said = family_of(model), []
    if size is not None and model.trained_sizes and size not in family.size_choices(model):
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
    if steps > DOCUMENTED_STEPS:
        pixels = size[0] * size[1] if size else 0
        said.append(
            tr(
                "More than {most} steps: AWS documents {most} at most, and "
                "the list price rises from {cheap:.2f} to {dear:.2f} USD a picture.",
                most=DOCUMENTED_STEPS,
                cheap=model.price_at(DOCUMENTED_STEPS, pixels),
                dear=model.price_at(steps, pixels),
            )
        )
    return said


def family_of(model: Model) -> Family:
    """Return the model's family. Raises BodyError where the workshop has no schema for its bodies."""
    if model.family is not None:
        return model.family
    taught = tr(" or ").join(repr(one.roles[0]) for one in models.all() if one.schema)
    raise BodyError(
        tr("The workshop cannot check a body for {model}.", model=model.name),
        tr("It has no schema for it."),
        tr("Use {taught}, or boto3.", taught=taught),
    )


def schema_problems(family: Family, body: Mapping[str, Any]) -> list[Problem]:
    """Return everything by which a body breaks its schema."""
    try:
        family.request.model_validate(dict(body))
    except ValidationError as error:
        return problems.problems(error)
    return []


def body_error(found: list[Problem], name: str) -> BodyError:
    """Return the error that tells all of these problems; `name`: the model's."""
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


def say_once(remarks: list[str]) -> None:
    """Say what was not said before in this process."""
    for remark in remarks:
        if remark not in _ALREADY_SAID:
            _ALREADY_SAID.add(remark)
            warn(remark)


def _unread(body: Mapping[str, Any], family: Family) -> list[str]:
    """The ways to say how much of the init image stays exclude each other: which are said, and not read."""
    by_schedule = family.value(body, "init_image_mode") == "STEP_SCHEDULE"
    unread = ("image_strength",) if by_schedule else ("step_schedule_start", "step_schedule_end")
    mode = "STEP_SCHEDULE" if by_schedule else "IMAGE_STRENGTH"
    return [
        tr("{field} is not read with init_image_mode {mode}.", field=name, mode=mode) for name in unread if name in body
    ]
