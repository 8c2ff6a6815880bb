"""How well a contender foresees the next window's beta, and whether its intervals hold it as often as they say.

An interval joins three errors: the estimate's, the next window's, and what betas wander in between, which no regression
knows: it is learnt from windows already over.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from statistics import NormalDist

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.model.contest import Coverage
from hedgerow.runs.held import Course, Held, Stance
from hedgerow.stats.bootstrap import block_sums, interval_of
from hedgerow.stats.foresight import drift, excess, next_beta, reach

__all__ = ["EARLY_EVERY", "LEVELS", "Foresight", "Next", "foresight", "next_betas"]

LEVELS = (0.50, 0.80, 0.90, 0.95)
EARLY_EVERY = 4
"""One step in four is enough before the contest begins: what is learnt there is a single number."""
_DRAWS = 999
_HALF_LIFE_DAYS = 365.0
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class _Over:
    """A window that is over at bar `end`: what its betas were off beyond their errors (M,), and what each counts."""

    end: int
    beyond: FloatArray
    weight: int


@dataclass(frozen=True, slots=True)
class Next:
    """OLS betas (N, K) and errors of the window after each early step and each step; None where it is not over."""

    length: int
    early: tuple[tuple[FloatArray, FloatArray] | None, ...]
    later: tuple[tuple[FloatArray, FloatArray] | None, ...]


@dataclass(frozen=True, slots=True)
class Foresight:
    """Root mean squared miss, coverage at each of `LEVELS`, windows, and the share by which betas were taken to wander."""

    rmse: float
    coverage: tuple[Coverage, ...]
    windows: int
    drift: float


def next_betas(course: Course, factors: tuple[str, ...], test_days: float) -> Next:
    """Return what the estimators of `factors` have to foresee: the OLS betas of the next `test_days`."""
    length = round(test_days * course.market.bars_per_day)
    lead = course.returns[:, [course.market.column(f) for f in factors]]

    def after(t: int) -> tuple[FloatArray, FloatArray] | None:
        rows = slice(t + 1, t + length + 1)
        if t + length >= len(lead) or not np.isfinite(lead[rows]).all():
            return None
        return next_beta(course.returns[rows], lead[rows])

    early = tuple(after(t) for t in course.early.tolist())
    return Next(length, early, tuple(after(t) for t in course.steps.tolist()))


def foresight(held: Held, ahead: Next, counted: BoolArray, seed: int) -> Foresight:
    """Return how one contender did against `ahead`, on `counted` (N,) assets, with 90 % block-bootstrap intervals.

    Blocks are twice as long as a window: the next betas of neighbouring steps share most of their returns.
    """
    course, steps = held.course, held.course.steps.tolist()
    known = _over(course.early, held.early, ahead.early, ahead.length, EARLY_EVERY)
    known += _over(course.steps, held.stances, ahead.later, ahead.length, 1)
    bounds = np.array([NormalDist().inv_cdf(0.5 + level / 2.0) for level in LEVELS])
    rows, squares, shares = [], [], []
    for t, stance, after in zip(steps, held.stances, ahead.later, strict=True):
        if after is None:
            continue
        miss, error = _missed(stance, after)
        share = _drift([one for one in known if one.end <= t], t, ahead.length, course.market.bars_per_day)
        far = np.abs(miss) / np.sqrt(error**2 + (share * reach(stance.beta)) ** 2)
        use = np.isfinite(far) & counted[:, None]
        inside = (far[use][:, None] <= bounds).sum(axis=0)
        rows.append([*inside, use.sum()])
        squares.append((miss[use] ** 2).sum())
        shares.append(share)
    total = float(sum(row[-1] for row in rows))
    if not total:
        return Foresight(_NAN, tuple(Coverage(level, _NAN, _NAN, _NAN) for level in LEVELS), 0, _NAN)
    block = ceil(2.0 * ahead.length / max(int(np.diff(course.steps).min(initial=ahead.length)), 1))
    coverage = _coverage(np.array(rows, dtype=float), block, seed)
    return Foresight(float(np.sqrt(sum(squares) / total)), coverage, len(rows), float(np.mean(shares)))


def _drift(over: list[_Over], t: int, length: int, bars_per_day: float) -> float:
    """What windows already over teach at bar `t`, half as much a year back; so many as fit side by side are worth one each."""
    if not over:
        return drift([], 0.0)
    faded = [0.5 ** ((t - one.end) / bars_per_day / _HALF_LIFE_DAYS) for one in over]
    apart = (over[-1].end - over[0].end) / length + 1.0
    weighted = [(one.beyond, one.weight * fade) for one, fade in zip(over, faded, strict=True)]
    return drift(weighted, apart * float(np.mean(faded)))


def _over(
    steps: IntArray,
    stances: list[Stance],
    after: tuple[tuple[FloatArray, FloatArray] | None, ...],
    length: int,
    weight: int,
) -> list[_Over]:
    """The windows after `steps` that there are."""
    found = []
    for t, stance, window in zip(steps.tolist(), stances, after, strict=True):
        if window is not None:
            miss, error = _missed(stance, window)
            beyond = excess(miss, error, stance.beta)
            found.append(_Over(t + length, beyond[np.isfinite(beyond)], weight))
    return found


def _missed(stance: Stance, after: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Misses and joint errors (N, K); NaN for what is known by definition, the factor itself."""
    slope, noise = after
    estimated = np.where(stance.error > 0.0, stance.error, np.nan)
    return np.where(stance.error > 0.0, stance.beta - slope, np.nan), np.sqrt(estimated**2 + noise**2)


def _coverage(rows: FloatArray, block: int, seed: int) -> tuple[Coverage, ...]:
    """Coverage of (S, 4 + 1) counts inside and in all, one row a step."""
    share = rows[:, :-1].sum(axis=0) / rows[:, -1].sum()
    found = []
    enough = len(rows) > block
    drawn = block_sums(rows, block=block, draws=_DRAWS, seed=seed) if enough else np.full((1, 5), np.nan)
    for k, level in enumerate(LEVELS):
        around = interval_of(float(share[k]), drawn[:, k] / drawn[:, -1])
        found.append(Coverage(level, around.middle, around.low, around.high))
    return tuple(found)
