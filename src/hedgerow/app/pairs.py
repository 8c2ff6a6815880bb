"""From settings to a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hedgerow.app.desk import Report, market_of
from hedgerow.config import Settings

if TYPE_CHECKING:
    from hedgerow.hedge.pairs import Balance, PairPlan
    from hedgerow.model.market import Market
    from hedgerow.model.pairs import PairRun

__all__ = ["PairTerms", "Paired", "pair"]


@dataclass(frozen=True, slots=True)
class PairTerms:
    """How a pair is sized, and how often in the past."""

    notional_usd: float = 10_000.0
    balance: Balance = "beta"
    train_days: float = 90.0
    step_days: float = 7.0


@dataclass(frozen=True, slots=True)
class Paired:
    """A pair as of now on its `market`, and what it would have come to, where that was asked."""

    plan: PairPlan
    market: Market
    run: PairRun | None = None


def pair(
    settings: Settings,
    long: str,
    short: str,
    terms: PairTerms,
    report: Report = lambda _: None,
    *,
    through_the_past: bool = False,
) -> Paired:
    """Return the pair on the settings' prices and their catalogue, and, if asked, walked through them."""
    from hedgerow.app.contracts import contracts_of, priced_now
    from hedgerow.hedge.pairs import pair as paired
    from hedgerow.runs.pair_walk import PairTerms as Walked
    from hedgerow.runs.pair_walk import walk_pair
    from hedgerow.venues.catalogue import catalogue

    report("reading prices")
    market, factor = market_of(settings.data, settings.hedge.factor, settings.data.source)
    factors = tuple(name.strip().upper() for name in factor.split(","))
    contracts = contracts_of(settings, market)
    priced = priced_now(settings, market, contracts, (long, short))
    report("estimating betas")
    plan = paired(
        long,
        short,
        terms.notional_usd,
        priced,
        contracts,
        factors=factors,
        estimator=settings.hedge.estimator,
        balance=terms.balance,
    )
    if not through_the_past:
        return Paired(plan, priced)
    report("walking through the past")
    asked = Walked(
        terms.notional_usd,
        terms.balance,
        factors,
        settings.hedge.estimator,
        terms.train_days,
        terms.step_days,
    )
    return Paired(plan, priced, walk_pair(long, short, asked, market, catalogue, settings.data.seed))
