"""A market out of the lake is the market of the same rows in a file, with marks and funding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from hedgerow.app.desk import market_of
from hedgerow.app.lake import LakeSink, lake_marks, lake_root
from hedgerow.config import DataSettings
from hedgerow.files.prices import read_market
from hedgerow.model.errors import UnknownSymbol, UsageError

HOUR = 3_600_000
BEGIN = 1_735_689_600_000
TIMES = [BEGIN + i * HOUR for i in range(400)]


def closes(seed: int, scale: float) -> list[float]:
    walk = scale * np.cumprod(1 + 0.01 * np.random.default_rng(seed).standard_normal(len(TIMES)))
    return [float(x) for x in walk]


def bar(ts: int, close: float, **more: object) -> dict[str, Any]:
    return {"ts": ts, "symbol": "XUSDT", "close": close, "volume_base": 10.0, **more}


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    sink = LakeSink(tmp_path / "lake", "binance")
    for coin, seed, scale in (("BTC", 1, 6e4), ("SOL", 2, 150.0)):
        rows = [bar(t, c) for t, c in zip(TIMES, closes(seed, scale), strict=True)]
        sink.write("candles-1h", coin, rows)
        sink.write("mark-1h", coin, [row | {"close": row["close"] * 1.001} for row in rows])
        paid = [{"ts": t, "symbol": "XUSDT", "rate": 1e-4, "interval_hours": 8.0} for t in TIMES[::8]]
        sink.write("funding", coin, paid)
    return tmp_path / "lake"


def settings(lake: Path, **more: Any) -> DataSettings:
    return DataSettings(market="binance", lake=str(lake), **more)


def test_the_market_is_that_of_a_file_with_the_same_rows(lake: Path, tmp_path: Path) -> None:
    rows: dict[str, list[Any]] = {"symbol": [], "ts": [], "close": [], "volume_base": []}
    for coin, seed, scale in (("BTC", 1, 6e4), ("SOL", 2, 150.0)):
        rows["symbol"] += [coin] * len(TIMES)
        rows["ts"] += np.array(TIMES, dtype="datetime64[ms]").astype(object).tolist()
        rows["close"] += closes(seed, scale)
        rows["volume_base"] += [10.0] * len(TIMES)
    pl.DataFrame(rows).write_parquet(tmp_path / "rows.parquet")
    of_file = read_market(tmp_path / "rows.parquet", quote="USDT")
    found, _ = market_of(settings(lake), "BTC", None)
    assert found.symbols == of_file.symbols
    assert np.array_equal(found.times, of_file.times)
    assert np.array_equal(found.prices, of_file.prices)
    assert np.array_equal(found.volumes_usd, of_file.volumes_usd)
    assert (found.source, found.kind, found.quote, found.quote_assumed) == ("binance", "perp", "USDT", True)
    assert found.funding["SOL"].venue == "binance"
    assert len(found.funding["SOL"].times) == 50


def test_nothing_after_as_of_is_read(lake: Path) -> None:
    found, _ = market_of(settings(lake, as_of="2025-01-05"), "BTC", None)
    assert found.times[-1] == np.datetime64("2025-01-06T00:00")
    assert found.funding["BTC"].times[-1] <= found.as_of
    assert len(found.times) == 120


def test_marks_are_the_lakes_own(lake: Path) -> None:
    marks, market = lake_marks(settings(lake), "BTC"), market_of(settings(lake), "BTC", None)[0]
    assert marks is not None
    assert marks.prices == pytest.approx(market.prices * 1.001, rel=1e-12)


def test_days_are_preferred_to_hours_and_a_length_can_be_named(lake: Path) -> None:
    days = [bar(BEGIN + d * 24 * HOUR, 6e4 + d) for d in range(30)]
    LakeSink(lake, "binance").write("candles-1d", "BTC", days)
    assert market_of(settings(lake), "BTC", None)[0].bar_hours == 24.0
    named = DataSettings(market="binance:1h", lake=str(lake))
    assert market_of(named, "BTC", None)[0].bar_hours == 1.0


def test_without_funding_it_says_that_it_is_modelled(tmp_path: Path) -> None:
    rows = [bar(t, c) for t, c in zip(TIMES, closes(1, 6e4), strict=True)]
    LakeSink(tmp_path, "binance").write("candles-1h", "BTC", rows)
    found, _ = market_of(settings(tmp_path), "BTC", None)
    assert not found.funding
    assert any("no funding of binance" in note for note in found.notes)
    assert lake_marks(settings(tmp_path), "BTC") is None


def test_a_venue_without_rows_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(UnknownSymbol) as raised:
        market_of(settings(tmp_path), "BTC", None)
    assert "hedgerow data pull binance" in raised.value.advice


def test_two_places_for_prices_are_refused(lake: Path) -> None:
    with pytest.raises(UsageError, match="both say where prices are"):
        market_of(settings(lake, prices="closes.csv"), "BTC", None)


def test_the_lake_lies_in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert lake_root(None) == Path("/somewhere/hedgerow/lake")
    assert lake_root("here") == Path("here")
