"""Pairs: beta-neutral, dollar-neutral with a third leg, and honest about the difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import contract

from hedgerow.hedge.pairs import pair, pair_dollars
from hedgerow.model.errors import UnknownSymbol, UsageError
from hedgerow.testing import beta_market

PRICES = {"BTC": 60_000.0, "SOL": 150.0, "ETH": 3_000.0}
MARKET = beta_market({"BTC": 1.0, "SOL": 1.6, "ETH": 1.2}, PRICES, seed=2)
CONTRACTS = (contract(), contract("ETHUSDT", "ETH"), contract("SOLUSDT", "SOL", lot="0.01"))


def test_TV39_pair(vectors: dict[str, Any]) -> None:
    v = vectors["TV39_pair"]
    sold, left = pair_dollars(v["V_A"], v["beta_A"], v["beta_B"])
    assert sold == pytest.approx(v["V_B_beta_neutral"], rel=1e-12)
    assert v["V_A"] + sold == pytest.approx(v["net_dollars"], rel=1e-12)
    assert left == 0.0
    assert pair_dollars(v["V_A"], v["beta_A"], v["beta_B"], "dollar")[1] == pytest.approx(
        v["residual_beta_if_dollar_neutral"], rel=1e-12
    )


def test_a_beta_neutral_pair_leaves_no_beta_and_finances_the_difference() -> None:
    found = pair("SOL", "ETH", 100_000, MARKET, CONTRACTS)
    assert [leg.instrument.symbol for leg in found.legs] == ["SOLUSDT", "ETHUSDT"]
    assert found.legs[0].contracts > 0 > found.legs[1].contracts
    lot = 0.001 * 3_000 * 1.2
    assert abs(float(found.beta_usd[0])) <= lot
    assert found.net_usd == pytest.approx(100_000 * (1 - 1.6 / 1.2), rel=0.15)  # betas are estimates
    assert float(found.stderr_usd[0]) > 0


def test_a_dollar_neutral_pair_has_a_third_leg() -> None:
    found = pair("SOL", "ETH", 100_000, MARKET, CONTRACTS, balance="dollar")
    assert [leg.instrument.symbol for leg in found.legs] == ["SOLUSDT", "ETHUSDT", "BTCUSDT"]
    assert found.legs[2].contracts < 0
    assert abs(float(found.beta_usd[0])) <= 60.0
    two = pair("SOL", "ETH", 100_000, MARKET, CONTRACTS, balance="dollar", factors=("BTC", "ETH"))
    assert np.abs(two.beta_usd).max() <= 60.0
    symbols = [leg.instrument.symbol for leg in two.legs]
    assert sorted(symbols) == [
        "BTCUSDT",
        "ETHUSDT",
        "SOLUSDT",
    ]  # one order in ETH, not two against each other


def test_the_long_pays_and_the_short_receives_positive_funding() -> None:
    long, short = pair("SOL", "ETH", 100_000, MARKET, CONTRACTS).legs
    assert long.funding_usd_per_month > 0 > short.funding_usd_per_month


def test_cointegration_is_another_claim() -> None:
    found = pair("SOL", "ETH", 100_000, MARKET, CONTRACTS)
    assert found.cointegration is not None
    assert np.isnan(found.cointegration.level) or found.cointegration.level in {0.01, 0.05, 0.1}


def test_a_coin_nobody_knows_is_named() -> None:
    with pytest.raises(UnknownSymbol, match="XYZ has no series"):
        pair("SOL", "XYZ", 100_000, MARKET, CONTRACTS)


def test_all_legs_or_none() -> None:
    found = pair("SOL", "ETH", 2.0, MARKET, CONTRACTS)
    assert found.legs == ()
    assert found.refused
    assert "none" in found.headline()


@given(st.floats(1e3, 1e7), st.floats(-1, 3), st.floats(0.25, 3))
def test_beta_neutral_is_neutral(notional: float, long: float, short: float) -> None:
    sold, left = pair_dollars(notional, long, short)
    assert notional * long + sold * short == pytest.approx(0.0, abs=1e-9 * notional)
    assert left == 0.0


def test_what_makes_no_pair_is_refused() -> None:
    with pytest.raises(UsageError, match="no pair"):
        pair("SOL", "SOL", 1e5, MARKET, CONTRACTS)
    with pytest.raises(UsageError, match="cannot balance"):
        pair_dollars(1e5, 1.0, 0.1)
    with pytest.raises(UnknownSymbol, match="no linear perpetual on SOL"):
        pair("SOL", "ETH", 1e5, MARKET, CONTRACTS[:2])
