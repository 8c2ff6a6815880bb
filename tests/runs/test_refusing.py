"""A trade that the venue refuses is not sent again at each look: after a pause that doubles, and at once where its reason is gone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.runs.test_monitor import CALM
from tests.runs.watched import ACCOUNT, HOUR, World

from hedgerow.hedge.watch import WatchRules
from hedgerow.model.orders import Order, Refused, Reply
from hedgerow.model.watched import Look
from hedgerow.runs.diary import decided_again
from hedgerow.runs.monitor import Around, Monitor, Watched
from hedgerow.venues.paper_doors import PaperTrading

MINUTE = 60_000
WHY = "there is not enough margin"


class Refusing:
    """A venue that refuses every order while it is `shut`; `sent` are the instants of those that reached it."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shut, self.sent, self.begun, plain = True, list[int](), world.clock.now(), PaperTrading.place

        async def place(door: PaperTrading, order: Order) -> Reply:
            self.sent.append((world.clock.now() - self.begun) // MINUTE)
            return Refused("margin", WHY) if self.shut else await plain(door, order)

        monkeypatch.setattr(PaperTrading, "place", place)


def minutely(world: World) -> Monitor:
    """A life of the watch that looks each minute."""
    rules = WatchRules(world.mode, 60.0, world.bounds)  # type: ignore[arg-type]
    watched = Watched("book", ACCOUNT, "one", world.policy, rules, world.lease_ms, pulse_ms=0)
    around = Around(world, lambda name: world.approvals.get(name, ""), world.provide, world.lines.append)
    return Monitor(watched, world.doors, world.store, world.clock, world, around)


def looked(world: World, minutes: int, watching: Monitor) -> list[Look]:
    begun = len(world.looks)
    asyncio.run(watching.run(world.clock.now() + minutes * MINUTE))
    return world.looks[begun:]


def test_the_pause_doubles_to_an_hour_and_says_until_when_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(CALM)
    venue = Refusing(world, monkeypatch)
    looks = looked(world, 239, minutely(world))
    assert venue.sent == [0, 2, 6, 14, 30, 62, 122, 182]
    assert world.held() == 0
    assert {row.watch for look in looks for row in look.alarms} == {"limits", "drift"}
    (held_back, *_) = (line for line in world.lines if "not sent again" in line.text)
    assert held_back.text.startswith(
        f"refused by the venue: not sent again before 00:02 UTC: the venue refused it: paper:BTCUSDT: margin {WHY}"
    )
    assert decided_again(looks, world, world.policy) == ()


def test_it_calls_once_however_often_the_venue_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(CALM)
    Refusing(world, monkeypatch)
    looked(world, 200, minutely(world))
    titles = [title.partition(",")[0] for _, title, _ in world.alarms]
    assert len(titles) == len(set(titles))
    assert {"limits: trade", "drift: BTC", "paper:BTCUSDT cannot be traded"} <= set(titles)


@pytest.mark.parametrize("what", ["book", "coins"])
def test_it_is_sent_at_once_where_its_reason_may_be_gone(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(CALM)
    venue, watching = Refusing(world, monkeypatch), minutely(world)
    looked(world, 20, watching)
    before, venue.shut = len(venue.sent), False
    if what == "book":
        world.book["SOL"] = "499"
    else:
        world.venue.credit("USDT", Decimal(50_000))
    (look,) = looked(world, 1, watching)
    assert len(venue.sent) > before
    assert look.in_band
    assert look.refused is None


def test_a_watch_that_starts_again_asks_once_and_waits_on_as_long_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(CALM)
    venue = Refusing(world, monkeypatch)
    looked(world, 20, minutely(world))
    assert venue.sent == [0, 2, 6, 14]
    looked(world, 60, minutely(world))
    assert venue.sent[4:] == [20, 52]


def test_another_trade_is_no_refused_one(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(CALM, mode="propose")
    venue, watching = Refusing(world, monkeypatch), minutely(world)
    (look,) = looked(world, 1, watching)
    assert look.proposal is not None
    world.approvals[look.proposal.name] = "Ann"
    (look,) = looked(world, 1, watching)
    assert (look.approved_by, venue.sent, look.refused) == ("Ann", [1], None)
    (look,) = looked(world, 1, watching)  # people are asked again, and may say yes at once
    assert look.proposal is not None
    world.approvals[look.proposal.name] = "Ann"
    (look,) = looked(world, 1, watching)
    assert venue.sent == [1, 3]


def test_a_size_beyond_the_bracket_is_refused_here_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(CALM, book={"ETH": "4000000"})
    venue = Refusing(world, monkeypatch)
    looks = looked(world, 5, minutely(world))
    (row,) = (row for row in looks[-1].alarms if row.watch == "limits")
    assert venue.sent == []
    assert "where the venue takes less than 5,000,000 at leverage 20" in row.text
    assert "Set leverage 5 at the venue" in row.advice
    assert [title for _, title, _ in world.alarms].count("limits: trade") == 1


def test_what_is_remembered_is_what_the_diary_has(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(CALM)
    Refusing(world, monkeypatch)
    *_, look = looked(world, 3, minutely(world))
    assert look.refused is not None
    assert (look.refused.times, look.refused.why) == (2, f"paper:BTCUSDT: margin {WHY}")
    assert look.refused.until == look.at + 4 * MINUTE
    assert replace(look.refused, orders=look.orders) == look.refused
    assert look.refused.until - look.at < HOUR
