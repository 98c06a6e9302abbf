"""The denoiser in closed form: if pictures are sums of painted parts and natural variation, the best guess can be computed.

    p(x)        = sum_s pi_s prod_k sum_j a_kj|s  Normal(x; b_s + sum_k d_kj|s, C)
    p(x; sigma) = the same with C + sigma^2 I

With Q = (C + sigma^2)^-1 (see `variation`) and r = x - b_s, the log posterior of one exemplar is, up to a constant,

    log pi_s + <x, b_s>_Q - |b_s|_Q^2 / 2  +  sum_k u_k(j_k)  -  sum_{k<l} <d_k, d_l>_Q
    u_k(j) = log a_kj|s + <r, d_kj>_Q - |d_kj|_Q^2 / 2

Only the last sum joins the factors of a plan: by the broad cosines, and where two of them change the same cells, as a
plan's sky and its light do everywhere. With one factor it is empty and all is exact. With several, two sweeps of mean
field (Jordan et al. 1999) replace the joint posterior,

    q_k = softmax(u_k + v_k),    v_k(j) = -<d_kj, sum_{l != k} E_q d_l>_Q

and log pi_s + <x, b_s>_Q - |b_s|_Q^2 / 2 + sum_k E_q(u_k - log q_k + v_k / 2), the bound that they raise, stands for the
plan's log evidence. Held against all products in float64, with up to three things and in prompts' own mixtures with two
things, a sky and a light, weights are within 0.005 and the guess within 0.001 (tests/engine/test_mixture.py).

The guess is the mean exemplar and, of what x holds beside it, the part that is variation (Wiener 1949; see `variation`):

    D(x; sigma) = m + C (C + sigma^2)^-1 (x - m),    m = sum_s w_s (b_s + sum_k E_q d_k|s)

A trained network approximates what is computed here (Scarvelis et al. 2023, arXiv 2310.12395; Kamb and Ganguli 2024,
arXiv 2412.20292).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .factors import Chosen, Factor, Floats, Plan, within
from .latent import Planes
from .variation import Variation

__all__ = ["Belief", "Mixture"]

SWEEPS, STILL = 2, 1e-6
"""Sweeps of mean field at most, and the change of weights below which no more are needed; one leaves errors of 0.03."""
HOPELESS, SLIGHT = 16.0, 9.0
"""A plan HOPELESS nats behind is not asked again at lower sigma; SLIGHT behind, it adds nothing to the guess."""

NEVER = -1e30
"""Log prior of alternatives that only fill up a table."""

Weights = NDArray[np.float64]
Plans = NDArray[np.intp]
"""Indices of some plans, rising."""
Window = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Belief:
    """The posterior over plans and, within each, over every factor's alternatives."""

    plans: Weights
    """(plans,), sums to 1."""
    things: tuple[Weights, ...]
    """For each factor, the sky and the light too, (plans, alternatives): rows sum to 1, or are 0 for a plan of no weight."""
    asked: NDArray[np.bool_]
    """(plans,): the plans to ask at lower sigma."""

    def best(self) -> tuple[int, tuple[int, ...]]:
        """Return the index of the heaviest plan, and those of its heaviest alternatives."""
        plan = int(self.plans.argmax())
        return plan, tuple(int(q[plan].argmax()) for q in self.things)

    def sharpened(self, amount: float) -> "Belief":
        """Return the belief pulled towards the best plan and alternatives by `amount` (0..1), as CLIP guidance does."""
        if amount == 0:
            return self
        return Belief(_sharpened(self.plans, amount), tuple(_sharpened(q, amount) for q in self.things), self.asked)


