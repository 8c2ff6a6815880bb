"""The weights of an index through time.

read_weights("index.csv") -> IndexWeights
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from hedgerow.files.instants import parse_as_of
from hedgerow.hedge.index import IndexWeights
from hedgerow.model.errors import BadPrices, UsageError

__all__ = ["read_weights"]

_COLUMNS = ("date", "symbol", "weight")
_ADVICE = "A file of weights is a CSV with the columns date, symbol, weight."


def read_weights(path: str | Path) -> IndexWeights:
    """Return the weights of a CSV with `date`, `symbol`, `weight`: each date tells the whole index from its end on.

    A bare date is known at 24:00 UTC of that day, so it first moves the next bar; an instant counts from itself.
    Raises `BadPrices` naming line and column.
    """
    where = Path(path)
    try:
        with where.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as why:
        raise BadPrices(f"cannot be read: {why}", file=where.name, advice=_ADVICE) from None
    if not rows or any(name not in rows[0] for name in _COLUMNS):
        raise BadPrices("has no columns date, symbol, weight", file=where.name, advice=_ADVICE)
    known: dict[tuple[np.datetime64, str], float] = {}
    for number, row in enumerate(rows, start=2):
        key = (_time(row, where.name, number), (row["symbol"] or "").strip().upper())
        if key in known:
            raise BadPrices(
                f"{key[1]} stands twice at that time", file=where.name, line=number, advice="Keep one."
            )
        known[key] = _weight(row, where.name, number)
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
            f'"{text[:40]}" is no weight',
            file=file,
            line=line,
            column="weight",
            advice="Weights are numbers from 0 up, in any unit: only their proportions count.",
        )
    return weight
