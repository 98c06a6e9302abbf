"""The fields of a body that can be explored: where each stands, its limits as the schema has them, and values around it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

from pydantic import BaseModel

from helpers.bodies import Body
from helpers.errors import BodyError, Problem
from helpers.language import tr
from helpers.models import Model
from helpers.schemas import CoreRequest, SDXLRequest
from helpers.schemas.sdxl import DEFAULT_SIDE, DOCUMENTED_STEPS
from helpers.sweeps import paths, ranges
from helpers.sweeps.axes import label_of
from helpers.widgets.explorer_words import say
from helpers.widgets.playground_settings import sizes_of

Kind = Literal["text", "number", "range", "choice", "size"]
Value = Any  # of a field: a text, a number, a choice or None, or (width, height)

SIZE = "size"  # width and height, which are chosen together
_SCHEMAS: dict[str, type[BaseModel]] = {"sdxl": SDXLRequest, "stable-image-core": CoreRequest}
_WEIGHTS = (-2, 2)  # of the slider; the schema has no limits
_STEPS = {"cfg_scale": "0.5", "steps": "1", "seed": "1", "weight": "0.1"}  # of sliders; 0.05 for shares
_AROUND = {"cfg_scale": "3", "steps": "10", "seed": "1", "weight": "0.5"}  # between suggested values; 0.1 for shares
_SUGGESTED = 2  # values on either side of the present one
_CHOICES = 4  # suggested of a menu, the present one included


@dataclass(frozen=True)
class Field:
    """One control. `path` is its place in the body, as errors and sweeps write it, or "size"."""

    path: str
    kind: Kind
    label: str
    least: float | None = None
    most: float | None = None
    step: float | None = None
    options: tuple[Value, ...] = ()

    @property
    def name(self) -> str:
        """The last name in its path: `weight` of `text_prompts[1].weight`."""
        return self.path.rsplit(".", 1)[-1]

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in ("number", "range")


def fields_of(body: Mapping[str, Any], model: Model) -> list[Field]:
    """The fields that this body has, or may have, in the order of a page."""
    if model.schema != "sdxl":
        return [_text("prompt"), _text("negative_prompt"), _choice("aspect_ratio", model), _number("seed", model)]
    prompts = body["text_prompts"]
    found = []
    for place in range(len(prompts)):
        found += [_prompt(place, len(prompts)), _weight(place, prompts)]
    found += [_range("cfg_scale", model), _range("steps", model), _number("seed", model)]
    if "init_image" in body and "mask_source" not in body:
        by_schedule = body.get("init_image_mode") == "STEP_SCHEDULE"
        shares = ["step_schedule_start"] if by_schedule else ["image_strength"]
        if by_schedule and "step_schedule_end" in body:
            shares.append("step_schedule_end")
        found += [_range(name, model) for name in shares]
    if "init_image" not in body:
        sizes = dict.fromkeys([*sizes_of(model), value_at(body, SIZE, model)])
        found.append(Field(SIZE, "size", say("size"), options=tuple(sizes)))
    return [*found, *(_choice(name, model) for name in ("style_preset", "sampler", "clip_guidance_preset"))]


def field_of(path: str, body: Mapping[str, Any], model: Model) -> Field:
    """The field of that path. Raises BodyError with the paths that there are."""
    known = {field.path: field for field in fields_of(body, model)}
    if path not in known:
        why = tr("There is no field {path} to explore; there are {paths}.", path=path, paths=", ".join(known))
        raise BodyError(
            tr("{path} cannot be explored.", path=path),
            why,
            tr("Choose one of these."),
            problems=[Problem(path, why, path)],
        )
    return known[path]


def value_at(body: Mapping[str, Any], path: str, model: Model) -> Value:
    """What stands at a field, or what the service takes where nothing does."""
    if path == SIZE:
        return body.get("width", DEFAULT_SIDE), body.get("height", DEFAULT_SIDE)
    held: Any = body
    *above, last = paths.parse(path)
    for step in above:
        held = held[step]
    if last in held:
        return held[last]
    return 1.0 if last == "weight" else _schema(model).model_fields[str(last)].default


def put(body: Body, changes: Mapping[str, Value], model: Model) -> Body:
    """A copy of the body with other values at some fields, its keys in the order of the schema. Raises BodyError."""
    made = body
    for path, value in changes.items():
        if path == SIZE:
            width, height = pair(value)
            made = {**made, "width": width, "height": height}
        else:
            made = paths.put(made, path, _plain(value))
    order = list(_schema(model).model_fields)
    return dict(sorted(made.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))


def values_of(body: Mapping[str, Any], model: Model) -> dict[str, Value]:
    """The value of every field, by its path."""
    return {field.path: value_at(body, field.path, model) for field in fields_of(body, model)}


def suggested(field: Field, value: Value) -> list[Value]:
    """Values to sweep around the present one, which is among them: all legal, in order, and none dearer by its steps."""
    if field.kind == "text":
        return []
    if not field.is_number:
        place = field.options.index(value) if value in field.options else 0
        others = [*field.options[place + 1 :], *field.options[:place]]
        return [value, *others[: _CHOICES - 1]]
    present, apart = ranges.denoised(value), Decimal(_AROUND.get(field.name, "0.1"))
    most = field.most
    if field.name == "steps" and value <= DOCUMENTED_STEPS:
        most = DOCUMENTED_STEPS
    below = 0 if field.name == "seed" else _room(present, field.least, apart)
    above = _room(present, most, apart)
    down = min(below, _SUGGESTED + max(0, _SUGGESTED - above))
    up = min(above, 2 * _SUGGESTED - down) if field.name != "seed" else min(above, _CHOICES - 1)
    return [ranges.plain(present + apart * turn) for turn in range(-down, up + 1)]


def differing(bodies: Sequence[Mapping[str, Any]], models: Sequence[Model]) -> list[str]:
    """A label for each body: the fields in which not all of them agree, and nothing where they do."""
    told = [_told(body, model) for body, model in zip(bodies, models, strict=True)]
    names = dict.fromkeys(name for one in told for name in one)
    apart = [name for name in names if len({one.get(name) for one in told}) > 1]
    return [", ".join(one[name] for name in apart if name in one) for one in told]


def pair(value: Any) -> tuple[Any, Any]:
    """Width and height. Raises BodyError for what is no pair."""
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return value[0], value[1]
    why = tr("size is a width and a height in pixels, such as (1152, 896), not {value!r}.", value=value)
    raise BodyError(why, problems=[Problem(SIZE, why, value)])


# ---- how ------------------------------------------------------------------------------------------------------------


def _told(body: Mapping[str, Any], model: Model) -> dict[str, str]:
    told = {}
    for path, value in values_of(body, model).items():
        if path == SIZE:
            told[path] = " × ".join(map(str, value))
        elif path.endswith((".text", "prompt")):
            told[path] = f"“{label_of(value or '')}”"
        else:
            told[path] = f"{path} {label_of(value)}"
    return told


def _schema(model: Model) -> type[BaseModel]:
    return _SCHEMAS[model.schema or "sdxl"]


def _text(path: str) -> Field:
    return Field(path, "text", say(path))


def _prompt(place: int, count: int) -> Field:
    label = say("text") if count == 1 else say("text.number", number=place + 1)
    return Field(f"text_prompts[{place}].text", "text", label)


def _weight(place: int, prompts: Sequence[Mapping[str, Any]]) -> Field:
    present = prompts[place].get("weight", 1.0)
    label = say("weight") if len(prompts) == 1 else say("weight.number", number=place + 1)
    least, most = min(_WEIGHTS[0], present), max(_WEIGHTS[1], present)
    return Field(f"text_prompts[{place}].weight", "range", label, least, most, float(_STEPS["weight"]))


def _range(name: str, model: Model) -> Field:
    least, most = _limits(name, model)
    return Field(name, "range", say(name), least, most, float(_STEPS.get(name, "0.05")))


def _number(name: str, model: Model) -> Field:
    least, most = _limits(name, model)
    return Field(name, "number", say(name), least, most, float(_STEPS[name]))


def _choice(name: str, model: Model) -> Field:
    field = _schema(model).model_fields[name]
    options = tuple(_literals(field.annotation))
    return Field(name, "choice", say(name), options=(None, *options) if field.default is None else options)


def _limits(name: str, model: Model) -> tuple[float, float]:
    """The least and the most that the schema allows."""
    found: dict[str, float] = {}
    for rule in _schema(model).model_fields[name].metadata:
        found |= {side: getattr(rule, side) for side in ("ge", "le") if hasattr(rule, side)}
    return found["ge"], found["le"]


def _literals(annotation: Any) -> Iterable[Any]:
    for one in get_args(annotation):
        if get_args(one):
            yield from _literals(one)
        elif isinstance(one, str):
            yield one


def _room(present: Decimal, end: float | None, apart: Decimal) -> int:
    """How many whole steps lie between a value and a limit."""
    return 2 * _SUGGESTED if end is None else int(abs(ranges.denoised(end) - present) / apart)


def _plain(value: Any) -> Any:
    """A number of NumPy's as Python's, and a fraction as it was meant: 0.1 + 0.2 is 0.3."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        value = value.item()
    return float(ranges.denoised(value)) if isinstance(value, float) and value - value == 0 else value
