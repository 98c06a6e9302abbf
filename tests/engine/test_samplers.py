"""The ten samplers solve the equation that they are for, each as fast as its paper says, and agree on the answer."""

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from math import log2, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.schemas import sdxl
from helpers.studio.engines.painted.diffusion import schedule
from helpers.studio.engines.painted.diffusion.samplers import (
    DEFAULT,
    SAMPLERS,
    Denoise,
    Latent,
    Noise,
    Sampler,
    Sigmas,
    dpmpp_2m,
    euler,
    euler_ancestral,
)
from helpers.studio.protocol import Prompt, TextToImage
from tests.engine import toy

Run = Callable[[Denoise, Latent, Sigmas, Noise], Latent]
ANCESTRAL = ("K_EULER_ANCESTRAL", "K_DPM_2_ANCESTRAL", "K_DPMPP_2S_ANCESTRAL", "DDPM")
ORDER = {
    "DDIM": 1,
    "DDPM": 0.8,  # rises to 1 with the steps: 0.69, 0.74, 0.78, 0.83 from 20 to 320
    "K_DPMPP_2M": 2,
    "K_DPMPP_2S_ANCESTRAL": 2,
    "K_DPM_2": 2,
    "K_DPM_2_ANCESTRAL": 2,
    "K_EULER": 1,
    "K_EULER_ANCESTRAL": 1,
    "K_HEUN": 2,
    "K_LMS": 3.5,
}
VARIANCE = 0.25  # of the single Gaussian about 0 whose path is known: x(sigma) grows as sqrt(VARIANCE + sigma^2)


def error(sampler: Sampler, steps: int) -> float:
    """How far a run from SIGMA_MAX to SIGMA_MIN ends from the known path, in float64.

    The problem is linear, so an ancestral run is followed exactly: x holds one coefficient for each independent draw,
    and the sum of their squares is the variance of what the sampler makes.
    """
    sigmas = tuple(sampler.schedule(i / steps) for i in range(steps + 1))
    draws = iter(np.eye(steps + 2))

    def noise() -> NDArray[np.float64]:
        return next(draws)

    x: NDArray[np.floating] = noise() * sqrt(VARIANCE + sigmas[0] ** 2)
    x = sampler.run(lambda x, sigma: VARIANCE / (VARIANCE + sigma**2) * x, x, sigmas, noise)
    return abs(float(np.linalg.norm(x)) / sqrt(VARIANCE + sigmas[-1] ** 2) - 1)


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_halving_the_steps_size_shrinks_the_error_as_the_order_says(name: str) -> None:
    keeps_its_order(name, SAMPLERS[name])


def keeps_its_order(name: str, sampler: Sampler) -> None:
    """Raise AssertionError where halving the steps does not shrink the error as much as it should."""
    coarse, fine = error(sampler, 160), error(sampler, 320)
    assert log2(coarse / fine) == pytest.approx(ORDER[name], abs=0.15)
    assert fine < 0.03


def too_noisy(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Ancestral noise a tenth too strong, as where a variance is taken for a standard deviation."""
    return euler_ancestral(denoise, x, sigmas, lambda: 1.1 * noise())


def too_short(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Euler whose steps are a hundredth too short."""
    return euler(lambda x, sigma: x - 0.99 * (x - denoise(x, sigma)), x, sigmas, noise)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("DDIM", too_short),
        ("DDPM", too_noisy),
        ("K_DPMPP_2M", euler),
        ("K_DPMPP_2S_ANCESTRAL", euler_ancestral),
        ("K_DPM_2", euler),
        ("K_DPM_2_ANCESTRAL", euler_ancestral),
        ("K_EULER", too_short),
        ("K_EULER_ANCESTRAL", too_noisy),
        ("K_HEUN", euler),
        ("K_LMS", dpmpp_2m),
    ],
)
def test_a_broken_sampler_does_not_keep_the_order(name: str, wrong: Run) -> None:
    with pytest.raises(AssertionError):
        keeps_its_order(name, Sampler(wrong, SAMPLERS[name].schedule))


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_the_last_step_to_no_noise_gives_the_last_guess(name: str) -> None:
    guess = np.array([0.3, -0.2])
    sampler = SAMPLERS[name]
    sigmas = schedule.sigmas(sampler.schedule, 10)
    x = sampler.run(lambda x, sigma: guess, np.array([5.0, 9.0]), sigmas, lambda: np.ones(2))
    assert x == pytest.approx(guess, abs=1e-6)