class Mixture:
    """Plans with their factors. It holds no state between calls: one mixture can serve many pictures."""

    def __init__(self, plans: Sequence[Plan], variation: Variation) -> None:
        """Prepare all that does not depend on the noisy picture. Every plan has the same factors, in the same order."""
        self.plans, self.variation = tuple(plans), variation
        pictures = np.stack([plan.picture for plan in plans])
        self.centre = pictures.mean(0)  # differences from it are small, which keeps float32 exact
        offsets = pictures - self.centre
        self._flat = offsets.reshape(len(plans), -1)
        self._low = variation.low(offsets)
        self._squares = np.square(self._low)
        self._norms = np.square(self._flat).sum(1)
        self.prior = np.array([plan.log_prior for plan in plans], np.float64)
        self._all = np.arange(len(plans))
        columns = list(zip(*(plan.factors for plan in plans), strict=True))
        self._tables = [_table(column) for column in columns]
        ends = np.cumsum([max(len(f.choices) for f in column) for column in columns], dtype=int).tolist()
        self._parts = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        shape = len(plans), ends[-1] if ends else 0
        self._fixed = np.zeros(shape, pictures.dtype)  # <b, d> + |d|^2 / 2
        self._lows = np.zeros((*shape, self._low.shape[1]), pictures.dtype)
        self._priors = np.full(shape, NEVER)
        for part, column in zip(self._parts, columns, strict=True):
            for i, (f, offset) in enumerate(zip(column, offsets, strict=True)):
                own = i, slice(part.start, part.start + len(f.choices))
                self._fixed[own], self._lows[own], self._priors[own] = f.seen(offset) + f.norms / 2, f.low, f.log_prior
        self._low_squares = np.square(self._lows)
        self._met = self._meetings(columns)

    def posterior(self, x: Floats, sigma: float, before: Belief | None = None) -> Belief:
        """Return the belief about x, planes (3, height, width) with noise of this sigma.

        `before` is the belief at a higher sigma, on the same way down: what was hopeless there is not asked again. (No
        bound was found that leaves plans out without such memory; it changes pictures by a level of 255 at most.)
        """
        s2 = sigma * sigma
        gain = self.variation.gain(sigma)
        seen = x - self.centre
        low = self.variation.low(seen)
        asked = self._all if before is None else np.flatnonzero(before.asked)
        base = self._flat @ seen.ravel() - self._norms / 2 - self._low @ (gain * low) + self._squares @ (gain / 2)
        start = np.asarray(base, np.float64)[asked] / s2 + self.prior[asked]
        alone = self._alone(asked, seen, gain * (low - _rows(self._low, asked)), gain / 2, s2)
        evidence = start.copy()
        for part in self._parts:
            evidence += _log_sum(alone[:, part])
        things = np.zeros((len(self.plans), alone.shape[1]))
        joined = np.zeros(len(asked), bool)
        while len(near := np.flatnonzero((evidence.max() - evidence < SLIGHT) & ~joined)):
            evidence[near], things[asked[near]] = self._together(
                asked[near], start[near], _rows(alone, near), gain, s2, weighs=len(asked) > 1
            )
            joined[near] = True  # which may leave another plan ahead, whose factors are not joined yet
        plans = np.zeros(len(self.plans))
        plans[asked] = np.exp(evidence - evidence.max())
        hopeful = np.zeros(len(self.plans), bool)
        hopeful[asked] = evidence.max() - evidence < HOPELESS
        return Belief(plans / plans.sum(), tuple(things[:, part] for part in self._parts), hopeful)

    def mean(self, belief: Belief) -> Planes:
        """Return the mean exemplar that a belief leads to, m: (3, height, width)."""
        m = self.centre + (belief.plans.astype(self._flat.dtype) @ self._flat).reshape(self.centre.shape)
        near = np.flatnonzero(belief.plans > math.exp(-SLIGHT))
        for table, q in zip(self._tables, belief.things, strict=True):
            table.add(near, _rows(belief.plans, near)[:, None] * _rows(q, near), m)
        return np.asarray(m)

    def narrowed(self, belief: Belief) -> "Mixture":
        """Return the mixture of what is not hopeless, for lower sigma: of one plan, with what is decided in its picture.

        It is this very mixture where several plans are open, or hardly anything is decided.
        """
        left = np.flatnonzero(belief.asked)
        if len(left) > 1:
            return self
        plan = self.plans[left[0]]
        rows = [q[left[0], : len(f.choices)] for f, q in zip(plan.factors, belief.things, strict=True)]
        kept = [np.flatnonzero(row > math.exp(-HOPELESS) * row.max()) for row in rows]
        before, after = (sum(map(len, these)) for these in (rows, kept))
        if len(self.plans) == 1 and after > before / 2 and all(len(some) > 1 for some in kept):
            return self
        picture, settled, open_ = plan.picture.copy(), list(plan.settled), []
        for f, some in zip(plan.factors, kept, strict=True):
            if len(some) > 1:
                open_.append(f.among(some))
            else:
                picture += f.among(some).differences(picture.shape)[0]
                settled.append(Chosen(f.entry, f.choices[some[0]], f.thing))
        one = replace(plan, picture=picture, factors=tuple(open_), settled=tuple(settled), log_prior=0.0)
        return Mixture([one], self.variation)

    def winner(self, belief: Belief) -> tuple[Plan, list[Chosen], Planes]:
        """Return the plan that a belief holds for likeliest, the choices of its factors, and that exemplar."""
        index, picks = belief.best()
        plan = self.plans[index]
        chosen = [Chosen(f.entry, f.choices[j], f.thing) for f, j in zip(plan.factors, picks, strict=True)]
        return plan, [*plan.settled, *chosen], self.exemplar(index, picks)

    def prior_belief(self) -> Belief:
        """Return what is believed before anything is seen."""
        plans = np.exp(self.prior - self.prior.max())
        things = tuple(np.exp(self._priors[:, part]) for part in self._parts)
        return Belief(plans / plans.sum(), things, np.ones(len(plans), bool))

    def exemplar(self, plan: int, choices: Sequence[int]) -> Planes:
        """Return one exemplar, (3, height, width)."""
        chosen = self.plans[plan]
        picture = chosen.picture.copy()
        for f, j in zip(chosen.factors, choices, strict=True):
            picture += f.differences(picture.shape)[j]
        return picture

    def denoise(self, x: Floats, sigma: float) -> Planes:
        """Return the mean of all pictures behind x: D(x; sigma) = m + C (C + sigma^2)^-1 (x - m)."""
        m = self.mean(self.posterior(x, sigma))
        return m + self.variation.kept(x - m, sigma)

    def _meetings(self, columns: Sequence[Sequence[Factor]]) -> Floats | None:
        """Return <d, d'> of all alternatives of different factors in each plan, (plans, M, M), over the places that both
        change; None where none meet."""
        out = np.zeros((*self._fixed.shape, self._fixed.shape[1]), self._fixed.dtype)
        for (one, column), (two, other) in combinations(zip(self._parts, columns, strict=True), 2):
            for i, (f, g) in enumerate(zip(column, other, strict=True)):
                gram = _gram(f, g, self.centre.shape)
                out[i, one.start : one.start + len(gram), two.start : two.start + gram.shape[1]] = gram
        return out + out.swapaxes(1, 2) if out.any() else None

    def _alone(self, plans: Plans, seen: Floats, rest: Floats, half: Floats, s2: float) -> Weights:
        """Return u (plans, M): the log posterior of all alternatives, were each one's factor the only one."""
        u = np.zeros((len(plans), self._fixed.shape[1]), self._fixed.dtype)
        for part, table in zip(self._parts, self._tables, strict=True):
            u[:, part] = table.along(plans, seen)
        u += _rows(self._low_squares, plans) @ half
        u -= (_rows(self._lows, plans) @ rest[..., None])[..., 0]
        u -= _rows(self._fixed, plans)
        return np.asarray(_rows(self._priors, plans) + u.astype(np.float64) / s2)

    def _together(
        self, plans: Plans, start: Weights, alone: Weights, gain: Floats, s2: float, weighs: bool
    ) -> tuple[Weights, Weights]:
        """Return the log evidence of some plans, where it `weighs` them, and their factors' posteriors, joined by mean field.

        v (`shared`) is that of the last sweep, in which later factors were still as the sweep before had left them.
        """
        q = np.concatenate([_softmax(alone[:, part]) for part in self._parts], 1) if self._parts else alone
        shared = np.zeros_like(alone)
        if len(self._parts) > 1:
            self._join(q, shared, plans, alone, gain, s2)
        if not weighs:
            return start, q
        each = q * (alone - np.log(np.maximum(q, 1e-300)) + shared / 2)
        return start + each.sum(1), q

    def _join(self, q: Weights, shared: Weights, plans: Plans, alone: Weights, gain: Floats, s2: float) -> None:
        """Sweep over the factors' posteriors q and what they take from each other, `shared`, in place."""
        light = q.astype(gain.dtype)
        lows, met = _rows(self._lows, plans), None if self._met is None else _rows(self._met, plans)
        means = [(light[:, None, part] @ lows[:, part])[:, 0] for part in self._parts]
        whole = np.sum(means, 0)
        for _ in range(SWEEPS):
            moved = 0.0
            for k, part in enumerate(self._parts):
                from_others = (lows[:, part] @ (gain * (whole - means[k]))[..., None])[..., 0]
                if met is not None:
                    from_others -= (met[:, part] @ light[..., None])[..., 0]
                shared[:, part] = from_others / s2
                new = _softmax(alone[:, part] + shared[:, part])
                moved = max(moved, float(np.abs(new - q[:, part]).max()))
                q[:, part] = light[:, part] = new
                mean = (light[:, None, part] @ lows[:, part])[:, 0]
                whole, means[k] = whole + (mean - means[k]), mean
            if moved < STILL:
                break


