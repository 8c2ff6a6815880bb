"""kill -9 at every persistence point: an executor in a process of its own on a real journal, the exchange in another.

The list of points is read from the code. A run kills the process at one visit of one point, starts another from the
warm parent, lets it finish, and looks at what is left: I1 to I5 of reliability.md §3.3. With two points, the second
process is killed too, most often while it recovers.

Time is the exchange's and runs only while it answers, so every answer carries it along. The journal lies in memory where
the machine offers that: what a killed process wrote, the kernel keeps, on a disk or not. What a disk forgets when the
power fails is not played here.
"""

from __future__ import annotations

import ast
import gc
import os
import signal
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any, cast

from tests.architecture.sources import ROOT
from tests.chaos.far import Far, FarClock, Time, receive, send
from tests.store.forked import fork
from tests.store.servers import used

from hedgerow.hedge.execution import LegFacts, Pace, Programme, Rules, Style, Ticketed, Wanted, schedule
from hedgerow.model.errors import HedgerowError, LeaseHeld, UsageError
from hedgerow.model.ports import AccountModes, Clock
from hedgerow.runs.executor import Executor, recalled
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.points import watching
from hedgerow.runs.reconcile import Doors, reconcile
from hedgerow.store.journal import Journal, open_journal
from hedgerow.store.memory import MemoryStore
from hedgerow.store.server import Where
from hedgerow.testing.faults.chance import Chance
from hedgerow.testing.faults.doors import Road, SimAccount, SimClock, SimQuotes, SimTrading
from hedgerow.testing.faults.lives import Sink, finish
from hedgerow.testing.faults.market import SimMarket
from hedgerow.testing.faults.plans import ACCOUNT, CONTRACTS
from hedgerow.testing.faults.watch import Watch

__all__ = ["OF_THE_WATCH", "Kill", "Verdict", "drawn", "hits", "lived", "named", "points"]

BEGIN = 1_700_000_000_000
MOST_LIVES = 60
BY_HAND = 3
"""After the two plans, a person takes over what nothing explains."""
OF_THE_WATCH = frozenset({"watch", "notices"})


@cache
def named() -> frozenset[str]:
    """Every name that `pp` or a store's hook is called with anywhere in the code."""
    found: set[str] = set()
    for place in (ROOT / "src" / "hedgerow").rglob("*.py"):
        text = place.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "pp(" in text or "_point(" in text else ():
            match node:
                case ast.Call(
                    func=ast.Name(id="pp") | ast.Attribute(attr="_point"),
                    args=[ast.Constant(value=str(name))],
                ):
                    found.add(name)
    return frozenset(found)


def points() -> list[str]:
    """Return the points that an executor comes by."""
    return sorted(name for name in named() if name.partition(".")[0] not in OF_THE_WATCH)


@dataclass(frozen=True, slots=True)
class Kill:
    """Death at the `visit`-th time that a process comes by `point`."""

    point: str
    visit: int = 1


@dataclass(slots=True)
class Verdict:
    """What came of one run; of a watch, how long it took until it was ready, from a start and from a death."""

    violations: list[str] = field(default_factory=list)
    lives: int = 0
    killed: list[str] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    ready_ms: list[int] = field(default_factory=list)
    over_ms: list[int] = field(default_factory=list)


