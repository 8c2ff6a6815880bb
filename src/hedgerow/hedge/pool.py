"""Which contracts are looked at: the ones named, the benchmark's, and the most traded perps for a basket."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np

from hedgerow.model.coins import WRAPPED, is_stablecoin
from hedgerow.model.errors import UnknownSymbol, UsageError
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio

__all__ = ["BENCHMARKS", "candidates_for", "find"]

BENCHMARKS = ("BTC", "ETH")
_BASKET = 60


def find(catalogue: tuple[Instrument, ...], name: str) -> Instrument:
    """Return the contract called `name`, with or without its venue; raises `UnknownSymbol` with the nearest."""
    wanted = name.strip()
    for contract in catalogue:
        if wanted.upper() in {contract.symbol.upper(), contract.name.upper()}:
            return contract
    near = get_close_matches(wanted.upper(), [c.symbol.upper() for c in catalogue], n=3)
    advice = (
        f"Did you mean {' or '.join(near)}?" if near else "`hedgerow choose` lists the contracts there are."
    )
    raise UnknownSymbol(f"no contract is called {wanted}", advice=advice)


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
    (`interfaces.md` §3). Raises `UsageError` for a count below 1 or an unknown word.
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
    benchmarks = tuple(c for c in catalogue if c.underlying in {*factors, *BENCHMARKS})
    held = {WRAPPED.get(position.symbol, position.symbol) for position in book.positions}
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
    return benchmarks + tuple(sorted(known, key=lambda c: (-volume[c], c.symbol))[:_BASKET])
