"""Alarms of what a hedge costs and what protects it: funding with its sign, the settlement interval, protective stops."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runs.test_alarms_of_venue import BTC, CALM, hedged, rings_once, rung
from tests.runs.watched import DAY, HOUR, Script, World, market

from hedgerow.hedge.execution import CancelReplied, Replied, Reported
from hedgerow.model.orders import Accepted, Fill, Order, OrderReport, OrderState, Refused
from hedgerow.model.ports import FundingPrint, Record
from hedgerow.model.watched import Look
from hedgerow.reports.watch_text import look_json
from hedgerow.runs.ledger import fill_record
from hedgerow.runs.outlook import outlook_of
from hedgerow.runs.pen import EVENT, SENT
from hedgerow.runs.stops import Stops
from hedgerow.runs.wire import body_of

EIGHT = np.timedelta64(8, "h")


def prints(rates: list[float], hours: int = 8) -> tuple[Any, Any]:
    times = np.datetime64("2026-01-01", "ms") + np.arange(len(rates)) * np.timedelta64(hours, "h")
    return times, np.array(rates)


@given(st.floats(-0.003, 0.003), st.floats(1e3, 1e6))
def test_a_short_receives_what_a_long_pays(rate: float, dollars: float) -> None:
    outlook = outlook_of(*prints([rate] * 100), cap=0.003)
    assert outlook is not None
    short, long = outlook.dollars(30.0, -dollars), outlook.dollars(30.0, dollars)
    assert short == pytest.approx(tuple(-each for each in reversed(long)))
    assert short[0] <= short[1] <= short[2]
    assert max(map(abs, short)) <= 0.003 * 90 * dollars * (1 + 1e-12)
    if abs(rate) > 0.0005:
        assert math.copysign(1.0, short[1]) == math.copysign(1.0, rate)


def test_the_sum_of_a_week_is_the_forecasts_own() -> None:
    rng = np.random.default_rng(1)
    outlook = outlook_of(*prints(list(rng.normal(1e-4, 5e-5, 200))), cap=None)
    assert outlook is not None
    model, last = outlook.model, outlook.last
    expected = 21 * model.mean + (last - model.mean) * model.phi * (1 - model.phi**21) / (1 - model.phi)
    assert outlook.dollars(7.0, -109_500.0)[1] == pytest.approx(109_500.0 * expected)
    assert math.isnan(outlook.worst_a_day(-1.0))
    assert replace(outlook, cap=0.003).worst_a_day(-1e5) == pytest.approx(900.0)


def test_the_usual_interval_is_that_of_most_hours_and_not_of_most_prints() -> None:
    slow, fast = prints([1e-4] * 87), prints([1e-4] * 24, hours=1)
    times = np.concatenate([slow[0], slow[0][-1] + (fast[0] - fast[0][0]) + np.timedelta64(1, "h")])
    outlook = outlook_of(times, np.full(len(times), 1e-4), None)
    assert outlook is not None
    assert (outlook.hours, outlook.usual_hours) == (1.0, 8.0)
    assert outlook_of(*prints([1e-4]), None) is None


def test_negative_funding_calls_by_what_it_will_cost_before_a_month_of_it_was_paid() -> None:
    world = World(market(Script(funding=lambda i: 0.001 if i < 25 else -0.0016)))
    looks = world.watch(90)
    first = next(look for look in looks if any(row.watch == "funding" for row in look.alarms))
    (row,) = (row for row in first.alarms if row.watch == "funding")
    assert first.received_30d_usd is not None
    assert first.received_30d_usd > 0.0  # so far it was received
    assert row.text.startswith("funding brought $")
    assert f"{BTC} settles every 8 hours, " in row.text
    (told,) = first.funding
    assert told.month_usd[0] < told.month_usd[1] < 0.0
    assert [text for _, title, text in world.alarms if title == "funding: hedge"] == [row.text]
    ahead = look_json(first)["funding"][0]
    assert ahead["next_30_days_usd"] == dict(zip(("low", "expected", "high"), told.month_usd, strict=True))


def test_a_positive_rate_is_received_by_the_short_and_calls_nobody() -> None:
    world = World(market(Script(funding=lambda _: 0.0006)))
    looks = world.watch(100)
    assert all(row.watch != "funding" for look in looks for row in look.alarms)
    assert looks[-1].received_30d_usd is not None
    assert looks[-1].received_30d_usd > 0.0
    assert looks[-1].funding[0].month_usd[1] > 0.0


def test_an_interval_that_was_shortened_rings_until_it_is_the_old_or_the_usual_one() -> None:
    world = hedged()
    now = world.clock.now() // (8 * HOUR) * 8 * HOUR
    hourly: list[int] = []

    def told(_: tuple[FundingPrint, ...]) -> tuple[FundingPrint, ...]:
        instants = sorted({*hourly, *(now - 8 * k * HOUR for k in range(90))})
        return tuple(FundingPrint(BTC, at, Decimal("0.0001"), None) for at in instants)

    world.answers["funding"] = told

    def shorten() -> None:
        hourly.extend(now - k * HOUR for k in range(16))

    (row,) = rings_once(world, f"funding interval: {BTC}", shorten, hourly.clear)[0].alarms
    assert row.text.startswith(f"{BTC} settles funding every 1 hours; in the last 30 days it was every 8")


# Protective stops ----------------------------------------------------------------------------------------------------


def stop_of(quantity: str = "2.5", name: str = "hrstop1") -> Order:
    (btc,) = (each for each in World(CALM).contracts if each.name == BTC)
    return Order(name, btc, Decimal(quantity), reduce_only=True, stop=Decimal(70_000))


def sent(order: Order) -> tuple[str, dict[str, object]]:
    return SENT, {
        "client_id": order.client_id,
        "instrument": order.instrument.name,
        "quantity": order.quantity,
        "kind": order.kind,
        "price": None,
        "reduce_only": True,
        "stop": order.stop,
        "purpose": "protect",
        "leg": 0,
        "fence": 1,
    }


def report(order: Order, client_id: str | None = None) -> OrderReport:
    name = order.client_id if client_id is None else client_id
    return OrderReport(
        client_id=name,
        order_id="7",
        instrument=order.instrument.name,
        state=OrderState.ACKED,
        quantity=order.quantity,
        filled=Decimal(0),
        average=None,
    )


HELD = {BTC: Decimal("-2.5")}


def heard(*lines: tuple[str, Any]) -> Stops:
    """What a journal of these lines says."""
    stops = Stops()
    for seq, (kind, body) in enumerate(lines, start=1):
        stops.take(Record(seq, "paper:paper", 1, kind, body, "", 1))
    return stops


def test_a_stop_that_stood_and_is_not_there_any_more_is_missing() -> None:
    stop = stop_of()
    said = (EVENT, body_of(Replied(2, stop.client_id, Accepted("7"))))
    stops = heard(sent(stop), said)
    assert [each.client_id for each in stops.missing((), HELD)] == [stop.client_id]
    assert stops.missing((report(stop),), HELD) == ()
    assert stops.missing((report(stop, ""),), HELD) == ()  # a venue that gives stops no id
    assert stops.missing((), {}) == ()  # there is nothing to protect
    assert stops.missing((), {BTC: Decimal("2.5")}) == ()  # and it would not protect a long
    known = heard(sent(stop), (EVENT, body_of(Reported(2, 1, report(stop)))))
    assert len(known.missing((), HELD)) == 1


def test_a_stop_that_never_stood_was_called_back_fired_or_was_replaced_is_not_missing() -> None:
    stop, other = stop_of(), stop_of("2", "hrstop2")
    said = (EVENT, body_of(Replied(2, stop.client_id, Accepted("7"))))
    refused = (EVENT, body_of(Replied(2, stop.client_id, Refused("1", "no"))))
    back = (EVENT, body_of(CancelReplied(3, stop.client_id, Accepted("7"))))
    fired = fill_record(
        Fill(
            "paper",
            "paper",
            "t1",
            "7",
            stop.client_id,
            BTC,
            stop.quantity,
            Decimal(70_000),
            Decimal(0),
            "USDT",
            4,
        )
    )
    for lines in (
        (sent(stop), refused),
        (sent(stop), said, back),
        (sent(stop), said, fired),
        (sent(stop), said, sent(other)),
    ):
        stops = heard(*lines)
        assert stops.missing((), HELD) == ()


def test_a_stop_that_was_cancelled_by_hand_rings_until_the_position_is_closed() -> None:
    world = hedged()
    lease = world.store.acquire("paper:paper", "hand", DAY)
    assert lease is not None
    stop = replace(stop_of(), quantity=-world.held(), stop=world.mark() * 2)
    accepted = (EVENT, body_of(Replied(world.clock.now(), stop.client_id, Accepted("7"))))
    world.store.append("paper:paper", world.clock.now(), [sent(stop), accepted], lease)
    world.store.release(lease)
    asyncio.run(world.venue.trading.protect(stop))
    assert not any(look.alarms for look in world.watch_often(2))

    def cancel() -> None:
        asyncio.run(world.venue.trading.cancel(stop))

    def close() -> None:
        world.book = {"USDT": "50000"}
        world.watch_often(1)
        world.meant()

    on: list[Look] = rings_once(world, f"stop missing: {BTC}", cancel, close)
    (row,) = on[0].alarms
    assert row.text == f"{BTC}: the stop that buys {stop.quantity:f} at {stop.stop:f} is not at the venue"
    assert rung(world, f"stop missing: {BTC}")[0] == row.text
    world.down.add("open_orders")
    assert "stop missing" not in {row.watch for row in world.watch_often(1)[0].alarms}


def test_the_ladder_of_expiries_is_told() -> None:
    world = World(CALM, instruments="BTCUSDT_QUARTER")
    look = world.watch_often(2)[-1]
    (rung_,) = look_json(look)["expiries"]
    (expiry,) = (row.instrument.expiry for row in look.held or ())
    assert expiry is not None
    assert rung_["days"] == pytest.approx(expiry.timestamp() / 86_400 - look.at / DAY)
    assert Decimal(rung_["units_exact"]) == world.held()
    assert look_json(hedged().looks[-1])["expiries"] == []
