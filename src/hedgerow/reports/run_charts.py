"""Charts of a run, on at most a thousand points each."""

from __future__ import annotations

from typing import Any

import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray, TimeArray
from hedgerow.model.journal import RunResult
from hedgerow.reports.charts import ACCENT, BAD, QUIET, WIDTH, chart_of

__all__ = [
    "chart_by_line",
    "chart_distance",
    "chart_drawdown",
    "chart_equity",
    "chart_exposure",
    "chart_months",
]

_MOST = 800


def chart_equity(run: RunResult) -> Any:
    """Return what the book gained alone and with its hedge."""
    series = {"unhedged": run.unhedged_usd, "hedged": run.gained_usd}
    return _lines(run.times, series, "gained since the start, dollars", [QUIET, ACCENT])


def drawdowns(run: RunResult) -> tuple[TimeArray, dict[str, FloatArray]]:
    """Return day ends, and how far each was below its last high: daily returns on the book's value, compounded."""
    plain, hedged, _ = run.daily()
    found = {}
    for name, returns in (("unhedged", plain), ("hedged", hedged)):
        grown = np.cumprod(np.concatenate([[1.0], 1.0 + returns]))
        found[name] = grown / np.maximum.accumulate(grown) - 1.0
    return run.times[run.day_ends()], found


def chart_drawdown(run: RunResult) -> Any:
    """Return how far both were below their last high."""
    times, series = drawdowns(run)
    return _lines(times, series, "below the last high", [QUIET, ACCENT], style="%")


def chart_exposure(run: RunResult) -> Any:
    """Return the dollar beta of the first factor with its target and the band around it."""
    import altair as alt

    rows = _picked(len(run.times))
    target, band = run.target_usd[rows, 0], run.band_usd[rows, 0]
    points = [
        {
            "time": _iso(run.times, i),
            "beta": float(b),
            "low": float(t - w),
            "high": float(t + w),
            "of": "hedged",
        }
        for i, b, t, w in zip(rows, run.after_usd[rows, 0], target, band, strict=True)
    ]
    alone = [
        {"time": _iso(run.times, i), "beta": float(b), "of": "book alone"}
        for i, b in zip(rows, run.book_beta_usd[rows, 0], strict=True)
    ]
    x = alt.X("time:T", title=None)
    area = chart_of(points).mark_area(color=QUIET, opacity=0.3).encode(x=x, y="low:Q", y2="high:Q")
    colour = alt.Color(
        "of:N", title=None, scale=alt.Scale(domain=["hedged", "book alone"], range=[ACCENT, BAD])
    )
    dash = alt.StrokeDash("of:N", title=None, scale=alt.Scale(domain=["hedged", "book alone"]))
    y = alt.Y("beta:Q", title="dollars of beta", axis=alt.Axis(format="~s"))
    return (
        area + chart_of(points + alone).mark_line().encode(x=x, y=y, color=colour, strokeDash=dash)
    ).properties(width=WIDTH, height=220)


def chart_by_line(run: RunResult) -> Any:
    """Return the dollars of every line of the attribution over the whole run."""
    import altair as alt

    rows = [{"line": name.replace("_", " "), "usd": usd} for name, usd in run.totals.items() if usd]
    colour = alt.condition("datum.usd < 0", alt.value(BAD), alt.value(ACCENT))
    bars = (
        chart_of(rows)
        .mark_bar(height=14)
        .encode(
            y=alt.Y("line:N", sort=None, title=None),
            x=alt.X("usd:Q", title="dollars", axis=alt.Axis(format="~s")),
            color=colour,
        )
    )
    return bars.properties(width=WIDTH, height=24 * max(len(rows), 1))


def chart_months(months: list[str], usd: FloatArray, title: str) -> Any:
    """Return dollars by month."""
    import altair as alt

    rows = [{"month": month, "usd": float(x)} for month, x in zip(months, usd, strict=True)]
    return (
        chart_of(rows)
        .mark_bar(color=ACCENT)
        .encode(
            x=alt.X("month:O", title=None, axis=alt.Axis(labelAngle=-60, labelOverlap=True)),
            y=alt.Y("usd:Q", title=title, axis=alt.Axis(format="~s")),
        )
        .properties(width=WIDTH, height=180)
    )


def chart_distance(run: RunResult) -> Any:
    """Return how far the market was from liquidating the nearest account."""
    shown = np.minimum(run.distance, 2.0)
    return _lines(run.times, {"distance": shown}, "move to liquidation", [ACCENT], style="%")


def _lines(
    times: TimeArray, series: dict[str, FloatArray], title: str, colours: list[str], style: str = "~s"
) -> Any:
    import altair as alt

    rows = [
        {"time": _iso(times, i), "value": float(values[i]), "of": name}
        for name, values in series.items()
        for i in _picked(len(values))
        if np.isfinite(values[i])
    ]
    scale = alt.Scale(domain=list(series), range=colours)
    legend: dict[str, Any] = {} if len(series) > 1 else {"legend": None}
    return (
        chart_of(rows)
        .mark_line()
        .encode(
            x=alt.X("time:T", title=None),
            y=alt.Y("value:Q", title=title, axis=alt.Axis(format=style)),
            color=alt.Color("of:N", title=None, scale=scale, **legend),
            strokeDash=alt.StrokeDash("of:N", title=None, scale=alt.Scale(domain=list(series)), **legend),
        )
        .properties(width=WIDTH, height=220)
    )


def _picked(count: int) -> IntArray:
    """At most 800 bars, evenly, the last one included."""
    return np.unique(np.linspace(0, count - 1, min(count, _MOST)).round().astype(np.int64))


def _iso(times: TimeArray, i: int) -> str:
    return str(times[i].astype("datetime64[s]")) + "Z"
