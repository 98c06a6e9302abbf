"""What an exemplar is made of: a plan, and for each of its factors one alternative.

    exemplar(s, j_1, j_2, ...) = b_s + d_1,j_1|s + d_2,j_2|s + ...      with prior  pi_s a_1,j_1|s a_2,j_2|s ...

A plan s is a place without the things that the prompt names, b_s. A factor is one thing, whose alternatives are its drawings
at the spots where it may stand, and perhaps its absence; or the plan's sky; or its light. Each alternative is the difference
d that it makes to the place. So six plans with sixteen alternatives of each of two things, six skies and four lights are
37,000 exemplars, and only some two hundred differences are kept.

Differences add, so where two things overlap neither hides the other, and behind a thing the sky changes too. That shows
in guesses alone: the picture is painted whole in the end (see `decode`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .variation import Variation

__all__ = [
    "FAINT",
    "LIGHT",
    "SKY",
    "Chosen",
    "Factor",
    "Floats",
    "Laid",
    "Plan",
    "coloured",
    "factor_of",
    "laid",
    "light_of",
    "sky_of",
    "within",
]

Floats = NDArray[np.floating]
"""Float32, or float64 where a test wants to know how near float32 comes."""
SKY, LIGHT = "sky", "light"
"""Entries of the factors that are a place's sky, whose choices are scenes, and its light, whose choices are
pairs of a contrast and a warmth."""
LIGHTS = (0.88, 0.95, 1.02, 1.09)
"""Contrasts of a light, from soft to hard; a soft light is cool, and a hard one warm."""
WARMTH = 0.8
"""How much warmer a light is than one whose contrast is less by 1, in units of the plane of warm against cold."""
GREY = 0.08
"""Mean chroma below which a picture counts as the less coloured, the less it has: black and white stays black and white."""
FAINT = 0.1
"""Share of a change of light, mood or style below which nobody sees it."""
STEP = 8
"""Rows by which the window of a sky grows, so that plans with like horizons have the same one."""


@dataclass(frozen=True, eq=False)
class Laid:
    """A cut-out at a spot of the latent."""

    top: int
    left: int
    planes: NDArray[np.float32]
    """(4, h, w): three planes times alpha, and alpha."""
    choice: Any
    """What it is: a cut-out and its spot."""
    log_prior: float = 0.0


@dataclass(frozen=True, eq=False)
class Factor:
    """One thing, the sky or the light of a plan: J alternatives, each a difference from the plan in one window."""

    entry: str
    choices: tuple[Any, ...]
    """What each alternative is: a (Cutout, Spot), or None for the thing's absence; a scene; a contrast and a
    warmth."""
    log_prior: NDArray[np.float64]
    """(J,), normalised."""
    low: Floats
    """(J, cosines): P d."""
    norms: Floats
    """(J,): |d|^2."""
    window: tuple[int, int, int, int]
    """Top, left, height and width of the cells in which the alternatives differ from the plan."""
    directions: Floats
    """(R, 3 * height * width of the window): what they can differ by; mostly the differences themselves."""
    amounts: Floats | None = None
    """(J, R): how far each alternative goes along each direction; None: each has one of its own."""
    thing: int | None = None
    """Number of the thing in the reading; None: no thing."""

    def differences(self, shape: tuple[int, ...]) -> Floats:
        """Return d as planes, (J, *shape)."""
        d = self.directions if self.amounts is None else self.amounts @ self.directions
        top, left, height, width = self.window
        out = np.zeros((len(d), *shape), d.dtype)
        out[:, :, top : top + height, left : left + width] = d.reshape(len(d), shape[0], height, width)
        return out

    def seen(self, x: Floats) -> Floats:
        """Return <x, d>, (J,), of planes x (3, height, width)."""
        along = self.directions @ within(x, self.window).ravel()
        return along if self.amounts is None else self.amounts @ along

    def among(self, some: NDArray[np.intp]) -> "Factor":
        """Return the factor with some of its alternatives alone."""
        return replace(
            self,
            choices=tuple(self.choices[j] for j in some),
            log_prior=self.log_prior[some],
            low=self.low[some],
            norms=self.norms[some],
            directions=self.directions[some] if self.amounts is None else self.directions,
            amounts=None if self.amounts is None else self.amounts[some],
        )


class Chosen(NamedTuple):
    """What was chosen of a factor."""

    entry: str
    choice: Any
    thing: int | None = None
    """As in `Factor`."""


@dataclass(frozen=True, eq=False)
class Plan:
    """One way to compose the picture: a place without its things, and a factor for each thing, its sky and its light."""

    scene: Any
    """The place, or what else is painted at full size."""
    picture: Floats
    """b: (3, height, width)."""
    log_prior: float
    factors: tuple[Factor, ...] = ()
    mirrored: bool = False
    """True where the place is painted mirrored."""
    redraw: Callable[[Any], NDArray[np.float32]] | None = None
    """Maps its scene with the chosen things in it to pixels at full size; None: the scene is painted as it is."""
    settled: tuple[Chosen, ...] = ()
    """Choices of factors that are decided, and part of the picture already."""
    lost: frozenset[int] = frozenset()
    """Numbers of the words of the setting that it does not show."""
    styled: float = 1.0
    """How far all but its things are in the prompt's moods, media and style, 0..1."""
    kept: Literal["nothing", "place", "all"] = "nothing"
    """What of it is an init image's, so that nobody knows which of the prompt's words it shows."""


