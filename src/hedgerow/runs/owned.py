"""What the owner holds at every bar, apart from any hedge: sets of holdings, listings and delistings, re-weighting.

    owned(course, ways) -> Owned

Everything happens at a bar's close and at its price, from what was known by then. What comes in and goes out is the
owner's: net asset value changes by it, no gain does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray, TimeArray
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.journal import Happened
from hedgerow.runs.settings import BookWays

__all__ = ["Course", "Owned", "owned"]

_DAY = np.timedelta64(1, "D")
_NEARLY = 1e-9
_LEAST_NET = 0.05
_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Course:
    """What the owner's book goes through: T bars, N coins, S sets of holdings.

    `prices` (T, N) are the last known, NaN before any, `fresh` (T, N) where that is the bar's own; `there` (T, N) where
    a coin may be in the book; `since` (T,) the set in force after each bar, `sets` (S, N) its coins; `cash` (N,);
    `purse` the column that trades are paid from, −1 without.
    """

    times: TimeArray
    symbols: tuple[str, ...]
    prices: FloatArray
    fresh: BoolArray
    there: BoolArray
    since: IntArray
    sets: FloatArray
    cash: BoolArray
    first: int
    purse: int = -1

    def worth(self, t: int, units: FloatArray) -> FloatArray:
        """Return dollars (N,) of `units` at the close of bar `t`; nothing held is worth nothing, priced or not."""
        return np.where(units != 0.0, units * self.prices[t], 0.0)

    def turns(self) -> BoolArray:
        """Return the bars (T,) after whose close another set is in force, or other coins are there."""
        found = np.zeros(len(self.times), dtype=bool)
        found[1:] = (np.diff(self.since) != 0) | (self.there[1:] != self.there[:-1]).any(axis=1)
        found[self.first] = True
        return found


@dataclass(frozen=True, slots=True)
class Owned:
    """The book after every bar.

    `units` (T, N) coins; dollars that came in, or below zero went out, and that the book's own trades cost, (T,) each;
    what happened, row by row.
    """

    units: FloatArray
    flow_usd: FloatArray
    cost_usd: FloatArray
    events: tuple[Happened, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One change of the book: what is held then, and what was traded, came in and was paid for it."""

    units: FloatArray
    change: FloatArray
    traded: BoolArray
    cost: float = 0.0


def owned(course: Course, ways: BookWays) -> Owned:
    """Return the book of `course` from its first bar on. Errors as of its steps."""
    bars, coins = course.prices.shape
    units, flow, cost = np.zeros((bars, coins)), np.zeros(bars), np.zeros(bars)
    held, weights, events = np.zeros(coins), np.zeros(coins), list[Happened]()
    turns, last = course.turns(), course.times[course.first]
    for t in range(course.first, bars):
        step = None
        if turns[t]:
            step = _turned(course, ways, t, held)
            weights, last = _weights(course, ways, t, step.units), course.times[t]
        elif ways.reweight_days > 0.0 and (course.times[t] - last) / _DAY >= ways.reweight_days - _NEARLY:
            step = _reweighted(course, ways, t, held, weights)
            last = last if step is None else course.times[t]
        if step is not None:
            held = step.units
            if t > course.first:
                dollars = course.worth(t, step.change)
                flow[t], cost[t] = float(dollars[~step.traded].sum()), step.cost
                events += _told(course, t, step, dollars)
        units[t] = held
    return Owned(units, flow, cost, tuple(events))


def _turned(course: Course, ways: BookWays, t: int, held: FloatArray) -> _Step:
    """The set in force, as far as its coins are there; raises `NotEnoughData` where nothing is left."""
    there, stated = course.there[t], course.sets[course.since[t]]
    if t == course.first:
        units, traded, cost = np.where(there, stated, 0.0), np.zeros(len(held), dtype=bool), 0.0
    else:
        anew, stayed = bool(course.since[t] != course.since[t - 1]), there & course.there[t - 1]
        units = np.where(there, stated if anew else np.where(stayed, held, stated), 0.0)
        if anew and course.purse >= 0:
            units[course.purse] += held[course.purse] - course.sets[course.since[t - 1], course.purse]
        # What nobody trades in this bar has no price to be traded at: it came in or went out.
        traded = stayed & course.fresh[t] & (anew and ways.changes == "trades")
        dollars = np.where(traded, course.worth(t, units - held), 0.0)
        cost = ways.spot_cost * float(np.abs(dollars[~course.cash]).sum())
        units[course.purse] -= (float(dollars.sum()) + cost) if traded.any() else 0.0
    if not units.any():
        raise NotEnoughData(
            f"at {str(course.times[t])[:10]} nothing of the book has a price",
            advice="Begin later (--from), or let coins stay at their last price (no --leave-after).",
        )
    return _Step(units, units - held, traded, cost)


def _weights(course: Course, ways: BookWays, t: int, units: FloatArray) -> FloatArray:
    """The shares (N,) that re-weighting goes back to; raises `UsageError` where a book has none."""
    worth = course.worth(t, units)
    total, gross = float(worth.sum()), float(np.abs(worth).sum())
    if ways.reweight_days > 0.0 and total <= _LEAST_NET * gross:
        raise UsageError(
            "a book whose shorts outweigh its longs, or nearly, has no weights to go back to",
            advice="Leave --reweight out.",
        )
    return worth / total if total else worth


def _reweighted(
    course: Course, ways: BookWays, t: int, held: FloatArray, weights: FloatArray
) -> _Step | None:
    """The book at its weights again, its cost paid out of it; coins without a bar of their own are not traded."""
    traded = course.fresh[t] & (held != 0.0)
    worth, shares = np.where(traded, course.worth(t, held), 0.0), np.where(traded, weights, 0.0)
    whole = float(worth.sum())
    if min(whole, float(shares.sum())) <= 0.0:
        return None
    shares = shares / shares.sum()
    cost = 0.0
    for _ in range(_ROUNDS):  # what trading costs depends on what is left to trade for: a contraction
        before, moved = cost, np.abs(shares * (whole - cost) - worth)
        cost = ways.spot_cost * float(moved[~course.cash].sum())
        if cost == before:
            break
    units = np.where(traded, shares * (whole - cost) / np.where(traded, course.prices[t], 1.0), held)
    return _Step(units, units - held, traded, cost)


def _told(course: Course, t: int, step: _Step, dollars: FloatArray) -> list[Happened]:
    return [
        Happened(
            time=course.times[t],
            kind="spot trade" if step.traded[n] else "flow",
            instrument=course.symbols[n],
            contracts=float(step.change[n]),
            price=float(course.prices[t, n]),
            usd=float(dollars[n]),
        )
        for n in np.flatnonzero(step.change)
    ]
