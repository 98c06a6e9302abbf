"""Helpers for the pages of playground and explorer: data URLs, amounts in USD, errors as a status."""

import base64
import io
from typing import TYPE_CHECKING, Any

from helpers.errors import ContentFilterError, RetiredModelError, WorkshopError
from helpers.language import joined
from helpers.widgets.shared.labels import label

if TYPE_CHECKING:
    from PIL import Image

PageData = dict[str, Any]  # what a page is sent, in JSON's own types
_THUMBNAIL = 120  # pixels of the longer side


def picture_url(jpeg: bytes) -> str:
    """Return a JPEG file as an address that a page can show."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def thumbnail_url(image: "Image.Image") -> str:
    """Return the address of a small JPEG of the image, for a strip."""
    small = image.convert("RGB")
    small.thumbnail((_THUMBNAIL, _THUMBNAIL))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=80)
    return picture_url(data.getvalue())


def in_usd(amount: float) -> str:
    """Return an amount of money as a page shows it."""
    return f"{amount:.2f} USD"


def failed(error: WorkshopError, state: str = "failed", more: str = "") -> PageData:
    """Return the status that says what happened, why, and what to do; `more` is a sentence to add."""
    said = str(error)
    if isinstance(error, RetiredModelError):  # its text ends in a body, which has no room here
        said = joined(error.what, error.why, error.fix)
    elif isinstance(error, ContentFilterError) and error.image is not None:  # the page shows the image
        said = joined(error.what, label("filtered.blurred", reason=error.finish_reason), error.fix)
    return {"state": state, "text": joined(label(f"state.{state}"), *said.split(), *more.split())}
