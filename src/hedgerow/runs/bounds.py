"""What the watch may not do by itself: bounds on orders, turnover, cost and haste. Beyond one nothing is sent.

beyond(bounds, wanted, spent, at, gross_usd, after) -> refusals, none where it may
after_of(worth, orders, margin) -> After                    what the trade leaves behind
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hedgerow.hedge.margin import Stake
from hedgerow.hedge.plan import Refusal
from hedgerow.hedge.survival import hedge_accounts, nearest, short_usd
from hedgerow.hedge.valuation import Valuation
from hedgerow.hedge.watch import Bounds
from hedgerow.model.display import percent_text

__all__ = ["After", "Spent", "after_of", "beyond"]

_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_BY_HAND = (
    "let it ask (`--mode propose`): what is approved is traded whatever its size; or allow more in [watch]"
)


@dataclass(frozen=True, slots=True)
class Spent:
    """A trade that the watch made: when, dollars traded, dollars of cost."""

    at: int
    traded_usd: float
    cost_usd: float


@dataclass(frozen=True, slots=True)
class After:
    """Before a trade and after it: dollars of all short contracts, and the distance of the nearest liquidation."""

    short_usd: tuple[float, float]
    distance: tuple[float, float]


def after_of(worth: Valuation, orders: Sequence[Stake], put_usd: Mapping[str, float]) -> After:
    """Return what `orders` lead to; `put_usd` are dollars of margin that are put in before, by account."""
    now, then = hedge_accounts(worth), hedge_accounts(worth, orders, put_usd)
    return After((short_usd(now), short_usd(then)), (nearest(now), nearest(then)))


def beyond(
    bounds: Bounds,
    wanted_usd: Mapping[str, float],
    spent: Sequence[Spent],
    at: int,
    gross_usd: float,
    after: After | None = None,
) -> tuple[Refusal, ...]:
    """Return every bound that orders of `wanted_usd` dollars by contract would break, after what was `spent` before.

    A book without a gross value has no turnover to allow. `after` is what the orders leave behind; None: nothing is asked.
    """
    found: list[Refusal] = []
    for name, dollars in wanted_usd.items():
        if bounds.max_order_usd is not None and abs(dollars) > bounds.max_order_usd:
            detail = f"{name}: {_dollars(abs(dollars))}, at most {_dollars(bounds.max_order_usd)}"
            found.append(Refusal("largest order", detail, abs(dollars), bounds.max_order_usd, _BY_HAND))
    today = [each for each in spent if at - each.at < _DAY_MS]
    turned = sum(each.traded_usd for each in today) + sum(abs(usd) for usd in wanted_usd.values())
    most = bounds.max_turnover * gross_usd
    if not turned <= most:  # what is not known is not within it
        detail = f"{_dollars(turned)} with this, at most {_dollars(most)}"
        found.append(Refusal("turnover a day", detail, turned, most, _BY_HAND))
    cost = sum(each.cost_usd for each in today)
    if bounds.max_cost_usd is not None and not cost <= bounds.max_cost_usd:
        detail = f"{_dollars(cost)} so far, at most {_dollars(bounds.max_cost_usd)}"
        found.append(Refusal("cost a day", detail, cost, bounds.max_cost_usd, _BY_HAND))
    hour = sum(at - each.at < _HOUR_MS for each in spent)
    if hour >= bounds.trades_an_hour:
        detail = f"{hour} in the last hour, at most {bounds.trades_an_hour}"
        found.append(Refusal("trades an hour", detail, float(hour), float(bounds.trades_an_hour), "wait"))
    last = max((each.at for each in spent), default=None)
    if last is not None and (at - last) / 1000.0 < bounds.cool_down_s:
        seconds = (at - last) / 1000.0
        detail = f"traded {seconds:,.0f} seconds ago, at least {bounds.cool_down_s:,.0f} between trades"
        found.append(Refusal("cool-down", detail, seconds, bounds.cool_down_s, "wait"))
    return tuple(found) + (_left(bounds, after) if after is not None else ())


def _left(bounds: Bounds, after: After) -> tuple[Refusal, ...]:
    """What a trade would leave behind beyond a bound; one that makes it better is never refused."""
    found: list[Refusal] = []
    before, short = after.short_usd
    if bounds.max_short_usd is not None and short > max(bounds.max_short_usd, before):
        detail = f"{_dollars(short)} short with this, at most {_dollars(bounds.max_short_usd)}"
        found.append(Refusal("largest short", detail, short, bounds.max_short_usd, _BY_HAND))
    before, distance = after.distance
    least = bounds.min_distance
    if least is not None and not distance >= min(least, before):
        there = "not known" if math.isnan(distance) else f"{percent_text(distance, 1)} away"
        detail = f"liquidation would be {there}, at least {percent_text(least)}"
        remedy = "bring collateral, or hedge less"
        found.append(Refusal("distance to liquidation", detail, distance, least, remedy))
    return tuple(found)


def _dollars(value: float) -> str:
    return (
        "an amount that is not known (a coin of fees has no price)" if math.isnan(value) else f"${value:,.0f}"
    )
