"""What a book is worth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from tests.hedge.books import book, contract, market, open_contract, spot

from hedgerow.hedge.valuation import in_currency, price_of, value
from hedgerow.model.errors import UnknownSymbol
from hedgerow.model.instruments import Payoff
from hedgerow.model.portfolio import PositionKind


def test_TV02b_depeg_short_perp(vectors: dict[str, Any]) -> None:
    vector = vectors["TV02b_depeg_short_perp"]
    usdc = contract("BTCUSDC", "BTC")
    at_start = market({"BTC": [60000.0, 66500.0 * 0.9], "USDC": [1.0, 0.9]}, quote="USDC")
    short = open_contract(_settled_in_usdc(usdc), vector["qty_btc"], 60000)
    held = spot("USDC", vector["collateral_usdc"], kind=PositionKind.COLLATERAL)
    worth = value(book(held, short), at_start)
    assert worth.total_usd == pytest.approx(vector["equity_usd"], rel=1e-12)
    in_usdc = value(book(held, short), in_currency(at_start, "USDC"))
    assert in_usdc.total_usd == pytest.approx(vector["equity_usdc"], rel=1e-12)
    assert in_usdc.currency == "USDC"


def test_TV02_depeg(vectors: dict[str, Any]) -> None:
    vector = vectors["TV02_depeg"]
    prices = [vector["btc_usdc_t0"], vector["btc_usdc_t1"] * vector["usdc_usd_t1"]]
    made = market({"BTC": prices, "USDC": [vector["usdc_usd_t0"], vector["usdc_usd_t1"]]}, quote="USDC")
    moved = made.prices[1] / made.prices[0] - 1
    assert moved[0] == pytest.approx(vector["r_usd"], abs=1e-12)
    assert (1 + vector["r_in_usdc"]) * (1 + moved[1]) - 1 == pytest.approx(vector["identity"], abs=1e-12)


def _settled_in_usdc(instrument: Any) -> Any:
    from dataclasses import replace

    return replace(instrument, settle="USDC", quote="USDC")


def test_TV03_staked(vectors: dict[str, Any]) -> None:
    vector = vectors["TV03_staked"]
    token = spot("WSTETH", vector["qty"], rate=Decimal("1.18"), discount=Decimal("0.02"))
    worth = value(book(token), market({"ETH": [3000.0, 3000.0]}))
    assert worth.total_usd == pytest.approx(vector["usd_delta"], rel=1e-12)
    assert worth.holdings[0].price_usd == pytest.approx(vector["price"], rel=1e-12)
    assert worth.delta_usd() == {"ETH": pytest.approx(vector["usd_delta"])}
    assert worth.delta_usd()["ETH"] / 3000 == pytest.approx(vector["eth_delta_units"], rel=1e-12)


def test_a_staked_token_without_rate_or_price_is_unknown() -> None:
    worth = value(
        book(spot("WSTETH", 10), spot("WBTC", 1)), market({"ETH": [3000.0, 3000.0], "BTC": [6e4, 6e4]})
    )
    assert worth.unknown == ("WSTETH",)
    assert worth.total_usd == pytest.approx(60000)
    assert worth.rows[1].basis == "par with BTC"


def test_TV15_inverse_account_moves_with_its_wallet(vectors: dict[str, Any]) -> None:
    vector = vectors["TV15b_synthetic_usd"]
    inverse = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
    for price in (30000.0, 60000.0, 90000.0):
        wallet = spot("BTC", vector["wallet_btc"], kind=PositionKind.COLLATERAL)
        worth = value(
            book(wallet, open_contract(inverse, vector["N_short"], 60000)), market({"BTC": [price, price]})
        )
        assert worth.total_usd == pytest.approx(vector[f"equity_usd_{price:.0f}"], rel=1e-12)
        assert worth.delta_usd()["BTC"] == pytest.approx(vector["account_delta_btc"], abs=1e-6)


def test_TV16_quanto_moves_with_both_coins(vectors: dict[str, Any]) -> None:
    vector = vectors["TV16_quanto"]
    quanto = contract("ETHUSD_Q", "ETH", Payoff.QUANTO, "0.000001", "1")
    worth = value(
        book(open_contract(quanto, vector["q"], 3000)),
        market({"ETH": [3300.0, 3300.0], "BTC": [66000.0, 66000.0]}),
    )
    assert worth.total_usd == pytest.approx(vector["pnl_usd"], rel=1e-12)
    deltas = worth.delta_usd()
    assert deltas["ETH"] / 3300 == pytest.approx(vector["eth_delta_units"], rel=1e-12)
    assert deltas["BTC"] / 66000 == pytest.approx(vector["btc_cross_delta_units"], rel=1e-12)


def test_a_coin_without_price_is_named_and_in_no_total() -> None:
    prices = market({"BTC": [6e4] * 10, "ABCX": [1.0] * 4 + [np.nan] * 6})
    worth = value(book(spot("BTC", 1), spot("ABCX", 100), spot("NONE", 5)), prices)
    assert worth.unknown == ("ABCX", "NONE")
    assert worth.total_usd == pytest.approx(60000)
    assert any("ABCX (no series in test after 2025-01-05)" in line for line in worth.warnings)
    assert worth.to_dict()["rows"][1]["value_usd"] is None


def test_a_quote_coin_without_series_is_assumed_and_said() -> None:
    worth = value(book(spot("USDT", 100), spot("USDC", 50)), market({"BTC": [6e4, 6e4]}))
    assert worth.total_usd == pytest.approx(100)
    assert worth.unknown == ("USDC",)
    assert any("USDT is assumed at 1.00" in line for line in worth.warnings)


def test_currency_needs_a_price_and_leaves_returns_alone() -> None:
    plain = market({"BTC": [6e4, 6.6e4], "USDC": [0.98, 0.98]})
    turned = in_currency(plain, "USDC")
    assert price_of(turned, "BTC") == pytest.approx(6.6e4 / 0.98)
    assert price_of(turned, "USD") == pytest.approx(1 / 0.98)
    assert price_of(turned, "USDT") == pytest.approx(1 / 0.98)
    assert np.diff(np.log(turned.prices), axis=0) == pytest.approx(np.diff(np.log(plain.prices), axis=0))
    with pytest.raises(UnknownSymbol, match="DAI has no price"):
        in_currency(plain, "DAI")
