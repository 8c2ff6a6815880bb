"""What a book moves like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.hedge.books import betas_of, book, contract, market, open_contract, spot

from hedgerow.hedge.exposure import Exposure, expose
from hedgerow.hedge.target import target_dollars
from hedgerow.hedge.valuation import value
from hedgerow.model.betas import Betas
from hedgerow.model.errors import UnknownSymbol, UsageError
from hedgerow.model.instruments import Payoff
from hedgerow.model.portfolio import Position, PositionKind

PRICES = {"BTC": 60000.0, "ETH": 3000.0, "SOL": 200.0, "ALT": 1.0}


def exposed(rows: tuple[Position, ...], numbers: dict[str, float], **more: Any) -> Exposure:
    prices = {symbol: [price, price] for symbol, price in PRICES.items()}
    return expose(value(book(*rows), market(prices)), betas_of(numbers), **more)


def exposed_by(rows: tuple[Position, ...], betas: Betas) -> Exposure:
    prices = {symbol: [price, price] for symbol, price in PRICES.items()}
    return expose(value(book(*rows), market(prices)), betas)


TV14 = (spot("BTC", "0.6666666666666666"), spot("ETH", 10), spot("SOL", 100), spot("USDT", 10000))
TV14_BETAS = {"BTC": 1.0, "ETH": 1.25, "SOL": 1.6, "USDT": 0.0}


def test_TV14_dollar_beta(vectors: dict[str, Any]) -> None:
    vector = vectors["TV14_hedge"]
    seen = exposed(TV14, TV14_BETAS)
    assert seen.beta_usd[0] == pytest.approx(vector["dollar_beta"], rel=1e-9)
    assert seen.beta[0] == pytest.approx(vector["beta_P"], rel=1e-9)
    assert seen.nav_usd == pytest.approx(vector["V_P"], rel=1e-9)
    assert sum(row.share for row in seen.rows) == pytest.approx(1.0)


def test_TV15c_coin_collateral_counts_once(vectors: dict[str, Any]) -> None:
    vector = vectors["TV15c_inverse_with_collateral"]
    inverse = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
    alts, wallet = spot("ALT", 100000), spot("BTC", "0.5", kind=PositionKind.COLLATERAL)
    numbers = {"ALT": 1.5, "BTC": 1.0}
    hedged = open_contract(inverse, vector["contracts_including_collateral"], 60000)
    assert exposed((alts, wallet, hedged), numbers).beta_usd[0] == pytest.approx(0, abs=1e-6)
    short = open_contract(inverse, vector["contracts_ignoring_collateral"], 60000)
    left = exposed((alts, wallet, short), numbers).beta_usd[0]
    assert left == pytest.approx(vector["residual_usd_beta_if_ignored"], rel=1e-9)


def test_TV32_error_from_the_joint_covariance(vectors: dict[str, Any]) -> None:
    vector = vectors["TV32_se_hedge"]
    joint = np.array([[4.0, 1.0], [1.0, 9.0]]) * 1e-4
    seen = exposed(
        (spot("ALT", 40000), spot("ETH", 10)), {"ALT": vector["betas"][0], "ETH": vector["betas"][1]}
    )
    assert seen.beta_usd[0] == pytest.approx(vector["dollar_beta"], rel=1e-9)
    worth = seen.worth
    with_error = expose(worth, betas_of({"ALT": 1.0, "ETH": 1.0}, joint))
    wanted = np.sqrt(np.array([40000, 30000]) @ joint @ np.array([40000, 30000]))
    assert with_error.stderr_usd[0] == pytest.approx(wanted, rel=1e-12)


def test_a_long_short_book_has_dollars_and_no_ratio() -> None:
    seen = exposed((spot("ETH", 10), spot("ALT", -30000)), {"ETH": 1.25, "ALT": 1.5})
    assert seen.beta_usd[0] == pytest.approx(-7500)
    assert not seen.has_ratio
    assert np.isnan(seen.beta[0])
    assert seen.to_dict()["nav_usd"] == pytest.approx(0)


def test_what_is_unknown_is_named_and_in_no_number() -> None:
    seen = exposed((spot("ETH", 10), spot("ALT", 500), spot("GONE", 1)), {"ETH": 1.25, "ALT": float("nan")})
    assert seen.unknown == ("GONE", "ALT")
    assert seen.beta_usd[0] == pytest.approx(37500)


def test_an_error_that_nobody_gave_is_unknown_and_no_zero() -> None:
    betas = replace(betas_of({"ETH": 1.5, "SOL": 1.2}, np.diag([0.0, 0.04])), method=("override", "test"))
    alone = exposed_by((spot("ETH", 10),), betas)
    assert np.isnan([alone.stderr_usd[0], alone.rows[0].stderr[0], alone.rows[0].stderr_usd[0]]).all()
    assert "± unknown of BTC" in alone.headline()
    assert np.isnan(exposed_by((spot("ETH", 10), spot("SOL", 10)), betas).stderr_usd[0])
    without = exposed_by((spot("SOL", 10),), betas)
    assert without.stderr_usd[0] == pytest.approx(0.2 * without.rows[0].delta_usd)
    given = replace(betas, covariance=np.diag([0.01, 0.04]))
    assert exposed_by((spot("ETH", 10),), given).stderr_usd[0] > 0.0
    hedged = (spot("ETH", 10), open_contract(contract("ETHUSDT", "ETH"), -10, entry=3_000))
    assert exposed_by(hedged, betas).stderr_usd[0] == 0.0  # nothing moves with it any more


def test_a_coin_that_was_not_estimated_raises() -> None:
    with pytest.raises(UnknownSymbol, match="SOL were not estimated"):
        exposed((spot("SOL", 1),), {"ETH": 1.25})


def test_excluded_coins_stay_in_the_value_and_leave_the_beta() -> None:
    seen = exposed(TV14, TV14_BETAS, excluded=frozenset({"SOL"}))
    assert seen.nav_usd == pytest.approx(100000)
    assert seen.beta_usd[0] == pytest.approx(77500)


def test_contracts_on_an_excluded_coin_are_hedges_and_count() -> None:
    rows = (spot("ETH", 10), spot("BTC", 1), open_contract(contract(), -0.5, 60000))
    assert exposed(rows, TV14_BETAS, excluded=frozenset({"BTC"})).beta_usd[0] == pytest.approx(7500)
    both = frozenset({"BTC", "BTCUSDT"})
    assert exposed(rows, TV14_BETAS, excluded=both).beta_usd[0] == pytest.approx(37500)


def test_beta_by_account_adds_up() -> None:
    rows = (
        spot("ETH", 10, account="kraken"),
        spot("BTC", "0.5", account="cold"),
        spot("ETH", 5, account="cold"),
    )
    seen = exposed(rows, TV14_BETAS)
    assert {account: beta[0] for account, beta in seen.accounts} == pytest.approx(
        {"kraken": 37500, "cold": 48750}
    )


def test_targets() -> None:
    seen = exposed(TV14, TV14_BETAS)
    assert target_dollars(seen)[0] == 0.0
    assert target_dollars(seen, 0.5)[0] == pytest.approx(50000)
    assert target_dollars(seen, target_beta_usd=-123.0)[0] == -123.0
    with pytest.raises(UsageError, match="two targets"):
        target_dollars(seen, 0.0, 0.0)
    with pytest.raises(UsageError, match="2 numbers for 1"):
        target_dollars(seen, (0.0, 1.0))


def test_a_ratio_of_a_net_zero_book_is_refused_with_advice() -> None:
    seen = exposed((spot("ETH", 10), spot("ALT", -30000)), {"ETH": 1.25, "ALT": 1.5})
    with pytest.raises(UsageError, match="no beta per dollar") as refused:
        target_dollars(seen, 0.0)
    assert "--target-beta-usd" in refused.value.advice
    assert target_dollars(seen)[0] == 0.0
