"""Rows of a holdings file that are options: told by their name, as the venue writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hedgerow.files.cells import Place
from hedgerow.files.text import shown
from hedgerow.model.option_names import OptionName, option_named
from hedgerow.model.portfolio import Position, PositionKind

__all__ = ["OPTION_KINDS", "as_option", "option_of"]

OPTION_KINDS = frozenset({"option", "call", "put"})
_HELD = OPTION_KINDS | {"", "spot", "short"}
_ADVICE = "Name it as the venue does, coin, day, strike, C or P: BTC-26DEC25-80000-P."


def option_of(symbol: str, instrument: str, kind: str, place: Callable[[str], Place]) -> OptionName | None:
    """Return the option that a row names as its instrument, else as its symbol; None where it names none.

    `place` tells where a field of the row stands.

    Raises `BadPortfolio` for a day that does not exist, and for a kind that is another thing than the name says.
    """
    name, named = instrument or symbol, place("instrument" if instrument else "symbol")
    try:
        found = option_named(name)
    except ValueError:
        raise named.error(f'"{shown(name)}" ends on no day, or has no strike', _ADVICE) from None
    if found is None:
        if kind in OPTION_KINDS:
            raise named.error(f'"{shown(name)}" is no option\'s name', _ADVICE)
        return None
    if kind not in _HELD:
        raise place("kind").error(
            f"{shown(name)} is an option, not of kind {shown(kind)}", "Leave the kind out, or write option."
        )
    if kind in {"call", "put"} and found.call != (kind == "call"):
        side = "call" if found.call else "put"
        raise place("kind").error(
            f"of kind {kind}, and its name says that it is a {side}", "Correct one of them."
        )
    return found


def as_option(row: Position, option: OptionName, kind: str) -> Position:
    """Return the row as a position in `option`; one of kind short is sold whatever the sign."""
    sold = kind == "short" and row.quantity > 0
    return replace(
        row,
        symbol=option.text,
        quantity=row.quantity.copy_negate() if sold else row.quantity,
        kind=PositionKind.DERIVATIVE,
        underlying=option.underlying,
        option=option,
    )
