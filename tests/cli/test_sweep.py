"""The sweep as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from tests.cli.conftest import Run

BOOK = "symbol,quantity\nETH,10\nSOL,100\nUSDT,20000\n"


@pytest.fixture
def book(tmp_path: Path) -> str:
    place = tmp_path / "book.csv"
    place.write_text(BOOK)
    return str(place)


def test_a_sweep_on_the_embedded_market(run: Run, book: str, tmp_path: Path) -> None:
    words = ["sweep", book, "rebalance=band,calendar:7", "target_beta=0,0.5", "--instruments", "BTCUSDT"]
    out = str(tmp_path / "kept")
    done = run(*words, "--out", out, "--json")
    assert done.status == 0
    document = json.loads(done.out)
    assert len(document["rows"]) == 4
    assert {row["engine"] for row in document["rows"]} == {"compiled"}
    assert document["rows"][0]["setting"]["target_beta"] == "0"
    assert document["luck"] >= 0
    table = pl.read_parquet(tmp_path / "kept" / "sweep.parquet")
    assert table.height == 4
    again = run(*words, "--out", out)
    assert again.status == 0
    assert "4 policies" in again.out
    assert "band, target beta 0" in again.out
    assert "is luck" in again.out


def test_a_slip_of_the_pen_is_named(run: Run, book: str) -> None:
    found = run("sweep", book, "rebalence=band")
    assert found.status == 2
    assert "Did you mean rebalance" in found.err
    nothing = run("sweep", book)
    assert nothing.status == 2
