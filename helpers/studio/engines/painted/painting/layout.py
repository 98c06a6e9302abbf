"""From a Reading and a layout seed to a Scene: where the horizon and the sun are, and where every object stands.

The random numbers come from the layout seed and each entry's own number, never from a hash of the prompt's text: an
object stays where it is when another word joins the prompt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from . import art, conditions, sizes, vocabulary
from .light import Grade, Light, mix
from .placement import HANGING, Placement, boxed, extent, from_far_to_near, moved
from .prompt import Mention, Reading
from .together import ASIDE, Bunch, Dress, drawing_of, gather, links, looks, mirrors, of_weight

__all__ = [
    "ASIDE",
    "HANGING",
    "Placement",
    "Scene",
    "boxed",
    "compose",
    "depth_of",
    "frame",
    "from_far_to_near",
    "has_sky",
    "home",
    "is_laid",
    "is_overhead",
    "nearness",
    "of_weight",
    "perspective",
    "wanted_places",
    "zone",
]

_PLACE_X = {"left": (0.12, 0.34), "right": (0.66, 0.88), "middle": (0.44, 0.56)}
LAID = (0.45, 0.8)
"""Depths of the table that is laid before a room."""
_WET = ("water", "under", "far", "front")
_PORTRAIT = 0.5  # share of the height up to which the only thing in a picture is enlarged
LEAST_SEEN, SMALLER = 0.6, 0.93  # share of each copy that is seen; how much smaller all get, until it is so
CLOSE = 0.45  # share of the depths of their place in which the copies of one thing keep together
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
_MOODS = (
    ("#7fa8d8", 0.6, "#f8dcae", 0.6, 1.15),
    ("#a8b4c0", 0.85, "#e2e6e8", 0.75, 1.3),
    ("#4f7cc4", 0.55, "#fbdccc", 0.55, 1.05),
    ("#3f93b8", 0.6, "#eef4dc", 0.55, 1.0),
)
"""Skies of prompts that name no light and no weather: hazy and warm, overcast, rosy, mild. Colours at the top and at the
horizon, how far the sky goes towards each, and a factor of the haze."""
_OVERCAST = _MOODS[1]
_MOODY = 0.4
BESIDE = "room"
"""Where people and animals are with something that lies on a table."""
TABLE_HIGH, TABLED = 45.0, ("table", "wall", "sky", "front")
"""Centimetres from which what does not belong on a table is beside it, and what is there however large."""
_FALLBACK = {
    "water": "ground",
    "ground": "water",
    "shore": "ground",
    "floor": "ground",
    "table": "ground",
    "under": "water",
    "far": "sky",
    "wall": "ground",
}


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
    laid: bool = False  # the place is seen across a table that things stand on
    hung: bool = False  # things of the prompt hang on its wall, in the place of its own windows and pictures
    unwanted: tuple[str, ...] = ()  # entries that negative prompts name and a place may show
    furnished: tuple[str, ...] = ()  # entries that the prompt names, so that the place shows none of its own
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
    laid = is_laid(reading.of("object"), base)
    data = home(base, laid)
    light = _under_this_sky(
        conditions.light_of(reading, base),
        seed,
        free=not any(m.weight > 0 for m in reading.of("light", "weather", "season", "part")),
    )
    low, high = data.get("horizon", (0.4, 0.5))
    accents = tuple((m.entry, m.colour or "", m.weight) for m in reading.of("part")) + tuple(
        (vocabulary.entry(m.entry).data.get("coloured", "ground"), m.colour, m.weight)
        for m in reading.of("scene")
        if m.colour
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
        variants=_variants(reading, base),
        water=(water[0], water[1]) if water else None,
        laid=laid,
    )


def is_laid(objects: Sequence[Mention], base: str) -> bool:
    """Return whether a place is seen across a near table: one that has such, of things that all belong on it."""
    if "laid" not in vocabulary.entry(base).data:
        return False
    linked = links(objects)
    stand = {_stands(m) for i, m in enumerate(objects) if i not in linked}
    return "table" in stand <= {"table", "wall", "sky"}


def home(base: str, laid: bool) -> vocabulary.Data:
    """Return what a place is to the things in it: a close view of its near table, if that is laid."""
    data = vocabulary.entry(base).data
    return {**data, "zones": {**data["zones"], "table": LAID}, "close": True} if laid else data


def _variants(reading: Reading, base: str) -> tuple[str, ...]:
    """Return the variants of a scene that a reading may have: those with an open sky where it names the moon."""
    data = vocabulary.entry(base).data
    shown = data.get("open", ()) if any(is_overhead(m.entry) for m in reading.of("part")) else ()
    return tuple(shown or data.get("variants", ("",)))


def is_overhead(entry: str) -> bool:
    """Return whether something of a place is in its sky."""
    return vocabulary.entry(entry).data.get("stands") == "sky"


def has_sky(place: str) -> bool:
    """Return whether a scene shows what is in its sky."""
    data = vocabulary.entry(place).data
    return not data.get("indoor") and data.get("open") != []


def _under_this_sky(light: Light, seed: int, free: bool) -> Light:
    """Return the light with this layout's blue: paler, deeper or greener than the light's own, and hazier or clearer.

    Where the prompt leaves the sky `free`, some are warm or rosy at the horizon, or overcast.
    """
    if light.dark or light.disc != "sun":
        return light
    chance, which = np.random.default_rng([seed, 5]).random(2).tolist()
    if free and light.sun_height[1] > _HIGH and chance < _MOODY:
        mood = _MOODS[int(which * len(_MOODS))]
        tone, share, glow, reach, haze = mood
        sky = tuple((at, mix(mix(c, tone, share * (1 - at)), glow, reach * at**1.5)) for at, c in light.sky)
        light = replace(light, sky=sky, haze_strength=min(1.0, light.haze_strength * haze))
        return light if mood is not _OVERCAST else replace(light, disc="none", cloud="#e4e8ec", cloud_shade="#aab4be")
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
    ranked = wanted_places(reading, avoided)
    if not ranked:
        scenes = [e.name for e in vocabulary.entries().values() if e.kind == "scene" and not e.data.get("rare")]
        scenes = [s for s in scenes if s not in avoided] or scenes
        wanted = [vocabulary.entry(m.entry).data.get("stands", "ground") for m in reading.of("object", "part")]
        if wanted:
            scenes = [s for s in scenes if wanted[0] in vocabulary.entry(s).data["zones"]] or scenes
        return scenes[int(rng.integers(len(scenes)))], ()
    return ranked[0], tuple(
        n for n in dict.fromkeys(ranked[1:]) if n != ranked[0] and vocabulary.entry(n).data.get("backdrop")
    )


def wanted_places(reading: Reading, avoided: frozenset[str] = frozenset()) -> list[str]:
    """Return the scenes that a reading names, the one that one stands in first; where it names none, its things' home."""
    weights = {m.entry: m.weight for m in reading.of("scene")}
    named = [m.entry for m in reading.of("scene") if m.place != "far"] or _homes(reading, avoided)[:1]
    behind = [m.entry for m in reading.of("scene") if m.place == "far"]
    return sorted(
        [*named, *behind],
        key=lambda name: (name in behind, -weights.get(name, 1.0), -vocabulary.entry(name).data.get("rank", 5)),
    )


