"""Ranges of one coin out of 20 million hourly rows: the lake, DuckDB on its own file, and SQLite by its key.

Four hundred coins of 50,000 hours each (5.7 years), six values a row, are written to a lake; DuckDB reads that lake into
a database of its own, sorted by coin and time so that it need look at one stretch only, and SQLite holds the same rows in
a table that is its own index by coin and time. A call answers twenty questions, each about another coin and another
time, whole columns in memory as the answer: a frame from us, NumPy arrays from DuckDB, which is the least it can
make, and rows from SQLite. Files and databases are open and in the system's memory on all sides, one thread each.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from benchmarks.race import Peer, Row, race

from hedgerow.store.lake import Stream, read_rows, write_rows

if TYPE_CHECKING:
    import duckdb

COINS, HOURS, QUESTIONS = 400, 50_000, 20
BEGIN, HOUR = np.datetime64("2019-01-01", "ms"), np.timedelta64(3_600_000, "ms")
VALUES = ("open", "high", "low", "close", "volume", "quote_volume")
SQLITE_TABLE = """
    CREATE TABLE candles (coin TEXT, ts INTEGER, open REAL, high REAL, low REAL, close REAL, volume REAL,
    quote_volume REAL, PRIMARY KEY (coin, ts)) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One coin's rows with since ≤ ts < until."""

    coin: str
    since: np.datetime64
    until: np.datetime64


def name_of(i: int) -> str:
    """Return the name of coin `i`; names sort as numbers do."""
    return f"C{i:03d}"


def candles(i: int) -> pl.DataFrame:
    """The hours of one coin: a walk of one per cent an hour, prices and volumes of four decimals."""
    rng = np.random.default_rng(i)
    close = 100.0 * np.exp(np.cumsum(0.01 * rng.standard_normal(HOURS)))
    first = np.concatenate([[100.0], close[:-1]])
    stray = 1.0 + 0.005 * rng.random((2, HOURS))
    volume = 1e4 * rng.random(HOURS)
    high, low = np.maximum(first, close) * stray[0], np.minimum(first, close) / stray[1]
    made = zip(VALUES, (first, high, low, close, volume, volume * close), strict=True)
    frame = {name: np.round(values, 4) for name, values in made}
    return pl.DataFrame({"coin": [name_of(i)] * HOURS, "ts": BEGIN + np.arange(HOURS) * HOUR, **frame})


def filled_lake(root: Path) -> Stream:
    """Write every coin."""
    stream = Stream(root, "candles_1h", "made")
    for i in range(COINS):
        write_rows(stream, candles(i))
    return stream


def filled_duckdb(stream: Stream, path: Path) -> duckdb.DuckDBPyConnection:
    """Read the lake into DuckDB's own file, sorted, coins as numbers; open that file for reading."""
    import duckdb

    values = ", ".join(VALUES)
    with duckdb.connect(str(path)) as made:
        made.execute(
            f"CREATE VIEW lake AS FROM read_parquet('{stream.root}/**/*.parquet', hive_partitioning = true)"
        )
        made.execute("CREATE TYPE coins AS ENUM (SELECT DISTINCT coin FROM lake ORDER BY coin)")
        made.execute(
            f"CREATE TABLE candles AS SELECT coin::coins AS coin, ts::TIMESTAMP_MS AS ts, {values} "  # noqa: S608
            "FROM lake ORDER BY coin, ts"
        )
    return duckdb.connect(str(path), read_only=True, config={"threads": 1})


def filled_sqlite(stream: Stream, path: Path) -> sqlite3.Connection:
    """Read the lake into SQLite, in the order of its key."""
    opened = sqlite3.connect(path)
    opened.execute("PRAGMA journal_mode = OFF")
    opened.execute("PRAGMA cache_size = -500000")
    opened.execute(SQLITE_TABLE)
    row = ", ".join("?" * (2 + len(VALUES)))

    def all_rows() -> Iterator[tuple[Any, ...]]:
        for i in range(COINS):
            coin = name_of(i)
            rows = read_rows(stream, coin, BEGIN, BEGIN + HOURS * HOUR, VALUES)
            columns = [rows["ts"].cast(pl.Int64).to_list(), *(rows[name].to_list() for name in VALUES)]
            yield from zip([coin] * len(rows), *columns, strict=True)

    opened.executemany(f"INSERT INTO candles VALUES ({row})", all_rows())  # noqa: S608
    opened.commit()
    return opened


