"""An independent look at the history of a watch: what it may do, what it says, and how soon (docs/reliability.md).

check_vigil(history) -> what it violates        each line names what is promised as W1 to W7, W9 and W10

Like `history`, it knows what was intended, sent, filled, said and written, and nothing of the code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hedgerow.hedge.watch import Bounds
from hedgerow.testing.faults.history import History
from hedgerow.testing.faults.otherwise import set_otherwise

__all__ = ["check_vigil", "ready_after"]

_HOUR, _DAY = 3_600_000, 86_400_000
_READY_MS, _DEAD_MS, _HALT_MS = 10_000, 15_000, 2_000
_CALM_MS = 60_000
_LOOK_MS = 25_000
"""How long a look may take from its beginning, from which it counts, to its first order."""
_WHY = {"drift", "limits", "position unknown", "not hedged", "halted", "stale feed", "price jump"}
_SILENT = ("stale feed: prices", "position unknown: account")
_ZERO = Decimal(0)
_LEVELS = ("info", "warning", "critical")
_OVER = "is well again"
_NEAR = Decimal("1.05")
"""By how much prices move between a look and the beginning of its trade."""


def check_vigil(history: History) -> list[str]:
    """Return what the history violates.

    Observing sends nothing; what was proposed is traded once somebody said yes, never more of it, and no yes is lost (W1); `auto` keeps its
    bounds over restarts (W2); a look that leaves the band says why (W3), and what it says is true while nothing is wrong
    (W4); alarms are called once, before they are written, and none is lost (W5); a feed that is dead is noticed within
    15 seconds (W6); it is ready 10 seconds after a start or the end of trouble, where no trade is to be ended first and no
    request hangs until its time-out (W7); two seconds after a halt nothing that opens leaves (W9); nothing that opens leaves a trade that began while the account was set
    otherwise than it is wanted, and an open contract that somebody set otherwise has an alarm six minutes later (W10).
    """
    return [line for check in _CHECKS for line in check(history)]


def ready_after(history: History) -> list[int]:
    """Return how long it took, in milliseconds, each time that a look which knows what is held was due (W7)."""
    state, found = _Readiness(), []
    for at, kind, body in history:
        due = state.due
        state.take(at, kind, body)
        if due is not None and state.knows:
            found.append(at - due + _READY_MS)
    return found


def _rules(history: History) -> Mapping[str, Any]:
    return next((body for _, kind, body in history if kind == "rules"), {})


def _leave(history: History) -> Iterator[str]:
    mode = _rules(history).get("mode")
    approved: dict[str, int] = {}
    traded: dict[str, str] = {}
    for at, kind, body in history:
        if kind == "approved":
            approved.setdefault(body["proposal"][:16], at)
        elif kind == "sent" and mode == "observe":
            yield f"W1 at {at}: {body['client_id']} was sent while it only observes"
        elif kind == "programme" and mode == "propose":
            name = body["plan"].split("-")[1]
            traded[body["plan"]] = name
            if name not in approved:
                yield f"W1 at {at}: {body['plan']} is traded, and nobody said yes to it"
        elif kind == "look" and approved.get(body["waits"][:16], at) < at - _LOOK_MS:
            yield f"W1 at {at}: {body['waits']} waits for somebody, and somebody said yes"
    yield from _more_than_asked(history, traded)


def _more_than_asked(history: History, traded: Mapping[str, str]) -> Iterator[str]:
    """What is traded under one approval is never more than the largest plan that was made of it."""
    planned: dict[tuple[str, str], Decimal] = {}
    for _, kind, body in history:
        if kind == "programme" and body["plan"] in traded:
            for name, (_, units) in body["legs"].items():
                key = traded[body["plan"]], name
                planned[key] = max(planned.get(key, _ZERO), abs(units))
    filled: dict[tuple[str, str], Decimal] = {}
    for at, intent, body in _fills(history):
        key = traded.get(intent["plan"], ""), intent["instrument"]
        if key[0] and intent["purpose"] in {"trade", "finish"}:
            filled[key] = filled.get(key, _ZERO) + body["quantity"]
            if abs(filled[key]) > planned.get(key, _ZERO):
                yield f"W1 at {at}: {filled[key]} of {key} traded, {planned.get(key)} approved"


def _fills(history: History) -> Iterator[tuple[int, Mapping[str, Any], Mapping[str, Any]]]:
    """Each fill of an order of ours with its intent, but for orders that the road doubled."""
    doubled = {body["client_id"] for _, kind, body in history if kind == "doubled"}
    intents = {body["client_id"]: body for _, kind, body in history if kind == "intent"}
    for at, kind, body in history:
        if kind == "fill" and body["client_id"] in intents and body["client_id"] not in doubled:
            yield at, intents[body["client_id"]], body


def _bounds(history: History) -> Iterator[str]:
    """Every trade that began is held against those before it, whatever became of the process that made it."""
    rules = _rules(history)
    if rules.get("mode") != "auto":
        return
    bounds = rules["bounds"]
    traded = {intent["plan"] for _, intent, _ in _fills(history)}
    before: list[int] = []
    for at, kind, body in history:
        if kind != "programme" or body["plan"] not in traded:
            continue
        hour = sum(at - then < _HOUR - _CALM_MS for then in before)
        if hour >= bounds.trades_an_hour:
            yield f"W2 at {at}: {body['plan']} is number {hour + 1} of the hour, {bounds.trades_an_hour} are allowed"
        last = max(before, default=None)
        if last is not None and at - last < bounds.cool_down_s * 1000 - _LOOK_MS:
            yield f"W2 at {at}: {body['plan']} begins {at - last} ms after another"
        before.append(at)
    yield from _large(history, bounds.max_order_usd)
    yield from _daily(history, bounds)


def _large(history: History, most: float | None) -> Iterator[str]:
    """No contract of a plan is traded for more dollars than one order may have, by the prices that its trade began with."""
    if most is None:
        return
    began: dict[str, Mapping[str, Decimal]] = {}
    traded: dict[tuple[str, str], Decimal] = {}
    for _, kind, body in history:
        if kind == "programme":
            began.setdefault(body["plan"], body["prices"])
    for at, intent, fill in _fills(history):
        key = intent["plan"], intent["instrument"]
        price = began.get(intent["plan"], {}).get(intent["instrument"], fill["price"])
        traded[key] = traded.get(key, _ZERO) + abs(fill["quantity"]) * price
        if intent["purpose"] == "trade" and traded[key] > Decimal(most) * Decimal("1.03"):
            yield f"W2 at {at}: {traded[key]:.0f} dollars of {key} traded, {most} are allowed"


@dataclass(slots=True)
class _Day:
    """What was traded of one plan that began `at`: dollars and cost, as far as it is known by an instant."""

    at: int
    prices: Mapping[str, Decimal]
    fills: list[tuple[int, Decimal, Decimal]] = field(default_factory=list)

    def known(self, by: int) -> tuple[Decimal, Decimal]:
        """Return dollars traded, and their cost beyond the prices of the beginning."""
        rows = [(traded, cost) for at, traded, cost in self.fills if at <= by]
        return sum((row[0] for row in rows), _ZERO), sum((row[1] for row in rows), _ZERO)


def _daily(history: History, bounds: Bounds) -> Iterator[str]:
    """No trade begins that brings the day beyond its turnover, or after the day has cost what it may."""
    plans: dict[str, _Day] = {}
    intents: dict[str, Mapping[str, Any]] = {}
    # What the road made a second of is no trade of the watch, which is told of it as of somebody else's: as in W1.
    doubled = {body["client_id"] for _, kind, body in history if kind == "doubled"}
    plan = ""
    for at, kind, body in history:
        if kind == "programme":
            plan = body["plan"]
            today = [day.known(at - _LOOK_MS) for day in plans.values() if at - day.at < _DAY - _CALM_MS]
            plans[body["plan"]] = _Day(at, body["prices"])
            wanted = sum(
                (abs(units) * body["prices"][name] for name, (_, units) in body["legs"].items()), _ZERO
            )
            turned = sum((row[0] for row in today), _ZERO) + wanted
            most = Decimal(bounds.max_turnover) * body["gross"]
            if turned > most * _NEAR:
                yield f"W2 at {at}: {turned:,.0f} dollars turned over with {body['plan']}, {most:,.0f} are allowed"
            cost = sum((row[1] for row in today), _ZERO)
            if bounds.max_cost_usd is not None and cost > Decimal(bounds.max_cost_usd) * _NEAR:
                yield f"W2 at {at}: {body['plan']} begins after {cost:,.0f} dollars of cost"
        elif kind == "arrival" and plan in plans:
            plans[plan].prices = body["prices"]  # cost is told from the first prices that were read for it
        elif kind == "intent":
            intents |= {} if body["client_id"] in doubled else {body["client_id"]: body}
        elif kind == "fill" and (intent := intents.get(body["client_id"])) and intent["plan"] in plans:
            day = plans[intent["plan"]]
            traded = abs(body["quantity"]) * day.prices[body["instrument"]]
            beyond = body["quantity"] * (body["price"] - day.prices[body["instrument"]])
            day.fills.append((at, traded, beyond + body["fee"] * body["coin_usd"]))


def _says_why(history: History) -> Iterator[str]:
    for at, kind, body in history:
        if kind == "look" and not body["sure"] and not _WHY & {watch for watch, _ in body["alarms"]}:
            yield f"W3 at {at}: outside the band ({body['left']}), and the alarms are {sorted(body['alarms'])}"


def _true(history: History) -> Iterator[str]:
    """While nothing has been wrong for a minute, what a look says is left is what is there."""
    calm: int | None = None
    for at, kind, body in history:
        if kind == "calm":
            calm = at
        elif kind == "storm":
            calm = None
        elif kind == "look" and calm is not None and at > calm + _CALM_MS and body["left"]:
            near = 300.0 + 0.02 * body["book"]
            if abs(body["left"][0] - body["true"]) > near:
                yield f"W4 at {at}: {body['left'][0]:,.0f} dollars are said to be left, {body['true']:,.0f} are"
            if body["sure"] and abs(body["true"]) > body["band"] + near:
                yield f"W4 at {at}: said to be in its band of {body['band']:,.0f}, and {body['true']:,.0f} are left"


def _alarms(history: History) -> Iterator[str]:
    on: Mapping[tuple[str, str], str] = {}
    called: dict[str, str] = {}
    over: set[str] = set()
    stands: dict[str, str] = {}
    for at, kind, body in history:
        if kind == "called" and ": " in body["title"]:  # what the executor calls bears no colon
            said = _OVER if body["text"] == _OVER else body["level"]
            if called.get(body["title"]) == said:
                yield f"W5 at {at}: {body['title']} is called twice at one look"
            called[body["title"]] = said
            over.discard(body["title"])
            stands.pop(body["title"], None)  # what is called now is another silence, or its end
        elif kind == "started":
            # What was called and not written is called again: better twice than never. What was written and not called
            # over stands with whoever passes messages on, who says so after the next look.
            called, over, stands = {}, set(), {}
        elif kind == "look":
            now = body["alarms"]
            for title in sorted(over):
                yield f"W5 at {at}: {title} is over, and nobody was told"
            yield from _lost(at, on, now, called)
            # Of silence somebody is called between looks, too, and while a look is told of that does not know it yet: the next
            # one has it, or says after it that prices are back. Neither calls again.
            titles = {f"{watch}: {about}" for watch, about in now}
            missed = {t: c for t, c in called.items() if t == _SILENT[0] and c != _OVER and t not in titles}
            ended = {f"{watch}: {about}" for watch, about in on.keys() - now.keys()} - missed.keys()
            over = ended | (stands.keys() & missed.keys())
            on, called, stands = now, dict(missed), missed


def _lost(
    at: int, on: Mapping[tuple[str, str], str], now: Mapping[tuple[str, str], str], called: Mapping[str, str]
) -> Iterator[str]:
    for key, level in now.items():
        title = f"{key[0]}: {key[1]}"
        louder = key in on and _LEVELS.index(level) > _LEVELS.index(on[key])
        if (key not in on or louder) and called.get(title, _OVER) == _OVER:
            yield f"W5 at {at}: {title} is on, and nobody was called"
        if key in on and not louder and title in called:
            yield f"W5 at {at}: {title} was on, and is called again"


class _Feed:
    """When the newest usable price that the process has was made, and whether silence was told."""

    def __init__(self) -> None:
        self.fresh: int | None = None
        self.on: set[str] = set()
        self.told = self.trading = False

    def dead(self, at: int) -> bool:
        """Return whether somebody should have been called by now."""
        calls = self.fresh is not None and not (self.trading or self.on or self.told)
        return calls and at - (self.fresh or 0) > _DEAD_MS

    def take(self, at: int, kind: str, body: Mapping[str, Any]) -> None:
        """Take in a line."""
        if kind in {"started", "done", "asleep"}:
            self.fresh, self.told = at, False
        elif kind == "priced":
            self.fresh = max(self.fresh or 0, body["at"])
            self.told = self.told and at - self.fresh > _DEAD_MS
        elif kind == "ended":
            self.fresh = None
        elif kind == "look":
            self.on &= {f"{watch}: {about}" for watch, about in body["alarms"]}
        if kind in {"programme", "done"}:
            self.trading = kind == "programme"  # what a process left unfinished is finished first
        elif kind == "called" and body["title"] in _SILENT:
            (self.on.discard if body["level"] == "info" else self.on.add)(body["title"])


def _dead(history: History) -> Iterator[str]:
    """Without a usable price somebody is called within 15 seconds, but for a process in the middle of a trade.

    Whether the venue answers nothing, garbage or what is old, and whatever a question hangs for.
    """
    feed = _Feed()
    for at, kind, body in history:
        lives = kind in {"called", "look", "priced"} or (kind == "lease" and "process" in body["holder"])
        if lives and feed.dead(at):
            yield f"W6 at {at}: no usable price since {feed.fresh}, and nobody was called"
            feed.told = True
        feed.take(at, kind, body)


class _Readiness:
    """Whether the process that lives knows what is held, and by when it must: nothing is due while it trades."""

    def __init__(self) -> None:
        self.due: int | None = None
        self.calm = self.trading = self.knows = self.lives = False

    def take(self, at: int, kind: str, body: Mapping[str, Any]) -> None:
        """Take in a line."""
        if kind in {"calm", "storm"}:
            self.calm = kind == "calm"
        elif kind in {"started", "ended"}:
            self.knows = self.trading = False
            self.lives = kind == "started"
        elif kind in {"programme", "resumed", "done"}:
            self.trading = kind != "done"
        elif kind == "look":
            self.knows = body["known"]
        if kind in {"storm", "ended"} or self.knows:
            self.due = None
        elif kind in {"calm", "started", "done", "asleep", "hung"} and self.calm and self.lives:
            self.due = at + _READY_MS


def _ready(history: History) -> Iterator[str]:
    """After trouble, or a start while nothing is wrong, a look that knows what is held comes within ten seconds."""
    state = _Readiness()
    for at, kind, body in history:
        due = state.due
        if due is not None and at > due and not state.trading and kind in {"look", "lease"}:
            yield f"W7 at {at}: not ready {at - due + _READY_MS} ms after trouble or a start"
            state.due = None
        state.take(at, kind, body)


def _halted(history: History) -> Iterator[str]:
    """Two seconds after a halt nothing leaves that opens, from whatever process, until it is lifted."""
    since: int | None = None
    for at, kind, body in history:
        if kind == "halt":
            since = None if body["why"] is None else at if since is None else since
        elif kind == "sent" and since is not None and at - since > _HALT_MS and not body["reduce_only"]:
            yield f"W9 at {at}: {body['client_id']} left {at - since} ms after the halt"


_CHECKS: tuple[Callable[[History], Iterator[str]], ...] = (
    _leave,
    _bounds,
    _says_why,
    _true,
    _alarms,
    _dead,
    _ready,
    _halted,
    set_otherwise,
)
