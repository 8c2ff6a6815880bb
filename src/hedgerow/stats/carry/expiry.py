"""When quarterly contracts expire and at what price they settle (domain §5).

A rule of thumb for planning without a venue: never compute a date when the venue gives `deliveryDate`. Venues have
listed contracts that break the rule (24 December 2021 where it says the 31st).
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import numpy as np

from hedgerow.model.arrays import FloatArray, TimeArray, check_shape
from hedgerow.model.errors import BadInput, NotEnoughData

__all__ = [
    "last_friday",
    "next_quarterly_expiry",
    "quarterly_expiries",
    "remaining_delta",
    "settlement_from_bars",
    "settlement_price",
    "settlement_window",
]

_QUARTER_ENDS = (3, 6, 9, 12)
_EXPIRY_HOUR = 8
_HALF_HOUR, _HOUR = 1800, 3600
_BINANCE_CHANGE = date(2024, 11, 11)


def last_friday(year: int, month: int) -> datetime:
    """Return the last Friday of a month at 08:00 UTC. Only where the venue names no `deliveryDate`. TV22."""
    last = date(year, month, calendar.monthrange(year, month)[1])
    friday = last - timedelta(days=(last.weekday() - calendar.FRIDAY) % 7)
    return datetime(friday.year, friday.month, friday.day, _EXPIRY_HOUR, tzinfo=UTC)


def quarterly_expiries(first_year: int, last_year: int) -> tuple[datetime, ...]:
    """Return the quarterly expiries of the years, both included: the last Fridays of March, June, September, December."""
    return tuple(last_friday(y, m) for y in range(first_year, last_year + 1) for m in _QUARTER_ENDS)


def next_quarterly_expiry(after: datetime) -> datetime:
    """Return the first quarterly expiry later than `after`, which must carry its zone. Never where a venue gives one."""
    if after.tzinfo is None:
        raise BadInput(
            f"{after} has no time zone", advice="Expiries are at 08:00 UTC: give the instant in UTC."
        )
    return next(expiry for expiry in quarterly_expiries(after.year, after.year + 1) if expiry > after)


def settlement_window(venue: str, on: date) -> int:
    """Return the seconds of index averaged into the settlement price of `venue` on a date.

    Binance, and the paper venue whose dated contracts are Binance's: the last hour until 2024-11-10, half an hour since;
    Bybit: half an hour. Raises `BadInput` for a venue whose rule is not known.
    """
    name = venue.lower()
    if name in {"binance", "paper"}:
        return _HALF_HOUR if on >= _BINANCE_CHANGE else _HOUR
    if name == "bybit":
        return _HALF_HOUR
    raise BadInput(
        f"the settlement window of {venue} is not known", advice="Read it from the venue's contract page."
    )


def settlement_price(index: FloatArray, seconds: int = _HALF_HOUR) -> float:
    """Return the mean of the last `seconds` of a per-second index that ends at expiry; it is not the last price.

    (T,) prices; NaN inside the window gives NaN. Raises `NotEnoughData` below `seconds` prices. Domain §5, TV22b.
    """
    check_shape("index", index, (None,))
    if len(index) < seconds:
        raise NotEnoughData(f"{len(index)} seconds of index cannot settle a contract that averages {seconds}")
    return float(np.mean(index[-seconds:]))


def settlement_from_bars(
    times: TimeArray, closes: FloatArray, expiry: np.datetime64, seconds: int = _HALF_HOUR
) -> float:
    """Return the settlement price where the index is known at bar closes only: the mean of the line through them.

    (T,) rising `times` with their closes; the line is averaged over the last `seconds` before `expiry`. Bars as short as
    the index's own give `settlement_price`; on longer ones it is the nearest that the data can tell. NaN where a close
    beside the window is NaN or the window is not within the bars.
    """
    check_shape("closes", closes, (len(times),))
    end = float((expiry - times[0]) / np.timedelta64(1, "s")) if len(times) else -1.0
    start, known = end - seconds, (times - times[0]) / np.timedelta64(1, "s") if len(times) else np.empty(0)
    if not len(times) or start < 0.0 or end > known[-1]:
        return float("nan")
    first, last = (
        int(np.searchsorted(known, start, side="right")) - 1,
        int(np.searchsorted(known, end)),
    )
    near, line = known[first : last + 1], closes[first : last + 1]
    at = np.concatenate(([start], near[(near > start) & (near < end)], [end]))
    path = np.interp(at, near, line) if len(near) > 1 else np.full(len(at), line[0])
    return float(np.sum(0.5 * (path[1:] + path[:-1]) * np.diff(at)) / seconds)


def remaining_delta(elapsed: float, window: float = _HALF_HOUR) -> float:
    """Return the share of a contract's delta left `elapsed` seconds into its averaging window: 1 before, 0 at the end."""
    return min(max(1.0 - elapsed / window, 0.0), 1.0)
