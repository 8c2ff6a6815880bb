"""Chains of options for a watch at a venue: asked once a minute for all books, and an old one counts only for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hedgerow.app import chains_now
from hedgerow.app.chains_now import ChainsNow
from hedgerow.config import Settings
from hedgerow.model.errors import BadPrices, HedgerowError, VenueUnreachable
from hedgerow.model.market import Market
from hedgerow.model.option_chain import OptionChain
from hedgerow.venues.simulated import simulated_market
from hedgerow.venues.simulated_chain import simulated_chain

MARKET = simulated_market()
CHAIN = simulated_chain(MARKET)


class Told:
    """What is told of options: a chain on BTC, none on SOL, or a failure; and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at, self.asked, self.failure = 1_000_000, list[str](), None
        monkeypatch.setattr(chains_now, "chains_on", self.chains_on)
        monkeypatch.setattr(chains_now, "wall_ms", lambda: self.at)
        self.chains = ChainsNow(Settings())

    failure: HedgerowError | None

    def chains_on(self, _: Settings, __: Market, coins: Sequence[str]) -> dict[str, OptionChain]:
        self.asked += coins
        if self.failure is not None:
            raise self.failure
        return {"BTC": CHAIN} if "BTC" in coins else {}

    def of(self, *coins: str) -> set[str]:
        return set(asyncio.run(self.chains.of(MARKET, coins)))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(monkeypatch)


def test_a_coin_is_asked_for_once_a_minute_and_one_without_options_is_left_out(told: Told) -> None:
    assert told.of("BTC", "SOL") == told.of("SOL", "BTC") == {"BTC"}
    assert told.asked == ["BTC", "SOL"]
    told.at += 60_001
    assert told.of("BTC") == {"BTC"}
    assert told.asked == ["BTC", "SOL", "BTC"]


def test_what_was_told_before_counts_for_a_quarter_of_an_hour(told: Told) -> None:
    assert told.of("BTC") == {"BTC"}
    told.failure = VenueUnreachable("deribit does not answer")
    told.at += 900_000
    assert told.of("BTC") == told.of("BTC") == {"BTC"}
    assert len(told.asked) == 2  # a venue that is away is not waited for by every book
    told.at += 1
    with pytest.raises(VenueUnreachable):
        told.of("BTC")
    assert len(told.asked) == 2
    told.failure = None
    told.at += 10_000
    assert told.of("BTC") == {"BTC"}
    assert len(told.asked) == 3


@pytest.mark.parametrize("failure", [VenueUnreachable("away"), BadPrices("half a file")])
def test_nothing_told_before_is_no_chain(told: Told, failure: HedgerowError) -> None:
    told.failure = failure
    with pytest.raises(type(failure)):
        told.of("BTC")


def test_a_file_that_cannot_be_read_is_told_at_once(told: Told) -> None:
    assert told.of("BTC") == {"BTC"}
    told.at += 60_001
    told.failure = BadPrices("half a file")
    with pytest.raises(BadPrices):
        told.of("BTC")
