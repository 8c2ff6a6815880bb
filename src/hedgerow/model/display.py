"""How a result shows itself: one line, a table, JSON-ready values."""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Result", "error_text", "percent_text", "plain", "sentence"]


def plain(value: Any) -> Any:
    """Return `value` as what JSON can hold: NaN and infinity become None, instants ISO text, Decimals numbers."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | np.floating):
        return float(value) + 0.0 if math.isfinite(value) else None  # no negative zero
    if isinstance(value, Decimal):
        return float(value)
    return _plain_compound(value)


def _plain_compound(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        return str(value.astype("datetime64[s]")) + "Z"
    if isinstance(value, np.generic):
        return plain(value.item())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset | np.ndarray):
        return [plain(item) for item in value]
    return str(value)


def _cell(value: Any) -> str:
    simple = plain(value)
    if simple is None:
        return "unknown"
    return f"{simple:,.6g}" if isinstance(simple, float) else str(simple)


def sentence(text: str) -> str:
    """Return words as a sentence begins: with a capital letter."""
    return text[:1].upper() + text[1:]


def percent_text(fraction: float, digits: int = 0, *, signed: bool = False) -> str:
    """Return a fraction as percent with a blank and a true minus sign: `7 %`, `−7.3 %`."""
    size = f"{abs(100.0 * fraction):.{digits}f}"
    sign = "" if not float(size) else ("−" if fraction < 0 else ("+" if signed else ""))
    return f"{sign}{size} %"


class Result:
    """What every result can do: a one-line repr, a table in a notebook, a frame, a dictionary."""

    __slots__ = ()

    def headline(self) -> str:
        """Return the result in one line."""
        raise NotImplementedError

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names and rows."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; unknown numbers are None, never NaN."""
        shown: dict[str, Any] = plain(self)
        return shown

    def to_polars(self) -> pl.DataFrame:
        """Return the table as a polars frame."""
        import polars as pl

        names, rows = self.table()
        columns = {name: [plain(row[i]) for row in rows] for i, name in enumerate(names)}
        return pl.DataFrame(columns, strict=False)

    def __repr__(self) -> str:
        return f"<{self.headline()}>"

    def _repr_html_(self) -> str:
        names, rows = self.table()
        head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_cell(value))}</td>" for value in row) + "</tr>"
            for row in rows
        )
        caption = html.escape(self.headline())
        return (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def error_text(dollars: float) -> str:
    """Return the size of an error in whole dollars without their sign, "unknown" where it is not known: that is no zero."""
    return f"{dollars:,.0f}" if math.isfinite(dollars) else "unknown"
