"""Fills and funding as the accountant wants them: one row each, exact, and what it was worth in dollars where that is known.

fills_table(records) -> frame        funding_table(records) -> frame        `records` by account

Exact numbers are text. A dollar value counts a dollar coin as one dollar, and says so in `usd_basis`; what is not known
is empty, never 0. Quantities are signed: coins (linear), dollars of face (inverse), contracts (quanto).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.legs import value_of as coins_worth
from hedgerow.model.orders import Fill, contracts_of
from hedgerow.model.ports import FundingPaid, Record
from hedgerow.runs.ledger import FILL, FUNDING, INSTRUMENT
from hedgerow.runs.wire import value_of

if TYPE_CHECKING:
    import polars as pl

__all__ = ["fills_table", "for_spreadsheet", "funding_table"]

_FILLS = (
    "time",
    "account",
    "venue",
    "contract",
    "kind",
    "side",
    "contracts",
    "quantity",
    "price",
    "quote",
    "value_usd",
    "fee",
    "fee_coin",
    "fee_usd",
    "usd_basis",
    "trade_id",
    "order_id",
    "client_id",
)
_FUNDING = ("time", "account", "contract", "amount", "coin", "amount_usd", "usd_basis", "payment_id")
_NUMBERS = {"value_usd", "fee_usd", "amount_usd"}
_EXACT = {"contracts", "quantity", "price", "fee", "amount"}
_ASSUMED, _FACE = "dollar coin at 1.00", "face value"

_DOLLARS = frozenset({"USD", "USDT", "USDC", "FDUSD", "USD1", "PYUSD", "DAI"})
"""What is counted as a dollar each, and said so."""

T = TypeVar("T")
Records = Mapping[str, Sequence[Record]]


def fills_table(records: Records) -> pl.DataFrame:
    """Return one row a fill, in the order of the venue's time."""
    rows: list[dict[str, object]] = []
    for account, lines in records.items():
        contracts = _contracts(lines)
        rows += [_fill(account, fill, contracts[fill.instrument]) for fill in _all(lines, FILL, Fill)]
    return _frame(rows, _FILLS)


def funding_table(records: Records) -> pl.DataFrame:
    """Return one row a payment: above zero received, below zero paid."""
    rows = [
        _payment(account, paid)
        for account, lines in records.items()
        for paid in _all(lines, FUNDING, FundingPaid)
    ]
    return _frame(rows, _FUNDING)


def for_spreadsheet(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table with no cell that a spreadsheet takes for a formula: a quote before names that begin like one."""
    import polars as pl

    words = [name for name in table.columns if name not in _NUMBERS | _EXACT]
    begins = [pl.col(name).str.contains(r"^[=+\-@\t\r]") for name in words]
    return table.with_columns(
        pl.when(found).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name, found in zip(words, begins, strict=True)
    )


def _payment(account: str, paid: FundingPaid) -> dict[str, object]:
    usd = paid.amount if _is_dollar(paid.coin) else None
    return {
        "time": _time(paid.at),
        "account": account,
        "contract": paid.instrument,
        "amount": f"{paid.amount:f}",
        "coin": paid.coin,
        "amount_usd": _number(usd),
        "usd_basis": "" if usd is None else _ASSUMED,
        "payment_id": paid.payment_id,
    }


def _fill(account: str, fill: Fill, contract: Instrument) -> dict[str, object]:
    value, basis = _value(fill, contract)
    fee = _fee(fill, contract)
    return {
        "time": _time(fill.at),
        "account": account,
        "venue": fill.venue,
        "contract": fill.instrument,
        "kind": fill.kind,
        "side": "buy" if fill.quantity > 0 else "sell",
        "contracts": f"{contracts_of(contract, fill.quantity):f}",
        "quantity": f"{fill.quantity:f}",
        "price": f"{fill.price:f}",
        "quote": contract.quote,
        "value_usd": _number(value),
        "fee": f"{fill.fee:f}",
        "fee_coin": fill.fee_coin,
        "fee_usd": _number(fee),
        "usd_basis": basis,
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "client_id": fill.client_id,
    }


def _value(fill: Fill, contract: Instrument) -> tuple[Decimal | None, str]:
    """Dollars traded, never negative: face for inverse contracts, else the quote coin's where that is a dollar."""
    if contract.payoff is Payoff.INVERSE:
        return abs(fill.quantity), _FACE
    if contract.payoff is Payoff.LINEAR and _is_dollar(contract.quote):
        return abs(coins_worth(contract, fill.quantity, fill.price)), _ASSUMED
    return None, ""


def _fee(fill: Fill, contract: Instrument) -> Decimal | None:
    """Dollars of the fee: of a dollar coin, or of the underlying at the fill's own price."""
    if _is_dollar(fill.fee_coin):
        return fill.fee
    priced = fill.fee_coin == contract.underlying and _is_dollar(contract.quote)
    return fill.fee * fill.price if priced else None


def _is_dollar(coin: str) -> bool:
    return coin in _DOLLARS


def _contracts(lines: Sequence[Record]) -> dict[str, Instrument]:
    return {each.name: each for each in _all(lines, INSTRUMENT, Instrument)}


def _all(lines: Sequence[Record], kind: str, of: type[T]) -> Iterator[T]:
    for line in lines:
        if line.kind == kind:
            found = value_of(line.body)
            if isinstance(found, of):
                yield found


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _frame(rows: list[dict[str, object]], names: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    schema = {name: pl.Float64 if name in _NUMBERS else pl.String for name in names}
    return pl.DataFrame(sorted(rows, key=lambda row: str(row["time"])), schema=schema)
