"""Opening venues by name: live only by a line in the settings, with a key that may, and never to another machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tests.testing.standin.clients import only_loopback
from tests.testing.standin.served import sent_to, served

from hedgerow.app.venues import account_door, asked_of, known_venues, live_door, market_door
from hedgerow.config import Settings, load_settings
from hedgerow.model.errors import BadConfig, UnitMismatch, VenueRefused
from hedgerow.model.orders import Order
from hedgerow.testing.standin import Fault
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.worlds import KEY, SECRET, stand_of
from hedgerow.venues.doors import Keys
from hedgerow.venues.examination import agree_on_units

KEYS = Keys("me", KEY, SECRET)
LIVE = "live = true"


@pytest.fixture(autouse=True)
def inside() -> Iterator[None]:
    with only_loopback():
        yield


def bybit(**rights: bool) -> Stand:
    stand = stand_of("bybit")
    stand.keys[KEY] = replace(stand.keys[KEY], **rights)  # type: ignore[arg-type]  # flags of a key
    return stand


def test_without_a_line_in_the_settings_nothing_is_live() -> None:
    with pytest.raises(VenueRefused, match="no real orders at bybit"):
        live_door(Settings(), "bybit", KEYS)


@pytest.mark.parametrize(
    ("rights", "said"), [({"withdraw": True}, "may withdraw"), ({"trade": False}, "may not trade")]
)
def test_a_key_with_other_rights_is_refused(rights: dict[str, bool], said: str, tmp_path: Path) -> None:
    with served({"bybit": bybit(**rights)}) as base:
        settings = load_settings(Path(sent_to(tmp_path, base, "bybit", more=LIVE))).settings
        with pytest.raises(VenueRefused, match=said):
            live_door(settings, "bybit", KEYS)


def test_a_written_line_overrides_and_every_start_warns(tmp_path: Path) -> None:
    with served({"bybit": bybit(withdraw=True)}) as base:
        more = f"{LIVE}\nallow_withdrawal_right = true"
        settings = load_settings(Path(sent_to(tmp_path, base, "bybit", more=more))).settings
        for _ in range(2):
            venue, warnings = live_door(settings, "bybit", KEYS)
            assert any("may withdraw" in said for said in warnings)
        assert asked_of(venue, venue.account.permissions).withdraw is True


def test_a_good_key_opens_without_a_word(tmp_path: Path) -> None:
    with served({"bybit": bybit()}) as base:
        settings = load_settings(Path(sent_to(tmp_path, base, "bybit", more=LIVE))).settings
        assert live_door(settings, "bybit", KEYS)[1] == ()


def test_a_venue_nobody_knows_and_two_ways_at_once_are_refused(tmp_path: Path) -> None:
    assert {"binance", "bybit", "bingx", "weex", "mexc"} <= set(known_venues())
    with pytest.raises(BadConfig, match="kraken"):
        market_door(Settings(), "kraken")
    both = load_settings(Path(sent_to(tmp_path, "http://127.0.0.1:9", "bybit", more="sandbox = true")))
    with pytest.raises(BadConfig, match="both stand_in and sandbox"):
        market_door(both.settings, "bybit")


def test_units_are_held_against_the_venues_own_notional_before_anything_is_sent(tmp_path: Path) -> None:
    stand = bybit()
    with served({"bybit": stand}) as base:
        settings = load_settings(Path(sent_to(tmp_path, base, "bybit", more=LIVE))).settings
        venue, _ = live_door(settings, "bybit", KEYS)

        async def look() -> tuple[tuple[str, ...], tuple[str, ...]]:
            listed = await venue.listings()
            btc, eth = (listed.of(symbol).instrument for symbol in ("BTCUSDT", "ETHUSDT"))
            await venue.trading.place(Order("hr" + "a" * 18, btc, Decimal("-0.5")))
            found = await agree_on_units(venue, (btc, eth))
            stand.meddler = lambda heard: wrong if heard.endswith("/position/list") else None
            fresh = account_door(settings, "bybit", KEYS)
            with pytest.raises(UnitMismatch, match="the position is worth"):
                await fresh.during(lambda: agree_on_units(fresh, (btc, eth)))
            return found, tuple(venue.door.proven)

        row: dict[str, object] = {
            "symbol": "BTCUSDT",
            "side": "Sell",
            "size": "0.5",
            "avgPrice": "60000",
            "markPrice": "60000",
        }
        row |= {"positionValue": "30", "positionIdx": 0, "leverage": "3"}
        body = {"retCode": 0, "retMsg": "OK", "result": {"list": [row], "category": "linear"}}
        wrong = Fault(".*", "instead", status=200, body=json.dumps(body))
        assert asked_of(venue, look) == (("bybit:ETHUSDT",), ("bybit:BTCUSDT",))
