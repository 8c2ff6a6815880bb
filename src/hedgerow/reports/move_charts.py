"""Dollars over moves of the factor as a chart: lines with their names at the right end instead of a legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.reports.charts import chart_of
from hedgerow.reports.run_charts import NARROW, value_axis

__all__ = ["HEIGHT", "Curve", "named_ends", "over_moves", "room"]

HEIGHT = 380
_GAP = 0.055


@dataclass(frozen=True, slots=True)
class Curve:
    """Dollars over the moves, (N,), with its name and look."""

    name: str
    values: FloatArray
    colour: str
    dash: tuple[int, ...] = (1, 0)
    weight: float = 1.6


def over_moves(
    moves: FloatArray,
    curves: Sequence[Curve],
    titles: tuple[str, str],
    width: int,
    *,
    below: Any = None,
    height: int = HEIGHT,
) -> Any:
    """Return the curves over `moves`; `titles` of the two axes, `below` is drawn under them."""
    import altair as alt

    rows = [
        {"move": float(move), "dollars": float(value), "of": curve.name}
        for curve in curves
        for move, value in zip(moves, curve.values, strict=True)
    ]
    names = [curve.name for curve in curves]

    def scaled(looks: list[Any]) -> Any:
        return alt.Scale(domain=names, range=looks)

    colour = alt.Color("of:N", legend=None, scale=scaled([curve.colour for curve in curves]))
    dash = alt.StrokeDash("of:N", legend=None, scale=scaled([list(curve.dash) for curve in curves]))
    several: Any = alt.StrokeWidth("of:N", legend=None, scale=scaled([curve.weight for curve in curves]))
    weight: Any = several if len(curves) > 1 else alt.value(curves[0].weight)
    x = alt.X(
        "move:Q",
        title=titles[0],
        scale=alt.Scale(domain=[float(moves[0]), float(moves[-1])], nice=False),
        axis=alt.Axis(format="+.0%", grid=False, tickCount=6 if width > NARROW else 4),
    )
    y = value_axis("dollars:Q", titles[1], "~s")
    lines = chart_of(rows).mark_line(aria=False)
    drawn = lines.encode(x=x, y=y, color=colour, strokeDash=dash, strokeWidth=weight)
    ends = chart_of(named_ends(curves, float(moves[-1]), height))
    labels = ends.mark_text(align="left", dx=6, aria=False, fontSize=12)
    named = labels.encode(x="move:Q", y="dollars:Q", text="of:N", color=colour)
    return (drawn + named if below is None else below + drawn + named).properties(
        width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )


def named_ends(curves: Sequence[Curve], right: float, height: int = HEIGHT) -> list[dict[str, Any]]:
    """Return each curve's name at its right end, moved apart where two would lie on each other."""
    gap = _GAP * HEIGHT / height
    reach = max(float(c.values.max()) for c in curves) - min(float(c.values.min()) for c in curves)
    placed: list[dict[str, Any]] = []
    below = -np.inf
    for curve in sorted(curves, key=lambda c: float(c.values[-1])):
        below = max(float(curve.values[-1]), below + gap * reach)
        placed.append({"move": right, "dollars": below, "of": curve.name})
    return placed


def room(right: int) -> dict[str, int]:
    """Return the padding of such a chart: its names need none on the left."""
    return {"left": 6, "right": right, "top": 22, "bottom": 6}
