"""Funding prints in time: the interval each one stands for, the yearly level, the worst month (domain §4.2-4.3)."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray, TimeArray, check_shape
from hedgerow.model.errors import BadPrices, NotEnoughData

__all__ = ["LADDER_HOURS", "intervals_of", "mean_annual", "trailing_annual", "worst_rolling"]

LADDER_HOURS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0)
"""The intervals that venues use, in hours."""

_HOUR = np.timedelta64(1, "h")
_REACH = 2
_HOURS_A_YEAR = 24.0 * 365.0
_FIRST_GAP = 8.0


def intervals_of(times: TimeArray) -> FloatArray:
    """Return (P,) hours that each print at (P,) rising `times` stands for: inferred, never assumed to be 8.

    Each gap is taken to the nearest of `LADDER_HOURS`, and the median of the five gaps around it holds, unless a
    shorter one is shared by a neighbour: a missing print can make gaps longer but never shorter. So 8 h → 1 h → 8 h
    is followed print by print, while a hole of a month in an 8 h series stays 8 h; a change to a longer interval is
    believed after three prints. The first print has the interval of the second; a single print is NaN. Raises
    `BadPrices` where times do not rise.
    """
    check_shape("times", times, (None,))
    if len(times) < 2:
        return np.full(len(times), np.nan)
    gaps = np.diff(times) / _HOUR
    if not np.all(gaps > 0.0):
        row = int(np.argmin(gaps > 0.0)) + 1
        raise BadPrices(
            f"funding print {row} at {times[row]} is not after the one before it",
            advice="Sort the prints by time, one venue, symbol and source at a time.",
        )
    stepped = _on_the_ladder(gaps)
    usual = _median_around(stepped)
    same = stepped[1:] == stepped[:-1]
    shared = np.concatenate((same, [False])) | np.concatenate(([False], same))
    held = np.where(shared & (stepped < usual), stepped, usual)
    hours: FloatArray = np.concatenate((held[:1], held))
    return hours


def _on_the_ladder(gaps: FloatArray) -> FloatArray:
    """The nearest legal interval by ratio, so that 7 h is 8 h and not 6 h."""
    ladder = np.array(LADDER_HOURS)
    distance = np.abs(np.log(gaps[:, None] / ladder[None, :]))
    nearest: FloatArray = ladder[np.argmin(distance, axis=1)]
    return nearest


def _median_around(values: FloatArray) -> FloatArray:
    """The lower median of each value and up to two neighbours on either side."""
    padded = np.concatenate((np.full(_REACH, np.nan), values, np.full(_REACH, np.nan)))
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * _REACH + 1), axis=1)
    middle = (np.sum(np.isfinite(windows), axis=1) - 1) // 2
    return np.asarray(windows[np.arange(len(values)), middle], dtype=np.float64)


def mean_annual(times: TimeArray, rates: FloatArray) -> float:
    """Return the mean funding a short received, as a simple fraction a year of 365 days.

    Σ rates over Σ hours they stand for, so that holes in the data do not dilute it and intervals may change. NaN
    prints are left out. Raises `NotEnoughData` below two prints. Domain §4.3.
    """
    check_shape("rates", rates, (len(times),))
    if len(times) < 2:
        raise NotEnoughData("the level of funding needs at least two prints")
    known = np.isfinite(rates)
    hours = float(np.sum(intervals_of(times)[known]))
    return float(np.sum(rates[known])) / hours * _HOURS_A_YEAR if hours > 0.0 else float("nan")


def trailing_annual(times: TimeArray, rates: FloatArray, at: TimeArray, days: float = 30.0) -> FloatArray:
    """Return the mean funding, a simple fraction a year, of the `days` before each instant of `at` (T,).

    Only prints up to that instant count, each for the hours since the print before it, a day at most: what is said of
    an instant never changes with what comes later. NaN prints are left out; NaN where the window has none.
    """
    check_shape("rates", rates, (len(times),))
    known = np.isfinite(rates)
    times, rates = times[known], rates[known]
    if not len(times):
        return np.full(len(at), np.nan)
    gaps = np.concatenate(([_FIRST_GAP], np.diff(times) / _HOUR))
    hours = np.concatenate(([0.0], np.cumsum(np.minimum(gaps, 24.0))))
    paid = np.concatenate(([0.0], np.cumsum(rates)))
    last = np.searchsorted(times, at, side="right")
    first = np.searchsorted(times, at - np.timedelta64(round(days * 86_400_000), "ms"), side="right")
    length = hours[last] - hours[first]
    with np.errstate(invalid="ignore", divide="ignore"):
        level: FloatArray = np.where(
            last > first, (paid[last] - paid[first]) / length * _HOURS_A_YEAR, np.nan
        )
    return level


def worst_rolling(times: TimeArray, rates: FloatArray, days: float = 30.0, side: int = -1) -> float:
    """Return the least a position received over any `days` of history, per unit of its notional.

    `side` −1 is a short, which receives the rates; +1 a long, which pays them. Negative: it paid. Only windows that
    lie whole within the history count; NaN where it is shorter. NaN prints count as nothing. Domain §4.3.
    """
    check_shape("rates", rates, (len(times),))
    if not len(times):
        return float("nan")
    ends = (times - times[0]) / _HOUR
    hours = intervals_of(times)
    if len(times) < 2 or ends[-1] + hours[0] < 24.0 * days:
        return float("nan")
    paid = np.concatenate(([0.0], np.cumsum(np.nan_to_num(rates) * -side)))
    first = np.searchsorted(ends, ends - 24.0 * days, side="right")
    whole = ends + hours[0] >= 24.0 * days
    sums = paid[1:] - paid[first]
    return float(np.min(sums[whole]))
