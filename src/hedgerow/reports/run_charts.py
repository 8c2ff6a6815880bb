"""Charts of a run through time, as Altair definitions; each is made for a width, broad or narrow.

A series is drawn on at most six hundred bars: of every stretch its lowest and its highest, so that no extreme is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.hedge.course import RollingBeta
from hedgerow.model.arrays import FloatArray, IntArray, TimeArray
from hedgerow.model.journal import RunResult
from hedgerow.reports.charts import ACCENT, BAD, INK, QUIET, SOFT, chart_of, chart_of_series

__all__ = [
    "BROAD",
    "NARROW",
    "chart_book_beta",
    "chart_distance",
    "chart_drawdown",
    "chart_equity",
    "chart_exposure",
    "chart_rolling_beta",
    "drawdowns",
    "moment",
    "shown_trades",
    "time_axis",
    "value_axis",
]

BROAD, NARROW = 860, 330
_STRETCHES = 300
_MOST_TRADES = 300
_HEIGHT = 250
_LABEL_GAP = 0.1
_FARTHEST, _LONG = 2.0, 200


@dataclass(frozen=True, slots=True)
class _Line:
    """One series with its name, its look, and what its end says."""

    name: str
    values: FloatArray
    colour: str
    weight: float = 1.0
    dash: tuple[int, ...] = (1, 0)


def chart_equity(run: RunResult, width: int) -> Any:
    """Return what the book gained alone and with its hedge."""
    lines = [
        _Line("portfolio", run.unhedged_usd, SOFT),
        _Line("hedged", run.gained_usd, ACCENT, 1.8),
    ]
    return _sized(_lines(run.times, lines, width, "gained since the start, dollars", zero=True), width)


def drawdowns(run: RunResult) -> tuple[TimeArray, dict[str, FloatArray]]:
    """Return day ends, and how far each was below its last high: daily returns on the book's gross value, compounded."""
    plain, hedged, _ = run.daily()
    found = {}
    for name, returns in (("portfolio", plain), ("hedged", hedged)):
        grown = np.cumprod(np.concatenate([[1.0], 1.0 + returns]))
        found[name] = grown / np.maximum.accumulate(grown) - 1.0
    return run.times[run.day_ends()], found


def chart_drawdown(run: RunResult, width: int) -> Any:
    """Return how far both were below their last high."""
    times, series = drawdowns(run)
    lines = [
        _Line("portfolio", series["portfolio"], SOFT),
        _Line("hedged", series["hedged"], ACCENT, 1.8),
    ]
    return _sized(_lines(times, lines, width, "below the last high", style=".0%"), width)


def chart_rolling_beta(found: RollingBeta, width: int) -> Any:
    """Return the beta that was left, its 90 % band as a strip, the book's own beside it, and the target."""
    reach = 1.645 * found.stderr
    known = np.isfinite(found.hedged)
    strip = _strip(found.times[known], (found.hedged - reach)[known], (found.hedged + reach)[known], width)
    lines = [
        _Line("portfolio", found.unhedged[known], SOFT),
        _Line("hedged", found.hedged[known], ACCENT, 1.8),
        _Line("target", found.target[known], INK, 1.2, (1, 3)),
    ]
    drawn = _lines(found.times[known], lines, width, f"beta over {found.window} days", zero=True, style=".1f")
    return _sized(strip + drawn, width)


def chart_book_beta(run: RunResult, k: int, width: int) -> Any:
    """Return the dollar beta to factor `k` of the book alone and of book and hedge together."""
    lines = [
        _Line("portfolio", run.book_beta_usd[:, k], SOFT),
        _Line("hedged", run.after_usd[:, k], ACCENT, 1.8),
    ]
    title = f"dollars of beta to {run.factors[k]}"
    return _sized(_lines(run.times, lines, width, title, zero=True), width)


def shown_trades(run: RunResult) -> IntArray:
    """Return the bars that traded, after the first of them; of more than three hundred the largest."""
    traded = np.flatnonzero(run.traded_usd > 0.0)[1:]
    largest = traded[np.argsort(-run.traded_usd[traded], kind="stable")[:_MOST_TRADES]]
    return np.sort(largest)


def chart_exposure(run: RunResult, k: int, width: int) -> Any:
    """Return the dollar beta to factor `k` within its no-trade band; each trade is a stroke from where it began to where it ended."""
    import altair as alt

    target, band = run.target_usd[:, k], run.band_usd[:, k]
    low, high = target - band, target + band
    strip = _strip(run.times, low, high, width)
    after = run.after_usd[:, k]
    edges = [float(f(x)) for f in (np.nanmin, np.nanmax) for x in (low, high, after)]
    bottom, top = min(edges), max(edges)
    rows = [
        (moment(run.times[i]), float(np.clip(run.before_usd[i, k], bottom, top)), float(after[i]))
        for i in shown_trades(run)
    ]
    scale = alt.Scale(domain=[bottom, top], nice=True)
    strokes = chart_of_series(("time", "before", "after"), rows).mark_rule(
        aria=False, color=BAD, strokeWidth=1.2
    )
    strokes = strokes.encode(x=time_axis(run.times, width), y=alt.Y("before:Q", scale=scale), y2="after:Q")
    lines = [_Line("target", target, INK, 1.2, (1, 3)), _Line("hedged", after, ACCENT, 1.8)]
    drawn = _lines(run.times, lines, width, f"dollars of beta to {run.factors[k]}", scale=scale)
    return _sized(strip + strokes + drawn, width)


