"""What the simulated market measures like: `python -m benchmarks.simulated_market [--seeds 5]`."""

from __future__ import annotations

import argparse

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.factor_market import COINS, factor_market

__all__ = ["figures"]


def _r2(x: FloatArray, y: FloatArray) -> float:
    both = np.isfinite(x) & np.isfinite(y)
    return float(np.corrcoef(x[both], y[both])[0, 1] ** 2)


def figures(seed: int) -> dict[str, float]:
    """The figures that the model is calibrated to, of one seed."""
    made = factor_market(seed)
    r = made.prices[1:, : len(COINS)] / made.prices[:-1, : len(COINS)] - 1.0
    btc, eth, alts = r[:, 0], r[:, 1], r[:, 2:-2]
    basket = np.nanmean(alts, axis=1)
    funding = made.funding[:, 0]
    year = np.sqrt(365.0)
    return {
        "BTC volatility a year": float(btc.std() * year),
        "ETH volatility a year": float(eth.std() * year),
        "median alt volatility a year": float(np.nanmedian(np.nanstd(alts, axis=0)) * year),
        "median R² with BTC": float(np.median([_r2(btc, alts[:, i]) for i in range(alts.shape[1])])),
        "median R² with ETH": float(np.median([_r2(eth, alts[:, i]) for i in range(alts.shape[1])])),
        "equal-weight basket R² with BTC": _r2(btc, basket),
        "equal-weight basket R² with ETH": _r2(eth, basket),
        "BTC funding a year": float(funding.mean() * 3 * 365),
        "BTC funding positive": float((funding > 0).mean()),
        "BTC funding exactly 0.01 %": float((np.abs(funding - 1e-4) < 1e-12).mean()),
        "BTC funding AR(1)": float(np.corrcoef(funding[1:], funding[:-1])[0, 1]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    rows = [figures(seed) for seed in range(1, parser.parse_args().seeds + 1)]
    print(f"{'':36}{'median':>9}{'least':>9}{'most':>9}")
    for name in rows[0]:
        values = [row[name] for row in rows]
        print(f"{name:36}{np.median(values):>9.3f}{min(values):>9.3f}{max(values):>9.3f}")


if __name__ == "__main__":
    main()
