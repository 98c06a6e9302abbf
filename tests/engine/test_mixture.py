"""The denoiser is what it says: the exact mean of all pictures behind a noisy one, or so near to it that none can tell."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.studio.engines.painted.diffusion import mixture as mixtures
from helpers.studio.engines.painted.diffusion.factors import (
    LIGHT,
    LIGHTS,
    SKY,
    Laid,
    Plan,
    factor_of,
    laid,
    light_of,
    sky_of,
)
from helpers.studio.engines.painted.diffusion.latent import Cosines, blurred, colours, enlarge, low_pass, planes, shrink
from helpers.studio.engines.painted.diffusion.mixture import Belief, Mixture
from helpers.studio.engines.painted.diffusion.variation import BAND, Variation
from tests.engine import toy
from tests.engine.asked import task_of

SHAPES = [(8, 8), (40, 40), (9, 7), (5, 24), (1, 3)]
SIGMAS = (14.6, 5.0, 1.0, 0.3)
SIDE = 24
Array = NDArray[np.floating]


def normal(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


# The latent.


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


@pytest.mark.parametrize(("height", "width"), [(24, 24), (20, 36)])
def test_both_blurs_are_the_same_gaussian_and_keep_the_mean(height: int, width: int) -> None:
    pixels = normal(height, width, 3) + np.float32(3)
    wide = np.pad(pixels, ((4 * height, 4 * height), (4 * width, 4 * width), (0, 0)), mode="symmetric")
    sd = 0.08 * float(np.sqrt(height * width))
    by_cosines = low_pass(pixels.transpose(2, 0, 1), 0.08).transpose(1, 2, 0)
    assert by_cosines.mean((0, 1)) == pytest.approx(pixels.mean((0, 1)), abs=1e-4)
    assert np.allclose(by_cosines, blurred(wide, sd)[4 * height : -4 * height, 4 * width : -4 * width], atol=0.02)


# Variation.


@pytest.mark.parametrize(("height", "width"), [(40, 40), (30, 60), (5, 24), (2, 2)])
def test_the_band_holds_the_lowest_cosines_and_they_are_orthonormal(height: int, width: int) -> None:
    variation = Variation.natural(height, width)
    _, high, wide = variation.power.shape
    assert high <= height
    assert wide <= width
    assert high * wide <= 1.1 * BAND**2
    low = normal(3 * high * wide)
    assert np.allclose(variation.low(variation.raised(low)), low, atol=1e-5)
    mean = variation.low(np.ones((3, height, width), np.float32)).reshape(3, high, wide)
    assert np.allclose(mean[:, 0, 0], np.sqrt(height * width), rtol=1e-5)
    assert np.allclose(mean.reshape(3, -1)[:, 1:], 0, atol=1e-4)


def test_the_variation_has_the_spread_and_the_spectrum_of_photographs() -> None:
    variation, cosines = Variation.natural(64, 64), Cosines.of(64, 64)
    steep = np.log(variation.power[0, 0, 11] / variation.power[0, 0, 2]) / np.log(11 / 2)
    assert steep == pytest.approx(-2.4, abs=0.01)
    everywhere = cosines.frequency().astype(float) ** -2.4
    share = everywhere[:12, :12].sum() / everywhere.sum()
    assert np.sqrt(variation.power[0].sum()) / 64 == pytest.approx(0.16 * np.sqrt(share), rel=1e-3)
    assert np.sqrt(variation.power[1] / variation.power[0]) == pytest.approx(np.full((12, 12), 0.05 / 0.16), rel=1e-3)
    assert Variation.natural(64, 64, 0.4).power == pytest.approx(0.16 * variation.power, rel=1e-4)


def in_double(height: int, width: int, band: int) -> Variation:
    """A variation whose cosines are orthonormal to the last bit of float64."""
    rows, columns = (
        np.sqrt((2 - (np.arange(n) == 0)) / n)[:, None]
        * np.cos(np.pi * np.arange(n)[:, None] * (2 * np.arange(n) + 1) / (2 * n))
        for n in (height, width)
    )
    power = np.random.default_rng(9).uniform(0.01, 3, (3, band, band))
    return Variation(rows[:band], columns[:band], power)


def dense(variation: Variation) -> NDArray[np.float64]:
    """C as a matrix over all numbers of a latent."""
    size = 3 * variation.rows.shape[1] * variation.columns.shape[1]
    shape = (3, variation.rows.shape[1], variation.columns.shape[1])
    basis = np.stack([variation.low(one.reshape(shape)) for one in np.eye(size)])
    return np.asarray(basis @ np.diag(variation.power.ravel()) @ basis.T)


def inner(variation: Variation, u: Array, v: Array, sigma: float) -> float:
    """<u, v>_Q by the formula of the module."""
    kept = (variation.low(u) * variation.gain(sigma)) @ variation.low(v)
    return float((np.vdot(u, v) - kept) / sigma**2)


@pytest.mark.parametrize("sigma", [0.03, 1.0, 14.6])
def test_the_inner_product_under_noise_is_that_of_the_dense_inverse(sigma: float) -> None:
    variation = in_double(6, 5, 3)
    inverse = np.linalg.inv(dense(variation) + sigma**2 * np.eye(90))
    u, v = (np.random.default_rng(n).standard_normal((3, 6, 5)) for n in (1, 2))
    assert inner(variation, u, v, sigma) == pytest.approx(u.ravel() @ inverse @ v.ravel(), rel=1e-9, abs=1e-12)
    small, other = (np.zeros((3, 6, 5)) for _ in range(2))
    small[:, 2:4, 1:3], other[:, 3:6, 2:5] = u[:, 2:4, 1:3], v[:, 3:6, 2:5]
    inside = (variation.low(u[:, 2:4, 1:3], 2, 1) * variation.gain(sigma)) @ variation.low(v[:, 3:6, 2:5], 3, 2)
    in_windows = (np.vdot(u[:, 3:4, 2:3], v[:, 3:4, 2:3]) - inside) / sigma**2
    assert in_windows == pytest.approx(small.ravel() @ inverse @ other.ravel(), rel=1e-9, abs=1e-12)


# The mixture against all products, in float64.


def place(seed: int, variation: Variation) -> NDArray[np.float64]:
    """A smooth picture with an edge across it."""
    rng = np.random.default_rng([seed, 1])
    _, high, wide = variation.power.shape
    spectrum = rng.standard_normal((3, high, wide)) / (1 + np.add.outer(np.arange(high), np.arange(wide)))
    picture = 2.0 * variation.raised(spectrum.ravel()).astype(np.float64)
    picture[:, int(rng.integers(8, 16)) :] -= rng.uniform(0.2, 0.6)
    return picture


def alternatives(rng: np.random.Generator, count: int, middle: float) -> list[Laid]:
    """Soft discs that stand about one place of the width."""
    out = []
    for j in range(count):
        side = int(rng.integers(5, 10))
        y, x = np.mgrid[0:side, 0:side] - (side - 1) / 2
        alpha = np.clip(side / 2 - np.hypot(y, x), 0, 1)
        pixels = alpha * rng.uniform(-1, 1, 3)[:, None, None]
        where = laid(
            np.concatenate([pixels, alpha[None]]).astype(np.float32),
            (side - 1, side / 2),
            (rng.uniform(10, 23), middle + rng.uniform(-3, 3)),
            (SIDE, SIDE),
        )
        assert where is not None
        out.append(Laid(*where, j, float(rng.normal())))
    return out


def made_of(
    things: int, seed: int = 0, apart: float = 4.0, plans: int = 3, dtype: type = np.float64, outdoors: bool = False
) -> Mixture:
    """A mixture whose things stand `apart` columns from each other, so that their windows overlap; `outdoors` has skies and
    lights, which change what the things change too."""
    rng = np.random.default_rng([seed, 2])
    variation = Variation.natural(SIDE, SIDE, dtype=dtype)
    found = []
    for s in range(plans):
        picture: Array = place(10 * seed + s, variation).astype(dtype)
        factors = tuple(
            factor_of(f"thing {k}", alternatives(rng, 4 + s % 2, 8 + apart * k), 0.2, picture, variation)
            for k in range(things)
        )
        if outdoors:
            skies = [picture.copy() for _ in range(3)]
            for drift, sky in enumerate(skies):
                sky[:, :8] = np.roll(place(10 * seed + s + 100, variation)[:, :8], 7 * drift, 2) / 2
            factors += (sky_of([picture, *skies], range(4), variation), light_of(picture, variation))
        found.append(Plan(s, picture, float(np.log((1 + s) / 6)), factors))
    return Mixture(found, variation)


def brute(mixture: Mixture, x: Array, sigma: float) -> tuple[Belief, NDArray[np.float64], float]:
    """The belief, the mean exemplar and log p(x; sigma) up to a constant, from every product, one by one."""
    variation, count = mixture.variation, len(mixture.plans[0].factors)
    logs, exemplars, places = [], [], []
    for s, plan in enumerate(mixture.plans):
        for picks in product(*(range(len(f.choices)) for f in plan.factors)):
            one = mixture.exemplar(s, picks)
            prior = plan.log_prior + sum(f.log_prior[j] for f, j in zip(plan.factors, picks, strict=True))
            logs.append(prior - inner(variation, x - one, x - one, sigma) / 2)
            exemplars.append(one)
            places.append((s, picks))
    weights = np.exp(np.array(logs) - max(logs))
    total = weights.sum()
    weights /= total
    most = max((len(f.choices) for plan in mixture.plans for f in plan.factors), default=0)
    plans, things = np.zeros(len(mixture.plans)), [np.zeros((len(mixture.plans), most)) for _ in range(count)]
    for w, (s, picks) in zip(weights, places, strict=True):
        plans[s] += w
        for k, j in enumerate(picks):
            things[k][s, j] += w
    mean = np.tensordot(weights, np.stack(exemplars), 1)
    return Belief(plans, tuple(things), np.ones(len(plans), bool)), mean, float(np.log(total) + max(logs))


def noisy(mixture: Mixture, sigma: float, seed: int) -> Array:
    """One of the mixture's own pictures, with variation and noise."""
    rng, variation = np.random.default_rng([seed, 3]), mixture.variation
    s = int(rng.integers(len(mixture.plans)))
    picks = [int(rng.integers(len(f.choices))) for f in mixture.plans[s].factors]
    own = variation.raised(np.sqrt(variation.power.ravel()) * rng.standard_normal(variation.power.size))
    return mixture.exemplar(s, picks) + own + sigma * rng.standard_normal(mixture.centre.shape)


