"""Holdings files as a `Portfolio`.

    read_portfolio("book.csv") -> Portfolio

CSV, JSON, TOML or Parquet with `symbol` and `quantity`; the exports of `exports.py` are recognised by their headers.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Context, Decimal
from pathlib import Path

from hedgerow.files.exports import PLAIN, recognise
from hedgerow.files.positions import Reader
from hedgerow.files.records import ADVICE, Records, records_of
from hedgerow.files.text import file_name, opened, shown
from hedgerow.model.coins import RENAMED
from hedgerow.model.errors import BadPortfolio
from hedgerow.model.instruments import Instrument
from hedgerow.model.portfolio import Portfolio, Position

__all__ = ["book_of", "opened_holdings", "parse_portfolio", "read_portfolio", "time_column"]

_LARGEST_BYTES = 128 << 20
# Wide enough that no sum of amounts between 1e-30 and 1e30 with a hundred digits each is ever rounded.
_EXACT = Context(prec=400)
_NAMED = 8
_TIMES = ("date", "ts", "time", "timestamp", "datetime")


def read_portfolio(
    path: str | Path, *, decimal_comma: bool = False, instruments: tuple[Instrument, ...] = ()
) -> Portfolio:
    """Return the book of a file. `instruments` are contracts that rows may name.

    Holdings of several dates are refused: `read_book_path` reads them.

    Rows of the same coin, account and kind are summed, and a note says so; rows of quantity 0 are left out, and named.
    Raises `BadPortfolio`, naming file, line and column, with what to do.
    """
    where = Path(path)
    data = opened_holdings(where)
    return parse_portfolio(data, file_name(where), decimal_comma=decimal_comma, instruments=instruments)


def opened_holdings(path: Path) -> bytes:
    """Return the bytes of a file of holdings; raises `BadPortfolio`."""
    return opened(path, _LARGEST_BYTES, BadPortfolio, "Give a CSV, JSON, TOML or Parquet file of holdings.")


def parse_portfolio(
    data: bytes, file: str, *, decimal_comma: bool = False, instruments: tuple[Instrument, ...] = ()
) -> Portfolio:
    """Return the book that the bytes of `file` hold; its name tells the format. Raises `BadPortfolio`."""
    records = records_of(data, file)
    when = time_column(records)
    stamps = dict.fromkeys(row.cells.get(when, "").strip() for row in records.rows) if when else {}
    if len(stamps) > 1:
        raise BadPortfolio(
            f"holds {len(stamps)} dates ({when}): a book through time, or when each coin was bought?",
            file=file,
            advice=f"`backtest` and `sweep` walk through dated holdings; elsewhere give one date, or rename {when}.",
        )
    return book_of(records, file, decimal_comma=decimal_comma, instruments=instruments)


def time_column(records: Records) -> str:
    """Return the header of the rows' dates where a plain file has one, else nothing."""
    found = recognise(records.headers)
    if found is None or found[0].name != PLAIN:
        return ""
    return next((name for name in _TIMES if name in records.headers), "")


def book_of(
    records: Records, file: str, *, decimal_comma: bool = False, instruments: tuple[Instrument, ...] = ()
) -> Portfolio:
    """Return the book that all of `records` make up together. Raises `BadPortfolio`."""
    found = recognise(records.headers)
    if found is None or not records.rows:
        raise BadPortfolio("holds no position", file=file, advice=ADVICE)
    layout, fields = found
    reader = Reader(file, layout, fields, decimal_comma, instruments)
    rows = [row for record in records.rows if (row := reader.position(record)) is not None]
    summed, notes = _summed(rows)
    held = tuple(row for row in summed if row.quantity)
    if not held:
        raise BadPortfolio("holds no position: every quantity is 0", file=file, advice=ADVICE)
    empty = tuple(dict.fromkeys(row.symbol for row in summed if not row.quantity))
    said = [
        *records.notes,
        *reader.notes(),
        *notes,
        *_left_out(empty),
        *_unused(records.headers, reader.used),
    ]
    where = ", ".join(f"{name} from {shown(header, 40)}" for name, header in fields.items() if name != header)
    count = f"{len(records.rows)} row" + ("s" if len(records.rows) > 1 else "")
    recognised = f"{file}: {layout.name}, {count}" + (f" ({where})" if where else "")
    return Portfolio(held, file, recognised, (*said, *_hints(held)), empty)


def _summed(rows: list[Position]) -> tuple[tuple[Position, ...], list[str]]:
    """Sum spot rows that agree in everything but quantity, cost and line, exactly; say so.

    Contracts stay apart: each has its own entry price.
    """
    groups: dict[tuple[object, ...], Position] = {}
    several: dict[str, None] = {}
    for place, row in enumerate(rows):
        agree = (row.underlying, row.rate, row.discount, row.locked, row.tags, row.sector, row.currency)
        key: tuple[object, ...] = (row.symbol, row.account, row.kind, *agree)
        if row.is_derivative:
            key = (*key, place)
        seen = groups.get(key)
        if seen is None:
            groups[key] = row
            continue
        costs = (seen.cost_basis, row.cost_basis)
        cost = None if costs[0] is None or costs[1] is None else _EXACT.add(costs[0], costs[1])
        total = _EXACT.add(seen.quantity, row.quantity)
        groups[key] = replace(seen, quantity=total or Decimal(0), cost_basis=cost)
        several[f"{row.symbol} stands in several rows of {row.account or 'the book'}: they are summed."] = (
            None
        )
    return tuple(groups.values()), list(several)


def _left_out(empty: tuple[str, ...]) -> list[str]:
    if not empty:
        return []
    more = f" and {len(empty) - _NAMED} more" if len(empty) > _NAMED else ""
    return [f"left out, their quantity is 0: {', '.join(empty[:_NAMED])}{more}."]


def _unused(headers: tuple[str, ...], used: frozenset[str]) -> list[str]:
    idle = [shown(header, 40) for header in headers if header and header not in used]
    more = f" and {len(idle) - _NAMED} more" if len(idle) > _NAMED else ""
    return [f"columns not used: {', '.join(idle[:_NAMED])}{more}."] if idle else []


def _hints(rows: tuple[Position, ...]) -> list[str]:
    """Say which names may mean another coin or another unit. Which is meant is the user's to say."""
    hints: dict[str, None] = {}
    for name in (row.symbol for row in rows):
        if name in RENAMED:
            hints[f"{name} was renamed {RENAMED[name]}: check which is meant."] = None
        coin = name.removeprefix("1M") if name.startswith("1M") else name.lstrip("0123456789")
        thousands = name[: len(name) - len(coin)]
        if coin and (thousands.endswith("000") or thousands == "1M"):
            unit = f"{name} counts {thousands} {coin} as one on some venues"
            hints[f"{unit}: check that the quantity is in {name}, not in {coin}."] = None
    return list(hints)
