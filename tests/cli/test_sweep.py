"""The sweep as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from tests.cli.conftest import Run

from hedgerow.model.sweeps import Tried

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


@pytest.mark.parametrize("kept", [True, False])
def test_an_interrupted_sweep_says_what_is_kept_and_goes_on_from_there(
    run: Run, book: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    from hedgerow.files import sweeps

    words = ["sweep", book, "rebalance=band,calendar:7", "--instruments", "BTCUSDT"]
    folder = tmp_path / "kept"
    words += ["--out", str(folder)] if kept else []
    written = sweeps.write_tries

    def then_interrupted(where: Path, tries: Sequence[Tried]) -> None:
        written(where, tries[:1])
        raise KeyboardInterrupt

    if kept:
        monkeypatch.setattr(sweeps, "write_tries", then_interrupted)
    else:
        monkeypatch.setattr("hedgerow.runs.sweep.sweep", _interrupted)
    stopped = run(*words)
    assert stopped.status == 130
    if not kept:
        assert "nothing is kept. With --out FOLDER" in stopped.err
        return
    assert f"1 combination is kept in {folder}; the same command goes on from there" in stopped.err
    monkeypatch.setattr(sweeps, "write_tries", written)
    done = run(*words, "--json")
    assert done.status == 0
    assert len(json.loads(done.out)["rows"]) == 2
    assert len(list(folder.glob("tries-*.parquet"))) == 2


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
