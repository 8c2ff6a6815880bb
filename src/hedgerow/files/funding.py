"""Funding prints and open interest, up to `as_of`.

read_funding("funding.parquet", venue="binance") -> {"BTC": FundingPrints, …}
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.files.instants import parse_as_of
from hedgerow.files.tables import files_of, time_column
from hedgerow.model.errors import BadPrices
from hedgerow.model.market import FundingPrints

if TYPE_CHECKING:
    import polars as pl

__all__ = ["read_funding", "read_open_interest"]

_LARGEST = 0.05


def read_funding(
    path: str | Path, venue: str | None = None, as_of: str | None = None
) -> dict[str, FundingPrints]:
    """Return the prints of every contract at `venue`, oldest first: columns ts, symbol, rate, and venue if several.

    Rates are fractions for their own interval; longs pay shorts where positive. Two prints of one contract at one
    instant must agree. Raises `BadPrices` for several venues without `venue`, for rates beyond 5 %, which are percent
    by mistake, and for what cannot be read.
    """
    frame, when, file = _table(Path(path), ("symbol", "rate"), as_of)
    if "venue" in frame.columns:
        frame = _of_venue(frame, venue, file)
        name = str(frame["venue"][0]) if len(frame) else ""
    else:
        name = venue or ""
    rates = frame["rate"].to_numpy().astype(float)
    wild = np.flatnonzero(~(np.abs(rates) <= _LARGEST))
    if len(wild):
        raise BadPrices(
            f"the rate {rates[wild[0]]:g} of {frame['symbol'][int(wild[0])]} is no fraction for one interval",
            file=file,
            column="rate",
            advice="Rates are fractions: 0.0001 for 0.01 %. The largest ever paid is a few per cent.",
        )
    return {
        symbol: _prints(name, symbol, part, when, file)
        for (symbol,), part in frame.partition_by("symbol", as_dict=True).items()
    }


def _prints(venue: str, symbol: object, part: pl.DataFrame, when: str, file: str) -> FundingPrints:
    part = part.unique([when, "rate"]).sort(when)
    times = part[when].to_numpy().astype("datetime64[ms]")
    if (np.diff(times) == np.timedelta64(0, "ms")).any():
        place = int(np.argmin(np.diff(times)))
        raise BadPrices(
            f"{symbol} has two rates at {str(times[place])[:16]}",
            file=file,
            advice="Keep one source of funding.",
        )
    return FundingPrints(venue, times, part["rate"].to_numpy().astype(float))


def _of_venue(frame: pl.DataFrame, venue: str | None, file: str) -> pl.DataFrame:
    import polars as pl

    present = sorted(str(v) for v in frame["venue"].unique().to_list())
    if venue is None and len(present) > 1:
        raise BadPrices(
            f"holds the funding of {len(present)} venues: {', '.join(present)}",
            file=file,
            advice="Choose one with --funding-venue.",
        )
    if venue is not None and venue not in present:
        raise BadPrices(
            f"has no venue {venue}: {', '.join(present)}", file=file, advice="Choose one of these."
        )
    chosen = frame if venue is None else frame.filter(pl.col("venue") == venue)
    return _one_source(chosen)


def _one_source(frame: pl.DataFrame) -> pl.DataFrame:
    """Where sources overlap on a contract, keep the one with most prints before the other's first, then the other."""
    import polars as pl

    if "source" not in frame.columns or frame["source"].n_unique() <= 1:
        return frame
    when = time_column(frame.columns, "funding")
    counted = frame.with_columns(pl.len().over("symbol", "source").alias("count_"))
    return counted.sort("count_", descending=True).unique(["symbol", when], keep="first", maintain_order=True)


def read_open_interest(path: str | Path, as_of: str | None = None) -> dict[str, float]:
    """Return the last open interest in coins of every contract: columns ts, symbol, open_interest_base."""
    frame, when, _ = _table(Path(path), ("symbol", "open_interest_base"), as_of)
    last = frame.sort(when).group_by("symbol").last()
    return {
        str(s): float(v)
        for s, v in zip(last["symbol"], last["open_interest_base"], strict=True)
        if v is not None
    }


def _table(path: Path, columns: tuple[str, ...], as_of: str | None) -> tuple[pl.DataFrame, str, str]:
    import polars as pl

    file = files_of(path)[0]
    try:
        lazy = (
            pl.scan_parquet(file)
            if file.suffix.lower() == ".parquet"
            else pl.scan_csv(file, try_parse_dates=True)
        )
        names = lazy.collect_schema().names()
        when = time_column(names, file.name)
        missing = [name for name in columns if name not in names]
        if missing:
            raise BadPrices(
                f"has no column {missing[0]}", file=file.name, advice=f"It needs ts, {', '.join(columns)}."
            )
        if not lazy.collect_schema()[when].is_temporal():
            raise BadPrices(
                "has times that cannot be read", file=file.name, column=when, advice="Write ISO times in UTC."
            )
        lazy = lazy.with_columns(pl.col(when).cast(pl.Datetime("ms"))).drop_nulls([when, *columns])
        if as_of:
            lazy = lazy.filter(pl.col(when) <= pl.lit(parse_as_of(as_of).item()))
        return lazy.collect(), when, file.name
    except (pl.exceptions.PolarsError, OSError) as why:
        said = (str(why).strip().splitlines() or ["unreadable"])[0][:200]
        raise BadPrices(f"cannot be read: {said}", file=file.name, advice="Check the file.") from None
