"""The pages of a grid chosen by what their axes hold, and a grid of one tile alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers import models
from helpers.sweeps.axes.tiles import Axis
from helpers.sweeps.shown.arranging import arrange
from tests.sweeps.sample_tiles import axes_of, tiles_of


@pytest.mark.parametrize(
    ("values", "wanted", "label"),
    [
        ([7, 7.5], 7.0, "7"),
        (["anime", None], None, "None"),
        (["a beach", "a very long prompt " * 8], "a very long prompt " * 8, "long"),
        ([models.get("sdxl"), models.get("core")], "core", "Stable Image Core"),
        ([models.get("sdxl"), models.get("core")], models.get("core"), "Stable Image Core"),
    ],
    ids=str,
)
def test_pages_are_chosen_by_the_values_themselves(tmp_path: Path, values: list[Any], wanted: Any, label: str) -> None:
    labels = [value.name if isinstance(value, models.Model) else str(value) for value in values]
    labels = ["long" if len(text) > 80 else text for text in labels]
    axes = (Axis("what", tuple(labels), tuple(values)), *axes_of(steps=[10, 20]))
    (page,) = arrange(tiles_of(tmp_path, axes), axes, pages={"what": wanted})
    assert {place.label for row in page.tiles for tile in row if tile for place in tile.coordinates[:1]} == {label}


def test_one_tile_without_an_axis_is_a_grid(tmp_path: Path) -> None:
    tile = replace(tiles_of(tmp_path, axes_of(steps=[10]))[0], coordinates=())
    (page,) = arrange([tile], ())
    assert page.tiles == ((tile,),)
