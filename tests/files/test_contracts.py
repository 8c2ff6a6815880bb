"""Contracts of a book: by name, by description, and when they expire."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from hedgerow.files.contracts import by_name, described, expiry_of
from hedgerow.files.portfolio import parse_portfolio
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.portfolio import PositionKind

EXPIRY = datetime(2025, 12, 26, 8, tzinfo=UTC)
CENT = Decimal("0.01")


def contract(venue: str, symbol: str, payoff: Payoff = Payoff.LINEAR) -> Instrument:
    return described("BTC", payoff, Decimal(100), "USDT", name=symbol, venue=venue, expiry=None)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2025-12-26", ""),
        ("2025-12-26T08:00Z", ""),
        ("2025-12-26T10:00+02:00", ""),
        ("", "BTCUSD_251226"),
        ("", "BTC-USD-251226"),
        ("", "BTC-26DEC25"),
    ],
)
def test_an_expiry_is_read_from_its_column_or_the_name(text: str, name: str) -> None:
    assert expiry_of(text, name) == EXPIRY


@pytest.mark.parametrize("name", ["BTCUSDT", "BTC-PERP", ""])
def test_a_perpetual_has_none(name: str) -> None:
    assert expiry_of("", name) is None


@pytest.mark.parametrize(("text", "name"), [("soon", ""), ("", "BTCUSD_251345"), ("2025-02-30", "")])
def test_an_impossible_date_is_an_error(text: str, name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        expiry_of(text, name)


def test_a_dated_contract_pays_no_funding() -> None:
    future = described("BTC", Payoff.LINEAR, Decimal(1), "USDT", name="F", venue="v", expiry=EXPIRY)
    assert (future.is_perpetual, future.funding_interval_hours) == (False, None)
    assert contract("v", "P").is_perpetual


def test_inverse_contracts_come_whole() -> None:
    inverse = contract("v", "I", Payoff.INVERSE)
    assert (inverse.lot, inverse.quote) == (Decimal(1), "USD")


def test_a_row_names_a_contract_of_the_catalogue() -> None:
    catalogue = (contract("paper", "BTCUSDT"), contract("other", "BTCUSDT"))
    assert by_name(catalogue)["BTCUSDT"].venue == "paper"
    for name in ("btcusdt", "paper:BTCUSDT"):
        text = f"symbol,quantity,instrument,entry_price\nBTC,-3,{name},60000\n"
        (row,) = parse_portfolio(text.encode(), "b.csv", instruments=catalogue).positions
        assert row.instrument is catalogue[0]
        assert (row.kind, row.quantity, row.entry_price) == (
            PositionKind.DERIVATIVE,
            Decimal(-3),
            Decimal(60000),
        )
    text = "symbol,quantity,instrument,entry_price\nBTC,-3,other:BTCUSDT,60000\n"
    (row,) = parse_portfolio(text.encode(), "b.csv", instruments=catalogue).positions
    assert row.instrument is catalogue[1]
