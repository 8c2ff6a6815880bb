"""Inverse and dated contracts at each venue that has them: what leaves is counted as the venue counts, what comes back in our units."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from tests.testing.standin.clients import only_loopback

from hedgerow.model.errors import UnitMismatch
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.orders import Accepted, Order
from hedgerow.testing.standin.faults import Fault
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.through import through
from hedgerow.testing.standin.worlds import stand_of
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.doors import CcxtVenue

BEGIN = 1_767_225_600_000
COUNTED = {"binance": "10", "bingx": "10", "mexc": "10", "bybit": "1000"}
"""How a thousand dollars of bitcoin are written: bybit counts dollars, the others contracts of a hundred."""


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with only_loopback():
        yield
    logging.disable(logging.NOTSET)


def inverse_of(stand: Stand) -> Instrument:
    return next(one for one in stand.instruments if one.payoff is Payoff.INVERSE)


async def sold(venue: CcxtVenue, name: str, units: str) -> Accepted:
    listings = await venue.listings()
    contract = listings.of(name).instrument
    reply = await venue.trading.place(Order("hrtest0123456789abcd", contract, Decimal(units)))
    assert isinstance(reply, Accepted)
    return reply


@pytest.mark.parametrize("tag", list(COUNTED))
def test_a_thousand_dollars_of_an_inverse_contract_are_that_on_both_sides(tag: str) -> None:
    async def work() -> None:
        clock = VirtualClock(BEGIN)
        stand = stand_of(tag, clock.now)
        name = inverse_of(stand).name
        async with through(stand, clock.now) as venue:
            await sold(venue, name, "-1000")
            exchange = venue.door.exchange
            (leg,) = stand.account("me").legs.values()
            assert leg.quantity == Decimal(-1000)
            contract = (await venue.listings()).of(name).instrument
            (held,) = await venue.account.positions([contract])
            (fill,) = await venue.trading.fills(contract, 0)
            assert (held.quantity, fill.quantity) == (Decimal(-1000), Decimal(-1000))
            assert (fill.fee_coin, contract.settle) == ("BTC", "BTC")
            assert round(fill.fee * fill.price / 1000, 9) == Decimal("0.0005")
            assert exchange is not None

    asyncio.run(work())


@pytest.mark.parametrize("tag", list(COUNTED))
def test_the_request_says_it_as_the_venue_counts(tag: str) -> None:
    async def work() -> str:
        clock = VirtualClock(BEGIN)
        stand = stand_of(tag, clock.now)
        async with through(stand, clock.now) as venue:
            sent: list[tuple[str, Any]] = []
            before = venue.door.exchange.set_last_request

            def noted(signed: dict[str, Any]) -> None:
                sent.append((signed["url"], signed["body"]))
                before(signed)

            venue.door.exchange.set_last_request = noted
            await sold(venue, inverse_of(stand).name, "-1000")
            return _size(
                *next((url, body) for url, body in sent if "/order" in url and ("quantity" in url or body))
            )

    assert Decimal(asyncio.run(work())) == Decimal(COUNTED[tag])


def _size(url: str, body: str | None) -> str:
    from urllib.parse import parse_qsl, urlsplit

    said = dict(parse_qsl(urlsplit(url).query))
    said |= json.loads(body) if body and body.startswith("{") else dict(parse_qsl(body or ""))
    return str(next(said[name] for name in ("quantity", "qty", "vol") if name in said))


def test_a_size_that_is_off_by_ten_is_not_traded() -> None:
    """MEXC's list says contracts of ten dollars where the venue trades contracts of a hundred."""

    def tenth(body: Any) -> Any:
        for row in body["data"]:
            row["contractSize"] = row["contractSize"] / 10
        return body

    async def work() -> None:
        clock = VirtualClock(BEGIN)
        stand = stand_of("mexc", clock.now)
        async with through(stand, clock.now) as venue:
            await sold(venue, inverse_of(stand).name, "-1000")
        stand.faults.append(Fault("contract/detail", "odd", change=tenth, times=9))
        async with through(stand, clock.now) as venue:
            contract = (await venue.listings()).of(inverse_of(stand).name).instrument
            await venue.account.positions([contract])
            with pytest.raises(UnitMismatch):
                await venue.trading.place(Order("hrtest0123456789abce", contract, Decimal(-100)))

    asyncio.run(work())


@pytest.mark.parametrize("tag", ["binance", "bybit"])
def test_a_dated_contract_is_listed_with_its_end_and_traded(tag: str) -> None:
    async def work() -> None:
        clock = VirtualClock(BEGIN)
        stand = stand_of(tag, clock.now)
        dated = next(one for one in stand.instruments if one.expiry is not None)
        async with through(stand, clock.now) as venue:
            contract = (await venue.listings()).of(dated.name).instrument
            assert (contract.expiry, contract.funding_interval_hours) == (dated.expiry, None)
            await sold(venue, dated.name, "-0.1")
            (held,) = await venue.account.positions([contract])
            assert held.quantity == Decimal("-0.1")

    asyncio.run(work())
