"""Questions to the lake as a whole, answered by DuckDB in memory over its Parquet files.

table_of(stream, columns, since, until)     every coin's rows as one table, or those of some coins
rows_of(stream)                             how many there are
summary(root)                               what there is, a line a stream
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np

from hedgerow.model.errors import BadInput, UnknownSymbol
from hedgerow.model.lake import LakeLine
from hedgerow.store.bucket import filesystem_of, is_remote, told
from hedgerow.store.lake import Stream

if TYPE_CHECKING:
    import duckdb
    import polars as pl

__all__ = ["kinds_of", "rows_of", "summary", "table_of"]


def table_of(
    stream: Stream,
    columns: tuple[str, ...],
    since: np.datetime64 | None,
    until: np.datetime64 | None,
    coins: Collection[str] | None = None,
) -> pl.DataFrame:
    """Return `coin`, `ts` and those of `columns` that are there, with since ≤ ts < until, by coin and time.

    Only the files of `coins` (None: of all) and of these years are opened.

    Raises `UnknownSymbol` where the lake has nothing of this kind and venue, `BadInput` for a broken file.
    """
    import polars as pl

    everything = _there(stream)
    files = [file for file in everything if _within(file, since, until) and _of(file, coins)] or everything[
        :1
    ]
    ask = partial(_ask, stream.root)
    there = ask("SELECT * FROM read_parquet(?, union_by_name=true, hive_partitioning=true) LIMIT 0", [files])
    names = [column for column in columns if column in there]
    chosen = ", ".join(f'"{name}"' for name in ("coin", "ts", *names))
    found = ask(
        f"SELECT {chosen} FROM read_parquet(?, union_by_name=true, hive_partitioning=true)"  # noqa: S608 - our own names
        " WHERE (? IS NULL OR ts >= CAST(? AS TIMESTAMP)) AND (? IS NULL OR ts < CAST(? AS TIMESTAMP)) ORDER BY coin, ts",
        [files, *[_text(since)] * 2, *[_text(until)] * 2],
    )
    coins = [unquote(str(coin)) for coin in found.pop("coin")]
    return pl.DataFrame({"coin": coins, **{name: _plain(values) for name, values in found.items()}})


def rows_of(stream: Stream) -> int:
    """Return how many rows a stream has, of all coins: told by the ends of its files. Raises `UnknownSymbol` for none."""
    found = _ask(stream.root, "SELECT count(*) AS rows FROM read_parquet(?)", [_there(stream)])
    return int(found["rows"][0])


def _there(stream: Stream) -> list[str]:
    """The files of a stream; raises `UnknownSymbol` where there is none."""
    files = _files(stream.folder)
    if not files:
        raise UnknownSymbol(
            f"the lake has no {stream.kind} of {stream.venue}",
            advice=f"Fill it first: hedgerow data pull {stream.venue}",
        )
    return files


def summary(root: Path) -> list[LakeLine]:
    """Return a line for every stream below `root`, in order; raises `BadInput` for a file that cannot be read."""
    rows: list[LakeLine] = []
    for kind in kinds_of(root):
        for folder in sorted((root / f"kind={kind}").glob("venue=*")):
            files = _files(folder)
            if files:
                found = _ask(
                    root,
                    "SELECT count(DISTINCT coin) AS coins, count(*) AS rows, min(ts) AS first, max(ts) AS last"
                    " FROM read_parquet(?, union_by_name=true, hive_partitioning=true)",
                    [files],
                )
                one = {name: values[0] for name, values in found.items()}
                venue = unquote(folder.name.removeprefix("venue="))
                counted = int(one["coins"]), int(one["rows"])
                rows.append(LakeLine(unquote(kind), venue, *counted, one["first"], one["last"]))
    return rows


def kinds_of(root: Path) -> list[str]:
    """Return the kinds below `root`, as their folders are named."""
    with told(root):
        return sorted(path.name.removeprefix("kind=") for path in root.glob("kind=*") if path.is_dir())


def _files(folder: Path) -> list[str]:
    """The files of a stream, by coin and year."""
    with told(folder):
        return sorted(str(path) for path in folder.glob("coin=*/year=*/rows.parquet"))


def _of(file: str, coins: Collection[str] | None) -> bool:
    """Whether a file holds rows of `coins`."""
    return coins is None or unquote(file.rsplit("coin=", 1)[1].partition("/")[0]) in coins


def _within(file: str, since: np.datetime64 | None, until: np.datetime64 | None) -> bool:
    """Whether a file's year may hold rows with since ≤ ts < until: others are never opened."""
    year = np.datetime64(file.rsplit("year=", 1)[1].partition("/")[0], "Y")
    return (since is None or year >= since.astype("datetime64[Y]")) and (
        until is None or year.astype("datetime64[ms]") < until.astype("datetime64[ms]")
    )


def _ask(root: Path, question: str, values: list[Any]) -> dict[str, Any]:
    import duckdb

    with duckdb.connect(":memory:") as database, told(root):
        if is_remote(root):
            database.register_filesystem(filesystem_of(root))
        try:
            return dict(_arrays(database, question, values))
        except duckdb.Error as why:
            raise BadInput(
                f"the lake cannot be read: {why}", advice="Pull the file's coin again, or remove the file."
            ) from None


def _arrays(database: duckdb.DuckDBPyConnection, question: str, values: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = database.execute(question, values).fetchnumpy()
    return found


def _text(when: np.datetime64 | None) -> str | None:
    return None if when is None else str(when.astype("datetime64[ms]"))


def _plain(values: Any) -> Any:
    """Numbers with NaN where a value is missing."""
    if isinstance(values, np.ma.MaskedArray) and values.dtype.kind == "f":
        return values.filled(np.nan)
    return np.asarray(values)
