"""Step 6: whether the hedge is far enough off to be worth a trade.

    review(exposure_usd, target_usd, rule, drift) -> Review        hold, or rebalance to where
    rebalance_of("band:0.05")                      a rule from its specification

Bands are in dollars of beta. Costs proportional to the trade make a band whose edge is traded to, a fixed cost one whose
middle is (domain §9). A band that is made of what was measured is at most a quarter of the book: what it leaves to the market is then
at most a quarter of what a book of beta 1 has, whatever one wild price did to the measure. Bands of the example books over six years of
prices are 2 % to 8 % of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import UsageError
from hedgerow.stats.bands import band_half_width, fixed_cost_half_width, tracking_half_width

__all__ = ["Drift", "Rebalance", "Review", "half_width", "rebalance_of", "review"]

Rule = Literal["calendar", "threshold", "usd", "band", "stderr", "fixed"]
Action = Literal["hold", "rebalance"]
_RULES: dict[str, tuple[Rule, float | None]] = {
    "calendar": ("calendar", 7.0),
    "threshold": ("threshold", 0.05),
    "usd": ("usd", None),
    "band": ("band", None),
    "stderr": ("stderr", 1.0),
    "fixed": ("fixed", 2.0),
}
_WIDEST = 0.25
"""Of the book's size."""
_ADVICE = "Valid: calendar:DAYS, threshold:SHARE, usd:DOLLARS, band, band:TRACKING_ERROR, stderr:NUMBER, fixed:DOLLARS; each may end in @DAYS."


@dataclass(frozen=True, slots=True)
class Rebalance:
    """When a hedge is traded back to its target.

    `calendar`: every `width` days. `threshold`: beyond `width` × the book's size. `usd`: a no-trade
    band of `width` dollars of beta. `band`: a no-trade band, from a
    tracking-error budget of `width` × the book a year, or, None, from the policy's risk aversion. `stderr`: beyond
    `width` standard errors of the beta. `fixed`: the band of `width` dollars a trade. `backstop_days` trades anyway
    after so long; 0: never.
    """

    rule: Rule = "band"
    width: float | None = None
    backstop_days: float = 0.0

    @property
    def to_edge(self) -> bool:
        """True where a trade goes to the edge of the band, not to the target."""
        return self.rule in {"band", "usd"}

    @property
    def spec(self) -> str:
        """The specification that makes this rule."""
        width = "" if self.width is None else f":{self.width:g}"
        return f"{self.rule}{width}" + (f"@{self.backstop_days:g}" if self.backstop_days else "")


def rebalance_of(spec: str) -> Rebalance:
    """Return the rule of `band`, `band:0.05`, `calendar:7`, `threshold:0.1@30`…; raises `UsageError`."""
    body, _, days = spec.strip().lower().partition("@")
    name, _, number = body.partition(":")
    known = _RULES.get(name)
    try:
        width = float(number) if number else (known[1] if known else None)
        backstop = float(days) if days else 0.0
    except ValueError:
        known, width, backstop = None, None, 0.0
    fine = all(x is None or (np.isfinite(x) and x >= 0.0) for x in (width, backstop))
    if known is None or not fine or (known[0] in {"calendar", "usd"} and not width):
        raise UsageError(f'"{spec}" is no rule of rebalancing', advice=_ADVICE)
    return Rebalance(known[0], width, backstop)


@dataclass(frozen=True, slots=True)
class Drift:
    """What a band is made of, one number a factor (K,) unless said.

    `stderr_usd` of the dollar beta; `volatility` of the factor a year; `drift_usd` of the dollar beta, per √year;
    `cost` a dollar of beta traded, all in, at the margin; `aversion` (scalar) absolute, 1/$; `size_usd` (scalar) of the book.
    """

    stderr_usd: FloatArray
    volatility: FloatArray
    drift_usd: FloatArray
    cost: FloatArray
    aversion: float
    size_usd: float


@dataclass(frozen=True, slots=True)
class Review:
    """What is to be done: `gap_usd` (K,) off the target, the `band_usd` (K,) allowed, the beta to `aim_usd` (K,) for."""

    action: Action
    gap_usd: FloatArray
    band_usd: FloatArray
    aim_usd: FloatArray
    reason: str


def half_width(rule: Rebalance, drift: Drift) -> FloatArray:
    """Return the half-width (K,) of the band in dollars of beta; 0 for a calendar."""
    count = len(drift.stderr_usd)
    if rule.rule == "calendar":
        return np.zeros(count)
    width = rule.width
    if rule.rule == "threshold":
        return np.full(count, (width or 0.0) * drift.size_usd)
    if rule.rule == "usd":
        return np.full(count, width or 0.0)
    if rule.rule == "stderr":
        return (width or 0.0) * drift.stderr_usd
    return np.array([_one(rule, drift, k) for k in range(count)])


def _one(rule: Rebalance, drift: Drift, k: int) -> float:
    volatility, moved = float(drift.volatility[k]), float(drift.drift_usd[k])
    if rule.rule == "fixed":
        fixed = fixed_cost_half_width(rule.width or 0.0, drift.aversion, volatility, moved)
        return min(fixed, _WIDEST * drift.size_usd)
    if rule.width is not None:
        return tracking_half_width(rule.width * drift.size_usd, volatility)
    band = band_half_width(float(drift.cost[k]), drift.aversion, volatility, moved)
    return min(band, _WIDEST * drift.size_usd)


def review(
    exposure_usd: FloatArray, target_usd: FloatArray, rule: Rebalance, drift: Drift, days: float
) -> Review:
    """Return whether `exposure_usd` (K,) is to be traded, and to where; `days` have passed since the last trade.

    Beyond a band the trade goes to its edge; beyond any other limit, and at a date, to the target.
    """
    gap, band = exposure_usd - target_usd, half_width(rule, drift)
    outside = np.abs(gap) > band
    due = rule.backstop_days > 0.0 and days >= rule.backstop_days
    if rule.rule == "calendar":
        due, outside = days >= (rule.width or 0.0), np.zeros(len(gap), dtype=bool)
    if due:
        return Review("rebalance", gap, band, target_usd, "the calendar says so")
    if not outside.any():
        return Review("hold", gap, band, exposure_usd, "within the band")
    aim = np.where(outside, target_usd, exposure_usd)
    if rule.to_edge:
        aim = np.where(outside, target_usd + np.sign(gap) * band, exposure_usd)
    return Review("rebalance", gap, band, aim, "outside the band")
