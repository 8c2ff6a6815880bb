"""`hedgerow replay` and `hedgerow report` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from tests.cli.conftest import Run
from tests.cli.test_backtest import closes, small

__all__ = ["closes", "small"]


@pytest.fixture
def kept(run: Run, closes: str, small: str, tmp_path: Path) -> str:
    """A run in a folder, made with about every kind of option."""
    folder = str(tmp_path / "run")
    words = ("--prices", closes, "--quote", "USDT", "--price", "USDT=0.999", "--beta", "ADA=1.3:0.2")
    more = (
        "--rebalance",
        "threshold:0.05",
        "--from",
        "2025-04-20",
        "--estimate-every",
        "14",
        "--target-beta",
        "0.1",
    )
    done = run("backtest", small, *words, *more, "--out", folder, "--json")
    assert done.status == 0, done.err
    return folder


def test_a_run_is_replayed_bit_for_bit(run: Run, kept: str) -> None:
    done = run("replay", kept)
    assert (done.status, done.err) == (0, "")
    assert "The same, bit for bit" in done.out
    told = run("replay", kept, "--json").json
    assert (told["same"], told["difference"]) == (True, None)
    assert told["bars"] > 100
    assert told["events"] > 0
    assert set(told["made_with"]) == {"hedgerow", "python", "numpy", "machine"}


def test_a_book_and_prices_that_moved_are_pointed_at(
    run: Run, kept: str, closes: str, small: str, tmp_path: Path
) -> None:
    (tmp_path / "away").mkdir()
    moved = (
        Path(closes).rename(tmp_path / "away" / "p.csv"),
        Path(small).rename(tmp_path / "away" / "b.csv"),
    )
    gone = run("replay", kept)
    assert gone.status == 4
    assert "closes.csv: cannot be read" in gone.err or "small.csv: cannot be read" in gone.err
    assert "with SHA-256" in gone.err
    done = run("replay", kept, "--prices", str(moved[0]), "--book", str(moved[1]))
    assert done.status == 0, done.err
    idle = run("replay", kept, "--funding", closes)
    assert idle.status == 2
    assert "read no such file" in idle.err


def test_other_bytes_are_refused(run: Run, kept: str, closes: str) -> None:
    text = Path(closes).read_text()
    Path(closes).write_text(text + "\n")
    done = run("replay", kept)
    assert done.status == 4
    assert "is not the file that the run read" in done.err
    assert "--prices" in done.err


def rewritten(folder: Path, name: str, table: pl.DataFrame) -> None:
    """Put another table into a run, and its hash into inputs.json: what a forger would do."""
    from hedgerow.files.runs import fingerprint

    table.write_parquet(folder / name)
    document = json.loads((folder / "inputs.json").read_text())
    document["parts"][name] = fingerprint(folder / name)
    (folder / "inputs.json").write_text(json.dumps(document))


def test_the_first_difference_is_printed(run: Run, kept: str) -> None:
    folder = Path(kept)
    ticks = pl.read_parquet(folder / "ticks.parquet")
    changed = ticks.with_columns(
        pl.when(pl.int_range(pl.len()) >= 40)
        .then(pl.col("nav_usd") + 1.0)
        .otherwise(pl.col("nav_usd"))
        .alias("nav_usd")
    )
    rewritten(folder, "ticks.parquet", changed)
    done = run("replay", kept, "--json")
    assert done.status == 1
    found = done.json["difference"]
    assert found["where"] == "nav_usd"
    assert found["when"] == str(ticks["time"][40]).replace(" ", "T") + "Z"
    assert float(found["stored"]) == pytest.approx(float(found["now"]) + 1.0)
    text = run("replay", kept)
    assert text.status == 1
    assert "NOT the same" in text.out
    assert "nav_usd" in text.out


def test_a_policy_that_is_decided_otherwise_is_a_difference(run: Run, kept: str) -> None:
    from hedgerow.files.runs import fingerprint

    folder = Path(kept)
    policy = json.loads((folder / "policy.json").read_text()) | {"horizon_days": 31.0}
    (folder / "policy.json").write_text(json.dumps(policy))
    document = json.loads((folder / "inputs.json").read_text())
    document["parts"]["policy.json"] = fingerprint(folder / "policy.json")
    (folder / "inputs.json").write_text(json.dumps(document))
    found = run("replay", kept, "--json").json["difference"]
    assert (found["where"], found["stored"], found["now"]) == ("policy.horizon_days", "31.0", "30.0")


def test_a_run_from_python_has_no_question(run: Run, tmp_path: Path) -> None:
    from tests.runs.test_backtest import run as walked

    from hedgerow.files.runs import write_run
    from hedgerow.hedge.policy import Policy

    write_run(tmp_path / "own", walked(), Policy())
    done = run("replay", str(tmp_path / "own"))
    assert done.status == 4
    assert "written from Python" in done.err


def test_a_folder_without_a_run_is_told(run: Run, tmp_path: Path) -> None:
    done = run("replay", str(tmp_path))
    assert done.status == 4
    assert "holds no run" in done.err


def test_a_stored_run_is_told_in_every_form(run: Run, kept: str, tmp_path: Path) -> None:
    done = run("report", kept)
    assert (done.status, done.out) == (0, "")
    assert f"wrote {Path(kept) / 'report.html'}" in done.err
    page = (Path(kept) / "report.html").read_text()
    assert "The hedge removed" in page
    assert "small.csv, SHA-256" in page
    numbers = run("report", kept, "--json").json
    assert numbers["policy"]["target_beta"] == [0.1]
    assert numbers["files"]["prices"]["name"] == "closes.csv"
    assert run("report", kept, "--format", "json").json == numbers
    assert run("report", kept, "--format", "md").out.startswith("# Backtest of a hedge\n")
    picture = tmp_path / "run.png"
    assert run("report", kept, "--format", "png", "--out", str(picture)).status == 0
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert run("replay", kept).status == 0


def test_backtest_and_report_make_the_same_page(run: Run, closes: str, small: str, tmp_path: Path) -> None:
    page, folder = tmp_path / "page.html", tmp_path / "again"
    words = ("--prices", closes, "--rebalance", "threshold:0.05", "--report", str(page), "--out", str(folder))
    assert run("backtest", small, *words).status == 0
    assert run("report", str(folder)).status == 0
    assert (folder / "report.html").read_bytes() == page.read_bytes()


def test_two_answers_at_once_are_refused(run: Run, kept: str) -> None:
    done = run("report", kept, "--format", "md", "--json")
    assert done.status == 2
    assert "two answers" in done.err


def test_a_compiled_run_is_replayed_by_the_compiled_engine(
    run: Run, closes: str, small: str, tmp_path: Path
) -> None:
    folder = str(tmp_path / "compiled")
    words = ("--prices", closes, "--instruments", "BTCUSDT", "--engine", "compiled", "--out", folder)
    assert run("backtest", small, *words).status == 0
    done = run("replay", folder)
    assert (done.status, "bit for bit" in done.out) == (0, True), done.err + done.out


def test_the_weights_of_an_index_are_read_again(run: Run, closes: str, small: str, tmp_path: Path) -> None:
    weights = tmp_path / "weights.csv"
    weights.write_text("date,symbol,weight\n2025-01-02,BTC,0.6\n2025-01-02,ETH,0.4\n")
    folder = str(tmp_path / "indexed")
    words = ("--prices", closes, "--factor", f"index:{weights}", "--instruments", "BTCUSDT", "--out", folder)
    done = run("backtest", small, *words)
    assert done.status == 0, done.err
    moved = weights.rename(tmp_path / "elsewhere.csv")
    assert run("replay", folder).status == 4
    again = run("replay", folder, "--index", str(moved))
    assert again.status == 0, again.err + again.out


def test_what_the_venue_takes_by_script_is_walked_told_and_replayed(
    run: Run, closes: str, small: str, tmp_path: Path
) -> None:
    script, folder = tmp_path / "adl.csv", str(tmp_path / "run")
    script.write_text("time,share,symbol\n2025-06-10,0.5,\n2025-06-20,1,NOTHELDUSDT\n1999-01-01,1,\n")
    words = ("backtest", small, "--prices", closes, "--quote", "USDT", "--instruments", "BTCUSDT")
    done = run(*words, "--adl", str(script), "--out", folder, "--json")
    assert done.status == 0, done.err
    assert done.json["events"]["deleveraged"] == 1
    assert "deleveraged" not in run(*words, "--json").json["events"]
    missed = [said for said in done.json["notes"] if "Nothing was there to take" in said]
    assert len(missed) == 2
    assert "NOTHELDUSDT" in missed[0]
    assert run("replay", folder).status == 0
    moved = script.rename(tmp_path / "moved.csv")
    assert run("replay", folder).status == 4
    assert run("replay", folder, "--adl", str(moved)).status == 0
    moved.write_text("time,share\n2025-06-10,1\n")
    assert run("replay", folder, "--adl", str(moved)).status == 4
    assert run(*words, "--adl", str(moved), "--engine", "compiled").status == 2
    assert run(*words, "--adl", str(tmp_path / "none.csv")).status == 4
