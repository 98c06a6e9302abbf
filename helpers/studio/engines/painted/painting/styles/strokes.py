"""Brush strokes along the forms of a picture, from broad to fine, after Hertzmann (1998): colour follows what it paints."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .. import raster
from ..filters import Picture, noise, resize
from .soften import softened, spread

__all__ = ["Brush", "brushed"]

Plane = NDArray[np.float32]

FLOW_ROWS = 96
MODEL_ROWS = 400  # of the picture that strokes take their colours from
FINEST = 150  # pixels of height from which strokes are drawn: on fewer they would be finer than a pixel
MOST = 1800  # strokes of a fine layer: what needs them most gets them
BRISTLED = 1  # layers, from the broadest on, whose strokes show their bristles
STEPS = 3  # of a stroke, to each side of its middle


@dataclass(frozen=True)
class Brush:
    """How strokes look. Lengths are shares of the picture's height."""

    width: float
    """Of the broadest."""
    length: float
    fine: int = 3
    """Layers, each of half the width, and only where the one before is too coarse."""
    swirl: float = 0.0
    """How far strokes turn off where nothing leads them, in radians."""
    broken: float = 0.04
    """Deviation of a stroke's light and colour, in the units of [-1, 1]."""
    bristles: float = 0.1
    """How much darker and lighter the sides of a stroke are."""
    faithful: float = 0.22
    """Difference from which a finer stroke is drawn, and at which a stroke ends."""


def brushed(pixels: Picture, brush: Brush, seed: int) -> Picture:
    """Return a picture painted anew in strokes of its own colours."""
    height, width = pixels.shape[:2]
    if height < FINEST:
        return softened(pixels, brush.width / 3)
    wide = 1000 * width / height
    model = resize(pixels, *_cells(pixels, 1 / MODEL_ROWS), Image.Resampling.BOX)
    flow = _flow(model, brush.swirl, seed)
    rng = np.random.default_rng([seed, 7])
    ground = _hex(model.mean((0, 1), keepdims=True)[0])[0]
    body = [f'<rect width="{wide:.0f}" height="1000" fill="{ground}"/>']
    body += [_layer(model, flow, brush, level, rng) for level in range(brush.fine) if brush.width * height > 2**level]
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.2f} 1000">{"".join(body)}</svg>'
    paint = raster.rgb(svg, width, height)
    lost = pixels - paint
    lost *= np.clip(
        2 * np.abs(lost).max(-1, keepdims=True) - 0.7, 0, 0.6
    )  # an eye, a mast: what no stroke is fine enough for
    return paint + lost


def _layer(pixels: Picture, flow: Plane, brush: Brush, level: int, rng: np.random.Generator) -> str:
    """Return one layer of strokes as SVG; of all but the first, only those that the picture needs."""
    height, width = pixels.shape[:2]
    thick, long = brush.width / 2**level, brush.length / 1.6**level
    rows, columns = round(1 / (0.75 * thick)), round(width / height / (0.75 * thick))
    colours = resize(softened(pixels, thick / 3), *_cells(pixels, thick / 2), Image.Resampling.BOX)
    here = np.moveaxis(np.mgrid[0:rows, 0:columns], 0, -1).reshape(-1, 2) + rng.random((rows * columns, 2))
    here = (here * (0.75 * thick)).astype(np.float32)
    if level:
        coarse = resize(softened(pixels, thick), colours.shape[1], colours.shape[0], Image.Resampling.BOX)
        need = _at(np.abs(colours - coarse).max(-1), here, width / height) - brush.faithful * (0.5 + 0.25 * level)
        most = np.sort(np.argsort(-need, kind="stable")[:MOST])
        here = here[most[need[most] > 0]]
    else:
        here = here[rng.random(len(here)) < min(1.0, 3 * thick / long)]
    if not len(here):
        return ""
    here = here[rng.permutation(len(here))]
    paint = _at(colours, here, width / height)
    paths = _traced(here, paint, colours, flow, long, brush.faithful * 1.6, width / height)
    jitter = rng.standard_normal((len(here), 1)) + 0.7 * rng.standard_normal((len(here), 3))
    paint = paint + (brush.broken * 0.6**level * jitter).astype(np.float32)
    return _svg(paths, paint, thick, brush.bristles * 0.6**level if level < BRISTLED else 0.0)