class World:
    """The exchange of one run, its journal's place, and two plans to be traded one after the other."""

    def __init__(self, seed: int, folder: Path, where: Where) -> None:
        self.folder, self.path = folder, where
        self.market = SimMarket(Random(seed), CONTRACTS, BEGIN)  # noqa: S311 - a market, no secret
        self.clock = SimClock(self.market)
        chance = Chance(Random(seed), frozenset({"F8", "F11"}))  # noqa: S311 - a schedule, no secret
        self.watch = Watch(self.market, MemoryStore(self.clock.monotonic), ACCOUNT, Rules())
        self.road = Road(self.market, chance, self.clock, self._wire)
        self.road.modes_now = AccountModes(False, "isolated", Decimal(5))
        self.ports: dict[str, Any] = {
            "market": SimQuotes(self.road),
            "trading": SimTrading(self.road),
            "account": SimAccount(self.road),
            "clock": self.clock,
        }
        self.random = Random(seed)  # noqa: S311 - a schedule, no secret
        self.sent: Counter[str] = Counter()
        self.programmes: list[Programme] = []
        # Held before the journal begins: to be taken over at the first look.
        self.market.outside(CONTRACTS[0], Decimal("0.02"), "trade")
        self.market.go(BEGIN + 5_000)

    def _wire(self, kind: str, body: dict[str, object]) -> None:
        if kind == "sent":
            self.sent[str(body["client_id"])] += 1

    def plan(self, number: int) -> Programme:
        """Return the next plan: closing what is held and opening another, resting, in slices, with a stop."""
        market, random = self.market, self.random
        # The first plan sets modes, which needs flat contracts; the second takes over what was held before.
        chosen = list(CONTRACTS[1:]) if number == 1 else list(CONTRACTS[:2])
        wanted = []
        for contract in chosen:
            held = market.quantity(contract.name)
            lot = contract.lot * contract.multiplier if contract.multiplier != 1 else contract.lot
            wanted.append(Wanted(contract, -held if held else lot * random.randint(30, 60)))
        facts = {
            each.name: LegFacts(
                market.quantity(each.name),
                market.mark(each),
                AccountModes(False, "cross", Decimal(5)),
                Decimal(10**6),
                5e5,
                0.03,
            )
            for each in chosen
        }
        ticket = Ticketed(
            plan=f"plan {number}",
            account=ACCOUNT,
            at=self.clock.now(),
            style=Style("post_only", chase_ms=2_000, deadline_ms=15_000),
            pace=Pace(20.0, 1_000.0),
            wanted=AccountModes(False, "cross", None) if number == 1 else AccountModes(False, None, None),
            stop=Decimal("0.5"),
        )
        found = schedule(ticket, wanted, facts)
        if not isinstance(found, Programme):
            raise TypeError(found)
        self.programmes.append(found)
        return found

    def vanish(self) -> None:
        """Let a position move without a fill that anybody can see."""
        self.market.outside(CONTRACTS[0], Decimal("0.005"), "trade")
        self.market.fills.pop()
        self.market.go(self.market.now + 20_000)

    def answer(self, end: socket.socket) -> None:
        """Answer the other process until it is gone."""
        while (question := receive(end)) is not None:
            name, verb, words = question
            try:
                value = getattr(self.ports[name], verb)(*words)
                value = finish(value) if hasattr(value, "send") else value
                send(end, (self.time(), False, value))
            except HedgerowError as why:
                send(end, (self.time(), True, why))

    def time(self) -> tuple[int, int]:
        """Return the wall clock and what never goes back."""
        return self.clock.now(), self.clock.monotonic()


def process(
    world: World, ends: tuple[socket.socket, socket.socket], life: int, kill: Kill | None, number: int
) -> None:
    """One process: recover, trade, and die where it is told to."""
    gc.disable()  # it lives for less than a second, and would look through all that its parent holds
    seen: Counter[str] = Counter()
    far, end = ends
    far.close()

    def passing(name: str) -> None:
        seen[name] += 1
        if kill is not None and kill.point == name and seen[name] == kill.visit:
            os.kill(os.getpid(), signal.SIGKILL)

    time = Time(world.time())
    clock = FarClock(Far(end, "clock", time))
    doors = Doors(*(cast("Any", Far(end, name, time)) for name in ("market", "trading", "account")))
    with open_journal(world.path, monotonic=clock.monotonic, point=passing) as journal, watching(passing):
        try:
            if number == BY_HAND:
                _adopt(doors, journal, clock, f"life {life}")
            else:
                executor = Executor(doors, journal, clock, Sink())
                finish(executor.run(ACCOUNT, f"life {life}", world.programmes[number - 1]))
        except LeaseHeld:
            finish(clock.sleep(1_000))
            os._exit(3)
        except UsageError:
            pass  # it had ended, and died before it could say so
    (world.folder / f"hits {life}").write_text("\n".join(seen.elements()), encoding="utf-8")


def _adopt(doors: Doors, journal: Journal, clock: Clock, holder: str) -> None:
    lease = journal.acquire(ACCOUNT, holder, 15_000)
    if lease is None:
        raise LeaseHeld
    finish(reconcile(doors, journal, clock, lease, CONTRACTS, adopt=True))
    journal.release(lease)


@cache
def warm() -> None:
    """Load what only making a journal loads, so that no process that is forked has to."""
    with used.get().place() as (_, where), open_journal(where):
        pass


def lived(seed: int, *kills: Kill, whole: bool = True) -> Verdict:
    """Return what comes of a run in which the first processes die at these points, one each.

    One that is not `whole` is over with the plan in which the last death came: what is left is looked at then.
    """
    warm()
    verdict, left = Verdict(), list(kills)
    with used.get().place() as (folder, where):
        world = World(seed, folder, where)
        for number in (1, 2, BY_HAND):
            if number > 1 and not left and not whole:
                break
            prepare(world, number)
            _to_the_end(world, verdict, left, number)
        look(world, verdict)
    return verdict


def prepare(world: World, number: int) -> None:
    if number == BY_HAND:
        world.vanish()
        return
    if number > 1:
        # Funding that only the next start can learn of.
        world.market.go(world.market.now + 60_000)
        world.market.pay(CONTRACTS[1], Decimal("0.0003"))
    world.plan(number)


