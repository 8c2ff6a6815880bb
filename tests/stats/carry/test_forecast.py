"""What funding will add up to."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tsa.arima.model import ARIMA
from tests.stats.carry.test_intervals import at, prints, stamps

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BadInput, BrokenPromise
from hedgerow.stats.carry import Ar1, fit_ar1, fit_funding, forecast_funding, prior_funding


def simulated(model: Ar1, paths: int, steps: int, seed: int, start: float | None = None) -> FloatArray:
    """(paths, steps) prints of the model, from `start` or from its long run."""
    rng = np.random.default_rng(seed)
    long_run = model.sigma / math.sqrt(1 - model.phi**2)
    state = rng.normal(0.0, long_run, paths) if start is None else np.full(paths, start - model.mean)
    prints_ = np.empty((paths, steps))
    for step in range(steps):
        state = model.phi * state + rng.normal(0.0, model.sigma, paths)
        prints_[:, step] = model.mean + state
    return prints_


def test_TV20c_expected_funding_AR1(vectors: dict[str, Any]) -> None:
    vector = vectors["TV20c_expected_funding_AR1"]
    model = Ar1(vector["mu"], vector["phi"], 2e-4, 8.0)
    found = forecast_funding(model, vector["f0"], vector["n_intervals"])
    assert found.expected == pytest.approx(vector["exp_sum"], rel=1e-9)
    assert found.expected == pytest.approx(vector["closed_form"], rel=1e-9)
    assert 109500 * found.expected == pytest.approx(vector["short_income_on_109500"], rel=1e-9)


@given(st.floats(0, 0.98), st.integers(1, 60))
def test_the_variance_of_the_sum_is_that_of_its_innovations(phi: float, steps: int) -> None:
    """Oracle: each innovation reaches the sum through Σ φ^j of the prints after it."""
    reaches = [sum(phi**j for j in range(steps - k)) for k in range(steps)]
    expected = 2e-4 * math.sqrt(sum(reach**2 for reach in reaches))
    found = forecast_funding(Ar1(1e-4, phi, 2e-4, 8.0), 0.0, steps)
    assert found.stderr == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("phi", "steps"), [(0.8, 21), (0.3, 90), (0.95, 90)])
def test_the_band_holds_as_often_as_it_says(phi: float, steps: int) -> None:
    model = Ar1(1e-4, phi, 2e-4, 8.0)
    sums = simulated(model, 20_000, steps, seed=7, start=5e-4).sum(axis=1)
    found = forecast_funding(model, 5e-4, steps, level=0.9)
    assert float(np.mean(sums)) == pytest.approx(found.expected, abs=4 * found.stderr / math.sqrt(20_000))
    assert float(np.std(sums)) == pytest.approx(found.stderr, rel=0.03)
    assert float(np.mean((sums > found.low) & (sums < found.high))) == pytest.approx(0.9, abs=0.01)


def test_an_unknown_last_print_starts_from_the_long_run() -> None:
    model = Ar1(1e-4, 0.8, 2e-4, 8.0)
    sums = simulated(model, 20_000, 21, seed=8).sum(axis=1)
    found = forecast_funding(model, math.nan, 21)
    assert found.expected == pytest.approx(21e-4, rel=1e-12)
    assert float(np.std(sums)) == pytest.approx(found.stderr, rel=0.03)


def test_an_unsure_mean_widens_the_band_and_no_horizon_has_none() -> None:
    sure, unsure = Ar1(1e-4, 0.8, 2e-4, 8.0), Ar1(1e-4, 0.8, 2e-4, 8.0, mean_stderr=1e-4)
    assert forecast_funding(unsure, 1e-4, 90).stderr > forecast_funding(sure, 1e-4, 90).stderr
    none = forecast_funding(unsure, 1e-4, 0)
    assert (none.expected, none.stderr) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("model", "steps", "level"),
    [
        (Ar1(0, 1.0, 1e-4, 8.0), 3, 0.9),
        (Ar1(0, -0.1, 1e-4, 8.0), 3, 0.9),
        (Ar1(0, 0.5, 1e-4, 8.0), -1, 0.9),
        (Ar1(0, 0.5, 1e-4, 8.0), 3, 1.0),
    ],
)
def test_a_forecast_that_cannot_be_made_says_so(model: Ar1, steps: int, level: float) -> None:
    with pytest.raises(BadInput, match="no forecast"):
        forecast_funding(model, 0.0, steps, level)


def test_the_fit_agrees_with_statsmodels() -> None:
    series = simulated(Ar1(1e-4, 0.8, 2e-4, 8.0), 1, 4000, seed=3)[0]
    found = fit_ar1(series)
    oracle = ARIMA(series * 1e4, order=(1, 0, 0)).fit()
    mean, phi, variance = oracle.params
    assert found.mean * 1e4 == pytest.approx(mean, abs=0.02)
    assert found.phi == pytest.approx(phi, abs=1e-3)
    assert (found.sigma * 1e4) ** 2 == pytest.approx(variance, rel=0.02)
    assert found.mean_stderr * 1e4 == pytest.approx(oracle.bse[0], rel=0.05)
    assert (found.n, found.basis) == (4000, "measured")


def test_too_few_prints_are_the_prior_and_say_so() -> None:
    assert fit_ar1(np.full(29, 5e-4)) == prior_funding(8.0)
    assert fit_funding(stamps([4.0] * 20), np.full(21, 5e-4)) == prior_funding(4.0)
    assert fit_funding(at([0.0]), np.array([1e-4])) == prior_funding(8.0)
    assert fit_funding(at([]), np.array([])) == prior_funding(8.0)
    assert fit_funding(stamps([8.0] * 99), np.full(100, np.nan)) == prior_funding(8.0)
    assert prior_funding(8.0).basis == "assumed"
    with pytest.raises(BadInput, match="not positive"):
        prior_funding(0.0)


def test_the_prior_is_the_same_level_and_spread_at_every_interval() -> None:
    eight, one = prior_funding(8.0), prior_funding(1.0)
    assert 8 * one.mean == pytest.approx(eight.mean, rel=1e-12)
    long_run = [8 / m.interval_hours * m.sigma / math.sqrt(1 - m.phi**2) for m in (eight, one)]
    assert long_run[0] == pytest.approx(long_run[1], rel=1e-12)
    assert one.phi**8 == pytest.approx(eight.phi, rel=1e-12)


def test_persistence_is_kept_where_the_series_returns() -> None:
    rng = np.random.default_rng(1)
    walk = np.cumsum(rng.normal(0, 1e-4, 500))
    assert fit_ar1(walk).phi <= 0.98
    alternating = np.tile([1e-4, -1e-4], 100)
    assert fit_ar1(alternating).phi == 0.0
    pinned = fit_ar1(np.full(200, 1e-4))
    assert pinned.mean == pytest.approx(1e-4, rel=1e-12)
    assert pinned.sigma > 0.0


def test_a_missing_print_breaks_the_chain() -> None:
    series = simulated(Ar1(1e-4, 0.8, 2e-4, 8.0), 1, 2000, seed=4)[0]
    times = at(np.arange(2000, dtype=np.float64) * 8.0)
    holed = series.copy()
    holed[::10] = np.nan
    left = np.isfinite(holed)
    assert fit_funding(times[left], series[left], days=1e4).phi == pytest.approx(
        fit_funding(times, holed, days=1e4).phi, rel=1e-9
    )
    assert fit_ar1(holed).phi == pytest.approx(0.8, abs=0.04)
    with pytest.raises(BrokenPromise):
        fit_funding(times, series[:-1])


def test_prints_of_other_intervals_count_by_their_hours() -> None:
    times = stamps([8.0] * 60 + [1.0] * 100)
    rates = np.where(np.arange(161) < 61, 8e-5, 1e-5)
    fitted = fit_funding(times, rates)
    assert fitted.interval_hours == 1.0
    assert fitted.mean == pytest.approx(1e-5, rel=0.1)
    assert forecast_funding(fitted, 1e-5, 24).expected == pytest.approx(24e-5, rel=0.1)


@pytest.mark.market_data
def test_nine_months_in_ten_end_inside_the_band(data_dir: Path) -> None:
    """Out of sample, month by month: fitted on what was known, compared with what was paid."""
    held: list[bool] = []
    errors: list[tuple[float, float]] = []
    for symbol in ("BTC", "ETH", "XRP", "BNB", "SOL"):
        times, rates = prints(data_dir, "binance", symbol)
        for now in range(1100, len(times) - 90, 90):
            model = fit_funding(times[:now], rates[:now])
            found = forecast_funding(model, float(rates[now - 1]), 90)
            paid = float(np.sum(rates[now : now + 90]))
            held.append(found.low < paid < found.high)
            errors.append((found.expected - paid, 90e-4 - paid))
    assert 0.87 < float(np.mean(held)) < 0.97
    ours, naive = np.sqrt(np.mean(np.square(errors), axis=0))
    assert ours < naive
