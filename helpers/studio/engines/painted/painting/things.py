"""A thing of the prompt, with what belongs to it: drawn once, and the spots in a place where it may stand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from ..interface import Cutout, Spot, Standing
from . import art, layout, painter, vocabulary
from .asked import Asked, Group
from .layout import Placement, Scene

__all__ = ["cutouts", "spots", "staged"]

LAYOUTS, VARIANTS = 8, 3
"""Layouts that are looked through for other drawings and arrangements, and how many of those are kept."""
DEPTHS, ACROSS = 4, (4, 2)
"""Spots of a thing: in each part of its depths one in each part of its width, of which there are more for a thing that is
alone in its picture."""
OFF_COLOURS = 2
"""Drawings in colours that the prompt does not name."""
ROOM = (66.0, 84.0)
"""Height and width, in hundredths, into which a group is drawn to be cut out."""
PORTRAIT = 1.2
"""How much larger the only thing in a picture is."""
CLOSER = 1.2
"""Logarithm of how much larger the nearest spot is than the farthest, beside what the place's perspective does."""
MIN_HEIGHT, MAX_HEIGHT = 12.0, 76.0
"""Of the only thing in a picture, and of any thing, in hundredths."""
BUST = 60.0
"""The least height of somebody seen from the chest up, whom the lower edge cuts: a small one lies on the floor."""
APART = 2.0
"""Hundredths of the height by which spots differ at least."""
DRAWN_AT = (50.0, 84.0)
"""x and y of the foot of a group that is drawn to be cut out."""


@dataclass(frozen=True)
class Drawn:
    """A group of placements about their main one."""

    placements: tuple[Placement, ...]
    root: Placement


@lru_cache(maxsize=24)
def cutouts(asked: Asked, thing: int, size: int, pull: float, off_colour: bool) -> tuple[Cutout, ...]:
    """Return the thing drawn a few times: other drawings where the vocabulary has them, or other arrangements of a group."""
    chosen = _looks(asked, thing, pull)
    if off_colour:
        chosen = chosen[:1] * OFF_COLOURS
    shunned = _shunned(asked, pull)
    made = (_cut(scene, places, size, shunned, n if off_colour else None) for n, (scene, places) in enumerate(chosen))
    return tuple(cut for cut in made if cut is not None)


def spots(asked: Asked, thing: int, scene: Scene, territory: tuple[float, float], seed: int) -> tuple[Spot, ...]:
    """Return spots where the thing may stand: anywhere between both ends of its territory (shares of the width), at any
    depth that the place has."""
    mention = asked.root(asked.groups[thing])
    data, home = vocabulary.entry(mention.entry).data, vocabulary.entry(scene.base).data
    indoor, alone = bool(home.get("indoor")), len(asked.groups) == 1
    footing, zone = layout.zone(str(data.get("stands", "ground")), mention.place, home["zones"])
    low, high = data.get("height", (0.2, 0.26))
    size = mention.size * layout.of_weight(mention.weight) * mention.count**-0.2 * scene.camera
    size *= PORTRAIT if alone else layout.ASIDE if _is_small(data, home) else 1.0
    left, right = (100 * scene.aspect * share for share in territory)
    above, below, aside, behind = _reach(asked, thing)
    first, last = (scene.horizon + end * (100 - scene.horizon) for end in zone)
    rng = np.random.default_rng([seed, 3, vocabulary.entry(mention.entry).number])
    out: list[Spot] = []
    wide = ACROSS[not alone]
    for depth, across in product(range(DEPTHS), range(wide)):
        u = rng.random(4)
        near = layout.nearness(zone, (depth + u[1]) / DEPTHS, mention.place)
        close = math.exp(CLOSER * ((depth + u[2]) / DEPTHS - 0.5)) if near >= 0 else math.exp(CLOSER * (u[2] - 0.5))
        height = 100 * (low + high) / 2 * close * size * layout.perspective(near, footing, indoor, mention.place)
        y = scene.horizon + near * (100 - scene.horizon) if near >= 0 else scene.horizon * (1 + near)
        height = max(height, BUST if footing == "front" else MIN_HEIGHT) if alone else height
        deep = (last - first) / max(behind + below, 0.01) if near >= 0 and mention.count > 1 else math.inf
        height = _stepped(min(height, deep, MAX_HEIGHT / (above + below), 0.96 * (right - left) / (2 * aside)))
        if footing in layout.HANGING:
            y = min(max(y, height * above * 1.02), max(scene.horizon * 0.98, height * above * 1.02))
        elif mention.count > 1:
            y = min(max(y, first + height * behind), last - height * below)
        y = min(max(y, height * above + 2), 98.0 - height * below) if mention.place != "near" else y
        half = height * aside
        x = left + half + max(right - left - 2 * half, 0.0) * (across + u[0]) / wide
        spot = Spot(float(x), float(y), float(height), bool(u[3] < 0.5))
        if not any(_alike(spot, other) for other in out):
            out.append(spot)
    return tuple(out)


