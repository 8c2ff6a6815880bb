"""The lake: what was written is read back, a killed writer leaves whole files, and gaps are told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.model.errors import BadInput, UnknownSymbol
from hedgerow.model.lake import Gap
from hedgerow.store.lake import Stream, coins_of, gaps_of, read_rows, write_rows

START = np.datetime64("2023-12-31T12:00", "ms")
HOUR = np.timedelta64(3_600_000, "ms")


def at(hours: float) -> np.datetime64:
    return START + np.timedelta64(round(hours * 3_600_000), "ms")


def rows(coin: str, hours: list[int], price: float = 100.0) -> pl.DataFrame:
    times = np.array([at(hour) for hour in hours], dtype="datetime64[ms]")
    return pl.DataFrame(
        {"coin": [coin] * len(hours), "ts": times, "close": [price + hour for hour in hours]},
        schema={"coin": pl.String, "ts": pl.Datetime("ms"), "close": pl.Float64},
    )


def everything(stream: Stream, coin: str) -> pl.DataFrame:
    return read_rows(stream, coin, np.datetime64("1990-01-01"), np.datetime64("2100-01-01"))


@pytest.fixture
def stream(root: Path) -> Stream:
    return Stream(root, "candles_1h", "binance")


def test_a_range_over_the_new_year_is_half_open(stream: Stream) -> None:
    changed = write_rows(stream, pl.concat([rows("BTC", list(range(48))), rows("ETH", [0])]))
    assert [path.parent.name for path in changed] == ["year=2023", "year=2024", "year=2023"]
    found = read_rows(stream, "BTC", at(10), at(20))
    assert found["close"].to_list() == [110.0 + i for i in range(10)]
    assert read_rows(stream, "BTC", at(10), at(20), ("close",)).columns == ["ts", "close"]
    assert len(read_rows(stream, "BTC", at(20), at(10))) == 0
    empty = read_rows(stream, "BTC", np.datetime64("2001-01-01"), np.datetime64("2002-01-01"))
    assert (len(empty), empty.schema) == (0, found.schema)
    assert coins_of(stream) == ("BTC", "ETH")


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.lists(st.integers(0, 40), min_size=1, unique=True), min_size=1, max_size=5),
    st.integers(-2, 45),
    st.integers(-2, 45),
)
def test_any_order_of_writing_reads_as_one_table(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]], low: int, high: int
) -> None:
    stream = Stream(tmp_path_factory.mktemp("lake"), "candles_1h", "binance")
    latest: dict[int, float] = {}
    for i, hours in enumerate(batches):
        write_rows(stream, rows("BTC", hours, 1000.0 * i))
        latest |= {hour: 1000.0 * i + hour for hour in hours}
    expected = [latest[hour] for hour in sorted(latest) if low <= hour < high]
    assert read_rows(stream, "BTC", at(low), at(high))["close"].to_list() == expected


def test_the_same_rows_again_change_nothing(stream: Stream) -> None:
    (path,) = write_rows(stream, rows("BTC", [1, 2, 3]))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    assert write_rows(stream, rows("BTC", [2, 3])) == ()
    assert write_rows(stream, pl.concat([rows("BTC", [3]), rows("BTC", [3])])) == ()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert write_rows(stream, rows("BTC", [2], 500.0)) == (path,)
    assert everything(stream, "BTC")["close"].to_list() == [101.0, 502.0, 103.0]


def test_any_name_is_a_folder_of_its_own(tmp_path: Path) -> None:
    stream = Stream(tmp_path / "lake", "mark/1h", "..")
    names = ("..", "A/B", "1000PEPE", "币", "a%2Fb", "x=y")
    for i, name in enumerate(names):
        write_rows(stream, rows(name, [1], float(i)))
    assert coins_of(stream) == tuple(sorted(names))
    assert [everything(stream, name)["close"][0] for name in names] == [1.0 + i for i in range(len(names))]
    assert list(tmp_path.iterdir()) == [tmp_path / "lake"]


def test_other_readers_see_one_table(stream: Stream) -> None:
    write_rows(stream, pl.concat([rows("BTC", [0, 30]), rows("ETH", [0])]))
    table = pl.read_parquet(f"{stream.root}/**/*.parquet", hive_partitioning=True).sort("coin", "ts")
    assert table.select("kind", "venue", "coin", "year").rows() == [
        ("candles_1h", "binance", "BTC", 2023),
        ("candles_1h", "binance", "BTC", 2024),
        ("candles_1h", "binance", "ETH", 2023),
    ]


def test_gaps_are_told_by_what_is_missing(stream: Stream) -> None:
    write_rows(stream, rows("BTC", [0, 1, 2, 6, 7, 30]))
    write_rows(stream, rows("ETH", [5]))
    assert gaps_of(stream, "BTC", 1.0) == (Gap(at(2), at(6), 3), Gap(at(7), at(30), 22))
    assert gaps_of(stream, "BTC", 4.0) == (Gap(at(7), at(30), 5),)
    assert gaps_of(stream, "ETH", 1.0) == ()
    write_rows(stream, rows("BTC", [3, 4, 5, *range(8, 30)]))
    assert gaps_of(stream, "BTC", 1.0) == ()
    with pytest.raises(BadInput, match="cannot be missed"):
        gaps_of(stream, "BTC", 0.0)


def test_what_is_not_there_is_not_empty(stream: Stream) -> None:
    with pytest.raises(UnknownSymbol, match="nothing yet"):
        everything(stream, "BTC")
    write_rows(stream, rows("BTC", [1]))
    for ask in (lambda: everything(stream, "ETH"), lambda: gaps_of(stream, "ETH", 1.0)):
        with pytest.raises(UnknownSymbol, match="It has BTC"):
            ask()
    with pytest.raises(BadInput, match="no such column"):
        read_rows(stream, "BTC", at(0), at(9), ("mark",))


def test_rows_that_cannot_be_kept(stream: Stream) -> None:
    good = rows("BTC", [1])
    bad = {
        "rows have coin, ts": good.drop("coin"),
        "ts is String": good.with_columns(pl.col("ts").cast(pl.String)),
        "no coin or no time": good.with_columns(ts=pl.lit(None, dtype=pl.Datetime("ms"))),
        "two different rows": pl.concat([good, rows("BTC", [1], 7.0)]),
    }
    for said, frame in bad.items():
        with pytest.raises(BadInput, match=said):
            write_rows(stream, frame)
    assert coins_of(stream) == ()
    write_rows(stream, good)
    with pytest.raises(BadInput, match="another kind"):
        write_rows(stream, good.with_columns(close=pl.lit(1, dtype=pl.Int64)))


def test_a_zone_is_brought_to_utc(stream: Stream) -> None:
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    frame = pl.DataFrame({"coin": ["BTC"], "ts": [noon], "close": [1.0]})
    write_rows(stream, frame.with_columns(pl.col("ts").dt.convert_time_zone("Asia/Tokyo")))
    assert everything(stream, "BTC")["ts"].to_list() == [noon.replace(tzinfo=None)]


def test_a_broken_file_is_named(stream: Stream) -> None:
    (path,) = write_rows(stream, rows("BTC", [1]))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BadInput, match=r"rows\.parquet.*cannot be read"):
        everything(stream, "BTC")
    (other,) = write_rows(stream, rows("BTC", [30]))
    assert other.parent.name == "year=2024"
    with pytest.raises(BadInput, match=r"year=2023.*cannot be read"):
        everything(stream, "BTC")


def test_years_with_other_columns_share_those_that_both_have(stream: Stream) -> None:
    write_rows(stream, rows("BTC", [1]))
    write_rows(stream, rows("BTC", [30]).with_columns(volume=pl.lit(5.0)))
    found = read_rows(stream, "BTC", at(0), at(40), ("close",))
    assert found["close"].to_list() == [101.0, 130.0]
    with pytest.raises(BadInput, match="different columns"):
        everything(stream, "BTC")
    with pytest.raises(BadInput, match=r"year=2023.*no such column"):
        read_rows(stream, "BTC", at(0), at(40), ("volume",))


KILLED = """
import os, signal, sys
from pathlib import Path
import polars as pl
from hedgerow.store.lake import Stream, write_rows

