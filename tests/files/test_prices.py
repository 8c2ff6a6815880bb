"""Price files: which columns are read, when a bar closes, what is multiplied, what is refused."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.files.made import COINS, DAYS, close_of, daily_lines, day_of, hourly_lines, written

from hedgerow.files.prices import read_market
from hedgerow.model.errors import BadPrices, UsageError
from hedgerow.model.market import Market


def assert_same(one: Market, other: Market) -> None:
    assert one.symbols == other.symbols
    np.testing.assert_array_equal(one.times, other.times)
    np.testing.assert_array_equal(one.prices, other.prices)


def test_long_csv_is_read_cell_by_cell(tmp_path: Path) -> None:
    market = read_market(written(tmp_path, daily_lines()))
    expected = np.array([[close_of(coin, day) for coin in COINS] for day in range(DAYS)])
    assert market.symbols == COINS
    assert market.bar_hours == 24.0
    np.testing.assert_array_equal(market.prices, expected)


def test_a_date_bar_closes_at_the_end_of_its_day(tmp_path: Path) -> None:
    market = read_market(written(tmp_path, daily_lines()))
    assert market.times[0] == np.datetime64("2025-01-02T00:00", "ms")
    assert market.as_of == market.times[-1] == np.datetime64("2025-01-31T00:00", "ms")


def test_a_stamp_is_the_opening_of_its_bar_unless_told_otherwise(tmp_path: Path) -> None:
    path = written(tmp_path, hourly_lines(), "ts,symbol,close")
    assert read_market(path).times[0] == np.datetime64("2025-01-01T01:00", "ms")
    assert read_market(path, label="close").times[0] == np.datetime64("2025-01-01T00:00", "ms")
    assert read_market(path).bar_hours == 1.0


def test_a_bare_as_of_includes_its_whole_day(tmp_path: Path) -> None:
    path = written(tmp_path, daily_lines())
    market = read_market(path, as_of="2025-01-10")
    assert len(market.times) == 10
    assert market.prices[-1, 0] == close_of("BTC", 9)
    assert market.as_of == np.datetime64("2025-01-11T00:00", "ms")


def test_an_unfinished_bar_is_dropped(tmp_path: Path) -> None:
    path = written(tmp_path, hourly_lines(), "ts,symbol,close")
    market = read_market(path, as_of="2025-01-01T12:30")
    assert market.times[-1] == np.datetime64("2025-01-01T12:00", "ms")
    assert market.prices[-1, 0] == close_of("BTC", 11)


def test_what_comes_later_changes_nothing_before(tmp_path: Path) -> None:
    whole = written(tmp_path, daily_lines())
    half = written(tmp_path, daily_lines(days=15), name="half.csv")
    assert_same(read_market(whole, as_of="2025-01-15"), read_market(half))


def test_as_of_before_every_bar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPrices) as caught:
        read_market(written(tmp_path, daily_lines()), as_of="2024-01-01")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "12/11/2025", ""])
def test_an_as_of_that_is_no_date_is_a_matter_of_usage(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, daily_lines())
    if not text:
        assert len(read_market(path, as_of=text).times) == DAYS
        return
    with pytest.raises(UsageError, match="is no date"):
        read_market(path, as_of=text)


def test_rows_in_any_order_are_the_same_market(tmp_path: Path) -> None:
    lines = daily_lines()
    shuffled = random.Random(1).sample(lines, len(lines))  # noqa: S311 - an order, no secret
    kept = read_market(written(tmp_path, lines))
    assert_same(kept, read_market(written(tmp_path, lines[::-1], name="newest_first.csv")))
    assert_same(kept, read_market(written(tmp_path, shuffled, name="shuffled.csv")))


@pytest.mark.parametrize("zone", ["Z", "+00:00"])
def test_zone_aware_stamps_equal_naive_ones(zone: str, tmp_path: Path) -> None:
    naive = read_market(written(tmp_path, hourly_lines(), "ts,symbol,close"))
    aware = read_market(written(tmp_path, hourly_lines(zone=zone), "ts,symbol,close", name="aware.csv"))
    assert_same(naive, aware)


def test_stamps_in_another_zone_are_moved_to_utc(tmp_path: Path) -> None:
    east = read_market(written(tmp_path, hourly_lines(zone="+02:00"), "ts,symbol,close"))
    assert east.times[0] == np.datetime64("2024-12-31T23:00", "ms")


@pytest.mark.parametrize("scale", [1, 1000], ids=["seconds", "milliseconds"])
def test_epoch_stamps_are_read(scale: int, tmp_path: Path) -> None:
    lines = [f"{(1_735_689_600 + 3600 * h) * scale},BTC,{close_of('BTC', h)}" for h in range(48)]
    market = read_market(written(tmp_path, lines, "timestamp,symbol,close"))
    assert market.times[0] == np.datetime64("2025-01-01T01:00", "ms")


def test_parquet_equals_csv(tmp_path: Path) -> None:
    path = written(tmp_path, daily_lines())
    frame = pl.read_csv(path, try_parse_dates=True)
    frame.write_parquet(tmp_path / "p.parquet")
    aware = frame.with_columns(pl.col("date").cast(pl.Datetime("us", "UTC")))
    aware.write_parquet(tmp_path / "aware.parquet")
    assert_same(read_market(path), read_market(tmp_path / "p.parquet"))
    assert_same(read_market(path), read_market(tmp_path / "aware.parquet"))


def test_a_wide_file_is_the_long_one(tmp_path: Path) -> None:
    lines = [",".join([day_of(d), *(str(close_of(c, d)) for c in COINS)]) for d in range(DAYS)]
    wide = read_market(written(tmp_path, lines, "date," + ",".join(COINS), name="wide.csv"))
    assert_same(read_market(written(tmp_path, daily_lines())), wide)


def test_a_folder_of_files_is_one_market(tmp_path: Path) -> None:
    folder = tmp_path / "coins"
    folder.mkdir()
    for coin in COINS:
        written(folder, daily_lines([coin]), name=f"{coin}.csv")
    (folder / "notes.txt").write_text("not prices")
    assert_same(read_market(written(tmp_path, daily_lines())), read_market(folder))


def test_symbols_are_folded_to_upper_case(tmp_path: Path) -> None:
    lines = [line.lower() for line in daily_lines()]
    assert read_market(written(tmp_path, lines)).symbols == COINS


@pytest.mark.parametrize("price", ["close", "close_usd", "perp_close", "spot_close", "price"])
def test_each_price_column_is_known(price: str, tmp_path: Path) -> None:
    market = read_market(written(tmp_path, daily_lines(), f"date,symbol,{price}"))
    assert market.prices[0, 0] == close_of("BTC", 0)


def test_columns_that_are_not_used_are_named(tmp_path: Path) -> None:
    lines = [f"{line},x" for line in daily_lines()]
    market = read_market(written(tmp_path, lines, "date,symbol,close,moon_phase"))
    assert any("moon_phase" in note for note in market.notes)


def test_several_sources_need_a_choice(tmp_path: Path) -> None:
    lines = [f"{line},{source}" for line in daily_lines() for source in ("kraken", "bybit")]
    path = written(tmp_path, lines, "date,symbol,close,source")
    with pytest.raises(BadPrices, match="bybit, kraken") as caught:
        read_market(path)
    assert "--source" in caught.value.advice
    assert read_market(path, source="kraken").source == "kraken"
    with pytest.raises(BadPrices, match="no source nowhere"):
        read_market(path, source="nowhere")


def test_perp_prices_are_in_tether_assumed_at_one(tmp_path: Path) -> None:
    lines = [f"{line},perp" for line in daily_lines()]
    market = read_market(written(tmp_path, lines, "date,symbol,close,kind"))
    assert (market.quote, market.quote_assumed) == ("USDT", True)
    assert market.prices[0, 0] == close_of("BTC", 0)


def test_spot_prices_are_in_dollars_and_nothing_is_assumed(tmp_path: Path) -> None:
    market = read_market(written(tmp_path, daily_lines()))
    assert (market.quote, market.quote_assumed) == ("USD", False)


def test_a_series_of_the_quote_coin_multiplies_in(tmp_path: Path) -> None:
    lines = [*daily_lines(), *(f"{day_of(d)},USDT,{0.99 + 0.0001 * d:.4f}" for d in range(DAYS))]
    market = read_market(written(tmp_path, lines), quote="USDT")
    assert not market.quote_assumed
    rates = np.array([0.99 + 0.0001 * d for d in range(DAYS)])
    np.testing.assert_allclose(market.prices[:, 3], rates, rtol=1e-12)
    closes = np.array([close_of("BTC", d) for d in range(DAYS)])
    np.testing.assert_allclose(market.prices[:, 0], closes * rates, rtol=1e-12)


def test_a_given_price_of_the_quote_coin_is_not_assumed(tmp_path: Path) -> None:
    market = read_market(written(tmp_path, daily_lines()), quote="USDC", given={"USDC": 0.9})
    assert not market.quote_assumed


@pytest.mark.parametrize(
    ("cell", "said"),
    [("1,5", ""), ('"1,5"', "1,5"), ("abc", "abc"), ("1_000", "1_000"), ("=1+1", "=1+1"), ("１２", "１２")],
)
def test_a_cell_that_is_no_number_is_named_by_line_and_column(cell: str, said: str, tmp_path: Path) -> None:
    lines = daily_lines()
    lines[3] = f"{day_of(1)},BTC,{cell}"
    with pytest.raises(BadPrices) as caught:
        read_market(written(tmp_path, lines))
    if said:
        assert (caught.value.line, said in caught.value.message) == (5, True)
    assert caught.value.file == "p.csv"


def test_a_time_that_is_none_is_named_by_line(tmp_path: Path) -> None:
    lines = daily_lines()
    lines[4] = f"Tuesday,ETH,{close_of('ETH', 1)}"
    with pytest.raises(BadPrices, match="Tuesday") as caught:
        read_market(written(tmp_path, lines))
    assert caught.value.line == 6


def test_volumes_in_coins_become_dollars(tmp_path: Path) -> None:
    lines = [f"{day_of(d)},BTC,{close_of('BTC', d)},2" for d in range(DAYS)]
    market = read_market(written(tmp_path, lines, "date,symbol,close,volume_base"))
    np.testing.assert_allclose(market.volumes_usd[:, 0], 2 * market.prices[:, 0])


@pytest.mark.market_data
def test_bybit_perps_are_262_coins(data_dir: Path) -> None:
    market = read_market(data_dir / "daily_close.parquet", source="bybit_perp", as_of="2025-11-12")
    assert len(market.symbols) == 262
    assert market.times[-1] == np.datetime64("2025-11-13T00:00", "ms")
    assert (market.quote, market.quote_assumed, market.bar_hours) == ("USDT", True, 24.0)


@pytest.mark.market_data
def test_a_young_coin_has_only_its_own_bars(data_dir: Path) -> None:
    market = read_market(data_dir / "daily_close.parquet", source="bybit_perp", as_of="2024-11-12")
    assert int(np.isfinite(market.prices[:, market.column("COW")]).sum()) == 5


@pytest.mark.market_data
def test_missing_days_of_yahoo_stay_missing(data_dir: Path) -> None:
    market = read_market(data_dir / "daily_close.parquet", source="yahoo_spot")
    seen = np.isfinite(market.prices)
    holes = 0
    for column in seen.T:
        held = np.flatnonzero(column)
        holes += int(held[-1] - held[0] + 1 - len(held)) if len(held) else 0
    assert holes >= 492
    assert any(flag.kind == "spike" for flag in market.flags)


@pytest.mark.market_data
def test_the_real_file_names_its_sources(data_dir: Path) -> None:
    with pytest.raises(BadPrices, match="binance_spot, bybit_perp, yahoo_spot"):
        read_market(data_dir / "daily_close.parquet")


@pytest.mark.market_data
def test_hourly_spot_is_read_with_its_volume(data_dir: Path) -> None:
    market = read_market(data_dir / "hourly_spot_binance_2024_2025.parquet")
    assert (len(market.symbols), market.bar_hours) == (28, 1.0)
    assert market.daily_volume_usd("BTC") > 1e8


def test_an_option_that_prices_do_not_have_is_not_advised(tmp_path: Path) -> None:
    lines = [f"{day_of(d)};BTC;1,5" for d in range(3)]
    with pytest.raises(BadPrices, match="1,5") as caught:
        read_market(written(tmp_path, lines, "date;symbol;close"))
    assert caught.value.advice == "A decimal point was expected."
