"""From a body and its axes to tiles: counted, built, given one seed, and checked, all before anything is sent."""

import copy
import itertools
import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from helpers import bodies, models
from helpers.bodies import Body
from helpers.errors import BodyError, Problem
from helpers.language import listed, tr
from helpers.language.remarks import warn
from helpers.schemas import families
from helpers.sweeps.axes import keys, paths
from helpers.sweeps.axes.axes import Knob, MaskText, axis_of, label_of
from helpers.sweeps.axes.swaps import swapped
from helpers.sweeps.axes.tiles import Axis, Coordinate, Tile

MOST_TILES = 10_000
HIGHEST_DRAWN_SEED = 999_999  # short enough to be read out and typed
_MOST_SHOWN = 20  # problems in one message


@dataclass(frozen=True)
class Plan:
    """The axes as the tiles have them, the tiles in order, and each one's model."""

    axes: tuple[Axis, ...]
    tiles: tuple[Tile, ...]
    models: tuple[models.Model, ...]


def plan(body: Body, knobs: Sequence[Knob], model: models.Model | None = None, most: int = MOST_TILES) -> Plan:
    """Every combination, the last axis turning fastest. Raises BodyError with all that is wrong, by axis and value."""
    _different_places(knobs)
    _not_too_many(knobs, most)
    _sound_prompts(body)
    _no_clash(body, knobs)
    spare = _Seed()
    knobs = [spare.settled(knob) for knob in knobs]
    builder = _Builder(body, knobs, model)
    tiles, chosen = [], []
    wrong: dict[tuple[str, str], list[tuple[int, ...]]] = {}
    check = _Checker()
    for places in itertools.product(*(range(len(knob.axis)) for knob in knobs)):
        found: list[Problem] = []
        try:
            asked, called = builder(places, found)
            asked = spare.given(asked)
            check(asked, called)
        except BodyError as error:
            found += error.problems or (Problem("body", str(error)),)
        if found:
            for problem in found:
                wrong.setdefault((problem.field, problem.message), []).append(places)
            continue
        key = keys.key_of(keys.request(called.id, asked))
        tiles.append(Tile(key, _coordinates(knobs, places), asked, called.id, list_price=price_of(called, asked)))
        chosen.append(called)
    axes = tuple(knob.axis for knob in knobs)
    if wrong:
        raise _all_that_is_wrong(wrong, axes)
    spare.tell()
    builder.tell()
    return Plan(axes, tuple(tiles), tuple(chosen))


def copied(body: Any, chosen: Sequence[models.Model] = ()) -> Body:
    """The body that a sweep starts from, so that nobody changes it later. BodyError for what is none.

    `chosen`: the models that it is to be sent to. A body that does not tell whose it is, is that of the first which
    knows all its fields, or else takes it.
    """
    if not isinstance(body, Mapping):
        why = tr("It is {kind}, and a body is a dict.", kind=type(body).__name__)
        fix = tr('Start from helpers.text_to_image("a serene beach at sunset", seed=1).')
        raise BodyError(tr("A sweep starts from a request body."), why, fix, problems=[Problem("body", why, body)])
    takers = [one for one in chosen if one.family and one.family.claims(body)]
    takers = [one for one in takers if one.family and one.family.knows(body)] or takers
    own = models.get(body.model) if isinstance(body, Body) else takers[0] if takers else models.for_body(body)
    return Body(copy.deepcopy(dict(body)), own)


def count_of(knobs: Sequence[Knob]) -> int:
    """How many tiles the axes span, without building one."""
    return math.prod(len(knob.axis) for knob in knobs)


def price_of(model: models.Model, body: Mapping[str, Any]) -> float | None:
    """What AWS asks or asked for this picture in USD; None where no page says."""
    try:
        return model.list_price(body)
    except LookupError:
        return None


def size_of(model: models.Model, body: Mapping[str, Any]) -> tuple[int, int] | None:
    """The picture's width and height in pixels; None where they are not known beforehand."""
    return model.family.size(body, model) if model.family else None


# ---- building -------------------------------------------------------------------------------------------------------


