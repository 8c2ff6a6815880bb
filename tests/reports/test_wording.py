"""Numbers as people read them."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.reports.wording import amount, bar, count, number, percent, plain_text, price


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (302_000.4, "$302,000"),
        (-61_000, "−$61,000"),
        (62.5, "$62.50"),
        (0.0, "$0"),
        (-0.001, "$0"),
        (99.6, "$100"),
        (math.nan, "unknown"),
        (None, "unknown"),
        (math.inf, "unknown"),
    ],
)
def test_amount(value: float | None, said: str) -> None:
    assert amount(value) == said


def test_amount_in_another_currency_and_signed() -> None:
    assert amount(-1234.0, "USDC") == "−1,234 USDC"
    assert amount(5.0, signed=True) == "+$5.00"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.41, "41 %"),
        (0.07, "7 %"),
        (0.068, "6.8 %"),
        (0.0009, "0.09 %"),
        (1e-6, "< 0.01 %"),
        (0.0, "0 %"),
        (-0.5, "−50 %"),
        (12.5, "1,250 %"),
        (math.nan, "unknown"),
    ],
)
def test_percent(value: float, said: str) -> None:
    assert percent(value) == said


def test_numbers_have_no_negative_zero() -> None:
    assert number(-0.001) == "0.00"
    assert number(-0.3) == "−0.30"
    assert number(math.nan) == "unknown"


def test_counts_have_no_trailing_zeros_and_no_exponents() -> None:
    assert count(Decimal("4832.000")) == "4,832"
    assert count(Decimal("1E+3")) == "1,000"
    assert count(0.004) == "0.004"
    assert count(-2.5) == "−2.5"


@given(st.text())
def test_nothing_a_terminal_obeys_gets_through(text: str) -> None:
    shown = plain_text(text)
    assert not any(
        ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202a\u202e\u2066\u2069\u200f\u2028" for c in shown
    )
    assert plain_text(shown) == shown


@given(st.floats(-2.0, 2.0), st.floats(0.0, 2.0))
def test_bars_are_at_most_as_long_as_the_largest(share: float, largest: float) -> None:
    assert len(bar(min(abs(share), largest), largest)) <= 12


def test_the_price_of_a_small_coin_is_never_zero() -> None:
    assert price(0.0000094) == "$0.0000094"
    assert price(0.00000938123, "USDC") == "0.000009381 USDC"
    assert price(0.152) == "$0.152"
    assert price(0.99998) == "$1"
    assert (price(1.5), price(62500.0), price(None)) == ("$1.50", "$62,500", "unknown")
