"""What a paper venue makes of a price that no market makes: what is held stays at the one before, until somebody believes it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.orders import Order
from hedgerow.testing import market_of
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.paper import PaperVenue
from hedgerow.venues.paper_doubts import Doubts
from hedgerow.venues.paper_feed import MarketFeed

HOUR = 3_600_000
PLAIN = market_of({"BTC": np.full(60, 50_000.0), "ETH": np.full(60, 2_000.0)}, hours=1.0, quote="USD")
PLAIN = replace(PLAIN, volumes_usd=np.full_like(PLAIN.prices, 1e14))
CONTRACTS = tuple(one for one in catalogue(PLAIN) if one.symbol in {"BTCUSDT", "ETHUSDT"})
BTC = next(one for one in CONTRACTS if one.symbol == "BTCUSDT")
AT = int(PLAIN.times[50].astype("datetime64[ms]").astype(np.int64))


def moved(factor: float, bars: slice, coin: str = "BTC") -> Market:
    """The plain market with some bars of a coin multiplied."""
    prices = PLAIN.prices.copy()
    prices[bars, PLAIN.symbols.index(coin)] *= factor
    return replace(PLAIN, prices=prices)


def short(market: Market, *, doubting: bool = True) -> PaperVenue:
    """A venue at bar 50 with a short of one bitcoin on little margin."""
    doubts = Doubts(lambda _: 0.03) if doubting else None
    venue = PaperVenue(VirtualClock(AT), MarketFeed(market, CONTRACTS), doubts=doubts)
    venue.credit("USDT", Decimal(20_000))
    asyncio.run(venue.trading.place(Order("hr-1", BTC, Decimal(-1))))
    return venue


def held(venue: PaperVenue) -> Decimal:
    leg = venue.state.account("paper").leg(BTC.name)
    return Decimal(0) if leg is None else leg.quantity


def later(venue: PaperVenue, hours: int) -> PaperVenue:
    assert isinstance(venue.clock, VirtualClock)
    venue.clock.advance(hours * HOUR)
    venue.catch_up()
    return venue


def mark(venue: PaperVenue, contract: Instrument = BTC) -> float:
    found = venue.state.listings[contract.name].mark
    assert found is not None
    return float(found)


def test_without_doubts_a_wrong_bar_liquidates() -> None:
    assert held(later(short(moved(10.0, slice(52, None)), doubting=False), 2)) == 0


@pytest.mark.parametrize("factor", [10.0, 0.1, 1000.0])
def test_what_is_held_stays_at_the_price_before_and_the_price_is_no_old_one(factor: float) -> None:
    venue = later(short(moved(factor, slice(52, None))), 3)
    assert (held(venue), mark(venue)) == (Decimal(-1), 50_000.0)
    assert venue.kept_back() == {BTC.name: Decimal(50_000)}
    listing = venue.state.listings[BTC.name]
    assert (listing.marked_at, listing.quoted_at) == (AT + 3 * HOUR, AT + 3 * HOUR)


def test_a_bar_that_is_over_when_somebody_looks_liquidates_nobody_either() -> None:
    venue = later(short(moved(10.0, slice(52, 53))), 6)
    assert (held(venue), mark(venue), venue.kept_back()) == (Decimal(-1), 50_000.0, {})


def test_who_believes_it_has_what_comes_of_it() -> None:
    venue = later(short(moved(10.0, slice(52, None))), 3)
    venue.believe()
    assert (held(venue), mark(venue), venue.kept_back()) == (Decimal(0), 500_000.0, {})
    venue.believe()
    assert mark(later(venue, 1)) == 500_000.0


def test_a_later_life_keeps_it_back_as_well_and_can_be_told_to_believe_it_in_the_same_second() -> None:
    before = later(short(moved(10.0, slice(52, None))), 3)
    feed = MarketFeed(moved(10.0, slice(52, None)), CONTRACTS)
    venue = PaperVenue(before.clock, feed, books=before.export(), doubts=Doubts(lambda _: 0.03))
    assert venue.kept_back() == {BTC.name: Decimal(50_000)}
    venue.believe()
    assert held(venue) == 0
    plain = PaperVenue(before.clock, feed, books=before.export())
    plain.believe()
    assert (plain.kept_back(), mark(plain)) == ({}, 50_000.0)


def test_what_is_not_held_and_what_a_market_makes_is_taken() -> None:
    venue = later(short(moved(10.0, slice(52, None), "ETH")), 3)
    eth = next(one for one in CONTRACTS if one.symbol == "ETHUSDT")
    assert mark(venue, eth) == 20_000.0
    crash = later(short(moved(0.3, slice(52, None))), 3)
    assert (mark(crash), crash.kept_back()) == (15_000.0, {})


def test_what_is_closed_meanwhile_is_kept_back_no_more() -> None:
    venue = later(short(moved(10.0, slice(52, None))), 3)
    asyncio.run(venue.trading.place(Order("hr-2", BTC, Decimal(1))))
    later(venue, 1)
    assert (held(venue), venue.kept_back(), mark(venue)) == (Decimal(0), {}, 500_000.0)
