"""Are our units the venue's? Price times quantity, against the notional that the venue itself reports.

A contract whose evidence differs by more than half a per cent is never traded by this process. Evidence are the venue's
own figures of a position, at its entry or at the mark (venues use either), and of one's own fills. Of an option that is paid in coins no
venue tells what it is worth: the fee of a fill, a share of the coins that it is on, stands for it, roughly, as an account may pay less.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.option_contracts import is_option, pays_in_coin
from hedgerow.model.orders import units_of
from hedgerow.model.ports import Holding
from hedgerow.stats.margin.options import option_fee
from hedgerow.venues.fields import FillFields
from hedgerow.venues.raw import Row, number

__all__ = ["TOLERANCE", "Evidence", "of_holding", "of_row", "worth"]

TOLERANCE = Decimal("0.005")
_ROUGHLY = 4  # a wrong unit is wrong ten times at least


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one figure says: ours and the venue's, in the quote coin for linear contracts, else in the settlement coin.

    A `rough` one, against a price that may be another than the venue's or a notional worked out of margin and leverage, can
    only contradict, by a factor of four. `slack` is the last place of the venue's figure.
    """

    instrument: str
    ours: tuple[Decimal, ...]
    theirs: Decimal
    source: str
    rough: bool = False
    slack: Decimal = Decimal(0)
    only: bool = False

    @property
    def proves(self) -> bool:
        """Whether agreement shows anything: not roughly, and not where the venue's rounding is coarser than the check.

        What is the `only` evidence that there is shows something roughly too: a wrong unit is wrong ten times at least.
        """
        return self.agrees and (self.only or (not self.rough and self.slack <= TOLERANCE * self.theirs))

    @property
    def agrees(self) -> bool:
        """Whether one of ours is near theirs: within half a per cent, roughly within a factor of four."""
        if self.rough:
            return any(self.theirs / _ROUGHLY <= one <= self.theirs * _ROUGHLY for one in self.ours)
        width = max(TOLERANCE * self.theirs, self.slack)
        return any(abs(one - self.theirs) <= width for one in self.ours)

    def __str__(self) -> str:
        nearest = min(self.ours, key=lambda one: abs(one - self.theirs))
        return (
            f"{self.instrument}: {self.source} is worth {nearest} by our units and {self.theirs} by the venue"
        )


def worth(instrument: Instrument, units: Decimal, price: Decimal) -> Decimal:
    """Return what units are worth, never negative: in the quote coin (linear), in the settlement coin (inverse)."""
    return abs(units) * price if instrument.payoff is Payoff.LINEAR else abs(units) / price


def of_holding(instrument: Instrument, held: Holding, margin: Decimal | None = None) -> Evidence | None:
    """Return what a position says by the venue's notional, else by its initial `margin` and leverage, else None.

    Only where the mark is told beside the notional it is exact: at the entry it may have been worth something else.
    """
    linear = instrument.payoff is Payoff.LINEAR
    theirs, rough = held.notional if linear else held.notional_coin, held.mark is None
    if not theirs and margin and held.leverage:
        theirs, rough = margin * held.leverage, True
    if not theirs:
        return None
    prices = (held.entry,) if held.mark is None else (held.entry, held.mark)
    ours = tuple(worth(instrument, held.quantity, price) for price in prices)
    return Evidence(instrument.name, ours, theirs, "the position", rough)


def of_row(row: Row, names: FillFields, instrument: Instrument) -> Evidence | None:
    """Return what a fill says by the venue's own value of it, rounded as that is; of an option by its fee; None where it gives none."""
    if is_option(instrument):
        return _of_fee(row, names, instrument)
    quantity, price, value = number(row, names.quantity), number(row, names.price), number(row, names.value)
    if not quantity or not price or not value:
        return None
    ours = worth(instrument, units_of(instrument, quantity), price)
    return Evidence(instrument.name, (ours,), abs(value), "a fill", slack=_last_place(value))


def _of_fee(row: Row, names: FillFields, instrument: Instrument) -> Evidence | None:
    """What an option's fee says, in the coin that it is on and pays in: no fee, or a reward, says nothing."""
    quantity, price, fee = number(row, names.quantity), number(row, names.price), number(row, names.fee)
    if not quantity or not price or not fee or fee * names.fee_sign < 0 or not pays_in_coin(instrument):
        return None
    coins = option_fee(instrument, units_of(instrument, quantity), price, Decimal(1), instrument.taker_fee)
    return Evidence(instrument.name, (coins,), abs(fee), "the fee of a fill", rough=True, only=True)


def _last_place(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(min(exponent, 0)) if isinstance(exponent, int) else Decimal(0)
