"""Fills and funding for the accountant: exact, signed, dollars only where they are known, no formula in a cell."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import polars as pl

from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.orders import Fill
from hedgerow.model.ports import FundingPaid
from hedgerow.runs.bookkeeping import fills_table, for_spreadsheet, funding_table
from hedgerow.runs.ledger import fill_record, funding_record, instrument_record
from hedgerow.store.memory import MemoryStore

BTC = Instrument(
    venue="paper",
    symbol="BTCUSDT",
    underlying="BTC",
    payoff=Payoff.LINEAR,
    quote="USDT",
    settle="USDT",
    multiplier=Decimal("0.001"),
    lot=Decimal(1),
    min_contracts=Decimal(1),
    max_contracts=None,
    min_notional=Decimal(5),
    tick=Decimal("0.1"),
    taker_fee=Decimal("0.0005"),
    maker_fee=Decimal("0.0002"),
    tiers=(),
)
COIN = replace(
    BTC,
    symbol="ETHUSD",
    underlying="ETH",
    payoff=Payoff.INVERSE,
    quote="USD",
    settle="ETH",
    multiplier=Decimal(10),
)
EURO = replace(BTC, symbol="BTCEUR", quote="EUR", settle="EUR")
FILL = Fill(
    "paper",
    "=cmd|x",
    "7",
    "o1",
    "hr1",
    BTC.name,
    Decimal("-0.250"),
    Decimal("60000.10"),
    Decimal("7.5"),
    "USDT",
    86_400_000,
)


def tables(*fills: Fill, paid: tuple[FundingPaid, ...] = ()) -> tuple[pl.DataFrame, pl.DataFrame]:
    store = MemoryStore(lambda: 0)
    lease = store.acquire("a", "one", 1_000)
    assert lease is not None
    records = [instrument_record(each) for each in (BTC, COIN, EURO)]
    records += [fill_record(fill) for fill in fills] + [funding_record(each) for each in paid]
    store.append("a", 0, records, lease)
    lines = {"a": tuple(store.read("a"))}
    return fills_table(lines), funding_table(lines)


def test_a_linear_fill_is_worth_its_coins_at_its_price() -> None:
    (row,) = tables(FILL)[0].rows(named=True)
    assert row["time"] == "1970-01-02T00:00:00.000Z"
    assert (row["side"], row["contracts"], row["quantity"], row["price"]) == (
        "sell",
        "-250",
        "-0.250",
        "60000.10",
    )
    assert (row["value_usd"], row["fee_usd"], row["usd_basis"]) == (15000.025, 7.5, "dollar coin at 1.00")


def test_an_inverse_fill_is_worth_its_face_and_its_fee_the_coin_at_the_fills_price() -> None:
    fill = replace(
        FILL,
        instrument=COIN.name,
        quantity=Decimal(500),
        price=Decimal(2000),
        fee=Decimal("0.001"),
        fee_coin="ETH",
    )
    (row,) = tables(fill)[0].rows(named=True)
    assert (row["side"], row["contracts"], row["value_usd"], row["fee_usd"]) == ("buy", "50", 500.0, 2.0)


def test_what_is_not_known_in_dollars_is_empty_and_never_nothing() -> None:
    fill = replace(FILL, instrument=EURO.name, fee_coin="BNB")
    (row,) = tables(fill)[0].rows(named=True)
    assert (row["value_usd"], row["fee_usd"], row["usd_basis"]) == (None, None, "")
    paid = tuple(
        FundingPaid(BTC.name, at, Decimal("-1.25"), coin, coin) for at, coin in ((2, "USDT"), (1, "ETH"))
    )
    funding = tables(paid=paid)[1]
    assert funding["amount_usd"].to_list() == [None, -1.25]
    assert funding["coin"].to_list() == ["ETH", "USDT"]


def test_empty_tables_have_their_columns() -> None:
    fills, funding = tables()
    assert (len(fills), len(funding)) == (0, 0)
    assert fills.schema["value_usd"] == funding.schema["amount_usd"] == pl.Float64
    assert {"trade_id", "client_id", "usd_basis"} <= set(fills.columns)


def test_a_spreadsheet_is_given_no_formula_and_its_numbers_as_they_are() -> None:
    store = MemoryStore(lambda: 0)
    lease = store.acquire("=cmd", "one", 1_000)
    assert lease is not None
    store.append("=cmd", 0, [instrument_record(BTC), fill_record(replace(FILL, trade_id="@x"))], lease)
    (row,) = for_spreadsheet(fills_table({"=cmd": tuple(store.read("=cmd"))})).rows(named=True)
    assert (row["account"], row["trade_id"]) == ("'=cmd", "'@x")
    assert (row["quantity"], row["contracts"]) == ("-0.250", "-250")
