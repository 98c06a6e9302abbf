"""The registry: what the workshop knows of every image model on Amazon Bedrock, read from models.toml."""

import difflib
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Literal

from helpers.errors import BodyError, ImageError, Problem, UnknownModelError
from helpers.language import listed, tr
from helpers.language.remarks import warn

if TYPE_CHECKING:
    from helpers.schemas import Family

LifecycleState = Literal["active", "legacy", "retired"]


@dataclass(frozen=True)
class Price:
    """USD for one picture of at most `up_to_steps` steps and `up_to_pixels` pixels; None: without limit."""

    usd: float
    up_to_steps: int | None = None
    up_to_pixels: int | None = None

    def covers(self, steps: int, pixels: int) -> bool:
        """Whether a picture of so many steps and pixels falls in this tier."""
        return (self.up_to_steps is None or steps <= self.up_to_steps) and (
            self.up_to_pixels is None or pixels <= self.up_to_pixels
        )


@dataclass(frozen=True)
class Model:
    """One model. Empty or None means that no public page says it."""

    id: str
    name: str
    provider: str
    source: str  # the page that documents it
    roles: tuple[str, ...]  # short names for people: "sdxl", "core"
    inference: Literal["on-demand", "profile"]
    aliases: tuple[str, ...] = ()  # other ids of the same model
    profile: str | None = None  # the inference profile's id, where the bare id is refused
    schema: str | None = None  # the name of its family, where the workshop has a schema for its bodies
    studio: str | None = None  # the engine that draws for it on the offline studio, where one does
    lesson: bool = False  # whether a lesson is about it
    regions: tuple[str, ...] = ()
    rpm: int | None = None  # default quota, requests a minute
    legacy: date | None = None  # from this day no new customers
    eol: date | None = None  # from this day every call fails
    successor: str | None = None  # id
    prices: tuple[Price, ...] = ()
    trained_sizes: tuple[tuple[int, int], ...] = ()  # (width, height) in pixels
    # aspect ratio to (width, height) in pixels
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @property
    def invoke_id(self) -> str:
        """The id to call it by: the inference profile's where it has one."""
        return self.profile or self.id

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that a call may name it by."""
        return (self.id, *self.aliases, *((self.profile,) if self.profile else ()))

    def retired_on(self, day: date) -> bool:
        """Whether every call fails on that day."""
        return self.eol is not None and day >= self.eol

    def state(self, day: date) -> LifecycleState:
        """`"active"`, `"legacy"` (old customers only) or `"retired"` on that day."""
        if self.retired_on(day):
            return "retired"
        return "legacy" if self.legacy is not None and day >= self.legacy else "active"

    @property
    def family(self) -> "Family | None":
        """What the house asks of its bodies; None where the workshop has no schema for them."""
        from helpers.schemas import FAMILIES

        return FAMILIES[self.schema] if self.schema else None

    def picture_error(self, size: tuple[int, int]) -> ImageError | None:
        """Return what is wrong with a picture of this size to start from, with the nearest legal one; None if nothing is."""
        problem = self.family.picture_problem(*size, tr) if self.family else None
        if self.family is None or problem is None:
            return None
        nearest = self.family.nearest_size(*size)
        return ImageError(
            tr("The picture is {size} pixels.", size="{} x {}".format(*size)),
            tr("For {model} {problem}.", model=self.name, problem=problem),
            tr(
                "The nearest legal size is {nearest}: helpers.fit(image, {size}) crops it to that.",
                nearest="{} x {}".format(*nearest),
                size=nearest,
            ),
        )

    def list_price(self, body: Mapping[str, Any]) -> float:
        """What AWS asks, or asked, for the picture of this body, in USD. LookupError where no page gives a price."""
        return self.price_at(*(self.family.price_facts(body, self) if self.family else _facts(body)))

    def price_at(self, steps: int, pixels: int) -> float:
        """The same for a picture of so many steps and pixels."""
        for price in self.prices:
            if price.covers(steps, pixels):
                return price.usd
        raise LookupError(
            tr(
                "No page gives a price for {model} at {steps} steps and {pixels:,} pixels.",
                model=self.name,
                steps=steps,
                pixels=pixels,
            )
        )


class ModelChoices(tuple[Model, ...]):
    """Several models, as an axis of a sweep: `helpers.models(["sdxl", "core"])`."""


class _CallableModule(ModuleType):
    """This module, which can be called as it once was: `helpers.models(["sdxl", "core"])`, for `Sweep(..., model=[...])`."""

    def __call__(self, names: "Iterable[str | Model]") -> ModelChoices:
        warn(tr("helpers.models([...]) is an old name for an axis of models: write helpers.Sweep(body, model=[...])."))
        return ModelChoices(get(name) for name in ([names] if isinstance(names, (str, Model)) else names))


sys.modules[__name__].__class__ = _CallableModule


def get(name: "str | Model") -> Model:
    """The model of that id, alias, inference profile, ARN or role. Raises UnknownModelError with the nearest names."""
    if isinstance(name, Model):
        return name
    if not isinstance(name, str):
        raise UnknownModelError(
            tr("A model is named by a text, not by {name!r}.", name=name),
            fix=tr('Give an id or a role, such as "{role}".', role=all()[0].roles[0]),
        )
    found = find(name)
    if found is None:
        raise _unknown(name)
    return found


def name_of(name: object) -> str:
    """The name of that model for people; of one that the registry does not have, what it was called by."""
    found = find(name)
    return found.name if found else str(name)


def find(name: object) -> Model | None:
    """The same for a name that somebody wrote down; None where the registry has no such model."""
    if not isinstance(name, str):
        return name if isinstance(name, Model) else None
    return _by_name().get(name) or _by_name().get(name.rsplit("/", 1)[-1])


def all() -> tuple[Model, ...]:
    """Every model of the registry."""
    return _models()


def can_be_called(model: Model, backend: Literal["studio", "aws"]) -> bool:
    """Whether the studio draws for it, or whether it has not left AWS."""
    return model.studio is not None if backend == "studio" else not model.retired_on(date.today())


def first(backend: Literal["studio", "aws"], task: str = "text_to_image") -> Model:
    """The model to begin with: the first of the registry that can do the task and can be called there today.

    LookupError where there is none.
    """
    for model in all():
        if can_be_called(model, backend) and model.family and task in model.family.tasks:
            return model
    raise LookupError(f"no model of {backend} can do {task}")


def of_family(family: "Family") -> Model:
    """The first model of the registry that takes the bodies of this family."""
    return next(model for model in all() if model.schema == family.name)


def as_of() -> date:
    """The day on which the registry's facts were gathered."""
    day: date = _table()["as_of"]
    return day


