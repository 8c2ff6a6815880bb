"""What a trade costs at once and by the month, line by line, each saying how it is known.

The lines come from the cost objects of `stats.costs`; what those call unknown (no volume in the file) is priced here on
an assumed volume and called assumed: never zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedgerow.hedge.plan import CostLine
from hedgerow.hedge.terms import MONTH_DAYS, Terms
from hedgerow.model.display import percent_text
from hedgerow.model.instruments import Payoff
from hedgerow.stats.costs import (
    CapitalCost,
    CarryCost,
    Charge,
    CoinFeeCost,
    Cost,
    FeeCost,
    ImpactCost,
    RollCost,
    SpreadCost,
    Trade,
    spread_from_book,
    spread_from_volume,
)

__all__ = [
    "NO_VOLATILITY",
    "NO_VOLUME_USD",
    "capital_line",
    "entry_rate",
    "holding_lines",
    "holding_rate",
    "trade_lines",
]

_CAPITAL_A_YEAR = 0.05
_BASIS_BAND_A_YEAR = 0.05
NO_VOLUME_USD = 1e6
NO_VOLATILITY = 0.05


def trade_lines(terms: Terms, dollars: float) -> tuple[CostLine, ...]:
    """Return fee, half-spread and impact in dollars for trading `dollars` (signed) at once.

    Impact is the larger of the walk of the book, where there is one, and the square root of domain §10.
    """
    trade = Trade(dollars)
    known = terms.volume_usd > 0 and np.isfinite(terms.underlying_volatility)
    lines = [_line(cost.cost_usd(trade), monthly=False) for cost in _trade_costs(terms)]
    return tuple(line if known or line.basis != "modelled" else _assumed(line) for line in lines)


def _trade_costs(terms: Terms) -> Sequence[Cost]:
    instrument, book = terms.instrument, terms.book
    rate = float(instrument.taker_fee)
    fee: Cost = FeeCost(rate, note=instrument.cite)
    if instrument.payoff is Payoff.INVERSE:
        fee = CoinFeeCost(rate, terms.price_usd, terms.settle_usd, note=instrument.cite)
    volume = terms.volume_usd if terms.volume_usd > 0 else NO_VOLUME_USD
    sigma = terms.underlying_volatility if np.isfinite(terms.underlying_volatility) else NO_VOLATILITY
    if book is None:
        spread: SpreadCost = spread_from_volume(volume)
        return fee, spread, ImpactCost(sigma, volume)
    return fee, spread_from_book(book.bids, book.asks), ImpactCost(sigma, volume, book.bids, book.asks)


def _line(charge: Charge, *, monthly: bool) -> CostLine:
    return CostLine(
        charge.name, charge.usd, charge.low_usd, charge.high_usd, monthly, charge.basis, charge.note
    )


def _assumed(line: CostLine) -> CostLine:
    note = "no volume in the file: a million dollars a day assumed"
    return CostLine(line.name, line.usd, line.low_usd, line.high_usd, line.monthly, "assumed", note)


def holding_lines(terms: Terms, dollars: float) -> tuple[CostLine, ...]:
    """Return what holding `dollars` (signed) costs a month of 30 days: funding, or carry and rolls of a dated contract.

    A short receives positive funding, and earns the basis of a dated contract above its index: negative costs.
    """
    outlook, trade = terms.funding, Trade(dollars, MONTH_DAYS)
    if terms.instrument.expiry is None:
        low, high = sorted((dollars * outlook.low, dollars * outlook.high))
        return (
            CostLine("funding", dollars * outlook.expected, low, high, True, outlook.basis, outlook.note),
        )
    said = "the basis of its own price" if terms.priced else "basis modelled from expected funding"
    note = f"{said}, ± {percent_text(_BASIS_BAND_A_YEAR)} a year"
    middle = CarryCost(terms.carry_a_year, "modelled", note).cost_usd(trade)
    reach = abs(CarryCost(_BASIS_BAND_A_YEAR).cost_usd(trade).usd)
    carry = CostLine("carry", middle.usd, middle.usd - reach, middle.usd + reach, True, "modelled", note)
    legs = 2.0 * sum(line.usd for line in trade_lines(terms, dollars)) / max(abs(dollars), 1.0)
    rolls = _line(RollCost(legs, note="both legs, once a quarter").cost_usd(trade), monthly=True)
    return carry, rolls


def capital_line(collateral_usd: float) -> CostLine:
    """Return what the margin would earn elsewhere, a month, at 5 % a year; margin that is freed earns it."""
    note = f"margin at {percent_text(_CAPITAL_A_YEAR)} a year"
    lost = CapitalCost(1.0, _CAPITAL_A_YEAR, note=note).cost_usd(Trade(collateral_usd, MONTH_DAYS))
    usd = float(np.copysign(lost.usd, collateral_usd))
    return CostLine(lost.name, usd, min(0.0, 2.0 * usd), max(0.0, 2.0 * usd), True, lost.basis, note)


def entry_rate(terms: Terms, dollars: float) -> float:
    """Return the all-in cost of trading, as a fraction of the notional, at the size of `dollars`."""
    size = max(abs(dollars), 1.0)
    return sum(line.usd for line in trade_lines(terms, size)) / size


def holding_rate(terms: Terms) -> float:
    """Return the expected cost a month of holding one dollar long; a short's is its negative."""
    return sum(line.usd for line in holding_lines(terms, 1.0) if line.name in {"funding", "carry"})
