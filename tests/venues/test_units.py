"""The self-check: no order in a contract whose units anything contradicts."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.venues.markets import market, markets_of
from tests.venues.recordings import ID, opened, run

from hedgerow.model.errors import UnitMismatch
from hedgerow.model.orders import Accepted, Order
from hedgerow.venues.dialects import VENUES
from hedgerow.venues.doors import CcxtVenue, venue_of
from hedgerow.venues.listing import listings_of
from hedgerow.venues.recorded import recorded

D = Decimal
RIGHT = {
    "id": 1,
    "orderId": 2,
    "symbol": "BTCUSDT",
    "side": "BUY",
    "qty": "0.5",
    "price": "60000",
    "commission": "0",
}
ORDER = "POST /capi/v3/order"


def weex(value: str | None) -> tuple[CcxtVenue, list[Any]]:
    """WEEX with one fill, whose value the venue tells."""
    fills = (
        []
        if value is None
        else [{**RIGHT, "quoteQty": value, "commissionAsset": "USDT", "time": 1795000000000}]
    )
    venue, asked = opened("weex", {"/capi/v3/userTrades": fills, ORDER: {"orderId": 9}}, self_check=True)
    venue.door.now = lambda: 1795000001000
    return venue, asked


def short(venue: CcxtVenue) -> Order:
    return Order(ID, run(venue.listings()).of("BTC/USDT:USDT").instrument, D("-0.5"))


def sent(asked: list[Any]) -> int:
    return sum(one.method == "POST" for one in asked)


def test_a_fill_worth_what_we_say_lets_orders_pass() -> None:
    venue, asked = weex("30000")
    assert isinstance(run(venue.trading.place(short(venue))), Accepted)
    assert sent(asked) == 1
    assert venue.door.proven == {"weex:BTCUSDT"}


@pytest.mark.parametrize("value", ["3.0", "300000", "30200"])
def test_a_fill_worth_something_else_stops_every_order(value: str) -> None:
    venue, asked = weex(value)
    for _ in range(2):
        with pytest.raises(UnitMismatch):
            run(venue.trading.place(short(venue)))
    assert sent(asked) == 0


def test_half_a_per_cent_is_the_limit() -> None:
    venue, _ = weex("30149")
    assert isinstance(run(venue.trading.place(short(venue))), Accepted)


def test_without_evidence_the_first_order_is_the_evidence() -> None:
    venue, asked = weex(None)
    assert isinstance(run(venue.trading.place(short(venue))), Accepted)
    assert sent(asked) == 1
    assert venue.door.proven == set()


def test_the_contract_size_of_weex_multiplies_nothing() -> None:
    venue, asked = weex("30000")
    instrument = run(venue.listings()).of("BTC/USDT:USDT").instrument
    assert venue.door.exchange.markets["BTC/USDT:USDT"]["contractSize"] == D("0.0001")
    assert instrument.multiplier == 1
    run(venue.trading.place(Order(ID, instrument, D("-0.5"))))
    assert json.loads(asked[-1].body)["quantity"] == "0.5"


def test_a_position_worth_ten_times_ours_stops_orders() -> None:
    row = {
        "symbol": "BTCUSDT",
        "side": "Buy",
        "size": "0.5",
        "avgPrice": "60000",
        "markPrice": "60000",
        "positionValue": "300000",
    }
    venue, asked = opened(
        "bybit", {"*": {"retCode": 0, "result": {"list": [row], "orderId": "x"}}}, self_check=True
    )
    order = short(venue)
    run(venue.account.positions([order.instrument]))
    with pytest.raises(UnitMismatch, match="300000"):
        run(venue.trading.place(order))
    assert sent(asked) == 0


def test_a_size_that_the_venues_own_entry_contradicts_stops_orders() -> None:
    # The data of ccxt says ten times as much as the venue's entry beside it.
    wrong = market("BTC/USDT:USDT", "BTC_USDT", size="0.001", lot="1", info={"contractSize": 0.0001})
    exchange, asked = recorded("mexc", [wrong], {"*": {"success": True, "code": 0, "data": []}})
    venue = venue_of(exchange, self_check=True)
    with pytest.raises(UnitMismatch, match=r"0\.001 here and 0\.0001"):
        run(venue.trading.place(short(venue)))
    assert sent(asked) == 0


def test_an_order_planned_with_another_size_of_contract_is_refused() -> None:
    venue, asked = opened("mexc", {"*": {}})
    order = short(venue)
    stale = replace(order, instrument=replace(order.instrument, multiplier=D("0.001")))
    with pytest.raises(UnitMismatch):
        run(venue.trading.place(stale))
    assert asked == []


def test_a_market_without_a_step_is_left_out_and_says_why() -> None:
    listed = listings_of(
        VENUES["bybit"], [{**markets_of("bybit")[0], "precision": {"amount": None, "price": 0.1}}]
    )
    assert listed.all == ()
    assert "amount step" in listed.left_out["BTCUSDT"]
