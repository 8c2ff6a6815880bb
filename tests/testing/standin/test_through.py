"""Our adapters on the stand-in, by real ccxt and HTTP: the battery of every venue, lives under faults, no socket outside."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
import stamina
from tests.testing.standin.clients import only_loopback
from tests.testing.standin.run import lived

from hedgerow.hedge.execution import Work
from hedgerow.hedge.execution.orderbook import standing
from hedgerow.model.orders import OrderState, Refused, Reply, Unknown
from hedgerow.testing.faults.report import Report
from hedgerow.testing.standin.lives import Inn
from hedgerow.testing.standin.odd import ODD_PRICES, misshapen, seen_with
from hedgerow.testing.standin.through import EXEMPT, standin_bench
from hedgerow.testing.standin.tongues import TONGUES
from hedgerow.testing.standin.worlds import stand_of
from hedgerow.testing.venue import CASES, check_venue
from hedgerow.venues.answers import placed
from hedgerow.venues.clocks import VirtualClock

LIVES = 6


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Let no socket leave, no repeat wait, and a server that hangs up not be talked of."""
    logging.disable(logging.CRITICAL)
    with only_loopback(), stamina.set_testing(testing=True, attempts=3, cap=True):
        yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
@pytest.mark.parametrize("tag", TONGUES)
def test_our_adapters_pass_the_battery_at_every_venue(tag: str) -> None:
    passed = check_venue(partial(standin_bench, tag), exempt=EXEMPT[tag])
    assert len(passed) == len(CASES) - len(EXEMPT[tag])


@pytest.mark.parametrize("tag", TONGUES)
def test_what_a_venue_cannot_do_is_on_its_page(tag: str) -> None:
    page = Path(__file__).parents[3].joinpath("docs", "venues", f"{tag}.md").read_text(encoding="utf-8")
    assert [name for name in EXEMPT[tag] if f"`{name}`" not in page] == []


@pytest.mark.parametrize("tag", TONGUES)
def test_lives_under_faults_break_nothing(tag: str) -> None:
    report = asyncio.run(lived(tag, range(LIVES)))
    assert dict(report.violations) == {}
    assert report.outcomes["complete"] > 0
    assert report.struck.total() > 0


def test_the_same_seed_is_the_same_life() -> None:
    first, second = asyncio.run(_twice("bybit", 2))
    assert first.figures() == second.figures()
    assert first.events > 0


async def _twice(tag: str, seed: int) -> list[Report]:
    async with Inn(tag) as inn:
        return [Report.of_one(await inn.live(seed)) for _ in range(2)]


def _hasty(*seen: Any) -> Reply:
    """Take silence for a refusal."""
    reply = placed(*seen)
    return Refused("0", "timed out", again=True) if isinstance(reply, Unknown) else reply


def _trusting(work: Work, told: OrderState) -> OrderState:
    """Believe every refusal."""
    return standing(work, OrderState.REFUSED if told is OrderState.UNKNOWN else told)


def test_a_layer_that_takes_silence_for_a_refusal_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hedgerow.venues.ccxt_venue.placed", _hasty)
    report = asyncio.run(lived("binance", range(33, 34), stream=False))
    assert dict(report.violations) == {}


def test_a_hand_that_believes_such_a_layer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hedgerow.venues.ccxt_venue.placed", _hasty)
    monkeypatch.setattr("hedgerow.hedge.execution.learn.standing", _trusting)
    report = asyncio.run(lived("binance", range(33, 34), stream=False))
    lines = [line for found in report.violations.values() for line in found]
    assert any("done or live" in line or "live at the venue" in line for line in lines)


def test_the_guard_sees_a_socket_that_leaves() -> None:
    with socket.socket() as outside, pytest.raises(AssertionError, match="left loopback"):
        outside.connect(("192.0.2.1", 9))


def test_a_misshapen_answer_has_one_field_changed_and_the_rest_as_it_was() -> None:
    body = {"list": [{"id": "7", "price": "60000"}, {"id": "8", "price": "1"}], "code": 0}
    seen = {json.dumps(misshapen(body, Random(seed)), sort_keys=True) for seed in range(200)}  # noqa: S311 - no secret
    assert json.dumps(body, sort_keys=True) not in seen
    assert any('"id": true' in one for one in seen)
    assert any(len(one) > 100_000 for one in seen)
    assert body == {"list": [{"id": "7", "price": "60000"}, {"id": "8", "price": "1"}], "code": 0}


@pytest.mark.parametrize("how", ODD_PRICES)
def test_odd_prices_are_seen_and_the_venue_keeps_its_own(how: str) -> None:
    stand = stand_of("binance", VirtualClock(1_767_225_600_000).now)
    before = stand.state
    (name, odd), *_ = seen_with(stand, how).state.listings.items()
    right = before.listings[name]
    assert stand.state == before
    assert (odd.bids[0][0] > odd.asks[0][0]) is (how == "crossed")
    assert (odd.mark == right.mark) is (how == "crossed")
