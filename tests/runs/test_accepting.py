"""Holdings that changed beyond recognition: nothing is traded on them until somebody says that they are meant."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.runs.test_monitor import CALM
from tests.runs.watched import ACCOUNT, World

from hedgerow.model.betas import Betas
from hedgerow.model.portfolio import Portfolio, Position
from hedgerow.runs.accepting import upheaval
from hedgerow.runs.diary import OWNED, View, decided_again, diary_of
from hedgerow.runs.wire import value_of

BOOK = {"ETH": "40", "SOL": "500", "USDT": "50000"}


def book(rows: dict[str, str]) -> Portfolio:
    return Portfolio(tuple(Position(coin, Decimal(units)) for coin, units in rows.items()))


def asked(before: dict[str, str], now: dict[str, str], **more: frozenset[str]) -> str:
    """Why one book is no ordinary change of another, at the prices of a calm day."""
    world = World(CALM)
    view = world.look(world.clock.now())
    betas: Betas = world.policy.estimate(view.market, ("ETH", "SOL", "USDT", "BTC"))
    return upheaval(book(before), book(now), view.market, betas, **more)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"SOL": "0"},  # sold altogether
        {"SOL": "1500"},
        {"ETH": "190"},  # a little below five times
        {"ETH": "8.5"},
        {"BTC": "2"},  # bought: it was not there
        {"USDT": "200000"},
    ],
)
def test_an_owner_who_buys_and_sells_is_followed(change: dict[str, str]) -> None:
    assert asked(BOOK, BOOK | change) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SOL": "500000"}, "SOL 500 → 500,000"),
        ({"SOL": "0.5"}, "SOL 500 → 0.5"),
        ({"SOL": "90"}, "SOL 500 → 90"),
        ({"SOL": "-500"}, "SOL 500 → -500"),
        ({"USDT": "50000000"}, "USDT 50,000 → 50,000,000"),
        ({"ETH": "0", "SOL": "0"}, "dollar beta to BTC"),
        ({"ETH": "0", "USDT": "0"}, "worth $2"),
        ({"BTC": "200"}, "dollar beta to BTC"),
        ({"ETH": "-25"}, "ETH 40 → -25"),
    ],
)
def test_what_looks_like_a_slip_or_half_a_file_is_asked_about(change: dict[str, str], said: str) -> None:
    assert said in asked(BOOK, BOOK | change)


def test_a_large_coin_that_lost_its_row_in_a_file_is_asked_about_and_one_that_was_sold_is_not() -> None:
    world = World(CALM)
    market = world.look(world.clock.now()).market
    betas = world.policy.estimate(market, ("ETH", "SOL", "USDT"))

    def said(units: str, now: Portfolio, line: int | None = 3) -> str:
        rows = (Position("ETH", Decimal(40)), Position("SOL", Decimal(units), line=line))
        return upheaval(Portfolio((*rows, Position("USDT", Decimal(50000)))), now, market, betas)

    gone = book({"ETH": "40", "USDT": "50000"})
    assert said("500", gone) == "SOL 500 → no row"  # 75,000 of 245,000
    assert said("270", gone) == ""  # 40,500 of 210,500
    assert said("500", replace(gone, nothing_of=("SOL",))) == ""
    assert said("500", gone, line=None) == ""  # an account that has none tells none
    assert said("500", replace(gone, positions=(*gone.positions, Position("SOL", Decimal(490))))) == ""


def test_dust_and_what_is_left_out_are_not_asked_about() -> None:
    dust = BOOK | {"SOL": "0.5"}
    assert asked(dust, BOOK | {"SOL": "5"}) == ""
    assert asked(BOOK, BOOK | {"SOL": "500000"}, excluded=frozenset({"SOL"})) == ""


def test_a_slip_of_the_keyboard_is_not_traded_and_calls_once_until_it_is_put_right() -> None:
    world = World(CALM)
    watching = world.monitor()
    world.watch(3, watching)
    before = world.held()
    world.book["SOL"] = "500000"
    looks = world.watch(5, watching)
    assert world.held() == before
    assert [title.partition(":")[0] for level, title, _ in world.alarms if level == "critical"].count(
        "book changed"
    ) == 1
    (row,) = (row for row in looks[-1].alarms if row.watch == "book changed")
    (ask,) = looks[-1].asks
    assert "SOL 500 → 500,000" in row.text
    assert (row.level, ask.name[:8] in row.advice) == ("critical", True)
    assert "the changed holdings wait" in next(
        each.text for each in looks[-1].alarms if each.watch == "drift"
    )
    world.book["SOL"] = "500"
    (look,) = world.watch(1, watching)
    assert (look.asks, look.changed_book) == ((), None)
    assert "book changed" not in {each.watch for each in look.alarms}
    assert decided_again(world.looks, _Then(world), world.policy) == ()


class _Then:
    """The eyes of then: the prices of the world, and the holdings that the diary has of each look."""

    def __init__(self, world: World) -> None:
        self._world = world
        records = tuple(world.store.read(diary_of(ACCOUNT, "book")))
        owned = [value_of(record.body) for record in records if record.kind == OWNED]
        self._books = {each.name: each.book for each in owned}
        self._named = {look.at: look.book for look in world.looks}

    def look(self, at: int) -> View:
        name = self._named[at]
        return replace(self._world.look(at), book=self._books[name], book_id=name)


def test_who_says_that_it_is_meant_is_told_and_it_is_traded_within_the_bounds() -> None:
    world = World(CALM)
    watching = world.monitor()
    world.watch(3, watching)
    world.book["SOL"] = "3000"
    (look,) = world.watch(1, watching)
    assert look.traded_usd == 0.0
    world.meant()
    (look,) = world.watch(1, watching)
    assert (look.book_by, look.in_band) == ("Ann", True)
    assert any(line.action == "accepted" and "by Ann" in line.text for line in world.lines)
    (look,) = world.watch(1, watching)
    assert look.book_by == ""


def test_a_process_that_starts_again_asks_the_same_and_a_yes_is_for_those_holdings_alone() -> None:
    world = World(CALM)
    world.watch(3)
    before = world.held()
    world.book["SOL"] = "500000"
    (first,) = world.watch(1)  # each call is another process
    (second,) = world.watch(1)
    assert first.asks == second.asks
    assert second.changed_book is not None
    assert second.changed_book.since == first.at
    world.meant()
    world.book["SOL"] = "5000000"
    (third,) = world.watch(1)
    assert third.asks != first.asks
    assert [title.partition(":")[0] for level, title, _ in world.alarms if level == "critical"].count(
        "book changed"
    ) == 2
    assert world.held() == before


def test_half_a_file_while_no_process_looked_is_asked_about_at_the_start() -> None:
    world = World(CALM)
    world.watch(3)
    before = world.held()
    world.book = {"ETH": "40"}
    (look,) = world.watch(1)
    assert (look.traded_usd, world.held()) == (0.0, before)
    assert [ask.about for ask in look.asks] == ["holdings"]


@pytest.mark.parametrize("mode", ["propose", "observe"])
def test_who_is_asked_about_each_trade_is_not_asked_about_the_holdings(mode: str) -> None:
    world = World(CALM, mode=mode)
    world.watch(1)
    world.book["SOL"] = "500000"
    (look,) = world.watch(1)
    assert look.asks == ()
    assert look.proposal is not None


def test_what_is_not_known_asks_nothing_and_forgets_nothing() -> None:
    world = World(CALM)
    watching = world.monitor()
    world.watch(2, watching)
    world.book["SOL"] = "500000"
    world.down.add("positions")
    (look,) = world.watch(1, watching)
    assert (look.act, look.asks) == ("stop", ())
    world.down.clear()
    (look,) = world.watch(1, watching)
    assert len(look.asks) == 1
    world.down.add("positions")
    (look,) = world.watch(1, watching)
    assert len(look.asks) == 1
