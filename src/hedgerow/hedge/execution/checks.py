"""Whether what was read is what it must be: prices that can be used, units that are ours, modes as asked."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal
from typing import Literal

from hedgerow.hedge.execution.programme import Rules
from hedgerow.hedge.execution.state import LegState
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.option_contracts import is_option, tick_at
from hedgerow.model.orders import contracts_of, lot_units, units_of
from hedgerow.model.ports import AccountModes, Holding, Ticker

__all__ = ["modes_right", "price_fault", "reference", "smallest", "too_small", "units_right", "worth"]

Checked = Literal["unknown", "right", "wrong"]
_ROUGHLY = 3
_OPTION_ERROR, _OPTION_TICKS = Decimal("0.25"), 5
"""How far the middle of an option's quotes may be from its mark: a share of that, or so many ticks."""
_HEADROOM = Decimal("1.1")
"""The smallest order stays above the smallest worth when the price falls by a tenth before it arrives."""


def price_fault(ticker: Ticker | None, rules: Rules, instrument: Instrument | None = None) -> str:
    """Return why these prices cannot be traded on, or nothing. Quotes of an option may be wider apart."""
    if ticker is None:
        return "no price"
    if any(p is not None and not (p.is_finite() and p > 0) for p in _prices(ticker)):
        return "a price that is not a positive number"
    mark, bid, ask = reference(ticker), ticker.bid, ticker.ask
    if mark is None or bid is None or ask is None:
        return "no mark or last price, or no best bid and ask"
    if bid > ask:
        return f"crossed: bid {bid} over ask {ask}"
    far = abs((bid + ask) / 2 - mark) > rules.price_error * mark
    if far and instrument is not None and is_option(instrument):
        near = max(_OPTION_ERROR * mark, _OPTION_TICKS * tick_at(instrument, mark))
        far = abs((bid + ask) / 2 - mark) > near
    return f"bid {bid} and ask {ask} are far from the mark of {mark}" if far else ""


def reference(ticker: Ticker) -> Decimal | None:
    """Return the mark, else the last price, else None."""
    return ticker.last if ticker.mark is None else ticker.mark


def _prices(ticker: Ticker) -> tuple[Decimal | None, ...]:
    return ticker.last, ticker.bid, ticker.ask, ticker.mark


def units_right(leg: LegState, holding: Holding, rules: Rules) -> Checked:
    """Hold the venue's own notional against ours: a multiplier off by ten makes a hedge off by ten.

    A venue that tells no mark beside it, or only margin and leverage, is held against our price, roughly: sizes of
    contracts are off by powers of ten.
    """
    mark = holding.mark
    if not holding.quantity:
        return leg.units
    pairs = []
    if holding.notional is not None and mark is not None:
        pairs.append((holding.notional, worth(leg.leg.instrument, holding.quantity, mark)))
    if holding.notional_coin is not None and mark is not None and leg.leg.instrument.payoff is Payoff.INVERSE:
        pairs.append((holding.notional_coin, abs(holding.quantity) / mark))
    if not pairs:
        return _units_roughly(leg, holding)
    wrong = any(abs(theirs - ours) > rules.unit_error * ours for theirs, ours in pairs)
    return "wrong" if wrong else "right"


def _units_roughly(leg: LegState, holding: Holding) -> Checked:
    price = holding.mark or (reference(leg.quote) if leg.quote is not None else None)
    theirs = holding.notional
    if theirs is None and holding.margin and holding.leverage:
        theirs = holding.margin * holding.leverage
    if not theirs or not price or leg.leg.instrument.payoff is not Payoff.LINEAR:
        return leg.units
    ours = worth(leg.leg.instrument, holding.quantity, price)
    return "right" if theirs < ours * _ROUGHLY and ours < theirs * _ROUGHLY else "wrong"


def worth(instrument: Instrument, units: Decimal, price: Decimal) -> Decimal:
    """Return what units are worth in the quote coin, never negative; quanto: in settlement coins."""
    if instrument.payoff is Payoff.INVERSE:
        return abs(units)
    return abs(units) * price * (instrument.multiplier if instrument.payoff is Payoff.QUANTO else 1)


def too_small(instrument: Instrument, units: Decimal, price: Decimal, *, reduce_only: bool = False) -> str:
    """Return which minimum units miss, or nothing; what only reduces may be worth less than the smallest order."""
    lot = lot_units(instrument)
    if not units or units % lot:
        return f"{units} units are no whole number of lots of {lot}"
    contracts = abs(contracts_of(instrument, units))
    if contracts < instrument.min_contracts:
        return f"{contracts} contracts are below the minimum of {instrument.min_contracts}"
    value = worth(instrument, units, price)
    if not reduce_only and instrument.payoff is not Payoff.QUANTO and value < instrument.min_notional:
        return f"worth {value:f}, less than the {instrument.min_notional} of the smallest order"
    return ""


def smallest(instrument: Instrument, price: Decimal, *, reduce_only: bool = False) -> Decimal:
    """Return the least units that the venue takes, with headroom for the price; `price` must be above zero."""
    lot = lot_units(instrument)
    least = units_of(instrument, max(instrument.min_contracts, instrument.lot))
    if instrument.payoff is not Payoff.QUANTO and instrument.min_notional and not reduce_only:
        value = instrument.min_notional * _HEADROOM
        least = max(least, value if instrument.payoff is Payoff.INVERSE else value / price)
    return (least / lot).to_integral_value(rounding=ROUND_UP) * lot


def modes_right(wanted: AccountModes, read: AccountModes) -> Checked:
    """Return whether the account trades as wanted; what is not said is unknown, what is not asked for is right."""
    pairs = [
        (wanted.hedge, read.hedge),
        (wanted.margin_mode, read.margin_mode),
        (wanted.leverage, read.leverage),
    ]
    asked = [(want, have) for want, have in pairs if want is not None]
    if any(have is not None and have != want for want, have in asked):
        return "wrong"
    return "unknown" if any(have is None for _, have in asked) else "right"
