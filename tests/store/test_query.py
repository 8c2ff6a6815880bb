"""The lake as one table: DuckDB over the files says what polars put there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hedgerow.model.errors import BadInput, UnknownSymbol
from hedgerow.model.lake import LakeLine
from hedgerow.store.lake import Stream, write_rows
from hedgerow.store.query import summary, table_of


def rows(coin: str, count: int, year: int = 2024, **more: float) -> pl.DataFrame:
    begin = np.datetime64(f"{year}-12-31T20", "ms")
    times = begin + np.arange(count) * np.timedelta64(1, "h")
    return pl.DataFrame({"coin": coin, "ts": times, "close": np.arange(count) + 1.0, **more})


def stream(root: Path, kind: str = "candles-1h") -> Stream:
    return Stream(root, kind, "binance")


def test_all_coins_come_as_one_table_in_order(root: Path) -> None:
    written = pl.concat([rows("BTC", 30), rows("1000/PEPE", 20)])
    write_rows(stream(root), written)
    found = table_of(stream(root), ("close", "volume_base"), None, None)
    assert found.columns == ["coin", "ts", "close"]
    assert found.equals(written.sort("coin", "ts").with_columns(pl.col("ts").cast(found.schema["ts"])))


def test_an_interval_includes_its_beginning_and_not_its_end(root: Path) -> None:
    write_rows(stream(root), rows("BTC", 30))
    since, until = np.datetime64("2024-12-31T23:00"), np.datetime64("2025-01-01T02:00")
    assert table_of(stream(root), ("close",), since, until)["close"].to_list() == [4.0, 5.0, 6.0]


def test_columns_that_only_some_coins_have_are_unknown_for_the_others(root: Path) -> None:
    write_rows(stream(root), rows("BTC", 2, volume_base=7.0))
    write_rows(stream(root), rows("ETH", 2))
    found = table_of(stream(root), ("volume_base",), None, None)
    assert found["volume_base"].to_list()[:2] == [7.0, 7.0]
    assert np.isnan(found["volume_base"].to_numpy()[2:]).all()


def test_the_summary_counts_what_is_there(root: Path) -> None:
    write_rows(stream(root), pl.concat([rows("BTC", 30), rows("ETH", 20)]))
    write_rows(stream(root, "funding"), rows("BTC", 3))
    assert summary(root) == [
        LakeLine(
            "candles-1h",
            "binance",
            2,
            50,
            np.datetime64("2024-12-31T20:00"),
            np.datetime64("2025-01-02T01:00"),
        ),
        LakeLine(
            "funding", "binance", 1, 3, np.datetime64("2024-12-31T20:00"), np.datetime64("2024-12-31T22:00")
        ),
    ]


def test_what_is_not_there_says_how_to_get_it(root: Path) -> None:
    assert summary(root) == []
    with pytest.raises(UnknownSymbol, match="no candles-1h of binance") as raised:
        table_of(stream(root), ("close",), None, None)
    assert "data pull binance" in raised.value.advice


def test_a_broken_file_is_named(root: Path) -> None:
    (path,) = write_rows(stream(root), rows("BTC", 2, 2025))[:1]
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(BadInput, match="cannot be read"):
        table_of(stream(root), ("close",), None, None)
