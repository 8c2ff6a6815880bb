"""The lake: market history in Parquet files, one for each coin and year, found by their path.

Stream(root, kind, venue)                   one kind of rows of one venue, say 1h candles
write_rows(stream, rows)                    add rows or replace those of the same time; returns the files that changed
read_rows(stream, coin, since, until)       one coin's rows of [since, until), oldest first
gaps_of(stream, coin, step_hours)           where rows are missing
coins_of(stream)                            whose rows there are

A file is ROOT/kind=K/venue=V/coin=C/year=Y/rows.parquet, which polars, DuckDB and others read as one table with these
columns. It is always whole: rows are written beside it, flushed to the disk, and put in its place in one step, so that
who is killed in the middle leaves the old file, and the same call again ends where it would have. One writer at a time;
readers need not wait for it. The root may be of an object storage (`store.bucket`), where an object is whole by itself.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import numpy as np

from hedgerow.model.errors import BadInput, UnknownSymbol
from hedgerow.model.lake import Gap
from hedgerow.store.bucket import is_remote, put, told
from hedgerow.store.folders import put_whole

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Stream", "coins_of", "gaps_of", "read_rows", "span_of", "write_rows"]

_ROWS = "rows.parquet"
_BEGUN = "rows.begun"
_AGAIN = "Pull this coin's data again."


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of rows of one venue below the lake's `root`; any text names a kind, venue or coin."""

    root: Path
    kind: str
    venue: str

    @property
    def folder(self) -> Path:
        """Where its coins lie."""
        return self.root / f"kind={_safe(self.kind)}" / f"venue={_safe(self.venue)}"

    def coin(self, coin: str) -> Path:
        """Return where the years of one coin lie."""
        return self.folder / f"coin={_safe(coin)}"


def write_rows(stream: Stream, rows: pl.DataFrame) -> tuple[Path, ...]:
    """Add `rows` (coin, ts, any values) to the lake and return the files that changed; the same again changes none.

    Rows of a time that is there already take its place. `ts` is UTC, kept to the millisecond. Raises `BadInput` for a
    missing coin or time, two different rows of the same coin and time, and columns other than the ones there are.
    """
    import polars as pl

    clean = _checked(rows).with_columns(year_=pl.col("ts").dt.year())
    changed = []
    for (coin, year), part in sorted(clean.partition_by("coin", "year_", as_dict=True).items()):
        path = stream.coin(str(coin)) / f"year={year}" / _ROWS
        fresh = part.drop("coin", "year_").sort("ts")
        there = _read([path]) if path.exists() else fresh.clear()
        if there.schema != fresh.schema:
            raise BadInput(
                f"{coin} {year} has columns {_named(there)}, not {_named(fresh)}",
                advice="Write them under another kind, or remove the old ones first.",
            )
        merged = pl.concat([there, fresh]).unique("ts", keep="last").sort("ts")
        if not merged.equals(there):
            _put(merged, path)
            changed.append(path)
    return tuple(changed)


def read_rows(
    stream: Stream,
    coin: str,
    since: np.datetime64,
    until: np.datetime64,
    columns: tuple[str, ...] | None = None,
) -> pl.DataFrame:
    """Return one coin's rows with since ≤ ts < until, oldest first: `ts` and `columns`, or all there are.

    Only the files of these years are opened. Empty where there are no rows. Raises `UnknownSymbol` for a coin that has
    no files, `BadInput` for a file that is no longer readable or a column it has not.
    """
    names = None if columns is None else ["ts", *columns]
    start, end = since.astype("datetime64[ms]"), until.astype("datetime64[ms]")
    first, last = (int(str(when.astype("datetime64[Y]"))) for when in (start, end))
    folder = stream.coin(coin)
    paths = [folder / f"year={year}" / _ROWS for year in range(first, last + 1)]
    there = [path for path in paths if path.exists()]
    if not there:
        return _read(_files(stream, coin)[:1], names).clear()
    rows = _read(there, names)
    places = np.searchsorted(rows["ts"].to_numpy(), np.array([start, end])).tolist()
    return rows.slice(places[0], max(places[1] - places[0], 0))


def gaps_of(stream: Stream, coin: str, step_hours: float) -> tuple[Gap, ...]:
    """Return where the coin's rows are more than `step_hours` apart, from its first row to its last, oldest first.

    Raises `UnknownSymbol` for a coin that has no files, `BadInput` for a step that is not positive.
    """
    if not step_hours > 0.0:
        raise BadInput(
            f"a step of {step_hours} hours cannot be missed", advice="Give the hours from row to row."
        )
    times = _read(_files(stream, coin), ["ts"])["ts"].to_numpy()
    steps = np.diff(times).astype(np.float64) / (step_hours * 3.6e6)
    return tuple(Gap(times[i], times[i + 1], int(np.ceil(steps[i])) - 1) for i in np.flatnonzero(steps > 1.0))


