"""A bench around the paper venue, with an outside world that does nothing by itself."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from hedgerow.exchange.venue import Credited, Listed, Marked, VenueEvent, VenueRules
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.ports import Candle, FundingPrint
from hedgerow.testing.venue.bench import START, Bench
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.paper import PaperVenue
from hedgerow.venues.paper_state import books_from, plain_of

__all__ = ["StillFeed", "bench_contracts", "paper_bench"]

_OPENS = 1_767_225_600_000
_DAY = 86_400_000
_TIERS = (
    MarginTier(0.0, 0.005, 50.0),
    MarginTier(500_000.0, 0.01, 25.0),
    MarginTier(5_000_000.0, 0.05, 10.0),
)


def bench_contracts(venue: str = "paper") -> tuple[Instrument, Instrument, Instrument]:
    """Return a linear, an inverse and a dated contract of figures that suit every case."""
    linear = Instrument(
        venue=venue,
        symbol="BTCUSDT",
        underlying="BTC",
        payoff=Payoff.LINEAR,
        quote="USDT",
        settle="USDT",
        multiplier=Decimal(1),
        lot=Decimal("0.001"),
        min_contracts=Decimal("0.001"),
        max_contracts=Decimal(1000),
        min_notional=Decimal(100),
        tick=Decimal("0.1"),
        taker_fee=Decimal("0.0005"),
        maker_fee=Decimal("0.0002"),
        tiers=_TIERS,
        funding_interval_hours=8.0,
        cite="made for tests",
    )
    inverse = replace(
        linear,
        symbol="BTCUSD_PERP",
        payoff=Payoff.INVERSE,
        quote="USD",
        settle="BTC",
        multiplier=Decimal(100),
        lot=Decimal(1),
        min_contracts=Decimal(1),
        max_contracts=Decimal(1_000_000),
        tiers=(MarginTier(0.0, 0.005, 50.0), MarginTier(50.0, 0.01, 25.0)),
    )
    ends = datetime(2026, 1, 30, 8, tzinfo=UTC)
    return linear, inverse, replace(linear, symbol="BTCUSDT_260130", expiry=ends, funding_interval_hours=None)


@dataclass(frozen=True, slots=True)
class StillFeed:
    """Contracts with a mark, whose world only moves by what the bench lets happen; ten daily bars before it opened."""

    instruments: tuple[Instrument, ...]

    def opening(self, at: int) -> Iterable[VenueEvent]:
        """Yield each contract with its mark."""
        for instrument in self.instruments:
            yield Listed(at, instrument)
            yield Marked(at, {instrument.name: START}, {instrument.name: START})

    def events(self, after: int, until: int, listed: Container[str]) -> Iterable[VenueEvent]:  # noqa: ARG002
        """Nothing."""
        return ()

    def candles(self, instrument: Instrument, minutes: int, since: int, until: int) -> tuple[Candle, ...]:  # noqa: ARG002
        """Return the bars of the ten days before the venue opened."""
        bars = [Candle(_OPENS - n * _DAY, START, START + n, START - n, START) for n in range(10, 0, -1)]
        return tuple(bar for bar in bars if since <= bar.at < until)

    def funding(self, instrument: Instrument, since: int, until: int) -> tuple[FundingPrint, ...]:  # noqa: ARG002
        """Nothing was paid before."""
        return ()


async def paper_bench(rules: VenueRules | None = None, venue: PaperVenue | None = None) -> Bench:
    """Return a fresh paper venue under `rules`, or one that goes on, on the bench."""
    contracts = bench_contracts()
    new = venue is None
    clock = venue.clock if isinstance(venue, PaperVenue) else VirtualClock(_OPENS)
    paper = venue or PaperVenue(clock, StillFeed(contracts), rules=rules)

    async def happen(event: VenueEvent) -> None:
        paper.happen(replace(event, account=paper.name) if isinstance(event, Credited) else event)

    async def restart() -> Bench:
        kept = books_from(json.loads(json.dumps(plain_of(paper.export()))))
        return await paper_bench(venue=PaperVenue(clock, paper.feed, books=kept))

    bench = Bench(
        data=paper.data,
        trading=paper.trading,
        account=paper.account,
        linear=contracts[0],
        inverse=contracts[1],
        dated=contracts[2],
        happen=happen,
        wait=clock.sleep,
        restart=restart,
        bars=(1440, _OPENS - 10 * _DAY, _OPENS),
        unique_ids=paper.state.rules.ids == "ever",
        prefix="hrtest" if new else "hragain",
    )
    if new:
        for instrument in contracts:
            await bench.book(instrument=instrument)
        paper.credit("USDT", Decimal(100_000))
        paper.credit("BTC", Decimal(10))
    return bench
