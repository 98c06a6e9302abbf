"""Art files take the scene's light and the prompt's colours."""

import numpy as np
import pytest

from helpers.studio.engine import art, raster, vocabulary


def mean_colour(name: str, colour: str | None) -> np.ndarray:
    """The mean colour (red, green, blue in [-1, 1]) of a drawing's opaque pixels by day."""
    drawing = art.load(name)
    body = drawing.svg(vocabulary.light_of("day"), depth=0.0, key="a", fine=False, colour=colour)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width} 100">{body}</svg>'
    cut = raster.rgba(svg, 64, 64)
    return cut[..., :3][cut[..., 3] > 0.9].mean(axis=0)


@pytest.mark.parametrize("name", ["horse", "sailboat", "b_house", "t_car", "t_teapot", "t_tulip"])
def test_a_colour_named_in_the_prompt_reaches_the_gradients_of_tinted_parts(name: str) -> None:
    blue, red = mean_colour(name, "#2f6fc4"), mean_colour(name, "#c8322b")
    assert blue[2] - blue[0] > 0.1
    assert red[0] - red[2] > 0.1


def test_a_colour_leaves_the_parts_alone_that_are_not_tinted() -> None:
    drawing = art.load("t_car")
    light = vocabulary.light_of("day")
    painted = drawing.svg(light, depth=0.0, key="a", fine=True, colour="#2f6fc4")
    assert light.lit("#24262b") in painted  # its tyres stay black
