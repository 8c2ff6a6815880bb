"""Who pays whom, how much, and what that is a year."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.errors import BadInput, BadPrices
from hedgerow.stats.carry import (
    annual_rate,
    check_rate,
    funding_cash,
    funding_cash_inverse,
    funding_rate,
    parse_rate,
)


def test_TV20_funding(vectors: dict[str, Any]) -> None:
    vector = vectors["TV20_funding"]
    q, mark, rate = vector["short_qty"], vector["mark"], vector["rate"]
    assert funding_cash(q, mark, rate) == pytest.approx(vector["cash_short"], rel=1e-9)
    assert funding_cash(-q, mark, rate) == pytest.approx(vector["cash_long"], rel=1e-9)
    assert funding_cash(q, mark, -0.0003) == pytest.approx(vector["cash_short_neg_rate"], rel=1e-9)
    coins = funding_cash_inverse(vector["inverse_short_usd"], mark, rate)
    assert coins == pytest.approx(vector["inverse_cash_btc"], rel=1e-9)
    assert annual_rate(rate, 8) == pytest.approx(vector["ann_simple_8h_1bp"], rel=1e-9)
    assert annual_rate(rate, 8, compounded=True) == pytest.approx(vector["ann_comp_8h_1bp"], rel=1e-9)
    assert annual_rate(0.00005, 4) == pytest.approx(vector["ann_simple_4h_0p5bp"], rel=1e-9)
    assert annual_rate(0.0000125, 1) == pytest.approx(vector["ann_simple_1h"], rel=1e-9)
    assert funding_cash(10, 10000, rate) == pytest.approx(-vector["mexc_example_long_pays"], rel=1e-9)


def test_the_interval_is_the_actual_one() -> None:
    assert annual_rate(1e-4, 2) == pytest.approx(0.438, rel=1e-12)
    with pytest.raises(BadInput, match="not positive"):
        annual_rate(1e-4, 0)


def test_cash_follows_the_mark_and_not_the_entry() -> None:
    assert funding_cash(-1, 66000, 1e-4) == pytest.approx(1.1 * funding_cash(-1, 60000, 1e-4), rel=1e-12)


def test_TV20b_rate_formula(vectors: dict[str, Any]) -> None:
    vector = vectors["TV20b_rate_formula"]
    for premium, key in ((3e-4, "P_3bp"), (10e-4, "P_10bp"), (-12e-4, "P_m12bp"), (0.0, "P_0")):
        assert funding_rate(premium) == pytest.approx(vector[key], rel=1e-9)
    cap = 0.75 * 0.004
    assert cap == pytest.approx(vector["cap_075mmr_example"], rel=1e-9)
    assert funding_rate(0.02, cap=cap) == pytest.approx(vector["capped"], rel=1e-9)
    assert funding_rate(-0.02, cap=cap) == pytest.approx(-vector["capped"], rel=1e-9)
    assert funding_rate(10e-4, 4) == pytest.approx(vector["n4h_scaled"], rel=1e-9)


@given(st.floats(-4e-4, 6e-4))
def test_a_small_premium_leaves_the_interest_alone(premium: float) -> None:
    assert funding_rate(premium) == pytest.approx(1e-4, rel=1e-9)


def test_an_unknown_premium_gives_an_unknown_rate() -> None:
    assert math.isnan(funding_rate(math.nan))
    assert math.isnan(funding_rate(math.nan, cap=0.003))
    assert math.isnan(check_rate(math.nan))


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("0.01%", 1e-4),
        ("0.01 %", 1e-4),
        ("1bp", 1e-4),
        ("-3 bps", -3e-4),
        ("−0.03%", -3e-4),
        ("0.0001", 1e-4),
        ("+1e-4", 1e-4),
        ("0", 0.0),
        (".0002", 2e-4),
        ("5%", 0.05),
    ],
)
def test_a_rate_is_read_with_its_unit(text: str, rate: float) -> None:
    assert parse_rate(text) == pytest.approx(rate, rel=1e-12)


@pytest.mark.parametrize("text", ["", "nan", "inf", "0,01%", "1 2", "%", "0.01%%", "1e400x", "--1"])
def test_what_is_no_rate_says_so(text: str) -> None:
    with pytest.raises(BadPrices, match="is not a rate"):
        parse_rate(text)


def test_a_percentage_read_as_a_fraction_is_refused_unless_the_cap_allows_it() -> None:
    with pytest.raises(BadPrices, match="beyond"):
        parse_rate("0.1")
    with pytest.raises(BadPrices, match="beyond"):
        check_rate(-0.051)
    assert check_rate(0.1, cap=0.1) == 0.1
    assert parse_rate("10%", cap=0.1) == pytest.approx(0.1)
