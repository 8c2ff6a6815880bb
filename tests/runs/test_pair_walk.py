"""A pair through the past: its lines add up, the market is out, and the alpha that was put in comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.hedge.books import contract
from tests.runs.test_backtest import prints

from hedgerow.model.errors import NotEnoughData, UnknownSymbol
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.pairs import PairRun
from hedgerow.runs.pair_walk import PairTerms, walk_pair
from hedgerow.testing import beta_market

BETAS = {"BTC": 1.0, "AAA": 1.6, "BBB": 0.8}
LAST = {"BTC": 60_000.0, "AAA": 50.0, "BBB": 20.0}


def contracts(_: Market) -> tuple[Instrument, ...]:
    names = [("BTCUSDT", "BTC"), ("AAAUSDT", "AAA"), ("BBBUSDT", "BBB")]
    return tuple(contract(symbol, coin, lot="0.0001") for symbol, coin in names)


def history(own: float = 0.005, drift: float = 0.0) -> Market:
    made = beta_market(BETAS, LAST, days=500, own=own, seed=6)
    grown = made.prices.copy()
    grown[:, made.column("AAA")] *= np.exp(drift * np.arange(len(grown)))
    return replace(made, prices=grown, funding={"AAA": prints(made, 0.0002), "BBB": prints(made, 0.0001)})


def walked(market: Market | None = None, **terms: Any) -> PairRun:
    return walk_pair("AAA", "BBB", PairTerms(100_000.0, **terms), market or history(), contracts)


@pytest.mark.parametrize("balance", ["beta", "dollar"])
def test_the_market_is_out_and_only_the_market(balance: Any) -> None:
    run = walked(balance=balance)
    middle, low, high = run.residual_beta
    assert low - 0.05 < 0.0 < high + 0.05
    assert abs(middle) < 0.1
    assert run.explained < 0.1
    assert abs(run.totals["market"]) < 0.1 * run.notional_usd


def test_alpha_that_was_put_in_comes_back() -> None:
    """The long grows by 0.05 % a day beyond its beta: over a year that is about 18 % of the notional."""
    plain, grown = walked(), walked(history(drift=0.0005))
    gained = (grown.totals["alpha"] - plain.totals["alpha"]) / 100_000.0
    assert gained == pytest.approx(0.0005 * 410, rel=0.1)


def test_the_lines_are_what_the_legs_gained() -> None:
    """Marked by hand: contracts times price moves, funding by its sign, costs once a week."""
    run = walked(step_days=10_000.0)
    market = history()
    start = len(market.times) - len(run.times)
    held = {"AAA": 100_000.0 / market.prices[start, market.column("AAA")]}
    assert run.rebalanced == 1
    moved = run.totals["alpha"] + run.totals["market"]
    long = round(held["AAA"], 4) * float(np.diff(market.prices[start:, market.column("AAA")]).sum())
    short = moved - long
    units = short / float(np.diff(market.prices[start:, market.column("BBB")]).sum())
    assert units * market.prices[start, market.column("BBB")] == pytest.approx(-200_000.0, rel=0.1)
    assert run.totals["costs"] < 0.0


def test_funding_has_the_sign_of_each_leg() -> None:
    """Both rates are positive: the long pays its own, the short receives its own."""
    only_long = replace(history(), funding={"AAA": prints(history(), 0.0002)})
    only_short = replace(history(), funding={"BBB": prints(history(), 0.0002)})
    assert walked(only_long).totals["funding"] < 0.0
    assert walked(only_short).totals["funding"] > 0.0
    assert any("No funding of BBBUSDT" in note for note in walked(only_long).notes)


def test_the_future_changes_nothing_in_the_past() -> None:
    market = history()
    rows = 400
    short = replace(
        market,
        times=market.times[:rows],
        prices=market.prices[:rows],
        volumes_usd=market.volumes_usd[:rows],
        as_of=market.times[rows - 1],
    )
    whole, cut = walked(market), walked(short)
    np.testing.assert_allclose(whole.lines[: len(cut.lines) - 1], cut.lines[:-1], rtol=1e-12, atol=1e-9)


def test_a_pair_that_cannot_be_sized_is_closed_and_said() -> None:
    market = history()
    gone = market.prices.copy()
    gone[300:360, market.column("BBB")] = np.nan
    run = walked(replace(market, prices=gone))
    assert any("everything was closed" in note for note in run.notes)


def test_a_coin_listed_later_is_learnt_from_first() -> None:
    market = history()
    young = market.prices.copy()
    young[:150, market.column("AAA")] = np.nan
    assert walked(replace(market, prices=young)).times[0] == market.times[240]


def test_what_cannot_begin_raises() -> None:
    with pytest.raises(NotEnoughData, match="no bar is left"):
        walked(train_days=5000.0)
    with pytest.raises(UnknownSymbol, match="ZZZ"):
        walk_pair("AAA", "ZZZ", PairTerms(1000.0), history(), contracts)
