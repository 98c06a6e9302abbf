"""Quick blurs: by bytes for large pictures, by two matrix products for small planes, and what keeps edges."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from ..filters import Picture, luma, posterise, resize

__all__ = [
    "as_image",
    "as_pixels",
    "boxed",
    "features",
    "flattened",
    "kept",
    "snapped",
    "softened",
    "spread",
    "stepped",
]

FEATURE = 0.017  # share of the height that an eye, a spoke or a mast is narrower than
SMALL = 150  # pixels of height up to which a rough plane is as fine as the picture


def softened(pixels: Picture, share: float) -> NDArray[np.float32]:
    """Blur (height, width, 3) narrowly, by about `share` of the height."""
    return as_pixels(np.asarray(boxed(as_image(pixels), share * pixels.shape[0])))


def flattened(pixels: Picture, share: float) -> NDArray[np.float32]:
    """Smooth (height, width, 3) within forms and keep their edges crisp, after Kuwahara (1976).

    Each pixel takes the mean of the calmest of four squares beside it, with sides of twice `share` of the height.
    """
    height, width = pixels.shape[:2]
    reach = round(share * height)
    if reach < 1:
        return softened(pixels, 0)
    image = as_image(pixels)
    mean = np.asarray(image.filter(ImageFilter.BoxBlur(reach)).convert("RGBA")).view(np.uint32)[..., 0]
    grey = image.convert("L")
    apart = ImageChops.difference(grey, grey.filter(ImageFilter.BoxBlur(1))).point(lambda level: min(255, 8 * level))
    unrest = np.asarray(apart.filter(ImageFilter.BoxBlur(reach)))
    around_mean, around_unrest = np.pad(mean, reach, mode="edge"), np.pad(unrest, reach, mode="edge")
    out, least = mean, np.maximum(unrest, 2) - 2  # where nothing is calmer the middle stays
    for top, left in ((0, 0), (0, 2 * reach), (2 * reach, 0), (2 * reach, 2 * reach)):
        here = around_unrest[top : top + height, left : left + width]
        better = here < least
        out = np.where(better, around_mean[top : top + height, left : left + width], out)
        least = np.where(better, here, least)
    chosen = Image.fromarray(np.ascontiguousarray(out)[..., None].view(np.uint8)[..., :3])
    return as_pixels(np.asarray(chosen.filter(ImageFilter.BoxBlur(0.8))))  # the choice is by whole pixels: no jags


def features(pixels: Picture, things: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Return where the things have what is too small for a broad brush, as eyes and spokes: (height, width) in [0, 1].

    It is what a morphological closing fills or an opening takes away. Of nothing known it is 0.
    """
    if things is None:
        return np.zeros((1, 1), np.float32)
    out = np.zeros(things.shape, np.float32)
    reach = max(1, round(FEATURE / 2 * len(things)))
    ends = (np.flatnonzero(things.any(axis)) for axis in (1, 0))
    here = tuple(slice(max(0, at[0] - reach), at[-1] + reach + 1) if len(at) else slice(0) for at in ends)
    levels = np.asarray(as_image(pixels[here]))
    closed = 255 - _largest(255 - _largest(levels, reach), reach)
    opened = _largest(255 - _largest(255 - levels, reach), reach)
    apart = np.maximum(closed - levels, levels - opened).max(-1, initial=0)
    strong = np.clip((_largest(apart, max(1, reach // 3)).astype(np.float32) - 28) / 48, 0, 1)
    out[here] = strong * things[here]
    return out


def kept(loose: Picture, strict: Picture, where: NDArray[np.float32] | None, share: float = 1.0) -> Picture:
    """Return a loose rendering, and `where` (0 … 1) a share of a strict one, so that what is shown can be named."""
    if where is None:
        return loose
    near = np.float32(share) * where
    return np.asarray(loose + (near if loose.ndim == 2 else near[..., None]) * (strict - loose))


def _largest(levels: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """Return the largest level within `reach` pixels of each, down and across, by windows of twice the size each time."""
    for axis in (0, 1):
        lines = np.moveaxis(
            np.pad(levels, [(reach, reach) if k == axis else (0, 0) for k in range(levels.ndim)]), axis, 0
        )
        wide = 1
        while wide < 2 * reach + 1:
            step = min(wide, 2 * reach + 1 - wide)
            lines = np.maximum(lines[step:], lines[:-step])
            wide += step
        levels = np.moveaxis(lines, 0, axis)
    return levels


def stepped(pixels: Picture, levels: int, soft: float) -> Picture:
    """Reduce the light to a few tones and keep the hues; `soft` (0 … 1) keeps some of the slope between them."""
    light = luma(pixels)
    return pixels + (posterise(light, levels, soft) - light)[..., None]


def snapped(plane: Picture, pixels: Picture, share: float, loose: float = 0.01) -> NDArray[np.float32]:
    """Return a rough plane, (rows, columns), as large as the picture and with its edges: He's guided filter (2015).

    Within `share` of the height around each place the plane is a linear function of the picture's colours there.
    """
    height, width = pixels.shape[:2]
    if height < SMALL:
        return resize(np.ascontiguousarray(plane, np.float32), width, height)
    rows = min(height, 96)
    columns = max(2, round(rows * width / height))
    guide = resize(pixels, columns, rows, Image.Resampling.BOX)
    flat = resize(np.ascontiguousarray(plane, np.float32), columns, rows)
    mean, level = _spread_all(guide, share), spread(flat, share)
    pairs = _spread_all((guide[..., :, None] * guide[..., None, :]).reshape(rows, columns, 9), share)
    both = _spread_all(guide * flat[..., None], share) - mean * level[..., None]
    spreadth = pairs.reshape(rows, columns, 3, 3) - mean[..., :, None] * mean[..., None, :]
    slope = np.linalg.solve(spreadth + loose * np.eye(3, dtype=np.float32), both[..., None])[..., 0]
    offset = level - (slope * mean).sum(-1)
    slope, offset = _spread_all(slope, share), spread(offset, share)
    out = resize(offset, width, height)
    for channel in range(3):
        out = out + resize(np.ascontiguousarray(slope[..., channel], np.float32), width, height) * pixels[..., channel]
    return out.astype(np.float32, copy=False)


def _spread_all(cells: Picture, share: float) -> NDArray[np.float32]:
    return np.stack([spread(cells[..., k], share) for k in range(cells.shape[-1])], -1)


def spread(cells: Picture, share: float) -> NDArray[np.float32]:
    """Blur (rows, columns) by a Gaussian of `share` of the height."""
    rows, columns = cells.shape
    return np.asarray(_gaussian(rows, share * rows) @ cells @ _gaussian(columns, share * rows).T, np.float32)


def as_image(pixels: Picture) -> Image.Image:
    """Return [-1, 1] as an image of bytes."""
    scaled = pixels * np.float32(127.5)
    scaled += 128
    return Image.fromarray(np.clip(scaled, 0, 255, out=scaled).astype(np.uint8))


def as_pixels(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return 0..255 as [-1, 1]."""
    out = levels.astype(np.float32)
    out *= np.float32(1 / 127.5)
    out -= 1
    return out


def boxed(image: Image.Image, radius: float) -> Image.Image:
    """Average the pixels around each, about as far as a Gaussian of this radius."""
    return image.filter(ImageFilter.BoxBlur(1.4 * radius))


@lru_cache(maxsize=64)
def _gaussian(size: int, width: float) -> NDArray[np.float32]:
    at = np.arange(size)
    matrix = np.exp(-0.5 * ((at[:, None] - at) / max(width, 0.3)) ** 2)
    return (matrix / matrix.sum(1, keepdims=True)).astype(np.float32)
