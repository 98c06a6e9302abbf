"""The fields of a body that can be explored: where each is, its limits in the schema, and values around the present one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

from pydantic.fields import FieldInfo

from helpers.bodies import Body, required_family
from helpers.errors import BodyError, Problem
from helpers.language import tr
from helpers.models import Model
from helpers.schemas.fields import field_at
from helpers.schemas.sdxl import DOCUMENTED_STEPS
from helpers.sweeps.axes import paths, ranges
from helpers.sweeps.axes.axes import label_of
from helpers.widgets.explorer.labels import label, label_of_field

FieldKind = Literal["text", "number", "range", "choice", "size"]
FieldValue = Any  # a text, a number, a choice or None, or (width, height)

SIZE = "size"  # width and height, which are chosen together
_WEIGHTS = (-2, 2)  # of the slider; the schema has no limits
_STEPS = {"cfg_scale": "0.5", "steps": "1", "seed": "1", "weight": "0.1"}  # of sliders; 0.05 for shares
_AROUND = {"cfg_scale": "3", "steps": "10", "seed": "1", "weight": "0.5"}  # between suggested values; 0.1 for shares
_SUGGESTED = 2  # values on either side of the present one
_CHOICES = 4  # suggested of a menu, the present one included


@dataclass(frozen=True)
class Field:
    """One control. `path` is its place in the body, as errors and sweeps write it, or "size"."""

    path: str
    kind: FieldKind
    label: str
    least: float | None = None
    most: float | None = None
    step: float | None = None
    options: tuple[FieldValue, ...] = ()

    @property
    def name(self) -> str:
        """Last name in the path: "weight" of `text_prompts[1].weight`."""
        return self.path.rsplit(".", 1)[-1]

    @property
    def is_number(self) -> bool:
        """True where its values are numbers."""
        return self.kind in ("number", "range")


def fields_of(body: Mapping[str, Any], model: Model) -> list[Field]:
    """Return the fields that this body has or may have, in the order of the page."""
    return [_field(path, body, model) for path in required_family(model).adjustable(body)]


def field_of(path: str, body: Mapping[str, Any], model: Model) -> Field:
    """Return the field of a path. Raises BodyError, which names the paths that there are."""
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


def value_at(body: Mapping[str, Any], path: str, model: Model) -> FieldValue:
    """Return the value of a field, or, where the body has none, the one that the service takes."""
    family = required_family(model)
    return family.size(body, model) if path == SIZE else family.value(body, path)


def put(body: Body, changes: Mapping[str, FieldValue], model: Model) -> Body:
    """Return a copy of the body with some fields changed, its keys in the schema's order. Raises BodyError."""
    made = body
    for path, value in changes.items():
        if path == SIZE:
            made = made | required_family(model).size_fields(pair(value), model)
        else:
            made = paths.put(made, path, ranges.json_value(value))
    return made.replace()


def values_of(body: Mapping[str, Any], model: Model) -> dict[str, FieldValue]:
    """Return the value of every field, by its path."""
    return {field.path: value_at(body, field.path, model) for field in fields_of(body, model)}


def suggested(field: Field, value: FieldValue) -> list[FieldValue]:
    """Return values to sweep around the present one, which is among them: legal, in order, none dearer by its steps."""
    if field.kind == "text":
        return []
    if not field.is_number:
        place = field.options.index(value) if value in field.options else 0
        others = [*field.options[place + 1 :], *field.options[:place]]
        return [value, *others[: _CHOICES - 1]]
    present, apart = ranges.as_decimal(value), Decimal(_AROUND.get(field.name, "0.1"))
    most = field.most
    if field.name == "steps" and value <= DOCUMENTED_STEPS:
        most = DOCUMENTED_STEPS
    below = 0 if field.name == "seed" else _room(present, field.least, apart)
    above = _room(present, most, apart)
    down = min(below, _SUGGESTED + max(0, _SUGGESTED - above))
    up = min(above, 2 * _SUGGESTED - down) if field.name != "seed" else min(above, _CHOICES - 1)
    return [ranges.json_number(present + apart * turn) for turn in range(-down, up + 1)]


