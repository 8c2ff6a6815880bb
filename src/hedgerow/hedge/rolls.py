"""When a dated contract is rolled into the next, and into which (domain §5).

far_of(near, listed, now) -> Instrument | None        reason_to_roll(near, far, …) -> str, empty: not yet

A roll sells one contract and buys another in one step: it has a cost and no gain of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedgerow.model.instruments import Instrument
from hedgerow.stats.carry import roll

__all__ = [
    "ROLLING",
    "RollRule",
    "Stage",
    "days_left",
    "expiry_of",
    "far_of",
    "reason_to_roll",
    "stage_of",
    "window_of",
]

_DAY = np.timedelta64(1, "D")
Stage = Literal["perpetual", "early", "due", "late", "ended"]
"""Where a contract stands: before its window, in it, past its finish and still held, past its end."""


@dataclass(frozen=True, slots=True)
class RollRule:
    """Days before expiry: from `early_days` on where it pays, from `start_days` on in any case.

    A bar whose next one lies within `finish_days` of expiry is the last at which a roll is in time.
    """

    early_days: float = 14.0
    start_days: float = 7.0
    finish_days: float = 1.0


ROLLING = RollRule()


def expiry_of(contract: Instrument) -> np.datetime64 | None:
    """Return when a contract ends, in UTC; None for a perpetual."""
    return None if contract.expiry is None else np.datetime64(contract.expiry.replace(tzinfo=None), "ms")


def days_left(contract: Instrument, now: np.datetime64) -> float:
    """Return the days until a contract expires: endless for a perpetual, not above 0 once it has ended."""
    ends = expiry_of(contract)
    return float("inf") if ends is None else float((ends - now) / _DAY)


def window_of(contract: Instrument, rule: RollRule = ROLLING) -> tuple[np.datetime64, np.datetime64] | None:
    """Return from when on a contract is rolled and until when it has to be, in UTC; None for a perpetual."""
    ends = expiry_of(contract)
    if ends is None:
        return None
    start, finish = (np.timedelta64(round(d * 86_400_000), "ms") for d in (rule.start_days, rule.finish_days))
    return ends - start, ends - finish


def stage_of(contract: Instrument, now: np.datetime64, rule: RollRule = ROLLING) -> Stage:
    """Return where a contract that is held stands at `now`."""
    window = window_of(contract, rule)
    if window is None:
        return "perpetual"
    if days_left(contract, now) <= 0.0:
        return "ended"
    return "early" if now < window[0] else ("due" if now <= window[1] else "late")


def far_of(
    near: Instrument, listed: Iterable[Instrument], now: np.datetime64, rule: RollRule = ROLLING
) -> Instrument | None:
    """Return the contract that `near` is rolled into: the next of its kind that is not itself about to be rolled.

    None where nothing later is listed, and for a perpetual.
    """
    left = days_left(near, now)
    later = [
        c
        for c in listed
        if c.family == near.family and c.expiry and days_left(c, now) > max(left, rule.start_days)
    ]
    return min(later, key=lambda c: (days_left(c, now), c.name), default=None)


def reason_to_roll(
    near: Instrument,
    far: Instrument,
    units: float,
    prices: tuple[float, float],
    cost_rate: float,
    now: np.datetime64,
    bar_days: float,
    rule: RollRule = ROLLING,
) -> str:
    """Return why `units` of the coin (short below zero) held by `near` are to be rolled into `far` now, or nothing.

    `prices` are near's and far's, `cost_rate` what a trade costs as a fraction of its value, all in; the next chance
    comes after `bar_days`. The gain in carry has a sign: far − near for a short, near − far for a long (TV21b). What
    has expired is not rolled.
    """
    left = days_left(near, now)
    if not 0.0 < left <= max(rule.early_days, rule.finish_days + bar_days):
        return ""
    if left <= rule.start_days:
        return f"{left:.1f} days before expiry"
    if left - bar_days < rule.finish_days:
        return "the next bar would be too late"
    gain = roll(units, *prices, days_left(far, now) - left, cost_rate)
    return "the carry gained exceeds its cost" if gain.pays else ""
