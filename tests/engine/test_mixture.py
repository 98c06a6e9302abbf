"""The denoiser is what it says: the exact mean of all pictures behind a noisy one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.studio.engines.painted.diffusion.latent import Cosines, colours, enlarge, planes, shrink
from helpers.studio.engines.painted.diffusion.mixture import Mixture, Variation

SHAPES = [(8, 8), (40, 40), (9, 7), (5, 24), (1, 3)]
Array = NDArray[np.float32]


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_the_cosine_transform_is_orthonormal_and_goes_back(height: int, width: int) -> None:
    cosines, x = Cosines.of(height, width), normal(2, 3, height, width)
    spectrum = cosines.forward(x)
    assert np.square(spectrum).sum() == pytest.approx(np.square(x).sum(), rel=1e-4)
    assert np.allclose(cosines.inverse(spectrum), x, atol=1e-5)


def test_colours_turn_into_planes_and_back_and_grey_is_light_alone() -> None:
    pixels = normal(6, 5, 3)
    assert np.allclose(colours(planes(pixels)), pixels, atol=1e-6)
    grey = planes(np.full((2, 2, 3), 0.5, np.float32))
    assert np.allclose(grey[1:], 0, atol=1e-6)


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_the_variation_has_the_spread_and_the_spectrum_of_photographs(height: int, width: int) -> None:
    variation = Variation.natural(height, width)
    each = colours(np.sqrt(variation.power.mean((1, 2)))[:, None, None])
    assert np.linalg.norm(each) == pytest.approx(np.sqrt(3) * 0.10, rel=0.05)
    if height > 30:
        steep = np.log(variation.power[0, 0, 32] / variation.power[0, 0, 4]) / np.log(32 / 4)
        assert steep == pytest.approx(-2.4, abs=0.01)


@pytest.mark.parametrize(("height", "width"), [(4, 4), (3, 5)])
@pytest.mark.parametrize("sigma", [0.03, 0.5, 14.0])
def test_the_guess_is_the_conditional_mean_that_plain_matrices_give(height: int, width: int, sigma: float) -> None:
    """The same formula with dense covariance matrices, in float64 and without a transform."""
    variation = Variation.natural(height, width)
    exemplars, x = normal(3, 3, height, width, seed=1), sigma * normal(3, height, width, seed=2)
    n = x.size
    basis = np.stack(
        [variation.cosines.inverse(np.eye(n, dtype=np.float32)[i].reshape(x.shape)).ravel() for i in range(n)]
    )
    basis = basis.astype(np.float64)
    covariance = basis.T @ np.diag(variation.power.ravel().astype(np.float64)) @ basis
    inverse = np.linalg.inv(covariance + sigma**2 * np.eye(n))
    away = [(x - one).ravel().astype(np.float64) for one in exemplars]
    energy = np.array([a @ inverse @ a for a in away])
    weights = np.exp(-0.5 * (energy - energy.min()))
    weights /= weights.sum()
    guess = sum(
        w * (one.ravel() + covariance @ inverse @ a) for w, one, a in zip(weights, exemplars, away, strict=True)
    )
    mixture = Mixture(exemplars, variation)
    assert mixture.posterior(x, sigma) == pytest.approx(weights, abs=1e-3)
    assert np.allclose(mixture.denoise(x, sigma).ravel(), guess, atol=2e-3)


def test_all_noise_says_nothing_and_no_noise_says_all() -> None:
    exemplars = normal(5, 3, 16, 16, seed=3)
    mixture = Mixture(exemplars, Variation.natural(16, 16))
    assert mixture.posterior(exemplars[2], 1e4) == pytest.approx(np.full(5, 0.2), abs=0.01)
    assert mixture.posterior(exemplars[2], 0.05)[2] == pytest.approx(1)
    assert np.allclose(mixture.denoise(exemplars[2], 0.05), exemplars[2], atol=1e-4)


def test_weights_stay_finite_far_outside_of_everything() -> None:
    mixture = Mixture(normal(4, 3, 8, 8), Variation.natural(8, 8))
    weights = mixture.posterior(np.full((3, 8, 8), 1e6, np.float32), 0.03)
    assert np.isfinite(weights).all()
    assert weights.sum() == pytest.approx(1)


@pytest.mark.parametrize(("height", "width"), [(40, 48), (40, 47), (8, 8), (13, 5)])
def test_shrinking_takes_means_and_enlarging_keeps_what_is_smooth(height: int, width: int) -> None:
    pixels = normal(height, width, 3)
    small = shrink(pixels, 5, 4)
    assert small.mean() == pytest.approx(pixels.mean(), abs=1e-4)
    ramp = np.linspace(-1, 1, 12, dtype=np.float32)[:, None, None] * np.ones((1, 9, 3), np.float32)
    large = enlarge(ramp, 8 * 12, 8 * 9)
    assert large.shape == (96, 72, 3)
    assert np.allclose(shrink(large, 12, 9)[2:-2], ramp[2:-2], atol=1e-5)
    across = enlarge(np.ascontiguousarray(ramp.swapaxes(0, 1)), 72, 96)
    assert np.allclose(across, large.swapaxes(0, 1), atol=1e-5)
    assert np.allclose(enlarge(np.full((3, 4, 3), 0.25, np.float32), 25, 31), 0.25, atol=1e-6)
