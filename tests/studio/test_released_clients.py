"""Bodies as released clients write them: the studio draws them, and names what it ignored; our own check still complains."""

import base64
import io
import json
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from helpers import bodies
from helpers.errors import BodyError
from helpers.schemas.families import FAMILIES
from helpers.schemas.released_clients import RELEASED_CLIENTS

SDXL = "stability.stable-diffusion-xl-v1"
SDXL_08 = "stability.stable-diffusion-xl"
CORE = "stability.stable-image-core-v1:1"
ULTRA = "stability.stable-image-ultra-v1:1"
SD35 = "stability.sd3-5-large-v1:0"


def encoded(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


INIT = encoded(Image.radial_gradient("L").resize((384, 320)).convert("RGB"))
MASK = encoded(Image.linear_gradient("L").resize((384, 320)))
BEACH: dict[str, Any] = {"text_prompts": [{"text": "a beach"}], "width": 320, "height": 320, "seed": 7}
REDRAWN: dict[str, Any] = {"text_prompts": [{"text": "a beach"}], "init_image": INIT, "seed": 7}
MASKED: dict[str, Any] = {**REDRAWN, "mask_source": "MASK_IMAGE_WHITE", "mask_image": MASK}
NO_NEGATIVE = {"text_prompts": [{"text": "a beach"}, {"text": "", "weight": -1}]}

NUMBERS = [
    "cfg_scale",
    "height",
    "image_strength",
    "init_image_mode",
    "samples",
    "step_schedule_end",
    "step_schedule_start",
    "steps",
    "width",
]

# Who sends it: the model, the body, and the fields that are ignored. Prompts and sizes are ours, the fields are theirs.
SENT: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "generative-ai-use-cases, text": (
        SDXL,
        {**BEACH, **NO_NEGATIVE, "cfg_scale": 7, "style_preset": "3d-model", "steps": 50},
        [],
    ),
    "generative-ai-use-cases, image": (
        SDXL,
        {**REDRAWN, **NO_NEGATIVE, "cfg_scale": 7, "steps": 50, "height": 512, "width": 512, "image_strength": 0.3},
        ["height", "width"],
    ),
    "generative-ai-use-cases, mask": (
        SDXL,
        {
            **MASKED,
            **NO_NEGATIVE,
            "style_preset": "",
            "steps": 50,
            "height": 512,
            "width": 512,
            "image_strength": 0,
        },
        ["style_preset", "height", "width", "image_strength"],
    ),
    "griptape, image": (
        SDXL,
        {**REDRAWN, "cfg_scale": 7, "width": 384, "height": 320, "steps": 30, "start_schedule": 0.6},
        ["width", "height", "start_schedule"],
    ),
    "griptape, mask": (SDXL, {**MASKED, "cfg_scale": 7, "width": 384, "height": 320}, ["width", "height"]),
    "amazon-bedrock-workshop, one side": (
        SDXL,
        {
            "text_prompts": [{"text": "a", "weight": 1.0}, {"text": "fog", "weight": -1.0}],
            "cfg_scale": 5,
            "seed": 42,
            "steps": 60,
            "style_preset": "photographic",
            "clip_guidance_preset": "FAST_GREEN",
            "sampler": "K_DPMPP_2S_ANCESTRAL",
            "width": 768,
        },
        [],
    ),
    "amazon-bedrock-workshop, image": (
        SDXL,
        {**REDRAWN, "cfg_scale": 10, "start_schedule": 0.6, "steps": 50, "style_preset": "photographic"},
        ["start_schedule"],
    ),
    "amazon-bedrock-aistylist-lab": (
        SDXL,
        {**REDRAWN, "start_schedule": 0.6, "image_strength": 0.3, "denoising_strength": 0.5, "style_preset": "anime"},
        ["start_schedule", "denoising_strength"],
    ),
    "an app with one body for text and image": (
        SDXL,
        {**BEACH, "cfg_scale": 12, "image_strength": 0.5, "style_preset": "", "steps": 50},
        ["image_strength", "style_preset"],
    ),
    "a blog's mask": (
        SDXL,
        {
            **MASKED,
            "init_image_mode": "IMAGE_STRENGTH",
            "image_strength": 0.7,
            "sampler": "K_DPM_2_ANCESTRAL",
            "clip_guidance_preset": "FAST_BLUE",
            "samples": 1,
        },
        ["init_image_mode", "image_strength"],
    ),
    "an app with a negative prompt of its own": (
        SDXL,
        {**BEACH, "cfg_scale": 9, "steps": 40, "negative_prompt": "extra fingers"},
        ["negative_prompt"],
    ),
    "bedrock_fm": (SDXL, {**BEACH, "samples": 1, "sampler_name": None, "steps": 50}, ["sampler_name"]),
    "bedrock_fm, a sampler": (SDXL, {**BEACH, "samples": 1, "sampler_name": "DDIM"}, ["sampler_name"]),
    "unset fields as null": (
        SDXL,
        {
            **{name: value for name, value in BEACH.items() if name != "seed"},
            "seed": None,
            "sampler": None,
            "style_preset": None,
            "clip_guidance_preset": None,
            "extras": None,
            "init_image": None,
            "mask_source": None,
            "mask_image": None,
        },
        [
            "seed",
            "sampler",
            "style_preset",
            "clip_guidance_preset",
            "extras",
            "init_image",
            "mask_source",
            "mask_image",
        ],
    ),
    "unset fields as null, image": (SDXL, {**REDRAWN, "mask_source": None, "width": 512}, ["mask_source", "width"]),
    "unset numbers as null": (
        SDXL,
        {"text_prompts": [{"text": "a beach"}], "seed": 7, **dict.fromkeys(NUMBERS), "mask_source": ""},
        [*NUMBERS, "mask_source"],
    ),
    "unset fields as null, 0.8": (
        SDXL_08,
        {"text_prompts": [{"text": "a beach"}], "cfg_scale": None, "steps": None, "seed": 7},
        ["cfg_scale", "steps"],
    ),
    "one body for both versions, 0.8": (
        SDXL_08,
        {
            "text_prompts": [{"text": "a beach"}],
            "image_strength": 0.3,
            "init_image_mode": "IMAGE_STRENGTH",
            "negative_prompt": "rain",
            "start_schedule": 0.6,
            "seed": 7,
        },
        ["image_strength", "init_image_mode", "negative_prompt", "start_schedule"],
    ),
    "a form's empty fields": (
        SDXL,
        {**BEACH, "style_preset": "", "clip_guidance_preset": ""},
        ["style_preset", "clip_guidance_preset"],
    ),
    "tutorials of 2023": (
        SDXL_08,
        {**BEACH, "text_prompts": [{"text": "a beach", "weight": 1}], "cfg_scale": 10, "steps": 50},
        ["width", "height"],
    ),
    "AWS's code examples of 2023": (
        SDXL_08,
        {"text_prompts": [{"text": "a beach"}], "seed": 7, "cfg_scale": 10, "steps": 30, "style_preset": "anime"},
        ["style_preset"],
    ),
    "bedrock_fm, 0.8": (
        SDXL_08,
        {**BEACH, "samples": 1, "sampler_name": None, "steps": 50},
        ["width", "height", "samples", "sampler_name"],
    ),
    "stdapi.ai, Core": (CORE, {"prompt": "a beach", "mode": "text-to-image", "seed": 7}, ["mode"]),
    "swift client, Ultra": (ULTRA, {"prompt": "a beach", "seed": 7, "mode": "text-to-image"}, ["mode"]),
    "AWS's Stability notebook, SD3.5": (
        SD35,
        {
            "prompt": "a beach",
            "negative_prompt": "",
            "aspect_ratio": "1:1",
            "seed": 7,
            "output_format": "jpeg",
            "mode": "text-to-image",
            "strength": 1,
        },
        [],
    ),
    "AWS's Stability notebook, Core": (
        CORE,
        {"prompt": "a beach", "negative_prompt": "", "aspect_ratio": "21:9", "seed": 7, "output_format": "jpeg"},
        [],
    ),
}


