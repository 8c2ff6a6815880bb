"""The simulated market: the same for a seed, and like the real one where it matters."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.simulated_market import figures

from hedgerow.stats.factor_market import COINS, END, factor_market

DIGEST = (
    "import hashlib\nfrom hedgerow.stats.factor_market import factor_market\n"
    "m = factor_market(7)\nprint(hashlib.sha256(m.prices.tobytes() + m.funding.tobytes()).hexdigest())"
)

BANDS = {
    "BTC volatility a year": (0.35, 0.65),
    "ETH volatility a year": (0.55, 0.90),
    "median alt volatility a year": (0.85, 1.35),
    "median R² with BTC": (0.28, 0.48),
    "median R² with ETH": (0.34, 0.56),
    "equal-weight basket R² with BTC": (0.50, 0.80),
    "BTC funding a year": (0.03, 0.25),
    "BTC funding positive": (0.70, 0.95),
    "BTC funding exactly 0.01 %": (0.30, 0.65),
    "BTC funding AR(1)": (0.68, 0.92),
}


def test_a_seed_gives_the_same_bits_in_another_process() -> None:
    made = factor_market(7)
    mine = hashlib.sha256(made.prices.tobytes() + made.funding.tobytes()).hexdigest()
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": str(root / "src")}
    theirs = subprocess.run(
        [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=True
    )
    assert theirs.stdout.strip() == mine
    assert not np.array_equal(factor_market(8).prices, made.prices, equal_nan=True)


def test_it_ends_where_it_says_with_young_coins() -> None:
    made = factor_market(7)
    assert made.times[-1] == END
    bars = np.isfinite(made.prices).sum(axis=0)
    assert bars[made.symbols.index("NEWX")] == 34
    assert bars[made.symbols.index("FRSH")] == 12
    assert made.prices[-1, : len(COINS)] == pytest.approx([coin.price for coin in COINS])
    assert np.nanmin(made.prices) > 0
    assert np.nanmin(made.volumes_usd) > 0
    assert np.nanmax(np.abs(made.funding)) <= 0.02


def test_the_crash_and_the_depeg_are_there() -> None:
    made = factor_market(7)
    moves = made.prices[1:] / made.prices[:-1] - 1
    day = int(np.searchsorted(made.times, np.datetime64("2025-10-11T00:00", "ms"))) - 1
    alts = moves[day, 2 : len(COINS)]
    assert moves[day, 0] == pytest.approx(-0.073)
    assert np.nanmedian(alts) == pytest.approx(-0.285, abs=0.03)
    assert made.prices[:, made.symbols.index("USDC")].min() == pytest.approx(0.90)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_it_measures_like_the_figures_it_is_calibrated_to(seed: int) -> None:
    measured = figures(seed)
    outside = {
        name: measured[name] for name, (low, high) in BANDS.items() if not low <= measured[name] <= high
    }
    assert outside == {}
    assert measured["median R² with ETH"] > measured["median R² with BTC"]


def test_betas_wander_and_bitcoins_is_one() -> None:
    betas = factor_market(7).true_betas
    assert (betas[:, 0] == 1.0).all()
    assert 1.2 < np.median(betas[:, 2 : len(COINS)]) < 1.8
    assert betas[:, 2].std() > 0.01
