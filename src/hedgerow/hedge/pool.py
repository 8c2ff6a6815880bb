"""Which contracts are looked at: the ones named, the benchmark's, and the most traded perps for a basket."""

from __future__ import annotations

import re
from difflib import get_close_matches

import numpy as np

from hedgerow.hedge.joint import POOL
from hedgerow.model.coins import WRAPPED, is_stablecoin
from hedgerow.model.errors import UnknownSymbol, UsageError
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio, Position

__all__ = [
    "BENCHMARKS",
    "HEDGE_TAG",
    "benchmarks_of",
    "candidates_for",
    "find",
    "only_named",
    "standing",
    "undated",
]

BENCHMARKS = ("BTC", "ETH")
HEDGE_TAG = "hedge"
_DATED = re.compile(r"_\d{6}$")


def undated(name: str) -> str:
    """Return what a dated contract is called whatever its date: `BTCUSDT_QUARTER` of `BTCUSDT_260925`."""
    return _DATED.sub("_QUARTER", name)


def find(catalogue: tuple[Instrument, ...], name: str) -> Instrument:
    """Return the contract called `name`, with or without its venue; raises `UnknownSymbol` with the nearest.

    `BTCUSDT_QUARTER` is the contract of that kind that ends first, whatever its date.
    """
    wanted = name.strip().upper()
    for contract in sorted(catalogue, key=lambda c: c.expiry.timestamp() if c.expiry else 0.0):
        symbols = {contract.symbol.upper(), undated(contract.symbol).upper()}
        if wanted in symbols | {f"{contract.venue.upper()}:{symbol}" for symbol in symbols}:
            return contract
    near = get_close_matches(wanted, [c.symbol.upper() for c in catalogue], n=3)
    advice = (
        f"Did you mean {' or '.join(near)}?" if near else "`hedgerow choose` lists the contracts there are."
    )
    raise UnknownSymbol(f"no contract is called {name.strip()}", advice=advice)


def candidates_for(
    choice: str | int | tuple[str, ...],
    factors: tuple[str, ...],
    book: Portfolio,
    market: Market,
    catalogue: tuple[Instrument, ...],
    *,
    own: bool = False,
) -> tuple[Instrument, ...]:
    """Return the contracts to look at, for `choice` as `--instruments` takes it.

    Names: exactly those. Otherwise every contract on a factor, on BTC and on ETH, and the 60 linear perps with the
    highest median volume of the last 90 days, without stablecoins and, unless `own`, without the book's own coins
    (`interfaces.md` §3); a hedge that stands already is looked at whatever its volume. Raises `UsageError` for a count below 1 or an unknown word.
    """
    if isinstance(choice, tuple):
        return tuple(dict.fromkeys(find(catalogue, name) for name in choice))
    if isinstance(choice, str) and choice != "auto":
        raise UsageError(
            f'"{choice}" is no choice of instruments',
            advice="Give auto, a count, or names separated by commas.",
        )
    if isinstance(choice, int) and choice < 1:
        raise UsageError(
            f"{choice} instruments cannot hedge", advice="Give a count of 1 or more, auto, or names."
        )
    benchmarks = benchmarks_of(factors, catalogue)
    stands = {p.instrument.name for p in standing(book, factors) if p.instrument is not None}
    held = {
        WRAPPED.get(position.symbol, position.symbol)
        for position in book.positions
        if position.instrument is None or position.instrument.name not in stands
    }
    barred = set() if own else held
    volume = {
        c: market.daily_volume_usd(c.underlying)
        for c in catalogue
        if c not in benchmarks
        and c.is_perpetual
        and c.payoff is Payoff.LINEAR
        and c.underlying not in barred
        and not is_stablecoin(c.underlying)
    }
    known = [c for c in volume if np.isfinite(volume[c])]
    most = sorted(known, key=lambda c: (-volume[c], c.symbol))[:POOL]
    kept = (c for c in catalogue if c.name in stands)
    return tuple(dict.fromkeys((*benchmarks, *most, *kept)))


def only_named(contract: Instrument, collateral_coin: str | None) -> str:
    """Return why a contract is taken only where it is named, "" where it is chosen by itself: plans, runs and the watch alike.

    By itself that is a perpetual with its margin at hand: dollars, or the coin that is given as collateral. A dated
    contract's price may be a derived one, and margin in another coin has to be brought, with a beta of its own.
    """
    if not contract.is_perpetual:
        return "it ends: taken only where it is named"
    if is_stablecoin(contract.settle) or contract.settle == collateral_coin:
        return ""
    return f"margined in {contract.settle}: taken where it is named, or that is the collateral"


def benchmarks_of(factors: tuple[str, ...], catalogue: tuple[Instrument, ...]) -> tuple[Instrument, ...]:
    """Return the contracts on a factor, on BTC and on ETH: those that one contract is chosen from."""
    return tuple(c for c in catalogue if c.underlying in {*factors, *BENCHMARKS})


def standing(book: Portfolio, factors: tuple[str, ...] = BENCHMARKS) -> tuple[Position, ...]:
    """Return the open contracts that are a hedge already, and may be changed or closed by a better one.

    Linear and inverse perpetuals with the tag `hedge`; and shorts, beside spot, of coins that the book has not, or of a factor, BTC or
    ETH. Any other open contract is a position that the owner wants: it is hedged, never closed.
    """
    spot = {
        WRAPPED.get(p.symbol, p.symbol)
        for p in book.positions
        if not p.is_derivative and not is_stablecoin(p.symbol) and p.quantity > 0
    }
    taken = spot - {*factors, *BENCHMARKS}

    def hedges(p: Position) -> bool:
        contract = p.instrument
        if contract is None or not contract.is_perpetual or contract.payoff is Payoff.QUANTO:
            return False
        return HEDGE_TAG in p.tags or (bool(spot) and p.quantity < 0 and contract.underlying not in taken)

    return tuple(p for p in book.positions if hedges(p))
