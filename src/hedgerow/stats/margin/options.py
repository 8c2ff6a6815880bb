"""What an option costs at its venue: fees, the margin of one that was sold, and what it pays at its end. Exact, in coins.

Deribit's published rules (standard margin: bought options need none and give no relief). `index` is the coin's price in dollars,
`price` and `mark` are in the settlement coin for one unit of the underlying.
"""

from __future__ import annotations

from decimal import Decimal

from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import option_of, pays_in_coin, strike_of

__all__ = ["FEE_CAP", "delivered", "delivery_fee", "option_fee", "short_margin"]

FEE_CAP = Decimal("0.125")
"""No fee is more than this share of what is paid for the option, or of what it pays."""
_DELIVERY = Decimal("0.00015")
_FAR, _NEAR, _KEPT = Decimal("0.15"), Decimal("0.1"), Decimal("0.075")
_ZERO = Decimal(0)


def option_fee(
    instrument: Instrument, units: Decimal, price: Decimal, index: Decimal, rate: Decimal
) -> Decimal:
    """Return the fee of a trade: `rate` of the coin, at most an eighth of the premium."""
    return abs(units) * min(rate * _coin(instrument, index), FEE_CAP * price)


def delivered(instrument: Instrument, index: Decimal) -> Decimal:
    """Return what one unit pays at its end where the coin settles at `index`: max(K − S, 0) ÷ S coins of a put, or dollars."""
    strike = strike_of(instrument)
    dollars = max(index - strike if option_of(instrument.symbol).call else strike - index, _ZERO)
    return dollars / index if pays_in_coin(instrument) else dollars


def delivery_fee(instrument: Instrument, units: Decimal, paid: Decimal, index: Decimal) -> Decimal:
    """Return the fee of exercise, nothing of an option that pays nothing."""
    return abs(units) * min(_DELIVERY * _coin(instrument, index), FEE_CAP * paid)


def short_margin(
    instrument: Instrument, units: Decimal, mark: Decimal, index: Decimal, *, initial: bool
) -> Decimal:
    """Return the margin of |units| that were sold: 0.075 of the coin and the mark, initially 0.15 less what it is out of the money.

    A put's maintenance is at least 0.075 of its mark besides; initial margin is at least 0.1 and never less than maintenance.
    """
    coin, call = _coin(instrument, index), option_of(instrument.symbol).call
    kept = _KEPT * coin + mark if call else max(_KEPT * coin, _KEPT * mark) + mark
    if initial:
        strike = strike_of(instrument)
        away = max((strike - index if call else index - strike) / index, _ZERO)
        kept = max(max(_FAR - away, _NEAR) * coin + mark, kept)
    return abs(units) * kept


def _coin(instrument: Instrument, index: Decimal) -> Decimal:
    """One coin of the underlying in the settlement coin."""
    return Decimal(1) if pays_in_coin(instrument) else index
