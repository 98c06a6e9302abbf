"""The engine knows no schemas, and yet has exactly what they name: what a request may ask for is there, and no more."""

from helpers.schemas import sdxl
from helpers.schemas.fields import TASK_NAMES
from helpers.studio.engines.painted.diffusion import denoiser, samplers
from helpers.studio.engines.painted.painting.styles.presets import PRESETS
from helpers.studio.protocol import TASKS


def test_the_samplers() -> None:
    assert set(samplers.SAMPLERS) == set(sdxl.SAMPLERS)


def test_the_presets_of_clip_guidance() -> None:
    assert set(denoiser.CLIP_PULL) == set(sdxl.CLIP_GUIDANCE_PRESETS)


def test_the_styles_of_which_the_painter_draws_one_itself() -> None:
    assert {*PRESETS, "isometric"} == set(sdxl.STYLE_PRESETS)


def test_the_tasks() -> None:
    assert set(TASKS) == set(TASK_NAMES)
    assert {name: kind.name for name, kind in TASKS.items()} == {name: name for name in TASKS}
