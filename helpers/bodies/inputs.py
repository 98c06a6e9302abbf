"""The pictures of a request body: brought to a legal size, and checked as who answers the request would read them."""

from collections.abc import Mapping
from typing import Any

from PIL import Image

from helpers.errors import ImageError, Problem
from helpers.language import joined, tr
from helpers.language.remarks import warn
from helpers.models import Model
from helpers.pictures.decoding import stored_image, to_image
from helpers.pictures.fitting import Fit, fit_remark, resized
from helpers.schemas.sdxl import nearest_size


def fit(source: Any, size: tuple[int, int] | None = None, how: Fit = "crop", colour: Any = "black") -> Image.Image:
    """The picture at `size` (default: the nearest legal one); a WorkshopWarning says what was done to it.

    `how`: "crop" fills the size and cuts what stands over on both sides, "pad" shows all of it between bars of
    `colour`, "stretch" bends it to the new shape. A picture that has the size already comes back in silence.
    """
    image = to_image(source)
    size = size or nearest_size(*image.size)
    fitted = resized(image, size, how, colour)
    if fitted.size != image.size:
        warn(fit_remark(tr("The picture"), image.size, fitted.size, how))
    return fitted


def body_problems(body: Mapping[str, Any], model: Model) -> list[Problem]:
    """What is wrong with the pictures in a body: damaged, of an illegal size, or a mask of another size."""
    found: list[Problem] = []
    sizes: dict[str, tuple[int, int]] = {}
    family = model.family
    for field in family.pictures if family else ():
        if isinstance(body.get(field), str):
            try:
                sizes[field] = stored_image(body[field]).size
            except ImageError as error:
                found.append(
                    Problem(
                        field, tr("{field} cannot be read as a picture: {error}", field=field, error=error), body[field]
                    )
                )
    for place, (field, size) in enumerate(sizes.items()):
        wrong = model.picture_error(size) if family and field == family.pictures[0] else None
        if wrong:
            found.append(Problem(field, joined(tr("{field} is wrong.", field=field), str(wrong)), size))
        first = next(iter(sizes))
        if place and size != sizes[first]:
            message = tr(
                "{field} is {size} and {first} is {wanted} pixels: both must have the same size.",
                field=field,
                size="{} x {}".format(*size),
                first=first,
                wanted="{} x {}".format(*sizes[first]),
            )
            found.append(Problem(field, message, size))
    return found
