"""Cells of a holdings file: names and numbers, exact or refused with line and column."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from hedgerow.model.errors import BadPortfolio

__all__ = ["Place", "number", "symbol"]

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9._\-/]{0,29}")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_LONGEST = 60
_LARGEST_EXPONENT = 30


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell stands."""

    file: str
    line: int | None
    column: str

    def error(self, message: str, advice: str) -> BadPortfolio:
        """Return the error that names this place."""
        return BadPortfolio(message, advice=advice, file=self.file, line=self.line, column=self.column)


def symbol(text: str, place: Place) -> str:
    """Return the ticker in upper case. Raises `BadPortfolio` for what is no ticker, naming the odd character."""
    name = text.strip().strip("\u00a0").upper()
    if not name:
        raise place.error("the symbol is empty", "Give the coin's ticker, such as ETH, or remove the line.")
    odd = next((c for c in name if ord(c) > 126 or ord(c) < 33), None)
    if odd is not None:
        said = f"U+{ord(odd):04X} {unicodedata.name(odd, 'a control character')}"
        raise place.error(f"the symbol holds {said}", "Type the ticker in plain letters A to Z and digits.")
    if not _SYMBOL.fullmatch(name) or ".." in name or "//" in name:
        raise place.error(
            f'"{_short(name)}" is no ticker', "Use letters, digits, and . _ - / inside, 30 at most."
        )
    return name


def number(text: str, place: Place, *, decimal_comma: bool = False) -> Decimal:
    """Return the number exactly. Raises `BadPortfolio`, saying what a comma or other decoration would need."""
    plain = text.strip().strip("\u00a0")
    if decimal_comma:
        plain = plain.replace(".", "").replace(",", ".")
    if not _PLAIN_NUMBER.fullmatch(plain) or not plain.isascii():
        raise place.error(f'"{_short(text.strip())}" is not a number', _hint(plain))
    try:
        exact = Decimal(plain)
    except InvalidOperation:
        raise place.error(f'"{_short(plain)}" is not a number', _hint(plain)) from None
    if exact and abs(exact.adjusted()) > _LARGEST_EXPONENT:
        raise place.error(f'"{_short(plain)}" is out of any range', "Quantities lie between 1e-30 and 1e30.")
    return exact + 0 if exact == 0 else exact


def _hint(text: str) -> str:
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        return "A decimal point was expected. If this file uses decimal commas, add --decimal-comma."
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", text):
        return "Thousands separators are not read: write 12500.5, not 12,500.5."
    if text.startswith(("=", "@")):
        return "Formulas are not evaluated: export values, not formulas."
    if not text:
        return "The cell is empty: give the quantity, or remove the line."
    return "Write it with a decimal point and nothing else, such as 1.5."


def _short(text: str) -> str:
    shown = "".join(c if c.isprintable() else "�" for c in text)
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"
