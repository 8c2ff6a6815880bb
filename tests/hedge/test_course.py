"""A run through time: the three sides add up, the rolling beta is a regression, the periods cover every day."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.regression.rolling import RollingOLS
from tests.reports.test_run_page import head
from tests.runs.test_backtest import run

from hedgerow.hedge.course import by_period, rolling_beta, sides
from hedgerow.hedge.effectiveness import effectiveness
from hedgerow.stats.risk import hedge_effectiveness

MADE = run()


def test_portfolio_and_hedge_add_up_to_the_hedged_portfolio() -> None:
    portfolio, hedge, hedged = sides(MADE)
    assert portfolio.gained_usd + hedge.gained_usd == pytest.approx(hedged.gained_usd)
    assert portfolio.return_a_year + hedge.return_a_year == pytest.approx(hedged.return_a_year)
    np.testing.assert_allclose(portfolio.beta + hedge.beta, hedged.beta, atol=1e-12)
    assert hedged.cost_usd == hedge.cost_usd == pytest.approx(-MADE.totals["fees"] - MADE.totals["slippage"])
    assert (portfolio.cost_usd, portfolio.funding_usd) == (0.0, 0.0)


def test_the_sides_are_what_the_judgement_says() -> None:
    portfolio, _, hedged = sides(MADE)
    found = effectiveness(MADE)
    assert (portfolio.volatility, hedged.volatility) == (found.volatility_unhedged, found.volatility_hedged)
    assert (portfolio.drawdown, hedged.drawdown) == (found.drawdown_unhedged, found.drawdown_hedged)
    assert (portfolio.es95, hedged.es95) == (found.es95_unhedged, found.es95_hedged)
    assert hedged.beta[0] == pytest.approx(found.residual_beta.middle)
    assert hedged.worst_day >= -max(found.es95_hedged, found.drawdown_hedged)


def test_two_factors_are_regressed_together() -> None:
    made = run(factor="BTC,ETH", instruments=("BTCUSDT", "ETHUSDT"))
    plain, _, factor = made.daily()
    wanted = sm.OLS(plain, sm.add_constant(factor)).fit().params[1:]
    np.testing.assert_allclose(sides(made)[0].beta, wanted, rtol=1e-9)
    found, left = effectiveness(made), sides(made)[2].beta
    np.testing.assert_allclose(list(found.residual_beta_by_factor.values()), left, rtol=1e-9, atol=1e-12)
    assert list(found.target_beta_by_factor) == ["BTC", "ETH"]
    assert found.residual_beta.middle == pytest.approx(left[0])
    assert found.residual_beta.low < found.residual_beta.middle < found.residual_beta.high


def test_the_rolling_beta_is_that_of_statsmodels_and_waits_for_its_window() -> None:
    found = rolling_beta(MADE, window=40)
    plain, hedged, factor = MADE.daily()
    for returns, beta in ((plain, found.unhedged), (hedged, found.hedged)):
        wanted = RollingOLS(returns, sm.add_constant(factor), window=40).fit()
        np.testing.assert_allclose(beta, np.asarray(wanted.params)[:, 1], rtol=1e-9)
    np.testing.assert_allclose(found.stderr, np.asarray(wanted.bse)[:, 1], rtol=1e-9)
    assert np.isnan(found.hedged[:39]).all()
    assert np.isfinite(found.hedged[39:]).all()
    assert len(found.times) == len(found.target) == len(plain)


def test_the_rolling_beta_to_each_of_two_factors_is_beside_the_other() -> None:
    made = run(factor="BTC,ETH", instruments=("BTCUSDT", "ETHUSDT"))
    _, hedged, factor = made.daily()
    wanted = RollingOLS(hedged, sm.add_constant(factor), window=40).fit()
    for k in (0, 1):
        found = rolling_beta(made, k, 40)
        np.testing.assert_allclose(found.hedged, np.asarray(wanted.params)[:, k + 1], rtol=1e-9, atol=1e-12)


def test_periods_cover_every_day_once() -> None:
    periods = by_period(MADE)
    plain, hedged, _ = MADE.daily()
    assert sum(p.days for p in periods) == len(plain)
    assert [str(p.start) for p in periods] == sorted(str(p.start) for p in periods)
    first = periods[0].days
    assert periods[0].removed.middle == pytest.approx(hedge_effectiveness(plain[:first], hedged[:first]))
    assert all(str(p.start)[5:] in {"01-01", "04-01", "07-01", "10-01"} for p in periods)


@pytest.mark.parametrize("bars", [1, 2, 6, 30])
def test_a_short_run_is_unknown_not_zero(bars: int) -> None:
    made = head(MADE, bars)
    found = sides(made)
    if bars == 1:
        assert all(np.isnan([s.volatility, s.es95, s.worst_day, s.return_a_year]).all() for s in found)
    if bars < 21:
        assert all(np.isnan(s.beta).all() for s in found)
        assert np.isnan(rolling_beta(made).hedged).all()
    assert sum(p.days for p in by_period(made)) == bars - 1
    assert effectiveness(made).days == bars - 1
