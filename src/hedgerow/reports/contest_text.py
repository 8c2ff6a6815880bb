"""A contest as text and as JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Group

from hedgerow.model.contest import Contest, ContestRow
from hedgerow.model.display import plain
from hedgerow.reports.layout import columns, header, instant, line, notes, page
from hedgerow.reports.wording import number, percent

__all__ = ["contest_json", "contest_text"]

_LEFT = ["estimator", "hedged with", "median", "pooled (90 %)", "net", "basket", "books", "may be best"]
_COST = ["estimator", "hedged with", "beta left", "turnover", "cost", "funding", "known as"]
_BOOKS = ["estimator", "hedged with", "removed (90 %)", "contracts", "traded", "cost a year"]
_NEXT = ["estimator", "hedged with", "error", "50 %", "80 %", "90 % (90 %)", "95 %", "drift", "windows"]


def contest_text(found: Contest) -> Group:
    """Return the contest for a terminal, the best of each set of instruments first."""
    ordered = sorted(found.rows, key=lambda r: (r.instruments, -r.pooled_he))
    lead = header(
        found.simulated,
        "" if found.simulated else found.source,
        f"{instant(found.start)} to {instant(found.end)}",
        f"{found.rows[0].assets} coins",
    )
    return page(
        lead,
        line("variance removed, out of sample"),
        columns(_LEFT, [_left(row) for row in ordered], left=(0, 1)),
        line("what is left, and what it costs and receives a year for a dollar of coin"),
        columns(_COST, [_cost(row) for row in ordered], left=(0, 1)),
        line("random books hedged as one: traded at a re-hedge, and its cost a year, for a dollar of book"),
        columns(_BOOKS, [_books(row) for row in ordered], left=(0, 1)),
        line("the next window's beta: how far off, how often intervals held it"),
        columns(_NEXT, [_next(row) for row in ordered], left=(0, 1)),
        notes(found.notes),
    )


def _left(row: ContestRow) -> list[str]:
    return [
        row.estimator,
        row.instruments,
        percent(row.median_he),
        f"{percent(row.pooled_he)} ({percent(row.pooled_low)} … {percent(row.pooled_high)})",
        percent(row.net_he),
        percent(row.basket_he),
        percent(row.books_he),
        number(row.confidence),
    ]


def _cost(row: ContestRow) -> list[str]:
    return [
        row.estimator,
        row.instruments,
        number(row.residual_beta),
        number(row.turnover, 1),
        percent(row.cost_per_year),
        percent(row.funding_per_year, signed=True),
        row.funding_basis,
    ]


def _books(row: ContestRow) -> list[str]:
    return [
        row.estimator,
        row.instruments,
        f"{percent(row.books_he)} ({percent(row.books_low)} … {percent(row.books_high)})",
        number(row.books_contracts, 1),
        number(row.books_turnover, 3),
        percent(row.books_cost_per_year),
    ]


def _next(row: ContestRow) -> list[str]:
    ninety = row.coverage[2]
    return [
        row.estimator,
        row.instruments,
        f"± {number(row.rmse_next)}",
        percent(row.coverage50),
        percent(row.coverage80),
        f"{percent(row.coverage90)} ({percent(ninety.low)} … {percent(ninety.high)})",
        percent(row.coverage95),
        number(row.drift),
        str(row.windows),
    ]


def contest_json(found: Contest) -> dict[str, Any]:
    """Return the document of `compare --json`: one row for each estimator and set of instruments."""
    document: dict[str, Any] = plain(found)
    return document
