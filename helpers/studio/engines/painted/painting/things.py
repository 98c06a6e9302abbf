"""A thing of the prompt, with what belongs to it: drawn once, and the spots in a place where it may stand."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from ..interface import Cutout, Says, Spot, Standing
from . import layout, painter, sizes, vocabulary
from .asked import Asked, Group
from .layout import Scene
from .placement import Placement, boxed, colourable, extent, from_far_to_near, moved
from .prompt import Mention
from .together import WEAR, holds, links, looks, mirrors, shown

__all__ = ["cutouts", "spots", "staged"]

LAYOUTS, VARIANTS = 8, 3
"""Layouts that are looked through for other drawings and arrangements, and how many of those are kept."""
DEPTHS, ACROSS = 4, (4, 2)
"""Spots of a thing: in each part of its depths one in each part of its width, of which there are more for a thing that is
alone in its picture."""
COLOURED, CLOTHED = 0.3, 0.18
"""Share of a drawing that has the colour which the prompt names, from which on anybody would name it too: not a red stripe; and of
somebody, whose clothes have it."""
OFF_COLOURS = 2
"""Drawings in colours that the prompt does not name."""
ROOM = (66.0, 84.0)
"""Height and width, in hundredths, into which a group is drawn to be cut out."""
SEEN = ((45.0, 40.0, 36.0), (54.0, 44.0, 36.0))
"""Height of what a prompt names first, in hundredths: in a picture of one thing, of two and of more, and the same on a table."""
SMALLEST, BROAD = 22.0, 2.0
"""Of that height beside something much larger, unless that is so many times as broad as high: it has no room to be large."""
EVEN = {"close": (0.3, 0.88, 1.2), "alone": (1.1, 0.56, 1.35), "among": (0.4, 0.78, 1.3)}
"""Power of what distance and camera do to heights, and their least and largest factor: on a table, and elsewhere for one thing
and for several, which keep their sizes to each other."""
GIANT, FARTHER = 2.5, 0.4
"""How many times as large as what is named first something is that stands behind it, and in what share of the depths."""
CLOSE_UP = 1.5
"""Factor of the camera from which nothing is far away."""
FAR = 0.45
"""Factor of the height of what the prompt says is far away."""
LEAST, MOST, SOMEBODY = (11.0, 20.0), 60.0, 22.0
"""Of what is named after the first, in hundredths: on a table it is larger; and the least of people."""
WIDE, EDGES = (0.42, 0.92), 0.96
"""Shares of its territory's width that a thing takes at most, if it is alone far away, and else; and what
is called large or asked to be near."""
NEARER = 0.1
"""Share of the way to the near end of its depths that comes what is nearer than usual."""
CLOSER = 1.6
"""Logarithm of how much larger the nearest spot is than the farthest, beside what the place's perspective does."""
MAX_HEIGHT = 76.0
"""Of any thing, in hundredths."""
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
    middle: float
    """x of the group's middle."""


@lru_cache(maxsize=24)
def cutouts(asked: Asked, thing: int, size: int, pull: float, off_colour: bool) -> tuple[Cutout, ...]:
    """Return the thing drawn a few times: other drawings where the vocabulary has them, or other arrangements of a group."""
    chosen = _looks(asked, thing, pull)
    if off_colour:
        chosen = chosen[:1] * OFF_COLOURS
    shunned = _shunned(asked, pull)
    group = asked.groups[thing]
    made = (
        _cut(asked.objects, way, size, shunned, n if off_colour else None, _may_turn(asked, group, way[1]))
        for n, way in enumerate(chosen)
    )
    return tuple(cut for cut in made if cut is not None)


def spots(asked: Asked, thing: int, scene: Scene, territory: tuple[float, float], seed: int) -> tuple[Spot, ...]:
    """Return spots where the thing may stand: anywhere between both ends of its territory (shares of the width), at any
    depth that the place has."""
    mention = asked.root(asked.groups[thing])
    data, home = vocabulary.entry(mention.entry).data, layout.home(scene.base, scene.laid)
    indoor, alone = bool(home.get("indoor")), len(asked.groups) == 1
    footing, zone = layout.zone(str(data.get("stands", "ground")), mention.place, home["zones"])
    near_view = bool(home.get("close")) or footing == "front"
    wanted = _wanted(asked, bool(home.get("close")))[thing]
    framed = layout.frame(asked.reading)[1]
    larger = framed * mention.size * layout.of_weight(mention.weight)
    evenly = EVEN["close" if home.get("close") else "alone" if alone else "among"]
    least = max(evenly[1], 1.0 if framed >= CLOSE_UP else 0.0)
    nearer, farther = _depths(asked, thing)
    left, right = (100 * scene.aspect * share for share in territory)
    above, below, aside, behind = _reach(asked, thing)
    first, last = (scene.horizon + end * (100 - scene.horizon) for end in zone)
    rng = np.random.default_rng([seed, 3, vocabulary.entry(mention.entry).number])
    out: list[Spot] = []
    wide = ACROSS[not alone]
    for depth, across in product(range(DEPTHS), range(wide)):
        u = rng.random(4)
        near = layout.nearness(zone, nearer + farther * (depth + u[1]) / DEPTHS, mention.place)
        close = math.exp(CLOSER * ((depth + u[2]) / DEPTHS - 0.5)) if near >= 0 else math.exp(CLOSER * (u[2] - 0.5))
        if mention.place is None:
            close *= layout.perspective(near, footing, indoor, mention.place)
        share = (depth + u[2]) / DEPTHS if alone and not near_view else 1.0
        height = wanted * min(max((close * scene.camera) ** evenly[0], least), evenly[2])
        if near >= 0 and mention.place is None and height > wanted:
            near += NEARER * (zone[1] - near)
        if footing == "front":
            height = max(_nominal(mention) * close * scene.camera, BUST if alone else 0.0)
        y = scene.horizon + near * (100 - scene.horizon) if near >= 0 else scene.horizon * (1 + near)
        deep = (
            (last - first) / max(behind + below, 0.01) if near >= 0 and mention.count > 1 and last > first else math.inf
        )
        room = min((WIDE[0] + (WIDE[1] - WIDE[0]) * share) * max(1.0, larger), EDGES) * (right - left) / (2 * aside)
        height = _stepped(min(height, deep, MAX_HEIGHT / (above + below), room))
        if footing in layout.HANGING:
            y = min(max(y, height * above * 1.02), max(scene.horizon * 0.98, height * above * 1.02))
        elif mention.count > 1:
            y = min(max(y, first + height * behind), last - height * below)
        y = min(max(y, height * above + 2), 98.0 - height * below) if mention.place != "near" else y
        half = height * aside
        x = left + half + max(right - left - 2 * half, 0.0) * _aside((across + u[0]) / wide)
        spot = Spot(float(x), float(y), float(height), bool(u[3] < 0.5))
        if not any(_alike(spot, other) for other in out):
            out.append(spot)
    return tuple(out)


def _aside(share: float) -> float:
    """Return a share of the way across, 0..1, drawn away from the middle, where few pictures have their main thing."""
    return share * share * (3 - 2 * share)


@lru_cache(maxsize=64)
def _wanted(asked: Asked, close: bool) -> tuple[float, ...]:
    """Return how high the main parts of all things are, in hundredths, before distance makes them larger or smaller.

    What the prompt names first is seen at once, unless the prompt says that it is small or far away. The others are as
    large beside it as they are, but never too small to be seen; beside what is much larger, it is smaller itself.
    """
    roots = [asked.root(group) for group in asked.groups]
    first = asked.objects[min(asked.groups[0])]
    frame = layout.frame(asked.reading)[1]
    usual = SEEN[close][min(len(roots), 3) - 1] * frame
    usual *= first.size * layout.of_weight(first.weight) * first.count**-0.35 * (FAR if first.place == "far" else 1.0)
    main = min(usual / _share(asked, 0), max(MOST, usual))
    heights = [main]
    for number, root in enumerate(roots[1:], 1):
        share = sizes.beside(root, roots[0], _nominal(root) / _nominal(roots[0]))
        seen = max(LEAST[close], SOMEBODY if "hands" in vocabulary.entry(root.entry).data else 0.0)
        least = seen * root.size / min(1.0, _share(asked, number))
        height = min(max(main * share * root.count**-0.2, least), MOST)
        heights.append(height * (FAR if root.place == "far" else 1.0))
        if first.place != "far" and 2 * _reach(asked, number)[2] < BROAD:
            heights[0] = min(heights[0], max(height / share, min(main, SMALLEST * frame)))
    return tuple(heights)


@lru_cache(maxsize=64)
def _depths(asked: Asked, thing: int) -> tuple[float, float]:
    """Return where the depths of a place begin for a thing, and what share of them it has: of two that are of very
    different size, the larger one stands behind the other."""
    first, *others = (asked.root(group) for group in asked.groups)
    if thing:
        larger = sizes.beside(others[thing - 1], first, 1.0) > GIANT
        return (0.0, FARTHER) if larger else (0.0, 1.0)
    small = any(sizes.beside(other, first, 1.0) > GIANT for other in others)
    return (FARTHER, 1 - FARTHER) if small else (0.0, 1.0)


def _nominal(mention: Mention) -> float:
    """Return how high a thing is in a picture of its own, in hundredths, as its vocabulary and the prompt say."""
    usual = vocabulary.entry(mention.entry).data.get("height", (0.2, 0.26))
    return 50 * float(sum(usual)) * mention.size * layout.of_weight(mention.weight)


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
    for _, places, root in _looks(asked, thing, 1.0):
        x0, y0, x1, y1 = extent(places)
        behind = root.y - min(p.base[1] for p in places)
        reaches.append(np.array([root.y - y0, y1 - root.y, (x1 - x0) / 2, behind]) / root.height)
    above, below, aside, behind = (float(most) for most in np.max(reaches, axis=0))
    return above, below, aside, behind


@lru_cache(maxsize=64)
def _share(asked: Asked, thing: int) -> float:
    """Return how high the object of a group that is named first is, in heights of the main part of its group."""
    _, places, root = _looks(asked, thing, 1.0)[0]
    named = min(asked.groups[thing])
    return max((p.height for p in places if p.mention == named), default=root.height) / root.height


def staged(scene: Scene, standing: Sequence[Standing], mirrored: bool) -> Scene:
    """Return the scene with things in it; `mirrored` swaps left and right of the things, so that they stand where the
    spots say once the whole picture is mirrored."""
    home = layout.home(scene.base, scene.laid)
    things = [_grounded(p, scene.horizon, home) for cut, spot in standing for p in _group_at(cut.drawn, spot)]
    if mirrored:
        things = [moved(p, (0.0, 0.0), (100 * scene.aspect, 0.0), 1.0, flip=True) for p in things]
    placed = [boxed(p, scene.aspect) for p in (*scene.placements, *things)]
    return replace(scene, placements=tuple(sorted(placed, key=from_far_to_near)))


Way = tuple[Scene, tuple[Placement, ...], Placement]
"""A scene with a group in it, the group, and its main part."""


@lru_cache(maxsize=128)
def _looks(asked: Asked, thing: int, pull: float) -> list[Way]:
    """Return up to VARIANTS ways to draw a group: those with other drawings first, then other arrangements."""
    reading, group = asked.without(frozenset(), pull), asked.groups[thing]
    found: dict[Arrangement, Way] = {}
    for seed in range(1, LAYOUTS + 1):
        scene = layout.compose(reading, seed, 1.0)
        places = _facing(asked, group, tuple(p for p in scene.placements if p.mention in group))
        found.setdefault(_look(places), (scene, places, _root(asked, group, places)))
    drawings: dict[tuple[str, ...], Arrangement] = {}
    for look in found:
        drawings.setdefault(tuple(one[0] for one in look), look)
    first = list(drawings.values())
    rest = [look for look in found if look not in first]
    return [found[look] for look in (*first, *rest)[:VARIANTS]]


Arrangement = tuple[tuple[Any, ...], ...]
"""Drawings of a group, and how they stand to each other."""


def _root(asked: Asked, group: Group, places: Sequence[Placement]) -> Placement:
    """Return the one that the others of a group lean on: of several copies, the middle one."""
    main = asked.root(group)
    copies = [p for p in places if asked.objects[p.mention] is main]
    x0, _, x1, _ = extent(copies)
    return min(copies, key=lambda p: abs(p.x - (x0 + x1) / 2))


def _may_turn(asked: Asked, group: Group, places: Sequence[Placement]) -> bool:
    """Return whether a group may be mirrored: not where left and right are as the prompt says, nor where it is lettered."""
    sided = any(asked.objects[i].relation in ("left_of", "right_of") for i in group)
    return not sided and all(mirrors(p.entry) for p in places)


def _facing(asked: Asked, group: Group, places: tuple[Placement, ...]) -> tuple[Placement, ...]:
    """Return a group turned so that its main one faces as it is drawn, where it may be turned."""
    root = _root(asked, group, places)
    if not root.flip or not _may_turn(asked, group, places):
        return places
    return tuple(moved(p, (root.x, root.y), (root.x, root.y), 1.0, flip=True) for p in places)


def _look(places: tuple[Placement, ...]) -> Arrangement:
    first = places[0]
    unit = first.height / 10
    return tuple(
        (p.drawing, p.flip, round((p.x - first.x) / unit), round((p.y - first.y) / unit), round(p.height / unit))
        for p in places
    )


def _group_at(drawn: Drawn, spot: Spot) -> tuple[Placement, ...]:
    """Return a group carried to a spot, with all its sizes."""
    scale = spot.height / drawn.root.height
    start = (drawn.middle, drawn.root.y)
    return tuple(moved(p, start, (spot.x, spot.y), scale, spot.flip) for p in drawn.placements)


def _grounded(p: Placement, horizon: float, home: vocabulary.Data) -> Placement:
    """Return a placement with the footing and the haze of where it stands now."""
    footing, _ = layout.zone(str(vocabulary.entry(p.entry).data.get("stands", "ground")), None, home["zones"])
    if p.footing == "mount" or p.base != (p.x, p.y):
        footing = p.footing
    near = (p.base[1] - horizon) / (100 - horizon)
    ground = "sky" if p.aloft else footing
    return replace(p, footing=footing, depth=round(layout.depth_of(near, ground, bool(home.get("indoor"))), 2))


def _shunned(asked: Asked, pull: float) -> tuple[tuple[str, float], ...]:
    return tuple((n, round(w * pull, 4)) for n, w in asked.unwanted if vocabulary.entry(n).kind == "colour")


def _cut(
    objects: Sequence[Mention],
    way: Way,
    size: int,
    shunned: tuple[tuple[str, float], ...],
    off: int | None,
    turns: bool,
) -> Cutout | None:
    """Draw a group in the middle of nothing, and cut it out."""
    scene, places, root = way
    main = places.index(root)
    if off is not None:
        places = tuple(replace(p, colour=_other_colour(p.colour, off)) if p.colour else p for p in places)
    x0, y0, x1, y1 = extent(places)
    scale = min(ROOM[0] / max(y1 - y0, 1), ROOM[1] / max(x1 - x0, 1))
    group = _group_at(Drawn(places, root, (x0 + x1) / 2), Spot(*DRAWN_AT, root.height * scale))
    drawn = Drawn(group, group[main], DRAWN_AT[0])
    alone = replace(scene, placements=drawn.placements, aspect=1.0, sun=(20.0, 10.0), shunned=shunned, faded=())
    pixels = painter.paint_objects(alone, size, size)
    rows, columns = (np.flatnonzero(pixels[..., 3].max(axis) > 0.1) for axis in (1, 0))
    if not rows.size or not columns.size:
        return None
    cut = np.ascontiguousarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    unit = size / 100
    foot = (drawn.root.y * unit - rows[0], drawn.middle * unit - columns[0])
    parts = {number: area / drawn.root.height**2 for number, area in shown(group).items()}
    heights = {p.mention: p.height / drawn.root.height for p in sorted(group, key=lambda p: p.height)}
    untrue = frozenset(_untrue(objects, group))
    return Cutout(cut, foot, drawn.root.height * unit, drawn, off is not None, turns, parts, heights, untrue)


def _untrue(objects: Sequence[Mention], group: Sequence[Placement]) -> Iterator[tuple[int, Says]]:
    """Yield what a group does not show of its objects as the prompt says it: a colour that hardly anything of one has, or that
    its holder is painted in; fewer copies; a relation that does not hold."""
    bonds, (_, gone) = links(objects), looks(objects)
    copies = Counter(p.mention for p in group)
    for number in {p.mention for p in group} | {i for i in gone if bonds[i].to in copies}:
        bond, own = bonds.get(number), [p for p in group if p.mention == number]
        others = [p for p in group if bond and p.mention == bond.to]
        clothes = bond is not None and bond.how in WEAR
        coloured = own or (others if clothes else [])
        if objects[number].colour and not any(_is_coloured(p) for p in coloured):
            yield number, "colour"
        if objects[number].count > max(copies[number], len(others) if number in gone else 0):
            yield number, "count"
        if (
            bond is not None
            and number not in gone
            and not any(holds(bond.how, p, other) for p in own for other in others)
        ):
            yield number, "relation"


def _is_coloured(place: Placement) -> bool:
    """Return whether anybody would say that a drawing has the colour which it takes."""
    somebody = "hands" in vocabulary.entry(place.entry).data
    return colourable(place.drawing) >= (CLOTHED if somebody else COLOURED)


def _other_colour(colour: str, number: int) -> str:
    """Return one of the palette's colours that is not this one."""
    palette = [e.data["colour"] for e in vocabulary.entries().values() if e.kind == "colour"]
    others = [c for c in palette if c != colour]
    return str(others[(7 * number + 3) % len(others)])
