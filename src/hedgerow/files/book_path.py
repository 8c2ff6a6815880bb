"""Holdings of several dates as a `BookPath`.

    read_book_path("holdings.csv") -> BookPath

A holdings file with a column `date` or `ts`: the rows of one instant are the whole book from then on, until the next
instant. Without dates, or with one, a file is one book.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hedgerow.files.cells import Place
from hedgerow.files.instants import parse_as_of
from hedgerow.files.portfolio import book_of, opened_holdings, time_column
from hedgerow.files.records import Record, Records, records_of
from hedgerow.files.text import file_name, shown
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.portfolio import BookPath

__all__ = ["parse_book_path", "read_book_path"]

_EARLIEST = np.datetime64(0, "ms")
_ADVICE = "Write 2025-11-12 (the end of that day), or 2025-11-12T08:00 for an instant in UTC."


def read_book_path(
    path: str | Path, *, decimal_comma: bool = False, instruments: tuple[Instrument, ...] = ()
) -> BookPath:
    """Return the book through time of a file. Raises `BadPortfolio`, naming file, line and column."""
    where = Path(path)
    data = opened_holdings(where)
    return parse_book_path(data, file_name(where), decimal_comma=decimal_comma, instruments=instruments)


def parse_book_path(
    data: bytes, file: str, *, decimal_comma: bool = False, instruments: tuple[Instrument, ...] = ()
) -> BookPath:
    """Return the sets of holdings that the bytes of `file` hold, by their instants. Raises `BadPortfolio`."""
    records = records_of(data, file)
    when = time_column(records)
    sets: dict[np.datetime64, list[Record]] = {}
    for row in records.rows:
        sets.setdefault(_instant(row, when, file) if when else _EARLIEST, []).append(row)
    if len(sets) < 2:
        book = book_of(records, file, decimal_comma=decimal_comma, instruments=instruments)
        return BookPath(np.array([_EARLIEST]), (book,))
    since = sorted(sets)
    headers = tuple(header for header in records.headers if header != when)
    books = tuple(
        book_of(
            Records(headers, sets[instant], records.notes),
            f"{file} at {str(instant)[:16]}",
            decimal_comma=decimal_comma,
            instruments=instruments,
        )
        for instant in since
    )
    notes = dict.fromkeys(note for book in books for note in book.notes)
    said = f"{file}: {len(since)} sets of holdings, from {str(since[0])[:16]} to {str(since[-1])[:16]}."
    return BookPath(np.array(since), books, (said, *notes))


def _instant(row: Record, column: str, file: str) -> np.datetime64:
    text = row.cells.get(column, "").strip()
    try:
        return parse_as_of(text)
    except UsageError:
        place = Place(file, row.line, row.at + column)
        raise place.error(f'"{shown(text)}" is no date', _ADVICE) from None