def chart_distance(run: RunResult, width: int) -> Any:
    """Return the move that would have liquidated the nearest account, up to 200 %, with margin put in as triangles."""
    import altair as alt

    lines = [_Line("distance", np.minimum(run.distance, _FARTHEST), ACCENT, 1.4)]
    drawn = _lines(run.times, lines, width, "move to liquidation", zero=True, style=".0%", labelled=False)
    paid = [{"time": moment(run.times[i]), "at": 0.0} for i in np.flatnonzero(run.deposits_usd > 0.0)]
    marks = chart_of(paid).mark_point(
        aria=False, shape="triangle-up", color=BAD, filled=True, size=60, opacity=1.0
    )
    return _sized(drawn + marks.encode(x=time_axis(run.times, width), y=alt.Y("at:Q")), width)


def time_axis(times: TimeArray, width: int) -> Any:
    """Return the axis of `times`, in UTC whatever clock the machine has."""
    import altair as alt

    style = "%b %Y" if (times[-1] - times[0]) / np.timedelta64(1, "D") > _LONG else "%d %b"
    axis = alt.Axis(format=style, tickCount=8 if width > NARROW else 3, grid=False, labelOverlap=True)
    return alt.X("time:T", title=None, scale=alt.Scale(type="utc"), axis=axis)


def value_axis(field: str, title: str, style: str, ticks: int = 5, **more: Any) -> Any:
    """Return the axis of a number, its title lying above it."""
    import altair as alt

    axis = alt.Axis(
        labelExpr=f"datum.value == 0 ? '0' : format(datum.value, '{style}')",
        tickCount=ticks,
        titleAngle=0,
        titleAnchor="end",
        titleAlign="left",
        titleX=0,
        titleY=-12,
        domain=False,
        ticks=False,
    )
    return alt.Y(field, title=title or None, axis=axis, **more)


def moment(time: np.datetime64) -> str:
    """Return a time as a chart takes it."""
    return str(time.astype("datetime64[s]")) + "Z"


def _sized(chart: Any, width: int) -> Any:
    import altair as alt

    return chart.properties(
        width=width, height=_HEIGHT, autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )


def _strip(times: TimeArray, low: FloatArray, high: FloatArray, width: int) -> Any:
    """The shaded strip between two bounds."""
    import altair as alt

    picked = np.union1d(_picked(low), _picked(high))
    rows = [(moment(times[i]), float(low[i]), float(high[i])) for i in picked]
    area = chart_of_series(("time", "low", "high"), rows).mark_area(aria=False, color=QUIET, opacity=0.22)
    return area.encode(x=time_axis(times, width), y=alt.Y("low:Q"), y2="high:Q")


def _lines(
    times: TimeArray,
    lines: Sequence[_Line],
    width: int,
    title: str,
    *,
    style: str = "~s",
    zero: bool = False,
    scale: Any = None,
    labelled: bool = True,
) -> Any:
    """Lines over time, each named at its end where there is room, else in a legend above."""
    import altair as alt

    broad = width > NARROW
    names = [line.name for line in lines]
    rows = [
        (moment(times[i]), float(line.values[i]), line.name, part)
        for line in lines
        for part, i in _parted(line.values)
    ]
    above = labelled and not broad
    legend = alt.Legend(orient="top", title=title, symbolType="stroke") if above else None
    colour = alt.Scale(domain=names, range=[line.colour for line in lines])
    dashes = alt.Scale(domain=names, range=[list(line.dash) for line in lines])
    weights = alt.Scale(type="ordinal", domain=names, range=[line.weight for line in lines])
    more: dict[str, Any] = {"scale": scale if scale is not None else alt.Scale(zero=zero)}
    drawn = (
        chart_of_series(("time", "value", "of", "part"), rows)
        .mark_line(aria=False)
        .encode(
            x=time_axis(times, width),
            y=value_axis("value:Q", "" if above else title, style, **more),
            color=alt.Color("of:N", scale=colour, legend=legend),
            strokeDash=alt.StrokeDash("of:N", scale=dashes, legend=legend),
            strokeWidth=alt.StrokeWidth("of:N", scale=weights, legend=legend),
            detail="part:N",
        )
    )
    if broad and labelled:
        drawn += _names(times, lines)
    return drawn


def _names(times: TimeArray, lines: Sequence[_Line]) -> Any:
    """The lines' names at their ends, moved apart where they would lie on each other."""
    import altair as alt

    everything = np.concatenate([line.values[np.isfinite(line.values)] for line in lines])
    gap = _LABEL_GAP * float(np.ptp(everything)) if len(everything) else 0.0
    ends = [(float(line.values[np.isfinite(line.values)][-1]), line) for line in lines] if gap else []
    texts, last = [], -np.inf
    for value, line in sorted(ends, key=lambda end: end[0]):
        last = max(value, last + gap)
        row = [{"time": moment(times[-1]), "value": last, "name": line.name}]
        text = chart_of(row).mark_text(aria=False, align="left", dx=8, color=line.colour, fontSize=11)
        texts.append(text.encode(x="time:T", y=alt.Y("value:Q"), text="name:N"))
    return alt.layer(*texts)


def _picked(values: FloatArray) -> IntArray:
    """Bars to draw: the first, the last, and of every stretch the lowest and the highest that is known."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) <= 2 * _STRETCHES:
        return known
    stretches = np.array_split(known, _STRETCHES)
    extremes = [s[[np.argmin(values[s]), np.argmax(values[s])]] for s in stretches]
    return np.unique(np.concatenate([known[[0, -1]], *extremes]))


def _parted(values: FloatArray) -> list[tuple[int, int]]:
    """Bars to draw, each with the number of its unbroken part: no line crosses what is unknown."""
    parts = np.cumsum(~np.isfinite(values))
    return [(int(parts[i]), int(i)) for i in _picked(values)]
