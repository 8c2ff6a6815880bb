"""The paper venue over a price file: its prices, its book, its funding, and that it outlives the process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

import numpy as np
import pytest
from tests.hedge.books import contract

from hedgerow.exchange.venue import Listed, Printed
from hedgerow.model.errors import BadInput, BadPrices, UsageError, VenueRefused
from hedgerow.model.legs import Leg
from hedgerow.model.market import FundingPrints, Market
from hedgerow.model.orders import Accepted, Order, OrderState, Refused, lot_units
from hedgerow.model.ports import AccountModes, StreamEvent
from hedgerow.stats.costs import modelled_half_spread_bps, walk
from hedgerow.testing import market_of
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.clocks import VirtualClock, WallClock
from hedgerow.venues.paper import PaperVenue
from hedgerow.venues.paper_feed import MarketFeed, made_up_book
from hedgerow.venues.paper_state import books_from, plain_of
from hedgerow.venues.simulated import simulated_market

T = TypeVar("T")
HOUR = 3_600_000
CLOSES = {"BTC": [60_000.0, 60_600.0, 59_000.0, 61_000.0], "ETH": [3_000.0, 3_030.0, 2_900.0, 3_100.0]}
FIRST = int(np.datetime64("2025-01-02", "ms").astype(np.int64))
BTC = replace(contract(), min_notional=Decimal(5))


def asked(answer: Awaitable[T]) -> T:
    async def once() -> T:
        return await answer

    return asyncio.run(once())


def priced(**more: object) -> Market:
    return replace(market_of(CLOSES), kind="perp", **more)  # type: ignore[arg-type]


def venue(clock: VirtualClock | None = None, market: Market | None = None) -> PaperVenue:
    opened = PaperVenue(clock or VirtualClock(FIRST), MarketFeed(market or priced(), (BTC,)))
    opened.credit("USDT", Decimal(100_000))
    return opened


def test_it_trades_at_the_last_close_and_moves_with_the_next() -> None:
    clock = VirtualClock(FIRST)
    paper = venue(clock)
    (before,) = asked(paper.data.tickers([BTC]))
    assert before.mark == 60_000
    assert before.bid is not None
    assert before.ask is not None
    assert before.bid < 60_000 < before.ask
    clock.advance(24 * HOUR)
    (after,) = asked(paper.data.tickers([BTC]))
    assert after.mark == 60_600
    assert after.at == clock.now() == asked(paper.data.server_time())


def test_a_price_is_as_fresh_as_the_clock() -> None:
    clock = VirtualClock(FIRST)
    paper = venue(clock)
    clock.advance(7 * HOUR + 1234)
    (ticker,) = asked(paper.data.tickers([BTC]))
    assert clock.now() - ticker.at < 1000


def test_what_was_taken_from_the_book_comes_back_in_time() -> None:
    clock = VirtualClock(FIRST)
    paper = venue(clock)
    full = asked(paper.data.depth(BTC, 3))
    asked(paper.trading.place(Order("a", BTC, full.asks[0][1])))
    assert asked(paper.data.depth(BTC, 3)).asks[0] == full.asks[1]
    clock.advance(1000)
    assert asked(paper.data.depth(BTC, 3)).asks == full.asks


@pytest.mark.parametrize("volume", [1e7, 1e8, 1e10])
def test_the_book_costs_what_the_model_says(volume: float) -> None:
    """Half the spread, and two thirds of the square-root law's peak for walking to an edge of the book."""
    sigma = 0.03
    bids, asks = made_up_book(BTC, 60_000.0, volume, sigma)
    half = modelled_half_spread_bps(volume)
    assert float(asks[0][0]) == pytest.approx(60_000 * (1 + half / 1e4), abs=0.11)
    assert float(bids[0][0]) == pytest.approx(60_000 * (1 - half / 1e4), abs=0.11)
    total = sum(float(size) for _, size in asks)
    dollars = total * 60_000
    levels = np.array([[float(price), float(size)] for price, size in asks])
    paid = walk(levels, total, side="buy", mid=60_000.0)
    peak = sigma * np.sqrt(dollars / volume) * 1e4
    assert paid.slippage_bps - half == pytest.approx(2 / 3 * peak, rel=0.35)
    assert all(size % lot_units(BTC) == 0 for _, size in asks + bids)


