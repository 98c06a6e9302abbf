"""The registry of image models on Amazon Bedrock: ids, prices, quotas, Regions and lifecycle, from models.toml."""

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

__all__ = ["Model", "Price", "all", "as_of", "first", "for_body", "get"]

LifecycleState = Literal["active", "legacy", "retired"]


@dataclass(frozen=True)
class Price:
    """Price of one image in USD, up to a number of steps and of pixels (None: no limit)."""

    usd: float
    up_to_steps: int | None = None
    up_to_pixels: int | None = None

    def covers(self, steps: int, pixels: int) -> bool:
        """Return whether an image of so many steps and pixels falls in this tier."""
        return (self.up_to_steps is None or steps <= self.up_to_steps) and (
            self.up_to_pixels is None or pixels <= self.up_to_pixels
        )


@dataclass(frozen=True)
class Model:
    """One model of the registry. A field is empty or None where no public page gives the fact."""

    id: str
    name: str
    provider: str
    source: str  # URL of the page that documents it
    roles: tuple[str, ...]  # short names: "sdxl", "core"
    inference: Literal["on-demand", "profile"]
    aliases: tuple[str, ...] = ()  # other ids of the same model
    profile: str | None = None  # id of the inference profile, where AWS refuses the model's own id
    schema: str | None = None  # name of its family, where the workshop has a schema for its bodies
    studio: str | None = None  # engine that draws for it on the offline studio; None where none does
    lesson: bool = False  # whether a lesson is about it
    regions: tuple[str, ...] = ()
    rpm: int | None = None  # default quota of InvokeModel, in requests a minute
    legacy: date | None = None  # from this day on closed to new customers
    eol: date | None = None  # from this day on every call fails
    successor: str | None = None  # id of the model that takes its place
    prices: tuple[Price, ...] = ()  # the first tier that covers an image holds
    trained_sizes: tuple[tuple[int, int], ...] = ()  # (width, height) in pixels
    # (width, height) in pixels by aspect ratio
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @property
    def invoke_id(self) -> str:
        """Id for `modelId` in a call: the inference profile's where the model has one, otherwise its own."""
        return self.profile or self.id

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that a call may use: its own, its aliases and its inference profile's."""
        return (self.id, *self.aliases, *((self.profile,) if self.profile else ()))

    def retired_on(self, day: date) -> bool:
        """Return whether the model has reached its end of life on that day, so that every call fails."""
        return self.eol is not None and day >= self.eol

    def state(self, day: date) -> LifecycleState:
        """Return "active", "legacy" (closed to new customers) or "retired", as it is on that day."""
        if self.retired_on(day):
            return "retired"
        return "legacy" if self.legacy is not None and day >= self.legacy else "active"

    @property
    def family(self) -> "Family | None":
        """Family of its request bodies; None where the workshop has no schema for them."""
        from helpers.schemas import FAMILIES

        return FAMILIES[self.schema] if self.schema else None

    @property
    def is_offered(self) -> bool:
        """Whether it is offered where nobody has named a model: it has a schema, and is not there for old code alone."""
        return self.family is not None and not self.family.for_old_code

    def picture_error(self, size: tuple[int, int]) -> ImageError | None:
        """Return the error for an init image of this (width, height) in pixels; None where the size is legal."""
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
        """Return the list price on AWS of one image of this body, in USD.

        Raises LookupError where no page gives a price for it.
        """
        return self.price_at(*(self.family.price_facts(body, self) if self.family else _price_facts(body)))

    def price_at(self, steps: int, pixels: int) -> float:
        """Return the list price on AWS of one image of so many steps and pixels, in USD.

        Raises LookupError where no page gives a price for it.
        """
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
    """Several models as an axis of a sweep: what the old `helpers.models(["sdxl", "core"])` returns."""


class _CallableModule(ModuleType):
    """Type of this module, which makes the old call `helpers.models(["sdxl", "core"])` work."""

    def __call__(self, names: "Iterable[str | Model]") -> ModelChoices:
        warn(tr("helpers.models([...]) is an old name for an axis of models: write helpers.Sweep(body, model=[...])."))
        return ModelChoices(get(name) for name in ([names] if isinstance(names, (str, Model)) else names))


sys.modules[__name__].__class__ = _CallableModule


