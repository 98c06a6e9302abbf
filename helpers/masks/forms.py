"""Masks as images in each polarity that image models take, by name, and masks from such images.

The wrong polarity changes the wrong half of the image, at full price. `helpers.Mask` has one meaning, 255 may change;
these functions convert it. `Mask.to_body` and `Mask.from_body` do the same for SDXL's three forms in a request body.
"""

from typing import Any

import numpy as np
from PIL import Image

from helpers import pictures
from helpers.errors import MaskError
from helpers.language import tr
from helpers.masks.mask import Mask


def white_changes(mask: Mask) -> Image.Image:
    """Return the mask in mode L, white where it may change.

        helpers.masks.forms.white_changes(mask)

    For SDXL's MASK_IMAGE_WHITE and Stability's inpaint and erase services. Greys are kept.
    """
    return mask.image


def black_changes(mask: Mask) -> Image.Image:
    """Return the mask in mode L, black where it may change, for SDXL's MASK_IMAGE_BLACK. Greys are kept."""
    return (~mask).image


def transparent_changes(mask: Mask, picture: Any) -> Image.Image:
    """Return the image in mode RGBA, transparent where it may change, for SDXL's INIT_IMAGE_ALPHA.

    The colours under the transparent parts are kept. Raises MaskError for an image of another size.
    """
    image = pictures.to_rgb(picture)
    mask.must_fit(image)
    image.putalpha((~mask).image)
    return image


def hard_black_changes(mask: Mask) -> Image.Image:
    """Return the mask in mode L, 0 where it may change and 255 elsewhere, for INPAINTING with Titan and Nova Canvas."""
    return (~mask.hardened()).image


def hard_white_changes(mask: Mask) -> Image.Image:
    """Return the mask in mode L, 255 where it may change and 0 elsewhere, for OUTPAINTING with Nova Canvas."""
    return mask.hardened().image


def from_white_changes(picture: Any) -> Mask:
    """Return the mask of an image in which white may change."""
    return Mask.from_image(picture)


def from_black_changes(picture: Any) -> Mask:
    """Return the mask of an image in which black may change."""
    return ~Mask.from_image(picture)


def from_transparent_changes(picture: Any) -> Mask:
    """Return the mask of an image that may change where it is transparent. Raises MaskError without alpha channel."""
    return Mask.from_alpha(picture)


def from_hard_black_changes(picture: Any) -> Mask:
    """Return the mask of an image of 0 (may change) and 255. Raises MaskError for any grey."""
    return _hard(from_black_changes(picture))


def from_hard_white_changes(picture: Any) -> Mask:
    """Return the mask of an image of 255 (may change) and 0. Raises MaskError for any grey."""
    return _hard(from_white_changes(picture))


def _hard(mask: Mask) -> Mask:
    if not mask.is_hard:
        grey = int(np.sum((mask.pixels > 0) & (mask.pixels < 255)))
        raise MaskError(
            tr("{grey:,} pixels of this mask are neither black nor white.", grey=grey),
            tr("Titan and Nova Canvas take pure black and white; a JPEG or a soft brush makes greys."),
            tr("Use mask.hardened(), and save masks as PNG."),
        )
    return mask
