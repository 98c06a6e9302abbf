"""A painter of coloured shapes, so that the tests of the diffusion depend on no art: three scenes, two objects, a light, moods."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from helpers.studio.engines.painted.diffusion.trace import TracedThing
from helpers.studio.engines.painted.engine import PaintedEngine
from helpers.studio.engines.painted.interface import Cutout, Painter, Pixels, Said, Spot, Standing, Thing, Word
from helpers.studio.protocol import Prompt

SCENES = {
    "beach": ((0.35, 0.6, 0.95), (0.1, 0.35, 0.6), (0.95, 0.8, 0.5)),
    "meadow": ((0.5, 0.75, 0.95), (0.35, 0.6, 0.3), (0.2, 0.7, 0.15)),
    "canyon": ((0.9, 0.7, 0.5), (0.5, 0.25, 0.2), (0.75, 0.4, 0.2)),
}
"""Colours of sky, distance and ground."""
OBJECTS = {"ball": (0.95, 0.1, 0.1), "crate": (0.5, 0.3, 0.05)}
STAND_INS = {"globe": "ball"}
"""Words that another drawing stands for."""
COLOURS = {"blue": (0.1, 0.2, 0.95), "violet": (0.6, 0.1, 0.8), "yellow": (1.0, 0.9, 0.1)}
SIDES = ("left", "right", "middle")
NIGHT = (0.3, 0.3, 0.5)
"""What night leaves of a scene's light."""
MOODS = {"vivid": 1.5, "pale": 0.5, "crimson": 1.0}
"""Factors of saturation; crimson also tints."""
CLOUD = "cloud"
"""What beaches and meadows show by themselves."""
FILLERS = {"a", "the", "with", "and", "add"}
STRAY = "post"
"""What stands in places that nobody asked for."""
SPOTS, DRAWINGS = 4, 2
VIVID = np.float32(0.85)
"""How far from grey colours go: less than all the way, so that guidance has room."""


@dataclass(frozen=True)
class ToyReading:
    named: tuple[tuple[str, float], ...]
    against: tuple[tuple[str, float], ...]
    painted: tuple[tuple[str, str], ...]
    """An object and its colour."""
    sided: tuple[tuple[str, str], ...]
    """An object and its side."""
    unknown: tuple[str, ...]
    positive: bool
    heard: tuple[tuple[str, str | None, float], ...]
    """The words of prompts that are not negative: each with the entry that it names or describes, and its prompt's weight."""

    @property
    def words(self) -> tuple[Said, ...]:
        things = [thing.entry for thing in self.things]
        setting = {self.scene: 0, "night": 1}
        refused = dict(self.against)
        out = []
        for text, entry, weight in self.heard:
            said = Said(text, changes=weight > 0)
            if entry in things:
                stand_in = entry if text in STAND_INS else None
                said = replace(said, thing=things.index(entry), stand_in=stand_in)
                said = replace(said, says="colour" if text in COLOURS else "place" if text in SIDES else None)
            elif entry in setting and said.changes:
                said = replace(said, setting=setting[entry])
            elif entry not in MOODS or refused.get(entry, 0.0) >= weight:
                said = replace(said, changes=False)
            out.append(said)
        return tuple(out)

    @property
    def things(self) -> tuple[Thing, ...]:
        colours, sides, refused = dict(self.painted), dict(self.sided), dict(self.against)
        return tuple(
            Thing(name, Word("object", weight, refused.get(name, 0.0)), name in colours, sides.get(name))
            for name, weight in self.named
            if name in OBJECTS
        )

    @property
    def scene(self) -> str | None:
        return next((name for name, _ in self.named if name in SCENES), None)

    @property
    def setting(self) -> tuple[Word, ...]:
        refused = dict(self.against)
        first = [(name, weight) for name, weight in self.named if name == self.scene]
        night = [
            Word("setting", weight, refused.get(name, 0.0), "light") for name, weight in self.named if name == "night"
        ]
        return (*(Word("scene", weight, refused.get(name, 0.0)) for name, weight in first or [("", 1.0)]), *night)

    @property
    def removed(self) -> float:
        return max((weight for name, weight in self.against if name not in MOODS and name != "night"), default=0.0)

    @property
    def has_scene(self) -> bool:
        return self.scene is not None

    @property
    def sky(self) -> Literal["lit", "changed", "named"] | None:
        return "lit" if not self.has_scene and any(word == "night" for word, _ in self.named) else None

    @property
    def coloured(self) -> bool:
        return False

    @property
    def names_nothing(self) -> bool:
        return not self.positive or all(word in MOODS for word, _ in self.named)

    def moods(self, pull: float) -> tuple[tuple[str, float], ...]:
        weights = {name: weight for name, weight in self.named if name in MOODS}
        for name, weight in self.against:
            if name in MOODS:
                weights[name] = weights.get(name, 0.0) - weight
        return tuple((name, weight * pull) for name, weight in weights.items() if weight * pull != 0)


