"""How a plan's legs are traded: the settings' words as the executor's values, refused where they mean nothing.

manner = manner_of(settings.trade, limit, legs)      style, pace and stop of every leg
known_of(market, contracts)                          dollars a day and daily volatility, for the pace
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from hedgerow.config import TradeSettings
from hedgerow.hedge.execution import Pace, Style
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.option_contracts import is_option

__all__ = ["NO_PRICES", "Manner", "Prices", "known_of", "manner_of"]

_KINDS: dict[str, Literal["market", "limit", "post_only"]] = {
    "market": "market",
    "limit": "limit",
    "post-only": "post_only",
}
_ENDS: dict[str, Literal["cross", "unwind", "leave"]] = {
    "finish": "cross",
    "undo": "unwind",
    "stop": "leave",
}
_SAID = {
    "finish": "then the rest by a market order",
    "undo": "then everything is undone",
    "stop": "then the rest is left",
}
_LONGEST_MINUTES = 7 * 24 * 60.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How every leg is traded; `pace` None: not in slices; `stop` a fraction of the price, `stop_at` a price; None: no protective stop."""

    style: Style
    pace: Pace | None = None
    stop: Decimal | None = None
    said: str = ""
    stop_at: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices that are given for one trade, in the quote coin: of a limit order, and of a protective stop; None: none."""

    limit: Decimal | None = None
    stop: Decimal | None = None


NO_PRICES = Prices()


def manner_of(told: TradeSettings, prices: Prices = NO_PRICES, legs: int = 1) -> Manner:
    """Return how a plan of so many `legs` is traded.

    Raises `UsageError` for numbers that mean nothing, a limit without a price, and a price for more than one leg.
    """
    _sensible(told)
    limit, stop_at = prices.limit, prices.stop
    if (told.style == "limit") != (limit is not None):
        raise UsageError(
            "a limit order and its price belong together",
            advice="Give --limit PRICE, with no other --style than limit.",
        )
    if limit is not None:
        _one_price("--limit", limit, legs)
    if stop_at is not None:
        _one_price("--stop-price", stop_at, legs)
    style = Style(
        _KINDS[told.style],
        limit,
        chase_ms=round(told.chase_seconds * 1_000),
        deadline_ms=round(told.deadline_minutes * 60_000),
        at_deadline=_ENDS[told.at_deadline],
    )
    stop = None if told.stop is None or stop_at is not None else Decimal(str(told.stop))
    return Manner(style, _pace(told), stop, _words(told, limit, stop_at), stop_at)


def _one_price(option: str, price: Decimal, legs: int) -> None:
    if not (price.is_finite() and price > 0):
        raise UsageError(f"{option} {price} is no price", advice="Give a number above 0, in the quote coin.")
    if legs != 1:
        instead = "--style post-only" if option == "--limit" else "--stop 5%"
        raise UsageError(
            f"{option} gives one price, and the plan has {legs} legs", advice=f"Give {instead} instead."
        )


def _sensible(told: TradeSettings) -> None:
    ranges = {
        "--chase": (told.chase_seconds, 1.0, 3_600.0, "seconds"),
        "--deadline": (told.deadline_minutes, 0.5, _LONGEST_MINUTES, "minutes"),
        "--pace": (told.impact_bps, 0.01, 1_000.0, "basis points"),
        "--participation": (told.participation, 1e-5, 1.0, "as a fraction: 0.05 is 5 %"),
        "--stop": (told.stop, 0.001, 0.9, "as a fraction: 0.05 is 5 %"),
    }
    for option, (number, least, most, of) in ranges.items():
        if number is not None and not (math.isfinite(number) and least <= number <= most):
            raise UsageError(
                f"{option} {number:g} means nothing here", advice=f"Give {least:g} to {most:g}, {of}."
            )


def _pace(told: TradeSettings) -> Pace | None:
    if told.impact_bps is None and told.participation is None:
        return None
    usual = Pace()
    return Pace(
        usual.impact_bps if told.impact_bps is None else told.impact_bps,
        usual.participation if told.participation is None else told.participation,
    )


def _words(told: TradeSettings, limit: Decimal | None, stop_at: Decimal | None) -> str:
    kind = {
        "market": "market orders",
        "limit": f"a limit order at {limit}",
        "post-only": f"orders that rest at the best price, moved after {told.chase_seconds:g} s",
    }[told.style]
    rests = told.style != "market"
    words = [
        kind,
        f"for {told.deadline_minutes:g} minute{'' if told.deadline_minutes == 1 else 's'}, {_SAID[told.at_deadline]}"
        if rests
        else "",
    ]
    pace = _pace(told)
    if pace is not None:
        words.append(f"in slices of {pace.impact_bps:g} bp and {pace.participation:.3g} of the volume")
    if stop_at is not None:
        words.append(f"a stop at {stop_at:f}")
    elif told.stop is not None:
        words.append(f"a stop {told.stop:.3%} beyond the price behind each leg")
    return ", ".join(word for word in words if word)


def known_of(market: Market | None, contracts: Sequence[Instrument]) -> Mapping[str, tuple[float, float]]:
    """Return dollars traded a day and the daily volatility by contract, NaN where they are not known; options have none here."""
    from hedgerow.hedge.terms import daily_volatility

    if market is None:
        return {}
    return {
        one.name: (market.daily_volume_usd(one.underlying), daily_volatility(market, one.underlying))
        for one in contracts
        if not is_option(one)
    }