@pytest.mark.parametrize(("model", "body", "ignored"), SENT.values(), ids=SENT.keys())
def test_it_is_drawn_as_without_what_is_ignored_and_that_is_named(
    wire: Any, bedrock: Any, model: str, body: dict[str, Any], ignored: list[str]
) -> None:
    told = wire.invoke(bedrock, body, model)
    names = told.headers.get("x-studio-ignored")
    assert (names.split(",") if names else []) == ignored
    if "seed" in ignored:  # random
        return
    rest = {name: value for name, value in body.items() if name not in ignored}
    alone = wire.invoke(bedrock, rest, model)
    assert told.body == alone.body
    assert "x-studio-ignored" not in alone.headers


@pytest.mark.parametrize(("model", "body", "ignored"), SENT.values(), ids=SENT.keys())
def test_our_own_check_names_each_field_that_the_wire_ignores(
    model: str, body: dict[str, Any], ignored: list[str]
) -> None:
    if not ignored:
        bodies.check(body, model)
        return
    with pytest.raises(BodyError) as caught:
        bodies.check(body, model)
    assert set(ignored) <= {problem.field for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("model", "body", "said"),
    [
        (SDXL, {**BEACH, "guidance": 7}, "extraneous key [guidance]"),
        (SDXL, {**BEACH, "text_prompts": None}, "#/text_prompts:"),
        (SDXL, {**BEACH, "steps": ""}, "#/steps:"),
        (SDXL, {**BEACH, "style_preset": "none"}, "#/style_preset: none is not a valid enum value"),
        (SDXL, {**BEACH, "step_schedule_start": 0.5}, "#/step_schedule_start:"),
        (SDXL, {**BEACH, "end_schedule": 0.5}, "extraneous key [end_schedule]"),
        (SDXL, {**BEACH, "samples": 2}, "#/samples: 2 is not less"),
        (SDXL_08, {**BEACH, "init_image": INIT}, "extraneous key [init_image]"),
        (SDXL_08, {**BEACH, "samples": 2}, "extraneous key [samples]"),
        (CORE, {"prompt": "a", "mode": "image-to-image"}, "Invalid field in request"),
        (CORE, {"prompt": "a", "style_preset": "anime"}, "Invalid field in request"),
        (ULTRA, {"prompt": "a", "strength": 1}, "Invalid field in request"),
        (CORE, {"prompt": "a", "output_format": "webp"}, "#/output_format: webp"),
        (CORE, {"prompt": "a", "output_format": "PNG"}, "#/output_format: PNG"),
        (SD35, {"prompt": "a", "output_format": "JPEG"}, "#/output_format: JPEG"),
        (SD35, {"prompt": "a", "style_preset": "anime"}, "Invalid field in request"),
    ],
)
def test_what_no_client_sends_and_what_aws_refuses_is_refused(
    wire: Any, bedrock: Any, model: str, body: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError) as caught:
        wire.invoke(bedrock, body, model)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert said in caught.value.response["Error"]["Message"]


