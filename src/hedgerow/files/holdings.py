"""Files of holdings that are changed: looked at row by row, quantities set, and written again in their own format.

faults_of(data, "book.csv")             every row's fault, not the first alone
changed(records, "book.csv", {0: "12"}, ("SOL", "5"))
written(records, "book.csv") -> bytes   read back, they hold the same
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hedgerow.files.exports import recognise
from hedgerow.files.portfolio import parse_portfolio
from hedgerow.files.positions import Reader
from hedgerow.files.records import Record, Records, records_of
from hedgerow.model.errors import BadPortfolio
from hedgerow.model.instruments import Instrument
from hedgerow.model.portfolio import Portfolio

__all__ = ["RowFault", "changed", "faults_in", "faults_of", "quantity_in", "same_positions", "written"]

_MOST = 50
_NUMBER = re.compile(r"[+-]?[\d.,]+([eE][+-]?\d+)?")
_NESTED = ("{…}", "[…]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a file of holdings: `row` counts its positions from 0, None where it is the whole file."""

    row: int | None
    why: BadPortfolio


def faults_of(
    data: bytes, file: str, *, decimal_comma: bool = False, instruments: tuple[Instrument, ...] = ()
) -> tuple[RowFault, ...]:
    """Return what is wrong with the bytes of a file of holdings, row by row, 50 at most; none where it can be read."""
    try:
        parse_portfolio(data, file, decimal_comma=decimal_comma, instruments=instruments)
    except BadPortfolio as why:
        return _row_by_row(data, file, decimal_comma, instruments) or (RowFault(None, why),)
    return ()


def _row_by_row(
    data: bytes, file: str, decimal_comma: bool, instruments: tuple[Instrument, ...]
) -> tuple[RowFault, ...]:
    try:
        records = records_of(data, file)
    except BadPortfolio:
        return ()
    return faults_in(records, file, decimal_comma=decimal_comma, instruments=instruments)


def faults_in(
    records: Records, file: str, *, decimal_comma: bool = False, instruments: tuple[Instrument, ...] = ()
) -> tuple[RowFault, ...]:
    """Return what is wrong with rows, each for itself, 50 at most."""
    layout = recognise(records.headers)
    if layout is None:
        return ()
    reader = Reader(file, *layout, decimal_comma, instruments)
    found: list[RowFault] = []
    for place, record in enumerate(records.rows):
        try:
            reader.position(record)
        except BadPortfolio as why:
            found.append(RowFault(place, why))
        if len(found) == _MOST:
            break
    return tuple(found)


def quantity_in(records: Records) -> tuple[str, str] | None:
    """Return the headers of symbol and quantity; None where they cannot be set one by one.

    So it is where a format splits quantities or signs them by another column, or a cell holds more than a table can.
    """
    found = recognise(records.headers)
    nested = any(text in _NESTED for row in records.rows for text in row.cells.values())
    if found is None or found[0].quantities or found[0].sign_from or nested:
        return None
    fields = found[1]
    return (fields["symbol"], fields["quantity"]) if {"symbol", "quantity"} <= fields.keys() else None


def changed(
    records: Records, file: str, quantities: Mapping[int, str], added: tuple[str, str] | None = None
) -> Records:
    """Return the records with other quantities in some rows, and one row more where (symbol, quantity) is given.

    Nothing is checked here but that there are such rows: what was written is read again. Raises `BadPortfolio`.
    """
    headers = quantity_in(records)
    if headers is None or not all(0 <= place < len(records.rows) for place in quantities):
        raise BadPortfolio(
            "its quantities cannot be set one by one", file=file, advice="Edit the file, or import another."
        )
    symbol, quantity = headers
    rows = [
        row._replace(cells={**row.cells, quantity: quantities[place]}) if place in quantities else row
        for place, row in enumerate(records.rows)
    ]
    if added is not None:
        empty = dict.fromkeys(records.headers, "")
        rows.append(Record(None, f"[{len(rows)}]", {**empty, symbol: added[0], quantity: added[1]}))
    return replace(records, rows=rows)


def written(records: Records, file: str) -> bytes:
    """Return records as the bytes of a file whose name tells the format: CSV, JSON, TOML or Parquet.

    A cell of CSV that a spreadsheet would take for a formula, and that is no number, begins with an apostrophe.
    """
    suffix = Path(file).suffix.lower()
    rows = [{name: text for name, text in row.cells.items() if name} for row in records.rows]
    if suffix == ".json":
        filled = [{name: text for name, text in row.items() if text} for row in rows]
        return (json.dumps(filled, indent=1, ensure_ascii=False) + "\n").encode()
    if suffix == ".toml":
        return "\n".join(_toml(row) for row in rows).encode()
    if suffix == ".parquet":
        return _parquet([name for name in records.headers if name], rows)
    return _csv([name for name in records.headers if name], rows)


def _csv(headers: list[str], rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    made = csv.writer(out, lineterminator="\n")
    made.writerow(headers)
    made.writerows([_harmless(row.get(name, "")) for name in headers] for row in rows)
    return out.getvalue().encode()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell.strip()) else cell


def _toml(row: dict[str, str]) -> str:
    lines = (f"{_text(name)} = {_text(text)}\n" for name, text in row.items() if text)
    return f"[[positions]]\n{''.join(lines)}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _parquet(headers: list[str], rows: list[dict[str, str]]) -> bytes:
    import polars as pl

    out = io.BytesIO()
    pl.DataFrame({name: [row.get(name, "") for row in rows] for name in headers}).write_parquet(out)
    return out.getvalue()


def same_positions(one: Portfolio, other: Portfolio) -> bool:
    """Return whether two books hold the same, wherever it stood in their files."""
    first, second = (tuple(replace(row, line=None) for row in book.positions) for book in (one, other))
    return first == second
