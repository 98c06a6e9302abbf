"""What is done to a mask's edge: grown, shrunk, feathered, and brought to another size, on (height, width) uint8."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from helpers import pictures
from helpers.pictures.fitting import Fit

Pixels = NDArray[np.uint8]


def grow(pixels: Pixels, radius: int) -> Pixels:
    """Each pixel becomes the largest one at most `radius` away, in a circle. Beyond the picture lies 0."""
    height, width = pixels.shape
    radius = min(radius, height + width)
    found = pixels.copy()
    # From a window's width to the largest pixel in a window that begins at each place.
    widest = {1: np.pad(pixels, ((0, 0), (radius, radius)))}
    for down in range(min(radius, height - 1) + 1):
        reach = int(np.sqrt(radius**2 - down**2))
        row = _largest(widest, 2 * reach + 1)[:, radius - reach :][:, :width]
        np.maximum(found[down:], row[: height - down], out=found[down:])
        np.maximum(found[: height - down], row[down:], out=found[: height - down])
    return found


def shrink(pixels: Pixels, radius: int) -> Pixels:
    """Each pixel becomes the smallest one at most `radius` away. Beyond the picture lies 255, so its rim stays."""
    return 255 - grow(255 - pixels, radius)


def feather(pixels: Pixels, radius: int) -> Pixels:
    """A soft edge: nothing changes further than `radius` pixels, across or down, from where the mask changes."""
    image = Image.fromarray(pixels)
    for part in (radius // 3, (radius + 1) // 3, (radius + 2) // 3):  # three averages in a row are close to a bell
        image = image.filter(ImageFilter.BoxBlur(part)) if part else image
    return np.array(image)


def resize(pixels: Pixels, size: tuple[int, int], how: Fit) -> Pixels:
    """The mask at another size, by `helpers.fit`'s ways; what is added stays (0), and a hard mask remains hard."""
    fitted = np.array(pictures.resized(Image.fromarray(pixels), size, how, colour=0))
    hard = bool(np.isin(pixels, (0, 255)).all())
    return np.where(fitted >= 128, np.uint8(255), np.uint8(0)) if hard else fitted


def _largest(widest: dict[int, Pixels], window: int) -> Pixels:
    """The largest pixel in `window` from each one to the right, from two windows of the power of two below."""
    power = 1 << (window.bit_length() - 1)
    if power not in widest:
        half = _largest(widest, power // 2)
        widest[power] = np.maximum(half[:, : half.shape[1] - power // 2], half[:, power // 2 :])
    step = window - power
    whole = widest[power]
    return np.maximum(whole[:, : whole.shape[1] - step], whole[:, step:]) if step else whole
