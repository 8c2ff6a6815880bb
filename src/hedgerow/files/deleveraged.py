"""What a venue takes of a hedge on the way (ADL), by script.

read_deleveraged("adl.csv") -> (Deleverage(time, share, symbol, price), …)
"""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np

from hedgerow.files.instants import parse_as_of
from hedgerow.files.text import file_name, first_line, opened, shown, text_of
from hedgerow.model.errors import BadPrices, UsageError
from hedgerow.model.journal import Deleverage

__all__ = ["parse_deleveraged", "read_deleveraged"]

_LARGEST_BYTES = 1 << 20
_COLUMNS = ("time", "share")
_ADVICE = "A script is a CSV with the columns time and share, and symbol and price where they are known."

Row = dict[str, str | None]


def read_deleveraged(path: str | Path) -> tuple[Deleverage, ...]:
    """Return the lines of a CSV with `time`, `share` (above 0, at most 1), and where wanted `symbol` and `price`.

    Without a symbol every contract is taken of, without a price at the last one. A bare date is 24:00 UTC of that day.
    Raises `BadPrices` naming line and column.
    """
    where = Path(path)
    return parse_deleveraged(opened(where, _LARGEST_BYTES, BadPrices, _ADVICE), file_name(where))


def parse_deleveraged(data: bytes, file: str) -> tuple[Deleverage, ...]:
    """Return the script that the bytes of `file` hold. Raises `BadPrices`."""
    lines = csv.DictReader(io.StringIO(text_of(data, file, BadPrices, _ADVICE)), restkey="")
    found: list[Deleverage] = []
    try:
        if any(name not in (lines.fieldnames or ()) for name in _COLUMNS):
            raise BadPrices("has no columns time and share", file=file, advice=_ADVICE)
        for row in lines:
            at = lines.line_num
            share = _number(row, "share", file, at)
            if share is None or share > 1.0:
                raise BadPrices(
                    "a share is above 0 and at most 1",
                    file=file,
                    line=at,
                    column="share",
                    advice="Write 0.5 for half of it.",
                )
            symbol = (row.get("symbol") or "").strip()
            found.append(Deleverage(_time(row, file, at), share, symbol, _number(row, "price", file, at)))
    except csv.Error as why:
        raise BadPrices(f"cannot be read: {first_line(why)}", file=file, advice=_ADVICE) from None
    if not found:
        raise BadPrices("holds no line", file=file, advice=_ADVICE)
    return tuple(found)


def _time(row: Row, file: str, line: int) -> np.datetime64:
    try:
        return parse_as_of(row["time"] or "")
    except UsageError as why:
        raise BadPrices(
            why.message, file=file, line=line, column="time", advice="Write 2025-10-10T21:15, in UTC."
        ) from None


def _number(row: Row, name: str, file: str, line: int) -> float | None:
    """A number above zero; None where there is none."""
    text = (row.get(name) or "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0.0):
        raise BadPrices(
            f'"{shown(text, 40)}" is no {name}',
            file=file,
            line=line,
            column=name,
            advice="Write a number above 0.",
        )
    return number
