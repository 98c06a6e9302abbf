"""The ranges and defaults that `?` shows for the builders are those of the schemas."""

import re
from collections.abc import Callable
from typing import Any

import pytest

import helpers
from helpers.masks.canvas import OVERLAP
from helpers.schemas import sdxl, sdxl_08, stability

SIDES = f"multiples of {sdxl.SIDE_STEP} from {sdxl.MIN_SIDE} to {sdxl.MAX_SIDE} pixels"
PIXELS = f"at most {sdxl.MAX_PIXELS:,}"
SHOWN: list[tuple[Callable[..., Any], str]] = [
    (helpers.text_to_image, f"at most {sdxl.MAX_TEXT:,} characters for SDXL and {stability.MAX_CORE_TEXT:,} for"),
    (helpers.text_to_image, f"default) to {sdxl.MAX_SEED}, for SD3.5 Large to {stability.MAX_SD35_SEED}."),
    (helpers.text_to_image, f"a number from 0 to {sdxl.MAX_CFG_SCALE} ({sdxl.DEFAULT_CFG_SCALE})"),
    (helpers.text_to_image, f"an integer from {sdxl.MIN_STEPS} to {sdxl.MAX_STEPS} ({sdxl.DEFAULT_STEPS})"),
    (helpers.text_to_image, f"Above {sdxl.DOCUMENTED_STEPS} the price is higher"),
    (helpers.text_to_image, f"{SIDES} ({sdxl.QUICK_SIDE}), with {PIXELS} pixels together"),
    (helpers.text_to_image, f"for a body that gives none, is {sdxl.DEFAULT_SIDE}."),
    (
        helpers.text_to_image,
        f"`cfg_scale` from 0 to {sdxl_08.MAX_CFG_SCALE_08} ({sdxl_08.DEFAULT_CFG_SCALE_08}) and `steps`"
        f" ({sdxl_08.DEFAULT_STEPS_08}) alone of these, and draws {sdxl_08.SIZE_08[0]} x {sdxl_08.SIZE_08[1]}.",
    ),
    (helpers.image_to_image, f"{SIDES}, {PIXELS} together"),
    (helpers.image_to_image, f"at least {stability.MIN_SD35_SIDE} pixels"),
    (helpers.image_to_image, f"from 0 to 1 (default {sdxl.DEFAULT_IMAGE_STRENGTH})"),
    (helpers.image_to_image, f"from 0 to 1 (default {sdxl.DEFAULT_SCHEDULE_START})"),
    (helpers.inpaint, f"{SIDES}, {PIXELS} together"),
    (helpers.outpaint, f"{SIDES}, {PIXELS} together"),
    (helpers.outpaint, f"an integer from 0 (default {OVERLAP})"),
    (helpers.fit, f"multiples of {sdxl.SIDE_STEP} from {sdxl.MIN_SIDE} to {sdxl.MAX_SIDE} and {PIXELS} pixels"),
]
CHOICES: list[tuple[Callable[..., Any], tuple[str, ...]]] = [
    (helpers.text_to_image, sdxl.CLIP_GUIDANCE_PRESETS),
    (helpers.text_to_image, stability.ASPECT_RATIOS),
    (helpers.text_to_image, stability.SD35_OUTPUT_FORMATS),
    (helpers.image_to_image, stability.SD35_OUTPUT_FORMATS),
    (helpers.image_to_image, sdxl.INIT_IMAGE_MODES),
    (helpers.inpaint, sdxl.MASK_SOURCES),
]


def text(function: Callable[..., Any]) -> str:
    return re.sub(r"\s+", " ", function.__doc__ or "")


@pytest.mark.parametrize(("function", "range_"), SHOWN)
def test_a_range_is_that_of_the_schema(function: Callable[..., Any], range_: str) -> None:
    assert range_ in text(function)


@pytest.mark.parametrize(("function", "choices"), CHOICES)
def test_every_choice_of_the_schema_is_named(function: Callable[..., Any], choices: tuple[str, ...]) -> None:
    assert [choice for choice in choices if f'"{choice}"' not in text(function)] == []


@pytest.mark.parametrize("function", [helpers.text_to_image, helpers.image_to_image, helpers.inpaint, helpers.outpaint])
def test_every_argument_is_described(function: Callable[..., Any]) -> None:
    names = function.__annotations__.keys() - {"return"}
    assert [name for name in names if f"`{name}`" not in text(function)] == []
