"""Pulling into the lake: nothing twice, no hole behind an interruption, what a venue has not is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import contract

from hedgerow.model.errors import UnknownSymbol, UsageError, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.ports import Candle, CandleOf, Depth, FundingPrint
from hedgerow.runs.pull import Asked, Missing, Pulled, contracts_for, kind_name, pages, pull

HOUR = 3_600_000
LINEAR = contract()
INVERSE = replace(contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1"), venue="paper")
USDC = replace(contract("ETHUSDC", "ETH"), quote="USDC", settle="USDC")
LISTED = (LINEAR, INVERSE, USDC)


@dataclass
class Lake:
    """A sink in memory."""

    rows: dict[tuple[str, str], dict[int, dict[str, Any]]] = field(default_factory=dict)
    writes: int = 0

    def span(self, kind: str, coin: str) -> tuple[int, int] | None:
        there = self.rows.get((kind, coin))
        return (min(there), max(there)) if there else None

    def write(self, kind: str, coin: str, rows: Sequence[dict[str, Any]]) -> None:
        self.writes += 1
        self.rows.setdefault((kind, coin), {}).update({row["ts"]: row for row in rows})


@dataclass
class Venue:
    """A venue with a bar an hour and funding every four; it stops answering after `patience` questions."""

    patience: int = 10**9
    begins: int = 0
    asked: list[tuple[int, int]] = field(default_factory=list)

    async def instruments(self) -> tuple[Instrument, ...]:
        return LISTED

    async def candles(
        self, instrument: Instrument, minutes: int, since: int, until: int, of: CandleOf = "last"
    ) -> tuple[Candle, ...]:
        if of == "index":
            raise VenueRefused("it keeps no index candles")
        self._heard(since, until)
        step = minutes * 60_000
        first = max(-(-since // step) * step, self.begins)
        one = Decimal(1)
        return tuple(Candle(at, one, one, one, one, one) for at in range(first, until, step))

    async def funding(self, instrument: Instrument, since: int, until: int) -> tuple[FundingPrint, ...]:
        self._heard(since, until)
        step = 4 * HOUR
        times = range(-(-since // step) * step, until, step)
        return tuple(FundingPrint(instrument.symbol, at, Decimal("0.0001"), Decimal(4)) for at in times)

    async def depth(self, instrument: Instrument, levels: int) -> Depth:
        row = ((Decimal(10), Decimal(1)),)
        return Depth(instrument.symbol, 0, row, row)

    async def tiers(self, instrument: Instrument) -> tuple[MarginTier, ...]:
        return instrument.tiers

    def tickers(self, instruments: Sequence[Instrument]) -> Awaitable[Any]:
        raise AssertionError("nobody pulls tickers")

    def funding_now(self, instrument: Instrument) -> Awaitable[Any]:
        raise AssertionError("a forecast is no history")

    def server_time(self) -> Awaitable[int]:
        raise AssertionError("the caller knows what time it is")

    def _heard(self, since: int, until: int) -> None:
        if len(self.asked) >= self.patience:
            raise VenueUnreachable("it went away")
        self.asked.append((since, until))


def pulled(venue: Venue, lake: Lake, asked: Asked) -> Pulled:
    return asyncio.run(pull(venue, lake, asked))


@given(
    st.one_of(
        st.none(), st.tuples(st.integers(0, 60), st.integers(0, 30)).map(lambda p: (p[0], p[0] + p[1]))
    ),
    st.integers(0, 50),
    st.integers(1, 50),
    st.integers(1, 9),
    st.integers(0, 200),
)
def test_pages_fill_what_is_missing_and_leave_no_hole_wherever_they_stop(
    span: tuple[int, int] | None, since: int, length: int, page: int, stop: int
) -> None:
    until = since + length
    there = set() if span is None else set(range(span[0], span[1] + 1))
    wanted = set(range(since, until)) | there
    asked = list(pages(span, since, until, 1, page))
    joined = span is None or (since <= span[1] + 1 and until >= span[0])
    for place, (start, end) in enumerate(asked):
        assert start < end <= start + page
        assert not there & set(range(start, end))
        there |= set(range(start, end))
        if joined and place < stop:
            assert there == set(range(min(there), max(there) + 1))
    assert there >= wanted if joined else wanted


def test_the_same_pull_again_asks_for_nothing_but_what_is_new() -> None:
    venue, lake = Venue(), Lake()
    asked = Asked(("candles", "funding"), ("BTC",), 0, 100 * HOUR)
    first = pulled(venue, lake, asked)
    assert first.rows == {"candles-1h": 100, "funding": 25}
    before = lake.writes
    assert pulled(venue, lake, asked).rows == {"candles-1h": 0, "funding": 0}
    assert lake.writes == before
    later = pulled(venue, lake, replace(asked, until=101 * HOUR))
    assert later.rows == {"candles-1h": 1, "funding": 1}


@pytest.mark.parametrize("patience", range(6))
def test_a_pull_that_broke_goes_on_without_a_hole(patience: int) -> None:
    lake, asked = Lake(), Asked(("candles",), ("BTC",), 0, 5_000 * HOUR)
    if patience < 5:
        with pytest.raises(VenueUnreachable):
            pulled(Venue(patience=patience), lake, asked)
    pulled(Venue(), lake, asked)
    assert sorted(lake.rows["candles-1h", "BTC"]) == list(range(0, 5_000 * HOUR, HOUR))


def test_an_earlier_beginning_is_filled_backwards_from_what_is_there() -> None:
    lake = Lake()
    pulled(Venue(), lake, Asked(("candles",), ("BTC",), 4_000 * HOUR, 5_000 * HOUR))
    with pytest.raises(VenueUnreachable):
        pulled(Venue(patience=2), lake, Asked(("candles",), ("BTC",), 0, 5_000 * HOUR))
    there = sorted(lake.rows["candles-1h", "BTC"])
    assert there == list(range(2_000 * HOUR, 5_000 * HOUR, HOUR))


def test_what_the_venue_does_not_keep_is_named_and_the_rest_goes_on() -> None:
    lake = Lake()
    found = pulled(Venue(), lake, Asked(("index", "mark"), ("BTC",), 0, 3 * HOUR))
    assert found.missing == [Missing("index-1h", "BTC", "it keeps no index candles")]
    assert found.rows == {"mark-1h": 3}


def test_a_history_that_begins_later_than_asked_is_named() -> None:
    venue, lake = Venue(begins=100 * HOUR), Lake()
    found = pulled(venue, lake, Asked(("candles", "funding"), ("BTC",), 0, 200 * HOUR))
    assert found.later == [("candles-1h", "BTC", 100 * HOUR)]
    empty = pulled(Venue(begins=10**15), Lake(), Asked(("candles",), ("BTC",), 0, 200 * HOUR))
    assert empty.missing == [Missing("candles-1h", "BTC", "the venue has no row")]


def test_contracts_tiers_and_books_are_kept_as_they_were_then() -> None:
    lake = Lake()
    pulled(Venue(), lake, Asked(("contracts", "tiers", "books"), ("BTC",), 0, HOUR))
    assert lake.rows["contracts", "BTC"][HOUR]["lot"] == str(LINEAR.lot)
    assert lake.rows["tiers", "BTC"][HOUR]["mmr"] == [tier.mmr for tier in LINEAR.tiers]
    assert lake.rows["books", "BTC"][HOUR]["bid_price"] == [10.0]
    past = Lake()
    pulled(Venue(), past, Asked(("contracts",), ("BTC",), 0, HOUR, at=9 * HOUR))
    assert list(past.rows["contracts", "BTC"]) == [
        9 * HOUR
    ]  # what is now was not so an hour after the beginning


def test_volume_is_coins_or_dollars_as_the_contract_counts() -> None:
    lake = Lake()
    pulled(Venue(), lake, Asked(("candles",), ("BTC", "BTCUSD_PERP"), 0, HOUR))
    assert lake.rows["candles-1h", "BTC"][0]["volume_base"] == 1.0
    assert lake.rows["candles-1h", "BTCUSD_PERP"][0]["quote_volume_usd"] == 1.0
    assert "volume_base" not in lake.rows["candles-1h", "BTCUSD_PERP"][0]


def test_each_coin_has_its_linear_perpetual_in_the_deepest_quote() -> None:
    assert contracts_for(LISTED, ()) == {"BTC": LINEAR, "ETH": USDC}
    assert contracts_for(LISTED, ("BTCUSD_PERP",)) == {"BTCUSD_PERP": INVERSE}
    with pytest.raises(UnknownSymbol, match="no perpetual of SOL"):
        contracts_for(LISTED, ("BTC", "SOL"))


def test_an_empty_interval_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing between"):
        pulled(Venue(), Lake(), Asked(("candles",), (), HOUR, HOUR))


def test_bars_of_other_lengths_are_other_kinds() -> None:
    assert [kind_name("candles", m) for m in (1, 60, 240, 1440)] == [
        "candles-1m",
        "candles-1h",
        "candles-4h",
        "candles-1d",
    ]
    assert kind_name("funding", 60) == "funding"