def test_no_volume_is_no_reason_for_no_book() -> None:
    assert made_up_book(BTC, 60_000.0, float("nan"), float("nan")) == made_up_book(BTC, 60_000.0, 1e6, 0.04)


def test_resting_orders_fill_when_the_price_comes() -> None:
    clock = VirtualClock(FIRST)
    paper = venue(clock)
    order = Order("rest", BTC, Decimal("0.01"), "post_only", Decimal(59_500))
    assert isinstance(asked(paper.trading.place(order)), Accepted)
    clock.advance(24 * HOUR)
    assert [o.client_id for o in asked(paper.trading.open_orders(BTC))] == ["rest"]
    clock.advance(24 * HOUR)
    report = asked(paper.trading.order(order))
    assert report is not None
    assert report.state is OrderState.FILLED
    assert report.average == 59_500
    (fill,) = asked(paper.trading.fills(BTC, 0))
    assert fill.maker
    assert fill.fee == Decimal("0.119")


def test_funding_is_paid_at_the_instants_and_rates_of_the_file() -> None:
    """Eight hours apart, then four: the ledger is the sum of the prints, whatever the interval."""
    at = [FIRST + h * HOUR for h in (8, 16, 20, 24)]
    rates = [0.0001, -0.0002, 0.0003, 0.0004]
    times = np.array(at, dtype="datetime64[ms]")
    paid_in = {"BTC": FundingPrints("test", times, np.array(rates))}
    clock = VirtualClock(FIRST)
    paper = venue(clock, priced(funding=paid_in))
    asked(paper.trading.place(Order("short", BTC, Decimal(-1))))
    forecast = asked(paper.data.funding_now(BTC))
    assert (forecast.at, forecast.rate, forecast.forecast) == (at[0], Decimal("0.0001"), True)
    for _ in range(5):
        clock.advance(5 * HOUR)
        asked(paper.data.server_time())
    paid = asked(paper.account.paid(BTC, 0))
    assert [p.at for p in paid] == at
    marks = [60_000, 60_000, 60_000, 60_600]
    assert [p.amount for p in paid] == [m * Decimal(str(rate)) for m, rate in zip(marks, rates, strict=True)]
    settled = asked(paper.data.funding(BTC, 0, FIRST + 48 * HOUR))
    assert [(p.at, p.rate) for p in settled] == [(t, Decimal(str(r))) for t, r in zip(at, rates, strict=True)]
    assert settled[2].interval_hours == 4


def test_an_account_goes_on_in_another_process() -> None:
    clock = VirtualClock(FIRST)
    first = venue(clock)
    rest = Order("rest", BTC, Decimal("0.01"), "post_only", Decimal(59_500))
    asked(first.trading.place(Order("hit", BTC, Decimal("-0.123"))))
    asked(first.trading.place(rest))
    clock.advance(9 * HOUR)
    asked(first.data.server_time())
    text = json.dumps(plain_of(first.export()))
    second = PaperVenue(VirtualClock(clock.now()), first.feed, books=books_from(json.loads(text)))
    assert second.export() == first.export()
    assert asked(second.account.positions([BTC])) == asked(first.account.positions([BTC]))
    assert asked(second.trading.order(rest)) == asked(first.trading.order(rest))
    assert asked(second.trading.fills(BTC, 0)) == asked(first.trading.fills(BTC, 0))
    again = asked(second.trading.place(Order("hit", BTC, Decimal("-0.123"))))
    assert isinstance(again, Refused)
    assert again.code == "duplicate_id"


@pytest.mark.parametrize("hours", [0, 5, 31])
def test_a_restart_changes_nothing_that_comes_after(hours: int) -> None:
    clock, other = VirtualClock(FIRST), VirtualClock(FIRST)
    through, stopped = venue(clock), venue(other)
    for each in (through, stopped):
        asked(each.trading.place(Order("a", BTC, Decimal("-0.5"))))
    other.advance(hours * HOUR)
    stopped.catch_up()
    stopped = PaperVenue(other, stopped.feed, books=books_from(plain_of(stopped.export())))
    clock.advance(50 * HOUR)
    other.advance((50 - hours) * HOUR)
    through.catch_up()
    stopped.catch_up()
    assert stopped.export() == through.export()


def test_broken_books_are_refused_with_advice() -> None:
    whole = plain_of(venue().export())
    with pytest.raises(BadInput, match="no paper account"):
        books_from({"version": 99})
    cut = {**whole, "books": {"opened_at": 1}}
    with pytest.raises(BadInput, match="cannot be read"):
        books_from(cut)
    with pytest.raises(BadInput, match="cannot be read"):
        books_from({**whole, "contracts": {}})