def _alike(one: Spot, other: Spot) -> bool:
    """Return whether nobody could tell two spots apart: no run should have to choose between them."""
    apart = max(abs(one.x - other.x), abs(one.y - other.y))
    return apart < APART and abs(one.height - other.height) < APART


def _stepped(height: float) -> float:
    """Return a height on a ladder of steps of 6 %, so that places share the same resized drawings."""
    return float(1.06 ** round(math.log(height, 1.06)))


@lru_cache(maxsize=64)
def _reach(asked: Asked, thing: int) -> tuple[float, float, float, float]:
    """Return how far a group reaches above its main part's foot, below it, and to either side of its middle, and how far
    behind it others stand, in heights of its main part, in all the ways that it is drawn."""
    reaches = []
    for _, places in _looks(asked, thing, 1.0):
        root = _root(places)
        x0, y0, x1, y1 = _extent(places)
        behind = root.y - min(p.y for p in places if p.footing != "mount" or p is root)
        reaches.append(np.array([root.y - y0, y1 - root.y, max(root.x - x0, x1 - root.x), behind]) / root.height)
    above, below, aside, behind = (float(most) for most in np.max(reaches, axis=0))
    return above, below, aside, behind


def staged(scene: Scene, standing: Sequence[Standing], mirrored: bool) -> Scene:
    """Return the scene with things in it; `mirrored` swaps left and right of the things, so that they stand where the
    spots say once the whole picture is mirrored."""
    home = vocabulary.entry(scene.base).data
    things = [_grounded(p, scene.horizon, home) for cut, spot in standing for p in _group_at(cut.drawn, spot)]
    if mirrored:
        things = [replace(p, x=100 * scene.aspect - p.x, flip=not p.flip) for p in things]
    placed = [layout.boxed(p, scene.aspect) for p in (*scene.placements, *things)]
    return replace(scene, placements=tuple(sorted(placed, key=layout.from_far_to_near)))


@lru_cache(maxsize=128)
def _looks(asked: Asked, thing: int, pull: float) -> list[tuple[Scene, tuple[Placement, ...]]]:
    """Return up to VARIANTS ways to draw a group: those with other drawings first, then other arrangements."""
    reading, group = asked.without(frozenset(), pull), asked.groups[thing]
    found: dict[Arrangement, tuple[Scene, tuple[Placement, ...]]] = {}
    for seed in range(1, LAYOUTS + 1):
        scene = layout.compose(reading, seed, 1.0)
        places = _facing(_of_group(asked, group, scene.placements))
        found.setdefault(_look(places), (scene, places))
    drawings: dict[tuple[str, ...], Arrangement] = {}
    for look in found:
        drawings.setdefault(tuple(one[0] for one in look), look)
    first = list(drawings.values())
    rest = [look for look in found if look not in first]
    return [found[look] for look in (*first, *rest)[:VARIANTS]]


Arrangement = tuple[tuple[Any, ...], ...]
"""Drawings of a group, and how they stand to each other."""


def _of_group(asked: Asked, group: Group, placements: Sequence[Placement]) -> tuple[Placement, ...]:
    keys = {(asked.objects[i].entry, asked.objects[i].colour) for i in group}
    return tuple(p for p in placements if (p.entry, p.colour) in keys)


def _root(places: Sequence[Placement]) -> Placement:
    """Return the one that the others of a group stand or sit on, or that carries them: of several, the middle one."""
    standing = [p for p in places if p.footing != "mount"] or [*places]
    x0, _, x1, _ = _extent(standing)
    return min(standing, key=lambda p: abs(p.x - (x0 + x1) / 2))