left = int(sys.argv[2])

def counted(call):
    def dying(*args):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args)
    return dying

os.fsync, Path.replace = counted(os.fsync), counted(Path.replace)
write_rows(Stream(Path(sys.argv[1]), "candles_1h", "binance"), pl.read_parquet(sys.argv[3]))
"""


def second() -> pl.DataFrame:
    """Rows for two coins and two years, some of them new."""
    return pl.concat([rows("BTC", list(range(48)), 200.0), rows("ETH", [3, 30])])


@pytest.mark.slow
def test_a_writer_killed_at_any_point_leaves_whole_files_and_is_made_good_by_writing_again(
    tmp_path: Path,
) -> None:
    old, new = rows("BTC", [1, 2, 20]), second()
    whole = Stream(tmp_path / "whole", "candles_1h", "binance")
    write_rows(whole, old)
    write_rows(whole, new)
    new.write_parquet(tmp_path / "new.parquet")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    for point in range(1, 100):
        stream = Stream(tmp_path / str(point), "candles_1h", "binance")
        write_rows(stream, old)
        command = [sys.executable, "-c", KILLED, str(stream.root), str(point), str(tmp_path / "new.parquet")]
        status = subprocess.run(command, env=environment, check=False).returncode
        halves = [everything(stream, "BTC").filter(pl.col("ts").dt.year() == year) for year in (2023, 2024)]
        for half, year in zip(halves, (2023, 2024), strict=True):
            assert any(
                half.equals(side.filter(coin="BTC").filter(pl.col("ts").dt.year() == year).drop("coin"))
                for side in (old, new)
            )
        write_rows(stream, new)
        for coin in ("BTC", "ETH"):
            assert everything(stream, coin).equals(everything(whole, coin))
        if status == 0:
            break
        assert status == -signal.SIGKILL
    assert point == 3 * 4 + 1  # flush, replace, flush, in each of four files
