"""One seed, one life: programmes traded by the real executor on a faulty exchange in virtual time, killed and started again.

live(seed) -> Verdict
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, cast

from hedgerow.hedge.execution import (
    Command,
    Done,
    Event,
    ExecutionState,
    Programme,
    Restarted,
    Rules,
    step,
)
from hedgerow.model.errors import (
    BrokenPromise,
    HedgerowError,
    LeaseHeld,
    UsageError,
)
from hedgerow.model.legs import Leg
from hedgerow.model.orders import OrderState
from hedgerow.model.ports import AccountModes, Level, MarketData
from hedgerow.runs.executor import Executor, recalled
from hedgerow.runs.ledger import Entry, Ledger, ledger_of
from hedgerow.runs.points import watching
from hedgerow.runs.reconcile import Doors, reconcile
from hedgerow.testing.faults.chance import Chance, drawn
from hedgerow.testing.faults.disk import SimStore
from hedgerow.testing.faults.doors import Road, SimAccount, SimClock, SimQuotes, SimTrading
from hedgerow.testing.faults.history import History, check_history
from hedgerow.testing.faults.market import SimMarket
from hedgerow.testing.faults.plans import ACCOUNT, CONTRACTS, drawn_plan
from hedgerow.testing.faults.troubles import Killed, Troubles
from hedgerow.testing.faults.watch import Watch

__all__ = ["Life", "Verdict", "finish", "live"]

BEGIN = 1_700_000_000_000
_MOST_LIVES = 400
_MOST_PROGRAMMES = 40
_LATEST_MS = 900_000
_COLD_EVERY = 400


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run what never truly waits: in virtual time every answer is there at once."""
    try:
        coroutine.send(None)
    except StopIteration as over:
        return over.value
    coroutine.close()
    raise BrokenPromise("something waited for more than virtual time")


@dataclass(slots=True)
class Verdict:
    """What came of a seed."""

    seed: int
    events: int = 0
    programmes: int = 0
    kills: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    held: frozenset[str] = frozenset()
    struck: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    digest: str = ""
    history: History = ()


class Watched(Executor):
    """The real executor, looked at after every event."""

    life: Life

    def _taken(self, event: Event) -> tuple[Command, ...]:
        commands = super()._taken(event)
        if self.state is not None:
            self.life.took(self, event, commands)
        return commands

    def known(self) -> tuple[str, str]:
        """Return what this process knows, and what one would know that starts now from the journal (I10)."""
        self._pen.flush()
        cold = recalled(self._store.read(ACCOUNT)).state
        warm = self.state
        if warm is None or warm.ended is not None:
            return "", _digest(cold)
        at = Restarted(warm.at)
        here, there = step(warm, at)[0], step(cold, at)[0] if cold else None
        return ("", "") if here == there else (_digest(here), _digest(there))


def _digest(state: ExecutionState | None) -> str:
    """Return all that a state holds as text; sets, which have no order, in one."""
    if state is None:
        return ""
    legs = tuple(leg._replace(keys=frozenset()) for leg in state.legs)
    keys = [sorted(leg.keys) for leg in state.legs]
    rest = state._replace(legs=legs, alarms=frozenset(), asked={})
    return repr((rest, keys, sorted(state.alarms), sorted(state.asked.items())))


