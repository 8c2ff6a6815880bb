"""How far a short may be rallied against."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.margin.ladders import BTC_COIN, FLAT, ladders

from hedgerow.model.errors import BadInput
from hedgerow.stats.margin import (
    INVERSE_AT_MARK,
    LINEAR_AT_MARK,
    MarginedPosition,
    Tier,
    distance_rule,
    largest_leverage,
    liquidation_price,
    max_fall,
    max_fall_inverse,
    max_rally,
    max_rally_coin_collateral,
    max_rally_inverse,
    required_wallet,
    required_wallet_coin_collateral,
    required_wallet_inverse,
)

NOTIONALS, RALLIES = st.floats(1e2, 1e7), st.floats(0.0, 5.0)


def test_TV27_collateral(vectors: dict[str, Any]) -> None:
    vector = vectors["TV27_collateral"]
    notional, rally = vector["notional"], vector["rally"]
    assert required_wallet(notional, rally, FLAT) == pytest.approx(vector["W_usdt"], rel=1e-9)
    in_btc = required_wallet_coin_collateral(notional, rally, FLAT, haircut=0.05)
    assert in_btc == pytest.approx(vector["W_btc_collateral_value_today_haircut5"], rel=1e-9)
    assert in_btc / 60000 == pytest.approx(vector["W_btc_units"], rel=1e-9)
    survived = max_rally(20000, notional, FLAT)
    assert survived == pytest.approx(vector["max_rally_with_20k_usdt"], rel=1e-9)
    price = liquidation_price(LINEAR_AT_MARK, MarginedPosition(-1.825, 60000, 20000), FLAT)
    assert price == pytest.approx(vector["lp_with_20k"], rel=1e-9)


def test_TV45_the_threshold_of_Alexander_Deng_and_Zou(vectors: dict[str, Any]) -> None:
    vector = vectors["TV45_ADZ_threshold"]
    assert max_rally(vector["m_over_theta"], 1.0, (Tier(0, vector["m0"]),)) == pytest.approx(
        vector["threshold"], rel=1e-9
    )


@given(ladders(), NOTIONALS, RALLIES)
def test_the_required_wallet_survives_just_that_rally(
    tiers: tuple[Tier, ...], notional: float, rally: float
) -> None:
    wallet = required_wallet(notional, rally, tiers)
    assert max_rally(wallet, notional, tiers) == pytest.approx(rally, rel=1e-9, abs=1e-9)
    coins = required_wallet_coin_collateral(notional, rally, tiers, haircut=0.05)
    assert max_rally_coin_collateral(coins, notional, tiers, haircut=0.05) == pytest.approx(
        rally, rel=1e-7, abs=1e-7
    )


@given(ladders(100.0), NOTIONALS, st.floats(0.0, 3.0))
def test_the_required_coins_survive_just_that_rally(
    tiers: tuple[Tier, ...], dollars: float, rally: float
) -> None:
    coins = required_wallet_inverse(dollars, 60000.0, rally, tiers)
    assert coins <= dollars / 60000.0
    assert max_rally_inverse(coins, dollars, 60000.0, tiers) == pytest.approx(rally, rel=1e-6, abs=1e-6)


@given(ladders(), NOTIONALS, st.floats(1.0, 20.0))
def test_the_distance_is_the_one_of_the_liquidation_price(
    tiers: tuple[Tier, ...], notional: float, leverage: float
) -> None:
    for side, distance in ((-1.0, max_rally), (1.0, max_fall)):
        position = MarginedPosition(side * notional / 100.0, 100.0, notional / leverage)
        price = liquidation_price(LINEAR_AT_MARK, position, tiers)
        found = distance(notional / leverage, notional, tiers)
        assert (found is None) == (price is None)
        if found is not None and price is not None:
            assert 100.0 * (1.0 - side * found) == pytest.approx(price, rel=1e-9, abs=1e-7)


def test_inverse_distances_are_those_of_the_liquidation_price() -> None:
    for side, distance in ((-1.0, max_rally_inverse), (1.0, max_fall_inverse)):
        position = MarginedPosition(side * 600_000, 60000, 4.0)
        price = liquidation_price(INVERSE_AT_MARK, position, BTC_COIN)
        found = distance(4.0, 600_000, 60000, BTC_COIN)
        assert found is not None
        assert 60000 * (1.0 - side * found) == pytest.approx(price, rel=1e-12)


def test_TV15b_a_synthetic_dollar_survives_any_rally() -> None:
    assert max_rally_inverse(1.0, 60000, 60000, BTC_COIN) is None
    assert max_fall(60000, 60000, FLAT) is None
    assert max_rally_coin_collateral(60500, 60000, FLAT) is None


def test_nothing_held_survives_anything_and_unknown_is_not_none() -> None:
    assert max_rally(1.0, 0.0, FLAT) is None
    assert max_fall(1.0, 0.0, FLAT) is None
    assert max_rally_inverse(1.0, 0.0, 60000, FLAT) is None
    assert max_fall_inverse(1.0, 0.0, 60000, FLAT) is None
    assert max_rally_coin_collateral(1.0, 0.0, FLAT) is None
    unknown = (
        max_rally(math.nan, 1.0, FLAT),
        max_fall(math.nan, 1.0, FLAT),
        max_rally_inverse(math.nan, 1.0, 60000, FLAT),
        max_fall_inverse(math.nan, 1.0, 60000, FLAT),
        max_rally_coin_collateral(math.nan, 1.0, FLAT),
        required_wallet(math.nan, 0.5, FLAT),
        required_wallet(1.0, math.nan, FLAT),
        required_wallet_inverse(math.nan, 60000, 0.5, FLAT),
        distance_rule(math.nan),
    )
    assert all(value is not None and math.isnan(value) for value in unknown)


def test_under_water_today() -> None:
    below = max_rally(0.0, 100.0, FLAT)
    assert below is not None
    assert below < 0
    assert max_fall_inverse(-2.0, 100.0, 100.0, FLAT) == -math.inf
    with pytest.raises(BadInput, match="haircut"):
        required_wallet_coin_collateral(1.0, 0.5, FLAT, haircut=1.0)


def test_a_fall_needs_what_today_needs() -> None:
    assert required_wallet(1000.0, -0.3, FLAT) == pytest.approx(4.0)
    assert required_wallet_inverse(1000.0, 10.0, -0.3, FLAT) == pytest.approx(0.4)


def test_the_distance_rule_of_the_domain() -> None:
    assert distance_rule(0.60) == pytest.approx(0.40)
    assert distance_rule(1.00) == pytest.approx(4 * math.sqrt(10 / 365))
    assert largest_leverage(distance_rule(0.60)) == pytest.approx(2.465, abs=1e-3)
    assert max_rally(1 / 3, 1.0, FLAT) == pytest.approx(0.328, abs=1e-3)
