"""What contracts pay and stand for (domain §3.3)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import contract

from hedgerow.model.instruments import Payoff

INVERSE = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
QUANTO = contract("ETHUSD_Q", "ETH", Payoff.QUANTO, "0.000001", "1")
LINEAR = contract()


def test_TV15_inverse(vectors: dict[str, Any]) -> None:
    vector = vectors["TV15_inverse"]
    number, entry = vector["N"], vector["E"]
    assert INVERSE.pnl(number, entry, 72000) == pytest.approx(vector["pnl_btc_long_up20"], rel=1e-12)
    assert INVERSE.pnl(number, entry, 48000) == pytest.approx(vector["pnl_btc_long_dn20"], rel=1e-12)
    assert INVERSE.pnl(number, entry, 72000) * 72000 == pytest.approx(vector["usd_pnl_up20"], rel=1e-12)
    assert INVERSE.base_units(number, entry) == pytest.approx(vector["delta_btc_units_at_E"], rel=1e-12)
    assert INVERSE.base_units(number, 72000) == pytest.approx(vector["delta_btc_units_at_72000"], rel=1e-12)


def test_TV16_quanto(vectors: dict[str, Any]) -> None:
    vector = vectors["TV16_quanto"]
    assert QUANTO.pnl(vector["q"], 3000, 3300) == pytest.approx(vector["pnl_btc"], rel=1e-12)
    assert QUANTO.pnl(vector["q"], 3000, 3300) * 66000 == pytest.approx(vector["pnl_usd"], rel=1e-12)
    assert QUANTO.notional_usd(vector["q"], 3000, 60000) == pytest.approx(
        vector["notional_usd_t0"], rel=1e-12
    )
    assert QUANTO.base_units(vector["q"], 3300, 66000) == pytest.approx(vector["eth_delta_units"], rel=1e-12)


def test_TV46_inverse_realised(vectors: dict[str, Any]) -> None:
    vector = vectors["TV46_inverse_realised"]
    coin = INVERSE.pnl(vector["contracts"], vector["E"], vector["S"])
    assert coin == pytest.approx(vector["pnl_btc"], rel=1e-12)
    assert coin * vector["S"] == pytest.approx(vector["linear_equiv_usd"], rel=1e-12)


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.floats(-1e4, 1e4))
def test_a_short_earns_what_a_long_loses(entry: float, price: float, number: float) -> None:
    for instrument in (LINEAR, INVERSE, QUANTO):
        assert instrument.pnl(-number, entry, price) == -instrument.pnl(number, entry, price)
        assert instrument.pnl(number, entry, entry) == 0.0


@given(st.floats(100, 1e5), st.floats(-0.001, 0.001))
def test_the_dollar_delta_is_the_slope_of_the_profit(price: float, move: float) -> None:
    assert LINEAR.pnl(1, price, price * (1 + move)) == pytest.approx(
        LINEAR.dollar_delta(price) * move, abs=1e-9 * price
    )
    moved = price * (1 + move)
    in_dollars = INVERSE.pnl(1, price, moved) * moved
    assert in_dollars == pytest.approx(INVERSE.dollar_delta(price) * move, abs=1e-8)
