"""Options of the book on a page: each with its greeks, and the exposure as a curve instead of one number."""

from __future__ import annotations

from hedgerow.hedge.options.curve import BookOptions
from hedgerow.reports.charts import ACCENT, SOFT, svg
from hedgerow.reports.held_text import curve_cells, held_cells
from hedgerow.reports.move_charts import Curve, over_moves, room
from hedgerow.reports.parts import Figure
from hedgerow.reports.run_charts import BROAD, NARROW
from hedgerow.reports.wording import amount, percent, plain_text

__all__ = ["curve_figures", "held_view"]

_HEIGHT = 300


def curve_figures(found: BookOptions, factors: tuple[str, ...], money: str) -> tuple[Figure, ...]:
    """Return the book's profit and its dollar beta over moves of the factor, each with its numbers."""
    factor = plain_text(" and ".join(factors))
    names, rows = curve_cells(found, factors, money)
    ends = f"{percent(float(found.moves[0]), signed=True)} of {factor}"
    profit = _figure(
        found,
        (f"move of {factor}", "profit of the book at once, dollars"),
        [
            Curve("the book", found.profit_usd, ACCENT, weight=2.4),
            Curve("today's beta", found.first_order_usd, SOFT, (6, 4)),
        ],
        "The book over moves of the market, its options priced anew",
        f"At {ends} it makes {amount(float(found.profit_usd[0]), money, signed=True)}; by today's beta alone it would be"
        f" {amount(float(found.first_order_usd[0]), money, signed=True)}.",
        (names[:3], [row[:3] for row in rows]),
    )
    left = _figure(
        found,
        (f"move of {factor}", "dollar beta after the move, dollars"),
        [Curve("dollar beta", found.left_usd, ACCENT, weight=2.4)],
        "What is left to hedge after the move",
        f"{amount(float(found.left_usd[0]), money)} at {ends},"
        f" {amount(float(found.left_usd[-1]), money)} at {percent(float(found.moves[-1]), signed=True)}.",
        ([names[0], names[3]], [[row[0], row[3]] for row in rows]),
    )
    return profit, left


def held_view(found: BookOptions | None, money: str) -> tuple[list[str], list[list[str]]] | None:
    """Return the table of the options that are held, None for none."""
    if found is None:
        return None
    names, rows = held_cells(found.options, money)
    return names, [[plain_text(cell) for cell in row] for row in rows]


def _figure(
    found: BookOptions,
    titles: tuple[str, str],
    curves: list[Curve],
    caption: str,
    summary: str,
    table: tuple[list[str], list[list[str]]],
) -> Figure:
    broad, narrow = (
        svg(over_moves(found.moves, curves, titles, width, height=_HEIGHT), caption, summary, room(right))
        for width, right in ((BROAD, 12), (NARROW, 30))
    )
    return Figure(broad, caption, summary, table[0], table[1], narrow=narrow)
