"""From SVG text to pixels: the only module that knows ThorVG, so that another rasteriser can take its place."""

from functools import cache

import numpy as np
import thorvg_python as tvg
from numpy.typing import NDArray

__all__ = ["rgb", "rgba"]


def rgb(svg: str, width: int, height: int) -> NDArray[np.float32]:
    """Draw an opaque picture: (height, width, 3) float32 in [-1, 1]."""
    drawn, pixels = _draw(svg, width, height), np.empty((height, width, 3), np.float32)
    for channel in range(3):  # numpy is slow at many short rows, and three of four bytes are that
        pixels[..., channel] = drawn[..., channel]
    pixels *= 1 / 127.5
    pixels -= 1
    return pixels


def rgba(svg: str, width: int, height: int) -> NDArray[np.float32]:
    """Draw a cut-out: (height, width, 4) float32, straight colour in [-1, 1] and alpha in [0, 1]."""
    pixels = _draw(svg, width, height).astype(np.float32) * (1 / 255)
    alpha = pixels[..., 3:]
    pixels[..., :3] = pixels[..., :3] / np.maximum(alpha, 1 / 255) * 2 - 1
    np.clip(pixels[..., :3], -1, 1, out=pixels[..., :3])
    return pixels


@cache
def _engine() -> tvg.Engine:
    return tvg.Engine(threads=0)  # one thread: the same bytes on every run, and the workers are processes


def _draw(svg: str, width: int, height: int) -> NDArray[np.uint8]:
    canvas = tvg.SwCanvas(_engine())
    canvas.set_target(width, height)
    picture = tvg.Picture(_engine())
    data = svg.encode()
    data += b" " * (-len(data) % 4096)  # ctypes keeps a type for every length that it meets: let it meet few
    result = picture.load_data(data, "svg", None, True)
    if result != tvg.Result.SUCCESS:
        raise ValueError(f"the painter made an SVG that cannot be read ({result.name}): {svg[:200]}")
    picture.set_size(width, height)
    canvas.add(picture)
    canvas.draw(True)
    canvas.sync()
    if canvas.buffer_arr is None:
        raise RuntimeError("ThorVG gave no pixels")
    pixels = np.frombuffer(memoryview(canvas.buffer_arr), np.uint8).reshape(height, width, 4).copy()
    canvas.destroy()  # ThorVG frees nothing by itself: without this, 200 pictures cost half a gigabyte
    return pixels
