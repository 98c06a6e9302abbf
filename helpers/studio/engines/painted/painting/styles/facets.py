"""Filters for styles of flat pieces: triangles, glass and folded paper, drawn as vectors in the picture's own colours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .. import raster
from ..filters import Picture, resize

__all__ = ["Line", "triangles"]

SAMPLES = 6  # colour samples along one side of a cell
PIECE = 3  # pixels that a cell is high at least
CORNERS = np.array([[0, 1, 3], [0, 3, 2]]), np.array([[0, 1, 2], [1, 3, 2]])  # the two halves, by both diagonals


@dataclass(frozen=True)
class Line:
    """A seam between pieces: colour, width in hundredths of the height, opacity."""

    colour: str
    width: float
    opacity: float = 1.0


def triangles(
    pixels: Picture,
    rows: int,
    seed: int,
    *,
    jitter: float = 0.7,
    snap: bool = True,
    painted: bool = True,
    shade: float = 0.0,
    detail: tuple[float, ...] = (),
    line: Line | None = None,
) -> Picture:
    """Cut the picture into about `rows` rows of triangles of its own colours.

    Each cell is cut along the diagonal that parts its colours best. Corners move by `jitter` cells, and with `snap` onto the edges of what is drawn. `shade` tilts each piece towards or
    from the light; without `painted` that light is all there is, about 0. Where colours vary by more than the numbers in `detail`, a cell is cut into four, once for each number,
    so that what stands in the scene keeps its outline.
    """
    height, width = pixels.shape[:2]
    columns = max(2, round(rows * width / height))
    rng = np.random.default_rng([seed, rows])
    detail = tuple(least for k, least in enumerate(detail, 2) if height >= PIECE * rows * 2 ** (k - 1))
    cells = min(height, rows * SAMPLES * 2 ** len(detail))
    small = resize(pixels, round(cells * width / height), cells, Image.Resampling.BOX)
    grid = np.stack(np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1)), -1)
    grid[1:-1, 1:-1] += (rng.random((rows - 1, columns - 1, 2)) - 0.5) * jitter / [columns, rows]
    edges = _edges(small) if snap else None
    if edges is not None:
        grid = _on_edges(edges, grid, rows)
    quads = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]], 2).reshape(-1, 4, 2)
    sizes = np.ones(len(quads))
    for least in detail:
        busy = _spread_of(small, quads) > least
        sizes, parts = np.concatenate([sizes, np.repeat(sizes[busy] / 2, 4)]), _quarters(quads[busy])
        if edges is not None:
            parts = _on_edges(edges, parts, rows / sizes[-1])
        quads = np.concatenate([quads, parts])  # laid over the cell, so that no gap opens where a corner moves
    ways = quads[:, CORNERS[0]], quads[:, CORNERS[1]]
    first, second = (_unlike(small, way) + 0.02 * rng.random(len(quads)) for way in ways)
    pieces = np.where((first < second)[:, None, None, None], *ways)
    tilt = rng.random((len(quads), 2)) - 0.5 + np.array([0.35, -0.35])
    lift = shade * tilt * np.sqrt(sizes)[:, None]
    pieces = pieces.reshape(-1, 3, 2)
    colours = (_colours(small, pieces) if painted else np.zeros((1, 3), np.float32)) + lift.reshape(-1, 1)
    return _drawn(pieces, colours, np.repeat(sizes, 2), line, width, height)


def _drawn(
    pieces: NDArray[np.float64],
    colours: Picture,
    sizes: NDArray[np.float64],
    line: Line | None,
    width: int,
    height: int,
) -> Picture:
    """Return triangles as pixels; small ones have thinner seams."""
    wide = width / height * 100
    paints = (np.clip(colours * 127.5 + 127.5, 0, 255).astype(int) @ np.array([65536, 256, 1])).tolist()
    corners = (pieces * [wide, 100]).reshape(-1, 6).tolist()
    outlines = ["M{:.1f} {:.1f}L{:.1f} {:.1f} {:.1f} {:.1f}Z".format(*points) for points in corners]
    out = [
        f'<path d="{outline}" fill="#{paint:06x}" stroke="#{paint:06x}"/>'
        for outline, paint in zip(outlines, paints, strict=True)
    ]
    seams = ""
    if line:
        drawn = (
            f'<path d="{outline}" stroke-width="{line.width * size:.2f}"/>'
            for outline, size in zip(outlines, sizes.tolist(), strict=True)
        )
        seams = f'<g fill="none" stroke="{line.colour}" stroke-opacity="{line.opacity}">{"".join(drawn)}</g>'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.2f} 100">'
        f'<g stroke-linejoin="round"><g stroke-width="0.3">{"".join(out)}</g>{seams}</g></svg>'
    )
    return raster.rgb(svg, width, height)


def _at(small: Picture, points: NDArray[np.float64]) -> Picture:
    """Return the colours at points (…, 2) in shares of the sides."""
    rows, columns = small.shape[:2]
    x, y = (np.clip((points[..., k] * n).astype(int), 0, n - 1) for k, n in ((0, columns), (1, rows)))
    return np.asarray(small[y, x])


def _colours(small: Picture, pieces: NDArray[np.float64]) -> Picture:
    """Return the usual colour of each triangle: the median of its middle and of six points around it."""
    middle = pieces.mean(1, keepdims=True)
    between = (pieces + np.roll(pieces, 1, 1)) / 2
    return np.median(
        _at(small, np.concatenate([middle, middle + 0.55 * (pieces - middle), between * 0.6 + middle * 0.4], 1)), 1
    )


def _unlike(small: Picture, halves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much colours vary within the two halves, (cells, 2, 3, 2), of each cell."""
    middle = halves.mean(2, keepdims=True)
    points = np.concatenate([middle + share * (halves - middle) for share in (0.3, 0.7)], 2)
    return np.asarray(_at(small, points).std(2).sum((1, 2)))


