"""From settings to a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hedgerow.app.desk import Report, market_of
from hedgerow.config import Settings

if TYPE_CHECKING:
    from hedgerow.hedge.pairs import Balance, PairPlan

__all__ = ["pair"]


def pair(
    settings: Settings,
    long: str,
    short: str,
    notional: float,
    balance: Balance,
    report: Report = lambda _: None,
) -> PairPlan:
    """Return the pair on the settings' prices and their catalogue."""
    from hedgerow.hedge.pairs import pair as paired
    from hedgerow.venues.catalogue import catalogue

    report("reading prices")
    market, factor = market_of(settings.data, settings.hedge.factor, settings.data.source)
    report("estimating betas")
    return paired(
        long,
        short,
        notional,
        market,
        catalogue(market),
        factors=tuple(name.strip().upper() for name in factor.split(",")),
        estimator=settings.hedge.estimator,
        balance=balance,
    )
