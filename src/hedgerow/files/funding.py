"""Funding prints and open interest, up to `as_of`.

read_funding("funding.parquet", venue="binance") -> {"BTC": FundingPrints, …}
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.files.instants import AsOf, parse_as_of
from hedgerow.files.tables import Table, files_of, frame_of, numbers, tickers, time_column, times
from hedgerow.files.text import file_name, first_line, shown
from hedgerow.model.errors import BadPrices
from hedgerow.model.market import FundingPrints

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FundingRead", "funding_from", "funding_read", "read_funding", "read_open_interest"]

_LARGEST = 0.05
_OLDEST_INTEREST = np.timedelta64(7, "D")
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class FundingRead:
    """The prints of every contract at one venue, and what was chosen where sources disagree."""

    prints: dict[str, FundingPrints]
    notes: tuple[str, ...]


def read_funding(
    path: str | Path, venue: str | None = None, as_of: AsOf | None = None
) -> dict[str, FundingPrints]:
    """Return the prints of every contract at `venue`, oldest first: columns ts, symbol, rate, and venue if several.

    Rates are fractions for their own interval, whatever its length; longs pay shorts where positive. Raises
    `BadPrices` for several venues without `venue`, for rates beyond 5 %, which are percent by mistake, for two rates
    of one contract at one instant, and for what cannot be read.
    """
    return funding_read(path, venue, as_of).prints


def funding_read(path: str | Path, venue: str | None = None, as_of: AsOf | None = None) -> FundingRead:
    """Return what `read_funding` returns, with notes on sources that overlap and disagree."""
    where = Path(path)
    tables = [_table(file_name(file), *frame_of(file), "rate", as_of) for file in files_of(where)]
    return _read(tables, venue, file_name(where))


def funding_from(frame: pl.DataFrame, venue: str, as_of: AsOf | None = None) -> FundingRead:
    """Return the prints of rows that were read already (ts, symbol, rate); as `funding_read`."""
    return _read([_table(venue, frame.lazy(), "", "rate", as_of)], venue, venue)


def _read(tables: list[Table], venue: str | None, file: str) -> FundingRead:
    for table in tables:
        _refuse_percent(table)
    frame, notes = _of_venue(_joined(tables), venue, file)
    # A venue's name is the file's, the option's, or unknown: the last is said by an empty name.
    name = str(frame["venue"][0]) if "venue" in frame.columns and len(frame) else venue or ""
    prints = {
        str(symbol): _prints(name, str(symbol), part, file)
        for (symbol,), part in frame.partition_by("symbol", as_dict=True).items()
    }
    return FundingRead(prints, notes)


def _refuse_percent(table: Table) -> None:
    rates = table.frame["value_"].to_numpy()
    wild = np.flatnonzero(~(np.abs(rates) <= _LARGEST))
    if len(wild):
        place = int(wild[0])
        raise BadPrices(
            f"the rate {rates[place]:g} of {table.frame['symbol'][place]} is no fraction for one interval",
            file=table.file,
            line=table.line(place),
            column="rate",
            advice="Rates are fractions: 0.0001 for 0.01 %. The largest ever paid is a few per cent.",
        )


def _prints(venue: str, symbol: str, part: pl.DataFrame, file: str) -> FundingPrints:
    part = part.unique(["when_", "value_"]).sort("when_")
    stamps = part["when_"].to_numpy().astype("datetime64[ms]")
    if (np.diff(stamps) == np.timedelta64(0, "ms")).any():
        place = int(np.argmin(np.diff(stamps)))
        said = f"{symbol} has two rates at {str(stamps[place])[:16]}"
        raise BadPrices(said, file=file, advice="Keep one source of funding.")
    return FundingPrints(venue, stamps, part["value_"].to_numpy().astype(float))


def _of_venue(frame: pl.DataFrame, venue: str | None, file: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    import polars as pl

    if "venue" not in frame.columns:
        return _one_source(frame)
    present = sorted(str(v) for v in frame["venue"].drop_nulls().unique().to_list())
    listed = shown(", ".join(present), 300)
    if venue is None and len(present) > 1:
        said = f"holds the funding of {len(present)} venues: {listed}"
        raise BadPrices(said, file=file, advice="Choose one with --funding-venue.")
    if venue is not None and venue not in present:
        raise BadPrices(f"has no venue {shown(venue)}: {listed}", file=file, advice="Choose one of these.")
    return _one_source(frame if venue is None else frame.filter(pl.col("venue") == venue))


def _one_source(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Where sources overlap on a contract the one with most prints is kept; the other fills what it does not have."""
    import polars as pl

    if "source" not in frame.columns or frame["source"].n_unique() <= 1:
        return frame, ()
    counted = frame.with_columns(pl.len().over("symbol", "source").alias("count_"))
    ordered = counted.sort("count_", "source", descending=[True, False], maintain_order=True)
    # Two rates of one source at one instant are no overlap: they stay, and are refused.
    first = ordered.with_columns(pl.col("source").first().over("symbol", "when_").alias("first_"))
    kept = first.filter(pl.col("source") == pl.col("first_"))
    spread = first.group_by("symbol", "when_").agg(
        (pl.col("value_").max() - pl.col("value_").min()).alias("spread_"),
        pl.col("source").n_unique().alias("n_"),
    )
    rivals = (
        spread.filter((pl.col("spread_") > _SAME) & (pl.col("n_") > 1))
        .group_by("symbol")
        .len()
        .sort("symbol")
    )
    return kept, _rivalry(rivals["symbol"].to_list(), int(rivals["len"].sum()))


