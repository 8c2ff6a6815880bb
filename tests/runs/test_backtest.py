"""A policy through time: what must hold whatever the prices do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.hedge.books import book, contract, open_contract, spot
from tests.hedge.plans import contracts

from hedgerow.hedge.effectiveness import effectiveness
from hedgerow.hedge.policy import Policy
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.journal import RunResult
from hedgerow.model.market import FundingPrints, Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.reports.run_text import befallen
from hedgerow.runs import BacktestSettings, backtest
from hedgerow.testing import beta_market, market_of

BETAS = {"BTC": 1.0, "ETH": 1.2, "SOL": 1.6, "ADA": 1.4}
LAST = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0, "ADA": 0.5}
HOURS_8 = np.timedelta64(8, "h")


def prints(market: Market, rate: float = 0.0001) -> FundingPrints:
    """Funding every eight hours of the whole market."""
    begin = market.times[0] - np.timedelta64(round(market.bar_hours), "h")
    times = np.arange(begin, market.times[-1] + HOURS_8, HOURS_8).astype("datetime64[ms]")
    return FundingPrints("test", times, np.full(len(times), rate))


@cache
def history(days: int = 240, seed: int = 3) -> Market:
    made = beta_market(BETAS, LAST, days=days, seed=seed)
    return replace(made, funding={"BTC": prints(made), "ETH": prints(made, 0.0002)})


def rows() -> Portfolio:
    return book(spot("SOL", 400), spot("ADA", 50_000), spot("USDT", 20_000))


def run(market: Market | None = None, held: Portfolio | None = None, **policy: Any) -> RunResult:
    asked: dict[str, Any] = {"rebalance": "threshold:0.05"} | policy
    return backtest(
        Policy(**asked),
        held or rows(),
        market or history(),
        lambda _: contracts(),
        settings=BacktestSettings(),
    )


def test_a_hedge_takes_the_beta_out_and_every_bar_closes() -> None:
    found = run()
    measured = effectiveness(found)
    assert measured.variance_removed.middle > 0.7
    assert abs(measured.residual_beta.middle) < 0.15
    assert measured.residual_beta.low <= measured.residual_beta.middle <= measured.residual_beta.high
    gained = np.diff(found.gained_usd)
    assert found.lines[1:].sum(axis=1) == pytest.approx(gained, abs=1e-6)
    assert found.totals["funding"] > 0
    assert found.totals["fees"] < 0
    assert found.totals["slippage"] < 0


def test_funding_that_nobody_gave_is_modelled_and_said_never_zero() -> None:
    market = history()
    found = run(replace(market, funding={}), instruments=("BTCUSDT",))
    paid = [e for e in found.events if e.kind == "funding"]
    assert found.totals["funding"] > 0  # a short receives the usual rate
    assert sorted({e.price for e in paid}) == pytest.approx([0.0001])
    held = (found.times[-1] - paid[0].time) / HOURS_8
    assert len(paid) == pytest.approx(held, abs=3)  # three a bar of a day
    (note,) = [n for n in found.notes if "modelled" in n]
    assert f"{len(paid)} of its {len(paid)} settlements" in note


def test_funding_that_ends_is_modelled_from_there_on() -> None:
    market = history()
    half = market.times[len(market.times) // 2]
    known = market.funding["BTC"]
    cut = replace(known, times=known.times[known.times <= half], rates=known.rates[known.times <= half] * 3)
    found = run(replace(market, funding={"BTC": cut}), instruments=("BTCUSDT",))
    after = {e.price for e in found.events if e.kind == "funding" and e.time > half + 2 * HOURS_8}
    before = {e.price for e in found.events if e.kind == "funding" and e.time <= half}
    assert sorted(after) == pytest.approx([0.0001])
    assert sorted(before) == pytest.approx([0.0003])
    assert any("modelled" in n for n in found.notes)
    assert not any("modelled" in n for n in run(instruments=("BTCUSDT",)).notes)


@pytest.mark.parametrize("rule", ["threshold:0.05", "band"])
def test_an_excluded_coin_can_be_hedged_with_without_hedging_twice(rule: str) -> None:
    """The short in BTC is the hedge of the others: leaving one's own BTC out must not make it invisible."""
    held = book(spot("SOL", 400), spot("BTC", 0.5), spot("ADA", 50_000), spot("USDT", 20_000))
    found = run(held=held, exclude=("BTC",), rebalance=rule, instruments=("BTCUSDT",))
    assert np.abs(found.after_usd).max() < 0.1 * found.book_beta_usd.max()


def test_half_the_beta_may_be_left() -> None:
    half = run(target_beta=(0.5,))
    measured = effectiveness(half)
    assert measured.target_beta == pytest.approx(0.5, abs=0.1)
    assert measured.residual_beta.low - 0.05 <= measured.target_beta <= measured.residual_beta.high + 0.05


