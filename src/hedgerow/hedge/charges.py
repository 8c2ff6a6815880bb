"""What a trade costs at once and by the month, line by line, each saying how it is known."""

from __future__ import annotations

import numpy as np

from hedgerow.hedge.plan import Basis, CostLine
from hedgerow.hedge.terms import MONTH_DAYS, Terms

__all__ = ["capital_line", "entry_rate", "holding_lines", "holding_rate", "trade_lines"]

_CAPITAL_A_YEAR = 0.05
_NO_VOLUME_USD = 1e6
_NO_VOLATILITY = 0.05


def trade_lines(terms: Terms, dollars: float) -> tuple[CostLine, ...]:
    """Return fee, half-spread and impact in dollars for trading `dollars` (signed) at once.

    Impact is the larger of the walk of the book, where there is one, and the square root of domain §10.
    """
    size = abs(dollars)
    fee = size * float(terms.instrument.taker_fee)
    spread, spread_basis, spread_note = _half_spread(terms)
    impact, impact_basis, impact_note = _impact(terms, dollars)
    return (
        CostLine("fee", fee, fee, fee, monthly=False, basis="measured", note=terms.instrument.cite),
        CostLine(
            "spread",
            size * spread,
            size * spread * 0.5,
            size * spread * 2.0,
            False,
            spread_basis,
            spread_note,
        ),
        CostLine(
            "impact",
            size * impact,
            size * impact * 0.5,
            size * impact * 1.5,
            False,
            impact_basis,
            impact_note,
        ),
    )


def _half_spread(terms: Terms) -> tuple[float, Basis, str]:
    book = terms.book
    if book is not None and len(book.bids) and len(book.asks):
        bid, ask = float(book.bids[0, 0]), float(book.asks[0, 0])
        return (ask - bid) / (ask + bid), "measured", f"book of {book.venue}"
    known = terms.volume_usd > 0
    volume = terms.volume_usd if known else _NO_VOLUME_USD
    rate = float(np.clip(2e-4 * np.sqrt(1e7 / volume), 0.2e-4, 50e-4))
    return rate, "modelled" if known else "assumed", "2 bp at 10 million dollars a day, by the square root"


def _impact(terms: Terms, dollars: float) -> tuple[float, Basis, str]:
    known = terms.volume_usd > 0 and np.isfinite(terms.underlying_volatility)
    volume = terms.volume_usd if terms.volume_usd > 0 else _NO_VOLUME_USD
    sigma = terms.underlying_volatility if np.isfinite(terms.underlying_volatility) else _NO_VOLATILITY
    root = 2.0 / 3.0 * sigma * float(np.sqrt(abs(dollars) / volume))
    basis: Basis = "modelled" if known else "assumed"
    return root, basis, "two thirds of the square-root law"


def holding_lines(terms: Terms, dollars: float) -> tuple[CostLine, ...]:
    """Return what holding `dollars` (signed) costs a month of 30 days: funding, or the carry of a dated contract.

    A short receives positive funding, and earns the basis of a dated contract above its index: negative costs.
    """
    outlook = terms.funding
    if terms.instrument.expiry is None:
        ends = sorted((dollars * outlook.low, dollars * outlook.high))
        line = CostLine(
            "funding", dollars * outlook.expected, ends[0], ends[1], True, outlook.basis, outlook.note
        )
        return (line,)
    months = 365.0 / MONTH_DAYS
    carry = dollars * terms.carry_a_year / months
    spread = abs(dollars) * 0.05 / months
    note = "basis modelled from expected funding, ± 5 % a year"
    rolls = sum(line.usd for line in trade_lines(terms, dollars)) * 2.0 * MONTH_DAYS / 91.0
    return (
        CostLine("carry", carry, carry - spread, carry + spread, True, "modelled", note),
        CostLine("roll", rolls, 0.5 * rolls, 2.0 * rolls, True, "modelled", "two trades a quarter"),
    )


def capital_line(collateral_usd: float) -> CostLine:
    """Return what the margin would earn elsewhere, a month, at 5 % a year."""
    lost = collateral_usd * _CAPITAL_A_YEAR * MONTH_DAYS / 365.0
    return CostLine("capital", lost, 0.0, 2.0 * lost, True, "assumed", "margin at 5 % a year")


def entry_rate(terms: Terms, dollars: float) -> float:
    """Return the all-in cost of trading, as a fraction of the notional, at the size of `dollars`."""
    size = max(abs(dollars), 1.0)
    return sum(line.usd for line in trade_lines(terms, size)) / size


def holding_rate(terms: Terms) -> float:
    """Return the expected cost a month of holding one dollar long; a short's is its negative."""
    return sum(line.usd for line in holding_lines(terms, 1.0) if line.name in {"funding", "carry"})
