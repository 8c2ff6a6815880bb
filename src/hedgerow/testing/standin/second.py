"""A second hand in the account of a life (F26): another process at the same journal, and orders from somewhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from hedgerow.model.errors import HedgerowError, LeaseHeld
from hedgerow.model.orders import Order, lot_units
from hedgerow.model.ports import Trading
from hedgerow.runs.executor import Executor
from hedgerow.testing.faults.chance import Chance
from hedgerow.testing.faults.disk import SimStore
from hedgerow.testing.faults.watch import Watch
from hedgerow.venues.clocks import VirtualClock

__all__ = ["SecondHand"]

_TURN_TIMES = 1.0
_NAME = "hrsecond{:012d}"


@dataclass(slots=True)
class SecondHand:
    """Somebody else who has the key. `placed` are the client ids of his orders, which no journal holds.

    With the same journal he has to be turned away while the lease is held; with none his orders and fills are foreign.
    """

    chance: Chance
    store: SimStore
    watch: Watch
    clock: VirtualClock
    trading: Trading
    hand: Callable[[], Executor]
    account: str
    placed: set[str] = field(default_factory=set)

    async def turn(self) -> None:
        """Maybe try to run as a second process, or to trade beside the first."""
        if not self.chance.strikes("F26", _TURN_TIMES):
            return
        if self.chance.random.random() < 0.5:
            await self._run()
        else:
            await self._trade()

    async def _run(self) -> None:
        if not any(left > 0 for lease, left in self.store.leases() if lease.account == self.account):
            return
        try:
            await self.hand().run(self.account, "a second hand")
        except LeaseHeld:
            return
        self.watch.broken("F26", "a second process ran while the first held the lease")

    async def _trade(self) -> None:
        """Sell or buy a few lots of what the programme trades, by the same HTTP and another name."""
        random, programme = self.chance.random, self.watch.programme
        if programme is None:
            return
        one = random.choice(programme.legs).instrument  # what no journal knows yet is taken over as it is
        name = _NAME.format(len(self.placed))
        self.placed.add(name)
        lots = Decimal(random.randint(10, 30)) * random.choice((1, -1))
        try:
            await self.trading.place(Order(name, one, lots * lot_units(one)))
        except HedgerowError:
            self.watch.note("second", {"client_id": name})

    def point(self) -> None:
        """Maybe let so much time pass that the lease runs out, and somebody take it."""
        if self.chance.strikes("F26", 0.1):
            self.clock.advance(20_000)
            self.store.acquire(self.account, "intruder", 5_000)
