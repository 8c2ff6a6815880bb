"""Every coin's beta, measured in parts: what `estimate` says of the whole market, whoever measures and however it is cut."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.files.prices import read_market
from hedgerow.hedge.estimation import estimate
from hedgerow.hedge.universe import apart
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.market import Market
from hedgerow.model.universe import UniverseBetas
from hedgerow.runs.panel import cut
from hedgerow.runs.spread import Workers
from hedgerow.runs.universe import Measure, instants, universe_betas
from hedgerow.venues.simulated import simulated_market

MARKET = simulated_market()
BTC = ("BTC",)
PEAK = """
import re, sys
from pathlib import Path
{}
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024, file=sys.stderr)
"""
"""Prints its own most memory: what `getrusage` tells of a child begins at what its parent held."""
COMMAND = PEAK.format("from hedgerow.cli import main; assert not main(sys.argv[1:])")
WHOLE = PEAK.format("from hedgerow.files.prices import read_market; read_market(sys.argv[1])")


def whole(_coins: tuple[str, ...]) -> Market:
    return MARKET


def of(market: Market, measure: Measure, size: int = 7, workers: Workers | None = None) -> UniverseBetas:
    def read(coins: tuple[str, ...]) -> Market:
        held = [i for i, symbol in enumerate(market.symbols) if symbol in {*coins, *measure.factors}]
        names = tuple(market.symbols[i] for i in held)
        columns = np.array(held)
        return replace(
            market,
            symbols=names,
            prices=market.prices[:, columns],
            volumes_usd=market.volumes_usd[:, columns],
        )

    return universe_betas(whole if workers else read, market.symbols, measure, size, workers)


def alike(found: UniverseBetas, market: Market, spec: str) -> None:
    """Hold every instant against `estimate` on the whole market up to there."""
    for d, when in enumerate(found.times):
        known = cut(market, int(np.searchsorted(market.times, when)))
        told = estimate(known, known.symbols, found.factors, estimator=spec)
        np.testing.assert_allclose(found.beta[d], told.beta, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(found.stderr[d], told.stderr, rtol=1e-11, atol=1e-15)
        assert found.method[d].tolist() == list(told.method)
        np.testing.assert_array_equal(found.n[d], told.n)
    assert [bool(note) for note in found.note] == [bool(note) for note in told.note]


@pytest.mark.parametrize("spec", ["default", "ols:180", "shrink(dimson:1(ols:90))", "kalman:each"])
def test_parts_are_what_the_whole_market_is(spec: str) -> None:
    times = instants(MARKET, BTC, None, 90.0)
    assert len(times) > 4
    alike(of(MARKET, Measure(BTC, times, spec)), MARKET, spec)


@pytest.mark.market_data
def test_parts_of_real_prices_are_what_the_whole_market_is(data_dir: Path) -> None:
    market = read_market(data_dir / "daily_close.parquet", source="bybit_perp", as_of="2025-11-12")
    measure = Measure(("BTC", "ETH"), instants(market, ("BTC", "ETH"), np.datetime64("2022-01-01"), 400.0))
    found = of(market, measure, 50)
    alike(found, market, "default")
    assert {"prior", "unknown", "factor", "policy"} <= {str(way) for way in found.method.reshape(-1)}


@given(st.integers(1, 60))
@settings(max_examples=8, deadline=None)
def test_how_it_is_cut_changes_nothing_that_counts(size: int) -> None:
    measure = Measure(BTC, instants(MARKET, BTC, None, 0.0))
    np.testing.assert_allclose(of(MARKET, measure, size).beta, of(MARKET, measure, 1000).beta, rtol=1e-12)


@pytest.mark.slow
def test_processes_measure_what_this_one_does_bit_for_bit() -> None:
    measure = Measure(BTC, instants(MARKET, BTC, None, 120.0))
    one, two = of(MARKET, measure, 9, Workers(1)), of(MARKET, measure, 9, Workers(2))
    for field in fields(UniverseBetas):
        mine, theirs = getattr(one, field.name), getattr(two, field.name)
        assert mine.tobytes() == theirs.tobytes() if isinstance(mine, np.ndarray) else mine == theirs


@pytest.mark.parametrize("spec", ["kalman", "dimson:1(kalman)", "blume(shrink(ols:90))"])
def test_what_learns_from_all_coins_at_once_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match="learns from all coins"):
        apart(spec)


def test_instants_are_bars_so_many_days_apart() -> None:
    times = instants(MARKET, BTC, None, 30.0)
    assert times[-1] == MARKET.times[-1]
    assert set(np.diff(times)) == {np.timedelta64(30, "D")}
    assert np.searchsorted(MARKET.times, times[0]) >= 60
    assert len(instants(MARKET, BTC, times[3], 30.0)) == len(times) - 3
    with pytest.raises(UsageError, match="less than a bar"):
        instants(MARKET, BTC, None, 0.01)
    with pytest.raises(NotEnoughData):
        instants(MARKET, BTC, np.datetime64("2099-01-01"), 0.0)


def panel(folder: Path, hours: int, coins: int) -> Path:
    """A folder of made-up hourly closes, a hundred coins a file."""
    folder.mkdir()
    drawn = np.random.default_rng(1)
    market = drawn.normal(0.0, 0.01, hours)
    ts = np.datetime64("2025-01-01", "ms") + np.arange(hours) * np.timedelta64(1, "h")
    names = ["BTC", *(f"C{i}" for i in range(1, coins))]
    for first in range(0, coins, 100):
        block = names[first : first + 100]
        moves = [market + drawn.normal(0.0, 0.005, hours) * (name != "BTC") for name in block]
        close = np.concatenate([np.exp(np.cumsum(move)) for move in moves])
        rows = {"ts": np.tile(ts, len(block)), "symbol": np.repeat(block, hours), "close": close}
        pl.DataFrame(rows).write_parquet(folder / f"{first:05d}.parquet")
    return folder


def peak_mb(*words: str) -> int:
    """The largest memory of a process of its own."""
    ended = subprocess.run([sys.executable, "-c", *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return int(ended.stderr.splitlines()[-1])


@pytest.mark.slow
def test_no_worker_holds_the_whole_market(tmp_path: Path) -> None:
    where, out = panel(tmp_path / "panel", 5_000, 1_500), tmp_path / "betas.parquet"
    words = ["universe", "--estimator", "ols", "--workers", "1", "--json"]
    started = peak_mb(COMMAND, *words, "--coins", "ETH")
    parts = peak_mb(COMMAND, *words, "--prices", str(where), "--out", str(out))
    everything = peak_mb(WHOLE, str(where))
    assert len(pl.read_parquet(out)) == 1_500
    assert parts - started < (everything - started) / 2, (started, parts, everything)
