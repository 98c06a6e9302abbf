"""Canvases for outpainting: an image on a larger canvas, and the mask of the new area."""

from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from helpers import pictures
from helpers.errors import ImageError, MaskError
from helpers.language import tr
from helpers.masks import shapes
from helpers.masks.mask import Mask
from helpers.schemas.sdxl import MAX_PIXELS

OVERLAP = 16  # pixels of the image beside the new area that may change too, so that no seam shows
_SOFTENED = 12  # pixels, the blur of the edge colours, which otherwise run outwards in streaks

Sides = tuple[int, int, int, int]  # left, right, up, down in pixels


def extend(
    init_image: Any,
    *,
    left: int = 0,
    right: int = 0,
    up: int = 0,
    down: int = 0,
    overlap: int = OVERLAP,
    feather: int | None = None,
) -> tuple[Image.Image, Mask]:
    """Return an image on a larger canvas, and the mask of what may change there.

        canvas, mask = helpers.masks.extend("beach.png", right=256, overlap=32)

    - `init_image`: a PIL image, a path, bytes, base64, a uint8 array, a Generation or a tile.
    - `left`, `right`, `up`, `down`: pixels to add on each side, integers from 0 (default); at least one above 0.
    - `overlap`: pixels of the image beside each new area that may change too, an integer from 0 (default 16). Further
      in, the image stays byte for byte.
    - `feather`: pixels over which the mask fades to each side of the middle of the overlap, an integer from 0 to half
      of `overlap` (default None: half of it).

    Returns the canvas, RGB, whose new area continues the colours of the image's edges, and a Mask of its size. The size
    need not be legal for a model. Raises ImageError where nothing is added or the canvas has more than 64 million
    pixels, and MaskError where the overlap or the feather does not fit.
    """
    picture = pictures.to_rgb(init_image)
    sides = (
        shapes.pixel_count(left),
        shapes.pixel_count(right),
        shapes.pixel_count(up),
        shapes.pixel_count(down),
    )
    if not any(sides):
        raise ImageError(tr("Nothing was added to the picture."), fix=tr("Give left, right, up or down in pixels."))
    size = picture.width + sides[0] + sides[1], picture.height + sides[2] + sides[3]
    if size[0] * size[1] > pictures.MAX_PIXELS_READ:
        raise ImageError(
            tr("A canvas of {width} x {height} pixels is too large.", width=size[0], height=size[1]),
            fix=tr("SDXL takes {most:,} pixels at most.", most=MAX_PIXELS),
        )
    return _canvas(picture, sides), _mask(picture.size, size, sides, overlap, feather)


def _canvas(picture: Image.Image, sides: Sides) -> Image.Image:
    left, right, up, down = sides
    wide = Image.fromarray(np.pad(np.asarray(picture), ((up, down), (left, right), (0, 0)), mode="edge"))
    canvas = wide.filter(ImageFilter.GaussianBlur(_SOFTENED))
    canvas.paste(picture, (left, up))
    return canvas


def _mask(old: tuple[int, int], size: tuple[int, int], sides: Sides, overlap: int, feather: int | None) -> Mask:
    left, right, up, down = sides
    overlap = shapes.pixel_count(overlap)
    soft = overlap // 2 if feather is None else shapes.pixel_count(feather)
    if soft > overlap // 2:
        raise MaskError(
            tr("A feather of {soft} pixels does not fit in an overlap of {overlap}.", soft=soft, overlap=overlap),
            tr("It would let less than all of the new area change, or more of the old picture."),
            tr("Give at most {most}, half of the overlap.", most=overlap // 2),
        )
    if overlap * (bool(left) + bool(right)) >= old[0] or overlap * (bool(up) + bool(down)) >= old[1]:
        raise MaskError(
            tr(
                "An overlap of {overlap} pixels leaves nothing of a picture of {width} x {height}.",
                overlap=overlap,
                width=old[0],
                height=old[1],
            ),
            fix=tr("Give a smaller overlap."),
        )
    depth = overlap - soft
    inner = (
        left + (depth if left else 0),
        up + (depth if up else 0),
        left + old[0] - (depth if right else 0),
        up + old[1] - (depth if down else 0),
    )
    return (~Mask.box(size, inner)).feathered(soft)
