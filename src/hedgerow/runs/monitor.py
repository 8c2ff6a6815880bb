"""The watch: one loop that looks, decides, trades within bounds, and says what it did and why. Start is recover.

    monitor = Monitor(watched, doors, store, clock, eyes)
    await monitor.tick()            one look
    await monitor.run(until)        looks for as long as it is wanted

Each look reads the venue anew: what was true a minute ago is no ground for an order. What it rested on and what came of it
is a line of the diary, a stream of the journal beside the account's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgerow.hedge.alarms import Changed, Finding, updated
from hedgerow.hedge.collateral import brought_by
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.slips import coins_of
from hedgerow.hedge.watch import WatchRules
from hedgerow.model.errors import BadInput, LeaseHeld, LeaseLost, NotEnoughData, UsageError
from hedgerow.model.ports import Account, Clock, Lease, MarketData, Notifier, Store
from hedgerow.model.watched import Look, WatchLine
from hedgerow.runs.accepting import Acceptance
from hedgerow.runs.acting import Actor
from hedgerow.runs.alarming import Facts, Looked, findings_of
from hedgerow.runs.bounds import Spent
from hedgerow.runs.changing import Changes, followed
from hedgerow.runs.diary import LOOK, Eyes, diary_of, remembered, sight_of
from hedgerow.runs.executor import Executor
from hedgerow.runs.flows import Flows
from hedgerow.runs.ground import ground_records
from hedgerow.runs.hand import Dealt, Hand
from hedgerow.runs.lasting import lasting_after
from hedgerow.runs.lookout import Lookout, Seen
from hedgerow.runs.narrate import finished_line, lines_of, look_of
from hedgerow.runs.points import pp
from hedgerow.runs.proposing import call
from hedgerow.runs.proving import noted
from hedgerow.runs.reconcile import Doors
from hedgerow.runs.slipping import Acceptable
from hedgerow.runs.spending import Spending
from hedgerow.runs.tail import Tail
from hedgerow.runs.voice import STALE, Later, Voice
from hedgerow.runs.watching import Learned, Sight, Verdict, judge, learned
from hedgerow.runs.wire import body_of

__all__ = ["Around", "Monitor", "Provide", "Shown", "Watched"]

_QUESTION_MS = 4_000
"""How much later than by looks silence is called where a question hangs."""
Provide = Callable[[Mapping[str, float]], Mapping[str, Decimal] | None]


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched: the book `name` on an `account`, by which policy and rules.

    `holder` names the process, which then takes the account's lease, or is the lease that it has already; while it waits
    it keeps the lease alive, and asks every `pulse_ms` whether the venue has fallen silent or answers again (0: never).
    `streams`: the account's stream is listened to while something is traded.
    """

    name: str
    account: str
    holder: str | Lease
    policy: Policy
    rules: WatchRules = field(default_factory=WatchRules)
    lease_ms: int = 15_000
    streams: bool = False
    pulse_ms: int = 4_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A look that was written down: its betas' `factors`, funding of 30 days in dollars (NaN: unknown), and how long it took."""

    look: Look
    factors: tuple[str, ...]
    paid_30d_usd: float
    took_ms: int


@dataclass(frozen=True, slots=True)
class Around:
    """Whom the watch has around it: whoever is called, who approved a proposal (its name → theirs, "": nobody), who is told each line.

    `looked` is shown each look once it is written down. `provide` puts paper coins (dollars by coin) where margin is missing:
    on a real venue nobody does. `kept_back` are its contracts that stay at a mark since no market makes their price of now, until it is told to `believe` it. `fresh` brings what the eyes see up to now, before each look; `more` looks at it besides, and says
    what it found. `market` and `account` are asked by looks in place of the doors, where several watches or questions share an
    answer: who trades asks the doors. `executor` is who trades. `later` wakes whoever calls while a question hangs; None: nobody does.
    """

    notifier: Notifier
    approved: Callable[[str], str] = lambda _: ""
    provide: Provide | None = None
    report: Callable[[WatchLine], None] = lambda _: None
    looked: Callable[[Shown], None] = lambda _: None
    fresh: Callable[[], Awaitable[None]] | None = None
    more: Callable[[Looked], tuple[Finding, ...]] = lambda _: ()
    market: MarketData | None = None
    account: Account | None = None
    executor: Callable[..., Executor] = Executor
    later: Later | None = None
    kept_back: Callable[[], Mapping[str, Decimal]] = dict
    believe: Callable[[], None] = lambda: None

    def doors(self, doors: Doors) -> Doors:
        """Return the doors that looks ask."""
        return replace(doors, market=self.market or doors.market, account=self.account or doors.account)

    def brought(self, policy: Policy) -> dict[str, Decimal] | None:
        """Return the coins that the owner brings to a paper account; None for a venue's, of which all is the owner's."""
        return None if self.provide is None else brought_by(policy.collateral)


