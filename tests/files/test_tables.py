"""Columns of types that hold no prices, names that hide, and sizes: refused in words, at once."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.files.made import COINS, close_of, day_of, written

from hedgerow.files.prices import parse_market, read_market
from hedgerow.model.errors import BadPrices

DATES = pl.Series("date", [date(2025, 1, 1) + timedelta(days=d) for d in range(3)])
ODD: dict[str, pl.Series] = {
    "booleans": pl.Series([True, False, True]),
    "bytes": pl.Series([b"\xff", b"a", b"b"]),
    "lists": pl.Series([[1.0], [2.0], [3.0]]),
    "objects": pl.Series([{"a": 1}, {"a": 2}, {"a": 3}]),
    "durations": pl.Series([timedelta(hours=1)] * 3),
}


def parquet(**columns: pl.Series) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({name: values.alias(name) for name, values in columns.items()}).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ODD)
def test_a_column_of_no_prices_is_refused(kind: str) -> None:
    symbols = pl.Series(["BTC"] * 3)
    for data in (
        parquet(date=DATES, symbol=symbols, close=ODD[kind]),
        parquet(date=DATES, symbol=ODD[kind], close=pl.Series([1.0, 2.0, 3.0])),
        parquet(date=ODD[kind], symbol=symbols, close=pl.Series([1.0, 2.0, 3.0])),
        parquet(date=DATES, BTC=pl.Series([1.0, 2.0, 3.0]), ETH=ODD[kind]),
    ):
        with pytest.raises(BadPrices) as caught:
            parse_market(data, "closes.parquet")
        assert caught.value.advice
        assert "closes.parquet" in str(caught.value)


@pytest.mark.parametrize(
    "close",
    [
        pl.Series([100, 101, 102]),
        pl.Series(["100", "101", "102"]),
        pl.Series(["100", "101", "102"]).cast(pl.Decimal(10, 2)),
    ],
)
def test_prices_of_other_types_are_read(close: pl.Series) -> None:
    market = parse_market(
        parquet(date=DATES, symbol=pl.Series(["BTC"] * 3, dtype=pl.Categorical), close=close), "c.parquet"
    )
    assert market.prices[:, 0].tolist() == [100.0, 101.0, 102.0]


@pytest.mark.parametrize("cut", [0, 3, 4, 100, -1, -8])
def test_parquet_cut_short_is_refused(cut: int) -> None:
    whole = parquet(date=DATES, BTC=pl.Series([1.0, 2.0, 3.0]))
    with pytest.raises(BadPrices, match="cannot be read"):
        parse_market(whole[:cut], "closes.parquet")


def test_headers_are_known_in_any_case(tmp_path: Path) -> None:
    lines = [f"{day_of(d)},btc,{close_of('BTC', d)}" for d in range(5)]
    assert read_market(written(tmp_path, lines, " Date ,SYMBOL,Close")).symbols == ("BTC",)


def test_a_file_of_one_coin_is_named_by_its_file(tmp_path: Path) -> None:
    for coin in COINS:
        lines = [f"{day_of(d)},1,9,0.5,{close_of(coin, d)}" for d in range(5)]
        written(tmp_path, lines, "Date,Open,High,Low,Close", name=f"{coin}.csv")
    market = read_market(tmp_path)
    assert market.symbols == COINS
    assert market.prices[0].tolist() == [close_of(coin, 0) for coin in COINS]
    assert any("read as the prices of BTC" in note for note in market.notes)


def test_a_folder_names_the_file_and_line_that_is_bad(tmp_path: Path) -> None:
    written(tmp_path, [f"{day_of(d)},BTC,5" for d in range(5)], name="a.csv")
    written(tmp_path, [f"{day_of(d)},ETH,5" for d in range(5)] + [f"{day_of(2)},BTC,6"], name="b.csv")
    with pytest.raises(BadPrices, match="BTC has two prices") as caught:
        read_market(tmp_path)
    assert (caught.value.file, caught.value.line) == ("b.csv", 7)


def test_a_venue_stands_in_for_a_source(tmp_path: Path) -> None:
    lines = [
        f"{day_of(d)},BTC,{price},{venue}" for d in range(5) for venue, price in (("okx", 5), ("gate", 6))
    ]
    path = written(tmp_path, lines, "date,symbol,perp_close,venue")
    with pytest.raises(BadPrices, match="holds 2 venues: gate, okx"):
        read_market(path)
    for market in (read_market(path, source="okx"), read_market(path, venue="okx")):
        assert (market.prices[0, 0], market.kind, market.quote) == (5.0, "perp", "USDT")


def test_a_blank_line_moves_no_line_number(tmp_path: Path) -> None:
    path = tmp_path / "closes.csv"
    path.write_text(f"date,symbol,close\n{day_of(0)},BTC,5\n\n{day_of(1)},BTC,x\n")
    with pytest.raises(BadPrices) as caught:
        read_market(path)
    assert caught.value.line == 4


def quickest(read: Callable[[], object], times: int = 3) -> float:
    spent = []
    for _ in range(times):
        began = time.process_time()
        read()
        spent.append(time.process_time() - began)
    return min(spent)


@pytest.mark.market_data
def test_the_real_files_are_read_in_time(data_dir: Path) -> None:
    """Measured at about a tenth of the limits on an idle core: a read that turns quadratic fails, a busy machine does not."""
    closes = data_dir / "daily_close.parquet"
    assert quickest(lambda: read_market(closes, source="bybit_perp", as_of="2025-11-12")) < 0.75
    assert quickest(lambda: read_market(data_dir / "hourly_perp_binance_2020_2024.parquet")) < 1.5
