"""A position in exact money: what was bought, what it was bought for, and what closing some of it brings.

Venue and ledger fold the same fills through `Leg.traded`, so that both arrive at the same coins to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from hedgerow.model.errors import BrokenPromise
from hedgerow.model.instruments import Instrument, Payoff

__all__ = ["QUANTUM", "ZERO", "Leg", "coins_of", "value_of"]

ZERO = Decimal(0)

QUANTUM = Decimal("1e-12")
"""Money moves in millionths of a millionth of a coin: every value, fee and payment is rounded to it once, where it arises."""


def coins_of(amount: Decimal) -> Decimal:
    """Return `amount` in whole quanta of a coin, half to even; raises `BrokenPromise` beyond 28 digits, and for NaN."""
    try:
        coins = amount.quantize(QUANTUM, ROUND_HALF_EVEN)
    except InvalidOperation:
        raise BrokenPromise(f"{amount} coins cannot be kept exactly") from None
    if coins.is_nan():
        raise BrokenPromise("an amount of coins is not a number")
    return coins


def value_of(instrument: Instrument, units: Decimal, price: Decimal) -> Decimal:
    """Return what signed `units` are worth at `price` in the settlement coin, with their sign (domain §3.3).

    Units are those of `model.orders`: coins (linear), dollars of face (inverse), contracts (quanto).
    """
    if instrument.payoff is Payoff.INVERSE:
        return coins_of(units / price)
    if instrument.payoff is Payoff.QUANTO:
        return coins_of(units * instrument.multiplier * price)
    return coins_of(units * price)


@dataclass(frozen=True, slots=True)
class Leg:
    """A net, long or short position: signed `quantity` in units and the `cost` of it in coins, with the same sign.

    The cost is kept instead of an average price because it divides without a remainder being lost: over any path of
    trades, realised profit + open cost is the sum of what was paid, exactly.
    """

    instrument: Instrument
    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    @property
    def entry(self) -> Decimal | None:
        """The average price that the cost stands for, to 28 digits; None where there is no position."""
        if not self.quantity:
            return None
        if self.instrument.payoff is Payoff.INVERSE:
            return self.quantity / self.cost
        price = self.cost / self.quantity
        return price / self.instrument.multiplier if self.instrument.payoff is Payoff.QUANTO else price

    @property
    def paid(self) -> Decimal:
        """Coins that were paid for the position and are in it, received below 0: an option's premium; of others nothing."""
        return self.cost if self.instrument.payoff is Payoff.OPTION else ZERO

    def traded(self, quantity: Decimal, price: Decimal) -> tuple[Leg, Decimal]:
        """Return the leg after buying (or selling, below zero) `quantity` at `price`, and the coins that realised.

        Adding adds cost. Reducing takes its share of the cost along; going through zero closes at `price` and opens
        the rest there.
        """
        worth = value_of(self.instrument, quantity, price)
        before, after = self.quantity, self.quantity + quantity
        if before * quantity >= 0:
            return Leg(self.instrument, after, self.cost + worth), ZERO
        if not after:
            kept = ZERO
        elif before * after > 0:
            kept = coins_of(self.cost * after / before)
        else:
            kept = value_of(self.instrument, after, price)
        return Leg(self.instrument, after, kept), self._gain(self.cost + worth - kept)

    def profit(self, price: Decimal) -> Decimal:
        """Return the unrealised profit in coins at `price`."""
        return self._gain(self.cost - value_of(self.instrument, self.quantity, price))

    def _gain(self, spent: Decimal) -> Decimal:
        """An inverse contract gains what its coins became fewer by; the others what their value rose."""
        return spent if self.instrument.payoff is Payoff.INVERSE else -spent
