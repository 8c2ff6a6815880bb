"""A process that trades a plan at a venue's stand-in, by the product's own live door, journal and executor.

python -m tests.testing.standin.trader SETTINGS VENUE JOURNAL PLAN '{"bybit:BTCUSDT": "-0.5"}'
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.testing.standin.clients import only_loopback

from hedgerow.app.venues import asked_of, live_door
from hedgerow.config import load_settings
from hedgerow.hedge.execution import Ticketed
from hedgerow.hedge.staleness import Basis, Freshness
from hedgerow.model.errors import LeaseHeld
from hedgerow.runs.executor import Executor
from hedgerow.runs.listening import listened
from hedgerow.runs.reconcile import Doors
from hedgerow.runs.trading import Asked, Carried, carried
from hedgerow.store.journal import open_journal
from hedgerow.testing.faults.lives import Sink
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET
from hedgerow.venues.clocks import WallClock
from hedgerow.venues.doors import Keys

__all__ = ["ACCOUNT", "main"]

ACCOUNT = "me"


def main(settings: str, venue: str, journal: str, plan: str, contracts: str) -> int:
    """Trade, or finish what was begun, and print what came of it."""
    with only_loopback():
        found = _traded(settings, venue, journal, plan, json.loads(contracts))
    said = {
        "outcome": found.done.outcome if found.done else [refusal.limit for refusal in found.refusals],
        "why": found.done.why if found.done else "",
        "recovered": found.recovered,
        "held": {name: str(units) for name, units in (found.held or {}).items()},
    }
    sys.stdout.write(json.dumps(said) + "\n")
    return 0


def _traded(settings: str, name: str, where: str, plan: str, contracts: dict[str, str]) -> Carried:
    venue, _ = live_door(load_settings(Path(settings)).settings, name, Keys(ACCOUNT, KEY, SECRET, PASSPHRASE))
    clock, doors = WallClock(), Doors(venue.data, venue.trading, venue.account)
    ticket = Ticketed(plan, ACCOUNT, clock.now())
    wanted = {key: Decimal(count) for key, count in contracts.items()}
    asked = Asked(ticket, wanted, Basis(clock.now(), {}, {}), Freshness(), clock.now())
    with open_journal(where) as journal:

        def once() -> Coroutine[Any, Any, Carried]:
            executor = Executor(doors, journal, clock, Sink())
            return listened(executor, doors, carried(executor, doors, journal, "trader", asked))

        while True:
            try:
                return asked_of(venue, once)
            except LeaseHeld:  # of the process that was killed: it runs out
                time.sleep(1.0)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
