"""One seed, one watch: a book that is watched on the faulty exchange while prices move, owners trade, and processes die.

vigil(seed) -> Verdict
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, cast

from hedgerow.hedge.watch import Bounds, Mode, WatchRules
from hedgerow.model.errors import BrokenPromise, HedgerowError, LeaseHeld
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Order, Refused
from hedgerow.model.ports import AccountModes, Level, MarketData, Ticker
from hedgerow.model.watched import Look
from hedgerow.runs.diary import LOOK, decided_again, diary_of
from hedgerow.runs.executor import Executor
from hedgerow.runs.monitor import Around, Monitor, Watched
from hedgerow.runs.points import watching
from hedgerow.runs.reconcile import Doors
from hedgerow.runs.refusing import asks_once
from hedgerow.runs.tail import Tail
from hedgerow.runs.wire import value_of
from hedgerow.testing.faults.chance import Chance, drawn
from hedgerow.testing.faults.doors import SimAccount, SimQuotes, SimTrading
from hedgerow.testing.faults.history import check_history
from hedgerow.testing.faults.lives import Life, Sink, Verdict, finish
from hedgerow.testing.faults.lives import Watched as Looked
from hedgerow.testing.faults.market import Placed
from hedgerow.testing.faults.plans import ACCOUNT
from hedgerow.testing.faults.sights import SimEyes, SimPolicy
from hedgerow.testing.faults.troubles import Killed
from hedgerow.testing.faults.vigilance import check_vigil

__all__ = ["BOOK", "Process", "Vigil", "vigil"]

BOOK = "book"
_MODES: tuple[Mode, ...] = ("auto", "auto", "auto", "propose", "observe")
_MODES_MEANT = AccountModes(False, "cross", Decimal(5))
_MODES_MS = 400_000
_REST_MS = 2_000
_STORM_MS = 400_000
_CALM_MS = 90_000
_SETTLED_MS = 600_000


class _Quotes(SimQuotes):
    """Prices, noted where all that were asked for can be used."""

    note: Callable[[str, Mapping[str, Any]], None]

    async def tickers(self, instruments: Sequence[Instrument]) -> tuple[Ticker, ...]:
        """Return prices, and note when the oldest was made, by the clock of who asks."""
        found = await super().tickers(instruments)
        usable = [t.at for t in found if t.mark is not None and t.mark.is_finite() and t.mark > 0]
        if instruments and len(usable) == len(instruments):
            self.note("priced", {"at": min(min(usable) - self.road.clock.apart, self.road.market.now)})
        return found


class _Called(Sink):
    """Hears of alarms as `Sink` does; that somebody was called is noted, heard or not."""

    def notify(self, level: Level, title: str, text: str) -> None:
        """Take a message."""
        if self._watch is not None:
            self._watch.note("called", {"level": level, "title": title, "text": text})
        super().notify(level, title, text)


class _Orders(SimTrading):
    """Orders, at some of which somebody stops the account while they are at work: they are cancelled, and may have filled (F14).

    A watch sends market orders, which can be cancelled only while they fill bit by bit.
    """

    stopped: Callable[[], None]

    def _accepted(self, order: Order) -> Placed | Refused:
        """Take an order, and let somebody come by."""
        found = super()._accepted(order)
        works = isinstance(found, Placed) and found.rest and order.stop is None
        if works and self.road.chance.has("F14") and self.road.chance.random.random() < 0.8:
            self.stopped()
        return found

    def _slow(self) -> bool:
        """Let some orders be at work for a while where cancellations go wrong."""
        return super()._slow() or (self.road.chance.has("F14") and self.road.chance.random.random() < 0.8)


class Process(Monitor):
    """The real watch, which can be asked what it remembers."""

    def remembers(self) -> str:
        """Return all that a look may rest on but what is read anew."""
        alarms = sorted((key, raised.since, raised.finding.level) for key, raised in self._alarms.items())
        pending = self._actor.pending.name if self._actor.pending else ""
        refused = asks_once(self._last)  # without its pause, which a restart forgets
        sums = (sorted(self._changes.sums.items()), self._changes.seen, self._changes.threshold)
        return repr((alarms, self._traded_at, pending, refused, sums, sorted(self._lasting.modes.items())))


def _drawn_rules(random: Random) -> WatchRules:
    mode = random.choice(_MODES)
    bounds = Bounds(
        max_order_usd=random.choice((None, None, 30_000.0)),
        max_turnover=random.choice((1.0, 2.0, 10.0)),
        max_cost_usd=random.choice((None, None, 30.0, 100.0)),
        trades_an_hour=random.choice((6, 20, 60)),
        cool_down_s=random.choice((0.0, 60.0)),
    )
    return WatchRules(mode, float(random.choice((5, 15, 60))), bounds)


class Vigil(Life):
    """A seed being watched through."""

    def __init__(self, seed: int, chance: Chance) -> None:
        super().__init__(seed, chance)
        random = self.random
        self.road.coins = {"USDT": Decimal(150_000)}
        self.eyes = SimEyes(self.market, random)
        self.rules = self._ruled()
        names = random.choice((("BTCUSDT",), ("ETHUSDT",), ("BTCUSDT", "ETHUSDT")))
        self.policy = SimPolicy(
            instruments=names, estimator="ols", rebalance=f"usd:{random.randint(300, 1500)}"
        )
        quotes = _Quotes(self.road)
        quotes.note = self.watch.note
        orders = _Orders(self.road)
        orders.stopped = lambda: self._stopped(self.market.now)
        self._doors = Doors(cast("MarketData", quotes), orders, SimAccount(self.road))
        self.sink = _Called(self.chance, self._wait, self.watch)
        self.approved: dict[str, str] = {}
        self.process: Process | None = None
        self.watch.on_look, self.watch.besides = self.written, self._besides
        self.watch.note("rules", {"mode": self.rules.mode, "bounds": self.rules.bounds})

    def _ruled(self) -> WatchRules:
        """Return what the watch may do by itself."""
        return _drawn_rules(self.random)

    def live(self, events: int) -> Verdict:
        """Watch through storm and calm until so many events have passed, and look at what is left."""
        while self.verdict.events < events and self.verdict.programmes < 40:
            self.verdict.programmes += 1
            self.watch.note("storm", {})
            self.troubles.disturb()
            self._outside()
            self._until(lambda: self.chance.calm, _STORM_MS)
            if not self.chance.calm:
                self.troubles.calm()
            self._rest()
            if self.watch.violations:
                break
            self.chance.calm = False
        self._over()
        return self.verdict

    def _wait(self, ms: int) -> None:
        """Be held up by somebody who is slow to hear."""
        self.market.go(self.market.now + ms)
        self.watch.note("asleep", {})

    def _outside(self) -> None:
        """What the owner and the market do besides: coins bought and sold, prices that jump, proposals approved."""
        random, market = self.random, self.market
        market.later.append((market.now + random.randint(0, 60_000), self.eyes.shift))
        market.later.append((market.now + random.randint(0, 60_000), self._jump))
        if random.random() < 0.2:
            self._stopped(market.now + random.randint(0, 60_000))
        if self.chance.strikes("F22"):
            market.later.append((market.now + random.randint(0, 60_000), partial(_otherwise, self)))

    def _stopped(self, at: int) -> None:
        """Let somebody stop the account, and go on after a while."""
        later = self.market.later
        later.append((at, lambda: self.troubles.halt("a person said so")))
        later.append((at + self.random.randint(5_000, 30_000), lambda: self.troubles.halt(None)))

    def _besides(self) -> Mapping[str, Any]:
        """What a programme begins in: prices, and dollars of all coins and contracts."""
        prices = {each.name: self.market.mark(each) for each in self.market.contracts}
        return {"prices": prices, "gross": self.eyes.gross() + sum(self.road.coins.values())}

    def _jump(self) -> None:
        name = self.random.choice(self.market.contracts).name
        self.market.prices[name] = max(round(self.market.prices[name] * self.random.uniform(0.9, 1.1)), 1_000)

    def _until(self, over: Callable[[], bool], longest_ms: int) -> None:
        latest = self.market.now + longest_ms
        while not over() and self.market.now < latest and not self.watch.violations:
            self._turn()

    def _turn(self) -> None:
        """One turn of the process that lives, or of a new one; its death, or an error that has a name."""
        try:
            with watching(self.troubles.point):
                if self.process is None:
                    self._begin()
                process = self.process
                assert process is not None  # noqa: S101  just begun
                finish(process.turn())
                return
        except Killed:
            self.verdict.kills += 1
            self.watch.note("ended", {"how": "killed"})
        except BrokenPromise as why:
            self.watch.broken("R11", str(why))
        except HedgerowError as why:
            if not isinstance(why, LeaseHeld):
                self.verdict.outcomes[f"stopped: {type(why).__name__}"] += 1
            self.watch.note("ended", {"how": "error", "error": type(why).__name__, "said": why.message})
            if self.process is not None:
                self.process.close()
        self.process = None
        if self.watch.ended:
            self.watch.over_already()
        self.market.go(self.market.now + _REST_MS)

    def _begin(self) -> None:
        self._holders += 1
        self.store.dead = False
        self.watch.holder = f"process {self._holders}"
        self.watch.note("started", {})
        self.process = self._made(self.watch.holder)

    def _made(self, holder: str) -> Process:
        watched = Watched(BOOK, ACCOUNT, holder, self.policy, self.rules)
        around = Around(
            self.sink,
            lambda name: self.approved.get(name, ""),
            executor=self._hand,
            later=partial(_wake, self),
        )
        return Process(watched, self._doors, self.store, self.clock, self.eyes, around)

    def _hand(self, *words: Any) -> Executor:
        executor = Looked(*words)
        executor.life = self
        self.troubles.executor = executor
        return executor

    def _stop(self) -> None:
        """Let the process end as one that is asked to."""
        if self.process is not None:
            self.process.close()
            self.process = None
            self.watch.note("ended", {"how": "done"})

    def _rest(self) -> None:
        """Trouble is over: it is ready soon, ends what it trades, comes into its band, and its books are the venue's."""
        self.troubles.halt(None)
        self._take_away()
        if self.road.modes_now != _MODES_MEANT:
            told = self.market.now + _MODES_MS
            self._until(lambda: self.market.now >= told, _MODES_MS)
            _set(self, _MODES_MEANT)  # somebody has read the alarm
        begun, tail = self.market.now, Tail(self.store, ACCOUNT)
        self._until(lambda: self.market.now >= begun + _CALM_MS and not tail.unfinished(), _SETTLED_MS)
        if self.watch.violations:
            return
        if tail.unfinished():
            self.watch.broken("I6", "a programme does not end while nothing is wrong")
        if self.random.random() < 0.3:
            self._compare_lives()
        if self.random.random() < 0.5:
            self._stop()
            self.settle()

    def _compare_lives(self) -> None:
        if self.process is not None:
            warm, cold = self.process.remembers(), self._made("another").remembers()
            self.watch.note("known", {"warm": warm, "cold": cold})

    def written(self, look: Look) -> None:
        """Hear of a look that is in the diary: note what it says beside what is true."""
        self.verdict.events += 1
        self.watch.note("look", _said(look, self.eyes))
        if look.proposal is not None and look.mode == "propose" and not look.approved_by:
            name, random = look.proposal.name, self.random
            if name not in self.approved and random.random() < 0.7:
                self.market.later.append(
                    (self.market.now + random.randint(0, 40_000), lambda: self._approve(name))
                )

    def _approve(self, name: str) -> None:
        self.approved[name] = "Ann"
        self.watch.note("approved", {"proposal": name})

    def _over(self) -> None:
        self._stop()
        if not self.watch.violations:
            self.troubles.calm()
            self.settle()
        looks = [value_of(r.body) for r in self.store.read(diary_of(ACCOUNT, BOOK)) if r.kind == LOOK]
        self.store.verify()
        if not self.watch.violations:
            for look in decided_again(looks, self.eyes, self.policy)[:1]:
                self.watch.broken(
                    "W8", f"the look at {look.at} is decided otherwise: {look.act}, {look.reason}"
                )
        verdict, history = self.verdict, self.watch.history
        for look in looks:
            verdict.outcomes[f"look: {look.act}"] += 1
        verdict.struck = self.chance.struck
        verdict.violations = [*self.watch.violations, *check_history(history), *check_vigil(history)]
        verdict.history = history
        records = [*self.store.read(ACCOUNT), *self.store.read(diary_of(ACCOUNT, BOOK))]
        verdict.digest = "".join(r.digest for r in records[-1:])


