"""Edges of a mask array: grown, shrunk, feathered, and resized."""

import numpy as np
from PIL import Image, ImageFilter

from helpers import pictures
from helpers.masks.shapes import MaskArray, mask_array


def grow(pixels: MaskArray, radius: int) -> MaskArray:
    """Return the mask dilated by a disc of `radius` pixels: each pixel becomes the largest in it. Outside is 0."""
    height, width = pixels.shape
    radius = min(radius, height + width)
    found = pixels.copy()
    # By the width of a window: the largest pixel in the window that begins at each pixel and extends to the right.
    widest = {1: np.pad(pixels, ((0, 0), (radius, radius)))}
    for down in range(min(radius, height - 1) + 1):
        reach = int(np.sqrt(radius**2 - down**2))
        row = _largest(widest, 2 * reach + 1)[:, radius - reach :][:, :width]
        np.maximum(found[down:], row[: height - down], out=found[down:])
        np.maximum(found[: height - down], row[down:], out=found[: height - down])
    return found


def shrink(pixels: MaskArray, radius: int) -> MaskArray:
    """Return the mask eroded by a disc of `radius` pixels: each pixel becomes the smallest in it. Outside is 255."""
    return 255 - grow(255 - pixels, radius)


def feather(pixels: MaskArray, radius: int) -> MaskArray:
    """Return the mask with its edges blurred, over at most `radius` pixels across or down to either side."""
    image = Image.fromarray(pixels)
    for part in (radius // 3, (radius + 1) // 3, (radius + 2) // 3):  # three box blurs are close to a Gaussian
        image = image.filter(ImageFilter.BoxBlur(part)) if part else image
    return np.array(image)


def resize(pixels: MaskArray, size: tuple[int, int], how: pictures.Fit) -> MaskArray:
    """Return the mask at another size, as `helpers.fit` does: padding is 0, and a hard mask remains hard."""
    fitted = np.array(pictures.resized(Image.fromarray(pixels), size, how, colour=0))
    is_hard = bool(np.isin(pixels, (0, 255)).all())
    return mask_array(fitted >= 128) if is_hard else fitted


def _largest(widest: dict[int, MaskArray], window: int) -> MaskArray:
    """Return the largest pixel in the `window` to the right of each, from two windows of a power of two."""
    power = 1 << (window.bit_length() - 1)
    if power not in widest:
        half = _largest(widest, power // 2)
        widest[power] = np.maximum(half[:, : half.shape[1] - power // 2], half[:, power // 2 :])
    step = window - power
    whole = widest[power]
    return np.maximum(whole[:, : whole.shape[1] - step], whole[:, step:]) if step else whole
