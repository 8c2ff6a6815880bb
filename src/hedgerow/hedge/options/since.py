"""What the options of a book gained since an earlier chain, by line: the same units, marked by both chains.

gained_since(options, before, now) -> one for each option on the chains' coin
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hedgerow.hedge.options.attribution import OptionLines, OptionLook, OptionTerms, option_lines
from hedgerow.hedge.options.held import HeldOption, Marked, marked_by
from hedgerow.model.errors import UsageError
from hedgerow.model.option_chain import OptionChain

__all__ = ["OptionGain", "OptionsSince", "gained_since"]


@dataclass(frozen=True, slots=True)
class OptionGain:
    """What `units` of an option, below zero sold, gained in dollars; a `reason` in place of lines where that is not known."""

    symbol: str
    units: float
    lines: OptionLines = field(default_factory=OptionLines)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OptionsSince:
    """What each option gained from one chain to the next."""

    start: np.datetime64
    end: np.datetime64
    gains: tuple[OptionGain, ...]

    @property
    def known(self) -> OptionLines:
        """The lines of all that are known, added up."""
        return sum((each.lines for each in self.gains if not each.reason), OptionLines())


def gained_since(options: Iterable[HeldOption], before: OptionChain, now: OptionChain) -> OptionsSince:
    """Return where the dollars of each option on the chains' coin came from. Raises `UsageError` where the earlier chain is not earlier."""
    if not before.as_of < now.as_of:
        raise UsageError(
            f"the chain is of {str(now.as_of)[:16]}, and none before it was found to count from",
            advice="Give an earlier --since, and a --chain that has rows of then.",
        )
    gains = tuple(_gain(held, before, now) for held in options if held.coin == now.underlying)
    return OptionsSince(before.as_of, now.as_of, gains)


def _gain(held: HeldOption, before: OptionChain, now: OptionChain) -> OptionGain:
    symbol, units = held.name.text, held.quantity
    looks = []
    for chain in (before, now):
        marked = marked_by(held.name, chain)
        if isinstance(marked, str):
            return OptionGain(symbol, units, reason=f"{str(chain.as_of)[:16]}: {marked}")
        looks.append(_look(marked, chain))
    terms = OptionTerms(held.name.strike, held.name.call, now.in_coin)
    return OptionGain(symbol, units, option_lines(terms, units, *looks))


def _look(marked: Marked, chain: OptionChain) -> OptionLook:
    quote = marked.quote
    return OptionLook(
        marked.price, chain.index_usd, quote.forward_usd, chain.years(quote.expiry), marked.volatility
    )
