"""Charts of a ticket as Altair definitions: one definition, rendered to SVG for the page and shown in notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from hedgerow.hedge.plan import HedgePlan
from hedgerow.hedge.ticket import Ticket
from hedgerow.model.betas import Betas
from hedgerow.reports.wording import plain_text

__all__ = [
    "ACCENT",
    "BAD",
    "GRID",
    "INK",
    "QUIET",
    "RIM",
    "SOFT",
    "WIDTH",
    "chart_betas",
    "chart_costs",
    "chart_exposure",
    "chart_frontier",
    "chart_of",
    "chart_of_series",
    "chart_stress",
    "chart_survival",
    "svg",
]

WIDTH = 640
_LABEL = 300
_ROOM = {"left": 34, "right": 44, "top": 5, "bottom": 5}
ACCENT, QUIET, BAD = "#1f6f5c", "#8a8f98", "#a33b2a"
INK, SOFT, GRID, RIM = "#1b1d21", "#555b66", "#e6e8ec", "#b9bec7"
_MOST_COINS = 30


def chart_betas(betas: Betas, held: tuple[str, ...] | None = None) -> Any:
    """Return each coin's beta to the first factor with one standard error either way; the shape tells where it is from."""
    import altair as alt

    rows = []
    for i, symbol in enumerate(betas.symbols):
        beta, error = float(betas.beta[i, 0]), float(betas.stderr[i, 0])
        if np.isfinite(beta) and betas.method[i] != "policy" and (held is None or symbol in held):
            known = betas.method[i] if betas.method[i] in {"prior", "override", "factor"} else "estimate"
            rows.append(
                {"coin": symbol, "beta": beta, "low": beta - error, "high": beta + error, "from": known}
            )
    base = chart_of(rows[:_MOST_COINS]).encode(y=alt.Y("coin:N", sort="-x", title=None))
    title = f"beta to {betas.factors[0]}"
    bars = base.mark_rule(color=QUIET, strokeWidth=3).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    points = base.mark_point(color=ACCENT, filled=True, size=80).encode(
        x="beta:Q",
        shape=alt.Shape(
            "from:N", title="from", scale=alt.Scale(domain=["estimate", "prior", "override", "factor"])
        ),
    )
    return (bars + points).properties(width=WIDTH, height=max(22 * min(len(rows), _MOST_COINS), 44))


def chart_exposure(plan: HedgePlan) -> Any:
    """Return the dollar beta before and after with one standard error, and the target, one row a factor and state."""
    import altair as alt

    rows, targets = [], []
    for k, factor in enumerate(plan.factors):
        for state, dollars in (("before", plan.before_usd[k]), ("after", plan.after_usd[k])):
            error = float(np.nan_to_num(plan.stderr_usd[k]))  # not drawn where it is not known
            rows.append(
                {
                    "row": f"{factor} {state}",
                    "beta": float(dollars),
                    "low": dollars - error,
                    "high": dollars + error,
                }
            )
            targets.append({"row": f"{factor} {state}", "target": float(plan.target_usd[k])})
    order = [row["row"] for row in rows]
    base = chart_of(rows).encode(y=alt.Y("row:N", sort=order, title=None))
    bars = base.mark_bar(color=ACCENT, height=14).encode(
        x=alt.X("beta:Q", title="dollars of beta", axis=alt.Axis(format="~s"))
    )
    errors = base.mark_rule(color=QUIET, strokeWidth=3).encode(x="low:Q", x2="high:Q")
    ticks = chart_of(targets).mark_tick(color=BAD, thickness=3, height=22)
    marks = ticks.encode(y=alt.Y("row:N", sort=order, title=None), x="target:Q")
    return (bars + errors + marks).properties(width=WIDTH, height=34 * len(rows))


def chart_costs(plan: HedgePlan) -> Any:
    """Return each cost with its band; to the left of zero it is earned."""
    import altair as alt

    rows = [
        {
            "line": f"{line.name}, {'a month' if line.monthly else 'once'}",
            "usd": line.usd,
            "low": line.low_usd,
            "high": line.high_usd,
        }
        for line in plan.costs
    ]
    base = chart_of(rows).encode(y=alt.Y("line:N", sort=None, title=None))
    band = base.mark_rule(color=QUIET, strokeWidth=6, opacity=0.6).encode(
        x=alt.X("low:Q", title="dollars, earned below zero", axis=alt.Axis(format="~s")), x2="high:Q"
    )
    points = base.mark_point(color=ACCENT, filled=True, size=90).encode(x="usd:Q")
    return (band + points).properties(width=WIDTH, height=26 * max(len(rows), 1))