def _svg(paths: Plane, paint: Plane, thick: float, bristles: float) -> str:
    """Return strokes as SVG: each a band, with a light and a dark side as bristles leave them."""
    bands = [_lines(paths, paint, "")]
    if bristles:
        along = paths[:, -1] - paths[:, 0]
        across = np.stack([along[:, 1], -along[:, 0]], -1)
        across /= np.maximum(np.hypot(*across.T), 1e-6)[:, None]
        across *= np.where(across.sum(1) > 0, -1, 1)[:, None]  # the light is upper left
        off, narrow = (0.28 * thick * across[:, None]).astype(np.float32), f' stroke-width="{thick * 330:.1f}"'
        for side in (1, -1):
            bands.append(_lines(paths + side * off, paint + np.float32(side * bristles), narrow))
    strokes = "".join(line for lines in zip(*bands, strict=True) for line in lines)
    return (
        f'<g fill="none" stroke-width="{thick * 1000:.1f}" stroke-linecap="round" stroke-linejoin="round">{strokes}</g>'
    )


def _lines(paths: Plane, paint: Plane, width: str) -> list[str]:
    points = (paths * 1000).round().astype(int)[..., ::-1].reshape(len(paths), -1).tolist()
    form = "M{} {}" + "L{} {}" * (paths.shape[1] - 1)
    return [
        f'<path d="{form.format(*line)}" stroke="{colour}"{width}/>'
        for line, colour in zip(points, _hex(paint), strict=True)
    ]


def _traced(
    here: Plane, paint: Plane, colours: Picture, flow: Plane, long: float, unlike: float, aspect: float
) -> Plane:
    """Return (strokes, points, 2) rows and columns in shares of the height: from each middle along the flow to both sides.

    A stroke ends where the colour is another than its own.
    """
    ends = []
    for turn in (-1, 1):
        at, way = here, _at(flow, here, aspect) * np.float32(turn)
        going = np.ones((len(here), 1), bool)
        part = []
        for _ in range(STEPS):
            then = at + way * np.float32(long / 2 / STEPS) * going
            going = going & (np.abs(_at(colours, then, aspect) - paint).max(-1, keepdims=True) < unlike)
            at = np.where(going, then, at)
            new = _at(flow, at, aspect)
            way = new * np.sign((new * way).sum(-1, keepdims=True) + np.float32(1e-9))
            part.append(at)
        ends.append(part)
    return np.stack([*ends[0][::-1], here, *ends[1]], 1)


def _flow(pixels: Picture, swirl: float, seed: int) -> Plane:
    """Return the direction along the edges near each place, (rows, columns, 2): unit steps down and to the right."""
    size = _cells(pixels, 1 / FLOW_ROWS)
    small = resize(softened(pixels, 0.006), *size, Image.Resampling.BOX)
    down, across = (np.gradient(small, axis=axis) for axis in (0, 1))
    square = (across * across).sum(-1), (across * down).sum(-1), (down * down).sum(-1)
    xx, xy, yy = (spread(p, 0.02) + 0.08 * spread(p, 0.06) + 0.01 * spread(p, 0.2) for p in square)
    strength = np.hypot(xx - yy, 2 * xy)
    led = strength / (strength + 0.004)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    if swirl:
        angle = angle + swirl * (1 - 0.85 * led) * noise(*size, 0.2, seed + 11)
    return np.stack([np.sin(angle), np.cos(angle)], -1).astype(np.float32)


def _cells(pixels: Picture, share: float) -> tuple[int, int]:
    """Return width and height of the picture in cells of a share of its height."""
    height, width = pixels.shape[:2]
    rows = max(2, min(height, round(1 / share)))
    return max(2, round(rows * width / height)), rows


def _at(plane: Plane | Picture, where: Plane, aspect: float) -> Plane:
    """Return a plane's values at rows and columns in shares of the height."""
    rows, columns = plane.shape[:2]
    y = np.clip((where[:, 0] * rows).astype(int), 0, rows - 1)
    x = np.clip((where[:, 1] / aspect * columns).astype(int), 0, columns - 1)
    return np.asarray(plane[y, x])


def _hex(paint: Plane) -> list[str]:
    numbers = np.clip(paint * 127.5 + 127.5, 0, 255).astype(int) @ np.array([65536, 256, 1])
    return [f"#{number:06x}" for number in numbers.tolist()]
