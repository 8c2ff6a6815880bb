"""What the pages say of options: those that the book holds."""

from __future__ import annotations

from typing import Any

from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.options.curve import book_options
from hedgerow.reports.wording import amount, plain_text, plus_minus
from hedgerow.web.room import Room

__all__ = ["held_options"]


def held_options(room: Room, exposure: Exposure) -> dict[str, Any] | None:
    """Return the options of the book with their greeks, and the exposure as a curve; None where it holds none."""
    from hedgerow.reports.held_page import curve_figures, held_view

    money, found = exposure.worth.currency, book_options(exposure)
    table = held_view(found, money)
    if found is None or table is None:
        return None
    return {
        "names": table[0],
        "rows": table[1],
        "beta": amount(found.beta_usd, money, signed=True),
        "error": plus_minus(found.doubt_usd),
        "gamma": amount(0.01 * found.gamma_usd, money, signed=True),
        "factor": plain_text(" and ".join(exposure.factors)),
        "figures": room.drawn("options held", lambda: curve_figures(found, exposure.factors, money)),
    }
