"""The layout of a sweep's tiles in rows, columns and pages, for the grid to draw and the gallery to start from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from helpers.language import listed, tr
from helpers.sweeps.axes.tiles import Axis, Tile

PageChoice = Any  # an axis or several, the number of a page or several, or a dict of axes to the values to show


@dataclass(frozen=True)
class GridAxis:
    """An axis as it is laid out: its name, and in order the labels that the tiles have."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class GridPage:
    """One table of tiles. `where` holds (axis, label) for the axes that are neither rows nor columns."""

    number: int  # from 1
    of: int
    where: tuple[tuple[str, str], ...]
    rows: GridAxis | None
    columns: GridAxis | None
    tiles: tuple[tuple[Tile | None, ...], ...]

    @property
    def wrapped(self) -> bool:
        """True where the page has at most one axis, whose tiles may wrap into further rows."""
        return self.rows is None


def grid_axes(tiles: Sequence[Tile], axes: Sequence[Axis]) -> list[GridAxis]:
    """Return the axes of these tiles in the sweep's order, without the labels that no tile has."""
    used: dict[str, dict[str, None]] = {axis.name: {} for axis in axes}
    for tile in tiles:
        for coordinate in tile.coordinates:
            used.setdefault(coordinate.axis, {})[coordinate.label] = None
    order = {axis.name: {label: i for i, label in enumerate(axis.labels)} for axis in axes}
    return [
        GridAxis(name, tuple(sorted(labels, key=lambda label: order.get(name, {}).get(label, len(labels)))))
        for name, labels in used.items()
        if labels
    ]


def arrange(
    tiles: Sequence[Tile],
    axes: Sequence[Axis],
    rows: str | None = None,
    columns: str | None = None,
    pages: PageChoice = None,
) -> list[GridPage]:
    """Return the tiles as tables, one a page.

    `rows`, `columns`: names of axes; without them the first axes with several values, and a single one makes the
    columns. There is a page for every combination of the others. `pages`: the axis that changes slowest from page to
    page, or several in order; or the number of a page, from 1, or several numbers; or a mapping of axes to the values to
    show, such as {"seed": 3} or {"seed": [1, 3]}. Raises ValueError for axes, pages and values that do not exist.
    """
    found = {one.name: one for one in grid_axes(tiles, axes)}
    if not tiles:
        raise ValueError(tr("A grid needs at least one tile."))
    for name in (rows, columns):
        _check_axis(name, found)
    if rows is not None and rows == columns:
        raise ValueError(tr("Rows and columns are both {rows!r}. Name another axis for one of them.", rows=rows))
    turned = [pages] if isinstance(pages, str) else list(pages) if _is_names(pages) else []
    chosen = _chosen(pages, found, axes) if isinstance(pages, Mapping) else {}
    for name in turned:
        _check_axis(name, found)
        if name in (rows, columns):
            raise ValueError(tr("{name!r} cannot turn the pages: it is on each of them already.", name=name))
    free = [one.name for one in found.values() if len(one.labels) > 1 and one.name not in (*turned, *chosen)]
    free = [name for name in free if name not in (rows, columns)]
    if rows is None and (len(free) > 1 or (columns is not None and free)):
        rows = free.pop(0)
    if columns is None and free:
        columns = free.pop(0)
    others = [*turned, *(name for name in found if name not in (*turned, rows, columns))]
    labels = {name: chosen.get(name, one.labels) for name, one in found.items()}
    down, across = (GridAxis(name, tuple(labels[name])) if name else None for name in (rows, columns))
    at = {frozenset((coordinate.axis, coordinate.label) for coordinate in tile.coordinates): tile for tile in tiles}
    places = [tuple(zip(others, where, strict=True)) for where in product(*(labels[name] for name in others))]
    tables = [(where, _table(at, where, down, across)) for where in places]
    tables = [one for one in tables if any(tile for row in one[1] for tile in row)]
    several = {name for name in others if len(found[name].labels) > 1}
    made = [
        GridPage(i, len(tables), tuple(pair for pair in where if pair[0] in several), down, across, table)
        for i, (where, table) in enumerate(tables, 1)
    ]
    return _numbered(made, pages) if isinstance(pages, int) or _is_numbers(pages) else made


def _table(
    at: Mapping[frozenset[tuple[str, str]], Tile],
    where: tuple[tuple[str, str], ...],
    down: GridAxis | None,
    across: GridAxis | None,
) -> tuple[tuple[Tile | None, ...], ...]:
    rows = [((down.name, label),) for label in down.labels] if down else [()]
    columns = [((across.name, label),) for label in across.labels] if across else [()]
    return tuple(tuple(at.get(frozenset((*where, *row, *column))) for column in columns) for row in rows)


def _chosen(pages: Mapping[str, Any], found: Mapping[str, GridAxis], axes: Sequence[Axis]) -> dict[str, list[str]]:
    """Return the labels to show of each axis in `pages`, which gives them as labels or as values."""
    chosen: dict[str, list[str]] = {}
    known = {axis.name: axis for axis in axes}
    for name, wanted in pages.items():
        _check_axis(name, found)
        several = wanted if isinstance(wanted, (list, tuple, set, range)) else [wanted]
        chosen[name] = [_label(known.get(name), value) for value in several]
        unknown = [label for label in chosen[name] if label not in found[name].labels]
        if unknown or not chosen[name]:
            there = listed(found[name].labels)
            raise ValueError(
                tr(
                    "{name} has no value {values}. It has: {there}.",
                    name=name,
                    values=listed(unknown) or tr("chosen"),
                    there=there,
                )
            )
    return chosen


def _label(axis: Axis | None, value: Any) -> str:
    """Return the label of a value: 7 for 7.0, the shortened text for a long prompt, the name for a model's id or role."""
    rows = list(zip(axis.values, axis.labels, strict=True)) if axis else []
    if str(value) in (label for _, label in rows):
        return str(value)
    for other, label in rows:
        if other == value or value in getattr(other, "roles", ()) or value == getattr(other, "id", label):
            return label
    return str(value)


def _numbered(made: list[GridPage], pages: Any) -> list[GridPage]:
    numbers = [pages] if isinstance(pages, int) else list(pages)
    wrong = [number for number in numbers if not 1 <= number <= len(made)]
    if wrong:
        raise ValueError(tr("There is no page {page}: the pages are 1 to {count}.", page=wrong[0], count=len(made)))
    return [made[number - 1] for number in numbers]


def _check_axis(name: str | None, found: Mapping[str, GridAxis]) -> None:
    if name is not None and name not in found:
        raise ValueError(tr("There is no axis {name!r}. The axes are: {axes}.", name=name, axes=listed(found)))


def _is_names(pages: Any) -> bool:
    return isinstance(pages, (list, tuple)) and all(isinstance(one, str) for one in pages)


def _is_numbers(pages: Any) -> bool:
    return isinstance(pages, (list, tuple, range)) and bool(pages) and all(isinstance(one, int) for one in pages)
