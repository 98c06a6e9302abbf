"""Each thing that a prompt names is in the finished picture, in its own shape, in the box that the engine reports."""

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.studio.engines.painted import create
from helpers.studio.engines.painted.diffusion.trace import PaintedTrace, TracedThing
from helpers.studio.engines.painted.painting import art, raster, vocabulary
from helpers.studio.protocol import Engine, Prompt, TextToImage
from tests.engine import broken
from tests.engine.remembering import Remembering

SIDE = 256
THINGS = (
    ("sheep", "meadow"), ("cat", "garden"), ("horse", "meadow"), ("elephant", "savanna"), ("penguin", "arctic"),
    ("dragon", "mountain"), ("eagle", "sea"), ("woman", "beach"), ("knight", "castle"), ("astronaut", "planet"),
    ("robot", "city"), ("sailboat", "sea"), ("car", "road"), ("airplane", "mountain"), ("hot air balloon", "valley"),
    ("house", "meadow"), ("lighthouse", "beach"), ("windmill", "tulip field"), ("palm tree", "beach"),
    ("sunflower", "meadow"), ("sofa", "room"), ("piano", "room"), ("teapot", "tabletop"), ("apple", "tabletop"),
    ("hamburger", "tabletop"), ("umbrella", "street"), ("snowman", "snowfield"), ("bathtub", "bathroom"),
    ("tank", "meadow"), ("mosque", "desert"),
    ("blackboard", "classroom"), ("perfume", "product photo"), ("pancakes", "cafe"), ("bullet train", "meadow"),
)  # fmt: skip
Pixels = NDArray[np.uint8]
Alpha = NDArray[np.float32]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Remembering(create())


def made(engine: Engine, thing: str, scene: str) -> tuple[Pixels, TracedThing]:
    """A picture of the thing in the scene, and where the engine says that it is."""
    result = engine.generate(TextToImage((Prompt(f"{scene}, {thing}"),), SIDE, SIDE, 5), trace=True)
    assert isinstance(result.trace, PaintedTrace)
    (placed,) = result.trace.placements
    return result.pixels, placed


def silhouettes(placed: TracedThing) -> list[Alpha]:
    """The shapes that the entry's drawings have in that box, facing either way."""
    data = vocabulary.entry(placed.entry).data
    names = {name for key, found in data.items() if key.startswith("art") for name in found}
    return [mask for name in sorted(names) for mask in _both_ways(name, placed.box)]


def _both_ways(name: str, box: tuple[float, ...]) -> list[Alpha]:
    drawing = art.load(name)
    x0, y0, x1, y1 = (100 * share for share in box)
    scale = (y1 - y0) / 100
    middle, top = (x0 + x1) / 2, y1 - scale * 100
    body = drawing.silhouette("#000000", key="s")
    masks = []
    for mirror in (scale, -scale):
        left = middle - mirror * drawing.width / 2
        shape = f'<g transform="translate({left:.3f},{top:.3f}) scale({mirror:.5f},{scale:.5f})">{body}</g>'
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{shape}</svg>'
        masks.append(raster.rgba(svg, SIDE, SIDE)[..., 3])
    return masks


def fit(picture: Pixels, mask: Alpha) -> float:
    """How much stronger the picture's edges are along the silhouette's outline than along it moved elsewhere."""
    light = picture.astype(np.float32)
    edges = np.hypot(np.gradient(light, axis=0), np.gradient(light, axis=1)).sum(-1)
    outline = np.hypot(*np.gradient(mask))
    outline = np.minimum(outline, 0.5)

    def along(dx: int, dy: int) -> float:
        moved = np.roll(outline, (dy, dx), (0, 1))
        return float((moved * edges).sum() / moved.sum())

    elsewhere = [along(dx, dy) for dx, dy in ((19, 0), (-19, 0), (0, 19), (0, -19), (14, 14), (-14, 14), (32, -6))]
    return along(0, 0) / float(np.mean(elsewhere))


def best_fit(picture: Pixels, placed: TracedThing) -> float:
    return max(fit(picture, mask) for mask in silhouettes(placed))


@pytest.mark.parametrize(("thing", "scene"), THINGS)
def test_its_outline_is_where_the_engine_says(thing: str, scene: str, engine: Engine) -> None:
    picture, placed = made(engine, thing, scene)
    assert best_fit(picture, placed) > 1.6


@pytest.mark.parametrize(("thing", "scene"), THINGS[::8])
def test_an_engine_that_puts_it_elsewhere_or_leaves_it_out_is_found_out(thing: str, scene: str, engine: Engine) -> None:
    _, placed = made(engine, thing, scene)
    shifted = broken.shifting(engine)
    assert best_fit(made(shifted, thing, scene)[0], placed) < 1.4
    without = engine.generate(TextToImage((Prompt(scene),), SIDE, SIDE, 5)).pixels
    assert best_fit(without, placed) < 1.4