def _facing(places: tuple[Placement, ...]) -> tuple[Placement, ...]:
    """Return a group turned so that its main one faces as it is drawn."""
    root = _root(places)
    if not root.flip:
        return places
    return tuple(replace(p, x=2 * root.x - p.x, flip=not p.flip) for p in places)


def _look(places: tuple[Placement, ...]) -> Arrangement:
    root = _root(places)
    unit = root.height / 10
    return tuple(
        (p.drawing, p.flip, round((p.x - root.x) / unit), round((p.y - root.y) / unit), round(p.height / unit))
        for p in places
    )


def _is_small(data: vocabulary.Data, home: vocabulary.Data) -> bool:
    return data.get("stands") == "table" and not home.get("close")


def _group_at(drawn: Drawn, spot: Spot) -> tuple[Placement, ...]:
    return tuple(_moved(p, drawn.root, spot) for p in drawn.placements)


def _grounded(p: Placement, horizon: float, home: vocabulary.Data) -> Placement:
    """Return a placement with the footing and the haze of where it stands now."""
    if p.footing == "mount":
        return p
    footing, _ = layout.zone(str(vocabulary.entry(p.entry).data.get("stands", "ground")), None, home["zones"])
    near = (p.y - horizon) / (100 - horizon)
    return replace(p, footing=footing, depth=round(layout.depth_of(near, footing, bool(home.get("indoor"))), 2))


def _moved(p: Placement, root: Placement, spot: Spot) -> Placement:
    """Return a placement of a group carried to a spot, with all its sizes."""
    scale = spot.height / root.height
    across = (p.x - root.x) * (-scale if spot.flip else scale)
    return replace(
        p,
        x=spot.x + across,
        y=spot.y + (p.y - root.y) * scale,
        height=p.height * scale,
        lift=p.lift * scale,
        flip=p.flip ^ spot.flip,
    )


def _shunned(asked: Asked, pull: float) -> tuple[tuple[str, float], ...]:
    return tuple((n, round(w * pull, 4)) for n, w in asked.unwanted if vocabulary.entry(n).kind == "colour")


def _cut(
    scene: Scene, places: tuple[Placement, ...], size: int, shunned: tuple[tuple[str, float], ...], off: int | None
) -> Cutout | None:
    """Draw a group in the middle of nothing, and cut it out."""
    if off is not None:
        places = tuple(replace(p, colour=_other_colour(p.colour, off)) if p.colour else p for p in places)
    root = _root(places)
    x0, y0, x1, y1 = _extent(places)
    scale = min(ROOM[0] / max(y1 - y0, 1), ROOM[1] / max(x1 - x0, 1))
    middle = replace(root, x=(x0 + x1) / 2)
    moved = tuple(_moved(p, middle, Spot(*DRAWN_AT, middle.height * scale)) for p in places)
    alone = replace(scene, placements=moved, aspect=1.0, sun=(20.0, 10.0), shunned=shunned, faded=())
    pixels = painter.paint_objects(alone, size, size)
    rows, columns = (np.flatnonzero(pixels[..., 3].max(axis) > 0.1) for axis in (1, 0))
    if not rows.size or not columns.size:
        return None
    main = moved[places.index(root)]
    cut = np.ascontiguousarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    unit = size / 100
    foot = (main.y * unit - rows[0], main.x * unit - columns[0])
    return Cutout(cut, foot, main.height * unit, Drawn(moved, main), off_colour=off is not None)


def _extent(places: Sequence[Placement]) -> tuple[float, float, float, float]:
    half = [p.height * art.load(p.drawing).width / 200 for p in places]
    return (
        min(p.x - w for p, w in zip(places, half, strict=True)),
        min(p.y - p.lift - p.height for p in places),
        max(p.x + w for p, w in zip(places, half, strict=True)),
        max(p.y for p in places),
    )


def _other_colour(colour: str, number: int) -> str:
    """Return one of the palette's colours that is not this one."""
    palette = [e.data["colour"] for e in vocabulary.entries().values() if e.kind == "colour"]
    others = [c for c in palette if c != colour]
    return str(others[(7 * number + 3) % len(others)])