def _homes(reading: Reading, avoided: frozenset[str]) -> list[str]:
    """Return the homes of a reading's things, the one that suits them best first: a window brings a room to a woman and
    none to a house; and what is large stands by a table, not on it."""
    things = [vocabulary.entry(m.entry).data for m in reading.of("object")]
    built = any(not (d.get("lives") or d.get("stands") == "wall" or _is_indoor(d.get("home"))) for d in things)

    def rank(d: vocabulary.Data) -> tuple[int, bool]:
        usual = (2 if built else 0) if d.get("stands") == "wall" else 1
        return 0 if d.get("indoors") else usual, d.get("stands") not in ("water", "under")

    homes = [d["home"] for d in sorted(things, key=rank) if d.get("home") in vocabulary.entries()]
    for mention, d in zip(reading.of("object"), things, strict=True):
        if d.get("stands") not in TABLED and sizes.height_of(mention) > TABLE_HIGH:
            beside = BESIDE if {"hands", "lives"} & d.keys() or d.get("stands") == "floor" else d.get("home", BESIDE)
            homes = [beside if vocabulary.entry(home).data.get("close") else home for home in homes]
    return [home for home in homes if home not in avoided]


def _is_indoor(place: str | None) -> bool:
    return place in vocabulary.entries() and bool(vocabulary.entry(str(place)).data.get("indoor"))


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
    """Place what stands by itself in a part of the width of its own, and all else by what it belongs to."""
    objects = reading.of("object")
    linked, (dressed, _) = links(objects), looks(objects)
    free = [i for i in range(len(objects)) if i not in linked]
    order = np.random.default_rng([seed, 2]).permutation(len(free))
    sides = {"left": 0, "right": 2}  # what is named "on the left" is left of all the others
    from_left = sorted(range(len(free)), key=lambda rank: (sides.get(objects[free[rank]].place or "", 1), order[rank]))
    bunches: list[Bunch] = []
    for rank, i in enumerate(free[k] for k in from_left):
        mention = objects[i]
        small = len(free) > 1 and not scene.get("close") and _stands(mention) == "table"
        segment = (rank / len(free), (rank + 1) / len(free))
        sized = replace(mention, size=mention.size * scale * (ASIDE if small else 1))
        bunches += _copies(sized, i, dressed.get(i), seed, aspect, horizon, scene, segment)
    placed = [p for bunch in gather(objects, bunches, seed) for p in _fitting(bunch, aspect)]
    return tuple(sorted((boxed(p, aspect) for p in placed), key=from_far_to_near))


