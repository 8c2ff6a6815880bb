"""What a machine reads of a line of the watch: the numbers in it as numbers, under names with their units."""

from __future__ import annotations

from collections.abc import Mapping

from hedgerow.hedge.alarms import Finding
from hedgerow.hedge.plan import Refusal
from hedgerow.model.orders import contracts_of
from hedgerow.model.ports import FundingPaid
from hedgerow.model.trades import LegTraded
from hedgerow.model.watched import Fact, Look

__all__ = ["of_finding", "of_funding", "of_leg", "of_look", "of_refusal"]


def of_funding(paid: FundingPaid) -> Mapping[str, Fact]:
    """Return a payment: coins received, below zero where they were paid."""
    return {"contract": paid.instrument, "amount": float(paid.amount), "coin": paid.coin}


def of_look(look: Look, beta_usd: tuple[float, ...], stderr_usd: tuple[float, ...]) -> Mapping[str, Fact]:
    """Return how the book stood at a look, or after it, one number a factor; empty where it is not known."""
    return {
        "mode": look.mode,
        "reason": look.reason,
        "trouble": look.trouble or None,
        "nav_usd": look.nav_usd,
        "beta_usd": beta_usd,
        "stderr_usd": stderr_usd,
        "target_usd": look.target_usd,
        "band_usd": look.band_usd,
        "in_band": look.in_band,
        "distance": look.distance,
        "orders": tuple(f"{row.contracts:+f} {row.instrument}" for row in look.orders),
        "proposal": look.proposal.name if look.proposal else None,
        "traded_usd": look.traded_usd,
        "cost_usd": look.cost_usd,
        "alarms": float(len(look.alarms)),
    }


def of_leg(leg: LegTraded) -> Mapping[str, Fact]:
    """Return what was traded of one contract: signed contracts, the average price, slippage as a fraction."""
    return {
        "contract": leg.instrument.name,
        "contracts": float(contracts_of(leg.instrument, leg.traded)),
        "price": None if leg.average is None else float(leg.average),
        "slippage": None if leg.slippage is None else float(leg.slippage),
        "fills": float(leg.fills),
    }


def of_refusal(refusal: Refusal) -> Mapping[str, Fact]:
    """Return a bound that kept a trade back."""
    return {"rule": refusal.rule, "detail": refusal.detail}


def of_finding(finding: Finding) -> Mapping[str, Fact]:
    """Return an alarm by what makes it the same one."""
    return {"watch": finding.watch, "about": finding.about, "level": finding.level}