def test_the_future_changes_nothing_in_the_past() -> None:
    whole, short = run(), run(until(history(), 200))
    rows_ = len(short.times)
    np.testing.assert_array_equal(whole.nav_usd[:rows_], short.nav_usd)
    np.testing.assert_array_equal(whole.lines[:rows_], short.lines)
    assert [e for e in whole.events if e.time <= short.times[-1]] == list(short.events)


def until(market: Market, bars: int) -> Market:
    return replace(
        market,
        times=market.times[:bars],
        prices=market.prices[:bars],
        volumes_usd=market.volumes_usd[:bars],
        as_of=market.times[bars - 1],
    )


def test_the_order_of_assets_does_not_matter() -> None:
    other = Portfolio(tuple(reversed(rows().positions)), "test")
    assert run(held=other).gained_usd == pytest.approx(run().gained_usd, rel=1e-9, abs=1e-6)


def test_the_same_inputs_give_the_same_bytes() -> None:
    one, two = run(), run()
    assert one.nav_usd.tobytes() == two.nav_usd.tobytes()
    assert one.events == two.events


def test_halving_the_bar_changes_no_funding_cash() -> None:
    """With the same position the same settlements are paid at the same marks, whatever the bars between them."""
    daily = history()
    fixed = {"instruments": ("BTCUSDT",), "rebalance": "threshold:1000"}
    halved = _halved(daily)
    settings = BacktestSettings(train_days=90, estimate_days=10_000, choose_days=10_000)
    policy = Policy(**fixed, target_beta_usd=(0.0,), overrides={})  # type: ignore[arg-type]
    known = [
        backtest(policy, rows(), market, lambda _: (contract(),), settings=settings)
        for market in (daily, replace(halved, volumes_usd=halved.volumes_usd))
    ]
    paid = [{str(e.time)[:10]: 0.0 for e in k.events if e.kind == "funding"} for k in known]
    for total, k in zip(paid, known, strict=True):
        size = next(e.contracts for e in k.events if e.kind == "trade")
        for e in k.events:
            if e.kind == "funding":
                total[str(e.time - np.timedelta64(1, "ms"))[:10]] = total.get(
                    str(e.time - np.timedelta64(1, "ms"))[:10], 0.0
                ) + e.usd / abs(size)
    shared = [day for day in paid[0] if paid[0][day] and day in paid[1]]
    assert len(shared) > 100
    for day in shared:
        assert paid[0][day] == pytest.approx(paid[1][day], rel=1e-9)


def _halved(market: Market) -> Market:
    """The same market with a bar put in the middle of each, on the straight line between its ends."""
    prices, times = market.prices, market.times
    middle = (prices[1:] + prices[:-1]) / 2.0
    woven = np.empty((2 * len(prices) - 1, prices.shape[1]))
    woven[::2], woven[1::2] = prices, middle
    stamps = np.arange(2 * len(times) - 1) * np.timedelta64(12, "h") + times[0]
    return replace(
        market,
        times=stamps,
        prices=woven,
        volumes_usd=np.full(woven.shape, 5e7),
        bar_hours=12.0,
    )


def test_a_hedge_that_stands_is_not_traded_again() -> None:
    calm = beta_market(BETAS, LAST, days=200, volatility=0.0001, own=0.00001, seed=1)
    found = run(calm, rebalance="threshold:0.05")
    assert sum(e.kind == "trade" for e in found.events) == 1


def test_a_short_without_money_is_liquidated_and_the_book_lives_on() -> None:
    moves = np.full(200, 0.004)
    moves[::2] = -0.002
    moves[150:] = 0.01
    path = np.cumprod(1 + moves)
    made = market_of({"BTC": 1e4 * path, "SOL": 50 * path**1.2})
    found = run(made, held=book(spot("SOL", 1000)), collateral="15000USDT", rebalance="calendar:1000")
    measured = effectiveness(found)
    assert measured.liquidations >= 1
    assert found.totals["liquidation"] < 0
    assert measured.least_distance < 0.4
    assert found.spot_usd[-1] > found.spot_usd[0]


def test_margin_is_added_before_it_is_too_late_and_is_no_profit() -> None:
    moves = np.full(200, 0.004)
    moves[::2] = -0.002
    moves[120:] = 0.02
    path = np.cumprod(1 + moves)
    made = market_of({"BTC": 1e4 * path, "SOL": 50 * path**1.2})
    found = run(made, held=book(spot("SOL", 1000)), rebalance="calendar:1000")
    deposits = [e for e in found.events if e.kind == "deposit"]
    assert len(deposits) > 1
    assert effectiveness(found).liquidations == 0
    assert found.nav_usd[-1] - found.spot_usd[0] - sum(e.usd for e in deposits) == pytest.approx(
        found.gained_usd[-1]
    )


