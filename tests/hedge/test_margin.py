"""What an account survives: the move found is the one where equity meets maintenance, and money buys distance."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import book, contract, open_contract, spot
from tests.hedge.plans import plan

from hedgerow.hedge.margin import Stake, equity_after, maintenance_after, survivable_move, wallet_for
from hedgerow.model.instruments import Payoff
from hedgerow.model.portfolio import Position, PositionKind

LINEAR = contract()
INVERSE = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
DOLLARS = st.floats(-1e7, -100.0) | st.floats(100.0, 1e7)


def stake(dollars: float, *, inverse: bool = False) -> Stake:
    return Stake(INVERSE if inverse else LINEAR, dollars, 60000.0, 60000.0 if inverse else 1.0)


@given(DOLLARS, st.floats(0.1, 0.9), st.booleans())
def test_money_for_a_distance_survives_it_and_not_more(
    dollars: float, distance: float, inverse: bool
) -> None:
    stakes = (stake(dollars, inverse=inverse),)
    wallet = wallet_for(stakes, distance, 1000.0, in_coin=inverse)
    reach = survivable_move(stakes, wallet, in_coin=inverse)
    if reach is None:  # a short of a coin, covered by the coin itself: no price can take it
        assert inverse
        assert dollars < 0
        return
    assert reach == pytest.approx(distance, rel=1e-6)
    move = reach if dollars < 0 else -reach
    left = equity_after(stakes, wallet, move, in_coin=inverse)
    assert left == pytest.approx(maintenance_after(stakes, move), abs=1e-6 * abs(dollars))


def test_a_linear_short_is_liquidated_where_the_formula_says() -> None:
    """Equity W − N·x = mmr·N·(1 + x): x = (W/N − mmr)/(1 + mmr), Binance's one-way formula for one tier."""
    reach = survivable_move((stake(-100_000.0),), 40_000.0, in_coin=False)
    assert reach == pytest.approx((0.4 - 0.004) / 1.004)


def test_a_coin_margined_short_covered_one_to_one_is_never_liquidated() -> None:
    assert survivable_move((stake(-50_000.0, inverse=True),), 60_000.0, in_coin=True) is None
    part = survivable_move((stake(-50_000.0, inverse=True),), 20_000.0, in_coin=True)
    assert part == pytest.approx(
        (20_000 - 50_000 * 0.004) / (50_000 - 20_000), rel=1e-9
    )  # face stays in dollars


def test_more_money_is_more_distance_and_an_empty_account_none() -> None:
    distances = [survivable_move((stake(-100_000.0),), w, in_coin=False) for w in (0, 1e4, 3e4, 9e4)]
    assert distances[0] == 0.0
    known = [d for d in distances if d is not None]
    assert known == sorted(known)
    assert survivable_move((), 0.0, in_coin=False) is None


def test_a_rally_takes_a_net_short_account_and_a_fall_a_long_one() -> None:
    mixed = (stake(-100_000.0), stake(40_000.0))
    assert survivable_move(mixed, 20_000.0, in_coin=False) == pytest.approx(
        (20_000 - 140_000 * 0.004) / (60_000 + 140_000 * 0.004)
    )
    fall = survivable_move((stake(100_000.0),), 20_000.0, in_coin=False)
    assert fall == pytest.approx((0.2 - 0.004) / (1 - 0.004))


@pytest.mark.parametrize(
    ("collateral", "more"),
    [(None, 0.0), ("20000USDT", 20_000.0), ("1BTC", 0.0), ("book", 500.0)],
)
def test_collateral_counts_where_nothing_has_to_be_traded(collateral: str | None, more: float) -> None:
    short = open_contract(contract(), "-0.4", 65000.0, "paper")
    there = Position("USDT", Decimal(4000), PositionKind.COLLATERAL, "paper")
    rows = book(spot("BTC", "0.4"), spot("USDT", 500), short, there)
    target = (0.0,) if collateral != "1BTC" else None
    usd = None if collateral != "1BTC" else (60_000.0,)  # the new coin's own beta stays
    found = plan(rows, collateral=collateral, target_beta=target, target_beta_usd=usd).plan
    assert found.legs == ()
    (account,) = found.margin
    assert account.collateral_usd == pytest.approx(4000 + 0.4 * 5000 + more)
    assert account.max_rally == pytest.approx(((6000 + more) / 24000 - 0.004) / 1.004)