def _spread_of(small: Picture, quads: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest deviation of a channel within each cell."""
    u = np.linspace(0.08, 0.92, 5)
    a, b, c, d = (quads[:, None, None, k] for k in range(4))
    down, across = u[:, None, None], u[None, :, None]
    points = (a * (1 - across) + b * across) * (1 - down) + (c * (1 - across) + d * across) * down
    return np.asarray(_at(small, points).reshape(len(quads), -1, 3).std(1).max(-1))


def _quarters(quads: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each cell's four quarters, with their corners in the same order."""
    a, b, c, d = np.moveaxis(quads, 1, 0)
    top, left, right, low, middle = (a + b) / 2, (a + c) / 2, (b + d) / 2, (c + d) / 2, (a + b + c + d) / 4
    parts = [a, top, left, middle], [top, b, middle, right], [left, middle, c, low], [middle, right, low, d]
    return np.stack([np.stack(part, 1) for part in parts], 1).reshape(-1, 4, 2)


def _edges(small: Picture) -> Picture:
    """Return how much the colours change at each place, (rows, columns)."""
    return np.abs(np.gradient(small, axis=0)).max(-1) + np.abs(np.gradient(small, axis=1)).max(-1)


def _on_edges(edges: Picture, points: NDArray[np.float64], rows: float) -> NDArray[np.float64]:
    """Return the corners (…, 2) of a mesh of `rows` rows, each that is not on the rim moved to the strongest edge near it."""
    tall, wide = edges.shape
    reach = max(1, round(0.45 * tall / rows))
    offsets = np.arange(-reach, reach + 1)
    near = 1 - 0.5 * np.hypot(offsets[:, None], offsets) / (reach * 1.5)
    y, x = (np.rint(points[..., k] * n).astype(int)[..., None, None] for k, n in ((1, tall), (0, wide)))
    around = np.clip(y + offsets[:, None], 0, tall - 1), np.clip(x + offsets, 0, wide - 1)
    best = ((edges[around] + 0.02) * near).reshape(*points.shape[:-1], near.size).argmax(-1)
    step = np.stack([offsets[best % len(offsets)] / wide, offsets[best // len(offsets)] / tall], -1)
    within = ((points > 1e-9) & (points < 1 - 1e-9)).all(-1, keepdims=True)
    return points + within * step
