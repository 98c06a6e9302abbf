"""Ten ways from noise to picture. Each is a loop over `denoise(x, sigma)`, the best guess of the picture behind `x`.

They solve one equation, dx / dsigma = (x - denoise(x, sigma)) / sigma, the probability flow of the noise (Karras et al.
2022, arXiv 2206.00364). The ancestral ones and DDPM also add fresh noise after each step, and remove more to make up for
it. Names as in k-diffusion: `x` is the noisy latent, `denoised` the guess, `d` the slope dx / dsigma, `dt` a step of sigma.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import schedule

__all__ = ["DEFAULT", "SAMPLERS", "Sampler"]

Latent: TypeAlias = NDArray[np.floating]
Denoise: TypeAlias = Callable[[Latent, float], Latent]
Noise: TypeAlias = Callable[[], Latent]
"""Returns fresh standard normal noise of x's shape, from the seed's generator."""
Sigmas: TypeAlias = tuple[float, ...]


def euler(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Step along the slope by Euler's method (Karras et al. 2022, arXiv 2206.00364, algorithm 2 without its correction)."""
    for sigma, sigma_next in pairwise(sigmas):
        denoised = denoise(x, sigma)
        d = (x - denoised) / sigma
        dt = sigma_next - sigma
        x = x + d * dt
    return x


