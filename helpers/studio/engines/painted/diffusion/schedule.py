"""The noise levels of a run: the two sigma schedules, and the part of one that an init image leaves to do.

`sigma` is the standard deviation of the noise on a latent in [-1, 1]. Both schedules fall from SIGMA_MAX, where the noise
hides everything, to SIGMA_MIN; after that comes 0, the finished picture.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

__all__ = ["SIGMA_MAX", "SIGMA_MIN", "Schedule", "karras", "sigmas", "timesteps"]

Schedule = Callable[[float], float]
"""Maps a position, 0 (all noise) to 1 (hardly any), to sigma."""


@cache
def _timestep_sigmas() -> tuple[float, ...]:
    """Return sigma at Stable Diffusion's 1,000 timesteps, rising: sqrt((1 - alphas_cumprod) / alphas_cumprod).

    Its betas are linear in their square root ("scaled linear").
    """
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    alphas_cumprod = np.cumprod(1 - betas)
    return tuple(np.sqrt((1 - alphas_cumprod) / alphas_cumprod).tolist())


SIGMA_MAX = _timestep_sigmas()[-1]  # 14.61
SIGMA_MIN = _timestep_sigmas()[0]  # 0.029


def karras(position: float) -> float:
    """Return sigma at a position, with small steps at low noise, where detail is decided.

    Karras et al. 2022, arXiv 2206.00364, equation 5 with rho = 7.
    """
    rho = 7
    high, low = SIGMA_MAX ** (1 / rho), SIGMA_MIN ** (1 / rho)
    return float((high + position * (low - high)) ** rho)


def timesteps(position: float) -> float:
    """Return sigma at a position, in even steps over Stable Diffusion's timesteps; log sigma is linear between two of them.

    Rombach et al. 2022, arXiv 2112.10752.
    """
    table = _timestep_sigmas()
    return float(np.exp(np.interp((1 - position) * (len(table) - 1), np.arange(len(table)), np.log(table))))


def sigmas(schedule: Schedule, steps: int, start: float = 1.0, end: float = 0.0) -> tuple[float, ...]:
    """Return the noise levels of one run, falling to 0 at the end: n + 1 of them for n steps.

    `start` (0..1) is the share of the schedule that an init image leaves to do, `end` (0..1) the share left undone at
    its end. Both move sigma continuously, and the number of steps shrinks with them, as on SDXL. Where nothing is left
    to do, only the 0 is returned.
    """
    todo = min(start, 1.0) - max(end, 0.0)
    if todo <= 0:
        return (0.0,)
    positions = np.linspace(1 - min(start, 1.0), 1 - max(end, 0.0), max(1, round(steps * todo)))
    return (*(schedule(float(position)) for position in positions), 0.0)
