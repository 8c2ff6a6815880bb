"""Names of options as venues write them."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pytest

from hedgerow.model.option_names import option_named
from hedgerow.model.portfolio import Portfolio, Position, PositionKind
from hedgerow.runs.wire import body_of, value_of


@pytest.mark.parametrize(
    ("text", "coin", "day", "strike", "call", "settle"),
    [
        ("BTC-26DEC25-80000-P", "BTC", "2025-12-26", 80_000.0, False, ""),
        ("eth-2jan26-3000-c", "ETH", "2026-01-02", 3_000.0, True, ""),
        ("XRP_USDC-30JUN26-0d625-C", "XRP", "2026-06-30", 0.625, True, "USDC"),
        ("BTC-251226-80000-P", "BTC", "2025-12-26", 80_000.0, False, ""),
        ("BTC-USD-251226-80000-C", "BTC", "2025-12-26", 80_000.0, True, "BTC"),
        ("BTC-26DEC25-80000-P-USDT", "BTC", "2025-12-26", 80_000.0, False, "USDT"),
        ("BTC-2026-01-31-90000-C", "BTC", "2026-01-31", 90_000.0, True, ""),
    ],
)
def test_each_form(text: str, coin: str, day: str, strike: float, call: bool, settle: str) -> None:
    found = option_named(text)
    assert found is not None
    assert (found.underlying, found.strike, found.call, found.settle) == (coin, strike, call, settle)
    assert found.ends == np.datetime64(f"{day}T08:00", "ms")
    assert found.text == text.upper()


@pytest.mark.parametrize(
    "text", ["BTC", "BTC-PERPETUAL", "BTC-26DEC25", "BTCUSDT_260925", "1000PEPE", "BTC-26DEC25-P", "A-B-1-C"]
)
def test_what_is_no_option(text: str) -> None:
    assert option_named(text) is None


@pytest.mark.parametrize(
    "text", ["BTC-31FEB26-80000-P", "BTC-260231-80000-P", "BTC-26XXX25-80000-P", "BTC-26DEC25-0-P"]
)
def test_a_day_that_does_not_exist(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        option_named(text)


def test_what_it_may_pay_in() -> None:
    plain, dollars = option_named("BTC-26DEC25-80000-P"), option_named("BTC_USDC-26DEC25-80000-P")
    assert plain is not None
    assert dollars is not None
    assert plain.settles_in("BTC")
    assert plain.settles_in("USDT")
    assert dollars.settles_in("USDT")
    assert not dollars.settles_in("BTC")


def test_a_journal_keeps_a_position_in_one() -> None:
    name = option_named("BTC-26DEC25-80000-P")
    row = Position(
        "BTC-26DEC25-80000-P", Decimal("-1.5"), PositionKind.DERIVATIVE, underlying="BTC", option=name
    )
    assert value_of(json.loads(json.dumps(body_of(Portfolio((row,)))))) == Portfolio((row,))
