"""What is wrong with what was seen: findings for the alarms, in words with numbers.

findings_of(looked, limits) -> findings

One file for each subject: `account` what is held and how it is set, `venue` whether it answers and what it lists, `prices`, `options`,
`funding`, `links` how the book moves with the market.
"""

from __future__ import annotations

from hedgerow.hedge.alarms import Finding
from hedgerow.hedge.watch import Thresholds
from hedgerow.runs.alarming import account, funding, links, options, prices, venue
from hedgerow.runs.alarming.facts import Facts, Looked

__all__ = ["Facts", "Looked", "findings_of"]

_WATCHES = (
    venue.feed,
    venue.clock,
    venue.maintenance,
    account.positions,
    account.modes,
    account.stops,
    account.halted,
    account.hands,
    account.book,
    account.liquidation,
    options.sold,
    account.counterparty,
    funding.paid,
    funding.interval,
    prices.jumps,
    prices.pegs,
    prices.basis,
    venue.expiry,
    venue.listed,
    links.hedged,
    links.drift,
    links.betas,
    links.correlation,
    links.breaker,
    links.estimator,
)


def findings_of(looked: Looked, limits: Thresholds) -> tuple[Finding, ...]:
    """Return everything that the watches looked at, good and bad."""
    return tuple(finding for watch in _WATCHES for finding in watch(looked, limits))
