"""Funding prints in time."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.model.errors import BadPrices, BrokenPromise, NotEnoughData
from hedgerow.stats.carry import fit_ar1, intervals_of, mean_annual, trailing_annual, worst_rolling

START = np.datetime64("2025-01-01T00:00", "ms")


def at(hours: list[float] | FloatArray) -> TimeArray:
    return START + (np.asarray(hours) * 3_600_000).astype("timedelta64[ms]")


def stamps(gaps: list[float]) -> TimeArray:
    return at(np.concatenate(([0.0], np.cumsum(gaps))))


@pytest.mark.parametrize("hours", [1.0, 2.0, 4.0, 8.0])
def test_a_steady_interval(hours: float) -> None:
    assert intervals_of(stamps([hours] * 20)).tolist() == [hours] * 21


def test_from_eight_hours_to_one_and_back() -> None:
    gaps = [8.0] * 5 + [1.0] * 9 + [7.0] + [8.0] * 5
    assert intervals_of(stamps(gaps)).tolist() == [8.0] * 6 + [1.0] * 9 + [8.0] * 6


def test_a_run_of_two_is_a_change() -> None:
    gaps = [8.0] * 4 + [4.0, 4.0] + [8.0] * 4
    assert intervals_of(stamps(gaps)).tolist() == [8.0] * 5 + [4.0, 4.0] + [8.0] * 4


@pytest.mark.parametrize("hours", [1.0, 2.0, 4.0, 8.0])
@pytest.mark.parametrize("missing", [[10], [10, 12], [10, 14, 15], [3], [19, 17]])
def test_missing_prints_do_not_change_the_interval(hours: float, missing: list[int]) -> None:
    times = np.delete(at(np.arange(24, dtype=np.float64) * hours), missing)
    assert set(intervals_of(times).tolist()) == {hours}


def test_a_hole_of_a_month_is_a_hole() -> None:
    gaps = [8.0] * 10 + [752.0] + [8.0] * 10
    assert set(intervals_of(stamps(gaps)).tolist()) == {8.0}


def test_late_prints_and_milliseconds() -> None:
    gaps = [8.0, 8.0, 10.0, 6.0, 8.0, 8.0, 8.0, 8.0, 3.0, 5.0, 8.0, 8.0 + 13 / 3.6e6, 8.0, 8.0]
    assert set(intervals_of(stamps(gaps)).tolist()) == {8.0}


def test_one_print_has_no_interval_and_none_has_none() -> None:
    assert math.isnan(intervals_of(at([0.0]))[0])
    assert len(intervals_of(at([]))) == 0
    with pytest.raises(BadPrices, match="not after the one before"):
        intervals_of(at([0.0, 8.0, 8.0]))
    with pytest.raises(BadPrices, match="not after the one before"):
        intervals_of(at([8.0, 0.0]))


@given(st.lists(st.tuples(st.sampled_from([1.0, 2.0, 4.0, 8.0]), st.integers(3, 12)), min_size=1, max_size=5))
def test_runs_of_three_or_more_are_followed_exactly(runs: list[tuple[float, int]]) -> None:
    gaps = [hours for hours, count in runs for _ in range(count)]
    assert intervals_of(stamps(gaps)).tolist() == [gaps[0], *gaps]


def test_the_level_counts_hours_and_not_prints() -> None:
    times = stamps([8.0] * 30 + [1.0] * 80)
    rates = np.where(np.arange(111) < 31, 8e-5, 1e-5)
    assert mean_annual(times, rates) == pytest.approx(1e-5 * 24 * 365, rel=1e-12)
    holed = rates.copy()
    holed[[5, 40, 41]] = np.nan
    assert mean_annual(times, holed) == pytest.approx(1e-5 * 24 * 365, rel=1e-12)
    with pytest.raises(NotEnoughData):
        mean_annual(times[:1], rates[:1])
    with pytest.raises(BrokenPromise):
        mean_annual(times, rates[:-1])


def test_the_worst_month_of_a_short_and_of_a_long() -> None:
    times = at(np.arange(300, dtype=np.float64) * 8.0)
    rates = np.full(300, 1e-4)
    rates[100:190] = -2e-4
    assert worst_rolling(times, rates) == pytest.approx(-90 * 2e-4, rel=1e-12)
    assert worst_rolling(times, rates, side=1) == pytest.approx(-90 * 1e-4, rel=1e-12)
    assert worst_rolling(times, rates, days=1) == pytest.approx(-6e-4, rel=1e-12)
    assert math.isnan(worst_rolling(times[:80], rates[:80]))
    assert not math.isnan(worst_rolling(times[:90], rates[:90]))
    assert math.isnan(worst_rolling(times[:0], rates[:0]))


@given(st.lists(st.floats(-0.01, 0.01), min_size=91, max_size=140))
def test_the_worst_month_is_the_least_of_all_months(drawn: list[float]) -> None:
    rates = np.array(drawn)
    least = min(float(np.sum(rates[i - 90 : i])) for i in range(90, len(rates) + 1))
    assert worst_rolling(at(np.arange(len(rates), dtype=np.float64) * 8.0), rates) == pytest.approx(
        least, abs=1e-12
    )


def prints(data_dir: Path, venue: str, symbol: str) -> tuple[TimeArray, FloatArray]:
    frame = pl.read_parquet(data_dir / "funding.parquet")
    rows = frame.filter((pl.col("venue") == venue) & (pl.col("symbol") == symbol)).sort("ts")
    return rows["ts"].to_numpy(), rows["rate"].to_numpy()


@pytest.mark.market_data
@pytest.mark.parametrize(
    ("symbol", "mean", "positive", "worst", "phi"),
    [
        ("BTC", 12.57, 87.2, -1.3, 0.80),
        ("ETH", 14.97, 87.7, -1.8, 0.79),
        ("SOL", 0.25, 73.2, -36.0, 0.85),
        ("XRP", 15.96, 82.1, -1.3, 0.78),
        ("DOGE", 13.29, 83.4, -1.5, 0.68),
        ("BNB", -0.36, 24.2, -6.9, 0.72),
    ],
)
def test_the_level_and_risk_of_domain_4_3(
    data_dir: Path, symbol: str, mean: float, positive: float, worst: float, phi: float
) -> None:
    """The table runs to 2026-02 and these prints end two cheap months before."""
    times, rates = prints(data_dir, "binance", symbol)
    assert 100 * mean_annual(times, rates) == pytest.approx(mean, abs=0.5)
    assert 100 * float(np.mean(rates > 0)) == pytest.approx(positive, abs=1.2)
    assert 100 * worst_rolling(times, rates) == pytest.approx(worst, abs=0.1)
    assert fit_ar1(rates).phi == pytest.approx(phi, abs=0.01)


@pytest.mark.market_data
def test_BTC_by_year_as_domain_4_3(data_dir: Path) -> None:
    times, rates = prints(data_dir, "binance", "BTC")
    years = times.astype("datetime64[Y]").astype(np.int64) + 1970
    told = {2020: 17.2, 2021: 30.6, 2022: 4.2, 2023: 7.9, 2024: 11.9, 2025: 5.1}
    for year, mean in told.items():
        assert 100 * mean_annual(times[years == year], rates[years == year]) == pytest.approx(mean, abs=0.06)


@pytest.mark.market_data
def test_the_interval_of_every_series_at_every_venue(data_dir: Path) -> None:
    frame = pl.read_parquet(data_dir / "funding.parquet").sort("ts")
    found: dict[str, set[float]] = {}
    for (venue, symbol), rows in frame.group_by("venue", "symbol"):
        found[f"{venue} {symbol}"] = set(intervals_of(rows["ts"].to_numpy()).tolist())
    assert len(found) > 40
    hourly = {name for name in found if name.startswith(("dydx", "hyperliquid"))}
    four = {f"binance {s}" for s in ("POL", "HYPE", "NAORIS", "XAU")}
    changing = {
        "binance SOL": {2.0, 4.0, 8.0},
        "binance ORCA": {1.0, 2.0, 4.0},
        "binance PIPPIN": {1.0, 4.0},
        "binance RIVER": {1.0, 4.0},
    }
    for name, hours in found.items():
        expected = {1.0} if name in hourly else {4.0} if name in four else changing.get(name, {8.0})
        assert hours == expected, name


@pytest.mark.market_data
def test_SOL_was_paid_every_two_hours_in_November_2022(data_dir: Path) -> None:
    times, _ = prints(data_dir, "binance", "SOL")
    hours = intervals_of(times)
    assert int(np.sum(hours == 2.0)) == 98
    assert set(times[hours == 2.0].astype("datetime64[M]").astype(str)) == {"2022-11"}


def test_the_trailing_level_knows_nothing_of_later_prints() -> None:
    times = stamps([8.0] * 120 + [1.0] * 80)
    rates = np.where(np.arange(201) <= 120, 8e-5, 1e-5)
    whole = trailing_annual(times, rates, times)
    assert whole == pytest.approx(np.full(201, 1e-5 * 24 * 365), rel=1e-9)
    for cut in (1, 60, 125):
        np.testing.assert_array_equal(trailing_annual(times[:cut], rates[:cut], times[:cut]), whole[:cut])


def test_the_trailing_level_is_of_its_window_and_unknown_outside() -> None:
    times = at(np.arange(300, dtype=np.float64) * 8.0)
    rates = np.where(np.arange(300) < 150, 1e-4, -2e-4)
    level = trailing_annual(times, rates, times, days=10)
    assert level[149] == pytest.approx(1e-4 * 3 * 365)
    assert level[164] == pytest.approx(-0.5e-4 * 3 * 365)
    assert level[-1] == pytest.approx(-2e-4 * 3 * 365)
    assert np.isnan(trailing_annual(times, rates, times[:1] - np.timedelta64(1, "h"))).all()
    assert np.isnan(trailing_annual(times, rates, times[-1:] + np.timedelta64(31, "D"))).all()
    assert np.isnan(trailing_annual(times[:0], rates[:0], times[:2])).all()
    rates[5] = np.nan
    assert trailing_annual(times, rates, times, days=10)[10] == pytest.approx(1e-4 * 3 * 365 * 10 / 11)