@dataclass(frozen=True, eq=False)
class _Table:
    """The differences of one factor in all plans, filled up to the same number J."""

    count: int
    """Plans."""
    groups: tuple[tuple[int, int, Window, Floats], ...]
    """Neighbouring plans whose windows are the same: the first, the one after the last, the window, and their directions
    (plans, R, n)."""
    amounts: Floats | None

    @property
    def directions(self) -> int:
        """R, or J where each alternative has a direction of its own."""
        return max(d.shape[1] for *_, d in self.groups)

    def add(self, plans: Plans, weights: Weights, m: Floats) -> None:
        """Add the weighted differences of some plans to planes, in place; weights are (plans, J)."""
        along = weights.astype(m.dtype)
        if self.amounts is not None:
            along = along @ self.amounts
        for rows, window, d in self._parts(plans):
            part = within(m, window)
            part += (along[rows, : d.shape[1]].ravel() @ d.reshape(-1, d.shape[2])).reshape(part.shape)

    def along(self, plans: Plans, seen: Floats) -> Floats:
        """Return <seen, d> of some plans' alternatives, (plans, J)."""
        along = np.zeros((len(plans), self.directions), seen.dtype)
        for rows, window, d in self._parts(plans):
            product = d.reshape(-1, d.shape[2]) @ within(seen, window).ravel()
            along[rows, : d.shape[1]] = product.reshape(d.shape[:2])
        return along if self.amounts is None else along @ self.amounts.T

    def _parts(self, plans: Plans) -> Iterator[tuple[slice, Window, Floats]]:
        """Yield for each group with some of the plans: their rows, the window and their directions."""
        ends = np.searchsorted(plans, [g[0] for g in self.groups] + [self.count])
        for (first, end, window, directions), a, b in zip(self.groups, ends, ends[1:], strict=False):
            if b > a:
                inside = directions if b - a == end - first else _rows(directions, plans[a:b] - first)
                yield slice(a, b), window, inside


