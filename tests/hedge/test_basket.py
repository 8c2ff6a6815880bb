"""Baskets that stand: nothing is traded twice, what must go goes whole, and what the owner wants is left alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.hedge.books import book, contract, open_contract, spot
from tests.hedge.plans import simulated

from hedgerow.hedge.plan import HedgePlan
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import standing
from hedgerow.model.portfolio import Portfolio, Position

COINS = ("SOL", "DOGE", "ADA")


def spots() -> tuple[Position, ...]:
    """A hundred thousand dollars of each of three coins of the embedded market."""
    market, _ = simulated()
    return tuple(spot(s, round(1e5 / float(market.prices[-1, market.column(s)]))) for s in COINS)


def planned(*rows: Position, instruments: int | str = 4, **policy: object) -> HedgePlan:
    market, offered = simulated()
    asked = replace(Policy(instruments=instruments), **policy)  # type: ignore[arg-type]
    return asked.plan(book(*spots(), *rows), market, offered).plan


def opened(plan: HedgePlan) -> tuple[Position, ...]:
    """What a plan proposes, traded at its prices."""
    return tuple(
        open_contract(leg.instrument, str(leg.contracts * (-1 if leg.side == "sell" else 1)), leg.price_usd)
        for leg in plan.legs
    )


def after(plan: HedgePlan, rows: tuple[Position, ...]) -> dict[str, Decimal]:
    """The contracts that are open once a plan is traded."""
    held = {p.instrument.name: p.quantity for p in rows if p.instrument is not None}
    for leg in plan.legs:
        sign = -1 if leg.side == "sell" else 1
        held[leg.instrument.name] = held.get(leg.instrument.name, Decimal(0)) + sign * leg.contracts
    return {name: contracts for name, contracts in held.items() if contracts}


def test_a_hedged_book_is_not_hedged_again() -> None:
    first = planned()
    assert len(first.legs) == 4
    again = planned(*opened(first))
    assert sum(leg.notional_usd for leg in again.legs) < 0.01 * sum(leg.notional_usd for leg in first.legs)
    assert abs(float(again.after_usd[0])) < 100.0
    assert set(after(again, opened(first))) == {leg.instrument.name for leg in first.legs}


def test_one_contract_less_closes_one_whole_and_keeps_the_target() -> None:
    stands = opened(planned())
    fewer = planned(*stands, instruments=3)
    held = after(fewer, stands)
    assert len(held) == 3
    assert set(held) < {p.instrument.name for p in stands if p.instrument is not None}
    assert abs(float(fewer.after_usd[0])) < 100.0
    assert [point.count for point in fewer.frontier][:4] == [1, 2, 3, 4]


def test_a_changed_book_is_hedged_by_small_trades_in_what_is_open() -> None:
    stands = opened(planned())
    grown = planned(*stands, spot(COINS[0], 100))
    first = planned(spot(COINS[0], 100))
    traded = sum(leg.notional_usd for leg in grown.legs)
    assert traded < 0.3 * sum(leg.notional_usd for leg in first.legs)
    assert abs(float(grown.after_usd[0])) < 100.0


def test_what_the_owner_wants_or_excludes_is_never_traded() -> None:
    market, offered = simulated()
    other = next(c for c in offered if c.underlying not in {*COINS, "BTC", "ETH"} and c.is_perpetual)
    price = float(market.prices[-1, market.column(other.underlying)])
    some = Decimal(round(2e4 / price))
    wanted = open_contract(other, str(some), price)
    assert other.name not in {leg.instrument.name for leg in planned(wanted).legs}
    short = open_contract(other, str(-some), price)
    left_out = planned(short, exclude=(other.symbol,), instruments="auto")
    assert not [leg for leg in left_out.legs if leg.instrument.name == other.name and leg.side == "buy"]


@pytest.mark.parametrize(
    ("rows", "stands"),
    [
        ((spot("SOL", 10), open_contract(contract(), -1, 60000)), True),
        ((spot("BTC", 1), open_contract(contract(), -1, 60000)), True),
        ((spot("SOL", 10), open_contract(contract(), 1, 60000)), False),
        ((spot("SOL", 10), open_contract(contract("SOLUSDT", "SOL"), -1, 200)), False),
        ((spot("USDT", 10), open_contract(contract("SOLUSDT", "SOL"), -1, 200)), False),
        ((replace(open_contract(contract("SOLUSDT", "SOL"), 1, 200), tags=("hedge",)),), True),
    ],
)
def test_which_contracts_are_a_hedge(rows: tuple[Position, ...], stands: bool) -> None:
    found = standing(Portfolio(rows, "test"))
    assert found == ((rows[-1],) if stands else ())
