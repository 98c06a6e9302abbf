"""From a Reading and a layout seed to a Scene: where the horizon and the sun are, and where every object stands.

The random numbers come from the layout seed and each entry's own number, never from a hash of the prompt's text: an
object stays where it is when another word joins the prompt.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from . import art, conditions, vocabulary
from .light import Grade, Light, mix
from .prompt import Mention, Reading

__all__ = [
    "ASIDE",
    "HANGING",
    "Bounds",
    "Placement",
    "Scene",
    "boxed",
    "compose",
    "depth_of",
    "frame",
    "from_far_to_near",
    "nearness",
    "of_weight",
    "perspective",
    "zone",
]

Bounds = tuple[float, float, float, float]
"""x0, y0, x1, y1 from the upper left, in shares (0..1) of the picture's width and height."""

_PLACE_X = {"left": (0.12, 0.34), "right": (0.66, 0.88), "middle": (0.44, 0.56)}
HANGING = ("sky", "under")
_WET = ("water", "under", "far", "front")
ASIDE = 0.5  # how large something from a table is beside other things, where the scene is no close view
_PORTRAIT = 0.5  # share of the height up to which the only thing in a picture is enlarged
_HIGH = 0.5  # share of the sky above which a sun may stand out of view
_OUT_OF_VIEW = 0.4
_BLUES = (
    ("#2f74c8", 0.0, 1.0),
    ("#a9cde8", 0.55, 1.1),
    ("#1f4f9c", 0.5, 0.85),
    ("#3fa0bc", 0.5, 1.0),
    ("#8fa6d8", 0.45, 1.05),
)
"""Colours that a sky goes towards at its top, how far, and a factor of the haze."""
_FALLBACK = {
    "water": "ground",
    "ground": "water",
    "shore": "ground",
    "floor": "ground",
    "table": "ground",
    "under": "water",
    "far": "sky",
}


@dataclass(frozen=True)
class Placement:
    """One drawing in a scene, in hundredths of the picture's height."""

    entry: str
    drawing: str
    x: float  # of its middle
    y: float  # of what it stands on
    height: float
    depth: float  # 0 near … 1 at the horizon: haze
    flip: bool
    colour: str | None
    footing: str  # ground water sky …: shadow, reflection or neither
    box: Bounds
    lean: float = 0.0  # degrees, forward
    lift: float = 0.0  # off the ground
    squash: float = 1.0  # of its height


@dataclass(frozen=True)
class Scene:
    """A picture before it is painted: everything decided, nothing drawn."""

    seed: int
    aspect: float  # width / height
    base: str
    backdrops: tuple[str, ...]
    horizon: float  # hundredths of the height, from the top
    light: Light
    sun: tuple[float, float]
    overlays: tuple[tuple[str, float], ...]  # entries with layers on top (weather, season), and their weight
    placements: tuple[Placement, ...]
    accents: tuple[tuple[str, str, float], ...]  # part, colour (empty: no colour), weight
    grade: Grade
    media: tuple[str, ...]
    faded: tuple[str, ...] = ()  # entries that are left out, as negative prompts name them
    variants: tuple[str, ...] = ("",)  # of the base: the stage shows one of them
    water: tuple[float, float] | None = None  # depths between which the base has water
    drift: float = 0.0  # of clouds and stars to the right, in shares of the width
    camera: float = 1.0  # factor of the things' size
    unwanted: tuple[str, ...] = ()  # entries that negative prompts name and a place may show
    shunned: tuple[tuple[str, float], ...] = ()  # colours and media that negative prompts name, and how strongly


def compose(reading: Reading, layout_seed: int, aspect: float, avoided: frozenset[str] = frozenset()) -> Scene:
    """Return one layout of the reading, for a picture of `aspect` = width / height.

    Where the reading names no place, none of the `avoided` ones is chosen.
    """
    return _compose(reading, int(layout_seed), round(float(aspect), 4), avoided)


