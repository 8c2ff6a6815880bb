"""Options at the venue: premium in coins, fees with their cap, margin of sold ones, ticks, exercise at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.venue.desk import ME, codes, fills, levels, place, run

from hedgerow.exchange.venue import (
    Configured,
    Credited,
    Listed,
    Marked,
    Passed,
    Quoted,
    VenueState,
    balances_of,
    cross_equity,
    cross_maintenance,
    free_coins,
    holdings_of,
)
from hedgerow.hedge.options.legs import OptionLeg, OptionPosition
from hedgerow.model.instruments import Instrument
from hedgerow.model.legs import Leg, coins_of
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.model.option_contracts import option_contract, tick_at
from hedgerow.stats.black import implied_volatility
from hedgerow.stats.margin.options import delivered, option_fee, short_margin

ENDS = np.datetime64("2026-02-27T08:00", "ms")
ENDS_MS = int(datetime(2026, 2, 27, 8, tzinfo=UTC).timestamp() * 1000)
SPOT = Decimal(60_000)


def chain(settle: str = "BTC") -> OptionChain:
    as_of = np.datetime64("2026-01-28T08:00", "ms")
    return OptionChain("deribit", "BTC", settle, as_of, 60_000.0, Decimal("0.1"), ())


def option(strike: int, side: str, settle: str = "BTC") -> Instrument:
    quote = OptionQuote(f"BTC-27FEB26-{strike}-{side}", ENDS, strike, side == "C", 0.0, 0.0, 0.0, 60_000.0)
    return option_contract(chain(settle), quote)


PUT, CALL = option(54_000, "P"), option(67_000, "C")


def opened(
    instrument: Instrument = PUT, coins: str = "1", bid: str = "0.0220", ask: str = "0.0230"
) -> VenueState:
    """One option with a mark between its quotes, 5 units on either side, and an account with coins."""
    middle = (Decimal(bid) + Decimal(ask)) / 2
    return run(
        VenueState(),
        Listed(0, instrument),
        Marked(0, {instrument.name: middle}, {instrument.name: SPOT}),
        Quoted(0, instrument.name, levels((bid, 5)), levels((ask, 5))),
        Credited(0, ME, instrument.settle, Decimal(coins)),
    )[0]


def wallet(state: VenueState, coin: str = "BTC") -> Decimal:
    return state.account(ME).wallet(coin)


def test_premium_and_fee_leave_the_wallet_in_coins() -> None:
    """By hand: 2 × 0.023 of premium, 2 × 0.0003 of fee; the worth of the option carries nothing."""
    state, seen = run(opened(), place(1, "a", "2", instrument=PUT))
    (fill,) = fills(seen)
    assert (fill.price, fill.fee) == (Decimal("0.0230"), Decimal("0.0006"))
    assert wallet(state) == Decimal(1) - Decimal("0.0466")
    (held,) = holdings_of(state, state.account(ME), PUT)
    assert (held.quantity, held.entry, held.liquidation) == (Decimal(2), Decimal("0.023"), None)
    assert held.unrealised == Decimal("-0.001")
    assert cross_equity(state.listings, state.account(ME), "BTC") == wallet(state)
    assert cross_maintenance(state.listings, state.account(ME), "BTC") == 0
    (balance,) = balances_of(state, state.account(ME))
    assert (balance.total, balance.free, balance.unrealised) == (wallet(state), wallet(state), Decimal(0))
    state, _ = run(state, place(2, "b", "-2", instrument=PUT))
    assert wallet(state) == Decimal(1) - Decimal("0.0466") + Decimal("0.044") - Decimal("0.0006")
    assert state.account(ME).leg(PUT.name) is None


def test_no_fee_is_more_than_an_eighth_of_the_premium() -> None:
    cheap = opened(bid="0.0001", ask="0.0004")
    _, seen = run(cheap, place(1, "a", "1", instrument=PUT))
    assert fills(seen)[0].fee == Decimal("0.00005")
    dollars = option(54_000, "P", "USDC")
    assert option_fee(dollars, Decimal(-2), Decimal(900), SPOT, dollars.taker_fee) == Decimal(60)
    assert option_fee(dollars, Decimal(2), Decimal(80), SPOT, dollars.taker_fee) == Decimal(20)


@pytest.mark.parametrize("settle", ["BTC", "USDC"])
@pytest.mark.parametrize("strike", [40_000, 54_000, 60_000, 67_000, 200_000])
@pytest.mark.parametrize("side", ["P", "C"])
def test_margin_of_a_sold_one_is_that_of_the_comparison(settle: str, strike: int, side: str) -> None:
    """`hedge.options.legs` counts the same rule in floats, by another road; in dollars it is that times the index."""
    sold, call = option(strike, side, settle), side == "C"
    exercise = max(60_000 - strike if call else strike - 60_000, 0)
    mark = (exercise + 2_400) / 60_000
    years = chain().years(ENDS)
    sigma = float(implied_volatility(mark * 60_000, 60_000, strike, years, call).volatility)
    quote = OptionQuote(sold.symbol, ENDS, strike, call, mark, mark, mark, 60_000.0)
    there = OptionPosition(chain(), (OptionLeg(quote, Decimal(-3), mark, sigma),))
    one = Decimal(repr(mark)) * (1 if settle == "BTC" else SPOT)
    unit = 60_000.0 if settle == "BTC" else 1.0
    initial = short_margin(sold, Decimal(-3), one, SPOT, initial=True)
    kept = short_margin(sold, Decimal(-3), one, SPOT, initial=False)
    assert float(initial) * unit == pytest.approx(there.initial_margin_usd(), rel=1e-9)
    needed = there.needed_usd(0.0) - there.premium_usd - there.fee_usd
    assert float(kept) * unit == pytest.approx(needed, rel=1e-9)


def test_a_call_is_sold_only_where_its_margin_is_there() -> None:
    """2 × (max(0.15 − 7,000 ÷ 60,000, 0.1) + mark), the premium received and the fee off."""
    state, seen = run(opened(CALL, "0.19"), place(1, "a", "-2", instrument=CALL))
    assert codes(seen) == ["margin"]
    state, seen = run(opened(CALL, "0.21"), place(1, "a", "-2", instrument=CALL))
    assert wallet(state) == Decimal("0.21") + Decimal("0.044") - Decimal("0.0006")
    account = state.account(ME)
    free = free_coins(state.listings, account, "BTC", [], state.rules)
    assert free == wallet(state) - 2 * (Decimal("0.1") + Decimal("0.0225"))
    assert cross_maintenance(state.listings, account, "BTC") == 2 * (Decimal("0.075") + Decimal("0.0225"))
    _, seen = run(state, Credited(2, ME, "BTC", -free - Decimal("0.001")))
    assert codes(seen) == ["margin"]


def test_a_bought_one_gives_no_relief_and_premium_must_be_there() -> None:
    _, seen = run(opened(coins="0.0465"), place(1, "a", "2", instrument=PUT))
    assert codes(seen) == ["margin"]
    state, seen = run(opened(coins="0.0466"), place(1, "a", "2", instrument=PUT))
    assert (len(fills(seen)), wallet(state)) == (1, Decimal(0))


def test_prices_are_in_ticks_that_widen_from_five_thousandths() -> None:
    assert (tick_at(PUT, Decimal("0.0049")), tick_at(PUT, Decimal("0.005"))) == (
        Decimal("0.0001"),
        Decimal("0.0005"),
    )
    _, seen = run(opened(), place(1, "a", "1", "0.0221", instrument=PUT))
    assert codes(seen) == ["tick"]
    _, seen = run(opened(), place(1, "a", "1", "0.0225", instrument=PUT, kind="post_only"))
    assert codes(seen) == [""]
    _, seen = run(opened(), place(1, "a", "1", "0.0230", instrument=PUT, kind="post_only"))
    assert codes(seen) == ["post_only"]
    _, seen = run(opened(), place(1, "a", "0.05", instrument=PUT))
    assert codes(seen) == ["lot"]
    _, seen = run(opened(), Configured(1, ME, PUT.name, "isolated", None))
    assert codes(seen) == ["not_offered"]


@pytest.mark.parametrize(
    ("instrument", "units", "index", "paid", "fee"),
    [
        (PUT, "2", 45_000, Decimal("0.4"), Decimal("0.0003")),
        (PUT, "2", 53_950, 2 * Decimal("0.000926784059"), 2 * Decimal("0.000115848007")),
        (PUT, "2", 60_000, Decimal(0), Decimal(0)),
        (CALL, "-2", 83_750, Decimal("-0.4"), Decimal("0.0003")),
        (option(54_000, "P", "USDC"), "2", 45_000, Decimal(18_000), Decimal("13.5")),
    ],
)
def test_exercise_at_the_end(
    instrument: Instrument, units: str, index: int, paid: Decimal, fee: Decimal
) -> None:
    """At the average of the index over the last half hour: 9,000 ÷ 45,000 coins a put; the fee 0.015 %, an eighth at most."""
    coin = instrument.settle
    quotes = ("0.0220", "0.0230") if coin == "BTC" else ("1320", "1380")
    state, _ = run(opened(instrument, "100000", *quotes), place(1, "a", units, instrument=instrument))
    before = wallet(state, coin)
    state, seen = run(
        state,
        Marked(ENDS_MS - 3_600_000, {}, {instrument.name: Decimal(index)}),
        Passed(ENDS_MS),
    )
    (fill,) = fills(seen)
    assert fill.kind == "settlement"
    assert wallet(state, coin) - before == pytest.approx(paid - fee, abs=Decimal("1e-9"))
    assert state.account(ME).leg(instrument.name) is None
    _, seen = run(state, place(ENDS_MS + 1, "b", "1", instrument=instrument))
    assert codes(seen) == ["not_tradable"]


def test_a_rally_closes_a_sold_call_and_leaves_the_put() -> None:
    both = run(
        opened(CALL, "0.25"),
        Listed(0, PUT),
        Marked(0, {PUT.name: Decimal("0.0225")}, {PUT.name: SPOT}),
        Quoted(0, PUT.name, levels(("0.0220", 5)), levels(("0.0230", 5))),
        place(1, "a", "1", instrument=PUT),
        place(1, "b", "-1.5", instrument=CALL),
    )[0]
    assert both.account(ME).leg(CALL.name) is not None
    state, seen = run(both, Marked(2, {CALL.name: Decimal("0.12")}, {CALL.name: Decimal(70_000)}))
    (fill,) = fills(seen)
    assert (fill.instrument, fill.kind, fill.quantity) == (CALL.name, "liquidation", Decimal("1.5"))
    assert state.account(ME).leg(PUT.name) is not None
    assert wallet(state) > 0


trades = st.lists(st.tuples(st.integers(-20, 20).filter(bool), st.integers(2, 400)), min_size=1, max_size=12)


@given(trades, st.integers(20_000, 120_000))
def test_coins_in_all_are_premiums_fees_and_exercise(path: list[tuple[int, int]], index: int) -> None:
    """Whatever was bought and sold on the way: exactly, to the last digit; and `Leg` folds the fills to the same coins."""
    state, premiums, fees = opened(coins="1000"), Decimal(0), Decimal(0)
    leg, told = Leg(PUT), Decimal(0)
    units = Decimal(0)
    for at, (lots, ticks) in enumerate(path, 1):
        price, traded = Decimal(ticks) * Decimal("0.0005"), Decimal(lots) / 10
        state, seen = run(
            state,
            Quoted(at, PUT.name, levels((price, 9)), levels((price + Decimal("0.0005"), 9))),
            Marked(at, {PUT.name: price}, {PUT.name: SPOT}),
            place(at, f"o{at}", str(traded), instrument=PUT),
        )
        for fill in fills(seen):
            premiums += coins_of(fill.quantity * fill.price)
            fees, units = fees + fill.fee, units + fill.quantity
            leg, realised = leg.traded(fill.quantity, fill.price)
            told += realised
    assert wallet(state) == 1000 - premiums - fees
    assert told - leg.paid == -premiums
    state, seen = run(state, Marked(ENDS_MS - 3_600_000, {}, {PUT.name: Decimal(index)}), Passed(ENDS_MS))
    fees += sum((fill.fee for fill in fills(seen)), Decimal(0))
    exercise = coins_of(units * coins_of(delivered(PUT, Decimal(index))))
    assert wallet(state) == 1000 - premiums - fees + exercise
    assert replace(state.account(ME), legs={}) == state.account(ME)
