"""The measure of how much each axis changes the picture, against what a new seed alone does: the seed-noise floor.

Only tiles that differ in one axis and in nothing else are compared. An axis is beyond seed noise where its typical
change (the median of its pairs) is larger than nine in ten changes of seed, by at least one of three measures.
"""

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from helpers import models
from helpers.sweeps.axes import plan
from helpers.sweeps.axes.tiles import Axis, Tile
from helpers.sweeps.shown.effects.distances import Distance, meter
from helpers.sweeps.shown.effects.report import Effect, Effects, Floor, Step

MAX_PAIRS = 300  # measured for one axis; of more, a sample of this size, always the same one
_HIGH = 0.9  # quantile of the changes of seed that a change must be above
_ValuePair: TypeAlias = tuple[int, int]  # positions of two values in the order measured
_Pairs: TypeAlias = dict[_ValuePair, list[tuple[Path, Path]]]


def measure(tiles: Sequence[Tile], axes: Sequence[Axis]) -> Effects:
    """Return the effect of each axis on the pictures of a sweep, and the floor if one axis is the seed alone."""
    made = [tile for tile in tiles if _picture(tile) is not None]
    between = meter()
    floor: Floor | None = None
    effects = []
    for axis in axes:
        values = _ordered(axis) or list(range(len(axis)))
        pairs = _pairs(made, axis, values)
        in_all = sum(map(len, pairs.values()))
        if not in_all:
            continue
        found = {places: [between(*pair) for pair in some] for places, some in _sampled(pairs).items()}
        if _is_seed(made, axis):
            floor = _floor(found, len(axis))
        else:
            effects.append((axis, values, found, in_all))
    measured = tuple(_effect(*effect, floor) for effect in effects)
    sizes = {plan.size_of(model, tile.body) if (model := models.find(tile.model)) else None for tile in made}
    return Effects(measured, floor, len(made), len(tiles) - len(made), len(sizes) > 1)


# ---- pairs of pictures ----------------------------------------------------------------------------------------------


def _picture(tile: Tile) -> Path | None:
    """Return the smallest file with the tile's picture; None where no file can be read."""
    for path in (tile.thumbnail, tile.path) if tile.made else ():
        with contextlib.suppress(OSError, SyntaxError, ValueError), Image.open(path or "") as image:
            image.load()
            return path
    return None


def _label(tile: Tile, axis: str) -> str:
    return next(coordinate.label for coordinate in tile.coordinates if coordinate.axis == axis)


def _other_coordinates(tile: Tile, axis: str) -> tuple[tuple[str, str], ...]:
    """Return the coordinates of a tile on all axes but this one."""
    return tuple((coordinate.axis, coordinate.label) for coordinate in tile.coordinates if coordinate.axis != axis)


def _ordered(axis: Axis) -> list[int]:
    """Return the positions of a numeric axis in ascending order of its values; empty for any other axis."""
    numeric = all(isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) for value in axis.values)
    return sorted(range(len(axis)), key=lambda index: axis.values[index]) if numeric else []


def _groups(tiles: Sequence[Tile], axis: str) -> Iterator[list[Tile]]:
    """Yield the groups of tiles that have the same coordinates on all axes but this one."""
    groups: dict[Any, list[Tile]] = {}
    for tile in tiles:
        groups.setdefault(_other_coordinates(tile, axis), []).append(tile)
    yield from groups.values()


def _pairs(tiles: Sequence[Tile], axis: Axis, values: Sequence[int]) -> _Pairs:
    """Return the pairs of pictures that differ in this axis alone, by the ranks of their two values in `values`."""
    rank = {axis.labels[index]: rank for rank, index in enumerate(values)}
    pairs: _Pairs = {}
    for group in _groups(tiles, axis.name):
        placed = sorted(((rank[_label(tile, axis.name)], tile) for tile in group), key=lambda one: one[0])
        for (low, one), (high, other) in combinations(placed, 2):
            pairs.setdefault((low, high), []).append((_path(one), _path(other)))
    return pairs


def _path(tile: Tile) -> Path:
    path = _picture(tile)
    assert path is not None
    return path


def _is_seed(tiles: Sequence[Tile], axis: Axis) -> bool:
    """Return whether the tiles along this axis differ in nothing but the seed."""
    return all(
        _without_seed(tile) == _without_seed(group[0]) and (tile is group[0] or tile.seed != group[0].seed)
        for group in _groups(tiles, axis.name)
        for tile in group
    )


def _without_seed(tile: Tile) -> tuple[str, dict[str, Any]]:
    return tile.model, {key: value for key, value in tile.body.items() if key != "seed"}


def _sampled(pairs: _Pairs) -> _Pairs:
    """Return a sample of about MAX_PAIRS pairs, equally many for each two values, and the same on every run.

    Above MAX_PAIRS pairs of values, only neighbours and pairs with the last value are kept.
    """
    if len(pairs) > MAX_PAIRS:
        last = max(high for _, high in pairs)
        pairs = {places: some for places, some in pairs.items() if places[1] in (places[0] + 1, last)}
    share = max(1, MAX_PAIRS // len(pairs))
    draw = random.Random(0)
    return {places: some if len(some) <= share else draw.sample(some, share) for places, some in pairs.items()}


def _median(distances: Sequence[Distance], share: float = 0.5) -> Distance:
    return Distance(*(float(one) for one in np.quantile(np.asarray(distances), share, axis=0)))


def _floor(found: Mapping[_ValuePair, list[Distance]], seeds: int) -> Floor:
    distances = [distance for some in found.values() for distance in some]
    return Floor(_median(distances), _median(distances, _HIGH), len(distances), seeds)


def _effect(
    axis: Axis, values: Sequence[int], found: Mapping[_ValuePair, list[Distance]], in_all: int, floor: Floor | None
) -> Effect:
    labels = tuple(axis.labels[index] for index in values)
    distances = [distance for some in found.values() for distance in some]
    numeric = bool(_ordered(axis))
    steps = tuple(
        Step(labels[rank], labels[rank + 1], _median(found[rank, rank + 1]), len(found[rank, rank + 1]))
        for rank in range(len(labels) - 1)
        if numeric and (rank, rank + 1) in found
    )
    quiet = _quiet(found, len(labels), floor) if floor and numeric else None
    return Effect(axis.name, labels, _median(distances), len(distances), in_all, steps, quiet)


def _quiet(found: Mapping[_ValuePair, list[Distance]], count: int, floor: Floor) -> tuple[int, int] | None:
    """Return the first and last index of the longest range of values of which no two differ beyond seed noise.

    The range ends at the last value, or else begins at the first; None where it has fewer than two values.
    """
    beyond = [places for places, some in found.items() if floor.beyond(_median(some))]
    from_top = max((low + 1 for low, _ in beyond), default=0)
    if from_top < count - 1:
        return from_top, count - 1
    to_bottom = min((high - 1 for _, high in beyond), default=count - 1)
    return (0, to_bottom) if to_bottom > 0 else None
