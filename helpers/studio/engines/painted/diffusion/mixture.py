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

from .factors import Factor, Floats, Plan, within
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
        self._tables = [_table(column, offsets) for column in columns]
        self._met: dict[tuple[int, int], Floats] = {}
        for k, n in combinations(range(len(columns)), 2):
            gram = _met(columns[k], columns[n], self.centre.shape)
            if gram is not None:
                self._met[k, n], self._met[n, k] = gram, np.ascontiguousarray(gram.swapaxes(1, 2))

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
        rest = gain * (low - _rows(self._low, asked))
        alone = [table.alone(asked, seen, rest, gain / 2, s2) for table in self._tables]
        evidence = start.copy()
        for u in alone:
            evidence += _log_sum(u)
        things = [np.zeros((len(self.plans), u.shape[1])) for u in alone]
        joined = np.zeros(len(asked), bool)
        while len(near := np.flatnonzero((evidence.max() - evidence < SLIGHT) & ~joined)):
            evidence[near], weights = self._together(
                asked[near], start[near], [_rows(u, near) for u in alone], gain, s2, weighs=len(asked) > 1
            )
            joined[near] = True  # which may leave another plan ahead, whose factors are not joined yet
            for table, q in zip(things, weights, strict=True):
                table[asked[near]] = q
        plans = np.zeros(len(self.plans))
        plans[asked] = np.exp(evidence - evidence.max())
        hopeful = np.zeros(len(self.plans), bool)
        hopeful[asked] = evidence.max() - evidence < HOPELESS
        return Belief(plans / plans.sum(), tuple(things), hopeful)

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
                settled.append((f.entry, f.choices[some[0]]))
        one = replace(plan, picture=picture, factors=tuple(open_), settled=tuple(settled), log_prior=0.0)
        return Mixture([one], self.variation)

    def winner(self, belief: Belief) -> tuple[Plan, list[tuple[str, Any]], Planes]:
        """Return the plan that a belief holds for likeliest, the entries and choices of its factors, and that exemplar."""
        index, picks = belief.best()
        plan = self.plans[index]
        chosen = [(f.entry, f.choices[j]) for f, j in zip(plan.factors, picks, strict=True)]
        return plan, [*plan.settled, *chosen], self.exemplar(index, picks)

    def prior_belief(self) -> Belief:
        """Return what is believed before anything is seen."""
        plans = np.exp(self.prior - self.prior.max())
        things = tuple(np.exp(table.prior) for table in self._tables)
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

    def _together(
        self, plans: Plans, start: Weights, alone: list[Weights], gain: Floats, s2: float, weighs: bool
    ) -> tuple[Weights, list[Weights]]:
        """Return the log evidence of some plans, where it `weighs` them, and their factors' posteriors, joined by mean field.

        v (`shared`) is that of the last sweep, in which later factors were still as the sweep before had left them.
        """
        q = [_softmax(u) for u in alone]
        if len(q) < 2:
            return start + sum((_log_sum(u) for u in alone), np.zeros(len(start))), q
        dtype, scale = gain.dtype, np.float64(1 / s2)
        lows = [_rows(table.low, plans) for table in self._tables]
        means = [_mean(w, low) for w, low in zip(q, lows, strict=True)]
        whole = np.sum(means, 0)

        def from_others(k: int) -> Weights:
            sum_ = (lows[k] @ (gain * (whole - means[k]))[..., None])[..., 0]
            for n in range(len(q)):
                if (k, n) in self._met:
                    sum_ -= (_rows(self._met[k, n], plans) @ q[n].astype(dtype)[..., None])[..., 0]
            return sum_ * scale

        shared = [np.zeros_like(u) for u in alone]
        for _ in range(SWEEPS):
            moved = 0.0
            for k, u in enumerate(alone):
                shared[k] = from_others(k)
                new = _softmax(u + shared[k])
                moved, q[k] = max(moved, float(np.abs(new - q[k]).max())), new
                mean = _mean(new, lows[k])
                whole, means[k] = whole + (mean - means[k]), mean
            if moved < STILL:
                break
        if not weighs:
            return start, q
        evidence = start.copy()
        for k, u in enumerate(alone):
            evidence += (q[k] * (u - np.log(np.maximum(q[k], 1e-300)) + shared[k] / 2)).sum(1)
        return evidence, q


