"""Is a plan still good? It goes stale by age, by a price that moved, by a position that is not what it was made for.

stale(basis, now, prices, held, freshness) -> refusals, none where it is good
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hedgerow.hedge.plan import Refusal

__all__ = ["Basis", "Freshness", "stale"]

_MINUTE_MS = 60_000
_AGAIN = "plan again"
_OPTION_PACE = 10.0


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a plan may be, in minutes, and how far a price may have moved, as a fraction."""

    max_age_minutes: float = 60.0
    max_move: float = 0.02


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan was made on: its instant in milliseconds; by contract, the price and the contracts held (signed).

    `options` are those whose prices move many times as fast as their coin's: they may have moved ten times as far.
    """

    made_at: int
    prices: Mapping[str, float]
    held: Mapping[str, Decimal]
    options: frozenset[str] = frozenset()


def stale(
    basis: Basis,
    now: int,
    prices: Mapping[str, float],
    held: Mapping[str, Decimal],
    freshness: Freshness,
) -> tuple[Refusal, ...]:
    """Return why the plan may no longer be traded; `prices` and `held` are those of now, NaN or absent is not known."""
    found: list[Refusal] = []
    minutes = (now - basis.made_at) / _MINUTE_MS
    if not 0.0 <= minutes <= freshness.max_age_minutes:
        said = f"made {_ago(minutes)}, good for {freshness.max_age_minutes:g} minutes"
        found.append(Refusal("plan age", said, minutes, 0.0, _AGAIN))
    for name, then in basis.prices.items():
        price = prices.get(name, math.nan)
        move = price / then - 1.0
        most = freshness.max_move * (_OPTION_PACE if name in basis.options else 1.0)
        if not abs(move) <= most:
            said = (
                f"{name} was {then:,.6g}, is {price:,.6g}"
                if math.isfinite(price)
                else f"{name}: no price now"
            )
            found.append(Refusal("price move", said, abs(move), most, _AGAIN))
    for name, count in basis.held.items():
        there = held.get(name)
        if there is None:
            remedy = "read the position first: unknown is not flat"
            found.append(Refusal("position", f"{name}: not known", math.nan, 0.0, remedy))
        elif there != count:
            said = (
                f"{name}: the plan was made for {_plain(count)} contracts, the account holds {_plain(there)}"
            )
            remedy = "put what is held into the book, and plan again"
            found.append(Refusal("position", said, float(abs(there - count)), 0.0, remedy))
    return tuple(found)


def _ago(minutes: float) -> str:
    if minutes < 0.0:
        return "in the future: the clock was set back"
    return f"{minutes:.0f} minutes ago" if minutes < 180.0 else f"{minutes / 60.0:.0f} hours ago"


def _plain(count: Decimal) -> str:
    return f"{count.normalize():f}"
