"""Plans and trades as they are seen afterwards: what waits for a yes, what was traded, order by order and fill by fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hedgerow.model.trades import LegTraded, TradeLine

__all__ = ["Deals", "PlanLeg", "PlanRow", "PlanState", "TradeRow"]

PlanState = Literal["waits", "approved", "under way", "traded", "stale"]
"""A plan waits for a yes; is approved and not begun; was begun; is over; or may not be traded any more, which `why` explains."""


@dataclass(frozen=True, slots=True)
class PlanLeg:
    """One contract of a kept plan: contracts above zero as exact text, dollars of notional, None where unknown."""

    venue: str
    instrument: str
    side: str
    contracts: str
    notional_usd: float | None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A kept plan: made and good until these milliseconds of UTC, what it leaves and costs (None: not known), who approved it.

    `approved_by` are names, each once, of whom `needed` are needed.
    """

    plan_id: str
    kind: str
    made_at: int
    good_until: int
    legs: tuple[PlanLeg, ...]
    leaves_usd: float | None
    stderr_usd: float | None
    cost_usd: float | None
    approved_by: tuple[str, ...]
    needed: int
    state: PlanState
    why: str = ""


@dataclass(frozen=True, slots=True)
class TradeRow:
    """A trade in an account's journal: `outcome` the executor's word, "" while it is under way; its transcript and legs."""

    account: str
    plan_id: str
    at: int
    outcome: str
    why: str
    lines: tuple[TradeLine, ...]
    legs: tuple[LegTraded, ...]


@dataclass(frozen=True, slots=True)
class Deals:
    """What one mode keeps: plans and trades, the newest first; `trouble` says why the journal cannot be read ("": it can)."""

    mode: Literal["paper", "live"]
    plans: tuple[PlanRow, ...]
    trades: tuple[TradeRow, ...]
    trouble: str = ""
