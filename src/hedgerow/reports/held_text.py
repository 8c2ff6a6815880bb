"""Options of the book as text: each with its greeks, and the book over moves of the factor."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from hedgerow.hedge.options.curve import BookOptions
from hedgerow.hedge.options.held import HeldOption
from hedgerow.reports.layout import Fact, columns
from hedgerow.reports.wording import amount, count, number, percent, plus_minus

__all__ = ["curve_cells", "curve_table", "held_cells", "held_table", "option_facts"]

_SHOWN = (-0.5, -0.4, -0.3, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def held_cells(options: Iterable[HeldOption], money: str) -> tuple[list[str], list[list[str]]]:
    """Return the table of options held: dollars it moves with, gamma for one per cent of its coin, net in coins."""
    names = [
        "options held",
        "quantity",
        "worth",
        "moves with",
        "±",
        "net",
        "gamma",
        "a vol point",
        "a day",
        "vol.",
    ]
    rows = []
    for held in options:
        g = held.greeks
        rows.append(
            [
                held.name.text,
                count(held.position.legs[0].contracts),
                amount(held.value_usd, money),
                amount(g.delta_usd, money, signed=True),
                plus_minus(held.delta_doubt),
                number(g.net_delta),
                amount(0.01 * g.gamma_usd, money, signed=True),
                amount(g.vega_usd, money, signed=True),
                amount(g.theta_usd, money, signed=True),
                percent(held.volatility),
            ]
        )
    return names, rows


def held_table(options: Iterable[HeldOption], money: str) -> RenderableType | None:
    """Return the table for a terminal, None where no option is held."""
    names, rows = held_cells(options, money)
    return columns(names, rows) if rows else None


def option_facts(found: BookOptions | None, factors: tuple[str, ...], money: str) -> list[Fact]:
    """Return the line of the book's options below its beta."""
    if found is None:
        return []
    moved = amount(0.01 * found.gamma_usd, money, signed=True)
    said = f"{amount(found.beta_usd, money, signed=True)} of it   (± {plus_minus(found.doubt_usd)})"
    aside = f"{moved} with each 1 % of {' and '.join(factors)}; {amount(found.vega_usd, money, signed=True)} a vol point"
    return [("", "options are", said, f"{aside}; {amount(found.theta_usd, money, signed=True)} a day")]


def curve_cells(
    found: BookOptions, factors: tuple[str, ...], money: str
) -> tuple[list[str], list[list[str]]]:
    """Return the book over moves of the factor, and the book with its hedge where there is one."""
    series = [
        ("the book", found.profit_usd),
        ("by today's beta", found.first_order_usd),
        ("beta then", found.left_usd),
    ]
    if found.hedged_usd is not None and found.hedged_left_usd is not None:
        series += [("with the hedge", found.hedged_usd), ("beta left then", found.hedged_left_usd)]
    names = [f"if {' and '.join(factors)} moves", *(name for name, _ in series)]
    rows = [
        [
            percent(float(move), signed=True),
            *(amount(float(values[i]), money, signed=True) for _, values in series),
        ]
        for i, move in enumerate(found.moves)
        if any(abs(move - shown) < 1e-9 for shown in _SHOWN)
    ]
    return names, rows


def curve_table(found: BookOptions | None, factors: tuple[str, ...], money: str) -> RenderableType | None:
    """Return the curve for a terminal, None where no option is held."""
    if found is None:
        return None
    names, rows = curve_cells(found, factors, money)
    return columns(names, rows)