@lru_cache(maxsize=256)
def _compose(reading: Reading, seed: int, aspect: float, avoided: frozenset[str]) -> Scene:
    rng = np.random.default_rng([seed, 1])
    base, backdrops = _places(reading, rng, avoided)
    data = vocabulary.entry(base).data
    light = _under_this_sky(conditions.light_of(reading, base), seed)
    low, high = data.get("horizon", (0.4, 0.5))
    accents = tuple((m.entry, m.colour or "", m.weight) for m in reading.of("part")) + tuple(
        ("ground", m.colour, m.weight) for m in reading.of("scene") if m.colour
    )
    horizon = 100 * (low + (high - low) * rng.random())
    if any(part == "sky" for part, _, _ in accents):
        horizon = min(horizon + 10, 88)
    shift, scale = frame(reading)
    horizon = min(max(horizon + 100 * shift, min(horizon, 12)), max(horizon, 86))
    water = data["zones"].get("water")
    sun_x, sun_up = rng.random(), rng.random()
    rise = light.sun_height[0] + (light.sun_height[1] - light.sun_height[0]) * sun_up
    if light.disc == "sun" and rise > _HIGH and np.random.default_rng([seed, 4]).random() < _OUT_OF_VIEW:
        rise = 1.3  # above the picture
    return Scene(
        seed=seed,
        aspect=aspect,
        base=base,
        backdrops=backdrops,
        horizon=horizon,
        light=light,
        sun=(100 * aspect * (0.15 + 0.7 * sun_x), horizon * (1 - rise)),
        overlays=tuple(
            (m.entry, m.weight) for m in reading.of("light", "weather", "season", "part") if _has_layers(m.entry)
        ),
        placements=_place_objects(reading, seed, aspect, horizon, data, scale),
        accents=accents,
        grade=conditions.grade_of(reading),
        media=tuple(m.entry for m in reading.of("medium")),
        variants=tuple(data.get("variants", ("",))),
        water=(water[0], water[1]) if water else None,
    )


def _under_this_sky(light: Light, seed: int) -> Light:
    """Return the light with this layout's blue: paler, deeper or greener than the light's own, and hazier or clearer."""
    if light.dark or light.disc != "sun":
        return light
    tone, share, haze = _BLUES[int(np.random.default_rng([seed, 3]).integers(len(_BLUES)))]
    sky = tuple((at, mix(colour, tone, share * (1 - at))) for at, colour in light.sky)
    return replace(light, sky=sky, haze_strength=min(1.0, light.haze_strength * haze))


def frame(reading: Reading) -> tuple[float, float]:
    """Return what camera words and the size of a place do: (how far the horizon moves down, factor of all things' size).

    The horizon moves by a share of the height, -0.3..0.3; the factor is 0.5..1.8.
    """
    frames = [vocabulary.entry(m.entry).data.get("frame", {}) for m in reading.of("mood") if m.weight > 0]
    shift = sum(frame.get("horizon", 0.0) for frame in frames)
    scale = float(np.prod([frame.get("size", 1.0) for frame in frames]))
    for mention in reading.of("scene"):  # a large place shows more of its ground and smaller things in it
        if mention.size != 1:
            shift += 0.07 if mention.size < 1 else -0.07
            scale *= mention.size**-0.5
    return max(-0.3, min(0.3, shift)), max(0.5, min(1.8, scale))