def worst(
    things: int,
    apart: float,
    seeds: int = 4,
    change: Callable[[Mixture], object] = lambda _: None,
    outdoors: bool = False,
) -> tuple[float, float]:
    """The largest error of any weight, and that of the mean exemplar (rms), over all noise levels."""
    weight, mean = 0.0, 0.0
    for seed in range(seeds):
        mixture = made_of(things, seed, apart, outdoors=outdoors)
        assert things < 2 or mixture._met is not None
        change(mixture)
        for sigma in SIGMAS:
            x = noisy(mixture, sigma, seed)
            belief, m, _ = brute(mixture, x, sigma)
            mine = mixture.posterior(x, sigma)
            joint = [mine.plans[:, None] * q for q in mine.things]  # the weight of a plan with an alternative
            pairs = zip([mine.plans, *joint], [belief.plans, *belief.things], strict=True)
            weight = max(weight, *(float(np.abs(a - b[..., : a.shape[-1]]).max()) for a, b in pairs))
            mean = max(mean, float(np.sqrt(np.square(mixture.mean(mine) - m).mean())))
    return weight, mean


def test_plans_and_one_thing_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixtures, "SLIGHT", 100.0)  # nothing is so slight that it is left out
    for things in (0, 1):
        weight, mean = worst(things, 0)
        assert weight < 1e-9
        assert mean < 1e-9