class _Builder:
    """The body of each tile, and what had to be left out because its model has no word for it."""

    def __init__(self, body: Body, knobs: Sequence[Knob], model: models.Model | None) -> None:
        self.body, self.knobs, self.model = body, knobs, model or models.get(body.model)
        self.left_out: dict[str, set[str]] = {}

    def __call__(self, places: tuple[int, ...], wrong: list[Problem]) -> tuple[Body, models.Model]:
        """The body at these places. What an axis cannot do to it is added to `wrong`, and the others go on.

        Whatever the order of the axes, whole fields are set first, then places inside them, and words are swapped last.
        """
        body, model = self.body, self.model
        puts: dict[str, Any] = {}
        swaps: dict[str, str] = {}
        for knob, place in zip(self.knobs, places, strict=True):
            value = knob.axis.values[place]
            if isinstance(value, models.Model):
                model = value
            elif knob.term:
                swaps[knob.term] = value
            else:
                puts.update(knob.puts(value))
        steps = [partial(paths.put, path=path, value=puts[path]) for path in sorted(puts, key=paths.depth)]
        steps += [partial(swapped, swaps=swaps)] if swaps else []
        for step in steps:
            try:
                body = step(body)
            except BodyError as error:
                wrong += error.problems
        body = _with_masks(body)
        own = models.get(body.model)
        if model is own or model.family is None:
            return Body(body, model), model
        if model.family is not own.family:
            bodies.check({**body, "seed": body.get("seed") or 0}, own)
        said = bodies.translated(body, model)
        self.left_out.setdefault(model.name, set()).update(said.left_out)
        return said.body, model

    def tell(self) -> None:
        """Say what was left out."""
        for name, fields in self.left_out.items():
            if fields:
                warn(
                    tr(
                        "{model} has no {fields}: its tiles are asked for without.",
                        model=name,
                        fields=listed(sorted(fields)),
                    )
                )


def _with_masks(body: Body) -> Body:
    """The body with each `helpers.Mask` in the form that its other fields ask for."""
    held = {name: value for name, value in body.items() if isinstance(value, MaskText)}
    family = models.family_of(body)
    if not held or family is None:
        return body
    form = family.mask(body)
    return body | {name: value.for_form(form) for name, value in held.items()}


def _coordinates(knobs: Sequence[Knob], places: tuple[int, ...]) -> tuple[Coordinate, ...]:
    return tuple(
        Coordinate(knob.axis.name, knob.axis.labels[place], knob.axis.values[place])
        for knob, place in zip(knobs, places, strict=True)
    )


class _Seed:
    """One seed for all tiles that would leave theirs to chance, so that they differ in what is swept and can be kept."""

    def __init__(self) -> None:
        self.seed = secrets.randbelow(HIGHEST_DRAWN_SEED) + 1
        self.used = False

    def given(self, body: Body) -> Body:
        """The body with that seed, if it has none; a seed of 0 means none to the service."""
        if not _is_chance(body.get("seed")):
            return body
        self.used = True
        return body | {"seed": self.seed}

    def settled(self, knob: Knob) -> Knob:
        """The axis with that seed in the place of 0 or none."""
        if "seed" not in knob.turns:
            return knob
        rows = list(zip(map(self._settled_value, knob.axis.values), knob.axis.labels, strict=True))
        rows = [
            (new, label if new == old else label_of(new) if new == self.seed else f"{label} ({self.seed})")
            for (new, label), old in zip(rows, knob.axis.values, strict=True)
        ]
        return replace(knob, axis=axis_of(knob.axis.name, rows))

    def _settled_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {**value, "seed": self._settled_value(value["seed"])} if "seed" in value else value
        if not _is_chance(value):
            return value
        self.used = True
        return self.seed

    def tell(self) -> None:
        """Say which seed was drawn, if it is in use."""
        if self.used:
            warn(
                tr(
                    "A seed of 0 or none means another picture on every call, so all tiles share a seed "
                    "that was drawn: {seed}. Write seed={seed} in the body to meet the same tiles again.",
                    seed=self.seed,
                )
            )


def _is_chance(seed: Any) -> bool:
    return seed is None or (isinstance(seed, (int, float)) and not isinstance(seed, bool) and seed == 0)


# ---- checking -------------------------------------------------------------------------------------------------------


