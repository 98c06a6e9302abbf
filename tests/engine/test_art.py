"""Art files take the scene's light and the prompt's colours."""

import numpy as np
import pytest

from helpers.studio.engines.painted.painting import art, raster, vocabulary


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


def test_a_colour_of_the_hair_reaches_the_hair_alone() -> None:
    light, woman = vocabulary.light_of("day"), art.load("woman")
    plain, dyed, dressed = (
        woman.svg(light, depth=0.0, key="a", fine=True, **colours)
        for colours in ({}, {"hair": "#3a6fd0"}, {"colour": "#3a6fd0"})
    )
    dress, hair = (light.lit(albedo) for albedo in ("#e9635a", "#54301f"))
    shown = [(dress in svg, hair in svg) for svg in (plain, dyed, dressed)]
    assert shown == [(True, True), (True, False), (False, True)]


def drawing(inside: str, *, root: str = 'viewBox="0 0 80 100"') -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {root}>{inside}</svg>'


def test_every_drawing_is_in_the_format() -> None:
    assert len(art.names()) > 400
    for name in art.names():
        assert art.load(name).width > 0


def test_a_drawing_may_hold_all_that_the_format_has() -> None:
    gradient = '<linearGradient id="a" x1="0" x2="1"><stop offset="0" stop-color="#fff"/></linearGradient>'
    body = (
        '<g class="fine tint"><path d="M0,0" fill="url(#a)"/><circle r="3" fill="rgb(255,220,120)" class="lamp"/></g>'
    )
    read = art.read("x", drawing(f"<title>A lamp</title><!-- note --><defs>{gradient}</defs>{body}"))
    assert read.width == 80


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (drawing('<g class="lapm"/>'), 'unknown class "lapm" in <g>; known: fine, hair, lamp, tint'),
        (drawing('<path class="fine tnt" d=""/>'), 'unknown class "tnt" in <path>'),
        (drawing("<text>hello</text>"), 'unknown element "text" in <svg>'),
        (drawing("<g><script>alert(1)</script></g>"), 'unknown element "script" in <g>'),
        (drawing("<style>path { fill: red }</style>"), 'unknown element "style" in <svg>'),
        (drawing('<image href="x.png"/>'), 'unknown element "image" in <svg>'),
        (drawing("<defs><filter/></defs>"), 'unknown element "filter" in <defs>'),
        (drawing('<linearGradient id="a"/>'), 'unknown element "linearGradient" in <svg>'),
        (drawing('<path xmlns="http://example.com" d=""/>'), 'unknown element "{http://example.com}path" in <svg>'),
        (drawing('<path d="" style="fill:red"/>'), 'unknown attribute "style" in <path>'),
        (drawing('<path d="" onclick="x()"/>'), 'unknown attribute "onclick" in <path>'),
        (drawing('<g xmlns:x="http://www.w3.org/1999/xlink" x:href="http://a.b/c"/>'), "unknown attribute"),
        (drawing("", root='viewBox="0 0 80 100" width="80"'), 'unknown attribute "width" in <svg>'),
        (drawing('<path d="" fill="red"/>'), 'fill="red" of a <path> is not #7a5c3e, '),
        (drawing('<path d="" stroke="#12345"/>'), 'stroke="#12345" of a <path> is not #7a5c3e, '),
        (drawing('<path d="" fill="url(http://a.b/c#d)"/>'), "is not #7a5c3e, "),
        (drawing('<path d="" fill="url(#gone)"/>'), 'fill="url(#gone)" of a <path> leads to no gradient'),
        (drawing("<g>words</g>"), "<g> holds text"),
        (drawing("<g/>words"), "<svg> holds text"),
        (drawing("<g>"), "mismatched tag"),
        (drawing("", root='viewBox="0 0 80 90"'), "its viewBox must start at 0 0 and be 100 high"),
        (drawing("", root=""), "its viewBox must start at 0 0 and be 100 high"),
        ('<svg viewBox="0 0 80 100"/>', 'unknown element "svg" in the file'),
    ],
)
def test_a_file_that_is_not_in_the_format_is_refused_by_its_name(source: str, problem: str) -> None:
    with pytest.raises(ValueError, match="art/newt") as error:
        art.read("newt", source)
    assert str(error.value).startswith("art/newt.svg: ")
    assert problem in str(error.value)