def test_what_is_slight_is_left_out_and_hardly_missed() -> None:
    weight, mean = worst(1, 0)
    assert 1e-9 < weight < 1.5e-4
    assert mean < 3e-5


def near_for_two(change: Callable[[Mixture], object] = lambda _: None) -> None:
    """Two things side by side, whose windows overlap."""
    weight, mean = worst(2, 9.0, change=change)
    assert weight < 7.5e-5, weight
    assert mean < 7.5e-5, mean


def near_for_three(change: Callable[[Mixture], object] = lambda _: None) -> None:
    """Three things that crowd each other."""
    weight, mean = worst(3, 4.0, 3, change)
    assert weight < 0.003, weight
    assert mean < 0.0009, mean


def near_under_a_sky(change: Callable[[Mixture], object] = lambda _: None) -> None:
    """A thing that stands before one of several skies, in one of several lights."""
    weight, mean = worst(1, 0, 3, change, outdoors=True)
    assert weight < 0.005, weight
    assert mean < 0.001, mean


def unjoined(mixture: Mixture) -> None:
    """Leave out what things have in common where both can stand."""
    mixture._met = None


NEAR = [near_for_two, near_for_three, near_under_a_sky]


@pytest.mark.parametrize("near", NEAR)
def test_several_things_are_near_to_exact(near: Callable[..., None]) -> None:
    near()