def _to_the_end(world: World, verdict: Verdict, left: list[Kill], number: int) -> None:
    """Start processes until one comes to the end of the plan."""
    for _ in range(MOST_LIVES):
        verdict.lives += 1
        ours, theirs = socket.socketpair()
        kill = left[0] if left else None
        life = verdict.lives
        child = fork(partial(process, world, (ours, theirs), life, kill, number))
        theirs.close()
        world.answer(ours)
        ours.close()
        status = child.wait()
        if os.WIFSIGNALED(status):
            verdict.killed.append(left.pop(0).point)
            world.market.go(world.market.now + 16_000)
        elif os.WEXITSTATUS(status) == 0:
            told = (world.folder / f"hits {life}").read_text(encoding="utf-8")
            verdict.hits |= Counter(told.split("\n"))
            return
        elif os.WEXITSTATUS(status) != 3:
            verdict.violations.append(f"process {life} of plan {number} ended with {os.WEXITSTATUS(status)}")
            return
    verdict.violations.append(f"plan {number} does not end")


def look(world: World, verdict: Verdict) -> None:
    """What must hold when all is over, by the journal on disk and the exchange alone."""
    broken = verdict.violations.append
    market = world.market
    with open_journal(world.path, monotonic=world.clock.monotonic) as journal:
        journal.verify()
        records = list(journal.read(ACCOUNT))
        intents = {str(r.body["client_id"]): r for r in records if r.kind == "sent"}
        for name, count in world.sent.items():
            if count > 1 or len(market.find(name)) > 1:
                broken(f"I1: {name} left {count} times")
            if name not in intents:
                broken(f"R1: {name} was never written")
        if recalled(records).state is not None:
            broken("I4: a programme is left unfinished")
        _within(world, records, broken)
        _rest(world, journal, broken)


def _within(world: World, records: Sequence[Any], broken: Callable[[str], None]) -> None:
    """I2: what each plan's leg traded is what was planned; less only where the plan says so itself."""
    short: set[str] = set()
    plan, traded = "", Counter[tuple[str, str]]()
    purposes: dict[str, tuple[str, str, str]] = {}
    for record in records:
        if record.kind == "programme":
            plan = str(record.body["plan"])
        elif record.kind == "done" and record.body["outcome"] == "partial":
            short.add(plan)
        elif record.kind == "sent":
            purposes[record.body["client_id"]] = (plan, record.body["instrument"], record.body["purpose"])
    for placed in world.market.placed:
        plan, name, purpose = purposes[placed.order.client_id]
        if purpose in {"trade", "finish"}:
            traded[plan, name] += placed.filled + placed.rest  # type: ignore[assignment]
    for programme in world.programmes:
        for leg in programme.legs:
            done = Decimal(traded[programme.plan, leg.name])
            less = programme.plan in short and abs(done) < abs(leg.planned) and done * leg.planned >= 0
            if done != leg.planned and not less:
                broken(f"I2: {done} of {leg.name} traded, {leg.planned} planned in {programme.plan}")


def _rest(world: World, journal: Journal, broken: Callable[[str], None]) -> None:
    """I5: at rest the ledger is what the exchange says, to the last digit."""
    market, clock = world.market, world.clock
    world.road.chance.calm = True
    market.go(market.now + 20_000)
    lease = journal.acquire(ACCOUNT, "auditor", 15_000)
    if lease is None:
        broken("I5: the lease is never free")
        return
    doors = Doors(*(world.ports[name] for name in ("market", "trading", "account")))
    found = finish(reconcile(doors, journal, clock, lease, CONTRACTS))
    ledger = ledger_of(journal.read(ACCOUNT))
    if found.gaps:
        broken(f"I5: {found.gaps}")
    for contract in CONTRACTS:
        entry, name = ledger.entries.get(contract.name), contract.name
        ours = (entry.quantity, dict(entry.funding)) if entry else (Decimal(0), {})
        if ours != (market.quantity(name), market.funding[name]):
            broken(f"I5: {name} is {ours}, the venue says {market.quantity(name)}, {market.funding[name]}")


def hits(seed: int) -> Counter[str]:
    """Return how often one process of a run without a kill comes by each point, at most."""
    verdict = lived(seed)
    if verdict.violations:
        raise AssertionError(verdict.violations)
    return verdict.hits


_WITHIN = ("executor.after_send", "executor.before_send", "pen.after_write")


def drawn(point: str, seed: int, usual: Counter[str]) -> tuple[Kill, ...]:
    """Return how to die at a point: at one of its visits, after another death where only a recovery comes by it."""
    random = Random(f"{point} {seed}")  # noqa: S311 - a schedule, no secret
    if usual[point]:
        return (Kill(point, random.randint(1, usual[point])),)
    first = random.choice([name for name in _WITHIN if usual[name]])
    return Kill(first, random.randint(1, usual[first])), Kill(point, 1)
