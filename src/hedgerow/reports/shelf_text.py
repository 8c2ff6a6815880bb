"""Runs side by side, as text and as JSON: `report` of a folder of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group

from hedgerow.hedge.course import sides
from hedgerow.model.display import plain
from hedgerow.model.errors import HedgerowError
from hedgerow.reports.layout import columns, instant, line, notes, page
from hedgerow.reports.run_page import RunReport
from hedgerow.reports.run_wire import run_json
from hedgerow.reports.wire import error_json
from hedgerow.reports.wording import amount, number, percent, plain_text

__all__ = ["SHELF", "shelf_json", "shelf_rows", "shelf_text"]

SHELF = (
    "run",
    "from",
    "to",
    "rebalanced by",
    "variance removed",
    "beta left",
    "volatility",
    "drawdown",
    "gained",
    "cost a year",
    "funding a year",
)
"""What stands in a row of runs that are compared."""
Runs = Mapping[str, RunReport | HedgerowError]


def shelf_rows(runs: Runs) -> list[list[str]]:
    """Return a row of text for each run that can be read, in the columns of `SHELF`; hedged after unhedged."""
    return [_row(name, found) for name, found in runs.items() if isinstance(found, RunReport)]


def _row(name: str, report: RunReport) -> list[str]:
    run, found = report.run, report.found
    alone, _, both = sides(run)
    return [
        plain_text(name) + (" (SIMULATED)" if run.simulated else ""),
        instant(run.times[0])[:10],
        instant(run.times[-1])[:10],
        plain_text(run.policy),
        percent(found.variance_removed.middle),
        number(found.residual_beta.middle),
        f"{percent(found.volatility_unhedged)} → {percent(found.volatility_hedged)}",
        f"{percent(alone.drawdown)} → {percent(both.drawdown)}",
        f"{amount(alone.gained_usd, run.currency, signed=True)} → {amount(both.gained_usd, run.currency, signed=True)}",
        percent(found.cost_a_year),
        percent(found.funding_a_year, signed=True),
    ]


def shelf_text(runs: Runs) -> Group:
    """Return the runs as a table, and those that cannot be read."""
    broken = [
        f"{plain_text(name)}: {why.message}" for name, why in runs.items() if isinstance(why, HedgerowError)
    ]
    return page(
        columns(list(SHELF), shelf_rows(runs), left=(0, 1, 2, 3)) if shelf_rows(runs) else None,
        notes(broken) if broken else None,
        line("Past prices promise nothing." if runs else "No run lies here."),
    )


def shelf_json(runs: Runs) -> dict[str, Any]:
    """Return the document of `report RUNS --json`: of each run that of `backtest`, or its error."""
    return {
        "runs": {
            name: error_json(found)
            if isinstance(found, HedgerowError)
            else plain(run_json(found.run, found.found))
            for name, found in runs.items()
        }
    }