@pytest.mark.parametrize("near", NEAR)
def test_one_sweep_of_mean_field_would_not_do(near: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixtures, "SWEEPS", 1)
    with pytest.raises(AssertionError):
        near()


@pytest.mark.parametrize("near", NEAR)
def test_things_that_can_stand_in_one_place_must_know_of_each_other(near: Callable[..., None]) -> None:
    with pytest.raises(AssertionError):
        near(unjoined)


# What follows from it.


@pytest.mark.parametrize("sigma", [0.03, 0.5, 14.0])
def test_the_guess_is_the_conditional_mean_that_plain_matrices_give(sigma: float) -> None:
    variation = in_double(5, 4, 3)
    rng = np.random.default_rng(1)
    drawn = [Laid(1, 1, rng.standard_normal((4, 2, 2)).astype(np.float32), j) for j in range(3)]
    pictures = rng.standard_normal((2, 3, 5, 4))
    mixture = Mixture(
        [
            Plan(n, picture, float(np.log(0.5)), (factor_of("thing", drawn, 0.1, picture, variation),))
            for n, picture in enumerate(pictures)
        ],
        variation,
    )
    x = pictures[0] + sigma * rng.standard_normal((3, 5, 4))
    covariance = dense(variation)
    inverse = np.linalg.inv(covariance + sigma**2 * np.eye(60))
    pairs = [(s, j) for s in range(2) for j in range(4)]
    exemplars = [mixture.exemplar(s, (j,)) for s, j in pairs]
    away = [(x - one).ravel() for one in exemplars]
    priors = np.array([mixture.plans[s].factors[0].log_prior[j] for s, j in pairs])
    logs = priors - np.array([a @ inverse @ a for a in away]) / 2
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    guess = sum(
        w * (one.ravel() + covariance @ inverse @ a) for w, one, a in zip(weights, exemplars, away, strict=True)
    )
    assert mixture.denoise(x, sigma).ravel() == pytest.approx(guess, abs=1e-9)
    assert np.exp(priors).sum() == pytest.approx(2)


@pytest.mark.parametrize("sigma", [1.0, 5.0])
def test_the_guess_points_up_the_density_as_tweedie_says(sigma: float) -> None:
    """(D - x) / sigma^2 is the slope of log p(x; sigma): here by finite differences along three directions."""
    mixture = made_of(1)
    x = noisy(mixture, sigma, 5)
    slope = (mixture.denoise(x, sigma) - x) / sigma**2
    for seed in range(3):
        along = np.random.default_rng(seed).standard_normal(x.shape)
        ahead, behind = (brute(mixture, x + step * along, sigma)[2] for step in (1e-4, -1e-4))
        assert (ahead - behind) / 2e-4 == pytest.approx(np.vdot(slope, along), rel=1e-5)


def test_single_precision_is_enough() -> None:
    for sigma in SIGMAS:
        double, single = made_of(2), made_of(2, dtype=np.float32)
        x = noisy(double, sigma, 1)
        assert np.abs(single.denoise(x.astype(np.float32), sigma) - double.denoise(x, sigma)).max() < 2e-3


