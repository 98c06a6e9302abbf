"""Images of request bodies: `fit` brings one to a legal size, and those that a body holds are checked."""

from collections.abc import Mapping
from typing import Any

from PIL import Image

from helpers import pictures
from helpers.errors import ImageError, Problem
from helpers.language import joined, tr
from helpers.language.remarks import warn
from helpers.models import Model
from helpers.schemas.sdxl import nearest_size


def fit(
    source: Any, size: tuple[int, int] | None = None, how: pictures.Fit = "crop", colour: Any = "black"
) -> Image.Image:
    """Return an image at another size; by default the nearest that SDXL takes for an init image.

        image = helpers.fit("photo.jpg")
        image = helpers.fit("photo.jpg", (1024, 768), how="pad", colour="white")

    - `source`: a PIL image, a path, bytes, base64, a uint8 array, a Generation or a tile.
    - `size`: (width, height) in pixels (default None: the nearest legal size of SDXL, with sides that are multiples of
      64 from 320 to 1536 and at most 1,048,576 pixels).
    - `how`: "crop" (default) fills the size and cuts off the rest equally on both sides, "pad" keeps the whole image
      between two bars, "stretch" changes its proportions.
    - `colour`: of the bars of "pad": a name, "#rrggbb" or (red, green, blue) from 0 to 255 (default "black").

    Returns a PIL image. A WorkshopWarning tells what was done; an image that has the size already causes none. Raises
    ImageError where the source is not an image, for a size below 1 x 1, and for an unknown `how`. Source of the limits:
    Amazon Bedrock User Guide, Stability.ai Diffusion 1.0.
    """
    image = pictures.to_image(source)
    size = size or nearest_size(*image.size)
    fitted = pictures.resized(image, size, how, colour)
    if fitted.size != image.size:
        warn(pictures.fit_remark(tr("The picture"), image.size, fitted.size, how))
    return fitted


def image_problems(body: Mapping[str, Any], model: Model) -> list[Problem]:
    """Return the problems of a body's images: damaged, of an illegal size, or of unequal sizes."""
    found: list[Problem] = []
    sizes: dict[str, tuple[int, int]] = {}
    family = model.family
    for field in family.image_fields if family else ():
        if isinstance(body.get(field), str):
            try:
                sizes[field] = pictures.stored_image(body[field]).size
            except ImageError as error:
                found.append(
                    Problem(
                        field, tr("{field} cannot be read as a picture: {error}", field=field, error=error), body[field]
                    )
                )
    for index, (field, size) in enumerate(sizes.items()):
        size_error = model.picture_error(size) if family and field == family.image_fields[0] else None
        if size_error:
            found.append(Problem(field, joined(tr("{field} is wrong.", field=field), str(size_error)), size))
        first = next(iter(sizes))
        if index and size != sizes[first]:
            message = tr(
                "{field} is {size} and {first} is {wanted} pixels: both must have the same size.",
                field=field,
                size="{} x {}".format(*size),
                first=first,
                wanted="{} x {}".format(*sizes[first]),
            )
            found.append(Problem(field, message, size))
    return found
