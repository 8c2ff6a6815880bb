"""`universe` as a user runs it: simulated, from files of any shape, from a lake."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.conftest import Run

from hedgerow.app import universes
from hedgerow.hedge import universe as hedge_universe
from hedgerow.runs import universe as runs_universe
from hedgerow.store.lake import Stream, write_rows

DAYS = np.datetime64("2025-01-01", "ms") + np.arange(200) * np.timedelta64(1, "D")
DRAWN = np.random.default_rng(5)
BTC = DRAWN.normal(0.0, 0.03, 200)
CLOSES = {
    name: 100.0 * np.exp(np.cumsum(beta * BTC + DRAWN.normal(0.0, 0.01, 200) * (name != "BTC")))
    for name, beta in {"BTC": 1.0, "ETH": 1.2, "SOL": 1.6}.items()
}


def long(names: dict[str, str]) -> pl.DataFrame:
    frames = [pl.DataFrame({"ts": DAYS, "symbol": [names[c]] * 200, "close": CLOSES[c]}) for c in CLOSES]
    return pl.concat(frames)


def betas(told: str) -> dict[str, float]:
    return {row["symbol"]: row["beta"] for row in json.loads(told)["rows"]}


@pytest.fixture
def whole(run: Run, tmp_path: Path) -> dict[str, float]:
    """What a plain long file gives."""
    place = tmp_path / "long.parquet"
    long({c: c for c in CLOSES}).write_parquet(place)
    told = betas(run("universe", "--prices", str(place), "--estimator", "ols", "--json").out)
    for name, beta in told.items():
        y, x = np.diff(CLOSES[name]) / CLOSES[name][:-1], np.diff(CLOSES["BTC"]) / CLOSES["BTC"][:-1]
        assert beta == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-9)
    return told


@pytest.mark.parametrize("shape", ["other case", "wide", "csv", "folder"])
def test_files_of_any_shape_say_the_same(
    run: Run, tmp_path: Path, whole: dict[str, float], shape: str
) -> None:
    place = tmp_path / "prices.parquet"
    if shape == "wide":
        pl.DataFrame(
            {"ts": DAYS, **{f" {name.lower()}": close for name, close in CLOSES.items()}}
        ).write_parquet(place)
    elif shape == "csv":
        place = place.with_suffix(".csv")
        long({c: c for c in CLOSES}).write_csv(place)
    elif shape == "folder":
        place = tmp_path / "prices"
        place.mkdir()
        for name, rows in long({c: c for c in CLOSES}).partition_by("symbol", as_dict=True).items():
            rows.write_parquet(place / f"{name[0]}.parquet")
    else:
        long({c: f" {c.lower()} " for c in CLOSES}).write_parquet(place)
    one = run(
        "universe", "--prices", str(place), "--estimator", "ols", "--coins", "sol", "--json", "--workers", "1"
    )
    assert betas(one.out) == pytest.approx({"SOL": whole["SOL"]}, rel=1e-9)
    assert betas(
        run("universe", "--prices", str(place), "--estimator", "ols", "--json").out
    ) == pytest.approx(whole)


def test_a_lake_says_the_same(run: Run, tmp_path: Path, whole: dict[str, float]) -> None:
    rows = long({c: c for c in CLOSES}).rename({"symbol": "coin"})
    write_rows(Stream(tmp_path / "lake", "candles-1d", "binance"), rows)
    words = [
        "universe",
        "--market",
        "binance",
        "--lake",
        str(tmp_path / "lake"),
        "--estimator",
        "ols",
        "--json",
    ]
    assert betas(run(*words).out) == pytest.approx(whole, rel=1e-9)


def test_through_time_on_the_simulated_market(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "betas.csv"
    done = run("universe", "--every", "120", "--coins", "ETH,SOL,USDC", "--out", str(out))
    assert done.status == 0
    assert "SIMULATED" in done.out
    assert "1 by policy" in done.out
    kept = pl.read_csv(out, try_parse_dates=True)
    assert kept["ts"].n_unique() > 4
    assert set(kept["symbol"]) == {"ETH", "SOL", "USDC"}
    assert run("universe").status == 0  # one coin is too young for a beta
    unknown = run("universe", "--coins", "ETH,FRSH")
    assert unknown.status == 1
    assert "1 unknown" in unknown.out
    assert kept.filter(pl.col("symbol") == "USDC")["beta"].to_list() == [0.0] * kept["ts"].n_unique()


def test_a_stopped_universe_goes_on_from_its_parts(
    run: Run, tmp_path: Path, whole: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(universes, "_AT_ONCE_BYTES", 6_400)  # a coin at a time
    place, out = tmp_path / "long.parquet", tmp_path / "betas.csv"
    measured: list[object] = []
    words = ["universe", "--prices", str(place), "--estimator", "ols", "--workers", "1", "--out", str(out)]
    true_part = hedge_universe.measured

    def stops(*given: object, **named: object) -> object:
        if len(measured) == 2:
            raise KeyboardInterrupt
        measured.append(given[1])
        return true_part(*given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(runs_universe, "measured", stops)
        run(*words)
    assert not out.exists()
    assert len(list(tmp_path.glob("betas.csv.*.parts/*.npz"))) == 2
    measured.clear()
    monkeypatch.setattr(runs_universe, "measured", stops)
    assert run(*words).status == 0
    assert measured == [("SOL",)]
    kept = pl.read_csv(out)
    assert dict(zip(kept["symbol"], kept["beta"], strict=True)) == pytest.approx(whole)
    assert not list(tmp_path.glob("*.parts"))


def test_slips_of_the_pen_are_named_before_the_work(run: Run, tmp_path: Path) -> None:
    for words, said in (
        (["--coins", "ETH,NOSUCH"], "no prices of NOSUCH"),
        (["--factor", "index:weights.csv"], "an index is made of all its coins"),
        (["--estimator", "kalman"], "learns from all coins"),
        (["--every", "-1"], "means nothing"),
        (["--out", str(tmp_path / "betas.txt")], "neither .parquet nor .csv"),
        (["--out", str(tmp_path / "no" / "betas.csv")], "cannot be written"),
        (["--beta", "ETH=1"], "are of a book"),
        (["--workers", "0"], "0 workers"),
    ):
        found = run("universe", *words)
        assert found.status in {2, 4}, words
        assert said in found.err, words