def test_all_noise_says_nothing_and_no_noise_says_all() -> None:
    mixture = made_of(2, apart=9.0)
    x, prior = mixture.exemplar(1, (2, 1)), mixture.prior_belief()
    nothing, all_ = mixture.posterior(x, 1e4), mixture.posterior(x, 0.03)
    assert nothing.plans == pytest.approx(prior.plans, abs=1e-4)
    for q, expected in zip(nothing.things, prior.things, strict=True):
        assert q == pytest.approx(expected, abs=1e-4)
    assert all_.best() == (1, (2, 1))
    assert all_.plans[1] == pytest.approx(1)
    assert np.allclose(mixture.denoise(x, 0.03), x, atol=1e-4)


def test_weights_stay_finite_far_outside_of_everything() -> None:
    mixture = made_of(2, dtype=np.float32)
    belief = mixture.posterior(np.full((3, SIDE, SIDE), 1e5, np.float32), 0.03)
    assert np.isfinite(belief.plans).all()
    assert belief.plans.sum() == pytest.approx(1)
    assert all(q[belief.plans.argmax()].sum() == pytest.approx(1) for q in belief.things)


def test_a_sharpened_belief_has_all_of_its_pull_on_the_best() -> None:
    belief = Belief(np.array([0.2, 0.5, 0.3]), (np.array([[0, 0], [0.4, 0.6], [1, 0]]),), np.ones(3, bool))
    pulled = belief.sharpened(0.4)
    assert pulled.plans == pytest.approx([0.12, 0.7, 0.18])
    assert pulled.things[0] == pytest.approx(np.array([[0, 0], [0.24, 0.76], [1, 0]]))
    assert pulled.best() == belief.best() == (1, (1,))
    assert belief.sharpened(0).plans == pytest.approx(belief.plans)


# Leaving out what is hopeless.


def hardly_changed_by_memory(samplers: tuple[str, ...] = ("K_DPMPP_2M", "K_EULER_ANCESTRAL", "DDPM")) -> None:
    """A run that asks no hopeless plan again, and one that asks all of them at each call, differ by a level at most."""
    posterior = Mixture.posterior
    for sampler in samplers:
        for seed in (1, 2, 3, 4):
            task = task_of("ball and crate", seed=seed, width=128, height=128, sampler=sampler, steps=20)
            mine = toy.engine().generate(task).pixels
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Mixture, "posterior", lambda self, x, sigma, before=None: posterior(self, x, sigma))
                plain = toy.engine().generate(task).pixels
            assert np.abs(mine.astype(int) - plain).max() <= 1, (sampler, seed)


def test_leaving_out_hopeless_plans_changes_no_picture() -> None:
    hardly_changed_by_memory()


def test_leaving_them_out_too_soon_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixtures, "HOPELESS", 1.0)
    with pytest.raises(AssertionError):
        hardly_changed_by_memory()


def test_plans_are_left_out_at_all() -> None:
    mixture = made_of(1, plans=5)
    belief = mixture.posterior(mixture.exemplar(2, (0,)), 0.3)
    assert belief.asked[2]
    assert not belief.asked.all()


# Factors.


def test_a_thing_is_the_difference_that_it_makes_to_its_plan() -> None:
    variation, picture = Variation.natural(12, 12), normal(3, 12, 12)
    alpha = np.linspace(0, 1, 9, dtype=np.float32).reshape(3, 3)
    colour = np.full((3, 3, 3), 0.7, np.float32)
    where = laid(np.concatenate([colour * alpha, alpha[None]]), (2, 1), (8, 0), (12, 12))  # a column is outside
    assert where is not None
    factor = factor_of("thing", [Laid(*where, "there")], 0.25, picture, variation)
    mixture = Mixture([Plan("place", picture, 0.0, (factor,))], variation)
    shown, gone = mixture.exemplar(0, (0,)), mixture.exemplar(0, (1,))
    part = (slice(None), slice(6, 9), slice(0, 2))
    assert np.allclose(shown[part], 0.7 * alpha[:, 1:] + (1 - alpha[:, 1:]) * picture[part], atol=1e-6)
    assert np.square(shown - picture).sum() == pytest.approx(np.square((shown - picture)[part]).sum())
    assert (gone == picture).all()
    assert factor.choices == ("there", None)
    assert np.exp(factor.log_prior) == pytest.approx([0.75, 0.25])