def laid(
    planes: NDArray[np.float32], foot: tuple[float, float], at: tuple[float, float], size: tuple[int, int]
) -> tuple[int, int, NDArray[np.float32]] | None:
    """Return a cut-out (4, h, w) with its foot at the latent's (row, column) `at`: top, left and the part of it that lies
    within a latent of this size; None where that is nothing."""
    _, high, wide = planes.shape
    top, left = round(at[0] - foot[0]), round(at[1] - foot[1])
    first, end = (max(top, 0), max(left, 0)), (min(top + high, size[0]), min(left + wide, size[1]))
    if end[0] <= first[0] or end[1] <= first[1]:
        return None
    return first[0], first[1], planes[:, first[0] - top : end[0] - top, first[1] - left : end[1] - left]


def factor_of(
    entry: str,
    drawn: Sequence[Laid],
    absent: float,
    picture: Floats,
    variation: Variation,
    thing: int | None = None,
) -> Factor:
    """Return a thing's alternatives as differences from a plan's picture, d = drawn - alpha b.

    `absent` is the probability that the thing is not there; 0 leaves that alternative out. Where nothing of it would be in
    the picture, it is always absent.
    """
    top = min((one.top for one in drawn), default=0)
    left = min((one.left for one in drawn), default=0)
    height = max((one.top + one.planes.shape[1] for one in drawn), default=1) - top
    width = max((one.left + one.planes.shape[2] for one in drawn), default=1) - left
    choices: tuple[Any, ...] = tuple(one.choice for one in drawn)
    log_prior = np.array([one.log_prior for one in drawn], np.float64)
    if drawn:
        log_prior += np.log(1 - absent) - np.logaddexp.reduce(log_prior)
    if absent > 0 or not drawn:
        log_prior, choices = np.append(log_prior, np.log(absent) if drawn else 0.0), (*choices, None)
    d = np.zeros((len(choices), 3, height, width), picture.dtype)
    for j, one in enumerate(drawn):
        _, h, w = one.planes.shape
        below = picture[:, one.top : one.top + h, one.left : one.left + w]
        part = d[j, :, one.top - top : one.top - top + h, one.left - left : one.left - left + w]
        part[...] = one.planes[:3] - one.planes[3] * below
    norms = np.square(d).sum((1, 2, 3))
    window = top, left, height, width
    low, directions = variation.low(d, top, left), d.reshape(len(d), -1)
    return Factor(entry, choices, log_prior, low, norms, window, directions, thing=thing)


def sky_of(pictures: Sequence[Floats], choices: Sequence[Any], variation: Variation) -> Factor:
    """Return equally likely skies as differences from the first picture, (3, height, width) each."""
    away = np.stack([picture - pictures[0] for picture in pictures])
    differing = np.flatnonzero(np.abs(away).max((0, 1, 3)) > 1e-4)
    rows = STEP * (1 + int(differing[-1]) // STEP) if len(differing) else 1
    return _broad(SKY, np.ascontiguousarray(away[:, :, :rows]), choices, variation)


def light_of(picture: Floats, variation: Variation) -> Factor:
    """Return a plan's light, in equally likely steps: its contrast about its mean colour, and its warmth.

    The choices are pairs of both.
    """
    away = picture - picture.mean((1, 2), keepdims=True)
    warmth = WARMTH * coloured(picture)
    away[1] += picture.dtype.type(warmth)
    choices = tuple((contrast, round((contrast - 1) * warmth, 4)) for contrast in LIGHTS)
    amounts = (np.array(LIGHTS) - 1).astype(picture.dtype)[:, None]
    return _broad(LIGHT, away[None], choices, variation, amounts)


def coloured(picture: Floats) -> float:
    """Return whether planes (3, height, width) have colour: 0 for black and white, 1 for the usual."""
    return min(1.0, float(np.abs(picture[1:]).mean()) / GREY)


def within(x: Floats, window: tuple[int, int, int, int]) -> Floats:
    """Return the part of planes (..., height, width) in a window, as a view."""
    top, left, height, width = window
    return x[..., top : top + height, left : left + width]


def _broad(
    entry: str, directions: Floats, choices: Sequence[Any], variation: Variation, amounts: Floats | None = None
) -> Factor:
    """Return a factor whose alternatives differ in all of the uppermost rows, (R, 3, rows, width)."""
    low, norms = variation.low(directions), np.square(directions).sum((1, 2, 3))
    if amounts is not None:
        low, norms = amounts @ low, np.square(amounts[:, 0]) * norms[0]
    prior = np.full(len(choices), -np.log(len(choices)))
    window = 0, 0, *directions.shape[2:]
    return Factor(entry, tuple(choices), prior, low, norms, window, directions.reshape(len(directions), -1), amounts)
