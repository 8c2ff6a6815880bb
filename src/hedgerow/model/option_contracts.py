"""Options as contracts that can be traded: a quote of a chain as an instrument, and what an instrument's name says of it.

Units are coins of the underlying, prices and premium are in the settlement coin (`Payoff.OPTION`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

import numpy as np

from hedgerow.model.errors import BrokenPromise
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.model.option_names import OptionName, option_named
from hedgerow.model.portfolio import Position, PositionKind

__all__ = [
    "is_option",
    "option_contract",
    "option_of",
    "option_row",
    "pays_in_coin",
    "strike_of",
    "tick_at",
    "tick_steps",
]

_COIN_TICK, _DOLLAR_TICK = Decimal("0.0001"), Decimal("0.01")
_COARSE, _COARSER = Decimal("0.005"), 5
_COIN_FEE, _DOLLAR_FEE = Decimal("0.0003"), Decimal("0.0005")
_CITE = "Deribit, Fees and contract specifications: 0.03 % of the coin (0.05 % where paid in dollars), capped at 12.5 %"


def is_option(instrument: Instrument) -> bool:
    """Return whether a contract is an option."""
    return instrument.payoff is Payoff.OPTION


def pays_in_coin(instrument: Instrument) -> bool:
    """Return whether an option's premium and payoff are in the coin that it is on."""
    return instrument.settle == instrument.underlying


def option_contract(chain: OptionChain, quote: OptionQuote, venue: str = "paper") -> Instrument:
    """Return a quoted option as a contract of `venue`, with Deribit's lots, ticks and fees."""
    coin = chain.in_coin
    ends = datetime.fromtimestamp(int(quote.expiry.astype("datetime64[s]").astype(np.int64)), tz=UTC)
    return Instrument(
        venue=venue,
        symbol=quote.symbol.upper(),
        underlying=chain.underlying,
        payoff=Payoff.OPTION,
        quote=chain.settle,
        settle=chain.settle,
        multiplier=Decimal(1),
        lot=chain.lot,
        min_contracts=chain.lot,
        max_contracts=None,
        min_notional=Decimal(0),
        tick=_COIN_TICK if coin else _DOLLAR_TICK,
        taker_fee=_COIN_FEE if coin else _DOLLAR_FEE,
        maker_fee=_COIN_FEE if coin else _DOLLAR_FEE,
        tiers=(),
        expiry=ends,
        cite=_CITE,
    )


@lru_cache(maxsize=4096)
def option_of(symbol: str) -> OptionName:
    """Return the terms in an option contract's symbol; raises `BrokenPromise` where it names none."""
    found = option_named(symbol)
    if found is None:
        raise BrokenPromise(f"{symbol} is said to be an option, and its name tells no strike")
    return found


def strike_of(instrument: Instrument) -> Decimal:
    """Return an option's strike in dollars, exact as its name has it."""
    return Decimal(repr(option_of(instrument.symbol).strike))


def option_row(instrument: Instrument, units: Decimal) -> Position:
    """Return what is held of an option as a row of a book, in units of its coin."""
    name = option_of(instrument.symbol)
    return Position(
        name.text,
        units,
        PositionKind.DERIVATIVE,
        account=instrument.venue,
        underlying=name.underlying,
        option=name,
    )


def tick_steps(tick: Decimal) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return the steps of prices of an option paid in coins whose least is `tick`: from a price on, another step."""
    return ((_COARSE, tick * _COARSER),)


def tick_at(instrument: Instrument, price: Decimal) -> Decimal:
    """Return the step of prices at `price`: that of an option paid in coins is five times as large from 0.005 coins on."""
    coarse = is_option(instrument) and pays_in_coin(instrument) and price >= _COARSE
    return instrument.tick * _COARSER if coarse else instrument.tick
