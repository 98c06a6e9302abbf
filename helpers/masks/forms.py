"""The pictures of a mask that each family of models wants, by name, and the way back from each.

Whoever mixes up the colours repaints the wrong half, and pays for it. `helpers.Mask` means one thing (255 may change);
these functions alone know what others mean. SDXL's three forms are also what `Mask.to_body` and `Mask.from_body` speak.
"""

from typing import Any

import numpy as np
from PIL import Image

from helpers import pictures
from helpers.errors import MaskError
from helpers.language import tr
from helpers.masks.mask import Mask


def white_changes(mask: Mask) -> Image.Image:
    """Mode L, white where it may change, greys kept: SDXL's MASK_IMAGE_WHITE; Stability's inpaint and erase services."""
    return mask.image


def black_changes(mask: Mask) -> Image.Image:
    """Mode L, black where it may change, greys kept: SDXL's MASK_IMAGE_BLACK."""
    return (~mask).image


def transparent_changes(mask: Mask, picture: Any) -> Image.Image:
    """The picture as RGBA, transparent where it may change, colours kept beneath: SDXL's INIT_IMAGE_ALPHA."""
    image = pictures.to_rgb(picture)
    mask.must_fit(image)
    image.putalpha((~mask).image)
    return image


def hard_black_changes(mask: Mask) -> Image.Image:
    """Mode L, 0 where it may change and 255 elsewhere: Titan's and Nova Canvas's INPAINTING, which take no greys."""
    return (~mask.hardened()).image


def hard_white_changes(mask: Mask) -> Image.Image:
    """Mode L, 255 where it may change and 0 elsewhere: Nova Canvas's OUTPAINTING, which takes no greys."""
    return mask.hardened().image


def from_white_changes(picture: Any) -> Mask:
    """The mask of a picture in which white may change."""
    return Mask.from_image(picture)


def from_black_changes(picture: Any) -> Mask:
    """The mask of a picture in which black may change."""
    return ~Mask.from_image(picture)


def from_transparent_changes(picture: Any) -> Mask:
    """The mask of a picture that may change where it is transparent. Raises MaskError where it has no alpha channel."""
    return Mask.from_alpha(picture)


def from_hard_black_changes(picture: Any) -> Mask:
    """The mask of a picture of 0 (may change) and 255 alone. Raises MaskError for any grey."""
    return _hard(from_black_changes(picture))


def from_hard_white_changes(picture: Any) -> Mask:
    """The mask of a picture of 255 (may change) and 0 alone. Raises MaskError for any grey."""
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
