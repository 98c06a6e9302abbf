"""Quick blurs: by bytes for large pictures, by two matrix products for small planes."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ..filters import Picture

__all__ = ["as_image", "boxed", "softened", "spread"]


def softened(pixels: Picture, share: float) -> NDArray[np.float32]:
    """Blur (height, width, 3) narrowly, by about `share` of the height."""
    soft = np.asarray(boxed(as_image(pixels), share * pixels.shape[0])).astype(np.float32)
    soft *= np.float32(1 / 127.5)
    soft -= 1
    return soft


def spread(cells: Picture, share: float) -> NDArray[np.float32]:
    """Blur (rows, columns) by a Gaussian of `share` of the height."""
    rows, columns = cells.shape
    return np.asarray(_gaussian(rows, share * rows) @ cells @ _gaussian(columns, share * rows).T, np.float32)


def as_image(pixels: Picture) -> Image.Image:
    """Return [-1, 1] as an image of bytes."""
    scaled = pixels * np.float32(127.5)
    scaled += 128
    return Image.fromarray(np.clip(scaled, 0, 255, out=scaled).astype(np.uint8))


def boxed(image: Image.Image, radius: float) -> Image.Image:
    """Average the pixels around each, about as far as a Gaussian of this radius."""
    return image.filter(ImageFilter.BoxBlur(1.4 * radius))


@lru_cache(maxsize=64)
def _gaussian(size: int, width: float) -> NDArray[np.float32]:
    at = np.arange(size)
    matrix = np.exp(-0.5 * ((at[:, None] - at) / max(width, 0.3)) ** 2)
    return (matrix / matrix.sum(1, keepdims=True)).astype(np.float32)
