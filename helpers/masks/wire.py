"""How a request body carries a mask, and how it is read from one: each form's field and polarity, as the Family names them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from helpers import models, pictures
from helpers.errors import MaskError
from helpers.language import listed, tr
from helpers.schemas import Family, families
from helpers.schemas.families import MaskForm

if TYPE_CHECKING:
    from helpers.masks.mask import Mask


def fields(mask: "Mask", init_image: Any, form: Any) -> dict[str, str]:
    """Return the fields of a body that carry this mask and the picture that it is for, as `Mask.to_body` says."""
    family, wanted = _form_named(form)
    picture = pictures.init_image(init_image, models.of_family(family))
    mask.must_fit(picture)
    if wanted.changes == "transparent":
        picture.putalpha((~mask).image)
    told = {family.pictures[0]: pictures.to_base64(picture), **wanted.said_by}
    if wanted.changes != "transparent":
        told[wanted.picture] = pictures.to_base64(mask.image if wanted.changes == "white" else (~mask).image)
    return told


def pixels_in(body: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Return the mask of a body as (height, width) uint8, 255 for what may change. Raises MaskError where it has none."""
    form = _form_in(body)
    if form.changes == "transparent":
        return 255 - np.asarray(_sent(body, form.picture).convert("RGBA").getchannel("A"))
    # Read as the studio reads it: its colours alone, though part of it be transparent.
    pixels = np.asarray(_sent(body, form.picture).convert("L"))
    return pixels if form.changes == "white" else 255 - pixels


def _sent(body: Mapping[str, Any], field: str) -> Image.Image:
    if not isinstance(body.get(field), str):
        raise MaskError(
            tr("This body has no {field}, and its mask_source reads the mask from there.", field=field),
            fix=tr("Give the whole body, as helpers.inpaint makes it."),
        )
    return pictures.stored_image(body[field])


def _form_in(body: Mapping[str, Any]) -> MaskForm:
    found = families.mask_in(body)
    return found or _form_named(next((body[name] for name in families.mask_keys() if name in body), None))[1]


def _form_named(name: Any) -> tuple[Family, MaskForm]:
    known = families.mask_forms()
    if isinstance(name, str) and name in known:
        return known[name]
    raise MaskError(
        tr("There is no mask_source {form!r}.", form=name), fix=tr("Use one of {choices}.", choices=listed(known))
    )