def test_a_thing_of_which_nothing_is_in_the_picture_is_absent() -> None:
    variation, picture = Variation.natural(8, 8), normal(3, 8, 8)
    assert laid(normal(4, 3, 3), (2, 1), (-5, 4), (8, 8)) is None
    factor = factor_of("thing", [], 0.0, picture, variation)
    mixture = Mixture([Plan("place", picture, 0.0, (factor,))], variation)
    assert factor.choices == (None,)
    assert np.allclose(mixture.mean(mixture.posterior(picture, 1.0)), picture, atol=1e-6)


def test_the_light_of_a_grey_picture_has_no_colour() -> None:
    picture = normal(3, 16, 16)
    picture[1:] = 0
    assert [warmth for _, warmth in light_of(picture, Variation.natural(16, 16)).choices] == [0.0] * 4


def test_a_sky_changes_the_upper_rows_and_light_the_contrast_and_the_warmth() -> None:
    variation, picture = Variation.natural(16, 16), normal(3, 16, 16)
    other = picture.copy()
    other[:, :5] += 1
    sky = sky_of([picture, other], ("as it is", "other"), variation)
    light = light_of(picture, variation)
    mixture = Mixture([Plan("place", picture, 0.0, (sky, light))], variation)
    assert (sky.entry, light.entry) == (SKY, LIGHT)
    for j, made in enumerate((picture, other)):
        for k, hard in enumerate(LIGHTS):
            wanted = made + (hard - 1) * (picture - picture.mean((1, 2), keepdims=True))
            wanted[1] += light.choices[k][1]  # warmth
            assert np.allclose(mixture.exemplar(0, (j, k)), wanted, atol=1e-5)
    assert np.exp(sky.log_prior).sum() == pytest.approx(1)
    assert np.exp(light.log_prior).sum() == pytest.approx(1)
    assert light.norms == pytest.approx(np.square(light.differences(picture.shape)).sum((1, 2, 3)), rel=1e-4)


@pytest.mark.parametrize("sigma", [0.3, 1.0])
def test_what_is_decided_is_left_out_at_lower_noise_and_nothing_else_changes(sigma: float) -> None:
    mixture = made_of(2, apart=9.0)
    x = noisy(mixture, sigma, 2)
    narrow = mixture.narrowed(mixture.posterior(x, sigma))
    assert len(narrow.plans) == 1
    whole, _, exemplar = mixture.winner(mixture.posterior(x, sigma))
    plan, choices, same = narrow.winner(narrow.posterior(x, sigma))
    assert plan.scene == whole.scene
    assert same == pytest.approx(exemplar, abs=1e-9)
    assert {one.entry for one in choices} == {"thing 0", "thing 1"}
    assert narrow.denoise(x, sigma) == pytest.approx(mixture.denoise(x, sigma), abs=2e-4)


def test_a_plan_that_is_best_once_all_things_are_joined_has_its_things() -> None:
    """Two things that explain the same places are counted twice until they are joined: another plan may look hopeless."""
    variation, picture = Variation.natural(8, 8, dtype=np.float64), normal(3, 8, 8).astype(np.float64)
    disc = Laid(2, 2, np.concatenate([np.ones((3, 4, 4)), np.zeros((1, 4, 4))]).astype(np.float32), "there")
    twice = tuple(factor_of(f"thing {k}", [disc], 0.5, picture, variation) for k in range(2))
    with_it = picture + twice[0].differences(picture.shape)[0]
    once = tuple(factor_of(f"thing {k}", [], 0.0, with_it, variation) for k in range(2))
    mixture = Mixture([Plan("twice", picture, -2.0, twice), Plan("once", with_it, 0.0, once)], variation)
    for sigma in (0.3, 0.1):
        belief = mixture.posterior(with_it, sigma)
        assert belief.best()[0] == 1
        assert [q[1].sum() for q in belief.things] == pytest.approx([1, 1])
        assert mixture.winner(belief)[0].scene == "once"
        assert mixture.narrowed(belief).plans[-1].scene == "once"