def differing(bodies: Sequence[Mapping[str, Any]], models: Sequence[Model]) -> list[str]:
    """Return a label for each body: the fields in which they differ; an empty text where they do not."""
    told = [_told(body, model) for body, model in zip(bodies, models, strict=True)]
    names = dict.fromkeys(name for one in told for name in one)
    apart = [name for name in names if len({one.get(name) for one in told}) > 1]
    return [", ".join(one[name] for name in apart if name in one) for one in told]


def pair(value: Any) -> tuple[Any, Any]:
    """Return a size as (width, height). Raises BodyError for anything but a pair."""
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return value[0], value[1]
    why = tr("size is a width and a height in pixels, such as (1152, 896), not {value!r}.", value=value)
    raise BodyError(why, problems=[Problem(SIZE, why, value)])


# ---- private --------------------------------------------------------------------------------------------------------


def _told(body: Mapping[str, Any], model: Model) -> dict[str, str]:
    told = {"model": model.name}
    texts = {part.path for part in required_family(model).prompts(body)}
    for path, value in values_of(body, model).items():
        if path == SIZE:
            told[path] = " × ".join(map(str, value))
        elif isinstance(value, str) and path in texts:
            told[path] = f"“{label_of(value or '')}”"
        else:
            told[path] = f"{path} {label_of(value)}"
    return told


def _field(path: str, body: Mapping[str, Any], model: Model) -> Field:
    """Return the control of a path, with the schema's limits and choices."""
    family = required_family(model)
    if path == SIZE:
        sizes = dict.fromkeys([*family.size_choices(model), value_at(body, SIZE, model)])
        return Field(SIZE, "size", label("size"), options=tuple(sizes))
    info = field_at(family.request, paths.parse(path))[1]
    if info is None:
        raise ValueError(f"{family.name} has no field {path}")
    name, shown = path.rpartition(".")[2], _label(path, body, model)
    options = tuple(_literals(info.annotation))
    if options:
        return Field(path, "choice", shown, options=(None, *options) if info.default is None else options)
    if name == "weight":
        present = family.value(body, path)
        return Field(path, "range", shown, min(_WEIGHTS[0], present), max(_WEIGHTS[1], present), float(_STEPS[name]))
    limits = _limits(info)
    if limits is None:
        return Field(path, "text", shown)
    return Field(path, "number" if name == "seed" else "range", shown, *limits, float(_STEPS.get(name, "0.05")))


def _label(path: str, body: Mapping[str, Any], model: Model) -> str:
    """Return the label of a field; where there are several prompts, with their number."""
    steps = paths.parse(path)
    numbers = [step for step in steps if isinstance(step, int)]
    count = len(required_family(model).prompts(body))
    if not numbers or count == 1:
        return label_of_field(str(steps[-1]))
    return label(f"{steps[-1]}.number", number=numbers[0] + 1)


def _limits(info: FieldInfo) -> tuple[float, float] | None:
    """Return the lowest and the highest value that the schema allows; None where it does not limit it."""
    found: dict[str, float] = {}
    for rule in info.metadata:
        found |= {side: getattr(rule, side) for side in ("ge", "le") if hasattr(rule, side)}
    return (found["ge"], found["le"]) if len(found) == 2 else None


def _literals(annotation: Any) -> Iterable[Any]:
    for one in get_args(annotation):
        if get_args(one):
            yield from _literals(one)
        elif isinstance(one, str):
            yield one


def _room(present: Decimal, end: float | None, apart: Decimal) -> int:
    """Return the number of whole steps between a value and a limit."""
    return 2 * _SUGGESTED if end is None else int(abs(ranges.as_decimal(end) - present) / apart)
