"""Contracts that are open and not named: what of them goes before anything new is opened beside them.

    reduced(gap_usd, others, betas, hedge) -> Reduced

A hedge that is too large in a contract that is not named is made smaller there first: a long position in the named one
beside it would want margin twice, and pay for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

import numpy as np

from hedgerow.hedge.charges import trade_lines
from hedgerow.hedge.terms import Terms, terms_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market

__all__ = ["Reduced", "reduced"]

_NEARLY = 1e-9


@dataclass(frozen=True, slots=True)
class Reduced:
    """Signed contracts to trade, what that costs, and the dollar beta (K,) that is missing still."""

    gap_usd: FloatArray
    orders: Mapping[Instrument, Decimal] = field(default_factory=dict)
    cost_usd: float = 0.0

    @property
    def enough(self) -> bool:
        """Whether nothing is left to be traded in the named contracts."""
        return bool(self.orders) and bool(np.all(np.abs(self.gap_usd) < 1.0))


def reduced(
    gap_usd: FloatArray, others: Sequence[tuple[Instrument, Decimal]], betas: Betas, hedge: Market
) -> Reduced:
    """Return what to take of `others` (signed contracts) so that the dollar beta moves by `gap_usd` (K,), the largest first.

    Only positions against which the gap stands are made smaller, at most to nothing. One without a price or a beta is left.
    """
    found = Reduced(np.array(gap_usd, dtype=float))
    rows = [(terms_of(contract, betas, hedge), count) for contract, count in others]
    usable = [(terms, count) for terms, count in rows if not terms.unusable]
    for terms, count in sorted(usable, key=lambda row: -abs(float(row[1]) * row[0].delta_usd)):
        found = _less(found, terms, count)
    return found


def _less(found: Reduced, terms: Terms, count: Decimal) -> Reduced:
    beta_usd = float(count) * terms.delta_usd * terms.beta
    power = float(beta_usd @ beta_usd)
    share = min(-float(found.gap_usd @ beta_usd) / power, 1.0) if power > 0.0 else 0.0
    if not share > _NEARLY:
        return found
    contract = terms.instrument
    taken = count if share >= 1.0 else _lots(count * Decimal(repr(share)), contract)
    dollars = float(taken) * terms.delta_usd
    small = abs(taken) < contract.min_contracts or abs(dollars) < float(contract.min_notional)
    if taken == 0 or (small and taken != count):
        return Reduced(found.gap_usd + share * beta_usd, found.orders, found.cost_usd)
    cost = sum(line.usd for line in trade_lines(terms, -dollars))
    orders = {**found.orders, contract: -taken}
    return Reduced(found.gap_usd + share * beta_usd, orders, found.cost_usd + cost)


def _lots(count: Decimal, contract: Instrument) -> Decimal:
    return (count / contract.lot).to_integral_value(rounding=ROUND_DOWN) * contract.lot