def _table(factors: Sequence[Factor]) -> _Table:
    """Tabulate one factor of all plans."""
    groups = []
    for window, run in groupby(range(len(factors)), key=lambda i: factors[i].window):
        indices = list(run)
        members = [factors[i] for i in indices]
        count = max(len(f.directions) for f in members)
        directions = np.zeros((len(members), count, members[0].directions.shape[1]), members[0].directions.dtype)
        for row, f in zip(directions, members, strict=True):
            row[: len(f.directions)] = f.directions
        groups.append((indices[0], indices[-1] + 1, window, directions))
    return _Table(len(factors), tuple(groups), factors[0].amounts)


def _gram(f: Factor, g: Factor, shape: tuple[int, ...]) -> Floats:
    """Return <d, d'> of two factors' alternatives, (J, J')."""
    first = [max(f.window[axis], g.window[axis]) for axis in (0, 1)]
    end = [min(one.window[axis] + one.window[axis + 2] for one in (f, g)) for axis in (0, 1)]
    if end[0] <= first[0] or end[1] <= first[1]:
        return np.zeros((len(f.choices), len(g.choices)), f.low.dtype)
    both = []
    for one in (f, g):
        inside = first[0] - one.window[0], first[1] - one.window[1], end[0] - first[0], end[1] - first[1]
        d = one.directions.reshape(-1, shape[0], *one.window[2:])
        both.append(within(d, inside).reshape(len(d), -1))
    gram = both[0] @ both[1].T
    gram = gram if f.amounts is None else f.amounts @ gram
    return np.asarray(gram if g.amounts is None else gram @ g.amounts.T)


def _rows(table: NDArray[Any], plans: Plans) -> NDArray[Any]:
    """Return the rows of some plans; a view where they are one or all."""
    if len(plans) == len(table):
        return table
    return table[plans[0] : plans[0] + 1] if len(plans) == 1 else table[plans]


def _log_sum(u: Weights) -> Weights:
    high = u.max(1)
    return np.asarray(high + np.log(np.exp(u - high[:, None]).sum(1)))


def _softmax(u: Weights) -> Weights:
    w = np.exp(u - u.max(1, keepdims=True))
    return np.asarray(w / w.sum(1, keepdims=True))


def _sharpened(weights: Weights, amount: float) -> Weights:
    """Return weights (..., n) pulled towards the largest of each row; rows of 0 stay."""
    best = np.zeros_like(weights)
    np.put_along_axis(best, weights.argmax(-1)[..., None], weights.sum(-1)[..., None], -1)
    return np.asarray((1 - amount) * weights + amount * best)
