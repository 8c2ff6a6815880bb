"""The breaker: it opens by evidence, keeps `auto` to what is safe, and is closed by people alone; and the estimator's watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from tests.runs.test_alarms_of_venue import BTC, CALM
from tests.runs.watched import ACCOUNT, DAY, World

from hedgerow.hedge.watch import Thresholds
from hedgerow.model.watched import BreakerRow, DayRow, MarkRow, PositionRow
from hedgerow.runs.diary import LOOK, decided_again, diary_of, remembered
from hedgerow.runs.proving import Paid, Proof, breaches, coverage, kept_back, noted
from hedgerow.runs.watching import Held
from hedgerow.runs.wire import body_of

LIMITS = Thresholds()
NOW = 10_000 * DAY


def history(n: int, ends: int, hedge: float = -1.0, seed: int = 0) -> tuple[DayRow, ...]:
    """So many mornings before `ends`, of a hedge that moves `hedge` times the book's market part."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(n):
        factor = float(rng.normal(0.0, 0.03))
        plain = 1.4e5 * factor + float(rng.normal(0.0, 1e3))
        rows.append(
            DayRow(
                ends - (n - k) * DAY,
                (MarkRow("ETH", 1e5, 3_000.0),),
                (MarkRow(BTC, -1.4e5, 60_000.0),),
                MarkRow("BTC", 0.0, 60_000.0),
                0.94,
                0.97,
                1.4e5,
                1e4,
                plain,
                hedge * 1.4e5 * factor,
                factor,
            )
        )
    return tuple(rows)


def remembering(n: int, change: Callable[[DayRow], DayRow]) -> World:
    """A world whose diary has `n` mornings behind it."""
    world = World(CALM)
    (look,) = World(CALM).watch_often(1)
    days = [change(day) for day in history(n, world.clock.now())]
    plain = replace(look, traded_usd=0.0, learned=False, traded_at=None, alarms=())
    lease = world.store.acquire(ACCOUNT, "hand", DAY)
    assert lease is not None
    lines = [(LOOK, body_of(replace(plain, at=day.at, day=day))) for day in days]
    world.store.append(diary_of(ACCOUNT, "book"), world.clock.now(), lines, lease)
    world.store.release(lease)
    return world


def wrong(day: DayRow) -> DayRow:
    """The same day with a hedge that moved with the book."""
    return replace(day, hedge_usd=-0.3 * (day.hedge_usd or 0.0))


def test_promises_that_are_kept_break_nothing() -> None:
    assert breaches(Proof(history(61, NOW)), LIMITS) == ()
    assert breaches(Proof(history(20, NOW, hedge=1.0)), LIMITS) == ()  # three weeks tell nothing


def mirrored(day: DayRow) -> DayRow:
    """The same morning of the book the other way round: short of the coins, and hedged by a long."""
    assert day.plain_usd is not None
    assert day.hedge_usd is not None
    turned = replace(day, plain_usd=-day.plain_usd, hedge_usd=-day.hedge_usd, beta_usd=-day.beta_usd)
    coins = tuple(replace(row, dollars=-row.dollars) for row in day.coins)
    return replace(turned, coins=coins, hedge=tuple(replace(row, dollars=-row.dollars) for row in day.hedge))


@pytest.mark.parametrize("hedge", [-1.0, 0.3, 1.0])
def test_a_book_that_is_short_and_its_long_hedge_are_judged_as_the_mirror_of_a_long_one(hedge: float) -> None:
    days = history(61, NOW, hedge=hedge)
    found = breaches(Proof(tuple(mirrored(day) for day in days)), LIMITS)
    assert found == breaches(Proof(days), LIMITS)
    assert bool(found) == (hedge > 0.0)


def test_a_position_that_is_meant_to_run_with_the_book_promises_so_and_breaks_nothing() -> None:
    """A target above the book's own beta is reached by a long: its correlation with what is short of the book is below zero."""
    days = tuple(replace(day, against=-0.97, removed=-3.0 * 0.94) for day in history(61, NOW, hedge=1.0))
    assert breaches(Proof(days), LIMITS) == ()


def test_a_hedge_that_does_not_work_is_told_with_its_numbers() -> None:
    removed, against = breaches(Proof(history(61, NOW, hedge=0.3)), LIMITS)
    assert removed.startswith("the hedge added ")
    assert "in 60 days where a removal of 94 % was promised: at 99 % it is" in removed
    assert "0.97 was promised" in against


def test_days_before_it_was_closed_count_no_more() -> None:
    proof = Proof(history(61, 100 * DAY, hedge=0.3), since=90 * DAY)
    assert breaches(proof, LIMITS) == ()


def test_trades_that_cost_more_than_their_plans_said() -> None:
    dear = tuple(Paid(k, 40.0 + k, 10.0) for k in range(1, 9))
    (why,) = breaches(Proof(trades=dear), LIMITS)
    assert why.startswith("8 trades cost 345 % more than their plans said: at 99 % ")
    usual = tuple(Paid(k, 10.0 + k, 10.0) for k in range(1, 9))
    assert breaches(Proof(trades=usual), LIMITS) == ()
    assert breaches(Proof(trades=dear[:4]), LIMITS) == ()


