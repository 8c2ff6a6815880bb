"""Plans that people approve by name, and the process that trades them once enough have: the page itself never trades.

approve_plan(settings, "3f9a1c22", "Ann", "paper") -> the plan's id
trade_approved(settings, "paper", told, once=True)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hedgerow.app.dealing import wall_ms
from hedgerow.app.deals import begun_plans
from hedgerow.app.plans import Mode, Place, freshness_of, place_of, planned
from hedgerow.app.trade import Refused, trade
from hedgerow.config import Settings
from hedgerow.model.errors import HedgerowError, LeaseHeld, UsageError
from hedgerow.model.trades import Traded

if TYPE_CHECKING:
    from hedgerow.app.live import Confirm
    from hedgerow.app.trade import Tell
    from hedgerow.store.plans import KeptPlan

__all__ = ["Outcome", "approvals_of", "approve_plan", "approved_plans", "enough_of", "trade_approved"]

_LEAST = 6
_MINUTE_MS = 60_000
_PAUSE_S = 1.0
Outcome = Traded | Refused | HedgerowError


def approve_plan(settings: Settings, prefix: str, who: str, mode: Mode = "paper") -> str:
    """Say yes to the kept plan whose id begins with `prefix`, as it was made the last time, and return its whole id.

    Raises `UsageError` for a plan that is not there, was begun or is too old, and what finding one raises.
    """
    from hedgerow.store.approvals import approvals_of

    if len(prefix.strip()) < _LEAST:
        raise UsageError(f"{prefix}: too few signs", advice=f"Give at least {_LEAST} signs of the plan's id.")
    if not who.strip():
        raise UsageError("nobody is called that", advice="Give --who NAME.")
    plan = planned(settings, mode, prefix)
    if plan.turn in begun_plans(settings, mode):
        raise UsageError(f"plan {plan.plan_id[:12]} was traded already", advice="Plan again.")
    if _is_old(plan, settings):
        raise UsageError(f"plan {plan.plan_id[:12]} is too old to be traded", advice="Plan again.")
    approvals_of(place_of(settings, mode).journal).add(plan.turn, who.strip(), wall_ms())
    return plan.plan_id


def approvals_of(settings: Settings, name: str, modes: Sequence[Mode]) -> tuple[str, ...]:
    """Return who said yes to a proposal of a watch, or to a plan of that whole id as it was made the last time, each once."""
    from hedgerow.store.approvals import approvals_of as said_of
    from hedgerow.store.plans import all_plans

    found: dict[str, None] = {}
    for mode in modes:
        place = place_of(settings, mode)
        turns = [plan.turn for plan in all_plans(place.plans) if plan.plan_id == name]
        found |= dict.fromkeys(who for each in (name, *turns) for who in said_of(place.journal).of(each))
    return tuple(found)


def enough_of(settings: Settings, place: Place) -> Callable[[str], str]:
    """Return what tells by a proposal's name who approved it, once enough have; "" until then."""
    from hedgerow.store.approvals import approvals_of as said_of

    said = said_of(place.journal)

    def approved(proposal: str) -> str:
        names = said.of(proposal)
        return ", ".join(names) if len(names) >= settings.watch.approvals else ""

    return approved


def _is_old(plan: KeptPlan, settings: Settings) -> bool:
    return wall_ms() > plan.made_at + freshness_of(settings).max_age_minutes * _MINUTE_MS


def approved_plans(settings: Settings, mode: Mode) -> tuple[KeptPlan, ...]:
    """Return the kept plans that enough people approved and that no journal began, the oldest first; no old ones."""
    from hedgerow.store.approvals import approvals_of
    from hedgerow.store.plans import all_plans

    place = place_of(settings, mode)
    said = approvals_of(place.journal)
    waiting = [
        plan
        for plan in reversed(all_plans(place.plans))
        if len(said.of(plan.turn)) >= settings.watch.approvals and not _is_old(plan, settings)
    ]
    begun = begun_plans(settings, mode) if waiting else frozenset()
    return tuple(plan for plan in waiting if plan.turn not in begun)


@dataclass(slots=True)
class _Tried:
    """What this process tried already: a plan that was refused is not tried again."""

    turns: set[str] = field(default_factory=set)


def trade_approved(
    settings: Settings,
    mode: Mode,
    told: Callable[[str, Outcome], None],
    *,
    confirm: Confirm,
    tell: Tell | None = None,
    once: bool = False,
) -> int:
    """Trade every plan that is approved, as `trade` does, until this process is interrupted; `once`: those of now.

    `told` hears of each plan's id what came of it. With real money `confirm` is asked before each as ever. While another
    process holds the account it waits. Returns how many were tried. Raises what reading plans and journals raises.
    """
    tried = _Tried()
    while True:
        for plan in approved_plans(settings, mode):
            if plan.turn not in tried.turns:
                _try(settings, mode, plan, tried, told, confirm, tell)
        if once:
            return len(tried.turns)
        time.sleep(_PAUSE_S)


def _try(
    settings: Settings,
    mode: Mode,
    plan: KeptPlan,
    tried: _Tried,
    told: Callable[[str, Outcome], None],
    confirm: Confirm,
    tell: Tell | None,
) -> None:
    try:
        done = trade(settings, plan.plan_id, mode, confirm=confirm, tell=tell)
    except LeaseHeld:
        return
    except HedgerowError as why:
        tried.turns.add(plan.turn)
        told(plan.plan_id, why)
        return
    if isinstance(done, Refused) or done.plan_id == plan.plan_id:
        tried.turns.add(plan.turn)
    told(plan.plan_id, done)