def chart_survival(ticket: Ticket) -> Any:
    """Return each account's collateral left against a move of its contracts, down to its liquidation."""
    import altair as alt

    rows, ends = [], []
    for account in ticket.plan.margin:
        wallet = account.collateral_usd if np.isfinite(account.collateral_usd) else account.required_usd
        reach = account.max_rally if account.max_rally is not None else 1.0
        far = max(reach, account.required_rally) * 1.1
        for move in np.linspace(0.0, far, 23):
            left = max(account.equity_after(wallet, float(move)), 0.0)
            rows.append({"account": account.account, "move": float(move), "left": left})
        ends.append({"account": account.account, "at": reach, "what": "liquidated"})
        ends.append({"account": account.account, "at": account.required_rally, "what": "asked for"})
    x = alt.X("move:Q", title="move against the hedge", axis=alt.Axis(format="%"))
    y = alt.Y("left:Q", title="collateral left, dollars", axis=alt.Axis(format="~s"))
    line = chart_of(rows).mark_line(color=ACCENT).encode(x=x, y=y, strokeDash="account:N")
    rule = (
        chart_of(ends)
        .mark_rule(strokeWidth=2)
        .encode(
            x="at:Q",
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=["liquidated", "asked for"], range=[BAD, QUIET]),
            ),
        )
    )
    return (line + rule).properties(width=WIDTH, height=220)


def chart_frontier(plan: HedgePlan) -> Any:
    """Return the variance left against the number of contracts."""
    import altair as alt

    rows = [
        {"count": p.count, "left": p.left, "auto": "auto stops here" if p.chosen else "other"}
        for p in plan.frontier
    ]
    base = chart_of(rows).encode(
        x=alt.X("count:O", title="contracts", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("left:Q", title="variance left", axis=alt.Axis(format="%")),
    )
    points = base.mark_point(filled=True, size=90).encode(
        color=alt.Color(
            "auto:N", title=None, scale=alt.Scale(domain=["auto stops here", "other"], range=[BAD, ACCENT])
        ),
        shape=alt.Shape("auto:N", title=None, scale=alt.Scale(domain=["auto stops here", "other"])),
    )
    return (base.mark_line(color=ACCENT) + points).properties(width=WIDTH, height=220)


def chart_stress(ticket: Ticket) -> Any:
    """Return what each scenario does to the book alone and with its hedge."""
    import altair as alt

    rows = []
    for row in ticket.stress:
        rows.append({"scenario": row.name, "usd": row.book_usd, "of": "unhedged"})
        rows.append({"scenario": row.name, "usd": row.net_usd, "of": "hedged"})
    chart = chart_of(rows).mark_point(filled=True, size=70)
    return chart.encode(
        y=alt.Y("scenario:N", sort=None, title=None),
        x=alt.X("usd:Q", title="profit, dollars", axis=alt.Axis(format="~s")),
        color=alt.Color(
            "of:N", title=None, scale=alt.Scale(domain=["unhedged", "hedged"], range=[QUIET, ACCENT])
        ),
        shape=alt.Shape("of:N", title=None, scale=alt.Scale(domain=["unhedged", "hedged"])),
    ).properties(width=WIDTH - 120, height=20 * max(len(ticket.stress), 1))


def chart_of(rows: list[dict[str, Any]]) -> Any:
    """Return a chart on rows that travel with it."""
    import altair as alt

    inline: Any = alt.InlineData
    return alt.Chart(inline(values=rows))


def chart_of_series(names: Sequence[str], rows: Iterable[Sequence[object]]) -> Any:
    """Return a chart on many rows, which travel as text: Altair would copy every number a dozen times."""
    import altair as alt

    inline: Any = alt.InlineData
    lines = (",".join(f"{x:.8g}" if isinstance(x, float) else str(x) for x in row) for row in rows)
    return alt.Chart(inline(values="\n".join([",".join(names), *lines]), format={"type": "csv"}))


def svg(chart: Any, title: str, summary: str, padding: dict[str, int] | None = None) -> str:
    """Return the chart as inline SVG with a title and description for a reader who cannot see it.

    Its colours are those of the palette above, so that the page's style can turn them for a dark ground.
    """
    from html import escape

    import vl_convert

    # The reader's own font may be wider than the one the chart is measured in: room for that on both sides.
    themed = chart.configure(
        background="transparent", font="system-ui, sans-serif", padding=_ROOM if padding is None else padding
    )
    themed = themed.configure_view(stroke=None)
    themed = themed.configure_axis(
        labelLimit=_LABEL,
        labelColor=SOFT,
        titleColor=SOFT,
        titleFontWeight="normal",
        gridColor=GRID,
        domainColor=RIM,
        tickColor=RIM,
    )
    themed = themed.configure_legend(
        labelLimit=_LABEL, labelColor=INK, titleColor=SOFT, titleFontWeight="normal"
    )
    themed = themed.configure_title(color=INK).configure_axisQuantitative(tickCount=7)
    drawn: str = vl_convert.vegalite_to_svg(themed.to_dict())
    start = drawn.index("<svg")
    opened = drawn.index(">", start)
    head = f"<title>{escape(plain_text(title))}</title><desc>{escape(plain_text(summary))}</desc>"
    root = drawn[start:opened].replace("<svg", '<svg role="img"', 1)
    return f"{root}>{head}{drawn[opened + 1 :]}"
