"""Mask arrays from shapes and from an image's colours, and the checks of sizes and coordinates.

A pixel is 255 where its centre lies inside the shape, 0 elsewhere. Lessons use `helpers.Mask`.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from helpers import pictures
from helpers.errors import ImageError, MaskError
from helpers.language import shortened, tr

MaskArray = NDArray[np.uint8]  # (height, width), 255 may change, 0 stays
BoolArray = NDArray[np.bool_]  # (height, width)
Points = NDArray[np.float64]


def box(size: tuple[int, int], corners: Any) -> MaskArray:
    """Return a filled rectangle. `corners`: (left, top, right, bottom) in whole pixels, right and bottom exclusive."""
    width, height = size
    left, top, right, bottom = _whole_numbers(corners, 4)
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise MaskError(
            tr(
                "The box {corners} does not lie in a picture of {width} x {height} pixels.",
                corners=tuple(corners),
                width=width,
                height=height,
            ),
            tr(
                "A box is (left, top, right, bottom), from the top left corner, and right and bottom are the larger"
                " ones."
            ),
            tr(
                "Try ({left}, {top}, {right}, {bottom}), the middle.",
                left=width // 4,
                top=height // 4,
                right=width * 3 // 4,
                bottom=height * 3 // 4,
            ),
        )
    pixels = np.zeros((height, width), np.uint8)
    pixels[top:bottom, left:right] = 255
    return pixels


def ellipse(size: tuple[int, int], corners: Any) -> MaskArray:
    """Return the ellipse that fills the box (left, top, right, bottom) in pixels, which may extend beyond the image."""
    ends = _finite_numbers(corners, (4,), tr("(left, top, right, bottom) of an ellipse"))
    left, top, right, bottom = map(float, ends)
    if not (left < right and top < bottom):
        raise MaskError(
            tr("The ellipse's box {corners} is empty.", corners=tuple(corners)),
            fix=tr("Give (left, top, right, bottom), the larger ones last."),
        )
    across = (np.arange(size[0]) + 0.5 - (left + right) / 2) / ((right - left) / 2)
    down = (np.arange(size[1]) + 0.5 - (top + bottom) / 2) / ((bottom - top) / 2)
    return _checked_shape(across[None] ** 2 + down[:, None] ** 2 <= 1, tr("The ellipse"))


def polygon(size: tuple[int, int], points: Any) -> MaskArray:
    """Return the area inside a closed line through three or more (x, y), by the even-odd rule."""
    corners = _finite_numbers(points, (-1, 2), tr("a list of (x, y)"))
    if len(corners) < 3:
        raise MaskError(
            tr("A polygon of {count} points has no inside.", count=len(corners)), fix=tr("Give three or more (x, y).")
        )
    width, height = size
    turns = np.zeros((height, width + 1), np.uint8)  # 1 where a row goes in or out
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, 0), strict=True):
        if y0 != y1:
            first, last = (math.ceil(np.clip(y - 0.5, 0, height)) for y in sorted((y0, y1)))
            rows = np.arange(first, last)
            meets = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
            turns[rows, np.clip(np.ceil(meets - 0.5), 0, width).astype(int)] ^= 1
    return _checked_shape(np.bitwise_xor.accumulate(turns, 1)[:, :width] > 0, tr("The polygon"))


def brush(size: tuple[int, int], points: Any, width: float) -> MaskArray:
    """Return the stroke of a round brush, `width` pixels wide, through the points (x, y); one point is a dot."""
    path = _finite_numbers(points, (-1, 2), tr("a list of (x, y)"))
    wide = float(_finite_numbers(width, (), tr("the width of a brush")))
    if not len(path) or wide < 1:
        raise MaskError(
            tr("A brush of width {width} through {count} points paints nothing.", width=width, count=len(path)),
            fix=tr("Give one or more (x, y), and a width of 1 pixel or more."),
        )
    touched = np.zeros(size[::-1], np.bool_)
    for start, end in zip(path, [*path[1:], path[-1]], strict=True):
        _stroke(touched, start, end, wide / 2)
    return _checked_shape(touched, tr("The brush stroke"))


def brightness(source: Any, above: float | None, below: float | None) -> MaskArray:
    """Return where an image's brightness, 0 to 255, is greater than `above` and less than `below`; one may be None."""
    if above is None and below is None:
        raise MaskError(
            tr("A threshold needs a brightness."), fix=tr("Give above=200 for what is light, below=50 for dark.")
        )
    light = np.asarray(pictures.to_rgb(source).convert("L"))
    chosen = np.ones(light.shape, np.bool_)
    if above is not None:
        chosen &= light > float(_finite_numbers(above, (), tr("a brightness from 0 to 255")))
    if below is not None:
        chosen &= light < float(_finite_numbers(below, (), tr("a brightness from 0 to 255")))
    return mask_array(chosen)


def near_colour(source: Any, colour: Any, tolerance: float) -> MaskArray:
    """Return where red, green and blue differ from `colour` by at most `tolerance` (0 to 255) each.

    `colour`: a name, "#rrggbb" or (red, green, blue).
    """
    if isinstance(colour, str):
        try:
            colour = ImageColor.getrgb(colour)[:3]
        except ValueError as error:
            raise MaskError(
                tr("There is no colour {colour!r}.", colour=colour), fix=tr('Use a name, "#2e8b57", or (46, 139, 87).')
            ) from error
    wanted = _finite_numbers(colour, (3,), tr("(red, green, blue), each from 0 to 255"))
    apart = np.abs(np.asarray(pictures.to_rgb(source), np.float64) - wanted).max(2)
    return mask_array(apart <= float(_finite_numbers(tolerance, (), tr("a tolerance from 0 to 255"))))


