"""What the account that a plan would be traded on holds already and the plan does not count: `trade` would refuse it.

uncounted(settings, plan) -> "-3.991 BTCUSDT", "" where there is nothing
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hedgerow.app.plans import counted_by, legs_of, mode_of, place_of
from hedgerow.config import Settings
from hedgerow.model.errors import HedgerowError
from hedgerow.model.orders import contracts_of

if TYPE_CHECKING:
    from hedgerow.store.journal import Journal
    from hedgerow.store.plans import KeptPlan

__all__ = ["uncounted"]


def uncounted(settings: Settings, plan: KeptPlan) -> str:
    """Return signed contracts that the journal explains at the plan's venues and the plan was not made for, in words.

    "" also where no journal can be read: `trade` asks again.
    """
    place, counted = place_of(settings, mode_of(plan)).journal, counted_by(plan)
    try:
        if counted is None or not place.exists():
            return ""
        from hedgerow.store.journal import look_into  # not before there is one: it takes its time to load

        with look_into(place) as journal:
            held = _held(journal, {str(leg["venue"]) for leg in legs_of(plan)})
    except HedgerowError:
        return ""
    return ", ".join(_rows(plan, counted, held))


def _held(journal: Journal, venues: set[str]) -> dict[str, Decimal]:
    """Signed contracts that the accounts of the venues hold, by name."""
    from hedgerow.app.standing import WATCH
    from hedgerow.runs.ledger import ledger_of

    streams = (n for n in journal.streams() if not n.startswith(WATCH) and n.partition(":")[0] in venues)
    ledgers = [ledger_of(tuple(journal.read(name))) for name in streams]
    return {
        name: contracts_of(contract, ledger.quantity(name))
        for ledger in ledgers
        for name, contract in ledger.instruments.items()
    }


def _rows(plan: KeptPlan, counted: frozenset[str], held: dict[str, Decimal]) -> list[str]:
    """The contracts that are held otherwise than the plan has it."""
    made_for = {name: Decimal(count) for name, count in plan.held.items()}
    return [
        f"{there.normalize():f} {symbol}"
        for name, there in held.items()
        for symbol in (name.partition(":")[2],)
        if (there != made_for[name] if name in made_for else there and symbol not in counted)
    ]
