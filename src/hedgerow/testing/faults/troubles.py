"""What goes wrong from outside: streams, halts, other hands in the account, funding, a second process, a kill."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgerow.model.orders import Fill, lot_units
from hedgerow.model.ports import StreamEvent
from hedgerow.runs.executor import Executor
from hedgerow.testing.faults.chance import Chance
from hedgerow.testing.faults.disk import SimStore
from hedgerow.testing.faults.doors import Road
from hedgerow.testing.faults.market import Placed, SimMarket
from hedgerow.testing.faults.plans import ACCOUNT, CONTRACTS
from hedgerow.testing.faults.watch import Watch

__all__ = ["Killed", "Troubles"]


class Killed(BaseException):
    """The process is gone, between two lines."""


@dataclass(slots=True)
class Troubles:
    """The outside world of one life. `executor` is the process that lives now."""

    chance: Chance
    market: SimMarket
    road: Road
    store: SimStore
    watch: Watch
    executor: Executor | None = None

    def delay(self) -> int:
        """Return how long what was just accepted cannot be seen."""
        return self.chance.random.randint(0, 10_000) if self.chance.strikes("F11", 2.0) else 0

    def hint(self, placed: Placed | None, fill: Fill) -> None:
        """Let a stream tell of fills: late, twice, or never."""
        if self.executor is None or placed is None or not self.chance.strikes("F9", 2.0):
            return
        told = StreamEvent("fill", self.market.now, fill=fill)
        executor = self.executor
        for _ in range(self.chance.random.randint(1, 2)):
            late = self.market.now + self.chance.random.randint(0, 3_000)
            self.market.later.append((late, lambda: executor.hint(told)))
        if self.chance.random.random() < 0.1:
            executor.hint(StreamEvent("lost", self.market.now))

    def disturb(self) -> None:
        """Arrange what happens to this programme from outside, and when it ends."""
        random, market = self.chance.random, self.market
        self.road.blind = self.chance.strikes("F12")
        self.road.units_off = Decimal(10) if self.chance.strikes("F12") else Decimal(1)
        if self.chance.strikes("F16", 10):
            self.road.clock.apart = random.choice((300, 1_500, -40_000))
        market.later.append((market.now + random.randint(20_000, 150_000), self.calm))
        market.later.append((market.now + 1_000, self._outside))
        if random.random() < 0.1:
            why = "a person said so"
            market.later.append((market.now + random.randint(0, 40_000), lambda: self.halt(why)))
            if random.random() < 0.5:
                market.later.append((market.now + random.randint(40_000, 90_000), lambda: self.halt(None)))

    def halt(self, why: str | None) -> None:
        """Halt the account, or lift that."""
        self.store.halt(ACCOUNT, self.market.now, why)
        self.watch.note("halt", {"why": why})

    def _outside(self) -> None:
        market, contract = self.market, self.chance.random.choice(CONTRACTS)
        held = market.quantity(contract.name)
        if held and self.chance.strikes("F20"):
            kind = self.chance.random.choice(("adl", "liquidation", "trade"))
            lots = self.chance.random.randint(1, max(int(abs(held) / lot_units(contract)), 1))
            market.outside(contract, -(lots * lot_units(contract)).copy_sign(held), kind)  # type: ignore[arg-type]
        if self.chance.strikes("F21"):
            coin = self.chance.random.choice(("", "", "BNB"))
            market.pay(contract, Decimal(self.chance.random.randint(-50, 50)) / 10**4, coin)
            market.fee_coin = coin
        if self.chance.strikes("F19"):
            self.road.delisted.add(contract.name)
        if self.chance.strikes("F26"):
            self.store.acquire(ACCOUNT, "intruder", 5_000)
        if not self.chance.calm:
            market.later.append((market.now + 1_000, self._outside))

    def calm(self) -> None:
        """End all trouble: what is left must be put right from here."""
        self.chance.calm = True
        self.watch.note("calm", {})
        self.road.clock.apart = 0
        self.road.blind, self.road.revoked, self.road.units_off = False, False, Decimal(1)
        self.road.delisted.clear()
        self.road.away_until = self.road.closed_until = self.road.banned_until = 0

    def point(self, _: str) -> None:
        """Be asked at every persistence point whether the process dies here, or sleeps."""
        if self.chance.strikes("F25"):
            self.store.dead = True
            raise Killed
        if self.chance.strikes("F26", 0.1):
            self.market.go(self.market.now + 20_000)
            self.watch.note("asleep", {})
            self.store.acquire(ACCOUNT, "intruder", 5_000)
