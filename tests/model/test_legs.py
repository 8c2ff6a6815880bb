"""Exact money: whatever the path, realised profit and open cost are what was paid, to the last digit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import contract

from hedgerow.model.errors import BrokenPromise
from hedgerow.model.instruments import Payoff
from hedgerow.model.legs import QUANTUM, ZERO, Leg, coins_of, value_of

LINEAR = contract()
INVERSE = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
QUANTO = replace(contract("ETHUSD", "ETH", Payoff.QUANTO, "0.000001", "1"), settle="BTC")

TRADES = st.lists(
    st.tuples(st.integers(-400, 400).filter(bool), st.integers(100_000, 900_000)), min_size=1, max_size=30
)


@given(st.sampled_from([LINEAR, INVERSE, QUANTO]), TRADES)
def test_no_coin_is_made_or_lost(instrument: Any, trades: list[tuple[int, int]]) -> None:
    sign = 1 if instrument.payoff is Payoff.INVERSE else -1
    leg, realised, paid = Leg(instrument), ZERO, ZERO
    for lots, tenths in trades:
        units, price = lots * Decimal("0.001"), Decimal(tenths) / 10
        paid += value_of(instrument, units, price)
        leg, gained = leg.traded(units, price)
        realised += gained
        assert realised == sign * (paid - leg.cost)
        assert (leg.cost > 0) == (leg.quantity > 0)
    assert leg.quantity == sum(lots for lots, _ in trades) * Decimal("0.001")
    last = Decimal(trades[-1][1]) / 10
    _, closing = leg.traded(-leg.quantity, last) if leg.quantity else (leg, ZERO)
    assert closing == leg.profit(last)


def test_TV15_inverse_profit_is_in_coin(vectors: dict[str, Any]) -> None:
    v = vectors["TV15_inverse"]
    leg, _ = Leg(INVERSE).traded(Decimal(v["N"]) * 100, Decimal(v["E"]))
    for move, coins in (("1.2", v["pnl_btc_long_up20"]), ("0.8", v["pnl_btc_long_dn20"])):
        assert float(leg.profit(Decimal(v["E"]) * Decimal(move))) == pytest.approx(coins, abs=1e-12)


def test_TV16_a_quanto_pays_in_its_settlement_coin(vectors: dict[str, Any]) -> None:
    v = vectors["TV16_quanto"]
    leg, _ = Leg(QUANTO).traded(Decimal(v["q"]), Decimal(3000))
    assert float(leg.profit(Decimal(3300))) == pytest.approx(v["pnl_btc"], abs=1e-12)
    assert leg.entry == 3000


def test_reducing_keeps_the_entry_and_turning_begins_at_the_price() -> None:
    leg, _ = Leg(LINEAR).traded(Decimal(2), Decimal(100))
    leg, gained = leg.traded(Decimal("-0.5"), Decimal(110))
    assert leg.entry == 100
    assert gained == 5
    leg, gained = leg.traded(Decimal(-2), Decimal(90))
    assert leg == Leg(LINEAR, Decimal("-0.5"), Decimal(-45))
    assert gained == -15
    leg, gained = leg.traded(Decimal("0.5"), Decimal(80))
    assert leg == Leg(LINEAR)
    assert gained == 5
    assert leg.entry is None


def test_an_average_entry_weighs_inverse_contracts_by_coins() -> None:
    leg, _ = Leg(INVERSE).traded(Decimal(100), Decimal(50_000))
    leg, _ = leg.traded(Decimal(100), Decimal(100_000))
    assert leg.entry is not None
    assert abs(leg.entry - Decimal(200) / Decimal("0.003")) < Decimal("0.0001")


def test_money_moves_in_whole_quanta() -> None:
    assert coins_of(Decimal(1) / 3) % QUANTUM == 0
    assert coins_of(Decimal("0.5e-12")) == 0
    assert coins_of(Decimal("1.5e-12")) == Decimal("2e-12")


@pytest.mark.parametrize("amount", ["1e17", "NaN", "Infinity"])
def test_what_cannot_be_kept_exactly_is_not_kept(amount: str) -> None:
    with pytest.raises(BrokenPromise, match=r"coins"):
        coins_of(Decimal(amount))
