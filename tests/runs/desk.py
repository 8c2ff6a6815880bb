"""A small exchange without faults, and executors that trade on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Any, cast

from hedgerow.hedge.execution import ANY_MODES, Part, Programme, ProgrammeLeg, Style
from hedgerow.model.instruments import Instrument
from hedgerow.model.ports import AccountModes
from hedgerow.runs.executor import Executor
from hedgerow.runs.reconcile import Doors, Reconciled, reconcile
from hedgerow.store.memory import MemoryStore
from hedgerow.testing.faults.chance import Chance
from hedgerow.testing.faults.doors import Road, SimAccount, SimClock, SimQuotes, SimTrading
from hedgerow.testing.faults.lives import Sink, finish
from hedgerow.testing.faults.market import SimMarket
from hedgerow.testing.faults.plans import ACCOUNT, CONTRACTS

__all__ = ["ACCOUNT", "BEGIN", "BTC", "ETH", "Desk"]

BEGIN = 1_700_000_000_000
BTC, ETH = CONTRACTS[0], CONTRACTS[1]


class Desk:
    """An exchange, a journal, and as many executors as are asked for."""

    def __init__(self) -> None:
        self.market = SimMarket(Random(1), CONTRACTS, BEGIN)  # noqa: S311 - a market, no secret
        self.clock = SimClock(self.market)
        self.chance = Chance(Random(1), frozenset())  # noqa: S311 - a schedule, no secret
        self.sent: list[str] = []
        self.road = Road(self.market, self.chance, self.clock, self._wire)
        self.trading = SimTrading(self.road)
        self.store = MemoryStore(self.clock.monotonic)
        self.sink = Sink()

    def _wire(self, kind: str, body: dict[str, object]) -> None:
        if kind == "sent":
            self.sent.append(str(body["client_id"]))

    @property
    def doors(self) -> Doors:
        return Doors(cast("Any", SimQuotes(self.road)), self.trading, SimAccount(self.road))

    def executor(self) -> Executor:
        return Executor(self.doors, self.store, self.clock, self.sink)

    def trade(self, programme: Programme | None, holder: str = "one") -> Any:
        """Run one process to its end."""
        return finish(self.executor().run(ACCOUNT, holder, programme))

    def plan(
        self,
        units: str,
        *parts: str,
        instrument: Instrument = BTC,
        name: str = "plan",
        style: Style | None = None,
        wanted: AccountModes = ANY_MODES,
    ) -> Programme:
        """A plan of one leg from what is held now."""
        cut = tuple(Part(Decimal(part)) for part in parts or (units,))
        held = self.market.quantity(instrument.name)
        leg = ProgrammeLeg(instrument, held, Decimal(units), cut, style or Style(), wanted)
        return Programme(name, ACCOUNT, self.clock.now(), (leg,))

    def reconcile(self, *, only: Sequence[Instrument] = CONTRACTS, **how: Any) -> Reconciled:
        """Look at the venue as the first act of a run does."""
        lease = self.store.acquire(ACCOUNT, "auditor", 15_000)
        assert lease is not None
        found: Reconciled = finish(reconcile(self.doors, self.store, self.clock, lease, only, **how))
        self.store.release(lease)
        return found

    def when(self, ms: int, act: Callable[[], object]) -> None:
        """Let something happen after so long."""
        self.market.later.append((self.market.now + ms, act))