def test_what_is_ignored_is_named_beside_a_refused_prompt_too(wire: Any, bedrock: Any) -> None:
    told = wire.invoke(bedrock, {"prompt": "gore", "mode": "text-to-image"}, CORE)
    assert told.body == {"finish_reasons": ["Filter reason: prompt"]}
    assert told.headers["x-studio-ignored"] == "mode"


def test_the_names_are_in_the_form_of_the_header_for_unknown_words(wire: Any, bedrock: Any) -> None:
    body = {**BEACH, "sampler_name": "DDIM", "image_strength": 1}
    names = wire.invoke(bedrock, body).headers["x-studio-ignored"].split(",")
    assert [unquote(name) for name in names] == ["sampler_name", "image_strength"]


def test_each_row_of_the_list_is_held_by_one_of_these_bodies() -> None:
    families = {SDXL: "sdxl", SDXL_08: "sdxl-0.8", CORE: "stable-image", ULTRA: "stable-image", SD35: "sd3.5"}
    shown = {(families[model], field) for model, _, ignored in SENT.values() for field in ignored}
    listed = {(row.family, row.field) for row in RELEASED_CLIENTS}
    unsent = {("sdxl-0.8", field) for field in ("sampler", "clip_guidance_preset", "extras", "seed")}
    unsent |= {("sdxl-0.8", field) for field in ("init_image", "mask_image", "mask_source")}
    assert listed - shown - unsent == set()
    assert {row.family for row in RELEASED_CLIENTS} <= set(FAMILIES)
    assert all(row.sent_by and row.why for row in RELEASED_CLIENTS)


def test_the_same_body_is_ignored_in_the_same_way_whatever_the_order_of_its_fields(wire: Any, bedrock: Any) -> None:
    body = {**MASKED, "style_preset": "", "width": 512, "image_strength": 0}
    turned = dict(reversed(body.items()))
    first, second = wire.invoke(bedrock, body), wire.invoke(bedrock, turned)
    assert first.body == second.body
    assert sorted(first.headers["x-studio-ignored"].split(",")) == ["image_strength", "style_preset", "width"]
    assert second.headers["x-studio-ignored"] == "image_strength,width,style_preset"


def test_a_field_that_is_ignored_is_not_looked_into(wire: Any, bedrock: Any) -> None:
    body = json.dumps({**BEACH, "start_schedule": {"a": ["x" * 1000] * 1000}}).encode()
    assert wire.invoke(bedrock, body).headers["x-studio-ignored"] == "start_schedule"
