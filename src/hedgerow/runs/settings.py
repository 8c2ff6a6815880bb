"""How a backtest is run: what is not the policy's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from hedgerow.model.journal import Deleverage

__all__ = ["BacktestSettings", "BookWays", "Deleverage"]


@dataclass(frozen=True, slots=True)
class BookWays:
    """What becomes of the owner's own book on the way.

    `reweight_days` apart it is traded back to the weights it last began with; 0: never. A set of holdings that differs
    from the one before came in or went out (`flows`), or was traded for dollars that stay in the book (`trades`).
    `spot_cost` is what such trades and re-weighting cost a dollar. A coin without a price for `leave_days` goes out at
    its last; 0: it stays, at its last price and not hedged.
    """

    reweight_days: float = 0.0
    changes: Literal["flows", "trades"] = "flows"
    spot_cost: float = 0.001
    leave_days: float = 0.0


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """`train_days` before the first trade; betas anew every `estimate_days`, contracts every `choose_days`.

    `start` is the first bar at the earliest; with it coins that have no price yet come into the book later. Margin is
    put in at the first trade, as much as the distance rule wants, and again when half of that distance is used; with
    collateral of the policy's own nothing is added. `book` is what the owner does,
    `deleveraged` what the venue takes on the way, by script.
    """

    train_days: float = 90.0
    estimate_days: float = 7.0
    choose_days: float = 112.0
    start: np.datetime64 | None = None
    book: BookWays = field(default_factory=BookWays)
    deleveraged: tuple[Deleverage, ...] = ()
