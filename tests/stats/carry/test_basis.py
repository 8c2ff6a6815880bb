"""Dated futures against spot."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.errors import BadInput
from hedgerow.stats.carry import annual_basis, basis_beta, carried_price, perpetual_ratio, roll


def test_TV21_basis(vectors: dict[str, Any]) -> None:
    vector = vectors["TV21_basis"]
    assert annual_basis(61500, 60000, 91) == pytest.approx(vector["ann_simple"], rel=1e-9)
    assert annual_basis(61500, 60000, 91, "compounded") == pytest.approx(vector["ann_comp"], rel=1e-9)
    assert annual_basis(61500, 60000, 91, "continuous") == pytest.approx(vector["cont"], rel=1e-9)
    assert annual_basis(61500, 60000, 365) == pytest.approx(vector["pct"], rel=1e-9)
    assert 60000 * annual_basis(61500, 60000, 365) == pytest.approx(vector["basis"], rel=1e-9)


@given(st.floats(0.8, 1.25), st.floats(30, 400))
def test_the_three_conventions_name_the_same_future(ratio: float, days: float) -> None:
    years = days / 365
    simple, compounded, continuous = (
        annual_basis(ratio, 1.0, days, kind) for kind in ("simple", "compounded", "continuous")
    )
    assert 1 + simple * years == pytest.approx(ratio, rel=1e-9)
    assert (1 + compounded) ** years == pytest.approx(ratio, rel=1e-9)
    assert math.exp(continuous * years) == pytest.approx(ratio, rel=1e-9)


def test_at_expiry_there_is_no_yearly_basis() -> None:
    with pytest.raises(BadInput, match="no yearly basis"):
        annual_basis(61500, 60000, 0)
    assert math.isnan(annual_basis(math.nan, 60000, 91))


def test_TV21b_roll(vectors: dict[str, Any]) -> None:
    vector = vectors["TV21b_roll"]
    found = roll(vector["short_qty"], vector["near"], vector["far"], 91, vector["roll_fee_bps"] * 1e-4)
    assert found.spread == pytest.approx(vector["spread"], rel=1e-9)
    assert found.price_pnl == vector["roll_price_pnl"]
    assert found.fees == pytest.approx(vector["fees"], rel=1e-9)
    assert found.carry == pytest.approx(vector["locked_carry_usd"], rel=1e-9)
    assert found.annual_carry == pytest.approx(vector["ann_carry"], rel=1e-9)
    assert found.pays


def test_a_long_gains_where_a_short_loses() -> None:
    long = roll(2.0, 60050, 61200, 91, 5e-4)
    assert long.carry == pytest.approx(-2300)
    assert not long.pays
    assert roll(2.0, 61200, 60050, 91, 5e-4).carry == pytest.approx(2300)


def test_TV41_perp_noarb(vectors: dict[str, Any]) -> None:
    vector = vectors["TV41_perp_noarb"]
    found = perpetual_ratio(vector["kappa_per_year"], vector["iota"], vector["r_quote"], vector["r_base"])
    assert found == pytest.approx(vector["f_over_x"], rel=1e-9)
    with pytest.raises(BadInput, match="cannot pin"):
        perpetual_ratio(0.01, 0.0, 0.05)


def test_a_carried_price_ends_at_its_coin_and_not_later() -> None:
    spot, carry = np.full(4, 60_000.0), np.full(4, 0.1)
    price = carried_price(spot, carry, np.array([91 / 365, 1 / 365, 0.0, -1 / 365]))
    assert price[0] == pytest.approx(60_000 * math.exp(0.1 * 91 / 365))
    assert annual_basis(price[0], 60_000, 91, "continuous") == pytest.approx(0.1)
    assert price[2] == 60_000.0
    assert math.isnan(price[3])
    assert price[0] > price[1] > price[2]


def test_the_beta_of_a_dated_contract_on_its_coin() -> None:
    """1 where the basis is a share of the price, S/F where it is dollars, and never beyond a tenth of 1 (domain §3.1)."""
    rng = np.random.default_rng(0)
    spot = 60_000 * np.cumprod(1 + 0.03 * rng.standard_normal(2000))
    coin = spot[1:] / spot[:-1] - 1
    share, dollars = 1.025 * spot, spot + 1_500.0
    assert basis_beta(share[1:] / share[:-1] - 1, coin) == pytest.approx(1.0, rel=1e-12)
    mean = float(np.mean(spot / dollars))
    assert basis_beta(dollars[1:] / dollars[:-1] - 1, coin) == pytest.approx(mean, abs=0.02)
    assert basis_beta(3 * coin, coin) == 1.1
    assert basis_beta(-coin, coin) == 0.9
    assert basis_beta(coin[:19] * 1.05, coin[:19]) == 1.0
    assert basis_beta(coin, np.zeros(len(coin))) == 1.0
    holed = np.where(np.arange(len(coin)) % 3 == 0, np.nan, coin)
    assert basis_beta(1.05 * holed, coin) == pytest.approx(1.05)
