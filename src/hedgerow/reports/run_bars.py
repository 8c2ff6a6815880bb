"""Charts of a run's sums: where the money came from, line by line and month by month, and what the betas were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hedgerow.hedge.course import Period
from hedgerow.model.arrays import FloatArray
from hedgerow.reports.charts import ACCENT, BAD, INK, QUIET, SOFT, chart_of
from hedgerow.reports.run_charts import NARROW, value_axis
from hedgerow.stats.bootstrap import Interval

__all__ = ["BetaRange", "chart_beta_ranges", "chart_months", "chart_periods", "chart_waterfall"]

_SIGNED = "datum.usd < 0"
_DOLLARS = "datum.value == 0 ? '0' : format(datum.value, '~s')"
_ROW = 26

BetaRange = tuple[str, float, float, float, float]
"""A coin with its lowest, highest and last beta and the last one's standard error."""


def chart_waterfall(lines: Sequence[tuple[str, float, str]], width: int) -> Any:
    """Return dollars of every line, each beginning where the one before it ended; the last bar is their sum.

    `lines` are names, dollars and how the dollars are written.
    """
    import altair as alt

    rows: list[dict[str, Any]] = []
    reached = 0.0
    for name, usd, said in lines[:-1]:
        rows.append({"line": name, "from": reached, "to": reached + usd, "usd": usd, "said": said})
        reached += usd
    name, total, said = lines[-1]
    rows.append({"line": name, "from": 0.0, "to": total, "usd": total, "said": said})
    order = [row["line"] for row in rows]
    y = alt.Y("line:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False))
    style = alt.Axis(labelExpr=_DOLLARS, tickCount=6 if width > NARROW else 3, titleAnchor="start")
    base = chart_of(rows).encode(y=y)
    bars = base.mark_bar(height=13).encode(
        x=alt.X("from:Q", title="dollars", axis=style),
        x2="to:Q",
        color=alt.condition(_SIGNED, alt.value(BAD), alt.value(ACCENT)),
    )
    zero = chart_of([{"at": 0.0}]).mark_rule(aria=False, color=SOFT).encode(x="at:Q")
    said_there = base.mark_text(align="left", dx=10, color=INK, fontSize=11)
    texts = said_there.encode(x=alt.value("width"), text="said:N")
    return _fitted(bars + zero + texts, width, _ROW * len(rows) + 30)


def chart_months(months: list[str], parts: Mapping[str, FloatArray], width: int) -> Any:
    """Return dollars by month, one row of bars for each of the `parts`, each on its own scale."""
    import altair as alt

    charts = []
    for place, (name, dollars) in enumerate(parts.items()):
        rows = [{"month": f"{m}-01T00:00:00Z", "usd": float(x)} for m, x in zip(months, dollars, strict=True)]
        last = place == len(parts) - 1
        axis = alt.Axis(
            grid=False, labels=last, ticks=last, format="%b %Y", tickCount=8 if width > NARROW else 3
        )
        bars = (
            chart_of(rows)
            .mark_bar()
            .encode(
                x=alt.X("utcyearmonth(month):T", title=None, axis=axis, scale=alt.Scale(type="utc")),
                y=value_axis("usd:Q", name, "~s", 3),
                color=alt.condition(_SIGNED, alt.value(BAD), alt.value(ACCENT)),
            )
        )
        zero = chart_of([{"at": 0.0}]).mark_rule(aria=False, color=SOFT, strokeWidth=0.8).encode(y="at:Q")
        charts.append((bars + zero).properties(width=width - 80, height=80 if place == 0 else 52))
    return alt.vconcat(*charts, spacing=22).configure_axisY(minExtent=44, maxExtent=44)


def chart_periods(whole: Interval, periods: Sequence[Period], names: Sequence[str], width: int) -> Any:
    """Return the variance removed in the whole run and in each of its periods, with 90 % intervals."""
    import altair as alt

    found = [("whole run", whole), *zip(names, (p.removed for p in periods), strict=True)]
    rows: list[dict[str, Any]] = [
        {"when": name, "removed": i.middle, "low": i.low, "high": i.high}
        for name, i in found
        if np.isfinite(i.middle)
    ]
    known = [row for row in rows if np.isfinite(row["low"])]
    order = [row["when"] for row in rows]
    y = alt.Y("when:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False))
    x = alt.X("low:Q", title="variance removed", axis=alt.Axis(format="%", tickCount=6, titleAnchor="start"))
    rules = (
        chart_of(known)
        .mark_rule(aria=False, color=QUIET, strokeWidth=5, opacity=0.6)
        .encode(y=y, x=x, x2="high:Q")
    )
    points = chart_of(rows).mark_point(color=ACCENT, filled=True, size=70, opacity=1.0)
    marks = points.encode(y=y, x=alt.X("removed:Q"))
    return _fitted(rules + marks, width, _ROW * len(rows) + 40)


def chart_beta_ranges(ranges: Sequence[BetaRange], factor: str, width: int) -> Any:
    """Return where each coin's beta lay in the run, and the last one with a standard error either way."""
    import altair as alt

    rows: list[dict[str, Any]] = [
        {"coin": coin, "least": low, "most": high, "last": last, "low": last - error, "high": last + error}
        for coin, low, high, last, error in ranges
    ]
    y = alt.Y(
        "coin:N", sort=[row["coin"] for row in rows], title=None, axis=alt.Axis(ticks=False, domain=False)
    )
    axis = alt.Axis(tickCount=7 if width > NARROW else 5, titleAnchor="start")
    x = alt.X("least:Q", title=f"beta to {factor}", scale=alt.Scale(zero=False), axis=axis)
    base = chart_of(rows).encode(y=y)
    span = base.mark_rule(aria=False, color=QUIET, strokeWidth=1.5).encode(x=x, x2="most:Q")
    error = base.mark_rule(aria=False, color=QUIET, strokeWidth=7, opacity=0.5).encode(x="low:Q", x2="high:Q")
    points = base.mark_point(color=ACCENT, filled=True, size=70, opacity=1.0).encode(x="last:Q")
    return _fitted(error + span + points, width, 24 * len(rows) + 40)


def _fitted(chart: Any, width: int, height: int) -> Any:
    import altair as alt

    return chart.properties(
        width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )
