"""How the objects of a prompt stand to each other: riders on their mounts, hats on heads, cups in hands, a cat behind a tree.

What stands by itself is placed first (`layout`). Everything else is placed here by what it belongs to, at the size that the
two have to each other, and forms one bunch with it: a list of placements from far to near.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from . import anchors, art, sizes, vocabulary
from .placement import FOOT, ROWS, Placement, mask_of, put, spot_of
from .prompt import Mention

__all__ = [
    "ASIDE",
    "WEAR",
    "Bond",
    "Bunch",
    "Dress",
    "covered",
    "drawing_of",
    "gather",
    "holds",
    "links",
    "looks",
    "mirrors",
    "of_weight",
    "shown",
    "usual_height",
]

ASIDE = 0.5
"""How large something from a table is beside other things, where the scene is no close view."""
WEAR, HOLD = ("wear", "worn"), ("hold", "held", "eat", "drink", "read", "play", "shoulder")
ON_TOP = (1.2, 88.0)
"""Width in widths of the head, and the line of its view box that comes there, of what is worn and is made for no other place."""
TALL, BITE = (0.15, 0.45), 0.28
"""Least and largest height of something held whose drawing does not say it, in heights of its holder; and its
largest in the mouth."""
FAN = 32.0
"""Degrees between the copies of one thing in one hand, as three balloons."""
SIZES = (0.12, 2.5)
"""Least and largest height of one thing by another, in heights of that other."""
ON_A_TABLE = 0.3
"""Least height of what stands on a table, in heights of that table: a cup is seen."""
HUGE = 2.4
"""How many times as high as what it sits on somebody is who keeps his size."""
LEGS = 0.24
"""Share of the height of somebody astride that hangs down behind what is ridden."""
PERCH = (0.42, 0.62)
"""Least distance of what sits on a shoulder from the middle of both, in widths of the body and of the head."""
PERCHED = (0.26, 0.62)
"""Largest height of what sits on a shoulder, and of a person astride the neck, in heights of who bears them."""
CROWD = 0.8
"""Distance of copies beside each other, in their widths."""
STEP = 0.04
"""How much farther away stands what is behind something, and how much nearer what is in front of it, in heights of both."""
HIDDEN, WAYS = 0.3, 24
"""Share of what is behind something that is covered, and how many places it is tried at on its way in from the side."""
SEEN = 0.08
"""Share of what is behind something that is covered at least, so that anybody would say so."""
SUNK, DEEPEST = 0.42, 92.0
"""Share of what is in a container that its front covers, and the line of the view box down to which it may reach."""

Bunch = list[Placement]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Bond:
    """What an object belongs to, and how."""

    how: str
    """"mount", an action that carries, or a relation of the reading."""
    to: int
    """Number of the other object."""


@dataclass(frozen=True)
class Dress:
    """How somebody is drawn who wears what the prompt says: with it, or so that it can be put on."""

    drawings: Sequence[str]
    colour: str | None


def links(objects: Sequence[Mention]) -> Mapping[int, Bond]:
    """Return what each object belongs to, by its number; those that stand by themselves are not there."""
    found: dict[int, Bond] = {}
    for i, mention in enumerate(objects):
        if mention.mount and i + mention.mount < len(objects):
            found[i] = Bond("mount", i + mention.mount)
        elif mention.relation and mention.of and 0 <= i + mention.of < len(objects):
            found[i] = Bond(mention.relation, i + mention.of)
        elif i and (carry := objects[i - 1].carry):
            found[i] = Bond(carry, i - 1)
    return found


def looks(objects: Sequence[Mention]) -> tuple[Mapping[int, Dress], frozenset[int]]:
    """Return the looks of those who are drawn with what they wear, and the numbers of what is thus not drawn by itself."""
    found: dict[int, Dress] = {}
    gone: set[int] = set()
    bonds = {i: link for i, link in links(objects).items() if link.how in (*WEAR, *HOLD)}
    for i, link in bonds.items():
        shown = vocabulary.entry(objects[link.to].entry).data.get("dressed", {}).get(objects[i].entry, ())
        before = found.get(link.to, Dress(shown, None))
        both = [drawing for drawing in before.drawings if drawing in shown]
        if both:
            found[link.to] = Dress(both, before.colour or objects[i].colour or objects[link.to].colour)
            gone.add(i)
    for i, link in bonds.items():
        drawings = vocabulary.entry(objects[link.to].entry).data["art"]
        able = anchors.wearing(objects[link.to].entry, objects[i].entry)
        if link.how in WEAR and link.to not in found and 0 < len(able) < len(drawings):
            found[link.to] = Dress(able, objects[link.to].colour)
    return found, frozenset(gone)


def drawing_of(mention: Mention, footing: str, look: Dress | None, u: float) -> str:
    """Return one of a thing's drawings, as it is dressed and where it stands; u (0..1) chooses."""
    data = vocabulary.entry(mention.entry).data
    drawings = look.drawings if look else data.get(f"art_{footing}", data["art"])
    return str(drawings[int(u * len(drawings))])


def of_weight(weight: float) -> float:
    """Return the factor by which a prompt's weight makes a thing larger or smaller."""
    return min(3.0, max(0.3, weight)) ** 0.2


def gather(objects: Sequence[Mention], bunches: Sequence[Bunch], seed: int) -> list[Bunch]:
    """Return the bunches of what stands by itself, each with all that belongs to it."""
    linked, (dressed, gone) = links(objects), looks(objects)
    out = [[*bunch] for bunch in bunches]
    here, todo = {p.mention for bunch in out for p in bunch}, [i for i in linked if i not in gone]
    while ready := [i for i in todo if linked[i].to in here]:
        link = linked[ready[-1]]  # the last first, right in front of its holder: what is named later is on top
        these = [i for i in ready if linked[i] == link]
        these = these if link.how == "mount" else these[-1:]
        others = [(bunch, p) for bunch in out for p in bunch if p.mention == link.to]
        things = [thing for i in these for thing in _things(objects, i, dressed.get(i), others, seed)]
        if link.how == "mount":
            _sit(things, others, vocabulary.entry(objects[link.to].entry).data)
        elif link.how in WEAR:
            _wear(things, others, objects[these[0]].size)
        elif link.how in HOLD:
            before = [j for j in linked if linked[j].to == link.to and linked[j].how in HOLD and j < these[0]]
            _hold(things, others, objects[these[0]].size, "hand2" if len(before) % 2 else "hand")
        elif link.how in vocabulary.grammar().actions:
            _let_fly(things, others, vocabulary.grammar().actions[link.how])
        else:
            beside = [j for j in linked if linked[j] == link and j < these[0]]
            _relate(things, others, link.how, len(beside))
        here.update(these)
        todo = [i for i in todo if i not in these]
    return [
        [replace(p, layer=layer, flip=p.flip and mirrors(p.entry)) for layer, p in enumerate(bunch)] for bunch in out
    ]


def mirrors(entry: str) -> bool:
    """Return whether something may be mirrored: letters, numbers and maps would read wrong."""
    return "lettered" not in vocabulary.entry(entry).data


def _things(
    objects: Sequence[Mention], i: int, look: Dress | None, others: Sequence[tuple[Bunch, Placement]], seed: int
) -> Iterator[Placement]:
    """Yield the copies of a thing at the feet of the one that it belongs to, in turns, as large as it is beside it."""
    mention, rng = objects[i], np.random.default_rng([seed, vocabulary.entry(objects[i].entry).number])
    for copy in range(mention.count):
        u = rng.random(5)
        _, other = others[copy % len(others)]
        bearer = objects[other.mention]
        share = sizes.beside(mention, bearer, _nominal(mention) / _nominal(bearer))
        yield Placement(
            mention.entry,
            drawing_of(mention, other.footing, look, u[2]),
            i,
            other.x,
            other.y,
            other.height * min(max(share, ON_A_TABLE if _is_surface(bearer) else SIZES[0]), SIZES[1]),
            other.depth,
            other.flip,
            look.colour if look else mention.colour,
            "mount",
            other.base,
            aloft=other.aloft or other.footing in ("sky", "wall"),
            hair=mention.hair,
        )