def _stands(mention: Mention) -> str:
    return str(vocabulary.entry(mention.entry).data.get("stands", "ground"))


def _copies(
    mention: Mention,
    number: int,
    look: Dress | None,
    seed: int,
    aspect: float,
    horizon: float,
    scene: Mapping[str, Any],
    segment: tuple[float, float],
) -> list[Bunch]:
    """Return the copies of something that stands by itself, each the first of its bunch."""
    item, indoor = vocabulary.entry(mention.entry), bool(scene.get("indoor"))
    rng = np.random.default_rng([seed, item.number])
    footing, depths = zone(_stands(mention), mention.place, scene["zones"])
    scale = mention.size * of_weight(mention.weight) * mention.count**-0.2
    alone = segment == (0, 1) and mention.count == 1 and mention.place is None
    left, right = _PLACE_X.get(mention.place or "", (0.14 + 0.72 * segment[0], 0.14 + 0.72 * segment[1]))
    if footing == "front" and mention.place not in _PLACE_X:
        left, right = 0.25 + 0.5 * left, 0.25 + 0.5 * right
    poses = item.data.get("lives") and footing != "front"  # a car that drives stays on its wheels
    pose = vocabulary.grammar().actions.get(mention.pose or "", {}) if poses else {}
    out: list[Placement] = []
    first = 0.0
    for index in range(mention.count):
        u = rng.random(5)
        along = (index + 0.25 + 0.5 * u[0]) / mention.count
        first = u[1] if index == 0 else first
        near = nearness(depths, CLOSE * u[1] + (1 - CLOSE) * first, mention.place)
        drawing = drawing_of(mention, footing, look, u[2])
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
        out.append(
            Placement(
                mention.entry,
                drawing,
                number,
                x,
                y,
                height,
                round(depth_of(near, footing, indoor), 2),
                bool(u[4] < 0.5) and mirrors(mention.entry),
                look.colour if look else mention.colour,
                footing,
                (x, y),
                hair=mention.hair,
                lean=pose.get("lean", 0.0),
                lift=height * pose.get("lift", 0.0) if footing not in HANGING else 0.0,
                squash=pose.get("squash", 1.0),
            )
        )
    return [[p] for p in _all_seen(out)]


def _all_seen(copies: list[Placement]) -> list[Placement]:
    """Return the copies of one thing, so small that no other hides more than half of one."""
    while len(copies) > 1 and _least_seen(copies) < LEAST_SEEN:
        copies = [replace(p, height=p.height * SMALLER, lift=p.lift * SMALLER) for p in copies]
    return copies


def _least_seen(copies: Sequence[Placement]) -> float:
    """Return the smallest share of a copy's box that no nearer one's box covers."""
    near, shares = sorted(copies, key=from_far_to_near), []
    steps = (np.arange(8) + 0.5) / 8
    for i, p in enumerate(near):
        x, y = np.meshgrid(p.x + (steps - 0.5) * p.width, p.y - p.lift - steps * p.height)
        over = np.zeros(x.shape, bool)
        for q in near[i + 1 :]:
            over |= (abs(x - q.x) < q.width / 2) & (y < q.y - q.lift) & (y > q.y - q.lift - q.height)
        shares.append(1 - float(over.mean()))
    return min(shares)


def _fitting(bunch: Bunch, aspect: float) -> Bunch:
    """Return a bunch moved and made smaller until it is in the picture, where it is more than one thing."""
    if len(bunch) == 1:
        return bunch
    x0, y0, x1, y1 = extent(bunch)
    scale = min(1.0, 100 * aspect / (x1 - x0), 98 / (y1 - y0))
    x, y = bunch[0].base
    left, right, top, bottom = x + scale * (x0 - x), x + scale * (x1 - x), y + scale * (y0 - y), y + scale * (y1 - y)
    across = max(0.0, -left) or min(0.0, 100 * aspect - right)
    down = max(0.0, 1 - top) or min(0.0, 100 - bottom)
    return [moved(p, (x, y), (x + across, y + down), scale) for p in bunch]


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