def get(name: "str | Model") -> Model:
    """Return the model of an id, alias, inference profile, ARN or role; a Model is returned as it is.

        helpers.models.get("sdxl").prices
        helpers.models.get("core").regions

    Raises UnknownModelError, which suggests similar names, where the registry has no such model.
    """
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
    """Return the display name of a model; for one that is not in the registry, `name` as text."""
    found = find(name)
    return found.name if found else str(name)


def find(name: object) -> Model | None:
    """Return the model as `get` does, or None where the registry has no such model."""
    if not isinstance(name, str):
        return name if isinstance(name, Model) else None
    return _by_name().get(name) or _by_name().get(name.rsplit("/", 1)[-1])


def all() -> tuple[Model, ...]:
    """Return every model of the registry, in its order.

        [model.name for model in helpers.models.all() if model.eol is None]

    Retired models are among them; `Model.eol` is the day from which calls fail.
    """
    return _models()


def can_be_called(model: Model, backend: Literal["studio", "aws"]) -> bool:
    """Return whether a model can be called today: on the studio if an engine draws for it, on AWS until it retires."""
    return model.studio is not None if backend == "studio" else not model.retired_on(date.today())


def first(backend: Literal["studio", "aws"], task: str = "text_to_image") -> Model:
    """Return the first model of the registry that can do a task and can be called today.

        helpers.models.first("aws", task="image_to_image")

    `backend`: "studio" or "aws". `task`: "text_to_image", "image_to_image" or "inpaint". Raises LookupError where there
    is no such model.
    """
    for model in all():
        if can_be_called(model, backend) and model.family and task in model.family.tasks:
            return model
    raise LookupError(f"no model of {backend} can do {task}")


def first_of_family(family: "Family") -> Model:
    """Return the first model of the registry that takes bodies of this family."""
    return next(model for model in all() if model.schema == family.name)


def as_of() -> date:
    """Return the day on which the facts of the registry were gathered.

        helpers.models.as_of()

    Prices, quotas and dates of end of life may have changed since.
    """
    day: date = _table()["as_of"]
    return day


def for_body(body: Mapping[str, Any]) -> Model:
    """Return the model that a body is for: the one that it remembers, or the only one that its fields fit.

        helpers.models.for_body({"text_prompts": [{"text": "a beach at sunset"}]}).id

    A `Body` remembers its model (`body.model`); a plain dict does not. Raises BodyError where the fields fit no model,
    or several.
    """
    own = getattr(body, "model", None)
    if own is not None:
        return get(own)
    claiming = [
        model for model in all() if model.is_offered and model.family and model.family.has_required_fields(body)
    ]
    fitting = [model for model in claiming if model.family and model.family.has_only_its_fields(body)] or claiming
    if len(fitting) == 1:
        return fitting[0]
    raise _fits_several(body, fitting) if fitting else _fits_none(body)


def family_for_body(body: Mapping[str, Any]) -> "Family | None":
    """Return the family to read a body by: that of the body's own model, or the first whose fields match; else None."""
    from helpers.schemas import families

    own = getattr(body, "model", None)
    return get(own).family if own is not None else families.matching(body)


def _fits_several(body: Mapping[str, Any], fitting: list[Model]) -> BodyError:
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


def _fits_none(body: Mapping[str, Any]) -> BodyError:
    wanted: dict[str, list[str]] = {}
    for model in all():
        if model.is_offered and model.family:
            wanted.setdefault(listed(model.family.required), []).append(model.name)
    choices = tr(" nor ").join(f"{fields} ({', '.join(names)})" for fields, names in wanted.items())
    problem = Problem("body", tr("It has neither {fields}.", fields=choices), dict(body))
    return BodyError(
        tr("This body belongs to no model that the workshop knows."),
        problem.message,
        tr('Start from helpers.text_to_image("a serene beach at sunset").'),
        problems=[problem],
    )


def _price_facts(body: Mapping[str, Any]) -> tuple[int, int]:
    """Return (steps, pixels) of a body without a schema, from the fields at its top or one level inside."""
    inner = [value for value in body.values() if isinstance(value, Mapping)]
    numbers = {name: value for one in [*inner, body] for name, value in one.items() if isinstance(value, int)}
    facts = {**_table()["left_out"], **{name: numbers[name] for name in _table()["left_out"] if name in numbers}}
    return facts["steps"], facts["width"] * facts["height"]


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


def __dir__() -> list[str]:
    return __all__
