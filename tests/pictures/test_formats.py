"""The formats of image files by their first bytes: pictures and schemas, which do not import each other, agree."""

import io

import pytest
from PIL import Image

from helpers import pictures
from helpers.pictures.formats import EXTENSIONS, extension_of
from helpers.schemas import fields


def written(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, kind)
    return out.getvalue()


FILES = {kind: written(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")}


@pytest.mark.parametrize("data", [*FILES.values(), *(file[:9] for file in FILES.values()), b"", b"RIFF", b"words"])
def test_pictures_and_schemas_tell_the_same_format(data: bytes) -> None:
    assert pictures.image_format(data) == fields.image_format(data)


def test_every_format_that_can_be_written_is_told_and_has_an_extension() -> None:
    told = {kind: pictures.image_format(file) for kind, file in FILES.items()}
    assert {kind for kind, format_ in told.items() if format_} == set(EXTENSIONS.values())
    assert all(format_ in (None, kind) for kind, format_ in told.items())
    assert [extension_of(kind) for kind in ("PNG", "JPEG", "WEBP", None)] == [".png", ".jpg", ".webp", ".bin"]
