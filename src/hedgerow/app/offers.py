"""What a person is asked before real money moves: the plan, or the rest of what was begun and is finished instead.

offer_of(settings, plan, there, manner.said, begun)      what is about to be sent
begun_in(journal, account)                               the trade that a journal holds unfinished
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hedgerow.app.live import Reached
from hedgerow.app.plans import Place, legs_of
from hedgerow.app.venues import money_of
from hedgerow.config import Settings
from hedgerow.hedge.execution import ProgrammeLeg
from hedgerow.model.errors import LeaseHeld
from hedgerow.model.orders import contracts_of
from hedgerow.model.ports import Store
from hedgerow.model.trades import Offer, OfferedLeg
from hedgerow.runs.executor import recalled
from hedgerow.runs.trading import unfinished
from hedgerow.store.plans import plan_of

if TYPE_CHECKING:
    from hedgerow.hedge.execution import ExecutionState, Programme
    from hedgerow.store.plans import KeptPlan

__all__ = ["as_shown", "begun_in", "manner_said", "offer_of"]

_ENDS = {
    "cross": "then the rest by a market order",
    "unwind": "then everything is undone",
    "leave": "then the rest is left",
}


def begun_in(place: Place, account: str) -> ExecutionState | None:
    """Return how far the trade is that a journal holds unfinished, None where there is none."""
    from hedgerow.store.journal import look_into

    if not place.journal.exists():
        return None
    with look_into(place.journal) as journal:
        return recalled(journal.read(account)).state


def as_shown(journal: Store, account: str, shown: Programme | None) -> None:
    """Raise `LeaseHeld` where a journal holds another trade unfinished now than the one that somebody said yes to."""
    if unfinished(journal, account) != shown:
        raise LeaseHeld(
            f"another process traded {account} while you were asked: nothing was sent",
            advice="Give the same command again: it shows what would be sent now.",
        )


def offer_of(
    settings: Settings, plan: KeptPlan, there: Reached, style: str, begun: ExecutionState | None = None
) -> Offer:
    """Return what a person is asked before anything of `plan` is sent, or of the trade that was `begun` and comes instead."""
    return Offer(
        plan.plan_id,
        there.account,
        there.venue,
        money_of(settings, there.venue),
        _planned(plan) if begun is None else _left(begun),
        style if begun is None else manner_said(begun),
        "" if begun is None else plan_of(begun.programme.plan),
        there.warnings,
    )


def _planned(plan: KeptPlan) -> tuple[OfferedLeg, ...]:
    return tuple(
        OfferedLeg(
            f"{leg['venue']}:{leg['instrument']}",
            str(leg["side"]),
            Decimal(leg["contracts_exact"]),
            float(leg["notional_usd"]),
        )
        for leg in legs_of(plan)
    )


def _left(begun: ExecutionState) -> tuple[OfferedLeg, ...]:
    """What is left of each leg by the journal; where it is being undone, what undoing it would send."""
    found = []
    for leg in begun.legs:
        contract, planned = leg.leg.instrument, leg.leg.planned
        units = -leg.done if begun.unwinding else planned - leg.done
        side = "buy" if (units or planned) > 0 else "sell"
        found.append(
            OfferedLeg(
                contract.name,
                side,
                abs(contracts_of(contract, units)),
                None,
                abs(contracts_of(contract, planned)),
            )
        )
    return tuple(found)


def manner_said(begun: ExecutionState) -> str:
    """Return in words how what was begun is traded; all legs that are alike are told once."""
    undone = "undoing what was traded" if begun.unwinding else ""
    return "; ".join(filter(None, (undone, *dict.fromkeys(_words(leg.leg) for leg in begun.legs))))


def _words(leg: ProgrammeLeg) -> str:
    style = leg.style
    words = [
        {
            "market": "market orders",
            "limit": f"a limit order at {style.price}",
            "post_only": f"orders that rest at the best price, moved after {style.chase_ms / 1_000:g} s",
        }[style.kind]
    ]
    if style.kind != "market":
        words.append(
            f"until {style.deadline_ms / 60_000:g} minutes after it began, {_ENDS[style.at_deadline]}"
        )
    if len(leg.parts) > 1:
        words.append(f"in {len(leg.parts)} slices")
    if leg.stop_at is not None:
        words.append(f"a stop at {leg.stop_at:f}")
    if leg.stop is not None:
        words.append(f"a stop {leg.stop:.3%} beyond the price behind each leg")
    return ", ".join(words)
