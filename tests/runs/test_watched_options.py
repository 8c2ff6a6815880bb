"""Options on a watched account: they count in what is hedged, are traded by nobody, call before their end, and leave at it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from tests.runs.watched import ACCOUNT, DAY, Script, World, market

from hedgerow.exchange.venue import Listed, Marked, Quoted
from hedgerow.hedge.execution import Style, Ticketed
from hedgerow.hedge.staleness import Basis, Freshness
from hedgerow.hedge.valuation import price_of
from hedgerow.model.market import Market
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.model.option_contracts import option_contract, option_row
from hedgerow.model.portfolio import Portfolio
from hedgerow.model.watched import Look
from hedgerow.runs.diary import View
from hedgerow.runs.executor import Executor
from hedgerow.runs.trading import Asked, carried
from hedgerow.stats.black import black_greeks

CALM = market(Script())
SIGMA, STRIKE, DAYS = 0.5, 60_000.0, 20


class OptionWorld(World):
    """A watched world whose account holds a put at the money that ends on its twentieth day; its chain is of every moment."""

    def opened(self, count: str) -> OptionWorld:
        begins = self.clock.now()
        self.ends = np.datetime64(begins // DAY * DAY + DAYS * DAY + 8 * 3_600_000, "ms")
        chain = self.chain(self._cut(begins))
        self.put_ = option_contract(chain, chain.quotes[0])
        mark = Decimal(repr(chain.quotes[0].mark)).quantize(Decimal("1e-8"))
        tick = Decimal("0.0005")
        bid = mark // tick * tick
        index = Decimal(repr(chain.index_usd)).quantize(Decimal("0.01"))
        self.venue.credit("BTC", Decimal(5))
        for event in (
            Listed(begins, self.put_),
            Marked(begins, {self.put_.name: mark}, {self.put_.name: index}),
            Quoted(begins, self.put_.name, ((bid, Decimal(9)),), ((bid + tick, Decimal(9)),)),
        ):
            self.venue.happen(event)
        self.clock.on_move = self.moved
        hand = Executor(self.doors, self.store, self.clock, self)
        ticket = Ticketed("ab" * 16, ACCOUNT, begins, Style(at_deadline="leave"))
        asked = Asked(ticket, {self.put_.name: Decimal(count)}, Basis(begins, {}, {}), Freshness(), begins)
        found = asyncio.run(carried(hand, self.doors, self.store, "opener", asked))
        assert found.done is not None
        assert found.done.outcome == "complete"
        return self

    def moved(self, at: int) -> None:
        """The option's book is told anew, and its coin's price."""
        if np.datetime64(at, "ms") >= self.ends:
            return
        chain = self.chain(replace(self._cut(at), as_of=np.datetime64(at, "ms")))
        mark = max(Decimal(repr(chain.quotes[0].mark)).quantize(Decimal("1e-8")), Decimal("1e-8"))
        index = Decimal(repr(chain.index_usd)).quantize(Decimal("0.01"))
        tick = Decimal("0.0005")
        bid = max(mark // tick * tick, tick)
        self.venue.happen(Quoted(at, self.put_.name, ((bid, Decimal(9)),), ((bid + tick, Decimal(9)),)))
        self.venue.happen(Marked(at, {self.put_.name: mark}, {self.put_.name: index}))

    def chain(self, now: Market) -> OptionChain:
        spot = price_of(now, "BTC")
        years = float((self.ends - now.as_of) / np.timedelta64(365, "D"))
        day = self.ends.item().strftime("%d%b%y").upper().lstrip("0")
        mark = float(black_greeks(spot, STRIKE, max(years, 0.0), SIGMA, call=False).price) / spot
        quote = OptionQuote(
            f"BTC-{day}-{STRIKE:.0f}-P", self.ends, STRIKE, False, mark, mark, mark, spot, 9.0, 9.0
        )
        return OptionChain("paper", "BTC", "BTC", now.as_of, spot, Decimal("0.1"), (quote,))

    def look(self, at: int) -> View:
        view = super().look(at)
        now = replace(view.market, options={"BTC": self.chain(view.market)})
        return replace(view, market=now)

    def delta_usd(self, look: Look) -> float:
        """What the put moves with: Black's delta of its coin, as it was at a look."""
        now = self._cut(look.at)
        spot, years = price_of(now, "BTC"), float((self.ends - now.as_of) / np.timedelta64(365, "D"))
        return float(black_greeks(spot, STRIKE, years, SIGMA, call=False).delta) * spot


def opened(count: str = "0.5", mode: str = "auto") -> OptionWorld:
    return OptionWorld(CALM, mode=mode).opened(count)