def asked(hours: int) -> tuple[Question, ...]:
    """Questions about twenty coins, `hours` rows of each, from any hour on."""
    rng = np.random.default_rng(7)
    coins = rng.choice(COINS, QUESTIONS, replace=False)
    begins = BEGIN + rng.integers(0, HOURS - hours + 1, QUESTIONS) * HOUR
    found = zip(coins.tolist(), begins, strict=True)
    return tuple(Question(name_of(i), since, since + hours * HOUR) for i, since in found)


def from_lake(stream: Stream, columns: tuple[str, ...], questions: tuple[Question, ...]) -> list[Any]:
    """Ours."""
    return [read_rows(stream, q.coin, q.since, q.until, columns) for q in questions]


def from_duckdb(
    opened: duckdb.DuckDBPyConnection, columns: tuple[str, ...], questions: tuple[Question, ...]
) -> list[Any]:
    """NumPy arrays by column, from a prepared statement; rows come in the order of the table without sorting."""
    opened.execute(
        f"PREPARE range{len(columns)} AS SELECT ts, {', '.join(columns)} FROM candles "  # noqa: S608
        "WHERE coin = $1 AND ts >= $2 AND ts < $3"
    )
    return [
        opened.execute(
            f"EXECUTE range{len(columns)}('{q.coin}', TIMESTAMP '{q.since}', TIMESTAMP '{q.until}')"
        ).fetchnumpy()
        for q in questions
    ]


def from_sqlite(
    opened: sqlite3.Connection, columns: tuple[str, ...], questions: tuple[Question, ...]
) -> list[Any]:
    """Rows."""
    sql = (
        f"SELECT ts, {', '.join(columns)} FROM candles "  # noqa: S608
        "WHERE coin = ? AND ts >= ? AND ts < ? ORDER BY ts"
    )
    ends = [(q.coin, int(q.since.astype(int)), int(q.until.astype(int))) for q in questions]
    return [opened.execute(sql, end).fetchall() for end in ends]


def columns_of(answer: Any) -> list[np.ndarray[Any, Any]]:
    """Columns of one answer as floats, times in milliseconds."""
    if isinstance(answer, pl.DataFrame):
        found = list(answer.to_dict(as_series=True).values())
        return [found[0].cast(pl.Int64).to_numpy().astype(float), *(s.to_numpy() for s in found[1:])]
    if isinstance(answer, dict):
        times, *values = answer.values()
        return [times.astype("datetime64[ms]").astype(float), *values]
    return list(np.array(answer, dtype=float).T)


def the_same(mine: Any, theirs: Any) -> None:
    """Raise where a row or a value differs."""
    for ours, other in zip(mine, theirs, strict=True):
        if not len(ours):
            raise AssertionError("an answer without rows")
        np.testing.assert_array_equal(columns_of(ours), columns_of(other))


def rows() -> list[Row]:
    """Return the table."""
    with tempfile.TemporaryDirectory(prefix="hedgerow-") as folder:
        stream = filled_lake(Path(folder) / "lake")
        databases: dict[str, tuple[Any, Callable[..., object]]] = {
            "DuckDB, its own file, sorted": (filled_duckdb(stream, Path(folder) / "duck.db"), from_duckdb),
            "SQLite, by its key": (filled_sqlite(stream, Path(folder) / "lite.db"), from_sqlite),
        }
        table = []
        for work, hours, columns in (
            ("a quarter of one coin, all columns", 90 * 24, VALUES),
            ("the whole past of one coin, closes", HOURS, ("close",)),
        ):
            questions = asked(hours)
            peers = [
                Peer(name, partial(ask, opened, columns, questions), 1.0, the_same)
                for name, (opened, ask) in databases.items()
            ]
            title = f"lake: {work}, of {COINS * HOURS // 1_000_000} M hourly rows, {QUESTIONS} times"
            table += race(title, partial(from_lake, stream, columns, questions), peers)
        for opened, _ in databases.values():
            opened.close()
    return table
