"""Every kind of contract through time: rolled before it ends, settled where it is not, taken where the venue takes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.hedge.books import book, contract, spot
from tests.runs.test_backtest import BETAS, LAST, prints, rows, until

from hedgerow.hedge.estimation import Override
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import undated
from hedgerow.hedge.rolls import expiry_of
from hedgerow.model.errors import UnknownSymbol, UsageError
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.journal import Happened, RunResult
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.runs import BacktestSettings, Deleverage, backtest
from hedgerow.runs.past import Catalogue
from hedgerow.runs.prices import Prices
from hedgerow.runs.twin import twin
from hedgerow.testing import beta_market, market_of
from hedgerow.venues.catalogue import catalogue

KINDS = ("BTCUSDT", "BTCUSD_PERP", "ETHUSD_QUANTO", "BTCUSDT_QUARTER", "BTCUSD_QUARTER", "ETHUSDT_QUARTER")
DATED = tuple(name for name in KINDS if name.endswith("QUARTER"))


@cache
def history() -> Market:
    """From the first of January 2025: two quarterly expiries after the start-up window."""
    made = beta_market(BETAS, LAST, days=300, seed=3)
    return replace(made, funding={"BTC": prints(made), "ETH": prints(made, 0.0002)})


def run(
    name: str,
    market: Market | None = None,
    held: Portfolio | None = None,
    known: Catalogue = catalogue,
    times: BacktestSettings | None = None,
    **policy: Any,
) -> RunResult:
    if market is None and held is None and known is catalogue and times is None:
        return _usual(name, tuple(policy.items()))
    asked = Policy(**{"rebalance": "threshold:0.05", "instruments": (name,)} | policy)
    return backtest(asked, held or rows(), market or history(), known, settings=times)


@cache
def _usual(name: str, policy: tuple[tuple[str, Any], ...]) -> RunResult:
    return run(name, history(), **dict(policy))


def of_kind(found: RunResult, kind: str) -> list[Happened]:
    return [e for e in found.events if e.kind == kind]


@pytest.mark.parametrize("name", KINDS)
def test_attribution_closes_on_every_bar_for_each_kind_of_contract(name: str) -> None:
    found = run(name)
    missed = np.abs(found.lines[1:].sum(axis=1) - np.diff(found.gained_usd))
    assert missed.max() < 1e-9 * np.abs(found.nav_usd).max()
    assert of_kind(found, "trade")
    assert abs(found.totals["beta_hedge"]) > 1_000.0


@pytest.mark.parametrize("name", KINDS)
def test_alpha_and_beta_of_spot_are_what_the_book_gained_alone(name: str) -> None:
    """Whatever the margin is in: what its coins did is the hedge's, with everything else that is not the book's."""
    found = run(name)
    own = [found.line_names.index(line) for line in ("alpha", "beta_spot", "rebalance")]
    alone = found.lines[1:, own].sum(axis=1)
    np.testing.assert_allclose(alone, np.diff(found.unhedged_usd), atol=1e-9 * np.abs(found.nav_usd).max())
    in_coin = name in {"BTCUSD_PERP", "ETHUSD_QUANTO", "BTCUSD_QUARTER"}
    assert (abs(found.totals["collateral"]) > 100.0) == in_coin


@pytest.mark.parametrize("name", ["BTCUSDT", "ETHUSDT", "BTCUSD_PERP"])
def test_where_one_series_prices_coin_and_contract_there_is_no_basis(name: str) -> None:
    """What ETH did beside BTC is the hedge's own alpha; of the factor's own coin there is none."""
    found = run(name)
    small = 1e-9 * np.abs(found.nav_usd).max()
    basis, apart = (found.lines[:, found.line_names.index(line)] for line in ("basis", "alpha_hedge"))
    assert np.abs(basis).max() < small
    assert (np.abs(apart).max() > 1e4 * small) == (name == "ETHUSDT")


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_contract_keeps_the_dollar_beta_within_its_limit(name: str) -> None:
    """After the first trade what is left is within the threshold and a lot, margin in coin counted."""
    found = run(name, rebalance="calendar:1")
    size = np.abs(found.spot_usd).max()
    assert np.abs(found.after_usd).max() < 0.01 * size
    assert np.abs(found.book_beta_usd).min() > 0.2 * size


@pytest.mark.parametrize("name", KINDS)
def test_truncating_the_future_changes_nothing_in_the_past(name: str) -> None:
    """Cut a day before an expiry, on it, and a day after."""
    whole = run(name)
    for bars in (177, 178, 250):
        short = run(name, until(history(), bars))
        np.testing.assert_array_equal(whole.nav_usd[: len(short.times)], short.nav_usd)
        np.testing.assert_array_equal(whole.lines[: len(short.times)], short.lines)
        assert [e for e in whole.events if e.time <= short.times[-1]] == list(short.events)


@pytest.mark.parametrize("name", KINDS)
def test_the_order_of_assets_does_not_matter(name: str) -> None:
    other = Portfolio(tuple(reversed(rows().positions)), "test")
    assert run(name, held=other).gained_usd == pytest.approx(run(name).gained_usd, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("name", KINDS)
def test_hedging_an_already_hedged_book_trades_nothing(name: str) -> None:
    """A hedge that stands is left alone: its contracts and its margin are in the book that is looked at next."""
    still = replace(beta_market(BETAS, LAST, days=160, volatility=0.0001, own=0.00001, seed=1), funding={})
    found = run(name, still)
    assert len({e.time for e in of_kind(found, "trade")}) == 1
    assert not of_kind(found, "refused")


@pytest.mark.parametrize("name", DATED)
def test_a_contract_is_rolled_in_time_and_no_interval_lies_beyond_its_expiry(name: str) -> None:
    found = run(name)
    ends = {
        e.instrument: np.datetime64(f"20{e.instrument[-6:-4]}-{e.instrument[-4:-2]}-{e.instrument[-2:]}T08")
        for e in found.events
        if e.kind in {"trade", "roll"}
    }
    assert len(ends) > 2
    for event in found.events:
        if event.instrument in ends:
            assert event.time < ends[event.instrument] - np.timedelta64(23, "h")
            assert event.kind in {"trade", "roll", "refused"}
    assert not of_kind(found, "funding")
    assert not of_kind(found, "settled")


@pytest.mark.parametrize("name", DATED)
def test_a_roll_is_one_step_with_a_cost_and_no_price_profit_of_its_own(name: str) -> None:
    found = run(name)
    rolls = of_kind(found, "roll")
    assert len(rolls) >= 4
    for near, far in zip(rolls[::2], rolls[1::2], strict=True):
        assert near.time == far.time
        assert near.contracts == -far.contracts
        assert near.instrument < far.instrument
        assert near.note == far.note != ""
    dollars = sum(e.usd for e in rolls)
    assert found.totals["roll"] == pytest.approx(dollars)
    assert found.totals["fees"] + found.totals["slippage"] == pytest.approx(
        sum(e.usd for e in of_kind(found, "trade"))
    )
    turned = sum(abs(e.contracts) * (e.price if "USDT" in name else 100.0) for e in rolls)
    assert -0.002 < dollars / turned < -0.0005


def test_a_short_rolls_early_for_its_carry_and_a_long_at_the_last() -> None:
    short, long = run("BTCUSDT_QUARTER"), run("BTCUSDT_QUARTER", target_beta=(2.0,))
    days = [
        {(np.datetime64("2025-06-27T08") - e.time) / np.timedelta64(1, "D") for e in of_kind(r, "roll")[:2]}
        for r in (short, long)
    ]
    assert min(days[0]) > 7.0
    assert 1.0 <= max(days[1]) <= 7.0
    assert "carry" in of_kind(short, "roll")[0].note
    assert "before expiry" in of_kind(long, "roll")[0].note


def only(month: int, day: int, payoff: Payoff = Payoff.LINEAR) -> Instrument:
    """A dated contract and nothing to roll it into."""
    linear = payoff is Payoff.LINEAR
    kind = contract(
        f"BTC{'USDT' if linear else 'USD'}_25{month:02}{day:02}",
        "BTC",
        payoff,
        "1" if linear else "100",
        "0.001" if linear else "1",
    )
    return replace(kind, expiry=datetime(2025, month, day, 8, tzinfo=UTC), funding_interval_hours=None)


@pytest.mark.parametrize("payoff", [Payoff.LINEAR, Payoff.INVERSE])
def test_what_is_not_rolled_settles_on_the_averaged_index_and_is_gone(payoff: Payoff) -> None:
    """By hand: at 08:00, on the line between the closes around it, half an hour's mean: 7:45 of 24 hours."""
    ends, later = only(6, 27, payoff), only(9, 26, payoff)

    def known(market: Market) -> tuple[Instrument, ...]:
        """The next contract is listed only once this one has ended: there is nothing to roll into."""
        return (contract(), ends if market.as_of < np.datetime64("2025-06-27T08") else later)

    made = history()
    made = until(made, 178)
    found = run(undated(ends.symbol), made, known=known)
    settled = of_kind(found, "settled")
    assert len(settled) == 1
    row = int(np.flatnonzero(made.times == settled[0].time)[0])
    assert str(settled[0].time) == "2025-06-28T00:00:00.000"
    before, after = made.prices[row - 1, 0], made.prices[row, 0]
    assert settled[0].price == pytest.approx(before + (after - before) * 7.75 / 24.0)
    size = abs(settled[0].contracts) * float(ends.multiplier)
    assert settled[0].usd == pytest.approx(
        -0.0005 * size * (settled[0].price if payoff is Payoff.LINEAR else after / settled[0].price)
    )
    assert not of_kind(found, "roll")
    assert not [e for e in found.events if e.time > settled[0].time and e.instrument == ends.symbol]
    anew = [e for e in of_kind(found, "trade") if e.time == settled[0].time]
    assert [e.instrument for e in anew] == [later.symbol]
    assert abs(found.after_usd[-1, 0]) < 0.06 * found.spot_usd[-1]
    missed = np.abs(found.lines[1:].sum(axis=1) - np.diff(found.gained_usd))
    assert missed.max() < 1e-9 * np.abs(found.nav_usd).max()