class Sink:
    """Hears alarms, or not, or only after a while; what is critical is on record anyway."""

    def __init__(
        self,
        chance: Chance | None = None,
        wait: Callable[[int], None] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.heard: list[tuple[Level, str, str]] = []
        self._chance, self._wait, self._watch = chance, wait, watch

    def notify(self, level: Level, title: str, text: str) -> None:
        """Take a message, if anybody is there."""
        if self._chance is not None and self._chance.strikes("F27"):
            if self._wait is None or self._chance.random.random() < 0.5:
                return
            self._wait(self._chance.random.choice((500, 3_000, 20_000)))
        self.heard.append((level, title, text))
        if self._watch is not None:
            self._watch.note("heard", {"alarm": f"{title}: {text}"})


class Life:
    """A seed being lived."""

    def __init__(self, seed: int, chance: Chance, clock: type[SimClock] = SimClock) -> None:
        self.chance = chance
        self.random = self.chance.random
        self.market = SimMarket(Random(seed + 1), CONTRACTS, BEGIN)  # noqa: S311 - a market, no secret
        self.clock = clock(self.market)
        self.store = self._stored()
        self.watch = Watch(self.market, self.store, ACCOUNT, Rules())
        self.store.watch = self.watch
        unique = not self.chance.has("F13")
        self.road = Road(self.market, self.chance, self.clock, self.watch.wire, unique=unique)
        self.troubles = Troubles(self.chance, self.market, self.road, self.store, self.watch)
        self.market.on_fill += [self.watch.filled, self.troubles.hint]
        self.market.nameless = self.chance.has("F28") and self.random.random() < 0.5
        self.market.delay = self.troubles.delay
        self.market.on_pay.append(self.watch.paid)
        self.sink = Sink(self.chance, lambda ms: self.market.go(self.market.now + ms), self.watch)
        self.verdict = Verdict(seed, held=self.chance.held)
        self._holders = 0
        quotes = cast("MarketData", SimQuotes(self.road))
        self._doors = Doors(quotes, SimTrading(self.road), SimAccount(self.road))

    def live(self, events: int) -> Verdict:
        """Trade until so many events have passed, and look at what is left."""
        while self.verdict.events < events and self.verdict.programmes < _MOST_PROGRAMMES:
            self.verdict.programmes += 1
            programme = self._plan(self.verdict.programmes)
            if programme is None:
                self.verdict.outcomes["not scheduled"] += 1
                self.market.go(self.market.now + 60_000)
                self.verdict.events += 1
                continue
            self.troubles.disturb()
            outcome = self._trade(programme)
            self.verdict.outcomes[outcome] += 1
            self.troubles.calm()
            self.settle()
            if self.watch.violations:
                break
            self.chance.calm = False
        self.verdict.struck = self.chance.struck
        self.verdict.violations = [*self.watch.violations, *check_history(self.watch.history)]
        self.verdict.history = self.watch.history
        self.verdict.digest = next(reversed([r.digest for r in self.store.read(ACCOUNT)]), "")
        return self.verdict

    def _stored(self) -> SimStore:
        """Return the journal of this life."""
        return SimStore(self.clock, self.chance)

    def _plan(self, number: int) -> Programme | None:
        modes = self.road.modes_now
        if self.chance.has("F22"):
            modes = AccountModes(
                self.random.random() < 0.2, self.random.choice(("cross", "isolated")), Decimal(5)
            )
            self.road.modes_now = modes
        wanted = AccountModes(False, "cross" if self.chance.has("F22") else None, None)
        return drawn_plan(self.random, self.market, f"plan {number}", wanted)

    def _trade(self, programme: Programme) -> str:
        self.watch.begin(programme)
        latest = self.market.now + _LATEST_MS + 4 * max(leg.style.deadline_ms for leg in programme.legs)
        for _ in range(_MOST_LIVES):
            ended = self._once(programme)
            if isinstance(ended, Done):
                return ended.outcome
            if isinstance(ended, UsageError):
                self.watch.over_already()
                return "begun before"
            if self.watch.violations or self.market.now > latest:
                break
            self.market.go(self.market.now + 2_000)
        if not self.watch.violations:
            self.watch.broken("I6", f"{programme.plan} did not end")
        return "violated"

    def _once(self, programme: Programme) -> Done | HedgerowError | None:
        """Live one process: to the end of the programme, to its death, or to an error that has a name."""
        try:
            with watching(self.troubles.point):
                done: Done = finish(self.start(programme))
        except Killed:
            self.verdict.kills += 1
            self.watch.note("ended", {"how": "killed"})
        except BrokenPromise as why:
            self.watch.broken("R11", str(why))
        except HedgerowError as why:
            if not isinstance(why, LeaseHeld):
                self.verdict.outcomes[f"stopped: {type(why).__name__}"] += 1
            self.watch.note("ended", {"how": "error", "error": type(why).__name__, "said": why.message})
            return why
        else:
            self.watch.note("ended", {"how": "done"})
            return done
        # An error that is none of ours ends the whole run: nothing may end by one (I14).
        return None

    def start(self, programme: Programme) -> Coroutine[Any, Any, Done | None]:
        """Return a new process, to be run."""
        self._holders += 1
        self.store.dead = False
        self.watch.holder = f"process {self._holders}"
        executor = Watched(self._doors, self.store, self.clock, self.sink)
        executor.life = self
        self.troubles.executor = executor
        return executor.run(ACCOUNT, self.watch.holder, programme)

    def took(self, executor: Watched, event: Event, commands: Sequence[Command]) -> None:
        """Look at the state after an event, and at what came of it."""
        self.verdict.events += 1
        state = executor.state
        if state is None:
            return
        self.watch.after(state)
        self.watch.said(state, commands)
        if isinstance(event, Restarted):
            self.watch.resumed(state)
        if self.verdict.events % _COLD_EVERY == 0 and self.chance.calm:
            warm, cold = executor.known()
            self.watch.note("known", {"warm": warm, "cold": cold})
        deadline = max(leg.style.deadline_ms for leg in state.programme.legs)
        if self.market.now > state.programme.at + deadline + _LATEST_MS:
            self.watch.broken("I6", f"still at work: {state.ended or [leg.blocked for leg in state.legs]}")
            raise BrokenPromise("this life does not end")

    def settle(self, through: Callable[[Coroutine[Any, Any, Any]], Any] = finish) -> None:
        """At rest, the ledger is what the venue says, to the last digit (I5)."""
        self.troubles.halt(None)
        self._take_away()
        self.market.go(self.market.now + 20_000)
        lease = self.store.acquire(ACCOUNT, "auditor", 15_000)
        if lease is None:
            self.watch.broken("I5", "the lease is never free")
            return
        found = through(reconcile(self._doors, self.store, self.clock, lease, CONTRACTS))
        self.store.release(lease)
        if found.gaps:
            self.watch.broken("I5", f"unexplained: {found.gaps}")
        self._compare(ledger_of(self.store.read(ACCOUNT)))

    def _take_away(self) -> None:
        """What the road made a second of, a person takes away."""
        for placed in self.market.placed:
            if placed.order.client_id in self.watch.doubled and placed.rest:
                placed.state = OrderState.CANCELLED

    def _compare(self, ledger: Ledger) -> None:
        market = self.market
        for contract in CONTRACTS:
            name = contract.name
            entry = ledger.entries.get(name, Entry(Leg(contract)))
            ours = (entry.quantity, entry.leg.cost, entry.realised, dict(entry.funding), dict(entry.fees))
            leg = market.legs[name]
            theirs = (leg.quantity, leg.cost, market.realised[name], market.funding[name], market.fees[name])
            if ours != theirs:
                self.watch.broken("I5", f"{name}: the ledger has {ours}, the venue {theirs}")
            said = {"instrument": name, "payoff": contract.payoff.value, "settle": contract.settle}
            figures = ("quantity", "cost", "realised", "funding", "fees")
            self.watch.note("ledger", {**said, **dict(zip(figures, ours, strict=True))})


def live(seed: int, events: int = 500, barred: frozenset[str] = frozenset()) -> Verdict:
    """Return what comes of a seed; the same seed and code come to the same journal (I11)."""
    return Life(seed, drawn(seed, barred)).live(events)