def transparency(source: Any) -> MaskArray:
    """Return 255 where an image is transparent, 0 where it is opaque. Raises MaskError without an alpha channel."""
    image = pictures.to_image(source)
    if image.mode != "RGBA":
        raise MaskError(
            tr("This picture of mode {mode} has no alpha channel.", mode=image.mode),
            tr("Nothing in it is transparent."),
            tr("Use Mask.from_image for a black and white picture, or Mask.from_colour."),
        )
    return 255 - np.asarray(image.getchannel("A"))


def size_of(size: Any) -> tuple[int, int]:
    """Return (width, height) in pixels from two integers above 0, or from any image. Raises MaskError for others."""
    try:
        width, height = size
    except (TypeError, ValueError):
        try:
            return pictures.to_image(size).size
        except ImageError as error:
            raise MaskError(
                tr("A mask has no size {size!r}.", size=size),
                fix=tr("Give (width, height) in pixels, or the picture it is for."),
            ) from error
    width, height = _whole_numbers((width, height), 2)
    if width < 1 or height < 1:
        raise MaskError(
            tr("A mask cannot be {width} x {height} pixels.", width=width, height=height),
            fix=tr("Give (width, height) above 0."),
        )
    return width, height


def must_fit(pixels: MaskArray, image: Image.Image) -> None:
    """Raise MaskError unless the image has the mask's size."""
    height, width = pixels.shape
    if image.size != (width, height):
        raise MaskError(
            tr(
                "The mask is {width} x {height} pixels and the picture {across} x {down}.",
                width=width,
                height=height,
                across=image.width,
                down=image.height,
            ),
            tr("Both must have the same size."),
            tr("Make the mask for this picture: Mask.box(image, ...), or use mask.fitted(image)."),
        )


def mask_array(inside: BoolArray) -> MaskArray:
    """Return 255 for True and 0 for False."""
    return np.where(inside, np.uint8(255), np.uint8(0))


def _whole_numbers(given: Any, count: int) -> tuple[int, ...]:
    """Return `count` numbers of pixels as integers. Raises MaskError for others."""
    try:
        listed = tuple(given)
        whole = tuple(int(number) for number in listed)
        exact = len(listed) == count and all(one == other for one, other in zip(whole, listed, strict=True))
    except (TypeError, ValueError, OverflowError):
        exact, whole = False, ()
    if not exact:
        raise MaskError(
            tr("{given!r} is not {count} numbers of pixels.", given=given, count=count),
            fix=tr("Give whole numbers, as in Mask.box((512, 512), (128, 128, 384, 384))."),
        )
    return whole


def pixel_count(given: Any) -> int:
    """Return a number of pixels, an integer from 0. Raises MaskError for others."""
    (count,) = _whole_numbers((given,), 1)
    if count < 0:
        raise MaskError(tr("{given!r} is fewer than 0 pixels.", given=given), fix=tr("Give a whole number from 0."))
    return count


def _finite_numbers(given: Any, shape: tuple[int, ...], name: str) -> Points:
    """Return finite numbers as an array of `shape`, in which -1 is any length. `name`: for MaskError."""
    try:
        array = np.asarray(list(given) if shape and isinstance(given, Iterable) else given, np.float64)
    except (TypeError, ValueError):
        array = np.full(0, np.nan)
    fits = array.ndim == len(shape) and all(want in (-1, have) for want, have in zip(shape, array.shape, strict=True))
    if not fits or not np.isfinite(array).all():
        shown = shortened(repr(given), 80)
        raise MaskError(
            tr("{shown} is not {name}.", shown=shown, name=name),
            fix=tr("Give finite numbers, in pixels from the top left corner."),
        )
    return array


def _checked_shape(inside: BoolArray, name: str) -> MaskArray:
    """Return a shape as a mask array. Raises MaskError where no pixel's centre lies inside. `name`: for the error."""
    if not inside.any():
        height, width = inside.shape
        raise MaskError(
            tr("{name} covers no pixel of a picture of {width} x {height}.", name=name, width=width, height=height),
            fix=tr("Points are (x, y) in pixels from the top left corner, x to the right and y down."),
        )
    return mask_array(inside)


def _stroke(touched: BoolArray, start: Points, end: Points, radius: float) -> None:
    """Set `touched`, in place, where a pixel's centre is within `radius` of the line between two pixels' centres."""
    height, width = touched.shape
    low = np.floor(np.minimum(start, end) - radius)
    high = np.ceil(np.maximum(start, end) + radius) + 1
    (left, right), (top, bottom) = (
        np.clip((low[axis], high[axis]), 0, side).astype(int) for axis, side in enumerate((width, height))
    )
    down, across = np.mgrid[top:bottom, left:right].astype(np.float64)
    way = end - start
    length = float(way @ way)
    along = ((across - start[0]) * way[0] + (down - start[1]) * way[1]) / length if length else np.zeros(down.shape)
    along = np.clip(along, 0, 1)
    apart = (across - start[0] - along * way[0]) ** 2 + (down - start[1] - along * way[1]) ** 2
    touched[top:bottom, left:right] |= apart <= radius**2