def span_of(stream: Stream, coin: str) -> tuple[int, int] | None:
    """Return the first and the last instant of a coin's rows in milliseconds of UTC; None where it has no files."""
    found = sorted(stream.coin(coin).glob(f"year=*/{_ROWS}"))
    if not found:
        return None
    first, last = (
        _read([path], ["ts"])["ts"].to_numpy().astype("datetime64[ms]") for path in (found[0], found[-1])
    )
    return int(first[0].astype(np.int64)), int(last[-1].astype(np.int64))


def coins_of(stream: Stream) -> tuple[str, ...]:
    """Return the coins that have files, in order; none where nothing was ever written."""
    found = {path.parts[-3] for path in stream.folder.glob(f"coin=*/year=*/{_ROWS}")}
    return tuple(sorted(unquote(name.removeprefix("coin=")) for name in found))


def _checked(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `ts` in naive UTC milliseconds, each once."""
    import polars as pl

    if not {"coin", "ts"} < set(rows.columns):
        raise BadInput(f"rows have coin, ts and values, not {_named(rows)}", advice="Name the columns so.")
    kind = rows.schema["ts"]
    if not isinstance(kind, pl.Datetime):
        raise BadInput(f"ts is {kind}", advice="Give it as a datetime, in UTC.", column="ts")
    if kind.time_zone is not None:
        rows = rows.with_columns(pl.col("ts").dt.convert_time_zone("UTC").dt.replace_time_zone(None))
    if rows["ts"].null_count() or rows["coin"].null_count() or (rows["coin"] == "").any():
        raise BadInput("a row has no coin or no time", advice="Leave out what has none.")
    once = rows.with_columns(pl.col("ts").cast(pl.Datetime("ms"))).unique(maintain_order=True)
    twice = once.filter(once.select("coin", "ts").is_duplicated())
    if len(twice):
        coin, ts = twice.row(0, named=True)["coin"], twice["ts"][0]
        raise BadInput(f"{coin} has two different rows at {ts}", advice="Decide which of them is right.")
    return once


def _put(rows: pl.DataFrame, path: Path) -> None:
    """Put a whole file in its place: who reads sees the old one or the new one."""
    held = io.BytesIO()
    if is_remote(path):
        rows.write_parquet(held)
        put(held.getbuffer(), path)
        return
    rows.write_parquet(held, compression="uncompressed")  # unpacking a year takes longer than reading it
    put_whole(held.getbuffer(), path, path.with_name(_BEGUN))


def _read(paths: list[Path], columns: list[str] | None = None) -> pl.DataFrame:
    """The rows of whole files, one after the other, in one scan: a file of its own costs more than its rows do."""
    import polars as pl

    scan = partial(pl.scan_parquet, [str(path) for path in paths], glob=False, hive_partitioning=False)
    try:
        with told(paths[0]):
            rows = scan() if columns is None else scan(extra_columns="ignore").select(columns)
            return rows.collect()
    except pl.exceptions.PolarsError as why:
        raise _unreadable(paths, columns, why) from None


def _unreadable(paths: list[Path], columns: list[str] | None, why: pl.exceptions.PolarsError) -> BadInput:
    """Say which of the files is to blame, or that they are not alike."""
    import polars as pl

    said = str(why).partition("\n")[0]
    if len(paths) > 1:
        for path in paths:
            _read([path], columns)
        return BadInput(
            f"its years have different columns: {said}",
            file=str(paths[0].parents[1]),
            advice="Ask for columns that all of them have.",
        )
    if isinstance(why, pl.exceptions.ColumnNotFoundError):
        return BadInput(f"there is no such column: {said}", file=str(paths[0]), advice="See what it has.")
    return BadInput(f"it cannot be read: {said}", file=str(paths[0]), advice=_AGAIN)


def _files(stream: Stream, coin: str) -> list[Path]:
    """The coin's files, oldest first."""
    found = sorted(stream.coin(coin).glob(f"year=*/{_ROWS}"))
    if not found:
        raise UnknownSymbol(
            f"the lake has no {stream.kind} of {coin} at {stream.venue}",
            advice=f"It has {_some(coins_of(stream))}.",
        )
    return found


def _some(coins: tuple[str, ...]) -> str:
    return ", ".join(coins[:10]) + (" and others" if len(coins) > 10 else "") or "nothing yet"


def _named(rows: pl.DataFrame) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in rows.schema.items())


_safe = partial(quote, safe="")