def test_prices_of_dated_contracts_are_derived_as_said_and_end_with_them() -> None:
    made = history()
    prices = Prices(made.times, made)
    ends = only(9, 26)
    series, bar = prices.last(ends), prices.ends(ends)
    assert bar is not None
    years = (np.datetime64("2025-09-26T08", "ms") - made.times) / np.timedelta64(365, "D")
    carry = 0.0001 * 3 * 365
    assert series[100] == pytest.approx(made.prices[100, 0] * np.exp(carry * years[100]))
    assert made.prices[bar - 1, 0] < series[bar - 1]
    assert np.isnan(series[bar + 1 :]).all()
    assert np.isfinite(series[: bar + 1]).all()
    assert set(prices.derived) == {ends.symbol}
    assert prices.due(ends, 100) == []
    assert expiry_of(ends) == np.datetime64("2025-09-26T08", "ms")


def test_a_contract_with_a_series_of_its_own_is_not_derived() -> None:
    made = history()
    ends = only(9, 26)
    own = made.prices[:, :1] * 1.01
    known = replace(
        made,
        symbols=(*made.symbols, ends.symbol),
        prices=np.hstack([made.prices, own]),
        volumes_usd=np.hstack([made.volumes_usd, made.volumes_usd[:, :1]]),
    )
    prices = Prices(known.times, known)
    assert prices.last(ends)[50] == pytest.approx(1.01 * made.prices[50, 0])
    assert not prices.derived