def test_every_sampler_of_the_schema_is_there_and_the_default_is_one() -> None:
    assert set(SAMPLERS) == set(sdxl.SAMPLERS)
    assert DEFAULT in SAMPLERS


@pytest.mark.parametrize("rule", [schedule.karras, schedule.timesteps])
def test_schedules_fall_from_all_noise_to_hardly_any(rule: schedule.Schedule) -> None:
    sigmas = schedule.sigmas(rule, 30)
    assert len(sigmas) == 31
    assert sigmas[0] == pytest.approx(14.61, abs=0.01)
    assert sigmas[-2] == pytest.approx(0.029, abs=0.001)
    assert sigmas[-1] == 0
    assert all(a > b for a, b in pairwise(sigmas))


def test_the_karras_schedule_is_the_papers() -> None:
    rho, n, i = 7, 10, 4
    high, low = schedule.SIGMA_MAX, schedule.SIGMA_MIN
    wanted = (high ** (1 / rho) + i / (n - 1) * (low ** (1 / rho) - high ** (1 / rho))) ** rho
    assert schedule.sigmas(schedule.karras, n)[i] == pytest.approx(wanted)


def test_stable_diffusions_timesteps_have_their_known_noise_levels() -> None:
    assert schedule.timesteps(0) == pytest.approx(14.6146, abs=1e-3)
    assert schedule.timesteps(1) == pytest.approx(0.0292, abs=1e-4)
    assert schedule.timesteps(1 - 500 / 999) == pytest.approx(1.6129, abs=0.01)


@pytest.mark.parametrize(
    ("start", "end", "steps"), [(1, 0, 30), (0.65, 0, 20), (0.65, 0.15, 15), (0.01, 0, 1), (1, 0.97, 1)]
)
def test_an_init_image_leaves_a_part_of_the_steps(start: float, end: float, steps: int) -> None:
    sigmas = schedule.sigmas(schedule.karras, 30, start, end)
    assert len(sigmas) == steps + 1
    assert sigmas[0] == pytest.approx(schedule.karras(1 - start))


@pytest.mark.parametrize(("start", "end"), [(0, 0), (0.3, 0.3), (0.2, 0.9), (1, 1)])
def test_nothing_is_left_to_do_where_the_end_comes_before_the_start(start: float, end: float) -> None:
    assert schedule.sigmas(schedule.karras, 30, start, end) == (0.0,)


def test_the_first_noise_level_moves_with_every_change_of_strength() -> None:
    firsts = [schedule.sigmas(schedule.karras, 10, start / 100)[0] for start in range(1, 101)]
    assert all(a < b for a, b in pairwise(firsts))


@cache
def picture(sampler: str | None, steps: int, seed: int = 1, text: str = "meadow with a ball") -> NDArray[np.float32]:
    task = TextToImage((Prompt(text),), 128, 128, seed, steps=steps, sampler=sampler)
    return toy.engine().generate(task).pixels.astype(np.float32)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_deterministic_samplers_converge_to_one_picture(seed: int) -> None:
    goal = picture("K_HEUN", 100, seed)
    for name in sorted(set(SAMPLERS) - set(ANCESTRAL)):
        assert np.abs(picture(name, 100, seed) - goal).mean() < 1, name


@pytest.mark.parametrize("name", ANCESTRAL)
def test_the_others_go_on_differing_however_many_steps(name: str) -> None:
    assert np.abs(picture(name, 100) - picture("K_HEUN", 100)).mean() > 2
    assert np.abs(picture(name, 100) - picture(name, 100, seed=2)).mean() > 5


def test_a_request_that_names_no_sampler_gets_the_default() -> None:
    assert (picture(None, 12) == picture(DEFAULT, 12)).all()
