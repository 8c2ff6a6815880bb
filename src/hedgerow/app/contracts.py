"""Which contracts a plan may hold: those of the embedded paper catalogue, or a venue's own, at its prices of now.

venue = live_market(settings)                 the venue that a plan on these settings may be traded at with real money
contracts_of(settings, market)                paper's, or that venue's
dated_of(settings, market)                    all dated ones there, and their perpetuals: what is rolled, and into what
priced_now(settings, market, coins)           what these coins cost there now, in place of the last bar
quoted_now(settings, market, contracts)       what these contracts cost there now, and half their spreads
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.app.venues import asked_of, known_venues, market_door, told_of
from hedgerow.config import Settings
from hedgerow.model.errors import BadPrices, HedgerowError, UnknownSymbol
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.market import Market
from hedgerow.model.ports import Ticker

if TYPE_CHECKING:
    from hedgerow.venues.doors import CcxtVenue

__all__ = [
    "LEADS",
    "contracts_of",
    "dated_of",
    "dollars_of",
    "listed_at",
    "live_market",
    "on_paper",
    "priced_now",
    "pulled_tiers",
    "quoted_now",
    "recent",
    "tells_price",
]

_LONGEST_DAYS = 3.0
LEADS = ("BTC", "ETH")
"""Coins of which every contract counts; of the others the linear perpetual."""


def live_market(settings: Settings) -> str | None:
    """Return the venue whose own contracts are planned on, None for paper.

    It is the venue of `--market`, where `[trade]` and `[venues.NAME]` both say `live = true`. A plan of the past (`--as-of`)
    is never one for real money.
    """
    if settings.data.market is None or not settings.trade.live or settings.data.as_of is not None:
        return None
    name = settings.data.market.strip().partition(":")[0]
    return name if name in known_venues() and told_of(settings, name).live else None


def on_paper(settings: Settings) -> Settings:
    """Return the settings for what is never real money: on the embedded catalogue, whatever `[trade]` allows."""
    return replace(settings, trade=replace(settings.trade, live=False))


def contracts_of(settings: Settings, market: Market) -> tuple[Instrument, ...]:
    """Return the contracts there are to hedge with: those of `live_market`, asked for now, or the paper catalogue.

    On paper a dated contract that is named is there until it ends, and two quarters before it is the next.

    Raises `BadPrices` where the lake ends long ago, and what asking a venue raises.
    """
    from hedgerow.venues.catalogue import catalogue

    name = live_market(settings)
    if name is None:
        return (*catalogue(market), *_named_besides(settings, market))
    recent(market, name)
    venue = market_door(settings, name)
    ladders = pulled_tiers(settings, venue.door.venue.name)
    return asked_of(venue, lambda: listed_at(venue, market, ladders))


def _named_besides(settings: Settings, market: Market) -> tuple[Instrument, ...]:
    """Dated contracts of the paper venue that the settings name and its catalogue has not: they end soon, or late."""
    from hedgerow.venues.catalogue import catalogue, ladder

    named = {name.strip().upper() for name in str(settings.hedge.instruments).split(",")}
    known = {one.name for one in catalogue(market)}
    return tuple(
        one
        for one in ladder(market)
        if one.name not in known and not named.isdisjoint({one.symbol.upper(), one.name.upper()})
    )


def dated_of(settings: Settings, market: Market, name: str | None) -> tuple[Instrument, ...]:
    """Return what the venue called `name` lists on coins with a price, dated contracts and perpetuals; None: the paper venue.

    Raises what asking a venue raises.
    """
    from hedgerow.venues.catalogue import catalogue, ladder

    if name is None:
        return tuple(dict.fromkeys((*catalogue(market), *ladder(market))))
    venue = market_door(settings, name)
    return tuple(one for one in asked_of(venue, venue.data.instruments) if _fits(one, market))


def quoted_now(
    settings: Settings, market: Market, name: str, contracts: Sequence[Instrument]
) -> tuple[Market, dict[str, float]]:
    """Return `market` with what `contracts` cost at the venue `name` now, each its own price, and half-spreads in basis points.

    A perpetual's price is its coin's. Raises what asking raises.
    """
    venue = market_door(settings, name)
    told = {each.instrument: each for each in asked_of(venue, lambda: venue.data.tickers(tuple(contracts)))}
    given: dict[str, float] = {}
    halves: dict[str, float] = {}
    for one in contracts:
        ticker = told.get(one.name)
        price = None if ticker is None else dollars_of(ticker, one, market)
        if ticker is None or price is None:
            continue
        given[one.symbol if one.expiry else one.underlying] = price
        if ticker.bid and ticker.ask:
            halves[one.name] = float((ticker.ask - ticker.bid) / (ticker.ask + ticker.bid)) * 1e4
    return replace(market, given={**market.given, **given}), halves


def recent(market: Market, name: str) -> None:
    """Raise `BadPrices` where betas and volumes would be of long ago: prices of now would hide it."""
    ago = (np.datetime64(time.time_ns() // 1_000_000, "ms") - market.as_of) / np.timedelta64(1, "D")
    if ago > _LONGEST_DAYS:
        raise BadPrices(
            f"the lake of {name} ends {ago:.0f} days ago: betas and volumes would be of then",
            advice=f"Bring it up to now: hedgerow data pull {name}",
        )


async def listed_at(
    venue: CcxtVenue, market: Market, ladders: Mapping[str, tuple[MarginTier, ...]]
) -> tuple[Instrument, ...]:
    """Return the contracts of a venue on the coins of a market, as it lists them now, with their tiers.

    Raises `UnknownSymbol` where there is none, and what the venue raises.
    """
    from hedgerow.runs.pull import contracts_for

    there = await venue.data.instruments()
    perpetuals = contracts_for(there, ())
    leads = [one for one in there if one.underlying in LEADS and _fits(one, market)]
    others = [one for coin, one in perpetuals.items() if coin not in LEADS and coin in market.symbols]
    chosen = tuple(dict.fromkeys((*leads, *others)))
    if not chosen:
        raise UnknownSymbol(
            f"{venue.door.venue.name} lists no contract on the coins of the lake",
            advice="Bring more coins: hedgerow data pull, without --coins.",
        )
    return tuple([await _with_tiers(venue, one, ladders) for one in chosen])


def _fits(one: Instrument, market: Market) -> bool:
    """Whether a contract can be valued: its coin has a price, and it is paid in dollars of a kind or in that coin."""
    usual = one.settle in {"USDT", "USDC", "USD"} if one.payoff is Payoff.LINEAR else True
    return one.underlying in market.symbols and usual


async def _with_tiers(
    venue: CcxtVenue, one: Instrument, ladders: Mapping[str, tuple[MarginTier, ...]]
) -> Instrument:
    """The contract with its tiers: from the lake, else the venue's for the leading coins, else those of thin coins."""
    from hedgerow.venues.catalogue import CAUTIOUS

    known = ladders.get(one.symbol)
    if known is None and one.underlying in LEADS:
        try:
            known = await venue.data.tiers(one)
        except (
            HedgerowError
        ):  # told to keys only, or to nobody: the cautious ones ask for more margin, never for less
            known = None
    return replace(one, tiers=known or CAUTIOUS)


