"""A price file that a test lets grow day by day, and move as it wants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np

__all__ = ["RALLY", "closes"]

_FIRST = date(2025, 4, 1)
_COINS = {"BTC": (60_000.0, 1.0), "ETH": (2_500.0, 1.2), "SOL": (150.0, 1.5), "LINK": (15.0, 1.4)}
"""Each coin's first price and its beta."""
RALLY = {date(2026, 6, day): {"BTC": 0.025, "ETH": 0.03, "SOL": 0.038, "LINK": 0.035} for day in range(2, 12)}
"""The market rises for ten days, and the coins by their betas: a book outgrows its hedge, whose margin shrinks."""


def closes(path: Path, until: date, moves: Mapping[date, Mapping[str, float]] = RALLY) -> None:
    """Write daily closes from _FIRST to `until`, always the same; on the days of `moves` each coin's logarithm moves by that."""
    days, rng = (until - _FIRST).days + 1, np.random.default_rng(5)
    market = rng.normal(0.0, 0.02, (1_000, 1))[:days]
    own = rng.normal(0.0, [0.0, 0.008, 0.015, 0.02], (1_000, 4))[:days]
    steps = market * [beta for _, beta in _COINS.values()] + own
    for day, told in moves.items():
        if day <= until:
            steps[(day - _FIRST).days] = [told.get(coin, 0.0) for coin in _COINS]
    prices = np.array([price for price, _ in _COINS.values()]) * np.exp(np.cumsum(steps, axis=0))
    rows = [
        f"{_FIRST + timedelta(days=day)},{coin},{prices[day, k]:.6g},2e9,perp"
        for day in range(days)
        for k, coin in enumerate(_COINS)
    ]
    begun = path.with_suffix(".begun")
    begun.write_text("\n".join(["date,symbol,close,quote_volume_usd,kind", *rows, ""]), encoding="utf-8")
    begun.replace(path)
