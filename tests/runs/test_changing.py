"""Whether the coins still move with the market as they did."""

from __future__ import annotations

import pytest
from tests.runs.watched import Script, market

from hedgerow.runs.changing import correlation_of

CALM = market(Script())


def test_a_book_and_the_same_book_short_follow_the_market_equally_closely() -> None:
    long = correlation_of(CALM, {"ETH": 1_000.0, "SOL": 500.0}, "BTC")
    assert long != 0.0
    assert correlation_of(CALM, {"ETH": -1_000.0, "SOL": -500.0}, "BTC") == pytest.approx(long)
