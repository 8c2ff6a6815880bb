"""A pure, synchronous exchange: `step(state, event)` returns the next state and what happened. No clock, no chance."""

from __future__ import annotations

from hedgerow.exchange.events import (
    Deleveraged,
    Delevered,
    Deposited,
    Event,
    Expired,
    Fill,
    FundingDue,
    FundingPaid,
    Liquidation,
    Marked,
    Ordered,
    Outcome,
    Refusal,
    Settlement,
)
from hedgerow.exchange.margin import equity, initial_margin, maintenance
from hedgerow.exchange.state import Account, ExchangeState, Holding, Rules
from hedgerow.exchange.step import step

__all__ = [
    "Account",
    "Deleveraged",
    "Delevered",
    "Deposited",
    "Event",
    "ExchangeState",
    "Expired",
    "Fill",
    "FundingDue",
    "FundingPaid",
    "Holding",
    "Liquidation",
    "Marked",
    "Ordered",
    "Outcome",
    "Refusal",
    "Rules",
    "Settlement",
    "equity",
    "initial_margin",
    "maintenance",
    "step",
]