def _otherwise(life: Vigil) -> None:
    """Let somebody set the account otherwise; long and short can be kept apart only where nothing is open."""
    market = life.market
    flat = not any(market.quantity(c.name) or market.live(c.name) for c in market.contracts)
    _set(life, AccountModes(flat and life.random.random() < 0.5, "isolated", Decimal(5)))


def _set(life: Vigil, modes: AccountModes) -> None:
    life.road.modes_now = modes
    life.watch.note("modes set", {"modes": modes})


def _said(look: Look, eyes: SimEyes) -> Mapping[str, Any]:
    """What a look says beside what is true."""
    beta, aim = eyes.wanted() + eyes.hedged(), look.band_usd[0] if look.band_usd else 0.0
    return {
        "at": look.at,
        "act": look.act,
        "known": look.held is not None,
        "held": () if look.held is None else tuple(row.instrument.name for row in look.held),
        "alarms": {(row.watch, row.about): row.level for row in look.alarms},
        "proposal": look.proposal,
        "waits": look.proposal.name if look.proposal and look.done.startswith("proposal ") else "",
        "sure": look.in_band,
        "left": look.left_usd,
        "band": aim + look.slack_usd,
        "book": float(eyes.wanted()),
        "true": float(beta),
        "done": look.done,
    }


def _wake(life: Vigil, ms: int, act: Callable[[], None]) -> None:
    """Wake the process that lives, if it does then."""
    holder = life.watch.holder

    def wake() -> None:
        if life.watch.holder == holder and life.process is not None:
            act()

    life.market.later.append((life.market.now + ms, wake))


def vigil(seed: int, events: int = 500, barred: frozenset[str] = frozenset()) -> Verdict:
    """Return what comes of a seed that is watched through; the same seed and code come to the same journal (I11)."""
    return Vigil(seed, drawn(seed, barred)).live(events)