@dataclass(frozen=True)
class ToyThing:
    entry: str
    x: float
    """Of its middle; x, y and size are in hundredths of the picture's height."""
    y: float
    """Of its foot."""
    size: float
    colour: tuple[float, float, float]
    drawing: int
    flip: bool


@dataclass(frozen=True)
class ToyScene:
    seed: int
    base: str
    horizon: float
    aspect: float
    night: bool
    lift: float
    """How much lighter than it would be by itself, 0..1."""
    moods: tuple[tuple[str, float], ...]
    things: tuple[ToyThing, ...] = ()
    unwanted: tuple[str, ...] = ()
    faded: tuple[str, ...] = ()
    cloud: int | None = None
    """Where the cloud is, 0 to 5; None: where the seed puts it."""

    @property
    def water(self) -> tuple[float, float] | None:
        return (0.1, 0.35) if self.base == "beach" else None

    @property
    def placements(self) -> tuple[TracedThing, ...]:
        wide = 100 * self.aspect
        return tuple(
            TracedThing(
                t.entry, ((t.x - t.size / 2) / wide, (t.y - t.size) / 100, (t.x + t.size / 2) / wide, t.y / 100)
            )
            for t in self.things
        )


def read(prompts: tuple[Prompt, ...]) -> ToyReading:
    words: dict[str, float] = {}
    against: dict[str, float] = {}
    colours: dict[str, str] = {}
    sides: dict[str, str] = {}
    unknown: dict[str, None] = {}
    heard: list[tuple[str, str | None, float]] = []
    for prompt in prompts:
        colour, last = None, None
        for text in prompt.text.split():
            word = STAND_INS.get(text, text)
            if word in SCENES or word in OBJECTS or word in MOODS or word in ("night", CLOUD):
                found = words if prompt.weight > 0 else against
                if prompt.weight and (word != CLOUD or prompt.weight < 0):
                    found[word] = max(found.get(word, 0.0), abs(prompt.weight))
                if word in OBJECTS and prompt.weight > 0:
                    last = word
                    if colour:
                        colours[word] = colour
                if prompt.weight >= 0:
                    heard += [(colour, word, prompt.weight)] if colour else []
                    heard.append((text, word, prompt.weight))
                colour = None
            elif word in COLOURS:
                colour = word
            elif word in SIDES and last:
                sides[last] = word
                heard.append((word, last, prompt.weight))
            elif word not in FILLERS:
                unknown[word] = None
    positive = any(prompt.weight > 0 for prompt in prompts)
    named, refused = tuple(words.items()), tuple(against.items())
    painted, sided = tuple(colours.items()), tuple(sides.items())
    return ToyReading(named, refused, painted, sided, tuple(unknown), positive, tuple(heard))


def place(
    reading: ToyReading, seed: int, aspect: float, lost: frozenset[int], pull: float, horizon: float | None = None
) -> ToyScene:
    u = np.random.default_rng([seed, 7]).random(6)
    refused = dict(reading.against)
    free = [name for name in SCENES if name not in refused] or list(SCENES)
    base = reading.scene if reading.scene and 0 not in lost else free[int(u[0] * len(free))]
    named = any(name == "night" for name, _ in reading.named)
    own = 35 + 25 * float(np.random.default_rng([seed, 8, list(SCENES).index(base)]).random())
    things: tuple[ToyThing, ...] = ()
    if 0 in lost:
        stray = ToyThing(STRAY, 100 * aspect * (0.2 + 0.6 * float(u[2])), 90.0, 22.0, (0.9, 0.9, 0.9), 0, False)
        things = (stray,)
    return ToyScene(
        seed,
        base,
        own if horizon is None else float(np.clip(horizon, own - 13, own + 13)),
        aspect,
        named and 1 not in lost,
        0.0 if named else 0.3 * (1 - float(np.exp(-refused.get("night", 0.0) * pull))),
        reading.moods(pull),
        things,
        tuple(name for name, _ in reading.against if name in (CLOUD, STRAY)),
    )


