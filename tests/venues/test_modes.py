"""Setting up a contract: only while flat, read back, and "no change needed" is success."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.venues.recordings import ID, opened, run

from hedgerow.model.errors import StateUnknown, VenueRefused
from hedgerow.model.orders import Order
from hedgerow.model.ports import AccountModes
from hedgerow.venues.doors import CcxtVenue
from hedgerow.venues.recorded import Answer, Asked

D = Decimal
WANTED = AccountModes(hedge=False, margin_mode="isolated", leverage=D(3))


def binance(
    held: str = "0", *, heed: bool = True, again: bool = False
) -> tuple[CcxtVenue, list[Asked], Callable[[], Any]]:
    """Binance with a memory of what was set; without `heed` it says yes and changes nothing."""
    state: dict[str, Any] = {"dual": True, "margin": "CROSSED", "leverage": 20}

    def put(name: str, value: Any, code: int, words: str) -> Callable[[Asked], object]:
        def answer(_: Asked) -> object:
            if again:
                return Answer(400, f'{{"code":{code},"msg":"{words}"}}')
            if heed:
                state[name] = value
            return {"code": 200, "msg": "success"}

        return answer

    def get(_: Asked) -> object:
        return [{"symbol": "BTCUSDT", "marginType": state["margin"], "leverage": state["leverage"]}]

    row = {"symbol": "BTCUSDT", "positionAmt": held, "entryPrice": "60000", "positionSide": "BOTH"}
    venue, asked = opened(
        "binance",
        {
            "/fapi/v3/positionRisk": [row],
            "GET /fapi/v1/positionSide/dual": lambda _: {"dualSidePosition": state["dual"]},
            "GET /fapi/v1/symbolConfig": get,
            "POST /fapi/v1/positionSide/dual": put("dual", False, -4059, "No need to change position side."),
            "POST /fapi/v1/marginType": put("margin", "ISOLATED", -4046, "No need to change margin type."),
            "POST /fapi/v1/leverage": put("leverage", 3, -4161, "Leverage reduction is not supported"),
        },
    )
    return (
        venue,
        asked,
        lambda: run(venue.account.configure(run(venue.listings()).of("BTCUSDT").instrument, WANTED)),
    )


def test_what_is_set_is_read_back() -> None:
    _, asked, configure = binance()
    assert configure() == WANTED
    assert [one.path for one in asked if one.method == "POST"] == [
        "/fapi/v1/positionSide/dual",
        "/fapi/v1/marginType",
        "/fapi/v1/leverage",
    ]


def test_nothing_is_set_twice() -> None:
    _, asked, configure = binance()
    configure()
    before = len([one for one in asked if one.method == "POST"])
    configure()
    assert len([one for one in asked if one.method == "POST"]) == before


def test_nothing_is_set_beside_a_position() -> None:
    _, asked, configure = binance(held="0.5")
    with pytest.raises(VenueRefused, match="not flat"):
        configure()
    assert [one for one in asked if one.method == "POST"] == []


def test_a_venue_that_says_yes_and_does_nothing_is_found_out() -> None:
    _, _, configure = binance(heed=False)
    with pytest.raises(StateUnknown, match="was set to"):
        configure()


def test_no_need_to_change_is_no_refusal() -> None:
    venue, _, _ = binance(again=True)
    instrument = run(venue.listings()).of("BTCUSDT").instrument
    with pytest.raises(StateUnknown, match="position mode"):  # it says so and reads otherwise
        run(venue.account.configure(instrument, AccountModes(hedge=False, margin_mode=None, leverage=None)))


def test_a_refusal_is_one() -> None:
    venue, _, _ = binance(again=True)
    instrument = run(venue.listings()).of("BTCUSDT").instrument
    with pytest.raises(VenueRefused, match="-4161"):
        run(venue.account.configure(instrument, AccountModes(hedge=None, margin_mode=None, leverage=D(3))))


def test_bybit_not_modified_is_success() -> None:
    state = {"leverage": "10"}

    def lever(_: Asked) -> object:
        state["leverage"] = "3"
        return Answer(200, '{"retCode":110043,"retMsg":"leverage not modified"}')

    held = {"symbol": "BTCUSDT", "positionIdx": 0, "side": "", "size": "0"}
    venue, _ = opened(
        "bybit",
        {
            "/v5/position/list": lambda _: {
                "retCode": 0,
                "result": {"list": [{**held, "leverage": state["leverage"]}]},
            },
            "/v5/account/info": {"retCode": 0, "result": {"marginMode": "REGULAR_MARGIN"}},
            "/v5/position/set-leverage": lever,
        },
    )
    instrument = run(venue.listings()).of("BTCUSDT").instrument
    back = run(
        venue.account.configure(instrument, AccountModes(hedge=False, margin_mode="cross", leverage=D(3)))
    )
    assert back == AccountModes(hedge=False, margin_mode="cross", leverage=D(3))


def test_what_a_program_may_not_set_is_said() -> None:
    venue, asked = opened("weex", {"*": []})
    instrument = run(venue.listings()).of("BTCUSDT").instrument
    with pytest.raises(VenueRefused, match="position mode"):
        run(venue.account.configure(instrument, AccountModes(hedge=False, margin_mode=None, leverage=None)))
    assert [one for one in asked if one.method == "POST"] == []


def test_orders_name_a_leg_as_soon_as_the_venue_has_said_that_there_are_two() -> None:
    venue, asked = opened(
        "binance", {"GET /fapi/v1/positionSide/dual": {"dualSidePosition": True}, "*": {"orderId": 1}}
    )
    instrument = run(venue.listings()).of("BTCUSDT").instrument
    order = Order(ID, instrument, D("-0.5"), reduce_only=True)
    run(venue.trading.place(order))
    assert "reduceOnly=true" in str(asked[-1].body)
    venue.door.learn_legs(run(venue.listings()).of("ETHUSDT"), hedge=True)  # one setting for all of them
    run(venue.trading.place(order))
    assert "positionSide=LONG" in str(asked[-1].body)
    assert "reduceOnly" not in str(asked[-1].body)
