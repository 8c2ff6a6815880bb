"""Options through the executor on paper: bought first, all legs or none, killed anywhere and finished, settled at the end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from random import Random

import pytest
from tests.venues.options_world import ACCOUNT, CALL, ENDS_MS, PUT, OptionsWorld

from hedgerow.exchange.venue import Credited
from hedgerow.hedge.execution import Style
from hedgerow.model.errors import UsageError
from hedgerow.model.orders import Fill
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.points import watching
from hedgerow.runs.reconcile import reconcile

COLLAR = {PUT.name: "2", CALL.name: "-1.5"}


class Killed(BaseException):
    """The process is gone."""


def never_alone(fills: list[Fill]) -> None:
    """Whatever was filled so far, no larger share of the calls is sold than of the puts is bought."""
    done = {PUT.name: Decimal(0), CALL.name: Decimal(0)}
    for fill in sorted(fills, key=lambda fill: int(fill.trade_id)):  # as the venue did it
        done[fill.instrument] += fill.quantity
        assert -done[CALL.name] / Decimal("1.5") <= done[PUT.name] / 2


def test_a_collar_is_traded_whole_and_the_ledger_is_the_venue() -> None:
    world = OptionsWorld()
    found = world.trade(COLLAR)
    assert found.done is not None
    assert found.done.outcome == "complete"
    assert (world.held(PUT), world.held(CALL)) == (Decimal(2), Decimal("-1.5"))
    never_alone(list(world.fills()))
    world.agree()
    orders = [r.body for r in world.store.read(ACCOUNT) if r.kind == "sent"]
    assert {str(each["kind"]) for each in orders} == {"limit"}
    assert {(str(each["instrument"]), str(each["price"])) for each in orders} == {
        (PUT.name, "0.0230"),
        (CALL.name, "0.0240"),
    }


def points_of_a_trade() -> list[str]:
    passed: list[str] = []
    with watching(passed.append):
        OptionsWorld().trade(COLLAR)
    return passed


def test_killed_anywhere_it_is_finished_and_nothing_sold_stood_alone() -> None:
    """At every point of the whole trade: the next process finishes it, each order once."""
    whole = len(points_of_a_trade())
    assert whole > 100
    for number in range(0, whole, 4):
        world, passed = OptionsWorld(), [0]

        def hook(_: str, *, passed: list[int] = passed, number: int = number) -> None:
            passed[0] += 1
            if passed[0] == number + 1:
                raise Killed

        with watching(hook):
            try:
                world.trade(COLLAR)
            except Killed:
                never_alone(list(world.venue.fills(PUT.name, 0)) + list(world.venue.fills(CALL.name, 0)))
        world.clock.advance(20_000)
        with suppress(UsageError):  # killed after its end: the same plan is not traded twice
            found = world.trade(COLLAR)
            assert found.done is not None
            assert found.done.outcome == "complete", number
        assert (world.held(PUT), world.held(CALL)) == (Decimal(2), Decimal("-1.5"))
        never_alone(list(world.fills()))
        world.agree()


def test_a_leg_that_nobody_bids_for_keeps_the_others_from_being_sent() -> None:
    world = OptionsWorld()
    world.books[CALL.name] = (None, ("0.0250", "9"))
    world.moved(world.clock.now())
    found = world.trade(COLLAR)
    assert [each.rule for each in found.refusals] == ["a quote"]
    assert not world.fills()


def test_a_leg_whose_quotes_vanish_is_undone_after_its_time() -> None:
    world = OptionsWorld()

    def hook(_: str) -> None:
        if (
            world.held(PUT) > 0
        ):  # after the first put was bought the call's book is empty, its mark still told
            world.books[CALL.name] = (None, None)

    with watching(hook):
        found = world.trade(COLLAR)
    assert found.done is not None
    assert found.done.outcome == "unwound"
    assert (world.held(PUT), world.held(CALL)) == (Decimal(0), Decimal(0))
    world.agree()
    sold_back = [fill for fill in world.fills() if fill.instrument == PUT.name and fill.quantity < 0]
    assert sold_back


def test_a_sold_call_is_bought_back_before_its_puts_are_sold() -> None:
    """Half of the calls are sold when the rest finds no buyer: what was sold goes first."""
    world = OptionsWorld()

    def hook(_: str) -> None:
        if world.held(CALL) <= Decimal("-0.5"):
            world.books[CALL.name] = (("0.0200", "9"), ("0.0250", "9"))
            world.marks[CALL.name] = Decimal("0.0225")
        elif world.held(PUT) == 2:
            world.books[CALL.name] = (("0.0240", "0.4"), ("0.0250", "9"))

    with watching(hook):
        found = world.trade(COLLAR)
    assert found.done is not None
    never_alone(list(world.fills()))
    assert found.done.outcome == "unwound"
    assert (world.held(PUT), world.held(CALL)) == (Decimal(0), Decimal(0))
    bought_back = max(int(fill.trade_id) for fill in world.fills() if fill.instrument == CALL.name)
    sold_back = [f for f in world.fills() if f.instrument == PUT.name and f.quantity < 0]
    assert all(int(fill.trade_id) > bought_back for fill in sold_back)
    world.agree()


def test_post_only_rests_in_coin_ticks_and_costs_no_more_than_the_bid() -> None:
    world = OptionsWorld()
    seen: list[Decimal] = []

    def hook(_: str) -> None:
        for order in world.venue.state.orders.values():
            if order.order.price is not None and order.order.kind == "post_only":
                seen.append(order.order.price)
                world.books[PUT.name] = (("0.0210", "9"), ("0.0220", "9"))  # the market comes to us

    with watching(hook):
        found = world.trade({PUT.name: "2"}, style=Style("post_only", at_deadline="leave"))
    assert found.done is not None
    assert found.done.outcome == "complete"
    assert set(seen) == {Decimal("0.0220")}
    bought = [fill for fill in world.fills() if fill.maker]
    assert {fill.price for fill in bought} == {Decimal("0.0220")}


def test_what_was_not_begun_in_time_is_left_and_not_crossed() -> None:
    world = OptionsWorld()
    found = world.trade(COLLAR, style=Style("post_only", at_deadline="unwind", deadline_ms=30_000))
    assert found.done is not None
    assert found.done.outcome == "unwound"
    assert world.held(PUT) == world.held(CALL) == 0
    assert {abs(fill.quantity) for fill in world.fills()} == {
        Decimal("0.1")
    }  # the first, smallest order alone
    world.agree()


@pytest.mark.parametrize(
    ("wanted", "coins", "rule"),
    [
        ({PUT.name: "9.1"}, "10", "quoted size"),
        ({CALL.name: "-4"}, "0.3", "margin"),
        ({PUT.name: "4"}, "0.05", "margin"),
        ({PUT.name: "0.05"}, "10", "order size"),
    ],
)
def test_what_cannot_be_traded_is_refused_before_anything_is_sent(
    wanted: dict[str, str], coins: str, rule: str
) -> None:
    world = OptionsWorld(coins)
    found = world.trade(wanted)
    assert rule in [each.rule for each in found.refusals]
    assert world.fills() == []


def test_one_that_nobody_bids_for_keeps_no_other_open() -> None:
    """Closing all: the sold call is bought back first; the put that has no bid is left, and told."""
    world = OptionsWorld()
    world.trade(COLLAR)
    world.books[PUT.name] = (None, ("0.0230", "9"))
    world.moved(world.clock.now())
    found = world.trade({PUT.name: "-2", CALL.name: "1.5"}, plan="cd" * 16, style=Style(deadline_ms=30_000))
    assert found.refusals == ()
    assert found.done is not None
    assert found.done.outcome == "partial"
    assert (world.held(PUT), world.held(CALL)) == (Decimal(2), Decimal(0))
    world.agree()


def test_it_is_exercised_at_its_end_and_the_journal_reads_it() -> None:
    """Puts on 2 coins at 54,000 with the coin at 45,000: 2 × 9,000 ÷ 45,000 coins, the calls nothing."""
    world = OptionsWorld()
    world.trade(COLLAR)
    before = world.venue.state.account("main").wallet("BTC")
    world.index = Decimal(45_000)
    world.clock.advance(ENDS_MS - world.clock.now() - 3_600_000)
    world.clock.advance(3_600_000 + 1_000)
    assert (world.held(PUT), world.held(CALL)) == (Decimal(0), Decimal(0))
    paid = world.venue.state.account("main").wallet("BTC") - before
    assert paid == Decimal("0.4") - 2 * Decimal("0.00015")
    lease = world.store.acquire(ACCOUNT, "auditor", 15_000)
    assert lease is not None
    found = asyncio.run(reconcile(world.doors, world.store, world.clock, lease, (PUT, CALL)))
    assert found.frozen == ()
    entry = ledger_of(world.store.read(ACCOUNT)).entries[PUT.name]
    assert entry.quantity == 0
    assert entry.realised == Decimal("0.4") - 2 * Decimal("0.023")
    world.agree()


def test_an_account_is_credited_and_tells_its_premium() -> None:
    world = OptionsWorld("0.2")
    world.venue.happen(Credited(0, "main", "BTC", Decimal("9.8")))
    world.trade({PUT.name: "2"})
    entry = ledger_of(world.store.read(ACCOUNT)).entries[PUT.name]
    assert (entry.leg.paid, entry.realised) == (Decimal("0.046"), Decimal(0))
    world.agree()


def restless(world: OptionsWorld, chance: Random) -> None:
    """Quotes that walk, thin out, and go away for a while."""
    for name, start in ((PUT.name, 45), (CALL.name, 49)):
        bid = Decimal(start + chance.randint(-2, 2)) * Decimal("0.0005")
        sizes = [str(Decimal(chance.randint(1, 12)) / 10) for _ in range(2)]
        sides = [(str(bid), sizes[0]), (str(bid + Decimal("0.0005")), sizes[1])]
        told = [None if chance.random() < 0.15 else side for side in sides]
        world.books[name] = (told[0], told[1])
        world.marks[name] = bid


@pytest.mark.parametrize("seed", range(16))
def test_whatever_quotes_do_and_wherever_it_is_killed(seed: int) -> None:
    """All legs or none, and at no instant more sold than is covered; what is left otherwise is what was bought, and is told."""
    chance, world = Random(seed), OptionsWorld()  # noqa: S311 - quotes, no secret
    style = Style(
        chance.choice(("market", "post_only")), chase_ms=2_000, at_deadline="unwind", deadline_ms=40_000
    )

    def hook(point: str) -> None:
        if point == "executor.turned":
            restless(world, chance)
        if chance.random() < 0.002:
            raise Killed

    outcome = ""
    for _ in range(12):
        try:
            with watching(hook):
                found = world.trade(COLLAR, style=style)
            outcome = found.done.outcome if found.done is not None else "not begun"
            break
        except (Killed, UsageError):
            world.clock.advance(20_000)
    never_alone([*world.venue.fills(PUT.name, 0), *world.venue.fills(CALL.name, 0)])
    held = (world.held(PUT), world.held(CALL))
    if outcome == "complete":
        assert held == (Decimal(2), Decimal("-1.5"))
    elif outcome in {"unwound", "refused"}:
        assert held == (Decimal(0), Decimal(0))
    elif (
        outcome == "not begun"
    ):  # refused at once; or killed after its end, and refused when it was asked for again
        assert held in {(Decimal(0), Decimal(0)), (Decimal(2), Decimal("-1.5"))}
    else:
        assert outcome in {"partial", ""}, outcome
    if outcome:
        world.agree()
