"""`hedgerow backtest` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.conftest import BOOK, Run

from hedgerow.testing import beta_market


@pytest.fixture
def closes(tmp_path: Path) -> str:
    """A year of closes of four coins, as a wide CSV."""
    made = beta_market({"BTC": 1.0, "ETH": 1.2, "SOL": 1.6, "ADA": 1.4}, {"BTC": 60_000.0}, days=260, seed=2)
    days = (made.times - np.timedelta64(1, "D")).astype("datetime64[D]").astype(str)
    frame = pl.DataFrame({"date": days, **{s: made.prices[:, i] for i, s in enumerate(made.symbols)}})
    path = tmp_path / "closes.csv"
    frame.write_csv(path)
    return str(path)


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.csv"
    path.write_text("symbol,quantity\nSOL,400\nADA,300\nUSDT,5000\n")
    return str(path)


def test_text_json_report_and_folder_agree(run: Run, closes: str, small: str, tmp_path: Path) -> None:
    words = ("backtest", small, "--prices", closes, "--rebalance", "threshold:0.05", "--quote", "USDT")
    folder, page = tmp_path / "run", tmp_path / "report.html"
    done = run(*words, "--json", "--out", str(folder), "--report", str(page))
    assert done.status == 0, done.err
    found = done.json
    ticks, events = (pl.read_parquet(folder / f"{name}.parquet") for name in ("ticks", "events"))
    assert found["bars"] == len(ticks)
    assert found["gained_usd"]["hedged"] == pytest.approx(ticks["gained_usd"][-1])
    assert sum(found["attribution_usd"].values()) == pytest.approx(found["gained_usd"]["hedged"], abs=1e-6)
    assert found["events"]["trade"] == len(events.filter(pl.col("kind") == "trade"))
    assert found["effectiveness"]["variance_removed"]["middle"] > 0.5
    inputs = json.loads((folder / "inputs.json").read_text())
    assert len(inputs["files"]["prices"]["sha256"]) == 64
    assert json.loads((folder / "policy.json").read_text())["rebalance"] == "threshold:0.05"
    text = run(*words).out
    for told in ("variance removed", "residual beta", "beta hedge", "Past prices promise nothing"):
        assert told in text
    assert "NaN" not in done.out
    again = run(*words, "--out", str(folder))
    assert again.status == 2
    assert "holds a run already" in again.err


def test_what_could_not_be_kept_is_refused_before_the_walk(run: Run, small: str, tmp_path: Path) -> None:
    """Before a price file is read: there is none."""
    words = ("backtest", small, "--prices", str(tmp_path / "none.csv"))
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "inputs.json").write_text("{}")
    done = run(*words, "--out", str(taken))
    assert done.status == 2
    assert "holds a run already" in done.err
    for page in (tmp_path / "no" / "page.html", taken):
        done = run(*words, "--report", str(page))
        assert done.status == 4
        assert "cannot be written" in done.err


def test_a_share_of_a_book_without_net_value_is_refused_as_a_plan_is(
    run: Run, closes: str, tmp_path: Path
) -> None:
    book = tmp_path / "neutral.csv"
    book.write_text("symbol,quantity\nSOL,400\nSOL,-400\nADA,-300\n")
    words = ("backtest", str(book), "--prices", closes, "--quote", "USDT", "--instruments", "BTCUSDT")
    for engine in ("plain", "compiled"):
        done = run(*words, "--target-beta", "0.5", "--engine", engine)
        assert done.status == 2
    assert run(*words, "--target-beta", "0.5").err.count("no beta per dollar") == 1
    assert run(*words, "--target-beta-usd", "0").status == 0


def test_the_answer_has_the_margin_and_both_sides_of_a_target(run: Run, closes: str, small: str) -> None:
    words = ("backtest", small, "--prices", closes, "--quote", "USDT", "--target-beta", "0.5")
    found, text = run(*words, "--json").json, run(*words).out
    assert found["margin_put_in_usd"] > 0.0
    assert [side["name"] for side in found["sides"]] == ["portfolio", "hedge", "hedged portfolio"]
    assert found["periods"]
    assert found["effectiveness"]["target_nav"] == pytest.approx(0.5)
    assert "margin put in" in text
    assert "0.50 of net asset value" in " ".join(text.split())


def test_dated_holdings_are_walked_through_and_replayed(run: Run, closes: str, tmp_path: Path) -> None:
    days = pl.read_csv(closes)["date"].to_list()
    held, folder, page = tmp_path / "held.csv", tmp_path / "run", tmp_path / "run.html"
    held.write_text(
        f"date,symbol,quantity\n{days[0]},SOL,400\n{days[0]},USDT,5000\n"
        f"{days[180]},SOL,100\n{days[180]},ADA,300\n{days[180]},USDT,5000\n"
    )
    words = ("backtest", str(held), "--prices", closes, "--quote", "USDT", "--instruments", "BTCUSDT")
    done = run(*words, "--json", "--out", str(folder), "--report", str(page))
    assert done.status == 0, done.err
    ticks = pl.read_parquet(folder / "ticks.parquet")
    assert done.json["flows_usd"] == pytest.approx(ticks["flows_usd"].sum())
    assert done.json["flows_usd"] != 0.0
    assert done.json["events"]["flow"] == 2
    assert any("2 of 2 sets of holdings were in force" in note for note in done.json["notes"])
    assert any("held.csv: 2 sets of holdings, from" in note for note in done.json["notes"])
    kept = run("replay", str(folder))
    assert kept.status == 0, kept.out + kept.err
    again = tmp_path / "again"
    assert run(*words, "--quiet", "--out", str(again)).status == 0
    for file in sorted(folder.iterdir()):
        assert file.read_bytes() == (again / file.name).read_bytes(), file.name
    traded = run(*words, "--changes", "trades", "--spot-cost", "20", "--reweight", "30", "--json")
    assert traded.json["flows_usd"] == 0
    assert traded.json["attribution_usd"]["rebalance"] < 0
    refused = run("plan", str(held), "--prices", closes, "--quote", "USDT")
    assert refused.status == 4
    assert "holds 2 dates" in refused.err
    compiled = run(*words, "--engine", "compiled")
    assert compiled.status == 2
    assert "a book that changes on the way" in compiled.err


def test_intervals_are_drawn_by_the_seed_and_nothing_else_is(run: Run, closes: str, small: str) -> None:
    words = ("backtest", small, "--prices", closes, "--quote", "USDT", "--instruments", "BTCUSDT", "--json")
    one, same, other = (run(*words, "--seed", seed).json for seed in ("1", "1", "2"))
    assert one == same
    assert one["attribution_usd"] == other["attribution_usd"]
    removed, drawn_otherwise = (f["effectiveness"]["variance_removed"] for f in (one, other))
    assert removed["middle"] == drawn_otherwise["middle"]
    assert (removed["low"], removed["high"]) != (drawn_otherwise["low"], drawn_otherwise["high"])


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--reweight", "-1"), 2, "--reweight -1 means nothing"),
        (("--spot-cost", "nan"), 2, "--spot-cost nan means nothing"),
        (("--rebalance", "sometimes"), 2, "no rule of rebalancing"),
        (("--train", "0"), 2, "--train 0 means nothing"),
        (("--train", "400"), 4, "no bar is left"),
        (("--from", "yesterday"), 2, "yesterday"),
    ],
)
def test_mistakes_are_told(
    run: Run, closes: str, small: str, words: tuple[str, ...], status: int, said: str
) -> None:
    done = run("backtest", small, "--prices", closes, *words)
    assert (done.status, said in done.err) == (status, True), done.err


def test_a_coin_without_prices_is_named(run: Run, closes: str) -> None:
    done = run("backtest", BOOK, "--prices", closes)
    assert done.status == 4
    assert "LINK" in done.err