@pytest.mark.parametrize("name", KINDS)
def test_what_is_derived_is_said(name: str) -> None:
    found = run(name)
    said = [note for note in found.notes if note.startswith("Derived, not measured")]
    traded = {e.instrument for e in found.events if e.kind in {"trade", "roll"}}
    assert bool(said) == (name != "BTCUSDT")
    assert set(found.derived) == (traded if said else set())
    assert all(symbol in said[0] for symbol in found.derived)
    assert not [note for note in found.notes if "No funding" in note]


@pytest.mark.parametrize("share", [0.4, 1.0])
@pytest.mark.parametrize("name", ["BTCUSDT", "BTCUSD_PERP", "BTCUSDT_QUARTER"])
def test_what_the_venue_takes_is_put_back_at_the_next_review(name: str, share: float) -> None:
    when = np.datetime64("2025-05-10T13:00", "ms")
    script = BacktestSettings(deleveraged=(Deleverage(when, share),))
    found, plain = run(name, times=script), run(name)
    taken = of_kind(found, "deleveraged")
    assert len(taken) == 1
    assert str(taken[0].time)[:10] == "2025-05-11"
    t = int(np.flatnonzero(found.times == taken[0].time)[0])
    assert (
        np.abs(found.before_usd[t]) > 0.9 * share * np.abs(plain.book_beta_usd[t]) - 0.06 * found.spot_usd[t]
    )
    assert np.abs(found.after_usd[t]) < 0.06 * found.spot_usd[t]
    assert found.totals["liquidation"] == 0.0
    np.testing.assert_array_equal(found.nav_usd[:t], plain.nav_usd[:t])


def test_a_bankrupt_price_is_a_line_of_its_own_and_only_the_named_contract_is_taken() -> None:
    when = np.datetime64("2025-05-11T00:00", "ms")
    market = history()
    last = float(market.prices[int(np.flatnonzero(market.times == when)[0]), 0])
    script = (Deleverage(when, 0.5, "BTCUSDT", last * 1.1), Deleverage(when, 1.0, "ETHUSDT"))
    found = run("BTCUSDT", times=BacktestSettings(deleveraged=script))
    taken = of_kind(found, "deleveraged")
    assert len(taken) == 1
    assert taken[0].usd == pytest.approx(-taken[0].contracts * 0.1 * last)
    assert found.totals["liquidation"] == pytest.approx(taken[0].usd)


