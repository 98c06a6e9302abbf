"""Masks in request bodies: written into their fields and read from them, in the forms that each Family declares."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from helpers import models, pictures
from helpers.errors import MaskError
from helpers.language import listed, tr
from helpers.masks.shapes import MaskArray, must_fit
from helpers.schemas import Family, families
from helpers.schemas.families import MaskForm


def body_fields(pixels: MaskArray, init_image: Any, name: Any) -> dict[str, str]:
    """Return the fields of a body that carry an init image and its mask in the form of this name."""
    family, form = _form_named(name)
    image = pictures.init_image(init_image, models.first_of_family(family))
    must_fit(pixels, image)
    black = Image.fromarray(255 - pixels)
    if form.changes == "transparent":
        image.putalpha(black)
    fields = {family.image_fields[0]: pictures.to_base64(image), **form.declared_by}
    if form.changes != "transparent":
        fields[form.picture] = pictures.to_base64(Image.fromarray(pixels) if form.changes == "white" else black)
    return fields


def pixels_in(body: Mapping[str, Any]) -> MaskArray:
    """Return the mask array of a body. Raises MaskError where the body has no mask."""
    form = _form_in(body)
    if form.changes == "transparent":
        return 255 - np.asarray(_image_in(body, form.picture).convert("RGBA").getchannel("A"))
    # As the studio reads it: the colours alone, even where the image has an alpha channel.
    pixels = np.asarray(_image_in(body, form.picture).convert("L"))
    return pixels if form.changes == "white" else 255 - pixels


def _image_in(body: Mapping[str, Any], field: str) -> Image.Image:
    if not isinstance(body.get(field), str):
        raise MaskError(
            tr("This body has no {field}, and its mask_source reads the mask from there.", field=field),
            fix=tr("Give the whole body, as helpers.inpaint makes it."),
        )
    return pictures.stored_image(body[field])


def _form_in(body: Mapping[str, Any]) -> MaskForm:
    form = families.mask_form(body)
    return form or _form_named(next((body[name] for name in families.mask_fields() if name in body), None))[1]


def _form_named(name: Any) -> tuple[Family, MaskForm]:
    known = families.mask_forms()
    if isinstance(name, str) and name in known:
        return known[name]
    raise MaskError(
        tr("There is no mask_source {form!r}.", form=name), fix=tr("Use one of {choices}.", choices=listed(known))
    )