def test_an_order_keeps_the_figures_it_was_placed_under() -> None:
    paper = venue()
    asked(paper.trading.place(Order("a", BTC, Decimal("0.5"))))
    paper.happen(Listed(0, replace(BTC, tick=Decimal("0.01"))))
    asked(paper.trading.place(Order("b", BTC, Decimal("0.5"))))
    books = books_from(json.loads(json.dumps(plain_of(paper.export()))))
    assert books == paper.export()
    first, second = (books.state.order_of("paper", name) for name in "ab")
    assert first is not None
    assert second is not None
    assert (first.order.instrument.tick, second.order.instrument.tick) == (Decimal("0.1"), Decimal("0.01"))


def test_streams_hint_at_orders_and_fills_and_end_with_the_venue() -> None:
    async def listened() -> list[StreamEvent]:
        paper = venue()

        async def listen() -> list[StreamEvent]:
            return [hint async for hint in paper.trading.events()]

        task = asyncio.create_task(listen())
        await asyncio.sleep(0)
        await paper.trading.place(Order("a", BTC, Decimal("0.001")))
        paper.close(lost=True)
        paper.close()
        return await task

    kinds = [hint.kind for hint in asyncio.run(listened())]
    assert kinds == ["order", "fill", "order", "lost"]


def test_hedge_mode_finds_the_leg_that_is_meant() -> None:
    paper = venue()
    asked(paper.account.configure(BTC, AccountModes(hedge=True, margin_mode=None, leverage=None)))
    asked(paper.trading.place(Order("a", BTC, Decimal("0.5"))))
    asked(paper.trading.place(Order("b", BTC, Decimal("-0.3"))))
    asked(paper.trading.place(Order("c", BTC, Decimal("-0.2"), reduce_only=True)))
    legs = {h.leg: h.quantity for h in asked(paper.account.positions([BTC]))}
    assert legs == {"long": Decimal("0.3"), "short": Decimal("-0.3")}


def test_modes_are_set_while_flat_and_read_back() -> None:
    paper = venue()
    wanted = AccountModes(hedge=None, margin_mode="isolated", leverage=Decimal(5))
    assert asked(paper.account.configure(BTC, wanted)) == replace(wanted, hedge=False)
    assert asked(paper.account.configure(BTC, wanted)) == replace(wanted, hedge=False)
    asked(paper.trading.place(Order("a", BTC, Decimal("0.5"))))
    with pytest.raises(VenueRefused, match="position"):
        asked(paper.account.configure(BTC, AccountModes(None, "cross", None)))
    with pytest.raises(VenueRefused, match="portfolio"):
        asked(paper.account.configure(BTC, AccountModes(None, "portfolio", None)))


def test_candles_are_those_that_the_file_has() -> None:
    clock = VirtualClock(FIRST + 48 * HOUR)
    paper = venue(clock)
    bars = asked(paper.data.candles(BTC, 1440, 0, clock.now()))
    assert [float(bar.close) for bar in bars] == [60_600.0, 59_000.0]
    assert [bar.at for bar in bars] == [FIRST, FIRST + 24 * HOUR]
    with pytest.raises(UsageError, match="1440"):
        asked(paper.data.candles(BTC, 60, 0, clock.now()))
    holed = market_of({"BTC": [60_000.0, 60_500.0, float("nan"), 61_000.0]})
    seen = asked(venue(clock, holed).data.candles(BTC, 1440, 0, clock.now()))
    assert [bar.at for bar in seen] == [FIRST]


def test_a_price_below_the_tick_is_no_price() -> None:
    coarse = replace(BTC, tick=Decimal(200_000))
    with pytest.raises(BadPrices, match="tick"):
        PaperVenue(VirtualClock(FIRST), MarketFeed(priced(), (coarse,)))


def test_a_contract_without_funding_has_no_forecast() -> None:
    dated = replace(BTC, symbol="BTCUSDT_DATED", expiry=datetime(2025, 3, 28, 8, tzinfo=UTC))
    paper = PaperVenue(VirtualClock(FIRST), MarketFeed(priced(), (dated,)))
    with pytest.raises(VenueRefused, match="no funding"):
        asked(paper.data.funding_now(dated))
    assert asked(paper.data.funding(dated, 0, FIRST + HOUR)) == ()
    assert asked(paper.data.tiers(dated)) == dated.tiers


