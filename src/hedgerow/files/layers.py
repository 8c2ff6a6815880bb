"""Which rows of a table of prices are wanted; what is not wanted is not read where the format allows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.files.cells import fault_of_symbol
from hedgerow.files.text import shown
from hedgerow.model.errors import BadPrices

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Layer", "chosen", "columns_of", "written"]


@dataclass(frozen=True, slots=True)
class Layer:
    """Which rows are wanted: of one source, of one venue, none after `until`, of some `coins` (None: of all).

    `marks`: marks instead of closes.
    """

    source: str | None = None
    venue: str | None = None
    until: np.datetime64 | None = None
    marks: bool = False
    coins: frozenset[str] | None = None


def chosen(frame: pl.LazyFrame, names: list[str], when: str, layer: Layer, file: str) -> pl.LazyFrame:
    """Keep the wanted rows of a long frame with columns `names`, its time in `when`. Raises `BadPrices`."""
    import polars as pl

    source, venue = layer.source, layer.venue
    if "source" not in names and venue is None:
        source, venue = None, source
    for column, value in (("source", source), ("venue", venue)):
        if column in names:
            frame = _of_one(frame, column, value, file)
    if layer.until is not None and frame.collect_schema()[when] in {
        pl.Date,
        pl.Datetime("ms"),
        pl.Datetime("us"),
    }:
        frame = frame.filter(pl.col(when) <= pl.lit(layer.until.astype("datetime64[ms]").item()))
    return frame if layer.coins is None else _rows_of(frame, layer.coins)


def _of_one(frame: pl.LazyFrame, column: str, value: str | None, file: str) -> pl.LazyFrame:
    import polars as pl

    present = (
        frame.select(pl.col(column).cast(pl.String).unique()).collect()[column].drop_nulls().sort().to_list()
    )
    if value is not None and value in present:
        return frame.filter(pl.col(column).cast(pl.String) == value)
    if value is None and len(present) <= 1:
        return frame
    listed = shown(", ".join(present), 300)
    said = f"has no {column} {shown(value)}" if value is not None else f"holds {len(present)} {column}s"
    option = "--source" if column == "source" else "--source (a venue where there is no column source)"
    raise BadPrices(f"{said}: {listed}", file=file, advice=f"Choose one with {option}.")


def columns_of(columns: list[str], coins: frozenset[str] | None) -> list[str]:
    """Return the columns that a wide file names after `coins` (None: all); one at least, whose rows go later."""
    if coins is None:
        return columns
    return [name for name in columns if fault_of_symbol(name)[0] in coins] or columns[:1]


def _rows_of(frame: pl.LazyFrame, coins: frozenset[str]) -> pl.LazyFrame:
    """The rows of `coins`, however their symbols are written: what cannot hold them is not read."""
    import polars as pl

    names = [text for text in written(frame) if fault_of_symbol(text)[0] in coins]
    return frame.filter(pl.col("symbol").cast(pl.String).is_in(names))


def written(frame: pl.LazyFrame) -> list[str]:
    """Return the symbols of a long frame as they are written; only that column is read, piece by piece."""
    import polars as pl

    column = frame.select(pl.col("symbol").cast(pl.String).unique()).collect(engine="streaming")["symbol"]
    return sorted(column.drop_nulls().to_list())
