"""The weights of an index through time.

read_weights("index.csv") -> IndexWeights
"""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np

from hedgerow.files.cells import fault_of_symbol
from hedgerow.files.instants import parse_as_of
from hedgerow.files.text import file_name, first_line, opened, shown, text_of
from hedgerow.hedge.index import IndexWeights
from hedgerow.model.errors import BadPrices, UsageError

__all__ = ["parse_weights", "read_weights"]

_LARGEST_BYTES = 64 << 20
_COLUMNS = ("date", "symbol", "weight")
_ADVICE = "A file of weights is a CSV with the columns date, symbol, weight."


def read_weights(path: str | Path) -> IndexWeights:
    """Return the weights of a CSV with `date`, `symbol`, `weight`: each date tells the whole index from its end on.

    A bare date is known at 24:00 UTC of that day, so it first moves the next bar; an instant counts from itself.
    Raises `BadPrices` naming line and column.
    """
    where = Path(path)
    return parse_weights(opened(where, _LARGEST_BYTES, BadPrices, _ADVICE), file_name(where))


def parse_weights(data: bytes, file: str) -> IndexWeights:
    """Return the weights that the bytes of `file` hold. Raises `BadPrices`."""
    text = text_of(data, file, BadPrices, _ADVICE)
    known: dict[tuple[np.datetime64, str], float] = {}
    lines = csv.DictReader(io.StringIO(text), restkey="")
    try:
        if any(name not in (lines.fieldnames or ()) for name in _COLUMNS):
            raise BadPrices("has no columns date, symbol, weight", file=file, advice=_ADVICE)
        for row in lines:
            name, fault, advice = fault_of_symbol(row["symbol"] or "")
            if fault:
                raise BadPrices(fault, file=file, line=lines.line_num, column="symbol", advice=advice)
            key = (_time(row, file, lines.line_num), name)
            if key in known:
                said = f"{name} stands twice at that time"
                raise BadPrices(said, file=file, line=lines.line_num, advice="Keep one.")
            known[key] = _weight(row, file, lines.line_num)
    except csv.Error as why:
        raise BadPrices(f"cannot be read: {first_line(why)}", file=file, advice=_ADVICE) from None
    if not known:
        raise BadPrices("holds no weight", file=file, advice=_ADVICE)
    times = sorted({time for time, _ in known})
    symbols = tuple(sorted({symbol for _, symbol in known}))
    table = np.array([[known.get((time, symbol), 0.0) for symbol in symbols] for time in times])
    return IndexWeights(np.array(times), symbols, table)


def _time(row: dict[str, str | None], file: str, line: int) -> np.datetime64:
    try:
        return parse_as_of(row["date"] or "")
    except UsageError as why:
        raise BadPrices(
            why.message, file=file, line=line, column="date", advice="Write 2025-11-12, or an instant in UTC."
        ) from None


def _weight(row: dict[str, str | None], file: str, line: int) -> float:
    text = (row["weight"] or "").strip()
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight >= 0.0):
        raise BadPrices(
            f'"{shown(text, 40)}" is no weight',
            file=file,
            line=line,
            column="weight",
            advice="Weights are numbers from 0 up, in any unit: only their proportions count.",
        )
    return weight