def euler_ancestral(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Step by Euler's method and add noise after each step (Song et al. 2021, arXiv 2011.13456, ancestral sampling)."""
    for sigma, sigma_next in pairwise(sigmas):
        sigma_down, sigma_up = _ancestral(sigma, sigma_next)
        denoised = denoise(x, sigma)
        d = (x - denoised) / sigma
        dt = sigma_down - sigma
        x = x + d * dt
        if sigma_up > 0:
            x = x + noise() * sigma_up
    return x


def heun(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Step with the mean of the slopes at both ends, Heun's method (Karras et al. 2022, arXiv 2206.00364, algorithm 2)."""
    for sigma, sigma_next in pairwise(sigmas):
        denoised = denoise(x, sigma)
        d = (x - denoised) / sigma
        dt = sigma_next - sigma
        if sigma_next > 0:
            x_2 = x + d * dt
            denoised_2 = denoise(x_2, sigma_next)
            d = (d + (x_2 - denoised_2) / sigma_next) / 2
        x = x + d * dt
    return x


def dpm_2(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Step with the slope halfway in log sigma, DPM-Solver-2 (Lu et al. 2022, arXiv 2206.00927)."""
    for sigma, sigma_next in pairwise(sigmas):
        x = x + _midpoint_slope(denoise, x, sigma, sigma_next) * (sigma_next - sigma)
    return x


def dpm_2_ancestral(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Step by DPM-Solver-2 (Lu et al. 2022, arXiv 2206.00927) and add ancestral noise."""
    for sigma, sigma_next in pairwise(sigmas):
        sigma_down, sigma_up = _ancestral(sigma, sigma_next)
        x = x + _midpoint_slope(denoise, x, sigma, sigma_down) * (sigma_down - sigma)
        if sigma_up > 0:
            x = x + noise() * sigma_up
    return x


def lms(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Step with the last four slopes, Adams-Bashforth on uneven steps (also used by PNDM, Liu et al. 2022, arXiv 2202.09778)."""
    ds: list[Latent] = []
    for i, (sigma, sigma_next) in enumerate(pairwise(sigmas)):
        denoised = denoise(x, sigma)
        ds = [(x - denoised) / sigma, *ds[:3]]
        seen = [sigmas[i - j] for j in range(len(ds))]
        for j, d in enumerate(ds):
            x = x + d * _adams_bashforth(seen, j, sigma, sigma_next)
    return x


def dpmpp_2s_ancestral(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Step by DPM-Solver++(2S) (Lu et al. 2022, arXiv 2211.01095) and add ancestral noise."""
    for sigma, sigma_next in pairwise(sigmas):
        sigma_down, sigma_up = _ancestral(sigma, sigma_next)
        denoised = denoise(x, sigma)
        if sigma_down > 0:
            sigma_mid = sqrt(sigma * sigma_down)
            x_2 = _towards(denoised, x, sigma, sigma_mid)
            denoised = denoise(x_2, sigma_mid)
        x = _towards(denoised, x, sigma, sigma_down)
        if sigma_up > 0:
            x = x + noise() * sigma_up
    return x


def dpmpp_2m(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Step by DPM-Solver++(2M), which extrapolates from the last guess (Lu et al. 2022, arXiv 2211.01095, algorithm 2)."""
    old_denoised, h_last = None, 0.0
    for sigma, sigma_next in pairwise(sigmas):
        denoised = denoise(x, sigma)
        denoised_d = denoised
        if sigma_next > 0:
            h = log(sigma / sigma_next)
            if old_denoised is not None:
                r = h_last / h
                denoised_d = denoised + (denoised - old_denoised) / (2 * r)
            old_denoised, h_last = denoised, h
        x = _towards(denoised_d, x, sigma, sigma_next)
    return x


def ddim(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Keep the noise that was found, scaled to the next sigma (Song et al. 2021, arXiv 2010.02502, equation 12, eta = 0)."""
    for sigma, sigma_next in pairwise(sigmas):
        denoised = denoise(x, sigma)
        eps = (x - denoised) / sigma
        x = denoised + sigma_next * eps
    return x


def ddpm(denoise: Denoise, x: Latent, sigmas: Sigmas, noise: Noise) -> Latent:
    """Draw from q(x_next | x, denoised) (Ho et al. 2020, arXiv 2006.11239, equations 6 and 7, in terms of sigma).

    The step is that of `euler_ancestral`, written without a slope; what tells the two apart is the schedule.
    """
    for sigma, sigma_next in pairwise(sigmas):
        denoised = denoise(x, sigma)
        share = (sigma_next / sigma) ** 2
        x = denoised + share * (x - denoised)
        if sigma_next > 0:
            x = x + sigma_next * sqrt(1 - share) * noise()
    return x


@dataclass(frozen=True)
class Sampler:
    """An integrator and the noise schedule that it follows."""

    run: Callable[[Denoise, Latent, Sigmas, Noise], Latent]
    schedule: schedule.Schedule


SAMPLERS = {
    "DDIM": Sampler(ddim, schedule.timesteps),
    "DDPM": Sampler(ddpm, schedule.timesteps),
    "K_DPMPP_2M": Sampler(dpmpp_2m, schedule.karras),
    "K_DPMPP_2S_ANCESTRAL": Sampler(dpmpp_2s_ancestral, schedule.karras),
    "K_DPM_2": Sampler(dpm_2, schedule.karras),
    "K_DPM_2_ANCESTRAL": Sampler(dpm_2_ancestral, schedule.karras),
    "K_EULER": Sampler(euler, schedule.karras),
    "K_EULER_ANCESTRAL": Sampler(euler_ancestral, schedule.karras),
    "K_HEUN": Sampler(heun, schedule.karras),
    "K_LMS": Sampler(lms, schedule.karras),
}
DEFAULT = "K_DPMPP_2M"


def _towards(denoised: Latent, x: Latent, sigma: float, sigma_next: float) -> Latent:
    """Return x after the step that would be exact if the guess stayed the same: DPM-Solver++ is built from it."""
    return denoised + sigma_next / sigma * (x - denoised)


def _ancestral(sigma: float, sigma_next: float) -> tuple[float, float]:
    """Return (sigma_down, sigma_up): where to step down to, and how much fresh noise then leads to sigma_next."""
    sigma_up = sigma_next * sqrt(1 - (sigma_next / sigma) ** 2)
    sigma_down = sigma_next**2 / sigma
    return sigma_down, sigma_up


def _midpoint_slope(denoise: Denoise, x: Latent, sigma: float, sigma_next: float) -> Latent:
    """Return the slope halfway in log sigma; the last step, to 0, has no halfway and takes the slope at sigma."""
    denoised = denoise(x, sigma)
    d = (x - denoised) / sigma
    if sigma_next == 0:
        return d
    sigma_mid = exp((log(sigma) + log(sigma_next)) / 2)
    x_2 = x + d * (sigma_mid - sigma)
    return (x_2 - denoise(x_2, sigma_mid)) / sigma_mid


def _adams_bashforth(seen: list[float], j: int, sigma: float, sigma_next: float) -> float:
    """Return the weight of slope j.

    It is the integral from sigma to sigma_next of the polynomial that is 1 at seen[j] and 0 at the others. Two Gauss
    points are exact up to its degree, 3.
    """
    middle, half = (sigma_next + sigma) / 2, (sigma_next - sigma) / 2
    total = 0.0
    for point in (middle - half / sqrt(3), middle + half / sqrt(3)):
        value = 1.0
        for k, other in enumerate(seen):
            if k != j:
                value *= (point - other) / (seen[j] - other)
        total += value * half
    return total