TIERS = (MarginTier(0.0, 0.004, 125.0), MarginTier(20_000.0, 0.05, 20.0), MarginTier(60_000.0, 0.10, 10.0))


def test_a_rally_liquidates_the_hedge_in_parts_and_the_line_says_what_it_cost() -> None:
    moves = np.full(240, 0.004)
    moves[::2] = -0.002
    moves[150:170] = 0.02
    path = np.cumprod(1 + moves)
    made = market_of({"BTC": 1e4 * path, "SOL": 50 * path**1.2})
    tiered = replace(contract(), tiers=TIERS)
    found = run(
        "BTCUSDT",
        made,
        held=book(spot("SOL", 1000)),
        known=lambda _: (tiered,),
        collateral="16000USDT",
        rebalance="calendar:1000",
    )
    cut = of_kind(found, "liquidation")
    opened = -of_kind(found, "trade")[0].contracts
    assert 0 < cut[0].contracts < opened
    assert sum(e.contracts for e in cut) <= opened + 1e-9
    assert found.totals["liquidation"] == pytest.approx(sum(e.usd for e in cut)) != 0.0
    first = int(np.flatnonzero(found.times == cut[0].time)[0])
    assert found.lines[first, found.line_names.index("liquidation")] == pytest.approx(
        sum(e.usd for e in cut if e.time == cut[0].time)
    )


def test_TV15c_collateral_in_coin_is_counted_once(vectors: dict[str, Any]) -> None:
    """Half a bitcoin of margin is hedged with the alts: 1,800 contracts, not 1,500; and once it is there, no more."""
    v = vectors["TV15c_inverse_with_collateral"]
    still = market_of({"BTC": _around(v["S"]), "SOL": _around(100.0, v["beta"])})
    inverse = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
    found = run(
        "BTCUSD_PERP",
        still,
        held=book(spot("SOL", v["V_alt"] / 100.0)),
        known=lambda _: (replace(inverse, tiers=(MarginTier(0.0, 0.004, 125.0),)),),
        collateral=f"{v['collateral_btc']}BTC",
        estimator="ols:60",
        overrides={"SOL": Override(v["beta"])},
    )
    trades = of_kind(found, "trade")
    assert trades[0].contracts == pytest.approx(v["contracts_including_collateral"], abs=2)
    assert len(trades) == 1
    deposits = of_kind(found, "deposit")
    assert [e.usd for e in deposits] == [pytest.approx(v["collateral_btc"] * v["S"], rel=1e-3)]


def _around(price: float, beta: float = 1.0) -> np.ndarray:
    """A price that goes to and fro by a hundredth of a per cent."""
    return price * (1.0 + beta * 1e-4 * np.sin(np.arange(150)))


def test_margin_in_coin_is_beta_of_the_coin_and_its_profit_is_fx() -> None:
    found = run("BTCUSD_PERP")
    assert abs(found.totals["fx"]) > 1.0
    assert abs(found.totals["collateral"]) > 1.0  # the margin's own move stays on the hedge's side
    assert found.totals["beta_spot"] == pytest.approx(run("BTCUSDT").totals["beta_spot"], rel=1e-9)
    assert not of_kind(found, "liquidation")


def test_names_that_cannot_be_run_say_what_to_do() -> None:
    with pytest.raises(UnknownSymbol, match="BTCUSDT_301227"):
        run("BTCUSDT_301227")
    with pytest.raises(UsageError, match="margined in BTC, and the collateral is USDT"):
        run("BTCUSD_PERP", collateral="1000USDT")
    listed = {c.symbol for c in catalogue(until(history(), 91))}
    first = next(s for s in listed if s.startswith("BTCUSDT_"))
    assert of_kind(run(first), "roll")


@pytest.mark.parametrize("name", [n for n in KINDS if n != "BTCUSDT"])
def test_the_twin_refuses_them_by_name(name: str) -> None:
    names = (name,)
    with pytest.raises(
        UsageError, match=r"contracts other than linear perpetuals|other than one contract on each"
    ):
        twin(Policy(instruments=names), rows(), history(), catalogue)
    script = BacktestSettings(deleveraged=(Deleverage(history().times[200]),))
    with pytest.raises(UsageError, match="a script of what the venue takes"):
        twin(Policy(instruments=("BTCUSDT",)), rows(), history(), catalogue, settings=script)


def test_a_dated_contract_is_a_candidate_only_where_it_is_named() -> None:
    """Nobody's default run rests on prices that were made up."""
    best = backtest(Policy(), rows(), history(), catalogue)
    assert not best.derived
    assert all(a.time <= b.time for a, b in pairwise(best.events))
    assert Decimal(0) not in {e.contracts for e in of_kind(best, "trade")}
