"""The contracts there are, and the market they are for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from tests.hedge.plans import known_market

from hedgerow.model.errors import BadConfig, BadPrices
from hedgerow.model.instruments import Payoff
from hedgerow.stats.margin import cum_amounts
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.facts import parse_sectors, parse_venues, shipped
from hedgerow.venues.simulated import simulated_market

MADE = simulated_market(7)
ALL = catalogue(MADE)


def test_benchmarks_come_in_every_payoff() -> None:
    names = {c.symbol: c for c in ALL}
    assert names["BTCUSDT"].payoff is Payoff.LINEAR
    assert names["BTCUSD_PERP"].multiplier == 100
    assert names["ETHUSD_PERP"].multiplier == 10
    assert names["ETHUSD_QUANTO"].settle == "BTC"
    dated = [c for c in ALL if c.expiry]
    assert {c.underlying for c in dated} == {"BTC", "ETH"}
    for c in dated:
        assert c.expiry == datetime(2026, 9, 25, 8, tzinfo=UTC)
        assert c.expiry - datetime(2026, 7, 1, tzinfo=UTC) >= timedelta(days=14)


def test_every_figure_is_usable_and_says_where_it_is_from() -> None:
    assert len({c.name for c in ALL}) == len(ALL)
    for c in ALL:
        assert c.cite
        assert min(c.multiplier, c.lot, c.min_contracts, c.min_notional, c.tick, c.taker_fee) > 0
        assert c.maker_fee <= c.taker_fee
        assert all(b > a for a, b in pairwise(cum_amounts(c.tiers))) or len(c.tiers) == 1
        assert (c.funding_interval_hours is None) == (c.expiry is not None)


def test_the_paper_rule() -> None:
    ruled = [c for c in ALL if c.cite.startswith("paper rule")]
    coins = [s for s in MADE.symbols if s not in {"BTC", "ETH", "USDT", "USDC"}]
    assert sorted(c.underlying for c in ruled) == sorted(coins)
    for c in ruled:
        quote = MADE.quote_of(c.underlying)
        assert quote is not None
        assert 0.31 <= float(c.lot) * quote.price_usd <= 3.2
        assert c.lot.scaleb(-c.lot.adjusted()) == 1
        assert (c.min_notional, c.taker_fee, c.maker_fee) == (
            Decimal(5),
            Decimal("0.0005"),
            Decimal("0.0002"),
        )
    assert len({c.tiers for c in ruled}) >= 2


def test_a_spot_file_has_the_benchmarks_only() -> None:
    from dataclasses import replace

    assert {c.underlying for c in catalogue(replace(known_market(), kind="spot"))} == {"BTC", "ETH"}


def test_the_simulated_market_can_be_cut() -> None:
    cut = simulated_market(7, np.datetime64("2026-01-01T00:00", "ms"))
    rows = len(cut.times)
    assert cut.times[-1] == np.datetime64("2026-01-01T00:00", "ms")
    assert np.array_equal(cut.prices, MADE.prices[:rows], equal_nan=True)
    assert max(p.times[-1] for p in cut.funding.values()) <= cut.as_of
    with pytest.raises(BadPrices, match="begins at"):
        simulated_market(7, np.datetime64("2020-01-01", "ms"))


def test_shipped_facts_can_be_read() -> None:
    sectors = parse_sectors(shipped("sectors.toml"))
    assert (sectors["UNI"], sectors["USDT"], sectors["PAXG"]) == ("DeFi", "stablecoin", "gold")
    venues = {venue.name: venue for venue in parse_venues(shipped("venues.toml"))}
    assert {"paper", "binance", "bybit", "bingx", "weex", "mexc", "hyperliquid"} <= set(venues)
    assert not any(venue.verified for venue in venues.values() if venue.kind != "paper")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = [", "is not TOML"),
        ("x = 1", "is no table"),
        ('[x]\nkind = "bank"\nevidence = 2026-01-01', "needs kind"),
    ],
)
def test_bad_venues_name_their_file(text: str, told: str) -> None:
    with pytest.raises(BadConfig, match=told) as refused:
        parse_venues(text, "mine.toml")
    assert "mine.toml" in str(refused.value)
    assert refused.value.exit_code == 4


def test_bad_sectors_name_their_file() -> None:
    with pytest.raises(BadConfig, match="no list of tickers"):
        parse_sectors("DeFi = 3", "mine.toml")
