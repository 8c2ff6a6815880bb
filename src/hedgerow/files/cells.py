"""Cells of a file: names and numbers, exact or refused with line and column."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from hedgerow.files.text import shown
from hedgerow.model.errors import BadPortfolio

__all__ = ["Place", "fault_of_symbol", "number", "number_hint", "symbol"]

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9._\-]{0,29}")
_PLAIN_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_TWO_READINGS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
"""Either a comma between thousands or a decimal one, of which only the writer knows which."""
_LONGEST_NUMBER = 100
_LARGEST_EXPONENT = 30
_TICKER_ADVICE = "Use letters, digits, and . _ - inside, 30 at most."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell stands."""

    file: str
    line: int | None
    column: str

    def error(self, message: str, advice: str) -> BadPortfolio:
        """Return the error that names this place."""
        return BadPortfolio(
            message, advice=advice, file=self.file, line=self.line, column=shown(self.column, 80)
        )


def symbol(text: str, place: Place) -> str:
    """Return the ticker in upper case, full-width letters as plain ones.

    Raises `BadPortfolio` for what is no ticker, naming the odd character.
    """
    name, fault, advice = fault_of_symbol(text)
    if fault:
        raise place.error(fault, advice)
    return name


def fault_of_symbol(text: str) -> tuple[str, str, str]:
    """Return the ticker, and what is wrong with it and what to do; both empty where nothing is."""
    # The fold of one letter can be 18 letters long: cut first, so that no cell costs more than it is long.
    name = unicodedata.normalize("NFKC", text[:200]).strip()
    if not name:
        return "", "the symbol is empty", "Give the coin's ticker, such as ETH, or remove the line."
    odd = next((c for c in name if not 33 <= ord(c) <= 126), None)
    if odd is not None and odd != " ":
        said = f"U+{ord(odd):04X} {unicodedata.name(odd, 'a control character')}"
        return (
            "",
            f'the symbol "{shown(name)}" holds {said}',
            "Type the ticker in plain letters A to Z and digits.",
        )
    name = name.upper()
    if not _SYMBOL.fullmatch(name) or ".." in name:
        return "", f'"{shown(name)}" is no ticker', _symbol_hint(name)
    return name, "", ""


def _symbol_hint(name: str) -> str:
    if name.startswith(("=", "+", "-", "@")):
        return "It begins like a formula, and formulas are not evaluated: export values."
    if "<" in name or ">" in name:
        return "It looks like a piece of a page: give the ticker alone."
    if "0X" in name or "EIP155" in name:
        return "An address names no coin here: give the ticker."
    if "/" in name or "\\" in name:
        return "Give the coin alone: BTC, not BTC/USDT, and no path."
    return _TICKER_ADVICE


def number(text: str, place: Place, *, decimal_comma: bool = False) -> Decimal:
    """Return the number exactly. Raises `BadPortfolio`, saying what a comma or other decoration would need."""
    stripped = text.strip()
    plain = stripped
    if _TWO_READINGS.fullmatch(stripped):
        raise place.error(
            f'"{shown(stripped)}" may be two numbers', _both(stripped, decimal_comma=decimal_comma)
        )
    if decimal_comma:
        # A point cannot be told from a thousands separator then: it is refused, never dropped.
        plain = plain.replace(",", ".") if plain.count(",") <= 1 and "." not in plain else "?"
    if len(plain) > _LONGEST_NUMBER or not _PLAIN_NUMBER.fullmatch(plain):
        hint = _COMMA_HINT if decimal_comma and "." in stripped else number_hint(stripped)
        raise place.error(f'"{shown(stripped)}" is not a number', hint)
    exact = Decimal(plain)
    if not exact:
        return Decimal(0)
    if abs(exact.adjusted()) > _LARGEST_EXPONENT:
        raise place.error(f'"{shown(stripped)}" is out of any range', "Amounts lie between 1e-30 and 1e30.")
    return exact


_COMMA_HINT = "With --decimal-comma a point is neither decimal nor a thousands separator: write 12500,5."
_HINTS: tuple[tuple[str, str], ...] = (
    (r"", "The cell is empty: give the number, or remove the line."),
    (
        r"[+-]?\d*,\d+",
        "A decimal point was expected. If this file uses decimal commas, add --decimal-comma.",
    ),
    (
        r"[+-]?\d{1,3}([,.' \u00a0\u2009\u202f]\d{3})+([.,]\d*)?",
        "Thousands separators are not read: write 12500.5, not 12,500.5.",
    ),
    (r"[+-]?\d[\d_]*_[\d_.]*", "Underscores are not read: write 1000, not 1_000."),
    (r"[=@].*|[+-][^\d.].*", "Formulas are not evaluated: export values, not formulas."),
    (
        r"(?i)[+-]?(nan|inf|infinity|n/?a|null|none|-|\?)",
        "Unknown is not a quantity: give the number, or remove the line.",
    ),
    (r"\([\d.,]+\)", "Write a negative number with a minus sign."),
    (r"\d+(\.\d*)?\s*%", "Write a fraction: 0.02 for 2 %."),
    (
        r"[^\d.,+-]+[\d.,]+|[+-]?[\d.,]+\s*[^\d.,\s]+",
        "Write the number alone, without currency or coin.",
    ),
)


def _both(text: str, *, decimal_comma: bool) -> str:
    """Say both readings, and how to write each."""
    whole, part = text.replace(",", ""), text.replace(",", ".")
    written = f"{text}0" if decimal_comma else part
    return f"It is {whole} where the comma parts thousands, and {part} where it is a decimal one: write {whole} or {written}."


def number_hint(text: str) -> str:
    """Return what to do about a cell that is no number."""
    if len(text) > _LONGEST_NUMBER:
        return f"A number has at most {_LONGEST_NUMBER} characters."
    if any(c.isdigit() and not c.isascii() for c in text):
        return "Write the digits 0 to 9; full-width and other digits are not read."
    if _TWO_READINGS.fullmatch(text):
        return _both(text, decimal_comma=False)
    found = next((hint for pattern, hint in _HINTS if re.fullmatch(pattern, text)), None)
    return found or "Write it with a decimal point and nothing else, such as 1.5."