def test_the_delta_of_an_option_is_in_what_is_hedged_and_only_futures_are_traded() -> None:
    bare = World(CALM, mode="observe").watch_often(1)[-1]
    world = opened()
    first = world.watch_often(1)[-1]
    added = first.beta_usd[0] - bare.beta_usd[0]
    coins = {row.name: float(row.number) for row in first.coins or ()}
    owned = sum(float(row.number) for row in first.lent if row.name == "BTC")
    spot = price_of(world._cut(first.at), "BTC")
    # The put's own delta, and the premium that was paid in coins that are nobody's.
    assert added - (coins["BTC"] - owned) * spot == pytest.approx(0.5 * world.delta_usd(first), rel=2e-3)
    assert {row.instrument for row in first.orders} == {"paper:BTCUSDT"}
    assert {row.instrument.name for row in first.held or ()} == {world.put_.name}
    after = world.watch_often(2)[-1]
    assert {row.instrument.name for row in after.held or ()} == {world.put_.name, "paper:BTCUSDT"}
    assert abs(after.left_usd[0]) < max(after.band_usd[0], after.slack_usd)
    assert [title for _, title, _ in world.alarms] == []


@pytest.mark.parametrize("count", ["0.5", "-1"])
def test_a_line_says_over_which_moves_the_options_keep_the_beta_in_its_band(count: str) -> None:
    world = OptionWorld(CALM, book={"BTC": "4", "USDT": "50000"}).opened(count)
    first, second = world.watch_often(2)
    assert (first.act, second.act) == ("rebalance", "hold")
    assert second.holds is not None
    assert first.holds == second.holds
    limit, words = second.band_usd[0] + second.slack_usd, []
    for move, side in ((second.holds.low, -1.0), (second.holds.high, 1.0)):
        assert move is not None
        assert move * side > 0.0
        assert abs(_left(world, second, move)) <= 1.01 * limit
        assert abs(_left(world, second, move + 0.002 * side)) > 0.99 * limit
        words.append(f"{100 * abs(move):.1f} %")
    said = f"by its options it stays there until a fall of {words[0]} or a rise of {words[1]}"
    left, hold = ([each for each in world.lines if each.action == verb][-1].text for verb in ("left", "hold"))
    assert said in hold
    assert "by its options it stays there until a fall of" in left


def _left(world: OptionWorld, look: Look, move: float) -> float:
    """The dollar beta after BTC's move: what is linear moves with it, and Black says what the put does there."""
    now = world._cut(look.at)
    spot, years = price_of(now, "BTC"), float((world.ends - now.as_of) / np.timedelta64(365, "D"))
    held = {row.instrument.name: float(row.units) for row in world.looks[-1].held or ()}

    def put(at: float) -> float:
        return held[world.put_.name] * float(black_greeks(at, STRIKE, years, SIGMA, call=False).delta) * at

    return (look.left_usd[0] - put(spot)) * (1.0 + move) + put(spot * (1.0 + move))


def test_an_option_that_the_book_lists_too_counts_once() -> None:
    world = opened(mode="observe")
    once = world.watch_often(1)[-1].beta_usd

    class Listing(OptionWorld):
        def look(self, at: int) -> View:
            view = super().look(at)
            rows = (*view.book.positions, option_row(self.put_, Decimal("0.5")))
            return replace(view, book=Portfolio(rows))

    twice = Listing(CALM, mode="observe").opened("0.5").watch_often(1)[-1].beta_usd
    assert twice == pytest.approx(once, rel=1e-12)


def test_it_calls_before_the_end_and_is_gone_after_it() -> None:
    world = opened()
    looks = world.watch((DAYS + 3) * 6)
    rung = [(level, text) for level, title, text in world.alarms if title == f"expiry: {world.put_.symbol}"]
    assert rung[0][0] == "warning"
    assert "what it protects stands alone" in rung[0][1]
    assert any(level == "critical" for level, _ in rung)
    assert rung[-1][1] == "is well again"
    assert world.put_.name in {row.instrument.name for row in looks[0].held or ()}
    assert {row.instrument.name for row in looks[-1].held or ()} == {"paper:BTCUSDT"}
    assert looks[-1].act in {"hold", "rebalance"}
    assert not [title for _, title, _ in world.alarms if title.startswith(("hedge lost", "position"))]


def test_the_margin_of_a_sold_one_calls_before_it_is_gone() -> None:
    """2 puts at the money on 0.6 coins: a fall of a fifth asks for 2 × (0.075 + 12,000 ÷ 48,000) = 0.65 of them, and more."""
    world = opened("-2", mode="observe")
    world.watch_often(1)
    title = "liquidation: options in BTC"
    assert [text for _, about, text in world.alarms if about == title] == []
    there = world.venue.state.account("paper").wallet("BTC")
    world.venue.credit("BTC", Decimal("0.6") - there)
    world.watch_often(2)
    (text,) = [text for _, about, text in world.alarms if about == title]
    assert "lasts for a fall of" in text
    assert world.put_.symbol in text
    world.venue.credit("BTC", Decimal(5))
    world.watch_often(2)
    assert [text for _, about, text in world.alarms if about == title][1:] == ["is well again"]


def test_an_option_without_a_chain_stops_the_watch_and_is_no_zero() -> None:
    class Blind(OptionWorld):
        def look(self, at: int) -> View:
            return World.look(self, at)

    look = Blind(CALM).opened("0.5").watch_often(1)[-1]
    assert look.act == "stop"
    assert "price or beta unknown" in look.reason
    assert look.orders == ()
