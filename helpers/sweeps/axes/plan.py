"""The plan of a sweep: the tiles that a body and its axes make, counted, built and checked before anything is sent."""

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
from helpers.sweeps.axes.axes import MaskText, SweepAxis, axis_of, label_of, swapped
from helpers.sweeps.axes.tiles import Axis, Coordinate, Tile

MAX_TILES = 10_000
HIGHEST_DRAWN_SEED = 999_999  # short enough to read out and type
_MAX_SHOWN = 20  # problems in one message


@dataclass(frozen=True)
class SweepPlan:
    """The axes of a sweep, its tiles in order, and the model of each tile."""

    axes: tuple[Axis, ...]
    tiles: tuple[Tile, ...]
    models: tuple[models.Model, ...]


def plan(
    body: Body, sweep_axes: Sequence[SweepAxis], model: models.Model | None = None, most: int = MAX_TILES
) -> SweepPlan:
    """Return a tile for every combination, the last axis varying fastest.

    `model`: the model to translate the body to, if it is not the body's own. `most`: the number of tiles allowed.
    Raises BodyError that lists everything that is wrong, by axis and value.
    """
    _check_distinct(sweep_axes)
    _check_count(sweep_axes, most)
    _check_prompts(body)
    _check_clashes(body, sweep_axes)
    drawn_seed = _DrawnSeed()
    sweep_axes = [drawn_seed.in_axis(swept) for swept in sweep_axes]
    builder = _Builder(body, sweep_axes, model)
    tiles, chosen = [], []
    wrong: dict[tuple[str, str], list[tuple[int, ...]]] = {}
    check = _Checker()
    for places in itertools.product(*(range(len(swept.axis)) for swept in sweep_axes)):
        found: list[Problem] = []
        try:
            built, called = builder(places, found)
            built = drawn_seed.in_body(built)
            check(built, called)
        except BodyError as error:
            found += error.problems or (Problem("body", str(error)),)
        if found:
            for problem in found:
                wrong.setdefault((problem.field, problem.message), []).append(places)
            continue
        key = keys.key_of(keys.hashed_request(called.id, built))
        tiles.append(Tile(key, _coordinates(sweep_axes, places), built, called.id, list_price=price_of(called, built)))
        chosen.append(called)
    axes = tuple(swept.axis for swept in sweep_axes)
    if wrong:
        raise _collected_error(wrong, axes)
    drawn_seed.warn_if_used()
    builder.warn_of_left_out()
    return SweepPlan(axes, tuple(tiles), tuple(chosen))


def copied(body: Any, chosen: Sequence[models.Model] = ()) -> Body:
    """Return a copy of the body that a sweep starts from, so that later changes to the original do not reach it.

    `chosen`: the models that it will be sent to. A plain dict is taken for a body of the first of them that knows all
    its fields, or else of the first that could take it. Raises BodyError where it is no request body.
    """
    if not isinstance(body, Mapping):
        why = tr("It is {kind}, and a body is a dict.", kind=type(body).__name__)
        fix = tr('Start from helpers.text_to_image("a serene beach at sunset", seed=1).')
        raise BodyError(tr("A sweep starts from a request body."), why, fix, problems=[Problem("body", why, body)])
    takers = [one for one in chosen if one.family and one.family.has_required_fields(body)]
    takers = [one for one in takers if one.family and one.family.has_only_its_fields(body)] or takers
    own = models.get(body.model) if isinstance(body, Body) else takers[0] if takers else models.for_body(body)
    return Body(copy.deepcopy(dict(body)), own)


def count_of(sweep_axes: Sequence[SweepAxis]) -> int:
    """Return the number of tiles that the axes span."""
    return math.prod(len(swept.axis) for swept in sweep_axes)


def price_of(model: models.Model, body: Mapping[str, Any]) -> float | None:
    """Return the price of this picture on AWS in USD; None where none is published."""
    try:
        return model.list_price(body)
    except LookupError:
        return None


