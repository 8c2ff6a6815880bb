"""The figures of a book, of its mirror image, of a larger one, and of one that is long and short alike."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import book, spot
from tests.reports.test_run_page import head
from tests.runs.test_backtest import run

from hedgerow.hedge.course import sides
from hedgerow.hedge.effectiveness import effectiveness
from hedgerow.model.journal import RunResult, day_sizes
from hedgerow.model.portfolio import Portfolio

SIZES = st.sampled_from([(1.0, 1.0), (-1.0, -1.0), (1.0, -2.4), (-1.5, 0.3), (0.2, -3.0)])


def held(sol: float, ada: float) -> Portfolio:
    return book(spot("SOL", round(400 * sol, 3)), spot("ADA", round(50_000 * ada, 3)))


@cache
def made(sol: float, ada: float) -> RunResult:
    return run(held=held(sol, ada), instruments=("BTCUSDT",))


def mirrored(of: RunResult) -> RunResult:
    """The run of every holding and every contract the other way round, and what trading cost the same."""
    names = ("nav_usd", "spot_usd", "unhedged_usd", "gained_usd", "before_usd", "after_usd", "target_usd")
    turned = {name: -getattr(of, name) for name in (*names, "book_beta_usd", "flows_usd")}
    return replace(of, **turned)


SHORT, NEUTRAL = made(-1.0, -1.0), made(1.0, -2.4)


@given(SIZES)
def test_figures_of_a_mirror_image_are_the_figures_turned(sizes: tuple[float, float]) -> None:
    one = made(*sizes)
    other = mirrored(one)
    for a, b in zip(one.daily()[:2], other.daily()[:2], strict=True):
        np.testing.assert_allclose(a, -b, atol=1e-15)
    for mine, its in zip(sides(one), sides(other), strict=True):
        assert mine.return_a_year == pytest.approx(-its.return_a_year)
        assert mine.volatility == pytest.approx(its.volatility)
        np.testing.assert_allclose(mine.beta, -its.beta, atol=1e-12)
    measured, turned = (effectiveness(r, intervals=False) for r in (one, other))
    assert measured.target_beta == pytest.approx(-turned.target_beta)
    for name in (
        "turnover_a_year",
        "cost_a_year",
        "funding_a_year",
        "volatility_hedged",
        "cost_per_variance",
    ):
        assert getattr(measured, name) == pytest.approx(getattr(turned, name), nan_ok=True), name


@given(SIZES)
def test_every_figure_has_the_sign_of_its_dollars(sizes: tuple[float, float]) -> None:
    found = made(*sizes)
    for side in sides(found):
        assert np.sign(side.return_a_year) == np.sign(side.gained_usd)
    measured = effectiveness(found, intervals=False)
    assert np.sign(measured.funding_a_year) == np.sign(found.totals["funding"])
    assert measured.turnover_a_year > 0.0
    assert measured.cost_a_year > 0.0
    assert measured.size_usd > 0.0


@given(SIZES, st.floats(0.1, 50.0))
def test_a_larger_book_has_the_same_figures(sizes: tuple[float, float], times: float) -> None:
    one = made(*sizes)
    dollars = [name for name in RunResult.__dataclass_fields__ if name.endswith("_usd")]
    other = replace(one, lines=one.lines * times, **{name: getattr(one, name) * times for name in dollars})
    measured, turned = (effectiveness(r, intervals=False) for r in (one, other))
    for name in (
        "turnover_a_year",
        "cost_a_year",
        "funding_a_year",
        "volatility_hedged",
        "drawdown_unhedged",
    ):
        assert getattr(measured, name) == pytest.approx(getattr(turned, name)), name


@given(SIZES)
def test_days_times_their_sizes_are_all_that_was_gained(sizes: tuple[float, float]) -> None:
    found = made(*sizes)
    size = day_sizes(found.times, found.gross_usd, found.grown_usd, found.day_ends())
    for returns, gained in zip(found.daily()[:2], (found.unhedged_usd, found.gained_usd), strict=True):
        assert float(returns @ size) == pytest.approx(float(gained[-1]), abs=1e-6)


def test_a_day_that_is_not_whole_is_a_day_too() -> None:
    whole = head(made(1.0, 1.0), 9)
    begun = whole.times[0] + np.timedelta64(1, "h")
    hourly = replace(whole, times=begun + np.arange(9) * np.timedelta64(8, "h"))
    assert len(hourly.daily()[0]) == len(hourly.day_ends()) - 1
    size = day_sizes(hourly.times, hourly.gross_usd, hourly.grown_usd, hourly.day_ends())
    assert float(hourly.daily()[1] @ size) == pytest.approx(float(hourly.gained_usd[-1]))


def test_of_less_than_thirty_days_nothing_is_told_for_a_year() -> None:
    few, enough = (head(made(1.0, 1.0), bars) for bars in (30, 31))
    for found, unknown in ((few, True), (enough, False)):
        measured = effectiveness(found, intervals=False)
        for name in ("turnover_a_year", "cost_a_year", "funding_a_year", "volatility_hedged", "es95_hedged"):
            assert np.isnan(getattr(measured, name)) == unknown, name
        for side in sides(found):
            assert np.isnan([side.return_a_year, side.es95, side.volatility]).all() == unknown
            assert np.isfinite(side.gained_usd)


def test_a_short_book_has_the_beta_of_a_short_book() -> None:
    portfolio, _, hedged = sides(SHORT)
    assert portfolio.beta[0] < -0.8
    assert abs(hedged.beta[0]) < 0.2
    measured = effectiveness(SHORT)
    assert measured.variance_removed.middle > 0.7
    assert not measured.net
    assert measured.size_usd == pytest.approx(-SHORT.spot_usd.mean())


def test_a_book_of_longs_is_its_gross_value_and_a_neutral_one_is_not() -> None:
    long = run()
    np.testing.assert_allclose(long.gross_usd, long.spot_usd, rtol=1e-12)
    assert effectiveness(long).net
    assert np.abs(NEUTRAL.spot_usd).min() < 0.02 * NEUTRAL.gross_usd.mean()
    found = effectiveness(NEUTRAL)
    assert 0.0 < found.volatility_unhedged < 2.0
    assert 0.0 < found.turnover_a_year < 50.0