def pulled_tiers(settings: Settings, venue: str) -> dict[str, tuple[MarginTier, ...]]:
    """The latest tiers that `data pull --kinds tiers` has brought, by the contract's symbol."""
    from hedgerow.app.lake import lake_root
    from hedgerow.store.lake import Stream
    from hedgerow.store.query import table_of

    stream = Stream(lake_root(settings.data.lake), "tiers", venue)
    if not stream.folder.is_dir():
        return {}
    rows = table_of(stream, ("symbol", "floor", "mmr", "max_leverage"), None, None).sort("ts")
    return {
        str(row["symbol"]): tuple(
            MarginTier(*tier) for tier in zip(row["floor"], row["mmr"], row["max_leverage"], strict=True)
        )
        for row in rows.iter_rows(named=True)
    }


def priced_now(
    settings: Settings, market: Market, contracts: Sequence[Instrument], coins: Iterable[str]
) -> Market:
    """Return `market` with what coins cost at `live_market` now: the middle of their perpetual's book, in place of the bar.

    They are `coins`, the factors and the leading ones, and where more than one contract may be held those of all contracts.
    A price of the user's own stays. Without such a venue the market is returned as it is. Raises what asking raises.
    """
    name = live_market(settings)
    if name is None:
        return market
    wanted = {*coins, *LEADS, *settings.hedge.factor.upper().split(",")} - set(market.given)
    if str(settings.hedge.instruments).strip() != "1":
        wanted |= {one.underlying for one in contracts} - set(market.given)
    asked = {one.underlying: one for one in reversed(contracts) if tells_price(one, wanted)}
    venue = market_door(settings, name)
    told = asked_of(venue, lambda: venue.data.tickers(tuple(asked.values())))
    by_name = {ticker.instrument: ticker for ticker in told}
    now = {
        coin: price for coin, one in asked.items() if (price := dollars_of(by_name[one.name], one, market))
    }
    if not now:
        return market
    said = f"Prices of {len(now)} coins are {name}'s of now: {', '.join(sorted(now))}."
    return replace(market, given={**market.given, **now}, notes=(*market.notes, said))


def tells_price(one: Instrument, wanted: set[str]) -> bool:
    """Return whether a contract's book tells what a coin of `wanted` costs."""
    return one.underlying in wanted and one.is_perpetual and one.payoff is Payoff.LINEAR


def dollars_of(ticker: Ticker, one: Instrument, market: Market) -> float | None:
    """What a coin costs in the market's currency; a stablecoin without a price is taken at a dollar, as margin is."""
    from hedgerow.hedge.valuation import price_of

    quote = price_of(market, one.quote)
    if not quote > 0.0:
        quote = 1.0 if market.currency == "USD" else price_of(market, "USD")
    middle = (
        (ticker.bid + ticker.ask) / 2
        if ticker.bid is not None and ticker.ask is not None
        else ticker.mark or ticker.last
    )
    if middle is None or not middle > 0 or not quote > 0.0:
        return None
    return float(middle) * quote
