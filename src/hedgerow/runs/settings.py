"""How a backtest is run: what is not the policy's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["BacktestSettings"]


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """`train_days` before the first trade; betas anew every `estimate_days`, contracts every `choose_days`.

    `start` is the first bar at the earliest. Margin is put in at the first trade, as much as the distance rule wants,
    and again when half of that distance is used; with collateral of the policy's own nothing is added.
    """

    train_days: float = 90.0
    estimate_days: float = 7.0
    choose_days: float = 112.0
    start: np.datetime64 | None = None
