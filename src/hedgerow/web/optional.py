"""What the pages say of options: those that the book holds, and those that could protect it."""

from __future__ import annotations

from typing import Any

from hedgerow.app.options import options_beside as compared
from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.options.curve import book_options
from hedgerow.hedge.options.plan import OptionsPlan
from hedgerow.hedge.valuation import Valuation
from hedgerow.reports.layout import Fact, instant
from hedgerow.reports.wording import amount, percent, plain_text, plus_minus
from hedgerow.web.room import Room

__all__ = ["held_options", "option_cells", "options_beside", "protection_of"]


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


def option_cells(worth: Valuation, symbol: str) -> dict[str, Any] | None:
    """Return what the table of holdings says in the place of a beta of an option whose price is known; None for all else."""
    mine = [option for option in worth.options if option.name.text == symbol]
    if not mine:
        return None
    delta, first = sum(option.greeks.delta_usd for option in mine), mine[0]
    return {
        "beta": "",
        "error": "",
        "share": "",
        "width": "0",
        "note": f"moves like {amount(delta, worth.currency, signed=True)} of {plain_text(first.coin)}, by its delta",
        "why": [
            f"An option has no beta of its own: it moves by its delta, and {plain_text(first.coin)} by its beta.",
            f"Its price is {plain_text(first.basis)}; the volatility in it is {percent(first.volatility)} a year.",
        ],
    }


def protection_of(room: Room) -> OptionsPlan | str:
    """Return options beside the contracts of step 3, or why there are none ("": no chain was given)."""
    exposure = room.choose()[0]
    return room.drawn("protection", lambda: compared(room.settings, room.desk(), exposure, simulated=True))


def options_beside(room: Room) -> dict[str, Any] | None:
    """Return options beside the perpetual for the page of the hedge; None where no chain was given."""
    found = protection_of(room)
    if isinstance(found, str):
        return {"why": plain_text(found)} if found else None
    from hedgerow.reports.options_page import payoff_figure, protection_table
    from hedgerow.reports.options_text import CLOSING, betas_left, cautions, other_puts, verdicts
    from hedgerow.reports.unwind_text import roll_facts, unwind_cells

    money = "USD"
    tables = [
        ("What each costs and does", protection_table(found, money)),
        ("Strikes and expiries of the put", other_puts(found, money)),
    ]
    if found.unwinds:
        tables.append(("Options that the book holds: unwind, hold or roll", unwind_cells(found, money)))
    if found.leads:
        tables.insert(1, ("What is left to hedge after a move", betas_left(found, money)))
    figures = room.drawn(
        "options",
        lambda: tuple(payoff_figure(found, money, risen=risen) for risen in (True, False)),
    )
    return {
        "why": "",
        "lead": _source(found),
        "verdicts": [
            (plain_text(kind), plain_text(said))
            for _, kind, said, _ in map(_words, (*verdicts(found), *roll_facts(found, money)))
        ],
        "tables": [(name, _plain(table)) for name, table in tables if table[1]],
        "figures": figures if found.leads else (),
        "cautions": [plain_text(line) for line in cautions(found, money)],
        "closing": CLOSING,
    }


def _source(found: OptionsPlan) -> str:
    coin, chain = found.chain.underlying, found.chain
    made_up = "SIMULATED " if chain.simulated else ""
    crash = percent(-found.wanted.crash)
    return (
        f"{made_up}{coin} options of {plain_text(chain.source)}, {instant(chain.as_of)}, {coin} at {amount(chain.index_usd)}."
        f" Each is sized by the book's beta and held to its end; the crash is {coin} {crash}, with betas risen as on 2025-10-10."
    )


def _words(fact: Fact) -> tuple[str, str, str, str]:
    number, label, said, aside = fact
    return number, label, str(said), str(aside)


def _plain(table: tuple[list[str], list[list[str]]]) -> tuple[list[str], list[list[str]]]:
    return table[0], [[plain_text(cell) for cell in row] for row in table[1]]
