"""Liquidation prices, by venue and date."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.stats.margin.ladders import BTC_COIN, FLAT, ladders, tiers_of

from hedgerow.model.errors import BadInput
from hedgerow.stats.margin import (
    FORMULAS,
    INVERSE_AT_MARK,
    LINEAR_AT_MARK,
    MarginedPosition,
    Piece,
    Tier,
    equity,
    formula_for,
    liquidation_price,
    maintenance_margin,
    pnl,
)
from hedgerow.stats.margin.crossing import critical_notional, critical_notional_by_iteration
from hedgerow.stats.margin.liquidation import inverse_at_mark, linear_at_mark
from hedgerow.stats.margin.tiers import bracket_of, pieces_of

WALLET = 1535443.01
TODAY = date(2025, 11, 12)
ETH = {"quantity": 3683.979, "entry": 1456.84, "wallet": WALLET}
BTC = {"quantity": 109.488, "entry": 32481.98, "wallet": WALLET}
# Face in dollars, price, leverage: small and large enough to reach every bracket.
FACES, PRICES, LEVERAGES = st.floats(1e3, 1e8), st.floats(0.01, 1e5), st.floats(1.0, 20.0)


def test_TV24_binance_lp(vectors: dict[str, Any]) -> None:
    vector = vectors["TV24_binance_lp"]
    eth_line, btc_line = (Piece(0.10, 135365),), (Piece(0.025, 16300),)
    assert linear_at_mark(MarginedPosition(**ETH), eth_line) == pytest.approx(
        vector["eth_isolated"], rel=1e-9
    )
    assert linear_at_mark(MarginedPosition(**BTC), btc_line) == pytest.approx(
        vector["btc_isolated"], rel=1e-9
    )
    eth = MarginedPosition(**ETH, other_maintenance=71200.81144, other_pnl=-56354.57)
    btc = MarginedPosition(**BTC, other_maintenance=356512.508, other_pnl=-448192.89)
    assert linear_at_mark(eth, eth_line) == pytest.approx(vector["eth_cross"], rel=1e-9)
    assert linear_at_mark(btc, btc_line) == pytest.approx(vector["btc_cross"], rel=1e-9)
    assert pnl(MarginedPosition(**BTC), 31967.27) == pytest.approx(vector["upnl_btc"], rel=1e-9)
    assert pnl(MarginedPosition(**ETH), 1335.18) == pytest.approx(vector["upnl_eth"], rel=1e-9)


def test_TV24_short_hedge_flat_and_by_bracket(vectors: dict[str, Any]) -> None:
    short = MarginedPosition(-1.825, 60000, 20000)
    flat = vectors["TV24_binance_lp"]["short_example"]
    assert liquidation_price(LINEAR_AT_MARK, short, FLAT) == pytest.approx(flat, rel=1e-9)
    by_bracket = liquidation_price(LINEAR_AT_MARK, short, tiers_of(vectors["TV23_tiers"]))
    assert by_bracket == pytest.approx(70633.13569, rel=1e-9)


def test_TV25_coinm_lp(vectors: dict[str, Any]) -> None:
    vector = vectors["TV25_coinm_lp"]
    cross = MarginedPosition(10_000_000, 45000, 101)
    formula = formula_for("binance", "inverse", TODAY, "cross")
    assert liquidation_price(formula, cross, BTC_COIN) == pytest.approx(vector["lp_cum_computed"], rel=1e-9)
    printed = inverse_at_mark(cross, (Piece(0.125, 11.81),))
    assert printed == pytest.approx(vector["lp_with_faq_cum_11p81"], rel=1e-9)
    twice = MarginedPosition(-60000, 60000, 0.5)
    assert liquidation_price(formula, twice, FLAT) == pytest.approx(vector["short_2x"], rel=1e-9)


def test_TV25_a_fully_collateralised_short_has_no_liquidation_price() -> None:
    assert liquidation_price(INVERSE_AT_MARK, MarginedPosition(-60000, 60000, 1.0), BTC_COIN) is None
    assert liquidation_price(LINEAR_AT_MARK, MarginedPosition(1.0, 60000, 60000), FLAT) is None


@pytest.mark.parametrize(
    ("payoff", "quantity", "on", "key"),
    [
        ("linear", 1.0, date(2024, 6, 1), "usdt_long_2024"),
        ("linear", -1.0, date(2024, 6, 1), "usdt_short_2024"),
        ("linear", 1.0, date(2026, 6, 1), "lin_long_exact"),
        ("linear", -1.0, date(2026, 6, 1), "lin_short_exact"),
        ("inverse", 60000.0, date(2024, 6, 1), "inv_long_2024"),
        ("inverse", -60000.0, date(2024, 6, 1), "inv_short_2024"),
        ("inverse", 60000.0, date(2026, 5, 27), "inv_long_2026"),
        ("inverse", -60000.0, date(2026, 5, 27), "inv_short_2026"),
    ],
)
def test_TV26_bybit(vectors: dict[str, Any], payoff: str, quantity: float, on: date, key: str) -> None:
    entry, leverage = (20000.0, 50.0) if payoff == "linear" else (50000.0, 10.0)
    value = abs(quantity) * entry if payoff == "linear" else abs(quantity) / entry
    position = MarginedPosition(quantity, entry, value / leverage)
    found = liquidation_price(formula_for("Bybit", payoff, on), position, (Tier(0, 0.005),))
    assert found == pytest.approx(vectors["TV26_bybit"][key], rel=1e-9)


def test_TV26_bybit_classic_cross(vectors: dict[str, Any]) -> None:
    vector = vectors["TV26_bybit"]
    classic = formula_for("bybit", "inverse", TODAY, "classic")
    position = MarginedPosition(10000, 8000, 0.5, taker_fee=0.00075)
    price = liquidation_price(classic, position, (Tier(0, 0.005),))
    assert price == pytest.approx(vector["legacy_cross_lp"], rel=1e-9)
    assert price == pytest.approx(vector["legacy_doc"], abs=0.5)
    bankruptcy = 10000 * 1.00075 / (0.5 + 10000 / 8000)
    assert bankruptcy == pytest.approx(vector["legacy_bankruptcy"], rel=1e-9)
    short = MarginedPosition(-10000, 8000, 0.5, taker_fee=0.00075)
    mirrored = liquidation_price(classic, short, (Tier(0, 0.005),))
    assert mirrored is not None
    assert 8000 < mirrored < 10000 * (1 - 0.00075) / (10000 / 8000 - 0.5)


def test_TV26_added_margin_moves_the_price_away_and_pays_the_fee() -> None:
    formula = formula_for("bybit", "inverse", date(2026, 6, 1))
    value = 60000 / 50000
    for side, sign in ((1.0, 1.0), (-1.0, -1.0)):
        found = liquidation_price(
            formula,
            MarginedPosition(side * 60000, 50000, value / 10, extra=0.05, taker_fee=0.0006),
            (Tier(0, 0.005),),
        )
        expected = 60000 * (1 + sign * 0.005) / (value + sign * (value / 10 + 0.05 / (1 + sign * 0.0006)))
        assert found == pytest.approx(expected, rel=1e-12)


def test_TV46_inverse_realised(vectors: dict[str, Any]) -> None:
    vector = vectors["TV46_inverse_realised"]
    dollars = vector["contracts"] * vector["C"]
    coins = pnl(MarginedPosition(dollars, vector["E"], 0.0), vector["S"], inverse=True)
    assert coins == pytest.approx(vector["pnl_btc"], rel=1e-9)
    assert coins * vector["S"] == pytest.approx(vector["pnl_usd"], rel=1e-9)
    linear = pnl(MarginedPosition(dollars / vector["E"], vector["E"], 0.0), vector["S"])
    assert linear == pytest.approx(vector["linear_equiv_usd"], rel=1e-9)


def _gap(position: MarginedPosition, price: float, tiers: tuple[Tier, ...], *, inverse: bool) -> float:
    notional = position.size / price if inverse else position.size * price
    return equity(position, price, inverse=inverse) - maintenance_margin(notional, tiers)


@given(ladders(), FACES, PRICES, LEVERAGES, st.sampled_from([1.0, -1.0]))
def test_at_the_linear_price_equity_is_maintenance_of_its_own_bracket(
    tiers: tuple[Tier, ...], face: float, price: float, leverage: float, side: float
) -> None:
    position = MarginedPosition(side * face / price, price, face / leverage)
    found = liquidation_price(LINEAR_AT_MARK, position, tiers)
    if found is None:
        assert side > 0
        assert _gap(position, price * 1e-9, tiers, inverse=False) >= -1e-6 * face
        return
    assert _gap(position, found, tiers, inverse=False) == pytest.approx(
        0.0, abs=1e-8 * max(face, position.size * found)
    )
    assert side * _gap(position, found * 1.01, tiers, inverse=False) > 0


@given(ladders(100.0), st.floats(1e3, 1e8), st.floats(10.0, 1e5), LEVERAGES, st.sampled_from([1.0, -1.0]))
def test_at_the_inverse_price_equity_is_maintenance_of_its_own_bracket(
    tiers: tuple[Tier, ...], face: float, price: float, leverage: float, side: float
) -> None:
    position = MarginedPosition(side * face, price, face / price / leverage)
    found = liquidation_price(INVERSE_AT_MARK, position, tiers)
    coins = face / price
    if found is None:
        assert side < 0
        assert _gap(position, price * 1e9, tiers, inverse=True) >= -1e-6 * coins
        return
    assert _gap(position, found, tiers, inverse=True) == pytest.approx(
        0.0, abs=1e-8 * max(coins, face / found)
    )
    assert side * _gap(position, found * 1.01, tiers, inverse=True) > 0


@given(ladders(), st.floats(-1e7, 1e7), st.sampled_from([1.0, -1.0]))
def test_walking_the_brackets_finds_the_same_price(
    tiers: tuple[Tier, ...], fixed: float, slope: float
) -> None:
    walked = critical_notional_by_iteration(fixed, slope, tiers)
    direct = critical_notional(fixed, slope, pieces_of(tiers))
    assume(abs(fixed) > 1e-6)
    assert (walked is None) == (direct is None)
    if walked is not None and direct is not None:
        assert walked == pytest.approx(direct, rel=1e-9, abs=1e-9)


def test_the_price_lies_in_the_bracket_it_was_computed_with(vectors: dict[str, Any]) -> None:
    tiers = tiers_of(vectors["TV23_tiers"])
    near_floor = MarginedPosition(-4.0, 60000, 30000)  # 240,000 today, above 250,000 when liquidated
    price = liquidation_price(LINEAR_AT_MARK, near_floor, tiers)
    assert price is not None
    tier = bracket_of(4.0 * price, tiers)
    assert tier == 2
    assert price == pytest.approx(linear_at_mark(near_floor, (pieces_of(tiers)[tier],)), rel=1e-12)


def test_the_formula_is_the_one_in_force_on_the_day() -> None:
    before, after = (formula_for("bybit", "inverse", day) for day in (date(2026, 5, 26), date(2026, 5, 27)))
    assert before.since < after.since == date(2026, 5, 27)
    assert all(formula.cite for formula in FORMULAS)
    assert formula_for("BINANCE", "quanto", TODAY).payoff == "linear"
    with pytest.raises(BadInput, match="no liquidation formula is known for mars") as caught:
        formula_for("mars", "linear", TODAY)
    assert "bybit inverse isolated" in caught.value.advice


def test_no_position_no_price_and_unknown_is_not_none() -> None:
    assert liquidation_price(LINEAR_AT_MARK, MarginedPosition(0.0, 60000, 1.0), FLAT) is None
    unknown = liquidation_price(LINEAR_AT_MARK, MarginedPosition(-1.0, 60000, math.nan), FLAT)
    assert unknown is not None
    assert math.isnan(unknown)
    with pytest.raises(BadInput, match="entry price"):
        liquidation_price(LINEAR_AT_MARK, MarginedPosition(-1.0, 0.0, 1.0), FLAT)


def test_under_water_at_every_price() -> None:
    assert liquidation_price(LINEAR_AT_MARK, MarginedPosition(-1.0, 100, -150), FLAT) == 0.0
    assert liquidation_price(INVERSE_AT_MARK, MarginedPosition(100.0, 100, -2), FLAT) == math.inf


def test_isolated_pages_have_no_price_where_margin_covers_all() -> None:
    on = date(2024, 6, 1)
    assert liquidation_price(formula_for("bybit", "linear", on), MarginedPosition(1, 100, 200), FLAT) is None
    assert (
        liquidation_price(formula_for("bybit", "inverse", on), MarginedPosition(-100, 100, 2), FLAT) is None
    )
    classic = formula_for("bybit", "inverse", on, "classic")
    assert liquidation_price(classic, MarginedPosition(-100, 100, 1.5), FLAT) is None