class Monitor:
    """One book's watch. All that lasts is in the store: a new one goes on where the last one was stopped."""

    def __init__(
        self,
        watched: Watched,
        doors: Doors,
        store: Store,
        clock: Clock,
        eyes: Eyes,
        around: Around,
    ) -> None:
        self._watched, self._store, self._clock = watched, store, clock
        self._eyes, self._around = eyes, around
        tail = Tail(store, watched.account)
        self._lookout = Lookout(around.doors(doors), store, clock, tail, around.brought(watched.policy))
        self._hand = Hand(watched, doors, store, clock, around.notifier, tail, around.executor)
        self._lease = watched.holder if isinstance(watched.holder, Lease) else None
        self._diary = diary_of(watched.account, watched.name)
        before = remembered(store.read(self._diary))
        self._last, self._learned_look = before.last, before.learned
        self._traded_at, self._spent = before.traded_at, Spending(tail, store, watched.account, before)
        self._grounds, self._alarms = set(before.grounds), dict(before.alarms or {})
        self._changes, self._lasting = before.changes or Changes(), before.lasting
        self._learned: Learned | None = None
        self._actor = Actor(watched, around, self._hand, self._lookout, self._spent, before)
        self._acceptance = Acceptance(watched.policy, before)
        self._prices = Acceptable(watched.policy, before, around.believe)
        self._flows = Flows()
        limit_ms = round(1000 * watched.rules.thresholds.stale_s[0]) + _QUESTION_MS
        stale = STALE in self._alarms
        self._voice = Voice(self._lookout, around.notifier, around.later, limit_ms, stale)

    async def run(self, until: int | None = None) -> None:
        """Look every `every_s` seconds, for ever or until an instant. Errors as `tick`."""
        try:
            while until is None or self._clock.now() < until:
                await self.turn()
        finally:
            self.close()

    async def turn(self) -> None:
        """Look once, and wait for the next look. Errors as `tick`."""
        begun = self._clock.monotonic()
        await self.tick()
        await self.rest(begun)

    async def rest(self, begun: int) -> None:
        """Wait until the look after the one that was `begun` by the monotonic clock, and hold the account meanwhile.

        It ends early where the venue has fallen silent, or answers again. Raises `LeaseLost`.
        """
        pulse = self._watched.pulse_ms
        step = min(self._watched.lease_ms // 3, pulse or self._watched.lease_ms)
        until = begun + round(self._watched.rules.every_s * 1000)
        wait = max(step - self._lookout.silence(), 0) if pulse else step  # prices may have come long ago
        while (left := until - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(left, wait))
            self._hold()
            if pulse and left > wait and await self._stirs():
                return
            wait = step

    async def _stirs(self) -> bool:
        """Return whether what can be seen of the venue is other than at the last look."""
        unknown = self._last is None or self._last.held is None
        stale = STALE in self._alarms
        priced = await self._lookout.asked_again()
        if priced and (stale or unknown or self._voice.told is not None):
            return await self._lookout.answers()
        return not stale and self._lookout.silence() > 1000 * self._watched.rules.thresholds.stale_s[0]

    def close(self) -> None:
        """Let others trade the account."""
        self._voice.end()
        if self._lease is not None and not isinstance(self._watched.holder, Lease):
            self._store.release(self._lease)
            self._lease = None

    async def tick(self) -> Look:
        """Look once, and do what is to be done.

        Raises `LeaseHeld` or `LeaseLost` where another process trades the account, what reading holdings and prices raises, and
        `BrokenPromise`.
        """
        begun = self._clock.monotonic()
        policy, lease = self._watched.policy, self._hold()
        self._voice.listen()
        stuck = (
            None
            if self._watched.rules.mode == "observe"
            else await _finish(self._hand, lease, self._around.report)
        )
        seen = await self._see_after(stuck, begun)
        self._recall()
        before = self._learned
        self._traded_at = self._spent.last(seen.sight, self._traded_at)
        verdict, seen = self._decided(seen)
        self._learned = verdict.learned
        answers = self._watched.rules.mode, self._around.approved
        self._lasting = self._acceptance.lasting(self._lasting, seen, verdict, *answers)
        dealt = stuck or await self._actor.act(verdict, seen, self._lasting, self._hold)
        after, left = seen, verdict
        if dealt.sent:
            after = await self._see_after(dealt, begun)
            left, after = _judged(verdict.learned, after.sight.at, after, policy)
        self._actor.noted(verdict, dealt, seen, after)
        self._changes = _followed(self._changes, before or self._learned, after.sight, self._watched.rules)
        facts = _facts(after, seen, dealt, self._around.kept_back())
        of = after.sight, left, facts.round.modes
        self._lasting = lasting_after(self._lasting, of, self._watched, self._around.approved)
        changed = self._alarm(Looked(after.sight, left, facts, self._changes, self._lasting))
        look = look_of(
            self._watched.rules.mode,
            (seen, verdict, dealt),
            (left, facts),
            (changed, self._changes, self._lasting),
            learned=verdict.learned is not before and verdict.learned is not None,
            traded_at=self._traded_at,
        )
        look = replace(look, flow_usd=self._flows.since(self._last, seen.view), refused=self._actor.refused)
        call(self._around.notifier, look, self._last, changed.raised)
        self._write(look, seen)
        changed = self._voice.over(changed)
        _call_over(self._around.notifier, changed)
        self._voice.take_back(changed)
        for line in lines_of(look, self._last, seen, dealt, changed):
            self._around.report(line)
        self._around.looked(Shown(look, policy.factors, facts.paid_30d, self._clock.monotonic() - begun))
        self._last = look
        self._lasting = replace(self._lasting, proof=noted(self._lasting.proof, look))
        self._spent.tell(Spent(look.at, dealt.traded_usd, dealt.cost_usd), dealt.proposal)
        self._traded_at = look.at if dealt.traded_usd else self._traded_at
        return look

    def _decided(self, seen: Seen) -> tuple[Verdict, Seen]:
        """Judge what was seen, blind where a price that it rests on is one that no market makes."""
        known, approved = (self._learned, self._traded_at), self._around.approved
        lasting = replace(self._lasting, slip_by="")
        self._lasting, seen = self._prices.checked(lasting, seen, approved)
        verdict, seen = _judged(*known, seen, self._watched.policy)
        if verdict.orders:
            coins = coins_of(verdict.orders)
            self._lasting, checked = self._prices.checked(self._lasting, seen, approved, coins)
            if checked is not seen:
                return _judged(*known, checked, self._watched.policy)
        return verdict, seen

    def _hold(self) -> Lease:
        """Hold the account, or make the lease last: between two looks it may have run out, and another have come."""
        watched = self._watched
        if self._lease is not None:
            self._lease = self._store.renew(self._lease, self._watched.lease_ms)
            if self._lease is None:
                raise LeaseLost(f"{watched.account} was taken over between two looks")
        elif isinstance(watched.holder, str):
            self._lease = self._store.acquire(watched.account, watched.holder, self._watched.lease_ms)
        if self._lease is None:
            raise LeaseHeld(
                f"another process trades {watched.account}",
                advice="One watch or trade at a time: `hedgerow status` names it.",
            )
        return self._lease

    async def _see(self) -> Seen:
        if self._around.fresh is not None:
            await self._around.fresh()
        lease, at = self._hold(), self._clock.now()
        view = self._eyes.look(at)
        self._prices.before(self._lasting, view, self._around.approved)
        return await self._lookout.see(at, view, lease, patient=STALE in self._alarms)

    async def _see_after(self, dealt: Dealt | None, begun: int) -> Seen:
        """See what a trade left behind; a venue that it waited for in vain is asked nothing."""
        if dealt is not None and self._lookout.waited(dealt.silent, begun):
            self._lookout.mute = dealt.silent
        return await self._see()

    def _recall(self) -> None:
        """After a restart, estimate again on what was known at the look that estimated: a day has one set of betas."""
        if self._learned is None and self._learned_look is not None:
            look = self._learned_look
            with suppress(NotEnoughData):  # what it rested on is gone: it is estimated anew
                self._learned = learned(self._watched.policy, sight_of(look, self._eyes.look(look.at)), None)

    def _alarm(self, looked: Looked) -> Changed:
        changed = updated(
            self._alarms,
            (*findings_of(looked, self._watched.rules.thresholds), *self._around.more(looked)),
            looked.sight.at,
            blind=looked.verdict.exposure is None,
        )
        self._alarms = dict(changed.active)
        _call(self._around.notifier, self._voice.untold(changed))
        return changed

    def _write(self, look: Look, seen: Seen) -> None:
        grounds = ground_records(seen.view, self._grounds)
        pp("watch.before_look")
        self._store.append(self._diary, look.at, [*grounds, (LOOK, body_of(look))], self._hold())
        self._grounds |= {str(body["name"]) for _, body in grounds}


def _call(notifier: Notifier, changed: Changed) -> None:
    for raised in changed.raised:
        finding = raised.finding
        pp("watch.before_call")
        notifier.notify(finding.level, f"{finding.watch}: {finding.about}", finding.text)
        pp("watch.called")


def _call_over(notifier: Notifier, changed: Changed) -> None:
    """Say what is over: only once that is written, else the next life would take it for called when it comes again."""
    pp("watch.looked")
    for cleared in changed.cleared:
        finding = cleared.finding
        pp("watch.before_call_over")
        notifier.notify("info", f"{finding.watch}: {finding.about}", "is well again")
        pp("watch.called_over")


def _facts(after: Seen, seen: Seen, dealt: Dealt, kept_back: Mapping[str, Decimal]) -> Facts:
    """What is known once everything is done: of before it what the venue took, and what was not done."""
    facts = replace(after.facts, taken=seen.facts.taken, kept_back=kept_back)
    return replace(facts, refusals=dealt.refusals, waiting=dealt.waiting)


async def _finish(hand: Hand, lease: Lease, report: Callable[[WatchLine], None]) -> Dealt | None:
    """Finish what a life before left unfinished, and say so; or return why that is not possible now."""
    if not hand.tail.unfinished():
        return None
    before, plan = hand.tail.ledger(), hand.tail.newest
    stuck = await hand.finish(lease)
    if stuck is None:
        report(finished_line(hand.clock.now(), plan, before, hand.tail.ledger()))
    return stuck


def _judged(
    before: Learned | None, traded_at: int | None, seen: Seen, policy: Policy
) -> tuple[Verdict, Seen]:
    """Judge; what cannot be judged, once it could, stops everything until it can be again."""
    pp("watch.seen")
    try:
        return judge(before, traded_at, seen.sight, policy), seen
    except (BadInput, NotEnoughData, UsageError) as why:
        if before is None:
            raise
        seen = replace(seen, sight=replace(seen.sight, blind=why.message))
        return judge(before, traded_at, seen.sight, policy), seen


def _followed(changes: Changes, known: Learned | None, sight: Sight, rules: WatchRules) -> Changes:
    """Judge the bars that have closed since by the betas of before them."""
    if known is None:
        return changes
    coins = tuple(sorted(known.assets))
    return followed(changes, sight.market, known.known.betas, coins, rules.thresholds.beta_days)
