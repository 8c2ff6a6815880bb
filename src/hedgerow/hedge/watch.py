"""What the watch may do by itself, and when it cries: thresholds, each with the one at which it is well again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar, Literal, TypeVar

from hedgerow.hedge.staleness import Freshness
from hedgerow.model.errors import UsageError
from hedgerow.model.ports import AccountModes

__all__ = [
    "TRADED_IN",
    "Bounds",
    "Mode",
    "Thresholds",
    "WatchRules",
    "WatchSettings",
    "WatchedBook",
]

Part = TypeVar("Part", "Bounds", "Thresholds")
Mode = Literal["observe", "propose", "auto"]
"""Say what would be done; ask before it is done; do it within bounds."""

TRADED_IN = AccountModes(hedge=False, margin_mode="cross", leverage=None)
"""How accounts are set for the trades of a watch: one-way, with all of the account's margin, at the leverage that is there."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What `auto` may do without asking; None: no bound. A trade beyond one is not made smaller: somebody is told.

    `max_order_usd` of one order; `max_turnover` a day, in times of the book's gross value; `max_cost_usd` a day, fees and
    slippage; `trades_an_hour`; `cool_down_s` between two trades; `max_short_usd` of all short contracts after the trade, and
    `min_distance` of the nearest liquidation after it, a fraction: what takes either further away from its bound goes through.
    """

    max_order_usd: float | None = None
    max_turnover: float = 2.0
    max_cost_usd: float | None = None
    trades_an_hour: int = 6
    cool_down_s: float = 60.0
    max_short_usd: float | None = None
    min_distance: float | None = 0.25


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When an alarm goes on, and, second, when it goes off again.

    `stale_s` seconds without a price; `distance` to liquidation, a fraction; `funding` a year, paid (below zero) over 30
    days; `depeg` a stablecoin's distance from a dollar; `correlation` standard normal, of the last 60 days against those
    before; `beta_days` between two false alarms that a beta has changed, of the whole book; `skew_s` seconds between the
    venue's clock and ours; `venue_share` of the book's worth that one venue owes; `basis` of a perpetual, and `basis_year`
    of a dated contract as a yearly rate, a fraction off the index either way; `coverage` the
    chance that so few of the 90 % intervals of the book's beta hold what comes. The breaker opens where the share of variance
    removed, or the correlation of the hedge with the book, is short of its promise by more than `breaker_removed` and
    `breaker_correlation`, or trades cost more than their plans said by more than `breaker_cost`, in shares of them: each time
    with its whole interval of 99 %.
    """

    stale_s: tuple[float, float] = (10.0, 5.0)
    distance: tuple[float, float] = (0.20, 0.25)
    funding: tuple[float, float] = (-0.10, -0.05)
    depeg: tuple[float, float] = (0.02, 0.01)
    correlation: tuple[float, float] = (-3.3, -2.0)
    beta_days: float = 120.0
    skew_s: tuple[float, float] = (1.0, 0.5)
    venue_share: tuple[float, float] = (0.75, 0.70)
    basis: tuple[float, float] = (0.01, 0.005)
    basis_year: tuple[float, float] = (0.40, 0.30)
    coverage: tuple[float, float] = (0.005, 0.05)
    breaker_removed: float = 0.25
    breaker_correlation: float = 0.25
    breaker_cost: float = 1.0
    pair_loss: tuple[float, float] = (0.10, 0.08)
    pair_gap: tuple[float, float] = (4.0, 3.0)


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
class WatchedBook:
    """One of several books that a process watches with `--live`: a file or `venue:NAME`, and the venue, or its key (bybit/desk2), `at` whose account hedges it.

    `mode` (None: that of `[watch]`) and `hedge`, the settings of `[hedge]` that are others for this book.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

    book: str
    at: str | None = None
    mode: Mode | None = None
    hedge: Mapping[str, bool | int | float | str | tuple[float, ...] | tuple[str, ...]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """What `watch` may do by itself and when it calls; what each means say `Bounds` and `Thresholds`.

    `books` are what `watch --live` watches that names none. `metrics_port` is where the process answers `/healthz` and `/metrics` on this machine, None: nowhere.
    `mode`: observe says what it would do, propose asks so many people (`approvals`), auto trades within the
    bounds. Of two numbers the first raises an
    alarm, the second clears it.
    """

    mode: Mode = "observe"
    books: tuple[WatchedBook, ...] = ()
    approvals: int = 1
    every_s: float = 60.0
    metrics_port: int | None = None
    max_order_usd: float | None = None
    max_turnover: float = 2.0
    max_cost_usd: float | None = None
    trades_an_hour: int = 6
    cool_down_s: float = 60.0
    max_short_usd: float | None = None
    min_distance: float | None = 0.25
    stale_s: tuple[float, float] = (10.0, 5.0)
    distance: tuple[float, float] = (0.20, 0.25)
    funding: tuple[float, float] = (-0.10, -0.05)
    depeg: tuple[float, float] = (0.02, 0.01)
    correlation: tuple[float, float] = (-3.3, -2.0)
    beta_days: float = 120.0
    skew_s: tuple[float, float] = (1.0, 0.5)
    venue_share: tuple[float, float] = (0.75, 0.70)
    basis: tuple[float, float] = (0.01, 0.005)
    basis_year: tuple[float, float] = (0.40, 0.30)
    coverage: tuple[float, float] = (0.005, 0.05)
    breaker_removed: float = 0.25
    breaker_correlation: float = 0.25
    breaker_cost: float = 1.0
    pair_loss: tuple[float, float] = (0.10, 0.08)
    pair_gap: tuple[float, float] = (4.0, 3.0)

    @property
    def rules(self) -> WatchRules:
        """The same as the watch takes it. Raises `UsageError` for what is not possible."""
        return WatchRules(self.mode, self.every_s, _part(self, Bounds), _part(self, Thresholds))


def _part(settings: WatchSettings, kind: type[Part]) -> Part:
    """The settings of one kind: each field stands in both by the same name."""
    return kind(**{each.name: getattr(settings, each.name) for each in fields(kind)})
