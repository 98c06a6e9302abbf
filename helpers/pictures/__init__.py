"""Images: decoding, fitting, encoding, metadata, paths and safe writing. This room knows no model and no request."""

from helpers.pictures.decoding import (
    MAX_PIXELS_READ,
    from_base64,
    init_image,
    pixels_equal,
    stored_image,
    to_image,
    to_rgb,
)
from helpers.pictures.fitting import Fit, fit_remark, resized
from helpers.pictures.formats import image_format
from helpers.pictures.paths import find, outputs
from helpers.pictures.writing import encode_png, to_base64

__all__ = [
    "MAX_PIXELS_READ",
    "Fit",
    "encode_png",
    "find",
    "fit_remark",
    "from_base64",
    "image_format",
    "init_image",
    "outputs",
    "pixels_equal",
    "resized",
    "stored_image",
    "to_base64",
    "to_image",
    "to_rgb",
]
