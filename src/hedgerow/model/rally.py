"""What a rally would ask of a hedge's margin: values that runs make and reports print."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["RallyNeed", "RallyPlan"]


@dataclass(frozen=True, slots=True)
class RallyNeed:
    """One account, a venue and its settlement coin, before and after a rally.

    `equity_usd` is behind `net_usd` of contracts (short below zero); `distance` to liquidation now (None: there is none).
    `lacking_usd` in `lacking_coins` of the coin at `settle_usd` have to come in today, so that it is as far as wanted once
    the rally has been; `assumed` where that price is taken to be a dollar. `sources` are free coins of the same kind elsewhere
    in the book, by where they are.
    """

    account: str
    settle: str
    equity_usd: float
    net_usd: float
    distance: float | None
    lacking_usd: float
    lacking_coins: float
    settle_usd: float
    assumed: bool
    sources: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class RallyPlan:
    """What every account of the watch of a book needs, as it stood at the instant `at`; empty where nothing is open.

    `unknown` says why nothing can be told.
    """

    book: str
    at: int
    rally: float
    distance: float
    needs: tuple[RallyNeed, ...]
    unknown: str = ""
