"""When quarterly contracts expire and at what price they settle."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.errors import BadInput, NotEnoughData
from hedgerow.stats.carry import (
    last_friday,
    next_quarterly_expiry,
    quarterly_expiries,
    remaining_delta,
    settlement_from_bars,
    settlement_price,
    settlement_window,
)


def test_TV22_expiries(vectors: dict[str, Any]) -> None:
    vector = vectors["TV22_expiries"]
    found = quarterly_expiries(2024, 2027)
    assert [expiry.date().isoformat() for expiry in found] == vector["dates"]
    assert {(expiry.hour, expiry.minute, expiry.tzinfo) for expiry in found} == {(8, 0, UTC)}
    december = last_friday(2021, 12)
    assert december.date().isoformat() == vector["dec2021"] != vector["bybit_2020_listing_said"]
    assert december == datetime(2021, 12, 31, 8, tzinfo=UTC)


@given(st.integers(2000, 2100), st.integers(1, 12))
def test_the_last_Friday_is_one_and_the_last(year: int, month: int) -> None:
    found = last_friday(year, month)
    assert (found.weekday(), found.month) == (4, month)
    assert (found.replace(day=1).month, found.day + 7 > 28) == (month, True)
    with pytest.raises(ValueError, match="day"):
        date(year, month, found.day + 7)


def test_the_next_expiry_is_strictly_later() -> None:
    march = datetime(2025, 3, 28, 8, tzinfo=UTC)
    assert next_quarterly_expiry(datetime(2025, 3, 28, 7, 59, tzinfo=UTC)) == march
    assert next_quarterly_expiry(march) == datetime(2025, 6, 27, 8, tzinfo=UTC)
    assert next_quarterly_expiry(datetime(2027, 12, 31, 8, tzinfo=UTC)).year == 2028
    with pytest.raises(BadInput, match="no time zone"):
        next_quarterly_expiry(datetime(2025, 3, 28, tzinfo=UTC).replace(tzinfo=None))


def test_TV22b_settlement(vectors: dict[str, Any]) -> None:
    vector = vectors["TV22b_settlement"]
    index = 60000 + 0.05 * np.arange(3600, dtype=np.float64)
    assert settlement_price(index, 3600) == pytest.approx(vector["avg_last_3600"], rel=1e-9)
    assert settlement_price(index) == pytest.approx(vector["avg_last_1800"], rel=1e-9)
    assert index[-1] == pytest.approx(vector["last"], rel=1e-9)
    index[-5] = np.nan
    assert math.isnan(settlement_price(index))
    with pytest.raises(NotEnoughData):
        settlement_price(index[:1799])


def test_the_window_is_the_venues_on_that_day() -> None:
    assert settlement_window("Binance", date(2024, 11, 10)) == 3600
    assert settlement_window("binance", date(2024, 11, 11)) == 1800
    assert settlement_window("bybit", date(2021, 1, 1)) == 1800
    with pytest.raises(BadInput, match="not known"):
        settlement_window("mars", date(2025, 1, 1))


def test_delta_runs_off_through_the_window() -> None:
    assert [remaining_delta(s) for s in (-60, 0, 450, 1800, 2000)] == [1.0, 1.0, 0.75, 0.0, 0.0]


def test_TV22b_bars_settle_on_the_mean_of_the_line_between_them() -> None:
    """On a straight path that is what the seconds say, whatever the bars: half an hour, an hour, a day."""
    start = np.datetime64("2025-06-27T00:00", "ms")
    expiry = start + np.timedelta64(8, "h")
    for minutes in (1, 5, 10, 60, 240, 1440):
        times = start + np.arange(1440 // minutes + 1) * np.timedelta64(minutes, "m")
        closes = 60000 + 0.05 * ((times - start) / np.timedelta64(1, "s") - 7 * 3600)
        assert settlement_from_bars(times, closes, expiry) == pytest.approx(60135.0, rel=1e-12)
        assert settlement_from_bars(times, closes, expiry, 3600) == pytest.approx(60090.0, rel=1e-12)


def test_a_spike_outside_the_window_settles_nothing() -> None:
    times = np.datetime64("2025-06-27T00:00", "ms") + np.arange(17) * np.timedelta64(30, "m")
    closes = np.full(17, 100.0)
    closes[-3] = 1e6
    expiry = times[-1]
    assert settlement_from_bars(times, closes, expiry) == 100.0
    closes[-1] = 101.0
    assert settlement_from_bars(times, closes, expiry) == pytest.approx(100.5)
    assert math.isnan(settlement_from_bars(times, closes, expiry + np.timedelta64(1, "m")))
    assert math.isnan(settlement_from_bars(times, closes, times[0]))
    assert math.isnan(settlement_from_bars(times[:0], closes[:0], expiry))
    closes[-2] = np.nan
    assert math.isnan(settlement_from_bars(times, closes, expiry))