class _Checker:
    """`bodies.check`, with the pictures of a body looked at once and not once a tile."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()

    def __call__(self, body: Body, model: models.Model) -> None:
        pictures = (model.id, *families.pictures(body).values())
        bodies.check(body, model, look_at_pictures=pictures not in self._seen)
        self._seen.add(pictures)


def _different_places(knobs: Sequence[Knob]) -> None:
    turned: dict[str, str] = {}
    names: set[str] = set()
    for knob in knobs:
        for place in knob.turns:
            if place in turned:
                why = tr(
                    "{place} is turned by two axes, {turned} and {name}.",
                    place=place,
                    turned=turned[place],
                    name=knob.axis.name,
                )
                raise _bad_axes(why, tr("Use one, or helpers.together(...) for fields that move at once."), place)
            turned[place] = knob.axis.name
        if knob.axis.name in names:
            raise _bad_axes(
                tr("Two axes are called {name}.", name=knob.axis.name),
                tr("Give one of them another name."),
                knob.axis.name,
            )
        names.add(knob.axis.name)


def _no_clash(body: Body, knobs: Sequence[Knob]) -> None:
    turned = [place for knob in knobs if not knob.term for place in knob.turns]
    family = models.family_of(body)
    if family and (both := family.clash(body, turned)):
        why = tr("{name} and {place} would both set the same prompt.", name=both[0], place=both[1])
        raise _bad_axes(why, tr("Leave one of them out; a weight can be swept beside a prompt."), both[1])


def _sound_prompts(body: Body) -> None:
    """Raise BodyError for prompts that no axis could be turned in."""
    try:
        bodies.check(body)
    except BodyError as error:
        family = models.family_of(body)
        telling = ("body", *(family.prompt_fields if family else ()))
        if any(problem.field.startswith(telling) for problem in error.problems):
            raise


def _not_too_many(knobs: Sequence[Knob], most: int) -> None:
    count = count_of(knobs)
    if count <= most:
        return
    told = " × ".join(f"{knob.axis.name} {len(knob.axis):,}" for knob in knobs)
    fix = tr("Take fewer values, or allow more with Sweep(..., most={count}).", count=count)
    raise _bad_axes(
        tr("{told} make {count:,} tiles, and a sweep may have {most:,}.", told=told, count=count, most=most),
        fix,
        "tiles",
    )


def _bad_axes(why: str, fix: str, place: str) -> BodyError:
    return BodyError(tr("These axes make no sweep."), why, fix, problems=[Problem(place, why)])


def _all_that_is_wrong(wrong: Mapping[tuple[str, str], list[tuple[int, ...]]], axes: Sequence[Axis]) -> BodyError:
    """One error for all tiles: each problem once, with the values that bring it about."""
    problems = []
    for (field, message), tiles in wrong.items():
        where = _where(tiles, axes)
        counted = "" if len(tiles) == 1 else tr(" ({count:,} tiles)", count=len(tiles))
        problems.append(Problem(field, tr("{about}: {told}", about=f"{where}{counted}", told=message), field))
    bad = len({places for tiles in wrong.values() for places in tiles})
    count = math.prod(len(axis) for axis in axes)
    shown = [f"\n- {problem.message}" for problem in problems[:_MOST_SHOWN]]
    more = tr("\n- and {count} more", count=len(problems) - _MOST_SHOWN) if len(problems) > _MOST_SHOWN else ""
    what = tr("{bad:,} of {count:,} tiles cannot be asked for, so nothing was sent:", bad=bad, count=count)
    return BodyError(what, "".join(shown) + more + "\n", tr("Mend these values and try again."), problems=problems)


def _where(tiles: Sequence[tuple[int, ...]], axes: Sequence[Axis]) -> str:
    """The values that a problem needs, as far as the tiles that have it show."""
    seen = [sorted({places[number] for places in tiles}) for number in range(len(axes))]
    is_box = math.prod(map(len, seen)) == len(tiles)
    telling = [number for number, places in enumerate(seen) if len(places) < len(axes[number])]
    if not is_box:
        shown = "; ".join(", ".join(_values(axes, places)) for places in tiles[:3])
        return shown + ("; …" if len(tiles) > 3 else "")
    if not telling:
        return tr("every tile")
    return ", ".join(
        f"{axes[number].name} {_one_of(axes[number].labels[place] for place in seen[number])}" for number in telling
    )


def _values(axes: Sequence[Axis], places: tuple[int, ...]) -> Iterator[str]:
    return (f"{axis.name} {axis.labels[place]}" for axis, place in zip(axes, places, strict=True))


def _one_of(labels: Iterator[str]) -> str:
    shown = list(labels)
    return (
        " or ".join(shown)
        if len(shown) <= 4
        else tr("{names} or {count} more", names=" or ".join(shown[:3]), count=len(shown) - 3)
    )
