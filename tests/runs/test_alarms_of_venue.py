"""Alarms of the account and its venue: each is silent while all is well, rings once when it should, and is cleared once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.runs.watched import Script, World, market

from hedgerow.exchange.venue import Configured, Marked
from hedgerow.hedge.watch import Bounds
from hedgerow.model.errors import VenueInMaintenance, VenueUnreachable
from hedgerow.model.watched import Look

CALM = market(Script())
BTC = "paper:BTCUSDT"


def rung(world: World, title: str) -> list[str]:
    """What was told of one alarm, each raise and each clearing."""
    return [text for _, about, text in world.alarms if about == title]


def hedged() -> World:
    """A world whose hedge is on, and that said nothing yet."""
    world = World(CALM)
    world.watch_often(3)
    assert [title for _, title, _ in world.alarms] == []
    return world


def rings_once(world: World, title: str, cause: Callable[[], None], undo: Callable[[], None]) -> list[Look]:
    """Cause it, look three times, undo it, look three times: raised once, cleared once. Return the looks while it was on."""
    cause()
    on = world.watch_often(3)
    assert len(rung(world, title)) == 1, world.alarms
    undo()
    off = world.watch_often(3)
    assert rung(world, title)[1:] == ["is well again"]
    watch, _, about = title.partition(": ")
    assert all((watch, about) in {(row.watch, row.about) for row in look.alarms} for look in on)
    assert all((watch, about) not in {(row.watch, row.about) for row in look.alarms} for look in off)
    return on


def test_a_leverage_that_somebody_changed_rings_until_it_is_set_back() -> None:
    world = hedged()

    def leverage(value: int) -> Callable[[], None]:
        def change() -> None:
            world.venue.happen(Configured(0, "paper", BTC, None, Decimal(value)))
            world.clock.advance(300_000)

        return change

    before = world.venue.state.account("paper").setting(world.contracts[0], world.venue.state.rules).leverage
    on = rings_once(world, f"account mode: {BTC}", leverage(7), leverage(int(before)))
    (row,) = on[0].alarms
    assert row.text == f"{BTC}: leverage is 7 instead of {before.normalize():f}"
    assert row.level == "warning"
    (ask,) = on[0].asks
    assert ask.name[:8] in row.advice


def test_a_change_of_modes_that_is_meant_is_said_so_and_stays_so_over_a_restart() -> None:
    world = hedged()
    world.answers["modes"] = lambda told: replace(told, margin_mode="isolated")
    world.clock.advance(300_000)
    (look, *_) = world.watch_often(2)
    (row,) = look.alarms
    assert (row.level, row.text) == ("critical", f"{BTC}: margin mode is isolated instead of cross")
    world.approvals[look.asks[0].name] = "Ann"
    after = world.watch_often(2)  # each in a life of its own
    assert [(each.alarms, each.asks) for each in after] == [((), ()), ((), ())]
    del world.answers["modes"]
    world.clock.advance(300_000)
    assert [row.text for row in world.watch_often(1)[0].alarms] == [
        f"{BTC}: margin mode is cross instead of isolated"
    ]


def test_modes_that_no_watch_trades_in_ring_where_the_position_is_first_seen() -> None:
    """They were the baseline: cross margin rang then, and isolated margin again was well."""
    world = hedged()
    world.answers["modes"] = lambda told: replace(told, margin_mode="isolated", hedge=True)
    (look,) = world.watch_often(1)
    (row,) = look.alarms
    assert (row.level, row.text) == (
        "critical",
        f"{BTC}: position mode is long and short apart instead of one-way; margin mode is isolated instead of cross",
    )
    del world.answers["modes"]
    world.clock.advance(300_000)
    assert [look.alarms for look in world.watch_often(1)] == [()]


def test_modes_that_are_not_told_change_nothing() -> None:
    world = hedged()
    world.answers["modes"] = lambda told: replace(told, leverage=None, hedge=None)
    world.clock.advance(300_000)
    world.watch_often(2)
    world.down.add("modes")
    world.clock.advance(300_000)
    assert all(not look.alarms for look in world.watch_often(2))


def test_modes_are_asked_for_every_five_minutes_and_not_at_each_look() -> None:
    world = hedged()
    asked = []

    def count(told: Any) -> Any:
        asked.append(world.clock.now())
        return told

    world.answers["modes"] = count
    monitor = world.monitor()
    for _ in range(11):
        asyncio.run(monitor.tick())
        world.clock.advance(60_000)
    assert len(asked) == 3


def test_two_clocks_that_differ_by_more_than_a_second() -> None:
    world = hedged()

    def differ(ms: int) -> Callable[[], None]:
        return lambda: world.answers.update(server_time=lambda told: told + ms)

    (row,) = rings_once(world, "clock: venue", differ(-2_500), differ(400))[0].alarms
    assert row.text == "the venue's clock is 2.5 seconds behind this machine's"
    differ(900)()
    assert all(not look.alarms for look in world.watch_often(2))


def test_a_venue_that_says_it_is_in_maintenance() -> None:
    world = hedged()

    def close() -> None:
        world.error = VenueInMaintenance
        world.down |= {"positions", "balances"}

    rings_once(world, "maintenance: venue", close, world.down.clear)
    world.error = VenueUnreachable
    world.down.add("positions")
    (look,) = world.watch_often(1)
    assert {row.watch for row in look.alarms} == {"position unknown"}


def test_a_contract_far_from_its_index() -> None:
    world = hedged()
    mark = world.mark()

    def away(share: str) -> Callable[[], None]:
        def told(tickers: Any) -> Any:
            return tuple(replace(each, mark=mark * Decimal(share), index=mark) for each in tickers)

        return lambda: world.answers.update(tickers=told)

    on = rings_once(world, f"basis: {BTC}", away("1.0123"), away("1.004"))
    (row,) = on[0].alarms
    assert row.text == f"{BTC} is 1.23 % above its index: this position has lost that"
    away("0.98")()
    (row,) = world.watch_often(1)[0].alarms
    assert row.text == f"{BTC} is 2.00 % below its index: this position has gained that"
    away("0.993")()
    assert world.watch_often(1)[0].alarms  # between the two levels it stays
    world.answers["tickers"] = lambda tickers: tuple(replace(each, index=None) for each in tickers)
    assert world.watch_often(1)[0].alarms  # and where no index is told


def test_a_contract_that_is_taken_from_the_list_or_given_an_end() -> None:
    world = hedged()

    def without() -> None:
        world.answers["instruments"] = lambda told: tuple(each for each in told if each.name != BTC)

    (row,) = rings_once(world, f"delisting: {BTC}", without, world.answers.clear)[0].alarms
    assert (row.level, row.text) == ("critical", f"{BTC} is open and no longer listed for trading")
    ends = datetime.fromtimestamp(world.clock.now() / 1000, tz=UTC) + timedelta(days=20)
    world.answers["instruments"] = lambda told: tuple(
        replace(each, expiry=ends) if each.name == BTC else each for each in told
    )
    world.alarms.clear()
    (row,) = world.watch_often(1)[0].alarms
    assert row.level == "warning"
    assert row.text == f"{BTC} is settled at {ends:%Y-%m-%d %H:%M} UTC, in 20.0 days: it had no end"


def test_a_list_that_does_not_come_is_no_delisting() -> None:
    world = World(CALM)
    world.down.add("instruments")
    world.watch_often(1)
    world.down.clear()
    world.watch_often(1)
    world.down.add("instruments")
    assert all(not look.alarms for look in world.watch_often(2))


def test_a_venue_that_owes_most_of_the_book() -> None:
    world = hedged()
    world.lends = False  # what paper lends is none of the book

    def put(dollars: int) -> Callable[[], None]:
        return lambda: world.venue.credit("USDT", Decimal(dollars))

    (row,) = rings_once(world, "counterparty: paper", put(900_000), put(-900_000))[0].alarms
    assert row.text.startswith("paper owes 8")
    assert "of the book, $" in row.text


def test_the_money_that_restores_the_distance_does() -> None:
    world = hedged()
    coins = world.venue.state.account("paper").wallet("USDT")
    world.venue.credit("USDT", -coins * Decimal("0.7"))
    (row,) = world.watch_often(1)[0].alarms
    assert row.watch == "liquidation"
    assert row.advice.endswith("into paper, which makes it 25 % again, or hedge less.")
    amount = Decimal(row.advice.split()[1].replace(",", ""))
    assert row.advice.startswith(f"Put {amount:,f} USDT ($")
    world.venue.credit("USDT", amount * Decimal("0.97"))
    assert world.watch_often(1)[0].alarms
    world.venue.credit("USDT", amount * Decimal("0.04"))
    assert not world.watch_often(1)[0].alarms
    assert 0.25 <= world.looks[-1].distance <= 0.26


@pytest.mark.parametrize(
    ("bounds", "rule"),
    [
        (Bounds(cool_down_s=0.0, max_short_usd=200_000.0), "largest short"),
        (Bounds(cool_down_s=0.0, min_distance=0.45), "distance to liquidation"),
    ],
)
def test_what_a_trade_would_leave_behind_beyond_a_bound_is_not_sent(bounds: Bounds, rule: str) -> None:
    world = World(CALM, bounds=bounds)
    (look,) = world.watch_often(1)
    assert {row.watch for row in look.alarms} == {"limits", "drift"}
    assert any(line.action == "refused" and line.text.startswith(rule) for line in world.lines)
    assert world.held() == 0


def test_a_trade_that_makes_it_better_is_sent_beyond_the_same_bound() -> None:
    world = hedged()
    world.bounds = Bounds(cool_down_s=0.0, max_short_usd=1_000.0, min_distance=0.99)
    before = world.held()
    world.book["SOL"] = "0"
    (look,) = world.watch_often(1)
    assert look.traded_usd > 0.0
    assert before < world.held() < 0


def test_marks_move_the_distance_that_the_venue_tells() -> None:
    world = hedged()
    far = world.watch_often(1)[0].distance
    world.venue.happen(Marked(0, {BTC: world.mark() * Decimal("1.05")}))
    assert world.watch_often(1)[0].distance < far
