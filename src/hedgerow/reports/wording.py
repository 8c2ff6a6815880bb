"""Numbers and names as people read them: units always, a true minus sign, nothing a terminal would obey."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from decimal import Decimal

from hedgerow.model.coins import is_stablecoin

__all__ = [
    "amount",
    "bar",
    "count",
    "counted",
    "number",
    "percent",
    "plain_text",
    "plus_minus",
    "price",
    "rounded",
]

_BAR = 12
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_UNKNOWN = "unknown"


def plain_text(text: str) -> str:
    """Return `text` without control, format and bidirectional characters, on one line.

    What comes from a file may carry escape sequences that a terminal obeys; none of them gets through.
    """
    spaced = text.replace("\n", " ").replace("\t", " ")
    return "".join(c for c in spaced if unicodedata.category(c) not in _FORBIDDEN)


def amount(value: float | None, currency: str = "USD", *, signed: bool = False) -> str:
    """Return money: `$302,000`, `−$61,000`, `20,000 USDC`; cents below 100."""
    if value is None or not math.isfinite(value):
        return _UNKNOWN
    digits = 0 if abs(value) >= 99.5 or abs(value) < 0.005 else 2
    body = f"{abs(value):,.{digits}f}"
    below = value < 0 and float(body.replace(",", "")) != 0
    sign = "−" if below else ("+" if signed and value > 0 else "")
    return f"{sign}${body}" if currency == "USD" else f"{sign}{body} {plain_text(currency)}"


def price(value: float | None, currency: str = "USD") -> str:
    """Return the price of one coin: as money, and below a dollar with four significant digits: `$0.00000938`."""
    if value is None or not 0.0 < abs(value) < 1.0:
        return amount(value, currency)
    body = f"{value:.{3 - math.floor(math.log10(abs(value)))}f}".rstrip("0").rstrip(".")
    return f"${body}" if currency == "USD" else f"{body} {plain_text(currency)}"


def plus_minus(value: float | None) -> str:
    """Return the size of an error in money without its unit: `21,000`."""
    return amount(value).removeprefix("$")


def number(value: float | None, digits: int = 2) -> str:
    """Return a plain number with a true minus sign: `1.24`, `−0.30`; never a negative zero."""
    if value is None or not math.isfinite(value):
        return _UNKNOWN
    body = f"{abs(value):,.{digits}f}"
    return f"−{body}" if value < 0 and float(body.replace(",", "")) != 0 else body


def percent(fraction: float | None, *, signed: bool = False) -> str:
    """Return a fraction as percent, two figures or so: `41 %`, `7 %`, `0.9 %`, `0.09 %`."""
    if fraction is None or not math.isfinite(fraction):
        return _UNKNOWN
    size = abs(100.0 * fraction)
    digits = 0 if size >= 9.5 else (1 if size >= 0.95 else 2)
    body = f"{size:,.{digits}f}".removesuffix(".0")
    if 0.0 < size < 0.005:
        return "< 0.01 %"
    zero = float(body.replace(",", "")) == 0
    sign = "" if zero else ("−" if fraction < 0 else ("+" if signed else ""))
    return f"{sign}{'0' if zero else body} %"


def count(quantity: Decimal | float, digits: int = 4) -> str:
    """Return a quantity of coins or contracts, without trailing zeros: `4,832`, `0.004`."""
    exact = quantity if isinstance(quantity, Decimal) else Decimal(f"{quantity:.{digits + 4}g}")
    body = f"{abs(exact):,f}"
    if "." in body:
        body = body.rstrip("0").rstrip(".")
    return f"−{body}" if exact < 0 else body


def counted(number: int, noun: str) -> str:
    """Return so many of a thing: `1 fill`, `2 fills`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def bar(share: float, largest: float) -> str:
    """Return a bar of full blocks, 12 for the `largest` share."""
    if not (math.isfinite(share) and largest > 0):
        return ""
    return "█" * max(round(_BAR * abs(share) / largest), 1 if share else 0)


def rounded(amounts: Mapping[str, Decimal], *, signed: bool = False) -> str:
    """Return amounts by coin: what is worth a dollar to the cent, others to six significant figures; a true minus sign, "none" for none."""
    said = []
    for coin, units in sorted(amounts.items()):
        size = f"{abs(units):,.2f}" if is_stablecoin(coin) else f"{abs(float(units)):,.6g}"
        sign = "−" if units < 0 else ("+" if signed else "")
        said += [f"{sign}{size} {coin}"] if units else []
    return ", ".join(said) or "none"
