"""A run as one HTML file, and as text: portfolio, hedge and hedged portfolio side by side, and where the money came from.

run_page(run, found) -> str
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rich.console import Group

from hedgerow.hedge.effectiveness import Effectiveness
from hedgerow.model.arrays import FloatArray
from hedgerow.model.journal import RunResult
from hedgerow.reports import run_charts as charts
from hedgerow.reports.charts import svg
from hedgerow.reports.layout import Fact, columns, facts, header, instant, line, notes, page
from hedgerow.reports.parts import Figure, Section, rendered
from hedgerow.reports.wording import amount, number, percent, plain_text
from hedgerow.stats.bootstrap import Interval

__all__ = ["run_page", "run_text"]

_MOST_EVENTS = 200
_WORDS = {
    "alpha": "what the coins did besides the market",
    "beta_spot": "what the market did to the book",
    "beta_hedge": "what the market did to the hedge",
    "basis": "what the contracts did besides the market",
    "funding": "funding received, or paid below zero",
    "fees": "fees",
    "slippage": "half the spread, and impact",
    "roll": "rolls",
    "fx": "dollar coins off their dollar",
    "liquidation": "liquidations: fees, less what the fund paid",
}


def run_page(run: RunResult, found: Effectiveness) -> str:
    """Return the whole page. Everything that comes from a file is escaped; unknown is said, never blank or 0."""
    return rendered(
        "run.html",
        simulated=run.simulated,
        title=("SIMULATED " if run.simulated else "") + "backtest",
        heading="Backtest of a hedge",
        lead=_lead(run),
        six=_six(found),
        sections=_sections(run, found),
        warnings=[plain_text(note) for note in run.notes],
        warnings_heading="What was assumed, and what is missing",
        foot="Past prices promise nothing. Hedgerow is software, not advice.",
    )


def run_text(run: RunResult, found: Effectiveness) -> Group:
    """Return the run for a terminal."""
    lead = header(
        run.simulated,
        "" if run.simulated else run.source,
        f"{instant(run.times[0])} to {instant(run.times[-1])}",
        f"factor {', '.join(run.factors)}",
        f"rebalanced by {run.policy}",
    )
    rows: list[Fact] = [("", name, said, aside) for name, said, aside in _figures(found)]
    names = ["", "portfolio", "hedge", "hedged"]
    lines = [
        [name.replace("_", " "), amount(usd, run.currency, signed=True), _WORDS[name]]
        for name, usd in _lines(run)
    ]
    return page(
        lead,
        columns(names, _side_by_side(run, found), left=(0,)),
        facts(rows),
        columns(["where it came from", "dollars", ""], lines, left=(0, 2)),
        notes(run.notes) if run.notes else None,
        line("Past prices promise nothing."),
    )


def _lead(run: RunResult) -> str:
    return (
        f"{plain_text(run.source)} · {instant(run.times[0])} to {instant(run.times[-1])} ·"
        f" factor {', '.join(run.factors)} · rebalanced by {run.policy} · amounts in {run.currency}"
    )


def _interval(found: Interval, said: Callable[[float], str]) -> str:
    if not np.isfinite(found.low):
        return f"{said(found.middle)} (too few days for an interval)"
    return f"{said(found.middle)} ({said(found.low)} … {said(found.high)})"


def _six(found: Effectiveness) -> list[tuple[str, str]]:
    return [
        ("variance removed", percent(found.variance_removed.middle)),
        ("volatility a year", f"{percent(found.volatility_unhedged)} → {percent(found.volatility_hedged)}"),
        ("residual beta", number(found.residual_beta.middle)),
        ("trading cost a year", percent(found.cost_a_year)),
        ("funding a year", percent(found.funding_a_year, signed=True)),
        ("liquidations", str(found.liquidations)),
    ]


def _figures(found: Effectiveness) -> list[tuple[str, str, str]]:
    """Name, value, remark: every figure of the judgement."""
    return [
        (
            "variance removed",
            _interval(found.variance_removed, percent),
            f"90 % block bootstrap, {found.days} days",
        ),
        (
            "residual beta",
            _interval(found.residual_beta, number),
            f"target {number(found.target_beta)} of the book",
        ),
        ("turnover a year", f"{number(found.turnover_a_year)} × the book", ""),
        (
            "trading cost a year",
            percent(found.cost_a_year),
            "of the book: fees, spread, impact, liquidations",
        ),
        ("funding a year", percent(found.funding_a_year, signed=True), "of the book; above zero is received"),
        (
            "cost of variance",
            number(found.cost_per_variance),
            "a year's cost, funding included, for each unit removed",
        ),
        ("outside the band", percent(found.outside_band), "of bars, before their trade"),
        ("nearest liquidation", percent(found.least_distance), f"{found.liquidations} liquidations"),
    ]


def _side_by_side(run: RunResult, found: Effectiveness) -> list[list[str]]:
    def money(value: float) -> str:
        return amount(float(value), run.currency, signed=True)

    alone, both = float(run.unhedged_usd[-1]), float(run.gained_usd[-1])
    return [
        ["gained", money(alone), money(both - alone), money(both)],
        ["volatility a year", percent(found.volatility_unhedged), "", percent(found.volatility_hedged)],
        ["one day in 20, average loss", percent(found.es95_unhedged), "", percent(found.es95_hedged)],
        ["largest drawdown", percent(found.drawdown_unhedged), "", percent(found.drawdown_hedged)],
    ]


def _lines(run: RunResult) -> list[tuple[str, float]]:
    return [(name, usd) for name, usd in run.totals.items() if usd]


def _sections(run: RunResult, found: Effectiveness) -> list[Section]:
    judged = [(name, f"{said}{'; ' + aside if aside else ''}") for name, said, aside in _figures(found)]
    sides = [
        (row[0], f"portfolio {row[1]}, {'hedge ' + row[2] + ', ' if row[2] else ''}hedged {row[3]}")
        for row in _side_by_side(run, found)
    ]
    return [
        Section("Portfolio, hedge, hedged portfolio", sides, [_equity(run), _drawdown(run)]),
        Section("Did it work", judged, [_exposure(run)]),
        Section("Where the money came from", [], [_by_line(run), _monthly(run)]),
        Section("Funding", [], [_funding(run)]),
        Section("Margin", [], [_margin(run)]),
        Section("What happened", [], [_events(run)]),
    ]


def _yearly(run: RunResult) -> list[tuple[str, int, int]]:
    """Years with the first and last bar of each."""
    years = (run.times - np.timedelta64(1, "ms")).astype("datetime64[Y]")
    starts = np.flatnonzero(np.append(True, years[1:] != years[:-1]))
    ends = np.append(starts[1:], len(years)) - 1
    return [(str(years[i]), int(i), int(j)) for i, j in zip(starts, ends, strict=True)]


def _equity(run: RunResult) -> Figure:
    rows = []
    for year, i, j in _yearly(run):
        before = max(i - 1, 0)
        alone, both = (float(s[j] - s[before]) for s in (run.unhedged_usd, run.gained_usd))
        rows.append([year, *(amount(x, run.currency, signed=True) for x in (alone, both - alone, both))])
    caption = "What the book gained alone and with its hedge"
    summary = f"Alone {amount(float(run.unhedged_usd[-1]), run.currency, signed=True)}, hedged {amount(float(run.gained_usd[-1]), run.currency, signed=True)}; deposits of margin are in neither."
    return Figure(
        svg(charts.chart_equity(run), caption, summary),
        caption,
        summary,
        ["year", "portfolio", "hedge", "hedged"],
        rows,
    )


def _drawdown(run: RunResult) -> Figure:
    deepest = [float(series.min()) for series in charts.drawdowns(run)[1].values()]
    caption = "How far below its last high, daily returns on the book's value compounded"
    summary = f"At worst {percent(deepest[0])} alone and {percent(deepest[1])} hedged."
    rows = [["alone", percent(deepest[0])], ["hedged", percent(deepest[1])]]
    return Figure(svg(charts.chart_drawdown(run), caption, summary), caption, summary, ["", "deepest"], rows)


def _exposure(run: RunResult) -> Figure:
    caption = f"Dollar beta to {run.factors[0]}: book alone, hedged, and the band in which nothing is traded"
    off = np.abs(run.after_usd[:, 0] - run.target_usd[:, 0])
    summary = f"After trades {amount(float(np.median(off)), run.currency)} off the target in the median, {amount(float(off.max()), run.currency)} at most."
    rows = [
        [
            year,
            *(
                amount(float(np.mean(x[i : j + 1, 0])), run.currency)
                for x in (run.book_beta_usd, run.after_usd, run.target_usd, run.band_usd)
            ),
        ]
        for year, i, j in _yearly(run)
    ]
    names = ["year", "book alone", "hedged", "target", "half-width"]
    return Figure(svg(charts.chart_exposure(run), caption, summary), caption, summary, names, rows)


def _by_line(run: RunResult) -> Figure:
    rows = [
        [name.replace("_", " "), amount(usd, run.currency, signed=True), _WORDS[name]]
        for name, usd in _lines(run)
    ]
    caption = "Dollars of each line over the whole run"
    summary = f"Together {amount(sum(run.totals.values()), run.currency, signed=True)}, exactly what book and hedge gained."
    return Figure(
        svg(charts.chart_by_line(run), caption, summary),
        caption,
        summary,
        ["line", "dollars", "what it is"],
        rows,
    )


def _months(run: RunResult) -> tuple[list[str], FloatArray]:
    """Months and the dollars (M, L) of every line in each."""
    months = (run.times - np.timedelta64(1, "ms")).astype("datetime64[M]")
    names, place = np.unique(months, return_inverse=True)
    totals = np.zeros((len(names), run.lines.shape[1]))
    np.add.at(totals, place, run.lines)
    return [str(name) for name in names], totals


def _monthly(run: RunResult) -> Figure:
    months, totals = _months(run)
    caption, summary = (
        "What book and hedge gained together, by month",
        f"{int((totals.sum(axis=1) > 0).sum())} of {len(months)} months above zero.",
    )
    used = [i for i, name in enumerate(run.line_names) if np.any(totals[:, i])]
    rows = [
        [month, *(amount(float(row[i]), run.currency, signed=True) for i in used)]
        for month, row in zip(months, totals, strict=True)
    ]
    names = ["month", *(run.line_names[i].replace("_", " ") for i in used)]
    drawn = svg(charts.chart_months(months, totals.sum(axis=1), "dollars"), caption, summary)
    return Figure(drawn, caption, summary, names, rows)


def _funding(run: RunResult) -> Figure:
    months, totals = _months(run)
    paid = totals[:, run.line_names.index("funding")]
    caption = "Funding by month, received above zero"
    summary = f"In all {amount(float(paid.sum()), run.currency, signed=True)}; the worst month {amount(float(paid.min()), run.currency, signed=True)}."
    rows = [
        [month, amount(float(x), run.currency, signed=True)] for month, x in zip(months, paid, strict=True)
    ]
    drawn = (
        svg(charts.chart_months(months, paid, "dollars of funding"), caption, summary) if paid.any() else ""
    )
    return Figure(drawn, caption, summary, ["month", "funding"], rows)


def _margin(run: RunResult) -> Figure:
    deposits = [e for e in run.events if e.kind == "deposit"]
    caption = "Move of the contracts that would have liquidated the nearest account, to first order"
    known = run.distance[np.isfinite(run.distance)]
    least = percent(float(known.min())) if len(known) else "never"
    summary = f"At the nearest {least}; margin was put in {len(deposits)} times, {amount(float(run.deposits_usd.sum()), run.currency)} in all."
    rows = [[instant(e.time), e.instrument, amount(e.usd, run.currency)] for e in deposits[:_MOST_EVENTS]]
    drawn = svg(charts.chart_distance(run), caption, summary) if len(known) else ""
    return Figure(drawn, caption, summary, ["when", "coin", "put in"], rows)


def _events(run: RunResult) -> Figure:
    told = [e for e in run.events if e.kind not in {"funding", "deposit"}]
    counted = {kind: sum(e.kind == kind for e in told) for kind in dict.fromkeys(e.kind for e in told)}
    caption = "Trades, refusals and liquidations"
    shown = f", the last {_MOST_EVENTS} below" if len(told) > _MOST_EVENTS else ""
    summary = (", ".join(f"{count} × {kind}" for kind, count in counted.items()) or "nothing") + shown + "."
    rows = [
        [
            instant(e.time),
            e.kind,
            plain_text(e.instrument),
            f"{e.contracts:+,.6g}",
            f"{e.price:,.6g}",
            amount(e.usd, run.currency, signed=True),
            plain_text(e.note),
        ]
        for e in told[-_MOST_EVENTS:]
    ]
    return Figure(
        "", caption, summary, ["when", "what", "contract", "contracts", "price", "cost", "note"], rows
    )