@dataclass(frozen=True, eq=False)
class _Table:
    """One factor of all plans: what of it does not depend on the noisy picture, filled up to the same number J."""

    fixed: Floats
    """(plans, J): <b_s, d> + |d|^2 / 2."""
    low: Floats
    """(plans, J, cosines)."""
    squares: Floats
    prior: Weights
    """(plans, J)."""

    groups: tuple[tuple[int, int, Window, Floats], ...]
    """Neighbouring plans whose windows are the same: the first, the one after the last, the window, and their directions
    (plans, R, n)."""
    amounts: Floats | None

    def alone(self, plans: Plans, seen: Floats, rest: Floats, half: Floats, s2: float) -> Weights:
        """Return u (plans, J): the log posterior of the alternatives, were the factor the only one."""
        u = self._along(plans, seen)
        u += _rows(self.squares, plans) @ half
        u -= (_rows(self.low, plans) @ rest[..., None])[..., 0]
        u -= _rows(self.fixed, plans)
        return _rows(self.prior, plans) + u.astype(np.float64) / s2

    def add(self, plans: Plans, weights: Weights, m: Floats) -> None:
        """Add the weighted differences of some plans to planes, in place; weights are (plans, J)."""
        along = weights.astype(m.dtype)
        if self.amounts is not None:
            along = along @ self.amounts
        for rows, window, d in self._parts(plans):
            part = within(m, window)
            part += (along[rows, : d.shape[1]].ravel() @ d.reshape(-1, d.shape[2])).reshape(part.shape)

    def _along(self, plans: Plans, seen: Floats) -> Floats:
        """Return <seen, d> of some plans' alternatives, (plans, J)."""
        count = self.fixed.shape[1] if self.amounts is None else self.amounts.shape[1]
        along = np.zeros((len(plans), count), self.fixed.dtype)
        for rows, window, d in self._parts(plans):
            product = d.reshape(-1, d.shape[2]) @ within(seen, window).ravel()
            along[rows, : d.shape[1]] = product.reshape(d.shape[:2])
        return along if self.amounts is None else along @ self.amounts.T

    def _parts(self, plans: Plans) -> Iterator[tuple[slice, Window, Floats]]:
        """Yield for each group with some of the plans: their rows, the window and their directions."""
        ends = np.searchsorted(plans, [g[0] for g in self.groups] + [len(self.fixed)])
        for (first, end, window, directions), a, b in zip(self.groups, ends, ends[1:], strict=False):
            if b > a:
                inside = directions if b - a == end - first else _rows(directions, plans[a:b] - first)
                yield slice(a, b), window, inside


def _table(factors: Sequence[Factor], offsets: Floats) -> _Table:
    """Tabulate one factor of all plans; `offsets` (plans, 3, height, width) are the plans about their mean."""
    most, dtype = max(len(f.choices) for f in factors), offsets.dtype
    fixed = np.zeros((len(factors), most), dtype)
    low = np.zeros((len(factors), most, factors[0].low.shape[1]), dtype)
    prior = np.full((len(factors), most), NEVER)
    for i, (f, offset) in enumerate(zip(factors, offsets, strict=True)):
        count = len(f.choices)
        fixed[i, :count] = f.seen(offset) + f.norms / 2
        low[i, :count], prior[i, :count] = f.low, f.log_prior
    groups = []
    for window, run in groupby(range(len(factors)), key=lambda i: factors[i].window):
        indices = list(run)
        members = [factors[i] for i in indices]
        count = max(len(f.directions) for f in members)
        directions = np.zeros((len(members), count, members[0].directions.shape[1]), dtype)
        for row, f in zip(directions, members, strict=True):
            row[: len(f.directions)] = f.directions
        groups.append((indices[0], indices[-1] + 1, window, directions))
    return _Table(fixed, low, np.square(low), prior, tuple(groups), factors[0].amounts)


def _met(first: Sequence[Factor], second: Sequence[Factor], shape: tuple[int, ...]) -> Floats | None:
    """Return <d, d'> of all alternatives of two factors in each plan, (plans, J, J'): where both change the same places.

    None: they nowhere do.
    """
    most, other = (max(len(f.choices) for f in side) for side in (first, second))
    out = np.zeros((len(first), most, other), first[0].low.dtype)
    for i, (f, g) in enumerate(zip(first, second, strict=True)):
        out[i, : len(f.choices), : len(g.choices)] = _gram(f, g, shape)
    return out if out.any() else None


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


def _mean(weights: Weights, low: Floats) -> Floats:
    """Return the mean of low (plans, J, cosines) by weights (plans, J): (plans, cosines)."""
    return np.asarray((weights.astype(low.dtype)[:, None] @ low)[:, 0])


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
