"""An independent look at a recorded history: only what was intended, sent, answered, filled and said, nothing of the code.

check_history(history) -> what it violates        each line names the invariant (reliability.md §3.3) as H1 to H15

A history is (instant, kind, body) lines. A checker that needs lines which a recorder does not write finds nothing: what
is checked where stands in docs/reliability.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

__all__ = ["History", "check_history", "unlike"]

History = Sequence[tuple[int, str, Mapping[str, Any]]]
_ZERO = Decimal(0)
_MINUTE = 60_000
_WRITES, _OPENING = 60, 42
_ON_THE_WAY = 1_500
"""How long before an order its reads may have been asked for, beyond their age: requests take their time."""
_OLDEST = {"prices": 5_000 + _ON_THE_WAY, "positions": 30_000 + _ON_THE_WAY, "time": 300_000 + _ON_THE_WAY}
_APART = 1_300
_CALM_MS = 300_000
_NAMED = ("done", "killed", "error")


def check_history(history: History) -> list[str]:
    """Return what the history violates.

    Every send follows an intent and happens once (H1); fills are never more than intents and plans (H2); what only
    reduces does (H3); no intention is lost and nothing live is left (H4); the ledger is what the fills and payments add up
    to, coin by coin (H5); a plan ends when trouble has (H6); nothing is sent on old reads, clocks apart or another's
    lease (H7), beyond the budget of writes (H8) or against a halt (H9); a cold start knows what a warm one knows (H10);
    what is critical is heard or kept (H13); every process ends by a name (H14); no leg is further ahead of those after it
    than its plan allows (H15).
    """
    return [line for check in _CHECKS for line in check(history)]


def unlike(first: History, second: History) -> str:
    """Return where two histories of the same seed part (H11), or nothing."""
    for one, other in zip(first, second, strict=False):
        if one != other:
            return f"H11 at {one[0]}: {one[1:]} the first time, {other[1:]} the second"
    return "" if len(first) == len(second) else f"H11: {len(first)} lines the first time, {len(second)} then"


def _doubled(history: History) -> frozenset[str]:
    """Return the ids that the road, not the hand, brought to the venue twice."""
    return frozenset(str(body["client_id"]) for _, kind, body in history if kind == "doubled")


def _sends(history: History) -> Iterator[str]:
    intents: dict[str, Mapping[str, Any]] = {}
    sent: set[str] = set()
    filled: dict[str, Decimal] = {}
    doubled = _doubled(history)
    for at, kind, body in history:
        name = str(body.get("client_id", ""))
        if kind == "intent":
            if name in intents:
                yield f"H1 at {at}: {name} was intended twice"
            intents[name] = body
        elif kind == "sent":
            intent = intents.get(name)
            if intent is None or intent["quantity"] != body["quantity"]:
                yield f"H1 at {at}: {name} was sent without its intent"
            if name in sent:
                yield f"H1 at {at}: {name} was sent twice"
            sent.add(name)
        elif kind == "fill" and name:
            filled[name] = filled.get(name, _ZERO) + body["quantity"]
            times = 2 if name in doubled else 1
            if name not in intents or abs(filled[name]) > times * abs(intents[name]["quantity"]):
                yield f"H2 at {at}: {name} filled {filled[name]}"


def _halts(history: History) -> Iterator[str]:
    halted = None
    for at, kind, body in history:
        if kind == "halt":
            halted = body["why"]
        elif kind == "sent" and halted is not None and not body["reduce_only"]:
            yield f"H9 at {at}: {body['client_id']} was sent while halted"


def _amounts(history: History) -> Iterator[str]:
    planned: dict[tuple[str, str], Decimal] = {}
    intents: dict[str, Mapping[str, Any]] = {}
    traded: dict[tuple[str, str], Decimal] = {}
    undone: dict[tuple[str, str], Decimal] = {}
    doubled = _doubled(history)
    apart = {body["plan"] for _, kind, body in history if kind == "intent" and body["client_id"] in doubled}
    for at, kind, body in history:
        if kind == "programme":
            for name, (_, units) in body["legs"].items():
                planned[body["plan"], name] = units
        elif kind == "intent":
            intents[body["client_id"]] = body
        elif kind == "fill" and body["client_id"] in intents:
            intent = intents[body["client_id"]]
            key = (intent["plan"], intent["instrument"])
            sums = traded if intent["purpose"] in {"trade", "finish"} else undone
            if intent["purpose"] != "protect" and key[0] not in apart:
                sums[key] = sums.get(key, _ZERO) + body["quantity"]
            if abs(traded.get(key, _ZERO)) > abs(planned.get(key, _ZERO)):
                yield f"H2 at {at}: {traded[key]} of {key} traded, {planned.get(key)} planned"
            if abs(undone.get(key, _ZERO)) > abs(traded.get(key, _ZERO)):
                yield f"H2 at {at}: {undone[key]} of {key} undone, {traded.get(key)} traded"


def _ahead(history: History) -> Iterator[str]:
    """While a plan goes on, and nothing of it is undone, its legs stay as close together as it says."""
    plans: dict[str, Mapping[str, Any]] = {}
    intents: dict[str, Mapping[str, Any]] = {}
    done: dict[tuple[str, str], Decimal] = {}
    apart = _doubled(history)
    free: set[str] = set()
    for at, kind, body in history:
        if kind == "programme" and body.get("ahead") is not None:
            plans[body["plan"]] = body
        elif kind == "intent":
            intents[body["client_id"]] = body
            if body["client_id"] in apart or body["purpose"] == "unwind":
                free.add(body["plan"])
        elif kind == "fill" and (intent := intents.get(body["client_id"])) and intent["plan"] in plans:
            plan, name = intent["plan"], intent["instrument"]
            if intent["purpose"] == "protect" or plan in free:
                continue
            done[plan, name] = done.get((plan, name), _ZERO) + body["quantity"]
            legs = plans[plan]["legs"]
            shares = [done.get((plan, each), _ZERO) / planned for each, (_, planned) in legs.items()]
            index = list(legs).index(name)
            between = shares[index] - min(shares[index + 1 :], default=shares[index])
            if between > plans[plan]["ahead"]:
                yield f"H15 at {at}: {name} of {plan} is {between:.1%} ahead, {plans[plan]['ahead']:.1%} are allowed"


def _overfilled(history: History) -> Iterator[str]:
    """An order that the road doubled and that filled beyond itself must be seen: its plan is never called complete."""
    filled: dict[str, Decimal] = {}
    intents = {body["client_id"]: body for _, kind, body in history if kind == "intent"}
    doubled = _doubled(history)
    beyond: set[str] = set()
    for at, kind, body in history:
        name = str(body.get("client_id", ""))
        if kind == "fill" and name in doubled:
            filled[name] = filled.get(name, _ZERO) + body["quantity"]
            if abs(filled[name]) > abs(intents[name]["quantity"]):
                beyond.add(intents[name]["plan"])
        elif kind == "done" and body["plan"] in beyond and body["outcome"] == "complete":
            yield f"H2 at {at}: {body['plan']} is called complete, and an order of it was doubled on the road"


def _reductions(history: History) -> Iterator[str]:
    held: dict[str, Decimal] = {}
    for at, kind, body in history:
        if kind != "fill":
            continue
        before = held.get(body["instrument"], _ZERO)
        after = held[body["instrument"]] = before + body["quantity"]
        if body.get("reduce_only") and (abs(after) > abs(before) or after * before < 0):
            yield f"H3 at {at}: {body['client_id']} took {body['instrument']} from {before} to {after}"


def _intentions(history: History) -> Iterator[str]:
    intents: dict[str, set[str]] = {}
    doubled = _doubled(history)
    for at, kind, body in history:
        if kind == "intent":
            intents.setdefault(body["plan"], set()).add(body["client_id"])
        elif kind == "resumed" and (lost := intents.get(body["plan"], set()) - body["known"]):
            yield f"H4 at {at}: {sorted(lost)} are not known after a restart"
        elif kind == "done" and (live := set(body["live"]) - doubled):
            yield f"H4 at {at}: {body['plan']} ended while {sorted(live)} are live at the venue"


Sums = dict[tuple[str, str, str], Decimal]
"""Amounts by contract, what they are, and coin."""


def _books(history: History) -> Iterator[str]:
    """Add up what happened, and hold every look at the ledger against it."""
    sums: Sums = {}

    def add(name: str, what: str, coin: str, amount: Decimal) -> None:
        sums[name, what, coin] = sums.get((name, what, coin), _ZERO) + amount

    for at, kind, body in history:
        name = str(body.get("instrument", ""))
        if kind == "fill" and "price" in body:
            quantity, price = body["quantity"], body["price"]
            add(name, "quantity", "", quantity)
            add(name, "linear", "", round(quantity * price, 12))
            add(name, "inverse", "", round(quantity / price, 12))
            add(name, "fees", body["fee_coin"], body["fee"])
        elif kind == "paid":
            add(name, "funding", body["coin"], body["amount"])
        elif kind == "ledger":
            yield from _added_up(at, body, sums)


def _added_up(at: int, body: Mapping[str, Any], sums: Sums) -> Iterator[str]:
    name = body["instrument"]
    worth = sums.get((name, body["payoff"], ""), _ZERO)
    gained = worth - body["cost"] if body["payoff"] == "inverse" else body["cost"] - worth
    theirs: dict[str, object] = {"quantity": sums.get((name, "quantity", ""), _ZERO), "realised": gained}
    for what in ("fees", "funding"):
        theirs[what] = {coin: v for (n, w, coin), v in sums.items() if (n, w) == (name, what)}
    for what, amount in theirs.items():
        if body[what] != amount:
            yield f"H5 at {at}: {what} of {name} is {body[what]} in the ledger, {amount} by what happened"


def _ends(history: History) -> Iterator[str]:
    """A plan ends: so long after its time and the last trouble, no longer."""
    begun: dict[str, int] = {}
    calm = 0
    for at, kind, body in history:
        if kind == "programme" and "deadline_ms" in body:
            begun[body["plan"]] = at + body["deadline_ms"]
        elif kind == "calm":
            calm = at
        elif kind == "done":
            due = max(begun.pop(body["plan"], at), calm) + _CALM_MS
            if at > due:
                yield f"H6 at {at}: {body['plan']} ended {at - due} ms late"
    for plan in begun:
        yield f"H6: {plan} has no end"


def _grounds(history: History) -> Iterator[str]:
    read: dict[str, int] = {}
    apart, lease = 0, ("", 0)
    kinds = {kind for _, kind, _ in history}
    for at, kind, body in history:
        if kind == "read":
            read[body["what"]] = at
            apart = body.get("apart", apart)
        elif kind == "lease":
            lease = (body["holder"], at + body["left"])
        elif kind == "sent":
            name = body["client_id"]
            if "read" in kinds:
                yield from _aged(at, name, read)
            if min(abs(apart), abs(body.get("apart", apart))) > _APART:
                yield f"H7 at {at}: {name} was sent with clocks {apart} apart"
            if "lease" in kinds and (lease[0] != body["holder"] or at >= lease[1]):
                yield f"H7 at {at}: {name} was sent by {body['holder']}, the lease is {lease}"


def _aged(at: int, name: str, read: Mapping[str, int]) -> Iterator[str]:
    for what, most in _OLDEST.items():
        if at - read.get(what, -most - 1) > most:
            yield f"H7 at {at}: {name} was sent on {what} of {read.get(what)}"


def _budget(history: History) -> Iterator[str]:
    recent: deque[int] = deque()
    for at, kind, body in history:
        if kind not in {"sent", "write"}:
            continue
        recent.append(at)
        while recent[0] <= at - _MINUTE:
            recent.popleft()
        opens = kind == "sent" and not body["reduce_only"]
        if len(recent) > (_OPENING if opens else _WRITES):
            yield f"H8 at {at}: {len(recent)} writes in a minute"


def _starts(history: History) -> Iterator[str]:
    for at, kind, body in history:
        if kind == "known" and body["warm"] != body["cold"]:
            yield f"H10 at {at}: a cold start knows something else than a warm one"


def _alarms(history: History) -> Iterator[str]:
    waiting: dict[str, int] = {}
    for at, kind, body in history:
        if kind == "alarm" and body["level"] == "critical":
            waiting.setdefault(body["alarm"], at)
        elif kind == "heard":
            waiting.pop(body["alarm"], None)
        elif kind in {"done", "resumed"}:
            for kept in body["alarms"]:
                waiting.pop(kept, None)
    for said, at in waiting.items():
        yield f"H13 at {at}: neither heard nor kept: {said}"


def _names(history: History) -> Iterator[str]:
    for at, kind, body in history:
        if kind == "ended" and (body["how"] not in _NAMED or (body["how"] == "error" and not body["said"])):
            yield f"H14 at {at}: a process ended by {body.get('error')}: {body.get('said')}"


_CHECKS: tuple[Callable[[History], Iterator[str]], ...] = (
    _sends,
    _halts,
    _amounts,
    _ahead,
    _overfilled,
    _reductions,
    _intentions,
    _books,
    _ends,
    _grounds,
    _budget,
    _starts,
    _alarms,
    _names,
)
