"""`hedgerow data`: what there is, and what is missing, in words and in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hedgerow.app.lake import LakeSink
from hedgerow.cli import main

HOUR = 3_600_000
BEGIN = 1_735_689_600_000


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    sink = LakeSink(tmp_path / "lake", "binance")
    rows = [{"ts": BEGIN + i * HOUR, "symbol": "BTCUSDT", "close": 6e4} for i in range(48) if i not in {5, 6}]
    sink.write("candles-1h", "BTC", rows)
    sink.write("funding", "BTC", [{"ts": BEGIN + i * 8 * HOUR, "rate": 1e-4} for i in range(6)])
    sink.write(
        "books", "BTC", [{"ts": BEGIN, "bid_price": [1.0]}, {"ts": BEGIN + 99 * HOUR, "bid_price": [2.0]}]
    )
    return tmp_path / "lake"


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_list_tells_what_there_is(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "list", "--lake", str(lake), "--json"]) == 0
    streams = said(capsys)["streams"]
    assert [(s["kind"], s["coins"], s["rows"]) for s in streams] == [
        ("books", 1, 2),
        ("candles-1h", 1, 46),
        ("funding", 1, 6),
    ]
    assert main(["data", "list", "--lake", str(lake)]) == 0
    assert "candles-1h" in capsys.readouterr().out


def test_check_names_the_hole_and_nothing_else(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "--lake", str(lake), "--json"]) == 1
    document = said(capsys)
    assert not document["whole"]
    (finding,) = document["findings"]
    assert (finding["kind"], finding["coin"]) == ("candles-1h", "BTC")
    assert [(hole["after"], hole["missing"]) for hole in finding["holes"]] == [("2025-01-01T04:00:00Z", 2)]
    assert main(["data", "check", "--lake", str(lake)]) == 1
    assert "2 rows missing in 1 holes" in capsys.readouterr().out


def test_an_empty_lake_says_how_to_fill_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "list", "--lake", str(tmp_path)]) == 0
    assert "hedgerow data pull" in capsys.readouterr().out


@pytest.mark.parametrize("name", [".", "not-there"])
def test_a_lake_that_holds_nothing_is_not_called_whole(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = str(tmp_path / name)
    assert main(["data", "check", "--lake", lake]) == 1
    told = capsys.readouterr().out
    assert "Nothing is there" in told
    assert "Whole" not in told
    assert main(["data", "check", "--lake", lake, "--json"]) == 1
    assert said(capsys) == {"lake": lake, "whole": False, "empty": True, "findings": []}


def test_a_file_that_cannot_be_read_is_a_finding(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = lake.glob("kind=funding/**/rows.parquet")
    path.write_bytes(b"PAR1 no more")
    assert main(["data", "check", "--lake", str(lake), "--json"]) == 1
    assert [f["kind"] for f in said(capsys)["findings"]] == ["candles-1h", "funding"]


def test_a_plan_reads_the_lake(lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "book.csv"
    book.write_text("symbol,quantity\nBTC,2\n")
    words = ["value", str(book), "--market", "binance", "--lake", str(lake), "--json"]
    assert main(words) == 0
    assert said(capsys)["valuation"]["total_usd"] == pytest.approx(120_000)
