"""Order books: sizes in coins whatever the venue counts in, or left out with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hedgerow.files.books import read_books
from hedgerow.model.errors import BadPrices

BIDS, ASKS = [[100.0, 5.0], [99.0, 8.0]], [[101.0, 4.0], [102.0, 9.0]]
STAMP = 1_735_689_600.0


def book(folder: Path, venue: str, symbol: str, name: str = "", **changed: object) -> None:
    raw = {"venue": venue, "symbol": symbol, "ts": STAMP, "bids": BIDS, "asks": ASKS, **changed}
    (folder / f"{name or venue + symbol}.json").write_text(json.dumps(raw))


def test_sizes_in_coins_stay(tmp_path: Path) -> None:
    book(tmp_path, "binance_usdm", "SUSHIUSDT")
    found = read_books(tmp_path).books["SUSHI"]
    np.testing.assert_array_equal(found.bids, BIDS)
    np.testing.assert_array_equal(found.asks, ASKS)
    assert found.time == np.datetime64("2025-01-01T00:00", "ms")


@pytest.mark.parametrize(
    ("venue", "symbol", "coin", "dollars"),
    [
        ("binance_coinm", "BTCUSD_PERP", "BTC", 100.0),
        ("binance_coinm", "LINKUSD_PERP", "LINK", 10.0),
        ("bybit_inverse", "BTCUSD", "BTC", 1.0),
        ("bitmex", "XBTUSD", "BTC", 1.0),
        ("kraken_futures", "PI_XBTUSD", "BTC", 1.0),
    ],
)
def test_sizes_in_dollars_become_coins(
    venue: str, symbol: str, coin: str, dollars: float, tmp_path: Path
) -> None:
    book(tmp_path, venue, symbol)
    found = read_books(tmp_path).books[coin]
    np.testing.assert_allclose(found.bids[:, 1], [5 * dollars / 100, 8 * dollars / 99], rtol=1e-12)


@pytest.mark.parametrize(
    ("venue", "symbol"),
    [("bitmex", "SOLUSDT"), ("okx", "BTC-USDT-SWAP"), ("gate_futures", "ETH_USDT"), ("nowhere", "ETHUSDT")],
)
def test_contracts_of_unknown_size_are_left_out_with_a_note(venue: str, symbol: str, tmp_path: Path) -> None:
    book(tmp_path, venue, symbol)
    found = read_books(tmp_path)
    assert found.books == {}
    assert "left out" in found.notes[0]


def test_levels_are_sorted_best_first(tmp_path: Path) -> None:
    book(tmp_path, "bitstamp", "ethusd", bids=BIDS[::-1], asks=ASKS[::-1])
    found = read_books(tmp_path).books["ETH"]
    np.testing.assert_array_equal(found.bids, BIDS)
    np.testing.assert_array_equal(found.asks, ASKS)


def test_crossed_or_empty_sides_are_left_out(tmp_path: Path) -> None:
    book(tmp_path, "bitstamp", "ethusd", bids=[[105.0, 1.0]])
    book(tmp_path, "bitstamp", "ltcusd", asks=[])
    found = read_books(tmp_path)
    assert found.books == {}
    assert len(found.notes) == 2


def test_the_deepest_book_of_a_coin_is_kept(tmp_path: Path) -> None:
    book(tmp_path, "bitstamp", "ethusd", bids=[[100.0, 5000.0]])
    book(tmp_path, "binance_usdm", "ETHUSDT")
    assert read_books(tmp_path).books["ETH"].venue == "bitstamp"


def test_only_what_is_asked_for_and_nothing_after_as_of(tmp_path: Path) -> None:
    book(tmp_path, "bitstamp", "ethusd")
    book(tmp_path, "bitstamp", "btcusd", ts=STAMP + 86_400)
    assert set(read_books(tmp_path, frozenset({"ETH"})).books) == {"ETH"}
    assert set(read_books(tmp_path, as_of="2025-01-01T12:00").books) == {"ETH"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '"text"',
        "[" * 100_000,
        '{"venue":"bitstamp","symbol":"ethusd","ts":1,"bids":"x","asks":[[1,1]]}',
        '{"venue":"bitstamp","symbol":"ethusd","ts":1,"bids":[[1,NaN]],"asks":[[2,1]]}',
        '{"venue":"bitstamp","symbol":"ethusd","ts":1,"bids":[[1,-1]],"asks":[[2,1]]}',
        '{"venue":"bitstamp","symbol":"ethusd","ts":"soon","bids":[[1,1]],"asks":[[2,1]]}',
        '{"venue":"bitstamp","symbol":"ethusd","ts":1e300,"bids":[[1,1]],"asks":[[2,1]]}',
        '{"venue":"bitstamp","symbol":"ethusd","ts":Infinity,"bids":[[1,1]],"asks":[[2,1]]}',
        '{"venue":"bitstamp","symbol":"ethusd","ts":null,"bids":[[1,1]],"asks":[[2,1]]}',
        '{"venue":"bitstamp","symbol":"ethusd","ts":1,"bids":[[1,1],[2]],"asks":[[2,1]]}',
        '{"venue":"bitstamp","symbol":"ethusd","ts":1,"bids":{"1":1},"asks":[[2,1]]}',
    ],
)
def test_what_is_no_book_is_refused_with_its_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(BadPrices) as caught:
        read_books(tmp_path)
    assert (caught.value.file, caught.value.exit_code) == ("odd.json", 4)


def test_a_book_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(BadPrices, match=r"odd\.json"):
        read_books(tmp_path)


def test_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPrices, match="no folder"):
        read_books(tmp_path / "absent")


@pytest.mark.market_data
def test_real_books_have_sane_mids_and_sizes(data_dir: Path) -> None:
    found = read_books(data_dir / "orderbooks")
    assert len(found.books) >= 15
    btc = found.books["BTC"]
    assert float(btc.bids[0, 0] + btc.asks[0, 0]) / 2 > 1000
    # Read as coins, dollars would make each level worth a thousand times what any book holds.
    for one in found.books.values():
        levels = one.bids[:, 0] * one.bids[:, 1]
        assert float(np.median(levels)) < 5e6
        assert (np.diff(one.bids[:, 0]) <= 0).all()
        assert (np.diff(one.asks[:, 0]) >= 0).all()
    assert any("unknown size" in note for note in found.notes)
