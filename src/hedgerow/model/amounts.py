"""Exact quantities: the one crossing from float (estimates) to Decimal (orders)."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Literal

from hedgerow.model.errors import BadInput, BrokenPromise

__all__ = ["Rounding", "decimal_of", "lots_of", "round_to_tick", "to_lots"]

Rounding = Literal["nearest", "toward_zero"]


def decimal_of(value: Decimal | float | str) -> Decimal:
    """Return `value` as a finite Decimal, a float by its shortest decimal form (0.1 is 0.1).

    Raises `BadInput` for text that is no number, NaN or infinity.
    """
    try:
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise BadInput(
            f'"{value}" is not a number', advice="Give a plain decimal number, such as 0.25."
        ) from None
    if not exact.is_finite():
        raise BadInput(f'"{value}" is not a finite number', advice="Give a plain decimal number.")
    return exact


def lots_of(amount: Decimal, lot: Decimal, rounding: Rounding = "nearest") -> int:
    """Return the signed whole number of `lot`s in `amount`; ties go to the even number.

    `nearest` for hedges (least residual on either side), `toward_zero` for reduce-only orders (domain §3.4).
    """
    if lot <= 0:
        raise BrokenPromise(f"a lot of {lot} is not positive")
    ratio = amount / lot
    if rounding == "toward_zero":
        return int(ratio)
    return int(ratio.to_integral_value(rounding=ROUND_HALF_EVEN))


def to_lots(amount: Decimal | float | str, lot: Decimal, rounding: Rounding = "nearest") -> Decimal:
    """Return `amount` as an exact multiple of `lot` (TV18)."""
    return lots_of(decimal_of(amount), lot, rounding) * lot


def round_to_tick(price: Decimal | float | str, tick: Decimal) -> Decimal:
    """Return `price` at the nearest multiple of `tick`."""
    return lots_of(decimal_of(price), tick) * tick
