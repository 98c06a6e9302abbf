"""The drawings of living things and craft keep the format's rules, so that boxes are honest and small pictures are quick."""

import tomllib
import xml.etree.ElementTree as ET
from functools import cache
from importlib import resources

import numpy as np
import pytest

from helpers.studio.engines.painted.painting import art, raster, vocabulary

ENGINE = resources.files("helpers.studio.engines.painted.painting")
TABLES = tomllib.loads(ENGINE.joinpath("vocabulary", "objects_creatures.toml").read_text("utf-8"))
DRAWINGS = sorted({name for table in TABLES.values() for key in table if key.startswith("art") for name in table[key]})
ALLOWED = {"svg", "defs", "g", "path", "circle", "ellipse", "linearGradient", "radialGradient", "stop"}
DAY = vocabulary.light_of("day")


@cache
def _ink(name: str, *, fine: bool) -> np.ndarray:
    """Alpha of one drawing, one pixel a unit, with 20 units of room about its box."""
    drawing = art.load(name)
    width, height = round(drawing.width + 40), 140
    body = drawing.svg(DAY, depth=0.0, key="t", fine=fine)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 -20 {drawing.width + 40} 140">{body}</svg>'
    return raster.rgba(svg, width, height)[..., 3]


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_fills_its_box_and_stands_on_its_line(name: str) -> None:
    rows, columns = np.where(_ink(name, fine=True) > 0.05)
    left, right = columns.min() - 20, columns.max() - 19
    top, bottom = rows.min() - 20, rows.max() - 19
    width = art.load(name).width
    assert -3 <= left <= 8, "the left edge belongs at x = 0"
    assert width - 8 <= right <= width + 3, "the right edge belongs at the viewBox's width"
    assert -3 <= top <= 10, "the top belongs near y = 4"
    assert 91 <= bottom <= 103, "the feet belong on y = 96"


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_coarse_drawing_shows_the_same_thing(name: str) -> None:
    full, coarse = _ink(name, fine=True) > 0.5, _ink(name, fine=False) > 0.5
    assert (full & coarse).sum() / (full | coarse).sum() > 0.85


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_stays_within_its_budget_and_the_format(name: str) -> None:
    root = ET.fromstring(ENGINE.joinpath("art", f"{name}.svg").read_text("utf-8"))
    assert {e.tag.rpartition("}")[2] for e in root.iter()} <= ALLOWED
    drawing = art.load(name)
    coarse = drawing.svg(DAY, depth=0.0, key="t", fine=False)
    assert coarse.count("<path") + coarse.count("<circle") + coarse.count("<ellipse") <= 22
    assert len(coarse) <= 6500
    assert len(drawing.svg(DAY, depth=0.0, key="t", fine=True)) <= 12000


SEVERAL = (
    "fox", "cat", "dog", "horse", "sheep", "sailboat", "lion", "rabbit", "bear", "frog", "penguin", "woman", "man", "girl", "boy", "old_man", "old_woman", "princess",
    "knight", "wizard", "robot", "astronaut", "king", "queen", "samurai", "chef", "pirate",
)  # fmt: skip


@pytest.mark.parametrize("entry", SEVERAL)
def test_an_entry_with_several_drawings_shows_several_silhouettes(entry: str) -> None:
    shapes = [_silhouette(name) for name in TABLES[entry]["art"]]
    assert len(shapes) > 1
    for i, one in enumerate(shapes):
        for other in (shape for seen in shapes[:i] for shape in (seen, seen[:, ::-1])):
            assert (one & other).sum() / (one | other).sum() < 0.88


def _silhouette(name: str) -> np.ndarray:
    """Where a drawing is, its box stretched to a square."""
    drawing = art.load(name)
    body = drawing.silhouette("#000000", key="s")
    shape = f'<g transform="scale({100 / drawing.width:.4f},1)">{body}</g>'
    return (
        raster.rgba(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{shape}</svg>', 100, 100)[..., 3]
        > 0.5
    )
