"""Protective stops are looked for where they should be; the venue's dead man's switch; a key's rights."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.venues.recordings import ID, opened, run

from hedgerow.model.errors import BrokenPromise, StateUnknown, VenueRefused
from hedgerow.model.orders import Accepted, Order, Refused, Unknown
from hedgerow.model.ports import Permissions
from hedgerow.venues import ccxt_venue
from hedgerow.venues.doors import CcxtVenue, allow_live
from hedgerow.venues.recorded import Answer

D = Decimal
STOP = {
    "algoId": 5,
    "clientAlgoId": ID,
    "symbol": "BTCUSDT",
    "side": "BUY",
    "quantity": "0.5",
    "algoStatus": "NEW",
}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccxt_venue, "_PAUSE_SECONDS", 0.0)


def protective(venue: CcxtVenue) -> Order:
    instrument = run(venue.listings()).of("BTCUSDT").instrument
    return Order(ID, instrument, D("0.5"), reduce_only=True, stop=D(66000))


def binance(waiting: object, placed: object = None) -> CcxtVenue:
    answers = {
        "POST /fapi/v1/algoOrder": STOP if placed is None else placed,
        "/fapi/v1/openOrders": [],
        "/fapi/v1/openAlgoOrders": waiting,
    }
    return opened("binance", answers)[0]


def test_a_stop_that_can_be_seen_is_accepted() -> None:
    venue = binance([STOP])
    reply = run(venue.trading.protect(protective(venue)))
    assert isinstance(reply, Accepted)
    assert reply.order_id == "5"


def test_a_stop_that_cannot_be_seen_is_unknown() -> None:
    venue = binance([])
    reply = run(venue.trading.protect(protective(venue)))
    assert isinstance(reply, Unknown)
    assert "not among the open orders" in reply.reason


def test_a_stop_that_cannot_be_looked_for_is_unknown() -> None:
    venue = binance(Answer(401, '{"code":-2015,"msg":"Invalid API-key"}'))
    assert isinstance(run(venue.trading.protect(protective(venue))), Unknown)


def test_a_stop_that_was_refused_is_refused() -> None:
    venue = binance([], Answer(400, '{"code":-2021,"msg":"Order would immediately trigger."}'))
    assert isinstance(run(venue.trading.protect(protective(venue))), Refused)


def test_what_protects_only_reduces() -> None:
    venue = binance([])
    order = protective(venue)
    with pytest.raises(BrokenPromise):
        run(venue.trading.protect(Order(ID, order.instrument, order.quantity, stop=order.stop)))


def test_the_switch_of_binance_is_set_in_every_contract_we_traded() -> None:
    venue, asked = opened("binance", {"*": {"symbol": "BTCUSDT", "countdownTime": "30000", "orderId": 1}})
    run(venue.trading.place(Order(ID, protective(venue).instrument, D("0.5"))))
    assert run(venue.trading.dead_man(30))
    assert asked[-1].path == "/fapi/v1/countdownCancelAll"
    assert "countdownTime=30000" in str(asked[-1].body)


def test_the_switch_covers_what_an_earlier_process_sent() -> None:
    venue = binance([STOP], None)
    run(venue.trading.open_orders(protective(venue).instrument))
    assert venue.door.touched == {"BTCUSDT"}


def test_the_switch_of_bingx_is_put_within_its_limits_and_off() -> None:
    venue, asked = opened("bingx", {"*": {"code": 0, "data": {"status": "ACTIVATED"}}})
    assert run(venue.trading.dead_man(600))
    assert "timeOut=120" in asked[-1].url
    assert run(venue.trading.dead_man(0))
    assert "type=CLOSE" in asked[-1].url


def test_a_switch_that_cannot_be_switched_off_says_so() -> None:
    venue, asked = opened("bybit", {"*": {"retCode": 0, "result": {}}})
    assert run(venue.trading.dead_man(30))
    assert not run(venue.trading.dead_man(0))
    assert len(asked) == 2  # one product each


@pytest.mark.parametrize("name", ["weex", "mexc", "hyperliquid"])
def test_where_there_is_no_switch_nothing_is_sent(name: str) -> None:
    venue, asked = opened(name, {"*": {}})
    assert not run(venue.trading.dead_man(30))
    assert asked == []


def test_a_switch_that_is_not_confirmed_is_unknown() -> None:
    venue, _ = opened("bingx", {"*": Answer(200, '{"code":100500,"msg":"busy"}')})
    with pytest.raises(StateUnknown):
        run(venue.trading.dead_man(30))


def rights(**said: Any) -> Permissions:
    return Permissions(**{"account_id": "1", "trade": True, "withdraw": False, "ip_bound": True, **said})


def test_a_key_with_its_rights_right_is_not_complained_of() -> None:
    assert allow_live(rights()) == ()


def test_a_key_that_may_withdraw_does_not_trade_live() -> None:
    with pytest.raises(VenueRefused, match="withdraw"):
        allow_live(rights(withdraw=True))
    assert "take everything" in allow_live(rights(withdraw=True), override=True)[0]


def test_a_key_that_may_not_trade_does_not() -> None:
    with pytest.raises(VenueRefused, match="may not trade"):
        allow_live(rights(trade=False))


def test_what_the_venue_does_not_say_is_warned_of() -> None:
    assert len(allow_live(rights(withdraw=None, ip_bound=None, trade=None))) == 2
