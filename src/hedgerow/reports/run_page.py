"""A run as one HTML file: portfolio, hedge and hedged portfolio side by side, and where the money came from.

report_of(run, found) -> RunReport        run_page(report) -> str
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hedgerow.hedge.course import by_period, rolling_beta
from hedgerow.hedge.effectiveness import Effectiveness
from hedgerow.model.journal import RunResult
from hedgerow.reports import run_figures as figures
from hedgerow.reports import run_ledger as ledger
from hedgerow.reports.layout import instant
from hedgerow.reports.parts import Figure, Section, rendered
from hedgerow.reports.run_text import befallen, counted, judged, side_by_side, whole
from hedgerow.reports.wording import number, percent, plain_text

__all__ = ["RunReport", "lead", "parts_of", "run_page", "sections_of", "verdict"]

FOOT = "Past prices promise nothing. Hedgerow is software, not advice."
_SIDES = "Portfolio, hedge, hedged portfolio"
ASSUMED = "What was assumed, and what is missing"


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a report tells: a run, its judgement, and, where they are known, its policy and its files."""

    run: RunResult
    found: Effectiveness
    policy: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def run_page(report: RunReport) -> str:
    """Return the whole page. Everything that comes from a file is escaped; unknown is said, never blank or 0."""
    run, found = report.run, report.found
    return rendered(
        "run.html",
        simulated=run.simulated,
        title=("SIMULATED " if run.simulated else "") + "backtest",
        heading="Backtest of a hedge",
        lead=lead(run),
        verdict=verdict(found),
        six=_six(found),
        sections=sections_of(report),
        warnings=[plain_text(note) for note in (*befallen(run), *run.notes)],
        warnings_heading=ASSUMED,
        foot=FOOT,
    )


def lead(run: RunResult) -> str:
    """Return what was walked through, in one line."""
    return (
        f"{plain_text(run.source)} · {instant(run.times[0])} to {instant(run.times[-1])} ·"
        f" {len(run.times):,} bars · factor {plain_text(', '.join(run.factors))} ·"
        f" rebalanced by {plain_text(run.policy)} · amounts in {plain_text(run.currency)}"
    )


def verdict(found: Effectiveness) -> str:
    """Return in two sentences whether it worked and what it cost."""
    removed, left = found.variance_removed, found.residual_beta
    if not np.isfinite(removed.low):
        return "The run is too short to tell whether the hedge worked."
    did = (
        f"The hedge removed {percent(removed.middle)} of the book's variance"
        if removed.middle >= 0
        else (f"The hedge added {percent(-removed.middle)} to the book's variance")
    )
    kept = "within its interval" if left.low <= found.target_beta <= left.high else "outside its interval"
    funding = "received" if found.funding_a_year >= 0 else "paid"
    ended = (
        f", and there {'was' if found.liquidations == 1 else 'were'} {counted(found.liquidations)}"
        if found.liquidations
        else ""
    )
    return (
        f"{did} ({percent(removed.low)} to {percent(removed.high)}) and left a beta of {number(left.middle)}"
        f" ({number(left.low)} to {number(left.high)}); wanted was {number(found.target_beta)}, {kept}."
        f" A year of it cost {percent(found.cost_a_year)} of {whole(found)} in trading and {funding}"
        f" {percent(abs(found.funding_a_year))} in funding{ended}."
    )


def _six(found: Effectiveness) -> list[tuple[str, str]]:
    return [
        ("variance removed", percent(found.variance_removed.middle)),
        ("volatility a year", f"{percent(found.volatility_unhedged)} → {percent(found.volatility_hedged)}"),
        ("residual beta", number(found.residual_beta.middle)),
        ("trading cost a year", percent(found.cost_a_year)),
        ("funding a year", percent(found.funding_a_year, signed=True)),
        ("liquidations", str(found.liquidations)),
    ]


def sections_of(report: RunReport) -> list[Section]:
    """Return the parts of the report in their order; the page and the text are made of the same."""
    return [section for make in parts_of(report).values() for section in make()]


def parts_of(report: RunReport) -> Mapping[str, Callable[[], list[Section]]]:
    """Return what makes each part of the report, by its heading: drawing all of them takes seconds."""
    run, found = report.run, report.found

    def held() -> list[Figure]:
        return [
            made
            for k in range(len(run.factors))
            for made in (figures.figure_book_beta(run, k), figures.figure_exposure(run, found, k))
        ]

    def money() -> list[Figure]:
        return [figures.figure_waterfall(run), figures.figure_monthly(run)]

    def paid() -> list[Figure]:
        return [ledger.figure_contracts(run), ledger.figure_funding(run), ledger.figure_rolls(run)]

    def betas() -> list[Figure]:
        return [figures.figure_betas(run, factor) for factor in run.factors]

    drawn: dict[str, Callable[[], list[Figure]]] = {
        "How it was held": held,
        "Where the money came from": money,
        "Funding and rolls": paid,
        "Margin and liquidation": lambda: [figures.figure_margin(run)],
        "The betas it used": betas,
        "What happened": lambda: [ledger.figure_events(run)],
    }
    return {
        _SIDES: lambda: [_sides(run)],
        "Did it work": lambda: [_judgement(report)],
        **{name: _drawn(name, make) for name, make in drawn.items()},
        "What was asked": lambda: _asked(report),
    }


def _drawn(name: str, make: Callable[[], list[Figure]]) -> Callable[[], list[Section]]:
    return lambda: [Section(name, [], make())]


def _sides(run: RunResult) -> Section:
    columns = ["measure", "portfolio", "hedge", "hedged portfolio"]
    return Section(
        _SIDES, [], [figures.figure_equity(run), figures.figure_drawdown(run)], (columns, side_by_side(run))
    )


def _judgement(report: RunReport) -> Section:
    run, found = report.run, report.found
    said = [
        (name, f"{said}{'; ' + aside if aside else ''}") for name, said, aside in judged(found, run.currency)
    ]
    rolling = (
        figures.figure_rolling_beta(rolling_beta(run, k), factor) for k, factor in enumerate(run.factors)
    )
    return Section("Did it work", said, [figures.figure_periods(found, by_period(run)), *rolling])


def _asked(report: RunReport) -> list[Section]:
    """The policy and the files, where they are known."""
    rows = [(name.replace("_", " "), plain_text(_told(value))) for name, value in report.policy.items()]
    rows = [(name, said) for name, said in rows if said]
    rows += [
        (f"file: {name.replace('_', ' ')}", f"{plain_text(file['name'])}, SHA-256 {file['sha256']}")
        for name, file in report.files.items()
    ]
    return [Section("What was asked", rows, [])] if rows else []


def _told(value: Any) -> str:
    """A setting in words; nothing where it is not set."""
    if isinstance(value, Mapping):
        told = ((name, _told(item)) for name, item in value.items())
        return "; ".join(f"{name.replace('_', ' ')} {said}" for name, said in told if said)
    if isinstance(value, list | tuple):
        return ", ".join(_told(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else (f"{value:g}" if isinstance(value, float) else str(value))
