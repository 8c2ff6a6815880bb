"""The figures of a run: each a chart with its caption, what it says in words, and the numbers it was drawn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.hedge.course import Period, RollingBeta
from hedgerow.hedge.effectiveness import Effectiveness
from hedgerow.model.arrays import FloatArray
from hedgerow.model.journal import RunResult
from hedgerow.reports import run_bars as bars
from hedgerow.reports import run_charts as charts
from hedgerow.reports.charts import svg
from hedgerow.reports.layout import instant
from hedgerow.reports.parts import Figure
from hedgerow.reports.run_text import LINES, interval_words
from hedgerow.reports.wording import amount, number, percent, plain_text

__all__ = [
    "drawn_figure",
    "figure_betas",
    "figure_book_beta",
    "figure_drawdown",
    "figure_equity",
    "figure_exposure",
    "figure_margin",
    "figure_monthly",
    "figure_periods",
    "figure_rolling_beta",
    "figure_waterfall",
    "months_of",
]

_GROUPS = {
    "market, spot and hedge": ("beta_spot", "beta_hedge"),
    "alpha": ("alpha",),
    "alpha of the hedge": ("alpha_hedge",),
    "basis": ("basis",),
    "coins that are margin": ("collateral",),
    "funding": ("funding",),
    "costs": ("fees", "slippage", "roll"),
    "liquidation": ("liquidation",),
    "trades of the book itself": ("rebalance",),
    "dollar coins off their dollar": ("fx",),
}
_MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class _Room:
    """Pixels beside a chart: for names at the ends of lines, or for numbers."""

    right: int = 76
    narrow_right: int = 14


def drawn_figure(
    make: Callable[[int], Any] | None,
    caption: str,
    summary: str,
    names: list[str],
    rows: list[list[str]],
    room: _Room | None = None,
) -> Figure:
    """Return a figure, its chart drawn for a desk and for a phone; without a chart there is only its table."""
    if make is None:
        return Figure("", caption, summary, names, rows)
    beside, drawn = room or _Room(), []
    for width, right in ((charts.BROAD, beside.right), (charts.NARROW, beside.narrow_right)):
        padding = {"left": 6, "right": right, "top": 22, "bottom": 6}
        drawn.append(svg(make(width), caption, summary, padding))
    return Figure(drawn[0], caption, summary, names, rows, narrow=drawn[1])


def _money(run: RunResult) -> Callable[[float], str]:
    return lambda value: amount(float(value), run.currency, signed=True)


def _yearly(run: RunResult) -> list[tuple[str, int, int]]:
    """Years with the first and last bar of each."""
    years = (run.times - np.timedelta64(1, "ms")).astype("datetime64[Y]")
    starts = np.flatnonzero(np.append(True, years[1:] != years[:-1]))
    ends = np.append(starts[1:], len(years)) - 1
    return [(str(years[i]), int(i), int(j)) for i, j in zip(starts, ends, strict=True)]


def figure_equity(run: RunResult) -> Figure:
    """Return what the book gained alone and hedged."""
    money, rows = _money(run), []
    for year, i, j in _yearly(run):
        before = max(i - 1, 0)
        alone, both = (float(s[j] - s[before]) for s in (run.unhedged_usd, run.gained_usd))
        rows.append([year, money(alone), money(both - alone), money(both)])
    return drawn_figure(
        lambda width: charts.chart_equity(run, width),
        "What the book gained, alone and with its hedge",
        f"Alone {money(run.unhedged_usd[-1])}, with its hedge {money(run.gained_usd[-1])};"
        " margin that was put in, and what came into the book or went out of it, is in neither.",
        ["year", "portfolio", "hedge", "hedged"],
        rows,
    )


def figure_drawdown(run: RunResult) -> Figure:
    """Return how far both were below their last high."""
    times, series = charts.drawdowns(run)
    years = (times - np.timedelta64(1, "ms")).astype("datetime64[Y]")
    rows = [
        [str(year), *(percent(float(s[years == year].min())) for s in series.values())]
        for year in np.unique(years)
    ]
    value = "value" if run.is_net else "gross value"
    deepest = [percent(-float(s.min())) for s in series.values()]
    return drawn_figure(
        lambda width: charts.chart_drawdown(run, width),
        "How far below the last high",
        f"At the deepest {deepest[0]} alone and {deepest[1]} hedged; daily returns on the book's {value}, compounded.",
        ["year", "portfolio, deepest", "hedged, deepest"],
        rows,
    )


def figure_periods(found: Effectiveness, periods: tuple[Period, ...]) -> Figure:
    """Return the variance removed, period by period."""
    names = [_period(p, periods) for p in periods]
    rows = [["whole run", f"{found.days:,}", *_bounds(found.variance_removed)]]
    rows += [[n, str(p.days), *_bounds(p.removed)] for n, p in zip(names, periods, strict=True)]
    known = [
        (p.removed.middle, n) for n, p in zip(names, periods, strict=True) if np.isfinite(p.removed.middle)
    ]
    caption = "Variance removed, period by period"
    columns = ["period", "days", "removed", "low", "high"]
    if not known or not np.isfinite(found.variance_removed.middle):
        return drawn_figure(None, caption, "Too few days to tell.", columns, rows)
    worst, best = min(known), max(known)
    summary = f"{interval_words(found.variance_removed, percent)} over the whole run; {percent(worst[0])} in {worst[1]}, {percent(best[0])} in {best[1]}. Bars are 90 % block-bootstrap intervals."
    return drawn_figure(
        lambda width: bars.chart_periods(found.variance_removed, periods, names, width),
        caption,
        summary,
        columns,
        rows,
        _Room(16),
    )


def _bounds(found: Any) -> list[str]:
    return [percent(found.middle), percent(found.low), percent(found.high)]


def _period(period: Period, periods: tuple[Period, ...]) -> str:
    """`2025 Q3`, `2025 H2` or `2025`, by how far apart periods are."""
    starts = [p.start.astype("datetime64[M]").astype(np.int64) for p in periods]
    apart = int(np.min(np.diff(starts), initial=12)) if len(starts) > 1 else 12
    year, month = str(period.start)[:4], int(str(period.start)[5:7])
    return {3: f"{year} Q{(month + 2) // 3}", 6: f"{year} H{(month + 5) // 6}"}.get(apart, year)


def figure_rolling_beta(found: RollingBeta, factor: str) -> Figure:
    """Return the beta that was left, with its band and what was wanted."""
    caption = f"Realised beta to {factor} over {found.window} days, with its 90 % band"
    known = np.flatnonzero(np.isfinite(found.hedged))
    names = ["day", "portfolio", "hedged", "±", "target"]
    if len(known) < 2:
        return drawn_figure(None, caption, "Too few days to tell.", names, [])
    reach = 1.645 * found.stderr[known]
    missed = float(np.mean(np.abs(found.hedged[known] - found.target[known]) > reach))
    rows = [
        [
            str((found.times[i] - np.timedelta64(1, "ms")).astype("datetime64[D]")),
            *(number(float(s[i])) for s in (found.unhedged, found.hedged)),
            number(float(1.645 * found.stderr[i])),
            number(float(found.target[i])),
        ]
        for i in _spread(known)
    ]
    low, high = (number(float(f(found.hedged[known]))) for f in (np.min, np.max))
    return drawn_figure(
        lambda width: charts.chart_rolling_beta(found, width),
        caption,
        f"Hedged it lay between {low} and {high}; the target was outside the band on {percent(missed)} of days, where one in ten is chance.",
        names,
        rows,
    )


def _spread(places: Any) -> list[int]:
    """At most two dozen of `places`, evenly, the last one included."""
    picked = np.unique(np.linspace(0, len(places) - 1, min(len(places), 24)).round().astype(int))
    return [int(places[i]) for i in picked]


def figure_book_beta(run: RunResult, k: int) -> Figure:
    """Return the dollar beta to factor `k` of the book alone and of both."""
    money, factor = _money(run), run.factors[k]
    ends = run.day_ends()
    rows = [
        [instant(run.times[i]), *(money(s[i, k]) for s in (run.book_beta_usd, run.after_usd, run.target_usd))]
        for i in _spread(ends)
    ]
    usual = [float(np.mean(np.abs(s[:, k]))) for s in (run.book_beta_usd, run.after_usd)]
    return drawn_figure(
        lambda width: charts.chart_book_beta(run, k, width),
        f"What the book moves like, in dollars of {factor}",
        f"On average {amount(usual[0], run.currency)} alone and {amount(usual[1], run.currency)} with its hedge, signs aside; by the betas of the day.",
        ["when", "portfolio", "hedged", "target"],
        rows,
    )


def figure_exposure(run: RunResult, found: Effectiveness, k: int) -> Figure:
    """Return the dollar beta to factor `k` within its no-trade band, with the trades."""
    money = _money(run)
    shown, traded = charts.shown_trades(run), int(np.count_nonzero(run.traded_usd))
    largest = sorted(shown, key=lambda i: -run.traded_usd[i])[:_MOST_ROWS]
    rows = [
        [
            instant(run.times[i]),
            *(money(s[i, k]) for s in (run.before_usd, run.after_usd, run.target_usd)),
            f"± {amount(float(run.band_usd[i, k]), run.currency)}",
            amount(float(run.traded_usd[i]), run.currency),
        ]
        for i in sorted(largest)
    ]
    some = f" (the {len(shown)} largest are drawn)" if len(shown) < traded - 1 else ""
    return drawn_figure(
        lambda width: charts.chart_exposure(run, k, width),
        f"Dollar beta to {run.factors[k]} against its no-trade band, with the trades",
        f"{traded:,} bars traded{some}; {percent(found.outside_band)} of bars were outside the band before their trade. Each stroke is a trade, from where it began to where it ended; the first, out of the bare book, is left out, and what began beyond the range of what was held is cut there: the table has it whole.",
        ["when", "before", "after", "target", "band", "traded"],
        rows,
    )


def figure_waterfall(run: RunResult) -> Figure:
    """Return where the money came from, line by line."""
    money = _money(run)
    used = [(name.replace("_", " "), usd, money(usd)) for name, usd in run.totals.items() if usd]
    whole = float(sum(run.totals.values()))
    rows = [
        [name.replace("_", " "), money(usd), LINES.get(name, "")] for name, usd in run.totals.items() if usd
    ]
    return drawn_figure(
        lambda width: bars.chart_waterfall([*used, ("together", whole, money(whole))], width),
        "Where the money came from, line by line",
        f"Together {money(whole)}: exactly what book and hedge gained, bar by bar. Each bar begins where the one above it ended.",
        ["line", "dollars", "what it is"],
        [*rows, ["together", money(whole), "what book and hedge gained"]],
        _Room(92, 80),
    )


def months_of(run: RunResult) -> tuple[list[str], FloatArray]:
    """Return the months and the dollars (M, L) of every line in each."""
    months = (run.times - np.timedelta64(1, "ms")).astype("datetime64[M]")
    names, place = np.unique(months, return_inverse=True)
    totals = np.zeros((len(names), run.lines.shape[1]))
    np.add.at(totals, place, run.lines)
    return [str(name) for name in names], totals


def figure_monthly(run: RunResult) -> Figure:
    """Return the attribution by month."""
    money, (months, totals) = _money(run), months_of(run)
    together = totals.sum(axis=1)
    grouped = {
        name: totals[:, [i for i, line in enumerate(run.line_names) if line in lines]].sum(axis=1)
        for name, lines in _GROUPS.items()
    }
    parts = {"together": together} | {name: usd for name, usd in grouped.items() if usd.any()}
    used = [i for i in range(totals.shape[1]) if totals[:, i].any()]
    rows = [
        [month, money(row.sum()), *(money(row[i]) for i in used)]
        for month, row in zip(months, totals, strict=True)
    ]
    return drawn_figure(
        lambda width: bars.chart_months(months, parts, width),
        "Where the money came from, month by month",
        f"{int((together > 0).sum())} of {len(months)} months above zero; the worst {money(together.min())}, the best {money(together.max())}. Each row has its own scale.",
        ["month", "together", *(run.line_names[i].replace("_", " ") for i in used)],
        rows,
    )


def figure_margin(run: RunResult) -> Figure:
    """Return how far liquidation was, and what margin was put in."""
    deposits = [e for e in run.events if e.kind == "deposit"]
    known = run.distance[np.isfinite(run.distance)]
    caption = "How far the contracts could have moved before the nearest account was liquidated"
    times = {0: "never", 1: "once"}.get(len(deposits), f"{len(deposits)} times")
    paid = f"margin was put in {times}, {amount(float(run.deposits_usd.sum()), run.currency)} in all"
    names = ["when", "coin", "put in"]
    rows = [[instant(e.time), plain_text(e.instrument), amount(e.usd, run.currency)] for e in deposits]
    if not len(known):
        return drawn_figure(None, caption, f"Nothing was ever open; {paid}.", names, rows[:_MOST_ROWS])
    nearest = instant(run.times[int(np.nanargmin(run.distance))])
    return drawn_figure(
        lambda width: charts.chart_distance(run, width),
        caption,
        f"At the nearest {percent(float(known.min()))}, on {nearest}; to first order, at closes, drawn up to 200 %. Triangles: {paid}.",
        names,
        rows[:_MOST_ROWS],
        _Room(20),
    )


def figure_betas(run: RunResult, factor: str) -> Figure:
    """Return the betas that the run used: each coin's range, first, last, and how much it changed."""
    ranges, rows = [], []
    for coin in dict.fromkeys(row.coin for row in run.betas):
        found = [row for row in run.betas if row.coin == coin and row.factor == factor]
        betas, errors = (np.array([getattr(row, name) for row in found]) for name in ("beta", "stderr"))
        known = np.isfinite(betas)
        if not known.any() or (not errors[known].any() and np.ptp(betas[known]) == 0.0):
            continue
        low, high, last = float(betas[known].min()), float(betas[known].max()), float(betas[known][-1])
        ranges.append((plain_text(coin), low, high, last, float(errors[known][-1])))
        changed = float(np.abs(np.diff(betas[known])).mean()) if known.sum() > 1 else float("nan")
        numbers = (float(betas[known][0]), last, float(errors[known][-1]), low, high, changed)
        rows.append((last, [plain_text(coin), str(int(known.sum())), *(number(x) for x in numbers)]))
    caption = f"Betas to {factor} that the hedge was sized with"
    summary = "The point is the last beta, the thick bar one standard error either way, the thin line where it lay in the run."
    names = ["coin", "estimations", "first", "last", "± last", "lowest", "highest", "mean change"]
    table = [row for _, row in sorted(rows, key=lambda r: -r[0])]
    if not ranges:
        return drawn_figure(None, caption, "No beta was estimated.", names, table)
    ranges = sorted(ranges, key=lambda r: -r[3])
    return drawn_figure(
        lambda width: bars.chart_beta_ranges(ranges, factor, width), caption, summary, names, table, _Room(20)
    )
