"""How much each axis of a sweep moves the picture, held against what a new seed alone does to it: the seed-noise floor.

Only pairs of tiles are compared that differ in one axis and in nothing else. An axis is beyond seed noise where its
typical change (the median of its pairs) is larger than nine in ten changes of seed, by at least one of three measures.
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
from helpers.sweeps.shown.effects.data import Effect, Floor, Step
from helpers.sweeps.shown.effects.distances import Distance, meter
from helpers.sweeps.shown.effects.table import Effects

__all__ = ["Effect", "Effects", "Floor", "Step", "measure"]

MOST_PAIRS = 300  # measured for one axis; of more, so many are drawn, always the same ones
_HIGH = 0.9  # the share of changes of seed that a change must be larger than
_ValuePair: TypeAlias = tuple[int, int]  # places on the axis
_Pairs: TypeAlias = dict[_ValuePair, list[tuple[Path, Path]]]


def measure(tiles: Sequence[Tile], axes: Sequence[Axis]) -> Effects:
    """The effect of each axis on the pictures of a sweep, and the floor where one of them is the seed alone."""
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
        found = {places: [between(*pair) for pair in some] for places, some in _some(pairs).items()}
        if _is_seed(made, axis):
            floor = _floor(found, len(axis))
        else:
            effects.append((axis, values, found, in_all))
    told = tuple(_effect(*effect, floor) for effect in effects)
    sizes = {plan.size_of(model, tile.body) if (model := models.find(tile.model)) else None for tile in made}
    return Effects(told, floor, len(made), len(tiles) - len(made), len(sizes) > 1)


# ---- how ------------------------------------------------------------------------------------------------------------


def _picture(tile: Tile) -> Path | None:
    """The smallest file that holds the tile's picture; None where none can be read, as after a move or a full disk."""
    for path in (tile.thumbnail, tile.path) if tile.made else ():
        with contextlib.suppress(OSError, SyntaxError, ValueError), Image.open(path or "") as image:
            image.load()
            return path
    return None


def _label(tile: Tile, axis: str) -> str:
    return next(place.label for place in tile.coordinates if place.axis == axis)


def _elsewhere(tile: Tile, axis: str) -> tuple[tuple[str, str], ...]:
    """Where a tile lies on all the other axes."""
    return tuple((place.axis, place.label) for place in tile.coordinates if place.axis != axis)


def _ordered(axis: Axis) -> list[int]:
    """The places of a numeric axis in rising order; empty for another axis."""
    numeric = all(isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) for value in axis.values)
    return sorted(range(len(axis)), key=lambda place: axis.values[place]) if numeric else []


def _groups(tiles: Sequence[Tile], axis: str) -> Iterator[list[Tile]]:
    """Tiles that lie on the same place on all axes but this."""
    groups: dict[Any, list[Tile]] = {}
    for tile in tiles:
        groups.setdefault(_elsewhere(tile, axis), []).append(tile)
    yield from groups.values()


def _pairs(tiles: Sequence[Tile], axis: Axis, values: Sequence[int]) -> _Pairs:
    """The pairs of pictures that differ in this axis alone, by their two places in the order of `values`."""
    rank = {axis.labels[place]: rank for rank, place in enumerate(values)}
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
    """Whether the tiles along this axis differ in nothing but the seed."""
    return all(
        _but_seed(tile) == _but_seed(group[0]) and (tile is group[0] or tile.seed != group[0].seed)
        for group in _groups(tiles, axis.name)
        for tile in group
    )


def _but_seed(tile: Tile) -> tuple[str, dict[str, Any]]:
    return tile.model, {key: value for key, value in tile.body.items() if key != "seed"}


def _some(pairs: _Pairs) -> _Pairs:
    """At most MOST_PAIRS in all, the same number of each two values, neighbours first; always the same ones."""
    if len(pairs) > MOST_PAIRS:
        last = max(high for _, high in pairs)
        pairs = {places: some for places, some in pairs.items() if places[1] in (places[0] + 1, last)}
    share = max(1, MOST_PAIRS // len(pairs))
    draw = random.Random(0)
    return {places: some if len(some) <= share else draw.sample(some, share) for places, some in pairs.items()}


def _median(distances: Sequence[Distance], share: float = 0.5) -> Distance:
    return Distance(*(float(one) for one in np.quantile(np.asarray(distances), share, axis=0)))


def _floor(found: Mapping[_ValuePair, list[Distance]], seeds: int) -> Floor:
    whole = [distance for some in found.values() for distance in some]
    return Floor(_median(whole), _median(whole, _HIGH), len(whole), seeds)


def _effect(
    axis: Axis, values: Sequence[int], found: Mapping[_ValuePair, list[Distance]], in_all: int, floor: Floor | None
) -> Effect:
    labels = tuple(axis.labels[place] for place in values)
    whole = [distance for some in found.values() for distance in some]
    numeric = bool(_ordered(axis))
    steps = tuple(
        Step(labels[rank], labels[rank + 1], _median(found[rank, rank + 1]), len(found[rank, rank + 1]))
        for rank in range(len(labels) - 1)
        if numeric and (rank, rank + 1) in found
    )
    quiet = _quiet(found, len(labels), floor) if floor and numeric else None
    return Effect(axis.name, labels, _median(whole), len(whole), in_all, steps, quiet)


def _quiet(found: Mapping[_ValuePair, list[Distance]], count: int, floor: Floor) -> tuple[int, int] | None:
    """The longest run of values, from the top or else from the bottom, of which no two are beyond seed noise."""
    loud = [places for places, some in found.items() if floor.beyond(_median(some))]
    from_top = max((low + 1 for low, _ in loud), default=0)
    if from_top < count - 1:
        return from_top, count - 1
    to_bottom = min((high - 1 for _, high in loud), default=count - 1)
    return (0, to_bottom) if to_bottom > 0 else None
