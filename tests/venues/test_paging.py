"""Every row once, whatever the venue's way of paging: by cursor, by number, by time, oldest or newest first."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.venues.recordings import opened, run

from hedgerow.model.errors import StateUnknown
from hedgerow.venues.recorded import Asked

HOUR = 3_600_000
START = 1_600_000_000_000 // HOUR * HOUR


def query(asked: Asked) -> dict[str, str]:
    said = dict(parse_qsl(urlsplit(asked.url).query))
    return said | (json.loads(asked.body) if asked.body else {})


def binance_rates(hours: int, count: int) -> Callable[[Asked], list[dict[str, Any]]]:
    """Binance: from startTime on, oldest first, at most `limit`."""

    def answer(asked: Asked) -> list[dict[str, Any]]:
        said = query(asked)
        times = [START + i * hours * HOUR for i in range(count)]
        kept = [at for at in times if int(said["startTime"]) <= at <= int(said["endTime"])]
        return [
            {"symbol": "BTCUSDT", "fundingTime": at, "fundingRate": "0.0001"}
            for at in kept[: int(said["limit"])]
        ]

    return answer


def bybit_rates(hours: int, count: int) -> Callable[[Asked], dict[str, Any]]:
    """Bybit: the newest of the window, at most `limit`."""

    def answer(asked: Asked) -> dict[str, Any]:
        said = query(asked)
        times = [START + i * hours * HOUR for i in range(count)]
        kept = [at for at in times if int(said["startTime"]) <= at <= int(said["endTime"])]
        rows = [
            {"symbol": "BTCUSDT", "fundingRateTimestamp": str(at), "fundingRate": "0.0001"}
            for at in reversed(kept)
        ]
        return {"retCode": 0, "result": {"list": rows[: int(said["limit"])]}}

    return answer


@pytest.mark.parametrize(("hours", "count"), [(8, 4000), (4, 4000), (1, 4000)])
def test_no_rate_is_lost_whatever_its_interval(hours: int, count: int) -> None:
    venue, asked = opened("binance", {"/fapi/v1/fundingRate": binance_rates(hours, count)})
    btc = run(venue.listings()).of("BTCUSDT").instrument
    prints = run(venue.data.funding(btc, START, START + count * hours * HOUR))
    assert len(prints) == count
    assert {one.interval_hours for one in prints[1:]} == {Decimal(hours)}
    assert len(asked) <= count // 1000 + 2


def test_a_venue_that_tells_the_newest_first_is_asked_in_windows_it_cannot_fill() -> None:
    venue, _ = opened("bybit", {"/v5/market/funding/history": bybit_rates(1, 700)})
    btc = run(venue.listings()).of("BTCUSDT").instrument
    prints = run(venue.data.funding(btc, START, START + 700 * HOUR))
    assert [one.at for one in prints] == [START + i * HOUR for i in range(700)]


def weex_fills(times: list[int]) -> Callable[[Asked], list[dict[str, Any]]]:
    """WEEX: a hundred of the window, in no order that anybody promises."""

    def answer(asked: Asked) -> list[dict[str, Any]]:
        said = query(asked)
        kept = [(i, at) for i, at in enumerate(times) if int(said["startTime"]) <= at <= int(said["endTime"])]
        chosen = sorted(kept, key=lambda pair: hash((pair[0] * 7919) % 104729))[:100]
        return [
            {
                "id": i,
                "orderId": 1,
                "symbol": "BTCUSDT",
                "side": "BUY",
                "qty": "1",
                "price": "2",
                "commission": "0",
                "time": at,
            }
            for i, at in chosen
        ]

    return answer


def test_a_full_page_without_an_order_is_cut_in_two_until_nothing_is_missing() -> None:
    venue, _ = opened("weex", {"/capi/v3/userTrades": weex_fills([START + i * 1000 for i in range(730)])})
    venue.door.now = lambda: START + 48 * HOUR
    btc = run(venue.listings()).of("BTCUSDT").instrument
    fills = run(venue.trading.fills(btc, START))
    assert [fill.trade_id for fill in fills] == [str(i) for i in range(730)]


def test_more_rows_at_one_instant_than_a_page_holds_is_an_error() -> None:
    venue, _ = opened("weex", {"/capi/v3/userTrades": weex_fills([START] * 150)})
    venue.door.now = lambda: START + 48 * HOUR
    btc = run(venue.listings()).of("BTCUSDT").instrument
    with pytest.raises(StateUnknown):
        run(venue.trading.fills(btc, START))


def test_rows_of_one_instant_are_not_cut_apart() -> None:
    times = [START] * 600 + [START + 1] * 600 + [START + 2] * 300

    def answer(asked: Asked) -> list[dict[str, Any]]:
        said = query(asked)
        kept = [(i, at) for i, at in enumerate(times) if int(said["startTime"]) <= at <= int(said["endTime"])]
        return [
            {
                "id": i,
                "orderId": 1,
                "symbol": "BTCUSDT",
                "side": "BUY",
                "qty": "1",
                "price": "2",
                "commission": "0",
                "time": at,
            }
            for i, at in kept[: int(said["limit"])]
        ]

    venue, _ = opened("binance", {"/fapi/v1/userTrades": answer})
    venue.door.now = lambda: START + HOUR
    btc = run(venue.listings()).of("BTCUSDT").instrument
    assert len(run(venue.trading.fills(btc, START))) == 1500


def test_pages_by_cursor_end_with_the_cursor() -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        page = int(query(asked).get("cursor", 0))
        rows = [
            {
                "symbol": "BTCUSDT",
                "orderId": f"{page}-{i}",
                "side": "Buy",
                "qty": "1",
                "cumExecQty": "0",
                "orderStatus": "New",
            }
            for i in range(20)
        ]
        return {"retCode": 0, "result": {"list": rows, "nextPageCursor": str(page + 1) if page < 4 else ""}}

    venue, asked = opened("bybit", {"/v5/order/realtime": answer})
    btc = run(venue.listings()).of("BTCUSDT").instrument
    assert len(run(venue.trading.open_orders(btc))) == 100
    assert len(asked) == 5


def test_pages_by_number_end_before_the_span_begins() -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        first = (int(query(asked)["page_num"]) - 1) * 100
        rows = [
            {"id": i, "symbol": "BTC_USDT", "funding": 0.1, "settleTime": START - i * 8 * HOUR}
            for i in range(first, first + 100)
        ]
        return {"success": True, "code": 0, "data": {"resultList": rows}}

    venue, asked = opened("mexc", {"/api/v1/private/position/funding_records": answer})
    venue.door.now = lambda: START + HOUR
    btc = run(venue.listings()).of("BTC_USDT").instrument
    assert len(run(venue.account.paid(btc, START - 149 * 8 * HOUR))) == 150
    assert len(asked) == 2