def test_what_cannot_be_cancelled_is_refused_with_a_reason() -> None:
    reply = asked(venue().trading.cancel(Order("never", BTC, Decimal(1))))
    assert reply == Refused("unknown_order", "no such order is known")


def test_a_protective_order_has_a_stop_and_reduces() -> None:
    paper = venue()
    with pytest.raises(VenueRefused, match="stop"):
        asked(paper.trading.protect(Order("p", BTC, Decimal("0.5"))))


def test_the_simulated_market_makes_a_venue_of_every_contract_in_the_catalogue() -> None:
    market = simulated_market()
    contracts = catalogue(market)
    at = int(market.as_of.astype("datetime64[ms]").astype(np.int64))
    paper = PaperVenue(VirtualClock(at), MarketFeed(market, contracts))
    listed = asked(paper.data.instruments())
    assert {i.name for i in listed} == {i.name for i in contracts}
    for ticker in asked(paper.data.tickers(listed)):
        assert ticker.bid is not None
        assert ticker.ask is not None
        assert ticker.mark is not None
        assert ticker.bid <= ticker.mark <= ticker.ask
        assert ticker.bid < ticker.ask


def test_weeks_pass_for_cheap_coins_too_and_their_funding_is_paid() -> None:
    market = simulated_market()
    at = int(market.as_of.astype("datetime64[ms]").astype(np.int64))
    clock = VirtualClock(at - 390 * 24 * HOUR)
    contracts = tuple(c for c in catalogue(market) if c.symbol in {"BTCUSDT", "SHIBUSDT"})
    paper = PaperVenue(clock, MarketFeed(market, contracts))
    paper.credit("USDT", Decimal(1_000_000))
    (btc,) = (c for c in contracts if c.underlying == "BTC")
    asked(paper.trading.place(Order("a", btc, Decimal("-0.1"))))
    clock.advance(30 * 24 * HOUR)
    paid, fills = asked(paper.account.paid(btc, 0)), asked(paper.trading.fills(btc, 0))
    assert len(paid) == 30 * 3
    (wallet,) = asked(paper.account.balances())
    fees = sum((f.fee for f in fills), Decimal(0))
    assert wallet.total == 1_000_000 - fees + sum((p.amount for p in paid), Decimal(0))
    kept = PaperVenue(clock, paper.feed, books=books_from(plain_of(paper.export())))
    for each in contracts:
        before, after = (asked(v.data.funding(each, 0, clock.now() + 1)) for v in (paper, kept))
        assert [(p.at, p.rate) for p in after] == [(p.at, p.rate) for p in before]
        assert before[-1].at == clock.now()


def test_a_tape_of_trades_fills_what_rests() -> None:
    paper = venue()
    order = Order("rest", BTC, Decimal("0.5"), "limit", Decimal(59_990))
    asked(paper.trading.place(order))
    paper.happen(Printed(0, BTC.name, Decimal(59_980), Decimal(-3)))
    (fill,) = asked(paper.trading.fills(BTC, 0))
    assert (fill.quantity, fill.price) == (Decimal("0.5"), Decimal(59_990))


def test_the_ledger_of_fills_is_the_position_and_the_wallet() -> None:
    paper = venue()
    for n, lots in enumerate((5, -12, 3, 4, -9)):
        asked(paper.trading.place(Order(f"o{n}", BTC, Decimal(lots) / 10)))
    leg, coins = Leg(BTC), Decimal(100_000)
    for fill in asked(paper.trading.fills(BTC, 0)):
        leg, realised = leg.traded(fill.quantity, fill.price)
        coins += realised - fill.fee
    (held,) = asked(paper.account.positions([BTC]))
    (balance,) = asked(paper.account.balances())
    assert (held.quantity, held.entry, balance.total) == (leg.quantity, leg.entry, coins)


def test_a_clock_of_the_wall_runs_and_one_of_its_own_waits_for_nobody() -> None:
    wall = WallClock(shift_ms=-1000)
    before = wall.now(), wall.monotonic()
    asked(wall.sleep(5))
    assert wall.now() >= before[0]
    assert wall.monotonic() >= before[1] + 4
    seen: list[int] = []
    own = VirtualClock(5, seen.append)
    asked(own.sleep(60_000))
    assert own.now() == own.monotonic() == 60_005
    assert seen == [60_005]