def size_of(model: models.Model, body: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the picture's (width, height) in pixels; None where they are not known beforehand."""
    return model.family.size(body, model) if model.family else None


# ---- building -------------------------------------------------------------------------------------------------------


class _Builder:
    """A builder of the tiles' bodies. It collects the fields that are left out because a model does not have them."""

    def __init__(self, body: Body, sweep_axes: Sequence[SweepAxis], model: models.Model | None) -> None:
        self.body, self.sweep_axes, self.model = body, sweep_axes, model or models.get(body.model)
        self.left_out: dict[str, set[str]] = {}

    def __call__(self, places: tuple[int, ...], wrong: list[Problem]) -> tuple[Body, models.Model]:
        """Return the body and the model at these places on the axes. Problems with a value are appended to `wrong`.

        In any order of the axes, whole fields are set first, then paths inside them, and words are swapped last.
        """
        body, model = self.body, self.model
        values: dict[str, Any] = {}
        swaps: dict[str, str] = {}
        for swept, place in zip(self.sweep_axes, places, strict=True):
            value = swept.axis.values[place]
            if isinstance(value, models.Model):
                model = value
            elif swept.term:
                swaps[swept.term] = value
            else:
                values.update(swept.edits(value))
        steps = [partial(paths.put, path=path, value=values[path]) for path in sorted(values, key=paths.depth)]
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
        translation = bodies.translated(body, model)
        self.left_out.setdefault(model.name, set()).update(translation.left_out)
        return translation.body, model

    def warn_of_left_out(self) -> None:
        """Warn of the fields that were left out, by model."""
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
    """Return the body with each `helpers.Mask` in the polarity that its other fields ask for."""
    held = {name: value for name, value in body.items() if isinstance(value, MaskText)}
    family = models.family_for_body(body)
    if not held or family is None:
        return body
    form = family.mask(body)
    return body | {name: value.for_form(form) for name, value in held.items()}


def _coordinates(sweep_axes: Sequence[SweepAxis], places: tuple[int, ...]) -> tuple[Coordinate, ...]:
    return tuple(
        Coordinate(swept.axis.name, swept.axis.labels[place], swept.axis.values[place])
        for swept, place in zip(sweep_axes, places, strict=True)
    )


class _DrawnSeed:
    """A seed drawn once for all tiles without one of their own, so that they differ only in what is swept."""

    def __init__(self) -> None:
        self.seed = secrets.randbelow(HIGHEST_DRAWN_SEED) + 1
        self.used = False

    def in_body(self, body: Body) -> Body:
        """Return the body with this seed if it has none; to the service, a seed of 0 is none."""
        if not _is_random(body.get("seed")):
            return body
        self.used = True
        return body | {"seed": self.seed}

    def in_axis(self, swept: SweepAxis) -> SweepAxis:
        """Return the axis with this seed in place of 0 and None."""
        if "seed" not in swept.targets:
            return swept
        rows = list(zip(map(self._value, swept.axis.values), swept.axis.labels, strict=True))
        rows = [
            (new, label if new == old else label_of(new) if new == self.seed else f"{label} ({self.seed})")
            for (new, label), old in zip(rows, swept.axis.values, strict=True)
        ]
        return replace(swept, axis=axis_of(swept.axis.name, rows))

    def _value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {**value, "seed": self._value(value["seed"])} if "seed" in value else value
        if not _is_random(value):
            return value
        self.used = True
        return self.seed

    def warn_if_used(self) -> None:
        """Warn which seed was drawn, if a tile has it."""
        if self.used:
            warn(
                tr(
                    "A seed of 0 or none means another picture on every call, so all tiles share a seed "
                    "that was drawn: {seed}. Write seed={seed} in the body to meet the same tiles again.",
                    seed=self.seed,
                )
            )


def _is_random(seed: Any) -> bool:
    return seed is None or (isinstance(seed, (int, float)) and not isinstance(seed, bool) and seed == 0)


# ---- checking -------------------------------------------------------------------------------------------------------


class _Checker:
    """`bodies.check` for many bodies, which decodes the same images only once."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()

    def __call__(self, body: Body, model: models.Model) -> None:
        pictures = (model.id, *families.images(body).values())
        bodies.check(body, model, look_at_pictures=pictures not in self._seen)
        self._seen.add(pictures)


def _check_distinct(sweep_axes: Sequence[SweepAxis]) -> None:
    """Raise BodyError where two axes change the same field or have the same name."""
    turned: dict[str, str] = {}
    names: set[str] = set()
    for swept in sweep_axes:
        for place in swept.targets:
            if place in turned:
                why = tr(
                    "{place} is turned by two axes, {turned} and {name}.",
                    place=place,
                    turned=turned[place],
                    name=swept.axis.name,
                )
                raise _axes_error(why, tr("Use one, or helpers.together(...) for fields that move at once."), place)
            turned[place] = swept.axis.name
        if swept.axis.name in names:
            raise _axes_error(
                tr("Two axes are called {name}.", name=swept.axis.name),
                tr("Give one of them another name."),
                swept.axis.name,
            )
        names.add(swept.axis.name)


def _check_clashes(body: Body, sweep_axes: Sequence[SweepAxis]) -> None:
    turned = [place for swept in sweep_axes if not swept.term for place in swept.targets]
    family = models.family_for_body(body)
    if family and (both := family.clash(body, turned)):
        why = tr("{name} and {place} would both set the same prompt.", name=both[0], place=both[1])
        raise _axes_error(why, tr("Leave one of them out; a weight can be swept beside a prompt."), both[1])


def _check_prompts(body: Body) -> None:
    """Raise BodyError where the body's prompts cannot be read, and so not be changed by an axis."""
    try:
        bodies.check(body)
    except BodyError as error:
        family = models.family_for_body(body)
        prompt_fields = ("body", *(family.prompt_fields if family else ()))
        if any(problem.field.startswith(prompt_fields) for problem in error.problems):
            raise


def _check_count(sweep_axes: Sequence[SweepAxis], most: int) -> None:
    count = count_of(sweep_axes)
    if count <= most:
        return
    counts = " × ".join(f"{swept.axis.name} {len(swept.axis):,}" for swept in sweep_axes)
    fix = tr("Take fewer values, or allow more with Sweep(..., most={count}).", count=count)
    raise _axes_error(
        tr("{told} make {count:,} tiles, and a sweep may have {most:,}.", told=counts, count=count, most=most),
        fix,
        "tiles",
    )


def _axes_error(why: str, fix: str, place: str) -> BodyError:
    return BodyError(tr("These axes make no sweep."), why, fix, problems=[Problem(place, why)])


def _collected_error(wrong: Mapping[tuple[str, str], list[tuple[int, ...]]], axes: Sequence[Axis]) -> BodyError:
    """Return one error for all tiles: each problem once, with the values of the axes that cause it."""
    problems = []
    for (field, message), tiles in wrong.items():
        where = _causes(tiles, axes)
        counted = "" if len(tiles) == 1 else tr(" ({count:,} tiles)", count=len(tiles))
        problems.append(Problem(field, tr("{about}: {told}", about=f"{where}{counted}", told=message), field))
    bad = len({places for tiles in wrong.values() for places in tiles})
    count = math.prod(len(axis) for axis in axes)
    shown = [f"\n- {problem.message}" for problem in problems[:_MAX_SHOWN]]
    more = tr("\n- and {count} more", count=len(problems) - _MAX_SHOWN) if len(problems) > _MAX_SHOWN else ""
    what = tr("{bad:,} of {count:,} tiles cannot be asked for, so nothing was sent:", bad=bad, count=count)
    return BodyError(what, "".join(shown) + more + "\n", tr("Mend these values and try again."), problems=problems)


def _causes(tiles: Sequence[tuple[int, ...]], axes: Sequence[Axis]) -> str:
    """Return the values of the axes that the tiles with a problem have in common, or else some of the tiles."""
    seen = [sorted({places[number] for places in tiles}) for number in range(len(axes))]
    is_box = math.prod(map(len, seen)) == len(tiles)
    limited = [number for number, places in enumerate(seen) if len(places) < len(axes[number])]
    if not is_box:
        shown = "; ".join(", ".join(_values(axes, places)) for places in tiles[:3])
        return shown + ("; …" if len(tiles) > 3 else "")
    if not limited:
        return tr("every tile")
    return ", ".join(
        f"{axes[number].name} {_one_of(axes[number].labels[place] for place in seen[number])}" for number in limited
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
