"""The smiles of a chain, one an expiry, from the quotes out of the money.

smiles_of(chain) -> Smiles
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import NotEnoughData
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.stats.black import implied_volatility
from hedgerow.stats.smile import Smile, fit_smile

__all__ = ["Smiles", "smiles_of"]

_LEAST_DOUBT = 0.005
_MOST_DOUBT = 0.5


@dataclass(frozen=True, slots=True)
class Smiles:
    """The smile of each expiry that has quotes enough, and what was found wrong."""

    of: Mapping[np.datetime64, Smile]
    notes: tuple[str, ...]


def smiles_of(chain: OptionChain, expiries: Sequence[np.datetime64] | None = None) -> Smiles:
    """Return the smiles of all `expiries` or those given, nearest first, each above the one before it where quotes allow.

    A quote without both sides, or whose middle has no volatility, is left out; one is believed by its spread in volatility.
    """
    fitted: dict[np.datetime64, Smile] = {}
    notes: list[str] = []
    before: Smile | None = None
    for expiry in sorted(chain.expiries if expiries is None else expiries):
        years = chain.years(expiry)
        k, vol, weight = _points(chain, [q for q in chain.of(expiry) if _out(q)], years)
        try:
            fitted[expiry] = before = fit_smile(k, vol, years, weight, before)
        except NotEnoughData:
            notes.append(f"{_day(expiry)}: too few quotes for a smile; it is not offered.")
            continue
        if not before.free_of_arbitrage:
            kind = "butterfly" if before.butterfly < before.calendar else "calendar spread"
            notes.append(
                f"{_day(expiry)}: the quotes leave a {kind} worth less than nothing in the fitted smile."
            )
    return Smiles(fitted, tuple(notes))


def _points(
    chain: OptionChain, quotes: list[OptionQuote], years: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log-moneyness, volatility of the middle and weight of each quote, NaN where one is missing."""
    forward = np.array([q.forward_usd for q in quotes])
    strike = np.array([q.strike for q in quotes])
    call = np.array([q.call for q in quotes], dtype=bool)
    vols = [
        implied_volatility(
            [chain.forward_price(q, price) for q, price in zip(quotes, side, strict=True)],
            forward,
            strike,
            years,
            call,
        ).volatility
        for side in ([q.mid for q in quotes], [q.bid for q in quotes], [q.ask for q in quotes])
    ]
    doubt = np.clip(0.5 * (vols[2] - vols[1]), _LEAST_DOUBT, None)
    weight = np.where(doubt < _MOST_DOUBT, 1.0 / doubt**2, np.nan)
    return np.log(strike / forward), vols[0], weight


def _out(quote: OptionQuote) -> bool:
    """Whether an option is out of the money, or at it."""
    return quote.strike >= quote.forward_usd if quote.call else quote.strike < quote.forward_usd


def _day(expiry: np.datetime64) -> str:
    return str(expiry)[:10]
