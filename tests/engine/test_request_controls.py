"""What a request body's controls become for the engine: each field of SDXL 1.0 reaches it, with its own meaning."""

import base64
import io
import json
from datetime import date
from typing import Any

import numpy as np
import pytest
from PIL import Image

from helpers.studio.service import Service
from helpers.studio.workers.pool import NOBODY, EngineAnswer, Job, Waiter

TEXT = {"text_prompts": [{"text": "a beach"}]}
SDXL = "stability.stable-diffusion-xl-v1"


def init_image() -> str:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (320, 384, 3), np.uint8)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


INIT: dict[str, Any] = {**TEXT, "init_image": init_image()}


def job(body: dict[str, Any]) -> Job:
    """What the engine would be asked for."""
    asked: list[Job] = []

    def draw(engine: str, wanted: Job, waiter: Waiter) -> EngineAnswer:
        asked.append(wanted)
        return EngineAnswer(b"", (), 0.0, "toy 0")

    region = "us-west-2"
    Service(draw, today=lambda: date(2025, 1, 1)).invoke(SDXL, json.dumps(body).encode(), region, NOBODY)
    return asked[0]


@pytest.mark.parametrize(
    ("fields", "start", "end"),
    [
        ({}, 0.65, None),
        ({"image_strength": 1.0}, 0.0, None),
        ({"image_strength": 0.2}, 0.8, None),
        ({"init_image_mode": "IMAGE_STRENGTH", "image_strength": 0.9}, 0.1, None),
        ({"init_image_mode": "STEP_SCHEDULE", "step_schedule_start": 0.6}, 0.6, None),
        ({"init_image_mode": "STEP_SCHEDULE", "step_schedule_start": 0.6, "step_schedule_end": 1.0}, 0.6, 0.0),
        ({"init_image_mode": "STEP_SCHEDULE", "step_schedule_start": 0.6, "step_schedule_end": 0.7}, 0.6, 0.3),
    ],
)
def test_both_init_image_modes_say_where_on_the_schedule_the_init_image_comes_in(
    fields: dict[str, Any], start: float, end: float | None
) -> None:
    asked = job({**INIT, **fields}).request
    assert asked["schedule_start"] == pytest.approx(start)
    assert asked.get("schedule_end", None) == (None if end is None else pytest.approx(end))


@pytest.mark.parametrize("preset", ["NONE", "FAST_BLUE", "FAST_GREEN", "SIMPLE", "SLOW", "SLOWER", "SLOWEST"])
def test_each_clip_guidance_preset_reaches_the_engine(preset: str) -> None:
    assert job({**TEXT, "clip_guidance_preset": preset}).request["clip_guidance_preset"] == preset


def test_any_number_of_weighted_prompts_reaches_the_engine_in_order() -> None:
    weights = [1.0, -1.0, 0.3, -0.25, 0.0, 2.5]
    body = {"text_prompts": [{"text": f"word {n}", "weight": weight} for n, weight in enumerate(weights)]}
    assert job(body).prompts == tuple((f"word {n}", weight) for n, weight in enumerate(weights))


def test_extras_are_taken_and_change_nothing() -> None:
    plain = job({**TEXT, "seed": 3})
    assert job({**TEXT, "seed": 3, "extras": {"anything": [1, "two", None]}}) == plain