def _rivalry(symbols: list[str], prints: int) -> tuple[str, ...]:
    if not symbols:
        return ()
    named = ", ".join(symbols[:5]) + (f" and {len(symbols) - 5} more" if len(symbols) > 5 else "")
    return (
        f"Funding of {named}: {prints} prints differ between sources; the source with more prints is read.",
    )


def read_open_interest(path: str | Path, as_of: AsOf | None = None) -> dict[str, float]:
    """Return the last open interest in coins of every contract: columns ts, symbol, open_interest_base.

    One more than seven days older than `as_of` (or than the file's last) is unknown, and left out.
    """
    frame = _joined(
        [
            _table(file_name(file), *frame_of(file), "open_interest_base", as_of)
            for file in files_of(Path(path))
        ]
    )
    if not len(frame):
        return {}
    stamps = frame["when_"].to_numpy().astype("datetime64[ms]")
    newest = parse_as_of(as_of) if as_of else stamps.max()
    fresh = (stamps > newest - _OLDEST_INTEREST) & (frame["value_"].to_numpy() >= 0)
    last = frame.filter(fresh).sort("when_").group_by("symbol").last()
    return {str(s): float(v) for s, v in zip(last["symbol"], last["value_"], strict=True)}


def _joined(tables: list[Table]) -> pl.DataFrame:
    import polars as pl

    return (
        tables[0].frame if len(tables) == 1 else pl.concat([t.frame for t in tables], how="diagonal_relaxed")
    )


def _table(file: str, lazy: pl.LazyFrame, text: str, value: str, as_of: AsOf | None) -> Table:
    """Read one file: `when_`, `symbol`, `value_`, and `venue` and `source` where they are."""
    import polars as pl

    try:
        names = lazy.collect_schema().names()
        when = time_column(names, file)
        for name in ("symbol", value):
            if name not in names:
                raise BadPrices(f"has no column {name}", file=file, advice=f"It needs ts, symbol, {value}.")
        extra = [pl.col(name).cast(pl.String) for name in ("venue", "source") if name in names]
        rows = [pl.col("row_")] if "row_" in names else []
        chosen = lazy.select(
            pl.col(when).alias("when_"), "symbol", pl.col(value).alias("value_"), *extra, *rows
        )
        frame = chosen.collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as why:
        raise BadPrices(f"cannot be read: {first_line(why)}", file=file, advice="Check the file.") from None
    table = Table(file, frame, daily=False, in_quote=False, source="", kind="", notes=(), text=text)
    stamps, _ = times(table, frame["when_"])
    amounts = numbers(table, "value_", value)
    table = replace(table, frame=frame.with_columns(stamps.alias("when_"), amounts.alias("value_")))
    frame = tickers(table).drop_nulls(["when_", "symbol", "value_"])
    if as_of:
        frame = frame.filter(pl.col("when_") <= pl.lit(parse_as_of(as_of).item()))
    return replace(table, frame=frame)
