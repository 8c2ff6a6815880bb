"""The watch through a month of everything: it keeps the beta in its band, or an alarm says why not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.runs.watched import ACCOUNT, HOUR, Script, World, market

from hedgerow.exchange.venue import Deleveraged
from hedgerow.hedge.watch import Bounds
from hedgerow.model.errors import LeaseHeld
from hedgerow.model.ports import Record
from hedgerow.model.watched import Look
from hedgerow.runs.diary import decided_again
from hedgerow.store.memory import MemoryStore

CRASH, RALLY = 20, 60
CALM = market(Script())
MONTH = market(
    Script(
        shocks={CRASH: -0.25, RALLY: 0.15},
        funding=lambda i: 0.0001 if i < 30 else -0.002,
        usdt={100: 0.95, 101: 0.96, 102: 0.985},
    )
)


def raised(looks: list[Look]) -> Counter[tuple[str, str]]:
    """How often each alarm went on."""
    found: Counter[tuple[str, str]] = Counter()
    before: set[tuple[str, str]] = set()
    for look in looks:
        now: set[tuple[str, str]] = {(row.watch, row.about) for row in look.alarms}
        found.update(now - before)
        before = now
    return found


def test_paper_coins_are_margin_and_count_in_no_net_value() -> None:
    world = World(CALM, target_beta=(0.5,))
    first, *_, last = world.watch(6)
    view = world.look(first.at)
    ticket = world.policy.plan(view.book, view.market, view.contracts, view.hedge)
    assert first.nav_usd == pytest.approx(ticket.exposure.nav_usd)
    assert first.target_usd == pytest.approx(tuple(ticket.ranking.target_usd))
    assert abs(last.nav_usd - first.nav_usd) < 0.5 * float(sum(world.put, Decimal(0)))
    assert {row.name for row in last.lent} == {"USDT"}
    assert sum(row.number for row in last.lent) == sum(world.put, Decimal(0)) > 0
    assert decided_again(world.looks, world, world.policy) == ()
    brought = World(CALM, target_beta=(0.5,), collateral="200000USDT")
    (look,) = brought.watch(1)
    ticket = brought.policy.plan(view.book, view.market, view.contracts, view.hedge)
    assert look.target_usd == pytest.approx(tuple(ticket.ranking.target_usd))
    assert look.nav_usd == pytest.approx(first.nav_usd + 200_000.0)


@pytest.mark.parametrize("left", ["250", "0"])
def test_what_is_open_and_not_named_is_reduced_before_anything_is_opened_beside_it(left: str) -> None:
    world = World(CALM)
    world.watch(3)
    before = world.held()
    world.instruments, world.book["SOL"] = "ETHUSDT", left
    (look,) = world.watch(1)
    assert not look.asks
    assert [row.instrument for row in look.orders] == ["paper:BTCUSDT"]
    assert look.in_band
    assert before < world.held() < 0
    world.book |= {"ETH": "0", "SOL": "0"}
    world.watch(1)
    world.meant()
    world.watch(1)
    assert abs(world.held()) < Decimal("0.2") * abs(before)
    world.book["ETH"] = "80"  # more is wanted now: by the contract that is named
    world.watch(1)
    world.meant()
    (look,) = world.watch(1)
    assert [row.instrument for row in look.orders] == ["paper:ETHUSDT"]
    assert look.in_band


def test_what_the_venue_took_is_put_back_at_the_same_look() -> None:
    world = World(CALM)
    watching = world.monitor()
    world.watch(3, watching)
    before = world.held()
    world.venue.happen(Deleveraged(world.clock.now(), "paper:BTCUSDT", before, world.mark()))
    assert world.held() == 0
    (look,) = world.watch(1, watching)
    assert look.in_band
    assert look.traded_usd > 0.0
    assert [row.watch for row in look.alarms] == ["hedge lost"]


def test_a_sold_coin_is_followed_at_the_next_look() -> None:
    world = World(CALM)
    watching = world.monitor()
    world.watch(3, watching)
    before = world.held()
    world.book["SOL"] = "0"
    (look,) = world.watch(1, watching)
    assert look.act == "rebalance"
    assert before < world.held() < 0


@pytest.mark.parametrize("share", ["0.05", "20"])
def test_a_book_that_shrank_or_grew_has_the_band_of_its_size_at_once(share: str) -> None:
    world = World(CALM)
    watching = world.monitor()
    *_, before = world.watch(3, watching)
    world.book |= {coin: str(Decimal(world.book[coin]) * Decimal(share)) for coin in ("ETH", "SOL")}
    (look,) = world.watch(1, watching)
    assert look.band_usd[0] / before.band_usd[0] == pytest.approx(float(share), rel=0.7)
    world.meant()
    (look,) = world.watch(1, watching)
    assert look.in_band


def test_what_the_venue_refuses_is_an_alarm_that_says_why() -> None:
    world = World(CALM, book={"ETH": "4000000"})
    (look,) = world.watch(1)
    (row,) = (row for row in look.alarms if row.watch == "limits")
    assert (look.in_band, row.level) == (False, "warning")
    assert "at leverage 20" in row.text


def test_a_dated_hedge_is_rolled_and_never_reaches_its_expiry() -> None:
    world = World(CALM, instruments="BTCUSDT_QUARTER")
    looks = world.watch(178)
    assert [look.act for look in looks].count("roll") == 1
    (near,) = {row.instrument for look in looks[:2] for row in look.orders}
    (expiry,) = (c.expiry for c in world.contracts if c.name == near)
    assert expiry is not None
    ends = expiry.timestamp() * 1000
    for look in looks:
        names = {row.instrument.name for row in look.held or ()}
        assert near not in names or look.at < ends - 6 * 24 * HOUR
    assert looks[-1].in_band
    assert set(raised(looks)) <= {("beta changed", "SOL")}  # noise may cry once in 120 days


def test_while_positions_are_unknown_nothing_is_sent() -> None:
    world = World(CALM)
    world.down.add("positions")
    looks = world.watch(3)
    assert {look.act for look in looks} == {"stop"}
    assert all(look.held is None for look in looks)
    assert world.venue.fills("paper:BTCUSDT", 0) == ()
    world.down.clear()
    assert world.watch(1)[0].traded_usd > 0.0


@pytest.mark.parametrize("call", ["tickers", "balances", "modes", "place", "fills"])
def test_a_call_that_fails_is_an_alarm_and_no_trade_and_heals(call: str) -> None:
    world = World(CALM)
    world.down.add(call)
    looks = world.watch(2)
    assert not any(look.in_band for look in looks)
    assert all(look.alarms for look in looks)
    assert world.held() == 0
    world.down.clear()
    assert world.watch(2)[-1].in_band


def test_observing_sends_nothing() -> None:
    world = World(CALM, mode="observe")
    looks = world.watch(5)
    assert {look.act for look in looks} == {"rebalance"}
    assert looks[0].orders
    assert world.venue.fills("paper:BTCUSDT", 0) == ()


def test_a_proposal_waits_for_its_approval_and_the_diary_says_whose() -> None:
    world = World(CALM, mode="propose")
    first = world.watch_often(1)[0]
    assert first.proposal is not None
    second = world.watch_often(3)[-1]  # another process, a while later: it asks for the same
    assert second.proposal == first.proposal
    assert first.expects_usd is not None
    assert first.expects_usd > 0.0
    assert world.held() == 0
    world.approvals[first.proposal.name] = "Ann"
    look = world.watch_often(1)[0]
    assert (look.approved_by, look.in_band) == ("Ann", True)
    assert world.held() == first.proposal.orders[0].contracts


def test_a_proposal_that_grew_old_is_made_anew() -> None:
    world = World(CALM, mode="propose")
    (first,) = world.watch(1)
    (second,) = world.watch(1)  # four hours later
    assert first.proposal is not None
    world.approvals[first.proposal.name] = "Ann"
    (third,) = world.watch(1)
    assert second.proposal != first.proposal
    assert (third.approved_by, world.held()) == ("", Decimal(0))


def test_an_approval_is_of_one_decision_and_not_of_the_next() -> None:
    world = World(CALM, mode="propose")
    (first,) = world.watch_often(1)
    world.book["SOL"] = "100"
    assert first.proposal is not None
    world.approvals[first.proposal.name] = "Ann"
    (second,) = world.watch_often(1)
    assert second.proposal != first.proposal
    assert second.traded_usd == 0.0


def test_beyond_a_bound_nothing_is_sent_and_somebody_is_told() -> None:
    world = World(CALM, bounds=Bounds(max_order_usd=1_000.0))
    looks = world.watch(2)
    assert world.held() == 0
    assert {row.watch for row in looks[-1].alarms} == {"limits", "drift"}
    assert any("largest order" in line.text for line in world.lines)


def test_a_halt_stops_it_and_lifting_goes_on() -> None:
    world = World(CALM)
    world.store.halt(ACCOUNT, world.clock.now(), "I want to look first")
    looks = world.watch(2)
    assert {look.act for look in looks} == {"stop"}
    assert world.held() == 0
    assert "halted" in {row.watch for row in looks[-1].alarms}
    world.store.halt(ACCOUNT, world.clock.now(), None)
    assert world.watch(1)[0].in_band


def test_two_watches_of_one_account_are_not_possible() -> None:
    world = World(CALM)
    first = world.monitor("one")
    asyncio.run(first.tick())
    with pytest.raises(LeaseHeld, match="another process"):
        asyncio.run(world.monitor("two").tick())
    first.close()
    asyncio.run(world.monitor("two").tick())


def test_the_account_is_held_between_two_looks() -> None:
    world = World(CALM, lease_ms=15_000)
    free: list[bool] = []

    def probe(_: int) -> None:
        if len(free) < 200:
            free.append(world.store.acquire(ACCOUNT, "another", 15_000) is not None)

    world.clock.on_move = probe
    asyncio.run(world.monitor().run(world.clock.now() + 4 * HOUR))
    assert len(free) == 200
    assert not any(free)


def test_a_look_that_does_not_know_clears_nothing() -> None:
    world = World(CALM, mode="observe")
    watching = world.monitor()
    world.watch(1, watching)
    world.book["ZZQQ"] = "5"
    (blind,) = world.watch(1, watching)
    assert {row.watch for row in blind.alarms} == {"drift", "not hedged"}
    assert blind.act == "stop"


def test_a_watch_that_starts_again_decides_as_if_it_had_never_stopped() -> None:
    whole, parts = World(MONTH), World(MONTH)
    whole.watch(60)
    for bars in (1, 7, 22, 30):
        parts.watch(bars)
    assert len(parts.looks) == len(whole.looks) == 60
    for one, other in zip(whole.looks, parts.looks, strict=True):
        assert replace(one, alarms=()) == replace(other, alarms=())
        assert {row.watch for row in one.alarms} == {row.watch for row in other.alarms}
    assert whole.held() == parts.held()


def test_a_recorded_month_is_decided_again_bit_for_bit() -> None:
    world = World(MONTH)
    looks = world.watch(60)
    assert decided_again(looks, world, world.policy) == ()
    asked = replace(world.policy, target_beta=(0.5,))
    assert decided_again(looks, world, asked) != ()
    wrong = [replace(looks[5], band_usd=(1.0,))]
    assert decided_again([*looks[:5], *wrong], world, world.policy) == tuple(wrong)


def test_the_ledger_of_a_watched_month_is_the_venues() -> None:
    from hedgerow.runs.ledger import ledger_of

    world = World(MONTH)
    world.watch(100)
    ledger = ledger_of(world.store.read(ACCOUNT))
    assert sum((e.quantity for e in ledger.entries.values()), Decimal(0)) == world.held()
    wallet = world.venue.state.account("paper").wallet("USDT")
    assert wallet - ledger.cash("USDT") == sum(world.put, Decimal(0))


def test_a_look_reads_only_what_is_new_in_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(CALM, rebalance="usd:30000")
    watching = world.monitor()
    world.watch(20, watching)
    read: list[int] = []
    plain = MemoryStore.read

    def counted(store: MemoryStore, stream: str, after: int = 0) -> Iterator[Record]:
        for record in plain(store, stream, after):
            read.append(record.seq)
            yield record

    monkeypatch.setattr(MemoryStore, "read", counted)
    before = len(world.store._lines[ACCOUNT])
    for _ in range(10):
        asyncio.run(watching.tick())
        world.clock.advance(4 * HOUR)
    new = len(world.store._lines[ACCOUNT]) - before
    assert before >= 40
    assert len(read) == new


def test_the_pause_between_two_trades_calls_nobody_and_what_comes_after_it_does() -> None:
    world = World(CALM, bounds=Bounds(cool_down_s=86_400.0))
    watching = world.monitor()
    world.watch(1, watching)
    world.book["SOL"] = "0"
    (look,) = world.watch(1, watching)
    assert {row.watch: row.level for row in look.alarms} == {"limits": "info", "drift": "info"}
    assert {level for level, *_ in world.alarms} == {"info"}
    world.clock.advance(24 * HOUR)
    world.store.halt(ACCOUNT, world.clock.now(), "look first")
    (look,) = world.watch(1, watching)
    told = {row.watch: row for row in look.alarms}
    assert told["drift"].level == "warning"
    assert told["halted"].text == "the account is halted, nothing that adds risk is sent: look first"
    assert ("warning", "drift: BTC") in {(level, title) for level, title, _ in world.alarms}


def test_a_trade_that_no_look_told_of_counts_against_the_bounds() -> None:
    """A process may die after its trade and before its look: the next one reads it in the journal."""
    world = World(CALM, bounds=Bounds(cool_down_s=0.0, trades_an_hour=1))
    watching = world.monitor()

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    watching._write = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(watching.tick())
    watching.close()
    held = world.held()
    assert held < 0
    assert world.looks == []
    world.book["SOL"] = "100"
    (look,) = world.watch_often(1)
    assert look.done == "trades an hour"
    assert world.held() == held
    world.clock.advance(HOUR)
    assert world.watch_often(1)[0].traded_usd > 0.0


def test_a_venue_that_falls_silent_is_told_within_fifteen_seconds_and_seen_again_within_ten() -> None:
    world = World(CALM, pulse_ms=4_000, lease_ms=15_000)
    watching = world.monitor()
    asyncio.run(watching.tick())
    silent = world.clock.now()
    world.down |= {"tickers", "positions", "fills", "paid", "server_time", "modes", "instruments"}
    asyncio.run(watching.rest(world.clock.monotonic()))
    asyncio.run(watching.tick())
    assert world.clock.now() - silent <= 15_000
    assert {"stale feed: prices", "position unknown: account"} <= {title for _, title, _ in world.alarms}
    world.down.clear()
    well = world.clock.now()
    asyncio.run(watching.rest(world.clock.monotonic()))
    look = asyncio.run(watching.tick())
    assert world.clock.now() - well <= 10_000
    assert look.held is not None
    assert not {row.watch for row in look.alarms} & {"stale feed", "position unknown"}