def test_what_was_refused_was_not_traded_and_a_liquidation_is_no_trade() -> None:
    """A rally takes the hedge, and what is left of the money is too little for another: nothing trades after that."""
    path = np.cumprod(1 + np.where(np.arange(200) < 120, 0.004 * (-1.0) ** np.arange(200), 0.05))
    made = market_of({"BTC": 1e4 * path, "SOL": 50 * path})
    found = run(
        made, held=book(spot("SOL", 1000)), collateral="12000USDT", instruments=("BTCUSDT",), rebalance="band"
    )
    kinds = Counter(e.kind for e in found.events)
    assert min(kinds["trade"], kinds["liquidation"], kinds["refused"]) > 0
    trades = [e for e in found.events if e.kind == "trade"]
    dollars = sum(abs(e.contracts) * float(made.prices[list(made.times).index(e.time), 0]) for e in trades)
    assert found.traded_usd.sum() == pytest.approx(dollars, rel=1e-9)
    measured = effectiveness(found, intervals=False)
    assert measured.cost_a_year > 0.0
    assert measured.cost_a_year * measured.size_usd * found.years == pytest.approx(
        -sum(e.usd for e in trades)
    )
    ended = [e for e in found.events if e.kind == "liquidation"]
    assert measured.liquidation_usd == pytest.approx(sum(e.usd for e in ended))
    told = befallen(found)
    assert str(ended[0].time - np.timedelta64(1, "ms"))[:10] in told[0]
    assert f"{kinds['refused']:,} order" in told[1]
    assert "margin" in told[1]


def test_what_cannot_be_tested_says_so() -> None:
    with pytest.raises(UsageError, match="open contracts"):
        run(held=book(spot("SOL", 1), open_contract(contract(), "-1", 60_000)))
    with pytest.raises(NotEnoughData, match="NOPE"):
        run(held=book(spot("NOPE", 1)))
    with pytest.raises(NotEnoughData, match="no bar is left"):
        run(beta_market(BETAS, LAST, days=60))


@pytest.mark.parametrize("rule", ["band", "band:0.02", "calendar:14", "stderr:1", "fixed:5"])
def test_every_rule_runs(rule: str) -> None:
    found = run(rebalance=rule)
    assert effectiveness(found).variance_removed.middle > 0.6


def test_two_factors_and_a_basket_run() -> None:
    both = run(factor="BTC,ETH", target_beta=(0.2, 0.0))
    assert both.before_usd.shape == (len(both.times), 2)
    assert effectiveness(run(instruments=2, own=True)).variance_removed.middle > 0.7


def test_a_basket_that_is_chosen_anew_stays_where_nothing_better_pays() -> None:
    """Chosen every week it trades about as often as its beta asks for, and never in and out of a contract."""
    asked = Policy(instruments=2, own=True, rebalance="calendar:7")
    often = BacktestSettings(choose_days=7.0)
    found = backtest(asked, rows(), history(), lambda _: contracts()[:2], settings=often)
    assert effectiveness(found).variance_removed.middle > 0.7
    trades = [e for e in found.events if e.kind == "trade"]
    held: dict[str, float] = {}
    for event in trades:
        before = held.get(event.instrument, 0.0)
        held[event.instrument] = before + event.contracts
        assert held[event.instrument] * before >= 0.0
    first = sum(abs(e.contracts * e.price) for e in trades if e.time == trades[0].time)
    later = sum(abs(e.contracts * e.price) for e in trades if e.time != trades[0].time)
    assert 0.0 < later < first * len(found.times) / 7 * 0.15


def test_margin_and_funding_are_on_marks_and_profit_on_closes() -> None:
    """A spike of the mark alone liquidates; one of the last price alone does not; every bar closes either way."""
    made = history()
    at = 150
    spiked = made.prices.copy()
    spiked[at, 0] *= 6.0
    marks = replace(made, prices=spiked)
    asked = Policy(collateral="400000USDT", rebalance="calendar:1000", instruments=("BTCUSDT",))
    plain, called, wild = (
        backtest(asked, rows(), market, lambda _: contracts(), marks=mark)
        for market, mark in ((made, None), (made, marks), (replace(made, prices=spiked), made))
    )
    liquidated = [[e for e in r.events if e.kind == "liquidation"] for r in (plain, called, wild)]
    assert [bool(events) for events in liquidated] == [False, True, False]
    assert str(liquidated[1][0].time) == str(made.times[at])
    doubled = replace(made, prices=made.prices * 2.0)
    paid = backtest(asked, rows(), made, lambda _: contracts(), marks=doubled)
    first = [next(e.usd for e in r.events if e.kind == "funding") for r in (plain, paid)]
    assert first[1] == pytest.approx(2 * first[0], rel=1e-6)