def for_body(body: Mapping[str, Any]) -> Model:
    """The model that a body is for: the one it remembers (`bodies.Body`), or the only one that its fields fit.

    Raises BodyError where they fit none, or several: nobody guesses.
    """
    own = getattr(body, "model", None)
    if own is not None:
        return get(own)
    claiming = [model for model in all() if model.family and model.family.claims(body)]
    fitting = [model for model in claiming if model.family and model.family.knows(body)] or claiming
    if len(fitting) == 1:
        return fitting[0]
    raise _of_several(body, fitting) if fitting else _of_none(body)


def family_of(body: Mapping[str, Any]) -> "Family | None":
    """The family to show a body by: that of the model it remembers, or one that reads its fields. None: no family does."""
    from helpers.schemas import families

    own = getattr(body, "model", None)
    return get(own).family if own is not None else families.matching(body)


def _of_several(body: Mapping[str, Any], fitting: list[Model]) -> BodyError:
    roles = [repr(model.roles[0]) for model in fitting]
    unknown = [name for name in body if not any(model.family and model.family.has(name) for model in fitting)]
    problem = Problem(
        "body",
        tr("No model of these has {fields}.", fields=listed(unknown))
        if unknown
        else tr("It has no field that only one of them takes."),
        dict(body),
    )
    return BodyError(
        tr("This body could be for {models}.", models=tr(" or ").join(model.name for model in fitting)),
        problem.message,
        tr("Say which: model={roles}.", roles=tr(" or ").join(roles)),
        problems=[problem],
    )


def _of_none(body: Mapping[str, Any]) -> BodyError:
    wanted: dict[str, list[str]] = {}
    for model in all():
        if model.family:
            wanted.setdefault(listed(model.family.required), []).append(model.name)
    told = tr(" nor ").join(f"{fields} ({', '.join(names)})" for fields, names in wanted.items())
    problem = Problem("body", tr("It has neither {fields}.", fields=told), dict(body))
    return BodyError(
        tr("This body belongs to no model that the workshop knows."),
        problem.message,
        tr('Start from helpers.text_to_image("a serene beach at sunset").'),
        problems=[problem],
    )


def _facts(body: Mapping[str, Any]) -> tuple[int, int]:
    """What a price depends on, (steps, pixels), in a body that there is no schema for: at its top, or one level inside."""
    inside = [one for one in body.values() if isinstance(one, Mapping)]
    said = {name: value for one in [*inside, body] for name, value in one.items() if isinstance(value, int)}
    asked = {**_table()["left_out"], **{name: said[name] for name in _table()["left_out"] if name in said}}
    return asked["steps"], asked["width"] * asked["height"]


def _unknown(name: str) -> UnknownModelError:
    near = difflib.get_close_matches(name, _by_name(), n=3, cutoff=0.5)
    roles = listed(role for model in all() if model.lesson for role in model.roles)
    fix = (
        tr("Did you mean {names}?", names=tr(" or ").join(near))
        if near
        else tr("The models with a lesson are {roles}.", roles=roles)
    )
    return UnknownModelError(
        tr("There is no model named {name!r}.", name=name),
        tr("It is no id, alias or role of the registry."),
        fix,
        model_id=name,
    )


@cache
def _by_name() -> dict[str, Model]:
    return {name: model for model in all() for name in (*model.ids, *model.roles)}


@cache
def _models() -> tuple[Model, ...]:
    return tuple(_model(row) for row in _table()["model"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("models.toml").read_text(encoding="utf-8"))


def _model(row: dict[str, Any]) -> Model:
    unknown = row.keys() - {known.name for known in fields(Model)}
    if unknown:
        raise ValueError(f"models.toml, {row.get('id')}: unknown {', '.join(sorted(unknown))}")
    lists = {key: tuple(row.get(key, ())) for key in ("roles", "aliases", "regions")}
    pairs = tuple((width, height) for width, height in row.get("trained_sizes", ()))
    named = _table()["sizes"][row["sizes"]] if "sizes" in row else {}
    sizes = {ratio: (width, height) for ratio, (width, height) in named.items()}
    prices = tuple(Price(**price) for price in row.get("prices", ()))
    return Model(**{**row, **lists, "trained_sizes": pairs, "sizes": MappingProxyType(sizes), "prices": prices})
