"""What the watch may do by itself, and when it cries: thresholds, each with the one at which it is well again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hedgerow.hedge.staleness import Freshness
from hedgerow.model.errors import UsageError

__all__ = ["Bounds", "Mode", "Thresholds", "WatchRules", "WatchSettings"]

Mode = Literal["observe", "propose", "auto"]
"""Say what would be done; ask before it is done; do it within bounds."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What `auto` may do without asking; None: no bound. A trade beyond one is not made smaller: somebody is told.

    `max_order_usd` of one order; `max_turnover` a day, in times of the book's gross value; `max_cost_usd` a day, fees and
    slippage; `trades_an_hour`; `cool_down_s` between two trades.
    """

    max_order_usd: float | None = None
    max_turnover: float = 2.0
    max_cost_usd: float | None = None
    trades_an_hour: int = 6
    cool_down_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When an alarm goes on, and, second, when it goes off again.

    `stale_s` seconds without a price; `distance` to liquidation, a fraction; `funding` a year, paid (below zero) over 30
    days; `depeg` a stablecoin's distance from a dollar; `correlation` standard normal, of the last 60 days against those
    before; `beta_days` between two false alarms that a beta has changed, of the whole book.
    """

    stale_s: tuple[float, float] = (15.0, 5.0)
    distance: tuple[float, float] = (0.20, 0.25)
    funding: tuple[float, float] = (-0.10, -0.05)
    depeg: tuple[float, float] = (0.02, 0.01)
    correlation: tuple[float, float] = (-3.3, -2.0)
    beta_days: float = 120.0


@dataclass(frozen=True, slots=True)
class WatchRules:
    """How a book is watched: by which mode, how often, within which bounds, with which thresholds.

    A proposal stands for as long as `freshness` says.
    """

    mode: Mode = "observe"
    every_s: float = 60.0
    bounds: Bounds = Bounds()
    thresholds: Thresholds = Thresholds()
    freshness: Freshness = field(default_factory=Freshness)

    def __post_init__(self) -> None:
        if not 1.0 <= self.every_s <= 86_400.0:
            raise UsageError(
                f"a look every {self.every_s:g} seconds is not possible",
                advice="Give --every between 1 second and a day.",
            )


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """What `watch` may do by itself and when it calls; what each means say `Bounds` and `Thresholds`.

    `mode`: observe says what it would do, propose asks so many people (`approvals`), auto trades within the
    bounds. Of two numbers the first raises an
    alarm, the second clears it.
    """

    mode: Mode = "observe"
    approvals: int = 1
    every_s: float = 60.0
    max_order_usd: float | None = None
    max_turnover: float = 2.0
    max_cost_usd: float | None = None
    trades_an_hour: int = 6
    cool_down_s: float = 60.0
    stale_s: tuple[float, float] = (15.0, 5.0)
    distance: tuple[float, float] = (0.20, 0.25)
    funding: tuple[float, float] = (-0.10, -0.05)
    depeg: tuple[float, float] = (0.02, 0.01)
    correlation: tuple[float, float] = (-3.3, -2.0)
    beta_days: float = 120.0

    @property
    def rules(self) -> WatchRules:
        """The same as the watch takes it. Raises `UsageError` for what is not possible."""
        bounds = Bounds(
            self.max_order_usd, self.max_turnover, self.max_cost_usd, self.trades_an_hour, self.cool_down_s
        )
        limits = Thresholds(
            self.stale_s, self.distance, self.funding, self.depeg, self.correlation, self.beta_days
        )
        return WatchRules(self.mode, self.every_s, bounds, limits)
