"""Lives under faults: no order twice, none beyond the plan, none lost, and the ledger is what the venue says."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from hedgerow.hedge.watch import Bounds
from hedgerow.model.ports import AccountModes
from hedgerow.testing.faults import FAULTS, check_history, check_vigil, live, vigil
from hedgerow.testing.faults.history import unlike
from hedgerow.testing.faults.report import Report, parted
from hedgerow.testing.faults.vigilance import ready_after

SEEDS = 60

Line = tuple[int, str, Mapping[str, Any]]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_lives_under_faults_break_nothing(first: int) -> None:
    verdicts = [live(seed, events=300) for seed in range(first, first + 20)]
    assert {v.seed: v.violations for v in verdicts if v.violations} == {}
    assert sum(v.outcomes["complete"] for v in verdicts) > 0
    assert sum(v.struck.total() for v in verdicts) > 0


def test_the_same_seed_is_the_same_journal() -> None:
    assert live(5, events=200).digest != ""
    assert parted(5, events=200) == ""


def test_faults_that_never_struck_are_named() -> None:
    report = Report.of([7], events=100)
    assert report.idle == [fault for fault in FAULTS if not report.struck[fault]]
    assert "F1" in Report().idle
    assert set(report.figures()["struck"]) == set(FAULTS)  # type: ignore[call-overload]


def _line(at: int, kind: str, **body: Any) -> Line:
    return at, kind, body


PLAN = _line(0, "programme", plan="p", legs={"c": (Decimal(0), Decimal(2))}, deadline_ms=1_000)
INTENT = _line(
    1,
    "intent",
    client_id="a",
    quantity=Decimal(2),
    reduce_only=False,
    plan="p",
    instrument="c",
    purpose="trade",
)
READS = tuple(_line(0, "read", what=what, apart=0) for what in ("prices", "positions", "time"))
LEASE = _line(0, "lease", holder="one", left=15_000)
SENT = _line(2, "sent", client_id="a", quantity=Decimal(2), reduce_only=False, holder="one")


def _fill(units: str, client_id: str = "a", *, at: int = 3, reduce_only: bool = False) -> Line:
    money = {"price": Decimal(10), "fee": Decimal("0.5"), "fee_coin": "BNB", "coin_usd": Decimal(0)}
    quantity = Decimal(units)
    return _line(
        at, "fill", client_id=client_id, instrument="c", quantity=quantity, reduce_only=reduce_only, **money
    )


def _ledger(**more: Any) -> Line:
    right = {"quantity": Decimal(2), "cost": Decimal(20), "realised": Decimal(0)}
    funding = {"USDT": Decimal(-1), "BNB": Decimal(1)}
    body = {**right, "funding": funding, "fees": {"BNB": Decimal("0.5")}, "payoff": "linear", **more}
    return _line(5, "ledger", instrument="c", settle="USDT", **body)


PAID = (
    _line(4, "paid", instrument="c", coin="USDT", amount=Decimal(-1)),
    _line(4, "paid", instrument="c", coin="BNB", amount=Decimal(1)),
)
ALARM = _line(4, "alarm", level="critical", alarm="x: y")
DONE = _line(6, "done", plan="p", outcome="complete", live=[], alarms=frozenset({"x: y"}))
RESUMED = _line(5, "resumed", plan="p", known=frozenset({"a"}), alarms=frozenset())
KNOWN = _line(5, "known", warm="w", cold="w")
RIGHT = [
    *(PLAN, *READS, LEASE, INTENT, SENT, _fill("1"), _fill("1"), *PAID, ALARM, RESUMED, KNOWN),
    *(_ledger(fees={"BNB": Decimal(1)}), DONE, _line(7, "ended", how="done")),
]


def _without(*lines: Line) -> list[Line]:
    return [line for line in RIGHT if line not in lines]


def _instead(line: Line, **more: Any) -> list[Line]:
    return [
        (at, kind, {**body, **more}) if (at, kind, body) == line else (at, kind, body)
        for at, kind, body in RIGHT
    ]


def _later(line: Line, at: int) -> list[Line]:
    return [(at if one == line else one[0], *one[1:]) for one in RIGHT]


def test_the_history_checker_finds_nothing_where_nothing_is_wrong() -> None:
    assert check_history(RIGHT) == []


DOUBLED = _line(2, "doubled", client_id="a")
MANY = [_line(2, "write", what="cancel")] * 41
WRONG = [
    ("H1", _without(INTENT)),
    ("H1", [*RIGHT, SENT]),
    ("H1", [*RIGHT, INTENT]),
    ("H1", _instead(INTENT, quantity=Decimal(3))),
    ("H2", [*RIGHT, _fill("1")]),
    ("H2", _instead(PLAN, legs={"c": (Decimal(0), Decimal(1))})),
    ("H2", [DOUBLED, *RIGHT[:-2], _fill("1"), *RIGHT[-2:]]),
    ("H2", [*RIGHT[:-2], _fill("0.1", "b"), *RIGHT[-2:]]),
    ("H3", [*RIGHT, _fill("-3", "", reduce_only=True)]),
    ("H3", [*RIGHT, _fill("1", "", reduce_only=True)]),
    ("H4", _instead(RESUMED, known=frozenset())),
    ("H4", _instead(DONE, live=["a"])),
    ("H5", [*RIGHT, _ledger(quantity=Decimal(1), fees={"BNB": Decimal(1)})]),
    ("H5", [*RIGHT, _ledger(realised=Decimal(1), fees={"BNB": Decimal(1)})]),
    ("H5", [*RIGHT, _ledger(cost=Decimal(21), fees={"BNB": Decimal(1)})]),
    ("H5", [*RIGHT, _ledger(fees={"USDT": Decimal(1)})]),
    ("H5", [*RIGHT, _ledger(fees={"BNB": Decimal(1)}, funding={"USDT": Decimal(0)})]),
    ("H6", _without(DONE, ALARM)),
    ("H6", _later(DONE, 301_001)),
    ("H7", _later(SENT, 6_501)),
    ("H7", _without(READS[1])),
    ("H7", _instead(READS[2], apart=1_301)),
    ("H7", _instead(LEASE, holder="two")),
    ("H7", _instead(LEASE, left=2)),
    ("H8", [*RIGHT[:6], *MANY, *MANY[:1], *RIGHT[6:]]),
    ("H8", [*RIGHT, *MANY, *MANY]),
    ("H9", [_line(0, "halt", why="x"), *RIGHT]),
    ("H10", _instead(KNOWN, cold="")),
    ("H13", _instead(DONE, alarms=frozenset())),
    ("H14", [*RIGHT, _line(9, "ended", how="crash", error="KeyError", said="x")]),
    ("H14", [*RIGHT, _line(9, "ended", how="error", error="StateUnknown", said="")]),
]


BOTH = {"c": (Decimal(0), Decimal(4)), "d": (Decimal(0), Decimal(4))}


def test_legs_that_a_plan_keeps_together_are_held_to_it() -> None:
    near = _line(0, "programme", plan="p", legs=BOTH, deadline_ms=1_000, ahead=Decimal("0.5"))
    apart = [near, INTENT, SENT, _fill("2"), _fill("1")]
    assert [line.partition(" ")[0] for line in check_history(apart) if "ahead" in line] == ["H15"]
    assert not any("ahead" in line for line in check_history(apart[:-1]))
    undone = (1, "intent", {**INTENT[2], "client_id": "b", "purpose": "unwind"})
    assert not any("ahead" in line for line in check_history([near, undone, *apart[1:]]))


@pytest.mark.parametrize(("invariant", "history"), WRONG)
def test_the_history_checker_sees_what_is_wrong(invariant: str, history: list[Line]) -> None:
    assert invariant in {line.partition(" ")[0].rstrip(":") for line in check_history(history)}


def test_what_is_allowed_is_not_wrong() -> None:
    heard = _line(5, "heard", alarm="x: y")
    assert check_history([*_instead(DONE, alarms=frozenset()), heard]) == []
    lifted = [_line(0, "halt", why="x"), _line(0, "halt", why=None)]
    assert check_history([*lifted, *RIGHT]) == []
    assert check_history([*RIGHT[:6], *MANY, *RIGHT[6:]]) == []
    frozen = _instead(DONE, outcome="frozen", live=["a"])
    twice = [DOUBLED, *frozen[:-2], _fill("1"), *frozen[-2:]]
    assert check_history(twice) == []


def test_two_histories_that_part_are_found() -> None:
    assert unlike(RIGHT, RIGHT) == ""
    assert unlike(RIGHT, _instead(KNOWN, cold="")).startswith("H11 at 5")
    assert unlike(RIGHT, RIGHT[:-1]) == f"H11: {len(RIGHT)} lines the first time, {len(RIGHT) - 1} then"


@pytest.mark.slow
def test_watches_under_faults_break_nothing() -> None:
    verdicts = [vigil(seed, events=120) for seed in range(8)]
    assert {v.seed: v.violations for v in verdicts if v.violations} == {}
    assert sum(v.outcomes["look: rebalance"] for v in verdicts) > 20
    assert sum(v.struck.total() for v in verdicts) > 0


RULES = _line(0, "rules", mode="auto", bounds=Bounds(trades_an_hour=1, cool_down_s=60.0, max_order_usd=19.0))
STARTED = _line(0, "started")
PRICED: Line = (1, "priced", {"at": 1})
OLD: Line = (14_000, "priced", {"at": 0})


def _look(
    at: int,
    *alarms: str,
    known: bool = True,
    sure: bool = True,
    true: float = 0.0,
    level: str = "warning",
    waits: str = "",
    held: tuple[str, ...] = (),
) -> Line:
    named = {tuple(alarm.split(": ")): level for alarm in alarms}
    body = {"known": known, "alarms": named, "sure": sure, "left": (0.0,), "band": 100.0}
    return _line(at, "look", **body, true=true, book=1_000.0, proposal=None, waits=waits, held=held)


def _plan(name: str, at: int, price: int = 10) -> list[Line]:
    world = {"prices": {"c": Decimal(price)}, "gross": Decimal(1_000)}
    intent = {"client_id": f"{name}{at}", "plan": name, "instrument": "c", "purpose": "trade"}
    return [
        _line(at, "programme", plan=name, legs={"c": (Decimal(0), Decimal(2))}, **world),
        _line(at, "intent", quantity=Decimal(2), **intent),
        _fill("2", f"{name}{at}", at=at + 1),
    ]


def _called(title: str, at: int, level: str = "warning") -> Line:
    return _line(at, "called", level=level, title=title, text="is well again" if level == "info" else "x")


def _bounded(**bounds: Any) -> Line:
    return _line(
        0, "rules", mode="auto", bounds=Bounds(**{"cool_down_s": 0.0, "max_turnover": 10.0, **bounds})
    )


def _mode(mode: str) -> Line:
    return _line(0, "rules", mode=mode, bounds=Bounds())


SILENCE = "stale feed: prices"
ISOLATED = _line(4, "modes set", modes=AccountModes(False, "isolated", None))
MEANT = _line(300_000, "modes set", modes=AccountModes(False, "cross", None))
IN_A_WORLD = {"legs": {}, "prices": {}, "gross": Decimal(1_000)}
HELD = _look(3, held=("c",))
CALM, PLAN_A, PLAN_B = _line(0, "calm"), _plan("watch-aa-1", 10), _plan("watch-bb-2", 90_000)
LOUDER = [
    _line(4, "called", level="info", title="drift: BTC", text="x"),
    _look(5, "drift: BTC", level="info"),
    _look(6, "drift: BTC", level="info"),
    _called("drift: BTC", 7),
    _look(8, "drift: BTC"),
]
WRONG_WATCHES = [
    ("W1", [_mode("observe"), SENT]),
    ("W1", [_mode("propose"), *PLAN_A]),
    (
        "W1",
        [_mode("propose"), _line(5, "approved", proposal="aa"), *PLAN_A, _fill("1", "watch-aa-110", at=12)],
    ),
    ("W1", [_mode("propose"), _line(5, "approved", proposal="aa"), _look(25_006, waits="aa")]),
    ("W2", [RULES, *PLAN_A, *PLAN_B]),
    ("W2", [RULES, *PLAN_A, *_plan("watch-bb-2", 30_000)]),
    ("W2", [RULES, *PLAN_A]),
    ("W2", [_bounded(max_turnover=0.01), *PLAN_A]),
    ("W2", [_bounded(max_turnover=0.03), *PLAN_A, *PLAN_B]),
    ("W2", [_bounded(max_cost_usd=4.0), *_plan("watch-aa-1", 10, price=7), *PLAN_B]),
    ("W3", [_look(5, sure=False)]),
    ("W4", [CALM, _look(61_000, true=500.0)]),
    ("W5", [_look(5, "drift: BTC")]),
    (
        "W5",
        [_called("drift: BTC", 4), _look(5, "drift: BTC"), _called("drift: BTC", 6), _look(7, "drift: BTC")],
    ),
    ("W5", [_called("drift: BTC", 4), _look(5, "drift: BTC"), _look(7), _look(9)]),
    ("W5", [_called("drift: BTC", 4, "info"), _look(5, "drift: BTC")]),
    ("W5", [*LOUDER[:3], LOUDER[4]]),
    ("W5", [_look(5), _called(SILENCE, 6), _called(SILENCE, 7)]),
    ("W5", [_called(SILENCE, 4), _look(5), _called(SILENCE, 6), _look(7, SILENCE)]),
    ("W5", [_called(SILENCE, 4), _look(5), _look(7), _look(9)]),
    ("W5", [_called("drift: BTC", 4), _look(5), _look(7, "drift: BTC")]),
    ("W6", [STARTED, PRICED, _look(15_002)]),
    ("W6", [STARTED, PRICED, OLD, _look(15_002)]),
    ("W7", [STARTED, _line(1, "calm"), _look(10_002, known=False)]),
    ("W7", [CALM, STARTED, _look(10_001)]),
    ("W9", [_line(0, "halt", why="x"), (2_001, *SENT[1:])]),
    ("W10", [ISOLATED, _line(5, "programme", plan="p", **IN_A_WORLD), INTENT, SENT]),
    ("W10", [HELD, ISOLATED, CALM, (400_000, *HELD[1:])]),
    ("W9", [_line(0, "halt", why="x"), _line(900, "halt", why="y"), (2_001, *SENT[1:])]),
]


@pytest.mark.parametrize(("promise", "history"), WRONG_WATCHES)
def test_the_checker_of_watches_sees_what_is_wrong(promise: str, history: list[Line]) -> None:
    assert promise in {line.partition(" ")[0] for line in check_vigil(history)}


def test_clocks_that_were_apart_and_are_right_again_when_an_order_leaves_are_no_fault() -> None:
    read = _line(0, "read", what="time", apart=-1_500)
    righted, still = ((*SENT[:2], {**SENT[2], "apart": apart}) for apart in (0, -1_500))
    told = [
        [line for line in check_history([*READS, read, INTENT, sent]) if "clocks" in line]
        for sent in (righted, still)
    ]
    assert (told[0], len(told[1])) == ([], 1)


def test_what_a_watch_may_do_is_not_wrong() -> None:
    assert check_vigil(LOUDER) == []
    said = [_mode("propose"), _line(5, "approved", proposal="aa"), *PLAN_A]
    assert check_vigil(said) == []
    assert check_vigil([*said[:2], _look(25_005, waits="aa"), _look(30_000, waits="bb")]) == []
    assert ready_after([CALM, STARTED, _look(9_000), _look(70_000)]) == [9_000]
    wide = _line(0, "rules", mode="auto", bounds=Bounds(trades_an_hour=2, cool_down_s=60.0))
    assert check_vigil([wide, *PLAN_A, *PLAN_B]) == []
    within = _bounded(max_turnover=0.05, max_cost_usd=7.0)
    assert check_vigil([within, *_plan("watch-aa-1", 10, price=7), *PLAN_B]) == []
    lifted = [_line(0, "halt", why="x"), _line(900, "halt", why=None), (2_001, *SENT[1:])]
    reducing = [_line(0, "halt", why="x"), (2_001, "sent", {**SENT[2], "reduce_only": True})]
    assert check_vigil(lifted) == check_vigil(reducing) == []
    told = [
        _called("drift: BTC", 4),
        _look(5, "drift: BTC", sure=False),
        _look(6),
        _called("drift: BTC", 7, "info"),
        _look(8),
    ]
    assert check_vigil(told) == []
    died = [_called("drift: BTC", 4), _look(5, "drift: BTC"), _look(7), STARTED, _look(9)]
    assert check_vigil(died) == []
    priced = [STARTED, PRICED, (9_000, "priced", {"at": 8_000}), OLD, _look(23_000)]
    assert check_vigil(priced) == []
    silent = [STARTED, PRICED, _called("stale feed: prices", 14_000), _look(16_000, "stale feed: prices")]
    assert check_vigil(silent) == []
    assert check_vigil([CALM, STARTED, _look(9_000), _look(70_000)][:3]) == []
    assert check_vigil([HELD, ISOLATED, CALM, MEANT, (400_000, *HELD[1:])]) == []
    told = [_called("account mode: c", 399_999), _look(400_000, "account mode: c", held=("c",))]
    assert check_vigil([HELD, ISOLATED, CALM, *told]) == []
    twice = _line(1, "doubled", client_id="watch-aa-110")
    assert check_vigil([_bounded(max_turnover=0.03), twice, *PLAN_A, *PLAN_B]) == []
    small = _bounded(max_order_usd=10.0)
    assert len(check_vigil([small, *PLAN_A])) == 1
    assert check_vigil([small, twice, *PLAN_A]) == []
    missed = [_called(SILENCE, 4), _look(5)]
    assert check_vigil([*missed, _look(7, SILENCE), _look(9), _called(SILENCE, 10, "info"), _look(11)]) == []
    assert check_vigil([*missed, _look(7), _called(SILENCE, 8, "info"), _look(9)]) == []
    well = [*missed, _look(7), _called(SILENCE, 8, "info")]
    assert check_vigil([*well, _called(SILENCE, 9), _look(10), _look(11), _called(SILENCE, 12, "info")]) == []
    back = [_called(SILENCE, 4), _look(5, SILENCE), _called(SILENCE, 6), _look(7), _look(9)]
    assert check_vigil([*back, _called(SILENCE, 10, "info"), _look(11)]) == []
