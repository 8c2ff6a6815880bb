"""The exchange: money is neither made nor lost, orders are checked, and margin calls come at the formula's price."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import contract

from hedgerow.exchange import (
    Deleveraged,
    Deposited,
    Event,
    ExchangeState,
    Expired,
    Fill,
    FundingDue,
    FundingPaid,
    Liquidation,
    Marked,
    Ordered,
    Outcome,
    Refusal,
    Rules,
    equity,
    maintenance,
    step,
)
from hedgerow.model.instruments import Instrument, MarginTier, Payoff

LINEAR = contract()
INVERSE = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
QUANTO = replace(contract("ETHUSD", "ETH", Payoff.QUANTO, "0.000001", "1"), settle="BTC")
START = {"paper:BTCUSDT": 60000.0, "paper:BTCUSD_PERP": 60000.0, "paper:ETHUSD": 3000.0}


def run(events: list[Event], state: ExchangeState | None = None) -> tuple[ExchangeState, list[Outcome]]:
    state = state or ExchangeState()
    seen: list[Outcome] = []
    for event in events:
        state, outcomes = step(state, event)
        seen += outcomes
    return state, seen


def opened(instrument: Instrument, contracts: str, coins: float, **more: float) -> ExchangeState:
    """An account with one position at the starting marks."""
    state, outcomes = run(
        [Marked(START), Deposited(instrument.settle, coins), Ordered(instrument, Decimal(contracts), **more)]
    )
    assert isinstance(outcomes[0], Fill), outcomes
    return state


ORDERS = st.tuples(
    st.sampled_from([LINEAR, INVERSE, QUANTO]), st.integers(-40, 40).filter(bool), st.floats(0.0, 0.003)
)
MOVES = st.tuples(st.floats(0.97, 1.03), st.floats(-0.002, 0.002))


@given(st.lists(st.tuples(ORDERS, MOVES), min_size=1, max_size=12))
def test_money_is_neither_made_nor_lost(path: list[Any]) -> None:
    """Equity is deposits + positions × price moves − fees and slippage + funding, whatever the order of things."""
    state, _ = run([Marked(START), Deposited("USDT", 1e6), Deposited("BTC", 50.0)])
    expected = {"USDT": 1e6, "BTC": 50.0}
    for (instrument, size, slip), (move, rate) in path:
        lots = Decimal(size) * instrument.lot * (20 if instrument is not QUANTO else 100)
        state, outcomes = step(state, Ordered(instrument, lots, slip))
        for outcome in outcomes:
            if isinstance(outcome, Fill):
                lost = instrument.pnl(float(outcome.contracts), outcome.price, outcome.arrival)
                expected[instrument.settle] += lost - outcome.fee
                assert lost <= 1e-12
        moved = {name: price * move for name, price in state.marks.items()}
        for held in state.holdings:
            old, new = state.mark(held.instrument), moved[held.instrument.name]
            expected[held.instrument.settle] += held.instrument.pnl(float(held.contracts), old, new)
        state, outcomes = step(state, Marked(moved))
        assert outcomes == ()
        state, outcomes = step(state, FundingDue(instrument, rate, state.mark(instrument)))
        expected[instrument.settle] += sum(o.amount for o in outcomes if isinstance(o, FundingPaid))
    for settle, coins in expected.items():
        assert equity(state, state.account(settle)) == pytest.approx(coins, rel=1e-9, abs=1e-9)


def test_TV20_a_short_receives_positive_funding(vectors: dict[str, Any]) -> None:
    v = vectors["TV20_funding"]
    state = opened(LINEAR, str(v["short_qty"]), 1e5)
    _, paid = step(state, FundingDue(LINEAR, v["rate"], v["mark"]))
    assert isinstance(paid[0], FundingPaid)
    assert paid[0].amount == pytest.approx(v["cash_short"], rel=1e-12)
    inverse = opened(INVERSE, str(v["inverse_short_usd"] / 100), 10.0)
    _, paid = step(inverse, FundingDue(INVERSE, v["rate"], v["mark"]))
    assert paid[0].amount == pytest.approx(v["inverse_cash_btc"], rel=1e-12)  # type: ignore[union-attr]
    assert step(ExchangeState(), FundingDue(LINEAR, 0.01, 1.0))[1] == ()


def test_TV15_inverse_profit_is_in_coin(vectors: dict[str, Any]) -> None:
    v = vectors["TV15_inverse"]
    for move, coins in ((1.2, v["pnl_btc_long_up20"]), (0.8, v["pnl_btc_long_dn20"])):
        state = opened(INVERSE, str(v["N"]), 1.5)
        state, _ = step(state, Marked({"paper:BTCUSD_PERP": move * v["E"]}))
        fee = v["N"] * v["C"] / v["E"] * 0.0005
        assert equity(state, state.account("BTC")) == pytest.approx(1.5 + coins - fee, rel=1e-12)


@pytest.mark.parametrize("side", ["-1", "1"])
def test_a_call_comes_where_equity_meets_maintenance(side: str) -> None:
    state = opened(LINEAR, side, 20_000.0)
    wallet = state.account("USDT").wallet
    sign = float(side)
    price = (60_000.0 * sign - wallet) / (sign - 0.004)
    for factor, called in ((1 + sign * 1e-6, False), (1 - sign * 1e-6, True)):
        _, outcomes = step(state, Marked({"paper:BTCUSDT": price * factor}))
        assert bool(outcomes) is called


def test_a_large_position_is_cut_a_tier_at_a_time() -> None:
    tiers = (MarginTier(0.0, 0.004, 125.0), MarginTier(50_000.0, 0.05, 20.0))
    tiered = replace(LINEAR, tiers=tiers)
    state, _ = run([Marked(START), Deposited("USDT", 20_000.0), Ordered(tiered, Decimal(-2))])
    state, outcomes = step(state, Marked({"paper:BTCUSDT": 69_000.0}))
    assert len(outcomes) == 1
    first = outcomes[0]
    assert isinstance(first, Liquidation)
    assert Decimal(0) < first.contracts < Decimal(2)
    left = state.account("USDT").holdings[0]
    assert left.notional(69_000.0) <= 50_000.0
    assert equity(state, state.account("USDT")) >= maintenance(state, state.account("USDT"))
    assert state.insurance["USDT"] == pytest.approx(first.fee)


def test_the_fund_pays_what_a_gap_leaves_below_zero() -> None:
    state = opened(LINEAR, "-1", 5_000.0)
    state, outcomes = step(state, Marked({"paper:BTCUSDT": 90_000.0}))
    last = outcomes[-1]
    assert isinstance(last, Liquidation)
    assert last.shortfall > 0
    assert state.account("USDT").wallet == 0.0
    assert state.insurance["USDT"] == pytest.approx(-last.shortfall)


def test_spot_elsewhere_and_a_covered_inverse_short_are_not_the_same() -> None:
    covered = opened(INVERSE, "-600", 1.0)
    for price in (30_000.0, 90_000.0, 600_000.0):
        state, outcomes = step(covered, Marked({"paper:BTCUSD_PERP": price}))
        assert outcomes == ()
        dollars = equity(state, state.account("BTC")) * price
        assert dollars == pytest.approx(60_000.0, rel=0.01)


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ("0.0005", "multiple"),
        ("0", "multiple"),
        ("90", "margin"),
    ],
)
def test_orders_that_do_not_fit_are_refused(order: str, why: str) -> None:
    state, _ = run([Marked(START), Deposited("USDT", 10_000.0)])
    after, outcomes = step(state, Ordered(LINEAR, Decimal(order)))
    assert after == state
    assert isinstance(outcomes[0], Refusal)
    assert why in outcomes[0].reason


def test_limits_of_the_contract_hold() -> None:
    limited = replace(
        LINEAR, min_contracts=Decimal("0.01"), max_contracts=Decimal(2), min_notional=Decimal(1000)
    )
    state, _ = run([Marked(START), Deposited("USDT", 1e6)])
    for size, why in (("0.005", "minimum"), ("3", "maximum"), ("0.01", "worth less")):
        _, outcomes = step(state, Ordered(limited, Decimal(size)))
        assert isinstance(outcomes[0], Refusal)
        assert why in outcomes[0].reason


def test_going_through_zero_realises_and_opens_anew() -> None:
    state = opened(LINEAR, "1", 50_000.0)
    state, _ = step(state, Marked({"paper:BTCUSDT": 66_000.0}))
    state, _ = step(state, Ordered(LINEAR, Decimal(-3)))
    held = state.account("USDT").holdings[0]
    assert (held.contracts, held.entry) == (Decimal(-2), 66_000.0)
    fees = 60_000 * 0.0005 + 3 * 66_000 * 0.0005
    assert state.account("USDT").wallet == pytest.approx(50_000.0 + 6_000.0 - fees)


def test_entries_average_so_that_profit_is_kept() -> None:
    for instrument in (LINEAR, INVERSE):
        state = opened(instrument, "5", 1e6)
        state, _ = step(state, Marked({instrument.name: 66_000.0}))
        before = equity(state, state.account(instrument.settle))
        free = replace(instrument, taker_fee=Decimal(0))
        state, _ = step(state, Ordered(free, Decimal(7)))
        assert equity(state, state.account(instrument.settle)) == pytest.approx(before, rel=1e-12)


def test_expiry_settles_at_the_average_and_adl_at_the_bankrupt_price() -> None:
    state = opened(LINEAR, "-2", 50_000.0)
    settled, outcomes = step(state, Expired(LINEAR, 60_134.975))
    assert settled.holdings == ()
    fees = 2 * 60_000 * 0.0005 + 2 * 60_134.975 * 0.0005
    assert settled.account("USDT").wallet == pytest.approx(50_000 - 2 * 134.975 - fees)
    assert outcomes[0].contracts == Decimal(2)  # type: ignore[union-attr]
    reduced, _ = step(state, Deleveraged(LINEAR, 0.25, 50_000.0))
    assert reduced.account("USDT").holdings[0].contracts == Decimal("-1.5")
    assert reduced.account("USDT").wallet == pytest.approx(state.account("USDT").wallet + 0.5 * 10_000)


def test_every_holding_of_an_account_is_looked_at() -> None:
    """The order in which positions were opened does not matter to what is closed in all."""
    other = contract("ETHUSDT", "ETH")
    marks = {**START, "paper:ETHUSDT": 3000.0}
    ends = []
    for legs in ([(LINEAR, "-1"), (other, "-20")], [(other, "-20"), (LINEAR, "-1")]):
        orders: list[Event] = [Ordered(i, Decimal(n)) for i, n in legs]
        state, _ = run([Marked(marks), Deposited("USDT", 12_500.0), *orders])
        state, outcomes = step(state, Marked({"paper:BTCUSDT": 66_000.0, "paper:ETHUSDT": 3300.0}))
        ends.append((state.account("USDT").wallet, len(outcomes), len(state.holdings)))
    assert all(a == pytest.approx(b) for a, b in pairwise(ends))
    assert ends[0][1] >= 1


def test_rules_cap_the_leverage() -> None:
    tight = ExchangeState(rules=Rules(max_leverage=2.0))
    _, outcomes = run([Marked(START), Deposited("USDT", 40_000.0), Ordered(LINEAR, Decimal("1.5"))], tight)
    assert isinstance(outcomes[0], Refusal)
    _, outcomes = run([Marked(START), Deposited("USDT", 46_000.0), Ordered(LINEAR, Decimal("1.5"))], tight)
    assert isinstance(outcomes[0], Fill)
