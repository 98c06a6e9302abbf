"""Whatever a legal task holds, the engine gives a finite picture without a warning, and touches no array of the caller's."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from helpers.studio.engines.painted import create
from helpers.studio.engines.painted.diffusion.denoiser import CLIP_PULL
from helpers.studio.engines.painted.diffusion.samplers import SAMPLERS
from helpers.studio.engines.painted.diffusion.trace import PaintedTrace
from helpers.studio.engines.painted.painting.asked import asked
from helpers.studio.protocol import EngineResult, ImageToImage, Inpaint, Prompt
from tests.engine import toy
from tests.engine.asked import task_of

pytestmark = pytest.mark.filterwarnings("error")
Pixels = NDArray[np.uint8]
WIDTH, HEIGHT = 128, 64


def picture_of(seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def make(*prompts: tuple[str, float], trace: bool = False, **fields: Any) -> EngineResult:
    sizes = {"width": WIDTH, "height": HEIGHT, "seed": 5, "steps": 10}
    return toy.engine().generate(task_of(*(prompts or ("beach",)), **(sizes | fields)), trace=trace)


def check(result: EngineResult) -> Pixels:
    assert result.pixels.shape == (HEIGHT, WIDTH, 3)
    assert result.pixels.dtype == np.uint8
    return result.pixels


@pytest.mark.parametrize("cfg_scale", [0, 0.5, 1, 35])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_ends_of_cfg_scale_on_every_sampler(cfg_scale: float, sampler: str) -> None:
    assert check(make(cfg_scale=cfg_scale, sampler=sampler)).std() > 5


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 150])
def test_any_number_of_steps(steps: int) -> None:
    for sampler in SAMPLERS:
        check(make(steps=steps, sampler=sampler))


@pytest.mark.parametrize(
    "prompts",
    [
        [("beach", -1.0)],
        [("beach", -1.0), ("night", -5.0), ("flurb", -0.1)],
        [("beach", 0.0)],
        [("beach", 0.0), ("night", -0.0)],
        [("", 1.0)],
        [("flurb", 1.0), ("", -1.0)],
        [("beach with a ball", 1e9), ("night", -1e9)],
        [("beach with a ball", 1e-9), ("night", -1e-9)],
        [("beach", 1.0)] * 500 + [("night", -1.0)] * 500,
        [(f"flurb{i}", 1.0 - 2 * (i % 2)) for i in range(1000)],
    ],
)
def test_prompts_of_every_weight_and_number(prompts: list[tuple[str, float]]) -> None:
    init, mask = picture_of(), np.full((HEIGHT, WIDTH), 200, np.uint8)
    check(make(*prompts))
    check(make(*prompts, init_image=init, schedule_start=0.65))
    check(make(*prompts, init_image=init, mask=mask))


def test_a_prompt_of_weight_0_changes_nothing() -> None:
    assert (check(make(("beach", 1.0), ("night", 0.0))) == check(make(("beach", 1.0)))).all()


def test_unknown_words_are_at_most_64_and_each_is_told_once() -> None:
    words = [f"flurb{i}" for i in range(100)]
    assert asked((Prompt("beach " + " ".join(words + words)),)).unknown == tuple(words[:64])


def test_a_mask_that_is_shut_gives_the_init_image_back_and_an_open_one_a_picture() -> None:
    init = picture_of()
    shut, open_ = (np.full((HEIGHT, WIDTH), value, np.uint8) for value in (0, 255))
    assert (check(make(init_image=init, mask=shut)) == init).all()
    assert (check(make(init_image=init, mask=open_)) != init).mean() > 0.9


@pytest.mark.parametrize("text", ["meadow", "ball", "crimson", "flurb"])
def test_half_a_mask_changes_half_as_much(text: str) -> None:
    init = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    mask = np.full((HEIGHT, WIDTH), 255, np.uint8)
    whole = make((text, 1.0), init_image=init, mask=mask).pixels.astype(float) - 120
    mask[:, : WIDTH // 2] = 1
    faint = make((text, 1.0), init_image=init, mask=mask).pixels.astype(float) - 120
    assert np.abs(faint[:, : WIDTH // 2]).max() <= 1
    assert np.abs(whole).max() > 20


@pytest.mark.parametrize(("start", "end"), [(0, 0), (0.3, 0.3), (0.2, 1), (0, 1), (1, 1)])
def test_no_step_left_is_the_init_image(start: float, end: float) -> None:
    init = picture_of()
    assert (check(make(init_image=init, schedule_start=start, schedule_end=end)) == init).all()


@pytest.mark.parametrize(("start", "end"), [(1, 0), (1, 0.99), (0.001, 0), (0.5, 0.4999), (2, -1)])
def test_the_least_and_the_most_that_a_schedule_can_leave(start: float, end: float) -> None:
    check(make(init_image=picture_of(), schedule_start=start, schedule_end=end))


def test_leaving_the_end_of_the_schedule_undone_keeps_more_of_the_init_image() -> None:
    init = make(("beach", 1.0), seed=9).pixels
    far = [
        np.abs(
            make(("night", 1.0), init_image=init, schedule_start=0.7, schedule_end=end).pixels - init.astype(float)
        ).mean()
        for end in (0, 0.2, 0.4, 0.6, 0.7)
    ]
    assert all(a > b for a, b in pairwise(far))
    assert far[-1] == 0


@pytest.mark.parametrize(("width", "height"), [(320, 1536), (1536, 320), (64, 64), (8, 8), (72, 200)])
def test_every_shape(width: int, height: int) -> None:
    init = np.zeros((height, width, 3), np.uint8)
    mask = np.full((height, width), 255, np.uint8)
    for more in ({}, {"init_image": init, "schedule_start": 0.6}, {"init_image": init, "mask": mask}):
        for text in ("beach with a ball", "ball", "crimson"):
            assert make((text, 1.0), width=width, height=height, steps=3, **more).pixels.shape == (height, width, 3)


def test_the_callers_arrays_are_left_alone() -> None:
    init, mask = picture_of(), np.full((HEIGHT, WIDTH), 255, np.uint8)
    mask[:9] = 0
    before = init.copy(), mask.copy()
    for array in (init, mask):
        array.flags.writeable = False
    made = make(init_image=init, mask=mask).pixels
    make(init_image=init, schedule_start=0.5)
    same = make(init_image=init, schedule_start=0.0).pixels
    assert (init == before[0]).all()
    assert (mask == before[1]).all()
    assert not np.shares_memory(made, init)
    assert not np.shares_memory(same, init)


@pytest.mark.parametrize(
    "fields",
    [
        {"width": 100},
        {"height": 4},
        {"prompts": []},
        {"steps": 0},
        {"init_image": np.zeros((64, 64, 3), np.uint8)},
        {"init_image": np.zeros((HEIGHT, WIDTH, 4), np.uint8)},
        {"init_image": np.zeros((64, 64, 3), np.uint8), "mask": np.zeros((HEIGHT, WIDTH), np.uint8)},
        {"init_image": picture_of(), "mask": np.zeros((HEIGHT, 9), np.uint8)},
    ],
)
def test_arrays_and_sizes_that_do_not_fit_are_refused(fields: dict[str, Any]) -> None:
    wanted: dict[str, Any] = {"prompts": ["beach"], "width": WIDTH, "height": HEIGHT, "seed": 1, **fields}
    with pytest.raises(ValueError, match=r"\w"):
        toy.engine().generate(task_of(*wanted.pop("prompts"), **wanted))


@pytest.mark.parametrize("arrays", [{}, {"mask": np.zeros((HEIGHT, WIDTH), np.uint8)}])
def test_a_task_without_its_init_image_or_its_mask_cannot_be_made(arrays: dict[str, Any]) -> None:
    for kind in (ImageToImage, Inpaint):
        with pytest.raises(TypeError):
            kind((Prompt("beach"),), WIDTH, HEIGHT, 1, **arrays)
    with pytest.raises(TypeError, match="mask"):
        Inpaint((Prompt("beach"),), WIDTH, HEIGHT, 1, init_image=picture_of())  # type: ignore[call-arg]


@pytest.mark.parametrize("fields", [{}, {"init_image": picture_of(), "schedule_start": 0.6}])
def test_a_trace_tells_each_guess_in_order(fields: dict[str, Any]) -> None:
    trace = make(("beach with a ball", 1.0), trace=True, **fields).trace
    assert isinstance(trace, PaintedTrace)
    sigmas = [step.sigma for step in trace.steps]
    assert sigmas == sorted(sigmas, reverse=True)
    assert all(step.denoised.shape == (HEIGHT // 8, WIDTH // 8, 3) for step in trace.steps)
    assert all(step.belief.plans.sum() == pytest.approx(1, abs=1e-4) for step in trace.steps)
    assert [place.entry for place in trace.placements] == ["ball"]
    assert make().trace is None


def test_asking_for_a_trace_changes_no_byte() -> None:
    assert (make(trace=True).pixels == make().pixels).all()


texts = st.sampled_from(["beach", "meadow with a ball", "night", "ball crate", "crimson", "vivid pale", "flurb", ""])
weights = st.floats(-3, 3, allow_nan=False)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    prompts=st.lists(st.tuples(texts, weights), min_size=1, max_size=5),
    cfg_scale=st.floats(0, 35),
    steps=st.integers(1, 20),
    sampler=st.sampled_from([None, *SAMPLERS]),
    preset=st.sampled_from(list(CLIP_PULL)),
    start=st.floats(0, 1),
    end=st.floats(0, 1),
    seed=st.integers(1, 2**32 - 1),
    task=st.sampled_from(["text", "image", "mask"]),
)
def test_any_legal_request_gives_a_picture_twice_the_same(
    prompts: list[tuple[str, float]],
    cfg_scale: float,
    steps: int,
    sampler: str | None,
    preset: str,
    start: float,
    end: float,
    seed: int,
    task: str,
) -> None:
    fields: dict[str, Any] = {"cfg_scale": cfg_scale, "steps": steps, "sampler": sampler, "seed": seed}
    fields["clip_guidance_preset"] = preset
    if task != "text":
        fields |= {"init_image": picture_of(1), "schedule_start": start, "schedule_end": end}
    if task == "mask":
        fields["mask"] = picture_of(2)[..., 0]
    assert (check(make(*prompts, **fields)) == check(make(*prompts, **fields))).all()


@pytest.mark.parametrize(("width", "height"), [(8, 8), (64, 8), (8, 64)])
def test_the_smallest_pictures_hold_things_too(width: int, height: int) -> None:
    task = task_of("two sheep and a red balloon in a meadow", width=width, height=height, seed=1)
    assert create().generate(task).pixels.shape == (height, width, 3)