def _is_surface(mention: Mention) -> bool:
    return "surface" in vocabulary.entry(mention.entry).data


def usual_height(entry: str) -> float:
    """Return how high a thing usually is beside others, in shares of the picture's height."""
    data = vocabulary.entry(entry).data
    low, high = data.get("height", (0.2, 0.26))
    return float((low + high) / 2 * (ASIDE if data.get("stands") == "table" else 1.0))


def _nominal(mention: Mention) -> float:
    return usual_height(mention.entry) * mention.size * of_weight(mention.weight)


def _insert(bunch: Bunch, other: Placement, thing: Placement, behind: bool = False) -> None:
    at = next(i for i, p in enumerate(bunch) if p is other)
    bunch.insert(at if behind else at + 1, thing)


def _sit(riders: Sequence[Placement], seats: Sequence[tuple[Bunch, Placement]], data: vocabulary.Data) -> None:
    """Set the riders side by side on their mount, shared out among all its copies; people sit astride what is ridden so."""
    if "hands" in data and "seat" not in data:
        _perch(riders, seats)
        return
    rows = -(-len(riders) // len(seats))
    for turn, rider in reversed([*enumerate(riders)]):
        bunch, seat = seats[turn % len(seats)]
        room, shape = 0.75 * seat.width / rows, rider.width / rider.height
        most = max(0.9 * seat.height, 0.7 * seat.width), 1.3 * room / shape if rows > 1 else math.inf
        if rider.height > HUGE * seat.height:  # a dragon on its coins
            most = rider.height, math.inf
        x = seat.x + (turn // len(seats) - (rows - 1) / 2) * room
        new = replace(rider, x=x, height=min(rider.height, *most))
        y, legs = seat.y - seat.lift - data.get("seat", 0.55) * seat.height, 0.0
        if anchors.has(seat.drawing, "top"):
            top = anchors.anchor(seat.drawing, "top")
            y = spot_of(seat, top.x, top.y)[1]
        if data.get("astride"):
            y = _back_of(seat, x)
            legs = LEGS * new.height if "hands" in vocabulary.entry(rider.entry).data else 0.0
        _insert(bunch, seat, replace(new, y=y + legs), behind=legs > 0)


def _perch(riders: Sequence[Placement], bearers: Sequence[tuple[Bunch, Placement]]) -> None:
    """Set the riders on shoulders of people, and people astride their necks."""
    for turn, rider in enumerate(riders):
        bunch, bearer = bearers[turn % len(bearers)]
        head, body = (anchors.anchor(bearer.drawing, place) for place in ("head", "body"))
        astride = "hands" in vocabulary.entry(rider.entry).data
        aside = max(PERCH[0] * body.width, PERCH[1] * head.width) * (1 if turn // len(bearers) % 2 else -1)
        x, y = spot_of(bearer, body.x + (0.0 if astride else aside), body.y)
        height = min(rider.height, PERCHED[astride] * bearer.height)
        legs = LEGS * height if astride else 0.0
        _insert(bunch, bearer, replace(rider, x=x, y=y + legs, height=height), behind=astride)


def _wear(things: Sequence[Placement], wearers: Sequence[tuple[Bunch, Placement]], size: float) -> None:
    """Put one on each wearer, on its place."""
    for turn, (bunch, wearer) in enumerate(wearers):
        _put_on(things[turn % len(things)], bunch, wearer, size)


def _put_on(thing: Placement, bunch: Bunch, wearer: Placement, size: float) -> None:
    data, shape = anchors.of(thing.drawing), art.load(thing.drawing).width / 100
    place = anchors.anchor(wearer.drawing, data.get("on", "head"))
    wide = data.get("wide", ON_TOP[0]) * place.width * wearer.height / 100
    wide *= 1.0 if data.get("on") in anchors.FITTED else size
    new = replace(
        thing,
        height=wide / shape,
        flip=wearer.flip,
        squash=wearer.squash,
        lean=wearer.lean + data.get("turn", 0.0),
    )
    point = data["at"] if "on" in data else (50 * shape, ON_TOP[1])
    _insert(bunch, wearer, put(new, point, spot_of(wearer, place.x, place.y)), data.get("behind", False))


def _hold(things: Sequence[Placement], holders: Sequence[tuple[Bunch, Placement]], size: float, hand: str) -> None:
    """Put all copies into hands, those in one hand as a fan."""
    for turn, thing in enumerate(things):
        bunch, holder = holders[turn % len(holders)]
        data = anchors.of(thing.drawing)
        if "on" in data and "grip" not in data:
            _put_on(thing, bunch, holder, size)
            continue
        place = anchors.anchor(holder.drawing, hand)
        most = TALL[1] if anchors.has(holder.drawing, "hand") else BITE
        share = data.get("tall") or min(max(thing.height / holder.height, TALL[0]), most)
        fan = turn // len(holders) - (-(-len(things) // len(holders)) - 1) / 2
        new = replace(
            thing,
            height=share * holder.height * math.sqrt(size),
            flip=holder.flip,
            lean=holder.lean + data.get("turn", 0.0) + FAN * fan,
        )
        grip = data.get("grip", (art.load(thing.drawing).width / 2, 50.0))
        behind = "behind" in data and anchors.has(holder.drawing, "hand")
        _insert(bunch, holder, put(new, grip, spot_of(holder, place.x, place.y)), behind)


def _let_fly(
    things: Sequence[Placement], holders: Sequence[tuple[Bunch, Placement]], action: Mapping[str, float]
) -> None:
    """Place copies in the air by those who let them fly: `x` and `y` of the action, in shares of their width and height."""
    for turn, thing in enumerate(things):
        bunch, holder = holders[turn % len(holders)]
        height = holder.height * min(max(thing.height / holder.height, 0.6 * action["size"]), action["size"])
        x = holder.x + (-1 if holder.flip else 1) * action["x"] * holder.width
        _insert(bunch, holder, replace(thing, x=x, y=holder.y - action["y"] * holder.height, height=height))


def _relate(things: Sequence[Placement], others: Sequence[tuple[Bunch, Placement]], how: str, before: int) -> None:
    """Place copies behind, under, beside … another thing; `before` others have the same relation to it."""
    for turn, thing in enumerate(things):
        bunch, other = others[turn % len(others)]
        copy, count = turn // len(others), -(-len(things) // len(others))
        new, nearer = _RELATIONS[how](thing, other, _side(other, before + (copy if how in _BY_TURNS else 0)))
        rank = copy - (count - 1) / 2
        if how in _ASIDE:
            rank = (copy // 2 if how in _BY_TURNS else copy) * (1.0 if new.x > other.x else -1.0)
        step = CROWD * new.width if how not in _WITHIN else min(CROWD * new.width, CROWD * other.width / (count + 1))
        _insert(bunch, other, replace(new, x=new.x + rank * step), behind=not nearer)


def _behind(thing: Placement, other: Placement, side: int) -> tuple[Placement, bool]:
    """Partly covered: it comes in from a side until the share HIDDEN of it is behind the other, or nearly its face."""
    new = replace(thing, y=other.y - STEP * min(thing.height, other.height), footing=other.footing, flip=side < 0)
    reach = (other.width + new.width) / 2
    for step in range(WAYS):
        way = replace(new, x=other.x + side * reach * (1 - step / WAYS))
        if _hides_face(other, way):
            break
        new = way
        if covered(way, other) >= HIDDEN:
            break
    return new, False


def _in_front(thing: Placement, other: Placement, side: int) -> tuple[Placement, bool]:
    """Nearer, on the side that the other looks to; what is large leaves half of the other to be seen."""
    new = replace(thing, y=other.y + STEP * (thing.height + other.height) / 2, footing=other.footing)
    covers = new.height > 0.6 * other.height
    away = max((new.width + other.width) / 2 - 0.45 * other.width, 0.0) if covers else 0.3 * other.width
    return replace(new, x=other.x + side * away, flip=other.flip if not covers else new.flip), True


def _under(thing: Placement, other: Placement, side: int) -> tuple[Placement, bool]:
    """Within its width: in the room below it, or at its foot."""
    if anchors.has(other.drawing, "under"):
        room = anchors.anchor(other.drawing, "under")
        x, top = spot_of(other, room.x, room.y)
        wide = room.width * other.height / 100
        scale = min(1.0, 1.1 * (other.y - top) / thing.height, 0.95 * wide / thing.width)
        return replace(
            thing, x=x, y=other.y - 0.01 * other.height, height=thing.height * scale, footing=other.footing
        ), False
    height = min(thing.height, 0.55 * other.height)
    x = other.x + side * 0.16 * other.width
    return replace(thing, x=x, y=other.y + STEP * height, height=height, footing=other.footing), True


def _beside(thing: Placement, other: Placement, side: int) -> tuple[Placement, bool]:
    """On the same ground, nearly touching."""
    return _next_to(thing, other, side), True


def _left_of(thing: Placement, other: Placement, side: int) -> tuple[Placement, bool]:
    return _next_to(thing, other, -1), True


def _right_of(thing: Placement, other: Placement, side: int) -> tuple[Placement, bool]:
    return _next_to(thing, other, 1), True


def _next_to(thing: Placement, other: Placement, side: int) -> Placement:
    """Return a thing at a side of another, turned to it."""
    new = replace(thing, y=other.y + 0.01 * other.height, footing=other.footing, flip=side > 0)
    left, right = _beside_it(other, new)
    return replace(new, x=(right if side > 0 else left) + side * 0.54 * new.width)


def _inside(thing: Placement, other: Placement, side: int) -> tuple[Placement, bool]:
    """Standing out of its opening, the lower part hidden unless it is of glass; where it has none, before its middle."""
    if not anchors.has(other.drawing, "inside"):
        height = min(thing.height, 0.45 * other.height)
        return replace(thing, y=other.y - other.lift - 0.2 * other.height, height=height), True
    mouth = anchors.anchor(other.drawing, "inside")
    x, y = spot_of(other, mouth.x, mouth.y)
    wide = mouth.width * other.height / 100
    height = min(max(thing.height, 0.5 * other.height), 0.9 * wide * thing.height / thing.width)
    sunk = min(SUNK * height, (DEEPEST - mouth.y) * other.height / 100)
    if anchors.of(other.drawing).get("clear"):
        return replace(thing, x=x, y=y + sunk, height=height), False
    return replace(thing, x=x, y=y + sunk, height=height, rim=(x, y, wide)), True


def _above(thing: Placement, other: Placement, side: int) -> tuple[Placement, bool]:
    """Over it, touching nothing."""
    height = min(thing.height, 0.9 * other.height)
    return replace(thing, y=other.y - other.lift - other.height * 1.08, height=height), True


_RELATIONS = {
    "behind": _behind,
    "in_front": _in_front,
    "under": _under,
    "beside": _beside,
    "left_of": _left_of,
    "right_of": _right_of,
    "inside": _inside,
    "above": _above,
}
_BY_TURNS = ("behind", "beside")
_WITHIN = ("under", "inside")
_ASIDE = (*_BY_TURNS, "left_of", "right_of")


def _side(other: Placement, turn: int) -> int:
    """Return the side (-1 left, 1 right) that the other looks to; the next thing comes to its other side."""
    return (-1 if other.flip else 1) * (-1 if turn % 2 else 1)


def _beside_it(other: Placement, thing: Placement) -> tuple[float, float]:
    """Return the left and right end of another in the scene, as high as a thing reaches beside it."""
    share = min(1.0, thing.height / max(other.height * other.squash, 1e-6))
    mask = mask_of(other.drawing)
    beside = mask[round(ROWS * (1 - share) * FOOT / 100) :].any(0)
    columns = np.flatnonzero(beside if beside.any() else mask.any(0))
    ends = (columns[0] * 100 / ROWS, (columns[-1] + 1) * 100 / ROWS)
    xs = [spot_of(replace(other, lean=0.0), x, FOOT)[0] for x in ends]
    return min(xs), max(xs)


def _back_of(mount: Placement, x: float) -> float:
    """Return the upper end of a mount in the scene, at x."""
    mask = mask_of(mount.drawing)
    across = (x - mount.x) * (-1 if mount.flip else 1) * ROWS / mount.height + mask.shape[1] / 2
    column = mask[:, min(max(int(across), 0), mask.shape[1] - 1)]
    return spot_of(replace(mount, lean=0.0), 0.0, float(column.argmax()) * 100 / ROWS)[1]


def shown(places: Sequence[Placement]) -> Mapping[int, float]:
    """Return how much of each object is to be seen among others, from far to near, in squares of a hundredth of the height."""
    found: dict[int, float] = {}
    for number, thing in enumerate(places):
        mask = mask_of(thing.drawing)
        x, y = ((at + 0.5) * 100 / ROWS for at in np.nonzero(mask)[::-1])
        hidden = np.zeros(x.shape, bool)
        for other in places[number + 1 :]:
            hidden |= _is_behind(other, thing, x, y)
        area = float((~hidden).sum() / mask.size) * thing.width * thing.height * thing.squash
        found[thing.mention] = found.get(thing.mention, 0.0) + area
    return found


def covered(thing: Placement, other: Placement) -> float:
    """Return the share of a thing that is behind another."""
    rows, columns = (at[::3] for at in np.nonzero(mask_of(thing.drawing)))
    return float(_is_behind(other, thing, (columns + 0.5) * 100 / ROWS, (rows + 0.5) * 100 / ROWS).mean())


def _hides_face(other: Placement, thing: Placement) -> bool:
    """Return whether a part of a thing's face is behind another; False where it is not known to have one."""
    if not anchors.has(thing.drawing, "eyes"):
        return False
    eyes, mouth = (anchors.anchor(thing.drawing, place) for place in ("eyes", "mouth"))
    xs = np.array([eyes.x - eyes.width / 2, eyes.x, eyes.x + eyes.width / 2, mouth.x])
    return bool(_is_behind(other, thing, xs, np.array([eyes.y, eyes.y, eyes.y, mouth.y])).any())


def holds(how: str, thing: Placement, other: Placement) -> bool:
    """Return whether a thing is to another as a bond says, so that anybody would say so."""
    if how in HOLD:
        worn = anchors.of(thing.drawing)
        return "on" not in worn or "grip" in worn or how in WEAR
    if how == "behind":
        return covered(thing, other) >= SEEN
    if how == "under":
        data = vocabulary.entry(other.entry).data
        return anchors.has(other.drawing, "under") or "seasonal" in data or data.get("stands") == "sky"
    return how != "inside" or anchors.has(other.drawing, "inside")


def _is_behind(other: Placement, thing: Placement, x: Doubles, y: Doubles) -> NDArray[np.bool_]:
    """Return which points of a thing's drawing (units of its view box) are behind another."""
    mask, size = mask_of(other.drawing), thing.height / other.height
    turn = -1 if thing.flip ^ other.flip else 1
    middle, half = (thing.x - other.x) * (-1 if other.flip else 1), art.load(thing.drawing).width / 2
    across = turn * (x - half) * size + middle * 100 / other.height + art.load(other.drawing).width / 2
    down = (
        (y - FOOT) * size * thing.squash + (thing.y - other.y + other.lift) * 100 / other.height
    ) / other.squash + FOOT
    column, row = (np.floor(v * ROWS / 100).astype(int) for v in (across, down))
    inside = (column >= 0) & (column < mask.shape[1]) & (row >= 0) & (row < ROWS)
    return np.asarray(inside & mask[row.clip(0, ROWS - 1), column.clip(0, mask.shape[1] - 1)])