def _places(reading: Reading, rng: np.random.Generator, avoided: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """Return the scene that one stands in, and those seen behind it."""
    weights = {m.entry: m.weight for m in reading.of("scene")}
    named = [m.entry for m in reading.of("scene") if m.place != "far"]
    behind = [m.entry for m in reading.of("scene") if m.place == "far"]
    if not named:
        things = sorted(
            (vocabulary.entry(m.entry).data for m in reading.of("object")),
            key=lambda d: (not d.get("indoors"), d.get("stands") not in ("water", "under")),
        )
        homes = [d["home"] for d in things if d.get("home") in vocabulary.entries() and d["home"] not in avoided]
        named = homes[:1]
    named += behind
    if not named:
        scenes = [e.name for e in vocabulary.entries().values() if e.kind == "scene" and not e.data.get("rare")]
        scenes = [s for s in scenes if s not in avoided] or scenes
        wanted = [vocabulary.entry(m.entry).data.get("stands", "ground") for m in reading.of("object", "part")]
        if wanted:
            scenes = [s for s in scenes if wanted[0] in vocabulary.entry(s).data["zones"]] or scenes
        return scenes[int(rng.integers(len(scenes)))], ()
    ranked = sorted(
        named,
        key=lambda name: (name in behind, -weights.get(name, 1.0), -vocabulary.entry(name).data.get("rank", 5)),
    )
    return ranked[0], tuple(
        n for n in dict.fromkeys(ranked[1:]) if n != ranked[0] and vocabulary.entry(n).data.get("backdrop")
    )


def _has_layers(name: str) -> bool:
    return bool(vocabulary.entry(name).data.get("layers"))


def _place_objects(
    reading: Reading,
    seed: int,
    aspect: float,
    horizon: float,
    scene: Mapping[str, Any],
    scale: float,
) -> tuple[Placement, ...]:
    zones, indoor = scene["zones"], bool(scene.get("indoor"))
    wanted = [(m, i) for m in reading.of("object") for i in range(m.count)]
    if not wanted:
        return ()
    placed: list[Placement] = []
    groups = [m for m in reading.of("object")]
    order = np.random.default_rng([seed, 2]).permutation(len(groups))
    sides = {"left": 0, "right": 2}  # what is named "on the left" is left of all the others
    from_left = sorted(range(len(groups)), key=lambda i: (sides.get(groups[i].place or "", 1), order[i]))
    for index, mention in enumerate(groups):
        rank = from_left.index(index)
        segment = (rank / len(groups), (rank + 1) / len(groups))
        small = len(groups) > 1 and not scene.get("close") and _stands(mention) == "table"
        placed += _place_group(
            replace(mention, size=mention.size * scale * (ASIDE if small else 1)),
            seed,
            aspect,
            horizon,
            zones,
            segment,
            indoor,
        )
    _mount(groups, placed, aspect)
    return tuple(sorted(placed, key=from_far_to_near))


def _stands(mention: Mention) -> str:
    return str(vocabulary.entry(mention.entry).data.get("stands", "ground"))


def _place_group(
    mention: Mention,
    seed: int,
    aspect: float,
    horizon: float,
    zones: Mapping[str, tuple[float, float]],
    segment: tuple[float, float],
    indoor: bool,
) -> list[Placement]:
    item = vocabulary.entry(mention.entry)
    rng = np.random.default_rng([seed, item.number])
    footing, depths = zone(_stands(mention), mention.place, zones)
    scale = mention.size * of_weight(mention.weight) * mention.count**-0.2
    alone = segment == (0, 1) and mention.count == 1 and mention.place is None
    left, right = _PLACE_X.get(mention.place or "", (0.14 + 0.72 * segment[0], 0.14 + 0.72 * segment[1]))
    if footing == "front" and mention.place not in _PLACE_X:
        left, right = 0.25 + 0.5 * left, 0.25 + 0.5 * right
    out = []
    for index in range(mention.count):
        u = rng.random(5)
        along = (index + 0.25 + 0.5 * u[0]) / mention.count
        near = nearness(depths, u[1], mention.place)
        drawings = item.data.get(f"art_{footing}", item.data["art"])
        drawing = drawings[int(u[2] * len(drawings))]
        low, high = item.data.get("height", (0.2, 0.26))
        if alone:  # a picture of one thing shows that thing
            near = max(near, depths[0] + 0.5 * (depths[1] - depths[0]))
            low, high = max(low, min(_PORTRAIT, low * 1.4)), max(high, min(_PORTRAIT, high * 1.4))
        height = 100 * (low + (high - low) * u[3]) * scale * perspective(near, footing, indoor, mention.place)
        y = horizon + near * (100 - horizon) if near >= 0 else horizon * (1 + near)
        x = 100 * aspect * (left + (right - left) * along)
        width = height * art.load(drawing).width / 100
        if width < 100 * aspect:
            x = min(max(x, width / 2), 100 * aspect - width / 2)
        if footing in HANGING:
            y = min(max(y, height * 1.02), max(horizon * 0.98, height * 1.02))
        flip = bool(u[4] < 0.5)
        depth = depth_of(near, footing, indoor)
        pose = vocabulary.grammar().actions.get(mention.pose or "", {})
        lift = height * pose.get("lift", 0.0) if footing not in HANGING else 0.0
        squash, lean = pose.get("squash", 1.0), pose.get("lean", 0.0)
        box = _bounds(x, y - lift, width, height * squash, aspect)
        out.append(
            Placement(
                mention.entry,
                drawing,
                x,
                y,
                height,
                round(depth, 2),
                flip,
                mention.colour,
                footing,
                box,
                lean,
                lift,
                squash,
            )
        )
    return out


def _bounds(x: float, y: float, width: float, height: float, aspect: float) -> Bounds:
    """Return the bounds of a drawing of this size that stands at x, y, cut at the picture's edges."""
    return (
        max(0.0, (x - width / 2) / (100 * aspect)),
        max(0.0, (y - 0.96 * height) / 100),
        min(1.0, (x + width / 2) / (100 * aspect)),
        min(1.0, (y + 0.04 * height) / 100),
    )


def _mount(groups: Sequence[Mention], placed: list[Placement], aspect: float) -> None:
    """Set riders on what they ride and put what is carried into hands and on heads: the objects mentioned after them."""
    for index, thing in enumerate(groups):
        if index and groups[index - 1].carry:
            _carry(groups[index - 1], thing, placed, aspect)
        riders = [rider.entry for i, rider in enumerate(groups[:index]) if i + rider.mount == index]
        if riders:
            _sit(riders, thing.entry, placed, aspect)


def _sit(riders: Sequence[str], mount: str, placed: list[Placement], aspect: float) -> None:
    """Set the riders side by side on their mount, shared out among all its copies."""
    seats = [p for p in placed if p.entry == mount]
    who = [i for entry in riders for i, p in enumerate(placed) if p.entry == entry]
    rows = -(-len(who) // max(1, len(seats)))
    for turn, index in enumerate(who if seats else ()):
        place, seat = placed[index], seats[turn % len(seats)]
        wide = seat.height * art.load(seat.drawing).width / 100
        room = 0.75 * wide / rows
        shape = art.load(place.drawing).width / 100
        height = min(place.height, 0.9 * max(seat.height, 0.3 * wide), 1.3 * room / shape if rows > 1 else math.inf)
        x = seat.x + (turn // len(seats) - (rows - 1) / 2) * room
        y = seat.y - seat.lift - vocabulary.entry(mount).data.get("seat", 0.55) * seat.height
        placed[index] = replace(
            place,
            x=x,
            y=y,
            height=height,
            depth=seat.depth,
            flip=seat.flip,
            footing="mount",
            box=_bounds(x, y, height * shape, height, aspect),
            lift=0.0,
        )


def _carry(carrier: Mention, thing: Mention, placed: list[Placement], aspect: float) -> None:
    """Move each copy of a thing to one who carries it.

    The action's `x` and `y` say where, in shares of the carrier's width and height from the feet, and `size` bounds its
    height. What is worn has its own place on the body, and an umbrella one above it.
    """
    action = vocabulary.grammar().actions[carrier.carry or ""]
    own = vocabulary.entry(thing.entry).data.get("worn" if carrier.carry == "wear" else "held")
    fixed = own if isinstance(own, list) and carrier.carry in ("wear", "hold") else None
    across, up, size = fixed or (action["x"], action["y"], action["size"])
    hands = [p for p in placed if p.entry == carrier.entry]
    for index, place in enumerate(placed):
        if place.entry != thing.entry or not hands:
            continue
        hand = hands[index % len(hands)]
        height = size * hand.height if fixed else min(max(place.height, size * 0.6 * hand.height), size * hand.height)
        width = height * art.load(place.drawing).width / 100
        reach = across * hand.height * art.load(hand.drawing).width / 100
        x = hand.x + (-reach if hand.flip else reach)
        y = hand.y - hand.lift - up * hand.height * hand.squash
        placed[index] = replace(
            place,
            x=x,
            y=y,
            height=height,
            depth=hand.depth,
            flip=hand.flip,
            footing="mount",
            box=_bounds(x, y, width, height, aspect),
            lift=0.0,
        )


def nearness(depths: tuple[float, float], u: float, place: str | None) -> float:
    """Return how near something is, -1..1 (0: the horizon): u (0..1) of the way through its depths, or at an end that
    the prompt names."""
    if place in ("near", "far"):
        return depths[place == "near"]
    return depths[0] + (depths[1] - depths[0]) * u


def depth_of(near: float, footing: str, indoor: bool) -> float:
    """Return how much haze is before something, 0 (none) to 1 (at the horizon)."""
    if indoor:
        return 0.0
    return 0.18 if footing in HANGING else max(0.0, 0.75 * (1 - max(near, 0) ** 0.6))


def of_weight(weight: float) -> float:
    """Return the factor by which a prompt's weight makes a thing larger or smaller."""
    return min(3.0, max(0.3, weight)) ** 0.35


def from_far_to_near(place: Placement) -> tuple[bool, float]:
    """Return the key by which placements are painted in order."""
    return place.footing != "sky", place.y if place.footing != "mount" else 101.0


def boxed(place: Placement, aspect: float) -> Placement:
    """Return the placement with the box that it fills."""
    width = place.height * art.load(place.drawing).width / 100
    return replace(place, box=_bounds(place.x, place.y - place.lift, width, place.height * place.squash, aspect))


def zone(stands: str, place: str | None, zones: Mapping[str, tuple[float, float]]) -> tuple[str, tuple[float, float]]:
    """Return the footing of something and its range of depth; a scene without that footing lends its next best."""
    wanted = "sky" if place == "sky" else "water" if place == "water" and stands not in _WET else stands
    if wanted == "front":
        return "front", (1.0, 1.0)
    for footing in (wanted, _FALLBACK.get(wanted, "ground"), "ground", "water", "sky"):
        if footing in zones:
            under = footing in ("water", "under") and zones[footing][1] < 0  # a scene below the surface
            return "under" if under else footing, zones[footing]
    raise ValueError(f"a scene has no zone for {wanted}")


def perspective(near: float, footing: str, indoor: bool, place: str | None) -> float:
    """Return the factor by which distance makes something smaller."""
    if footing in HANGING:
        return {"far": 0.6, "near": 1.4}.get(place or "", 1.0)
    if indoor or footing == "front":
        return 1.0
    return 0.3 + 0.9 * max(near, 0.0)
