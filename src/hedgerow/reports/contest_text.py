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
_COST = ["estimator", "hedged with", "beta left", "next beta", "90 % holds", "turnover", "cost", "funding"]


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
        line("what is left, how well it was foreseen, what it costs a year for a dollar of coin"),
        columns(_COST, [_cost(row) for row in ordered], left=(0, 1)),
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
        f"± {number(row.rmse_next)}",
        percent(row.coverage90),
        number(row.turnover, 1),
        percent(row.cost_per_year),
        percent(row.funding_per_year, signed=True),
    ]


def contest_json(found: Contest) -> dict[str, Any]:
    """Return the document of `compare --json`: one row for each estimator and set of instruments."""
    document: dict[str, Any] = plain(found)
    return document