def bare(scene: ToyScene) -> ToyScene:
    shown = {t.entry for t in scene.things} | ({CLOUD} if scene.base != "canyon" else set())
    gone = tuple(name for name in scene.unwanted if name in shown)
    return replace(scene, faded=gone) if gone else scene


def skies(scene: ToyScene, width: int, height: int, style: str | None = None) -> list[tuple[ToyScene, Pixels]]:
    shown = scene.base != "canyon" and CLOUD not in scene.faded
    others = [replace(scene, cloud=(scene.seed + n) % 6) for n in (2, 4)] if shown else []
    return [(one, paint(one, width, height, style)) for one in (scene, *others)]


def framed(scene: ToyScene, horizon: float, sky_alone: bool) -> ToyScene:
    return replace(scene, horizon=horizon, things=() if sky_alone else scene.things)


@lru_cache(maxsize=64)
def cutouts(reading: ToyReading, thing: int, size: int, pull: float, off_colour: bool) -> tuple[Cutout, ...]:
    name = reading.things[thing].entry
    colour = COLOURS.get(dict(reading.painted).get(name, ""), OBJECTS[name])
    others = [other for other in COLOURS.values() if other != colour]
    empty = ToyScene(0, "canyon", 40.0, 1.0, False, 0.0, reading.moods(pull))
    out = []
    for n in range(DRAWINGS):
        drawn = ToyThing(name, 50.0, 80.0, 60.0, others[n] if off_colour else colour, n, False)
        pixels = paint_objects(replace(empty, things=(drawn,)), size, size, None)
        rows, columns = (np.flatnonzero(pixels[..., 3].max(axis) > 0.1) for axis in (1, 0))
        cut = np.ascontiguousarray(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        foot = 0.8 * size - rows[0], 0.5 * size - columns[0]
        out.append(Cutout(cut, foot, 0.6 * size, drawn, off_colour=off_colour))
    return tuple(out)


def spots(
    reading: ToyReading, thing: int, scene: ToyScene, territory: tuple[float, float], seed: int
) -> tuple[Spot, ...]:
    rng, out = np.random.default_rng([seed, 3, thing]), []
    left, right = (100 * scene.aspect * share for share in territory)
    for u in rng.random((SPOTS, 4)):
        depth = 0.3 + 0.65 * u[0]
        weight = min(reading.things[thing].word.weight, 3.0)
        size = min((12 + 26 * depth) * weight**0.35 * (0.8 + 0.4 * u[1]), 0.9 * (right - left))
        y = scene.horizon + depth * (98 - scene.horizon)
        x = left + size / 2 + (right - left - size) * u[2]
        out.append(Spot(float(x), float(max(y, size)), float(size), bool(u[3] < 0.5)))
    return tuple(out)


def staged(scene: ToyScene, standing: Sequence[Standing], mirrored: bool) -> ToyScene:
    made = []
    for cut, spot in standing:
        x = 100 * scene.aspect - spot.x if mirrored else spot.x
        flip = cut.drawn.flip ^ spot.flip ^ mirrored
        made.append(replace(cut.drawn, x=x, y=spot.y, size=spot.height, flip=flip))
    return replace(scene, things=(*scene.things, *sorted(made, key=lambda t: t.y)))


def paint(scene: ToyScene, width: int, height: int, style: str | None = None) -> Pixels:
    y, x = _grid(width, height)
    sky, far, near = (np.array(colour, np.float32) for colour in SCENES[scene.base])
    phase = scene.seed + 2 * list(SCENES).index(scene.base)
    ridge = scene.horizon + 5 * np.sin(0.17 * x + phase % 7) + 3 * np.sin(0.41 * x + phase % 11)
    shore = scene.horizon + 22 + 3 * np.sin(0.09 * x + phase % 5)
    rows = 0.5 + 0.5 * np.sin(0.6 * y * (1 + 0.002 * x))
    picture = sky * (1 - 0.004 * y[..., None]) * np.ones((height, width, 1), np.float32)
    if scene.base != "canyon" and CLOUD not in scene.faded:
        aside = 20 + 13 * (scene.seed % 6 if scene.cloud is None else scene.cloud)
        picture += _inside(9 - np.hypot((x - aside) / 2, y - 14), height) * (0.93 - picture)
    picture += _inside(y - ridge, height) * (far * (0.7 + 0.3 * rows[..., None]) - picture)
    picture += _inside(y - shore, height) * (near * (0.85 + 0.15 * rows[..., None]) - picture)
    cut = _objects(scene, width, height)
    picture += cut[..., 3:] * (cut[..., :3] - picture)
    picture *= relight_of(scene)
    picture += scene.lift * (1 - picture)
    return restyle(scene, (VIVID * (2 * picture - 1)).astype(np.float32), style)


def paint_objects(scene: ToyScene, width: int, height: int, style: str | None = None) -> NDArray[np.float32]:
    cut = _objects(scene, width, height)
    cut[..., :3] = restyle(scene, VIVID * (2 * cut[..., :3] * relight_of(scene) - 1), style)
    return cut


def restyle(scene: ToyScene, pixels: Pixels, style: str | None = None) -> Pixels:
    for mood, weight in scene.moods:
        share = min(weight, 1.5) if weight > 0 else float(np.expm1(weight))
        grey = pixels.mean(-1, keepdims=True)
        pixels = grey + (1 + (MOODS[mood] - 1) * share) * (pixels - grey)
        if mood == "crimson":
            pixels = pixels + share * np.array([0.4, -0.3, -0.3], np.float32)
    if style == "line-art":
        pixels = 0.9 + 0.2 * (pixels - pixels.mean())
    return np.clip(pixels, -1, 1).astype(np.float32)


def relight(reading: ToyReading, scene: ToyScene, pixels: Pixels, share: float) -> Pixels:
    lit = (pixels + 1) * relight_of(scene) - 1
    return np.asarray(pixels + np.float32(share) * (lit - pixels))


def relight_of(scene: ToyScene) -> NDArray[np.float32]:
    return np.array(NIGHT if scene.night else (1, 1, 1), np.float32)


def _objects(scene: ToyScene, width: int, height: int) -> NDArray[np.float32]:
    """Straight colour in 0..1 and alpha: discs and squares, dark on the side that they turn away, some with a stripe."""
    y, x = _grid(width, height)
    cut = np.zeros((height, width, 4), np.float32)
    for t in scene.things:
        across, down, radius = (x - t.x) * (-1 if t.flip else 1), y - (t.y - t.size / 2), t.size / 2
        square = np.maximum(np.abs(across), np.abs(down))
        alpha = _inside(radius - (np.hypot(across, down) if t.entry == "ball" else square), height)
        shade = 1 - 0.6 * _inside(across - 0.3 * radius, height)
        if t.drawing:
            shade = shade + 0.8 * _inside(0.3 * radius - np.abs(down), height)
        colour = np.clip(np.array(t.colour, np.float32) * shade, 0, 1)
        cut[..., :3] += alpha * (colour - cut[..., :3])
        cut[..., 3:] = np.maximum(cut[..., 3:], alpha)
    inside = cut[..., 3:] > 0  # straight colour, not what is left of it under a soft edge
    cut[..., :3] = np.where(inside, cut[..., :3] / np.maximum(cut[..., 3:], 1e-3), 0)
    return np.clip(cut, 0, 1)


def _grid(width: int, height: int) -> tuple[Pixels, Pixels]:
    """y and x of each pixel's middle, in hundredths of the picture's height."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return 100 * (y + 0.5) / height, 100 * (x + 0.5) / height


def _inside(distance: NDArray[np.floating], height: int) -> Pixels:
    """1 where a distance (in hundredths of the height) is inside, 0 outside, one pixel of edge."""
    return np.clip(distance * height / 100 + 0.5, 0, 1)[..., None].astype(np.float32)


PAINTER = Painter(**{function.name: globals()[function.name] for function in fields(Painter)})


def engine() -> PaintedEngine:
    return PaintedEngine(PAINTER, "toy")
