"""Stable Diffusion 3.5 Large's request, held against what the documentation says and what AWS's own notebook sends."""

import base64
import io
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from helpers.bodies.problems import problems_of
from helpers.schemas import FAMILIES
from helpers.schemas.stability import SD35Request


def _image() -> str:
    out = io.BytesIO()
    Image.new("RGB", (64, 80), "teal").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


IMAGE = _image()


def fields_blamed(body: Any) -> list[str]:
    try:
        SD35Request.model_validate(body)
    except ValidationError as error:
        return [problem.field for problem in problems_of(error.errors(), SD35Request)]
    return []


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({}, []),
        ({"negative_prompt": "", "aspect_ratio": "1:1", "seed": 0, "output_format": "jpeg", "mode": "text-to-image", "strength": 1}, []),
        ({"output_format": "webp", "seed": 4_294_967_294}, []),
        ({"seed": 4_294_967_295}, ["seed"]),
        ({"image": IMAGE, "strength": 0.7}, []),
        ({"image": IMAGE, "strength": 0, "mode": "image-to-image"}, []),
        ({"image": IMAGE}, ["strength"]),
        ({"image": IMAGE, "strength": 1.1}, ["strength"]),
        ({"image": "no picture", "strength": 0.5}, ["image"]),
        ({"mode": "image-to-image"}, ["image", "strength"]),
        ({"mode": "text-to-image", "image": IMAGE, "strength": 0.5}, ["mode"]),
        ({"image": IMAGE, "strength": 0.5, "aspect_ratio": "16:9"}, ["aspect_ratio"]),
        ({"style_preset": "anime"}, ["style_preset"]),
        ({"mode": None}, ["mode"]),
    ],
)  # fmt: skip
def test_it_takes_what_is_documented_and_names_everything_else(fields: dict[str, Any], blamed: list[str]) -> None:
    assert fields_blamed({"prompt": "a beach", **fields}) == blamed


def test_its_family_tells_task_kept_share_and_the_size_that_comes() -> None:
    from helpers import models

    family, model = FAMILIES["sd3.5"], models.get("sd3.5")
    body = {"prompt": "a beach", "image": IMAGE, "strength": 0.65}
    assert (family.task(body), str(family.image_strength(body)), family.init_image(body)) == (
        "image_to_image",
        "0.35",
        IMAGE,
    )
    assert family.size(body, model) == (896, 1088), "the ratio nearest to 64 x 80"
    assert family.size({"prompt": "a", "strength": 1, "aspect_ratio": "9:21"}, model) == (640, 1536)
    assert family.image_strength({"prompt": "a", "strength": 1}) is None
