"""The chains of options that a book is priced with, or compared on: a file's, a venue's of now, or those of the simulated market."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hedgerow.config import VENUE_BOOK, Settings
from hedgerow.hedge.valuation import price_of
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.option_contracts import is_option
from hedgerow.model.portfolio import Portfolio

if TYPE_CHECKING:
    from hedgerow.model.option_chain import OptionChain

__all__ = ["chain_of", "chains_on", "live_chain_of", "with_chains", "with_options"]


def with_options(settings: Settings, market: Market, book: Portfolio) -> Market:
    """Return the market with a chain of each coin that the book holds options on, where there is one.

    Raises `BadPrices` for a file that cannot be read; an option that it does not tell is unknown in the book.
    """
    coins = tuple(dict.fromkeys(row.option.underlying for row in book.positions if row.option is not None))
    return replace(market, options=chains_on(settings, market, coins)) if coins else market


def with_chains(settings: Settings, market: Market, contracts: Iterable[Instrument]) -> Market:
    """Return the market with a chain of each coin that there are options on among the contracts, where there is one.

    Raises `BadPrices` for a file that cannot be read.
    """
    coins = {each.underlying for each in contracts if is_option(each)} - set(market.options)
    if not coins:
        return market
    return replace(market, options={**market.options, **chains_on(settings, market, sorted(coins))})


def chain_of(settings: Settings, market: Market, coin: str) -> OptionChain:
    """Return the chain on `coin` that protection is looked for in. Raises `UsageError` where real prices have none, and what asking a venue raises."""
    venue = live_chain_of(settings)
    if venue:
        return _now(settings, venue, coin)
    if settings.data.chain is not None:
        from hedgerow.files.chains import read_chain

        return read_chain(settings.data.chain, coin, settings.data.as_of)
    if not market.simulated:
        raise UsageError(
            "real prices need a real option chain",
            advice="Give its file with --chain, or ask a venue: --chain venue:deribit.",
        )
    from hedgerow.venues.simulated_chain import simulated_chain

    return simulated_chain(_in_dollars(market), coin)


def live_chain_of(settings: Settings) -> str:
    """Return the venue that `--chain venue:NAME` asks, "" where a file or nothing is given."""
    told = settings.data.chain or ""
    return told.removeprefix(VENUE_BOOK).lower() if told.startswith(VENUE_BOOK) else ""


def _now(settings: Settings, venue: str, coin: str) -> OptionChain:
    """What a venue quotes now. Raises `UsageError` where a moment of the past is asked for."""
    import asyncio

    from hedgerow.venues.live_chains import chain_now

    if settings.data.as_of is not None:
        raise UsageError(
            f"--chain {settings.data.chain} is of now, and --as-of of the past", advice="Give a file of then."
        )
    told = settings.venues.get(venue)
    return asyncio.run(chain_now(venue, coin, None if told is None else told.stand_in))


def _in_dollars(market: Market) -> Market:
    """The market's prices in dollars, whatever it counts in: a chain is."""
    if market.currency == "USD":
        return market
    dollar = price_of(market, "USD")
    given = {symbol: price / dollar for symbol, price in market.given.items()}
    return replace(market, prices=market.prices / dollar, given=given, currency="USD")


def chains_on(settings: Settings, market: Market, coins: Sequence[str]) -> dict[str, OptionChain]:
    """Return the chain of each coin that there is one of. Raises `BadPrices` for a file that cannot be read, and what asking a venue raises."""
    venue = live_chain_of(settings)
    if venue:
        return {coin: _now(settings, venue, coin) for coin in coins}
    if settings.data.chain is not None:
        from hedgerow.files.chains import read_chains

        return read_chains(settings.data.chain, coins, settings.data.as_of)
    found: dict[str, OptionChain] = {}
    for coin in coins if market.simulated else ():
        try:
            found[coin] = chain_of(settings, market, coin)
        except NotEnoughData:  # a coin that the market does not have: the rows say so
            continue
    return found