def test_it_opens_once_keeps_auto_to_what_is_safe_and_is_closed_by_people_alone() -> None:
    world = remembering(61, wrong)
    on = world.watch_often(3)
    texts = [text for level, title, text in world.alarms if title == "breaker: hedge"]
    assert len(texts) == 1
    assert texts[0].startswith("the breaker is open: the hedge added ")
    assert {look.breaker.name for look in on if look.breaker} == {on[0].asks[0].name}
    before = world.held()
    world.book["SOL"] = "1000"
    (kept,) = world.watch_often(1)
    assert kept.traded_usd == 0.0
    assert world.held() == before
    assert {"breaker", "limits", "drift"} <= {row.watch for row in kept.alarms}
    assert any(
        line.action == "refused" and line.text.startswith("breaker: it is open") for line in world.lines
    )
    world.book["SOL"] = "250"
    (less,) = world.watch_often(1)
    assert less.traded_usd > 0.0  # what reduces goes on
    assert before < world.held() < 0
    world.book["SOL"] = "500"
    (again,) = world.watch_often(1)
    assert again.traded_usd > 0.0  # and what was held when it opened is put back, and no more
    assert world.held() >= before
    world.approvals[again.asks[0].name] = "Ann, Bob"
    closed = world.watch_often(3)
    assert closed[0].closed_by == "Ann, Bob"
    assert [look.breaker for look in closed] == [None, None, None]
    assert any(line.action == "closed" and line.text == "the breaker, by Ann, Bob" for line in world.lines)
    assert [text for _, title, text in world.alarms if title == "breaker: hedge"][1:] == ["is well again"]
    world.clock.advance(DAY)
    assert world.watch_often(1)[0].breaker is None  # what was before is not held against it again


def test_a_day_is_recorded_once_and_the_diary_leads_to_the_same_proof() -> None:
    world = World(CALM)
    monitor = world.monitor()
    looks = world.watch(60, monitor)
    days = [look.day for look in looks if look.day is not None]
    assert len(days) == len({day.at // DAY for day in days}) >= 10
    found = remembered(world.store.read(diary_of(ACCOUNT, "book"))).lasting.proof
    assert list(found.days) == days
    proof = Proof()
    for look in looks:
        proof = noted(proof, look)
    assert proof == found
    assert decided_again(looks, world, world.policy) == ()
    for day in days[1:]:
        assert day.plain_usd is not None
        assert day.hedge_usd is not None
        assert day.removed is not None
        assert 0.0 < day.removed < 1.0
        assert day.against == pytest.approx(np.sqrt(day.removed), abs=0.1)
    both = np.array([[day.plain_usd, day.hedge_usd] for day in days[2:]], dtype=float)
    assert np.sum(both.sum(axis=1) ** 2) < np.sum(both[:, 0] ** 2)


def test_what_the_coins_and_the_hedge_did_is_what_prices_say() -> None:
    world = World(CALM)
    looks = [look for look in world.watch(20) if look.day is not None]
    morning, after = looks[1].day, looks[2].day
    assert morning is not None
    assert after is not None
    market = world.look(after.at).market
    moved = {
        row.name: float(market.prices[-1, market.column(row.name)]) / row.price - 1.0 for row in morning.coins
    }
    assert after.plain_usd == pytest.approx(sum(row.dollars * moved[row.name] for row in morning.coins))
    (short,) = morning.hedge
    assert short.dollars < 0.0
    assert after.factor_move is not None
    assert after.hedge_usd == pytest.approx(short.dollars * after.factor_move)


def row(units: str) -> PositionRow:
    (btc,) = (each for each in CONTRACTS if each.name == BTC)
    return PositionRow(btc, Decimal(units), Decimal(60_000))


CONTRACTS = World(CALM).contracts


@pytest.mark.parametrize(
    ("held", "order", "let"),
    [
        ("-2", "1", True),
        ("-2", "2", True),
        ("-2", "2.5", False),
        ("-2", "-1", True),
        ("-2", "-1.5", False),
        ("0", "-3", True),
        ("0", "-3.1", False),
        ("0", "1", False),
        ("-4", "1", True),
        ("-4", "-0.1", False),
    ],
)
def test_what_an_open_breaker_lets_through(held: str, order: str, let: bool) -> None:
    contract = row("1").instrument
    breaker = BreakerRow("0123456789", 1, "why", (row("-3"),))
    count = Decimal(order) / contract.multiplier
    there = [Held(contract, Decimal(held), Decimal(60_000))] if held != "0" else []
    assert (kept_back(breaker, there, {contract: count}) == ()) is let
    assert kept_back(None, there, {contract: count}) == ()


def test_a_roll_is_no_new_risk() -> None:
    near, far = sorted(
        (c for c in CONTRACTS if c.expiry is not None and c.underlying == "BTC" and c.settle == "USDT"),
        key=lambda c: str(c.expiry),
    )[:2]
    assert near.family == far.family
    breaker = BreakerRow("0123456789", 1, "why", ())
    held = [Held(near, Decimal(-2) * near.multiplier, Decimal(60_000))]
    assert kept_back(breaker, held, {near: Decimal(2), far: Decimal(-2)}) == ()
    assert kept_back(breaker, held, {near: Decimal(2), far: Decimal(-3)}) != ()


def test_an_estimator_whose_intervals_stopped_covering_is_named_and_one_that_covers_is_not() -> None:
    good, bad = (
        coverage(history(121, 0)),
        coverage(tuple(replace(day, beta_usd=4e5) for day in history(121, 0))),
    )
    assert (good.held, good.spans) == (12, 12)
    assert good.p == pytest.approx(1.0)
    assert bad.held <= 4
    assert bad.p < 1e-4
    assert np.isnan(coverage(history(41, 0)).p)
    world = remembering(121, lambda day: replace(day, beta_usd=4e5))
    world.watch_often(3)
    (text,) = [text for _, title, text in world.alarms if title == "estimator: betas"]
    assert text.startswith(
        f"the 90 % interval of the book's beta held {bad.held} of the last 12 spans of ten days"
    )
