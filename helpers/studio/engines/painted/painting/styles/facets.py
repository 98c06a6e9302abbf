"""Filters for styles of flat pieces: triangles, glass and folded paper, drawn as vectors in the picture's own colours."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .. import raster
from ..filters import Picture, resize
from ..light import rgb_to_hex

__all__ = ["folds", "triangles"]

SAMPLES = 6  # colour samples along one side of a cell


def triangles(
    pixels: Picture,
    rows: int,
    seed: int,
    *,
    jitter: float = 0.7,
    shade: float = 0.0,
    detail: float = 0.0,
    line: str = "",
    line_width: float = 0.0,
) -> Picture:
    """Cut the picture into `rows` rows of triangles of its own colours.

    `shade` tilts each towards or from the light; where colours vary by more than `detail` (0: never) a cell is cut
    into four, so that what stands in the scene keeps its outline; `line` draws the seams.
    """
    height, width = pixels.shape[:2]
    wide = width / height * 100
    columns = max(2, round(rows * width / height))
    rng = np.random.default_rng([seed, rows])
    small = resize(pixels, columns * SAMPLES, rows * SAMPLES)
    grid = np.stack(
        np.meshgrid(np.linspace(0, wide, columns + 1), np.linspace(0, 100, rows + 1)),
        -1,
    )
    grid[1:-1, 1:-1] += (rng.random((rows - 1, columns - 1, 2)) - 0.5) * jitter * 100 / rows
    out = []
    for r in range(rows):
        for c in range(columns):
            patch = small[r * SAMPLES : (r + 1) * SAMPLES, c * SAMPLES : (c + 1) * SAMPLES]
            busy = bool(detail) and float(patch.std(axis=(0, 1)).max()) > detail
            cell = np.stack([grid[r, c], grid[r, c + 1], grid[r + 1, c], grid[r + 1, c + 1]])
            for quad in _quarters(cell) if busy else (cell,):
                for k, corners in enumerate(_halves(quad, (r + c) % 2 == 1)):
                    middle = corners.mean(axis=0)
                    px = min(small.shape[1] - 1, int(middle[0] / wide * small.shape[1]))
                    py = min(small.shape[0] - 1, int(middle[1] / 100 * small.shape[0]))
                    lift = shade * (float(rng.random()) - 0.5 + (0.35 if k == 0 else -0.35)) * (0.5 if busy else 1.0)
                    colour = rgb_to_hex((small[py, px] + lift) * 127.5 + 127.5)
                    seam = (
                        f'stroke="{line}" stroke-width="{line_width * (0.5 if busy else 1):.2f}"'
                        if line
                        else f'stroke="{colour}" stroke-width="0.3"'
                    )
                    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners.tolist())
                    out.append(f'<polygon points="{points}" fill="{colour}" {seam} stroke-linejoin="round"/>')
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.2f} 100">{"".join(out)}</svg>'
    return raster.rgb(svg, width, height)


def folds(pixels: Picture, seed: int, rows: int = 6) -> Picture:
    """Return how folding lights a sheet, (height, width), about -0.4 … 0.4: large facets with corners on the forms' edges."""
    height, width = pixels.shape[:2]
    wide = width / height * 100
    columns = max(2, round(rows * width / height))
    rng = np.random.default_rng([seed, rows])
    grid = _on_edges(
        resize(pixels, columns * SAMPLES, rows * SAMPLES, Image.Resampling.BOX),
        rows,
        columns,
    )
    tilt = rng.random((rows, columns, 2))
    faces, creases = [], []
    for r in range(rows):
        for c in range(columns):
            cell = np.stack([grid[r, c], grid[r, c + 1], grid[r + 1, c], grid[r + 1, c + 1]])
            for k, corners in enumerate(_halves(cell, (r + c) % 2 == 1)):
                tone = 128 + 50 * (float(tilt[r, c, k]) - 0.5 + (0.3 if k == 0 else -0.3))
                points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (corners * (wide / columns, 100 / rows)).tolist())
                grey = rgb_to_hex((tone, tone, tone))
                faces.append(f'<polygon points="{points}" fill="{grey}" stroke="{grey}" stroke-width="0.2"/>')
                creases.append(f'<polygon points="{points}"/>')
    lines = "".join(creases)
    body = (
        f'{"".join(faces)}<g fill="none" stroke-width="0.22"><g stroke="#5c5c5c" transform="translate(0.2,0.2)">'
        f'{lines}</g><g stroke="#a8a8a8">{lines}</g></g>'
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.2f} 100">{body}</svg>'
    return raster.rgb(svg, width, height)[..., 0]


def _on_edges(small: Picture, rows: int, columns: int) -> NDArray[np.float64]:
    """Return a grid of (rows + 1, columns + 1) corners, in cells, each inner one moved to the strongest edge near it."""
    grid = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0)), -1)
    edge = np.abs(np.gradient(small, axis=0)).max(-1) + np.abs(np.gradient(small, axis=1)).max(-1)
    reach = SAMPLES // 2 - 1
    offsets = np.arange(-reach, reach + 1)
    near = 1 - 0.5 * np.hypot(offsets[:, None], offsets[None]) / (reach * 1.5)
    for r in range(1, rows):
        for c in range(1, columns):
            y, x = r * SAMPLES, c * SAMPLES
            window = (edge[y - reach : y + reach + 1, x - reach : x + reach + 1] + 0.02) * near
            down, across = np.unravel_index(int(window.argmax()), window.shape)
            grid[r, c] += (offsets[across] / SAMPLES, offsets[down] / SAMPLES)
    return grid


def _halves(cell: NDArray[np.float64], other: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return (cell[[0, 1, 2]], cell[[1, 3, 2]]) if other else (cell[[0, 1, 3]], cell[[0, 3, 2]])


def _quarters(cell: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Yield a cell's four quarters, each with its corners in the same order."""
    a, b, c, d = cell
    top, left, right, low, middle = (
        (a + b) / 2,
        (a + c) / 2,
        (b + d) / 2,
        (c + d) / 2,
        (a + b + c + d) / 4,
    )
    yield np.stack([a, top, left, middle])
    yield np.stack([top, b, middle, right])
    yield np.stack([left, middle, c, low])
    yield np.stack([middle, right, low, d])
