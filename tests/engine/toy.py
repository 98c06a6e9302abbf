"""A painter of coloured shapes, so that the tests of the diffusion depend on no art: three scenes, two objects, three moods."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers.studio.engines.painted.diffusion.exemplars import Box, Painter
from helpers.studio.engines.painted.diffusion.trace import TracedThing
from helpers.studio.engines.painted.engine import PaintedEngine
from helpers.studio.protocol import Prompt

Pixels = NDArray[np.float32]
SCENES = {
    "beach": ((0.3, 0.6, 1.0), (0.1, 0.35, 0.6), (0.95, 0.8, 0.5)),
    "meadow": ((0.5, 0.75, 1.0), (0.35, 0.6, 0.3), (0.2, 0.7, 0.15)),
    "night": ((0.03, 0.04, 0.15), (0.1, 0.1, 0.25), (0.08, 0.12, 0.1)),
}
OBJECTS = {"ball": (0.95, 0.1, 0.1), "crate": (0.5, 0.3, 0.05)}
MOODS = {"vivid": 1.5, "pale": 0.5, "crimson": 1.0, "dusk": 1.0}
FILLERS = {"a", "the", "with", "and", "add"}


@dataclass(frozen=True)
class ToyReading:
    words: tuple[tuple[str, float], ...]
    unknown: tuple[str, ...]

    @property
    def mood_only(self) -> bool:
        return bool(self.words) and all(word in MOODS for word, _ in self.words)

    @property
    def has_scene(self) -> bool:
        return any(word in SCENES for word, _ in self.words)


@dataclass(frozen=True)
class ToyScene:
    seed: int
    base: str
    horizon: float
    sun: tuple[float, float]
    aspect: float
    things: tuple[tuple[str, float, float, float], ...]
    """(entry, x, y, radius): x in heights of the picture, y and radius in shares of its height."""
    moods: tuple[tuple[str, float], ...]

    @property
    def placements(self) -> tuple[TracedThing, ...]:
        a = self.aspect
        return tuple(TracedThing(n, ((x - r) / a, y - r, (x + r) / a, y + r)) for n, x, y, r in self.things)


def read(prompts: tuple[Prompt, ...]) -> ToyReading:
    words: dict[str, float] = {}
    unknown: dict[str, None] = {}
    for prompt in prompts:
        for word in prompt.text.split():
            if word in SCENES or word in OBJECTS or word in MOODS:
                words[word] = max(words.get(word, 0.0), abs(prompt.weight))
            elif word not in FILLERS:
                unknown[word] = None
    return ToyReading(tuple(words.items()), tuple(unknown))


def compose(reading: ToyReading, layout_seed: int, aspect: float, region: Box | None = None) -> ToyScene:
    u = np.random.default_rng([layout_seed, 7]).random(12)
    scenes = [word for word, _ in reading.words if word in SCENES] or list(SCENES)
    x0, y0, x1, y1 = region or (0.1, 0.55, 0.9, 0.95)
    things = []
    for i, (word, weight) in enumerate(pair for pair in reading.words if pair[0] in OBJECTS):
        radius = min(0.5 * (y1 - y0), 0.5 * (x1 - x0) * aspect, 0.1 * min(weight, 3.0) ** 0.5)
        across = aspect * x0 + radius + (aspect * (x1 - x0) - 2 * radius) * u[4 + 2 * i]
        things.append((word, across, y0 + radius + (y1 - y0 - 2 * radius) * u[5 + 2 * i], radius))
    moods = tuple((word, weight) for word, weight in reading.words if word in MOODS)
    base = scenes[int(u[0] * len(scenes))]
    return ToyScene(layout_seed, base, 0.35 + 0.25 * u[1], (u[2], 0.1 + 0.2 * u[3]), aspect, tuple(things), moods)


def paint(scene: ToyScene, width: int, height: int, style: str | None = None) -> Pixels:
    y, x = _grid(width, height)
    sky, far, near = (np.array(colour, np.float32) for colour in SCENES[scene.base])
    x = x / scene.aspect
    ridge = scene.horizon + 0.05 * np.sin(17 * x + scene.seed % 7) + 0.03 * np.sin(41 * x + scene.seed % 11)
    shore = scene.horizon + 0.25 + 0.03 * np.sin(9 * x + scene.seed % 5)
    rows = 0.5 + 0.5 * np.sin(60 * y * (1 + 0.2 * x))
    picture = sky * (1 - 0.4 * y[..., None]) * np.ones((height, width, 1), np.float32)
    picture += _inside(y - ridge, height) * (far * (0.7 + 0.3 * rows[..., None]) - picture)
    picture += _inside(y - shore, height) * (near * (0.85 + 0.15 * rows[..., None]) - picture)
    sun = 0.07 - np.hypot((x - scene.sun[0]) * scene.aspect, y - scene.sun[1])
    picture += _inside(sun, height) * (np.array([1, 0.95, 0.7], np.float32) - picture)
    cut = paint_objects(scene, width, height, None)
    picture += cut[..., 3:] * ((cut[..., :3] + 1) / 2 - picture)
    if any(mood == "dusk" for mood, _ in scene.moods):  # a light: in the painting, and not in what restyle does
        picture *= np.array([0.5, 0.3, 0.4], np.float32)
    return restyle(scene, (2 * picture - 1).astype(np.float32), style)


def paint_objects(scene: ToyScene, width: int, height: int, style: str | None = None) -> Pixels:
    y, x = _grid(width, height)
    cut = np.zeros((height, width, 4), np.float32)
    for name, across, down, radius in scene.things:
        alpha = _inside(radius - np.hypot(x - across, y - down), height)
        cut[..., :3] += alpha * (2 * np.array(OBJECTS[name], np.float32) - 1 - cut[..., :3])
        cut[..., 3:] = np.maximum(cut[..., 3:], alpha)
    return cut


def restyle(scene: ToyScene, pixels: Pixels, style: str | None = None) -> Pixels:
    for mood, weight in scene.moods:
        grey = pixels.mean(-1, keepdims=True)
        pixels = grey + (1 + (MOODS[mood] - 1) * min(weight, 1.5)) * (pixels - grey)
        if mood == "crimson":
            pixels = pixels + min(weight, 1.5) * np.array([0.4, -0.3, -0.3], np.float32)
    if style == "line-art":
        pixels = 0.9 + 0.2 * (pixels - pixels.mean())
    return np.clip(pixels, -1, 1).astype(np.float32)


def _grid(width: int, height: int) -> tuple[Pixels, Pixels]:
    """y and x of each pixel's middle, in heights of the picture."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return (y + 0.5) / height, (x + 0.5) / height


def _inside(distance: NDArray[np.floating], height: int) -> Pixels:
    """1 where a distance (in heights) is inside, 0 outside, one pixel of edge."""
    return np.clip(distance * height + 0.5, 0, 1)[..., None].astype(np.float32)


PAINTER = Painter(read, compose, paint, paint_objects, restyle)


def engine() -> PaintedEngine:
    return PaintedEngine(PAINTER, "toy")
