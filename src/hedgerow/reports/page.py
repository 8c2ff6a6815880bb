"""The ticket as one HTML file: no script, no request, readable without a network or a mouse.

ticket_page(ticket) -> str
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hedgerow.hedge.ticket import Ticket
from hedgerow.model.betas import Betas
from hedgerow.model.display import plain
from hedgerow.reports import charts
from hedgerow.reports.layout import instant
from hedgerow.reports.parts import Figure, Section, rendered
from hedgerow.reports.wording import amount, number, percent, plain_text, price

__all__ = ["betas_figure", "costs_figure", "stress_figure", "survival_figure", "ticket_page"]


def ticket_page(ticket: Ticket) -> str:
    """Return the whole page. Everything that comes from a file is escaped; unknown is said, never blank or 0."""
    return rendered(
        "ticket.html",
        simulated=ticket.simulated,
        heading="Hedge ticket",
        lead=f"{plain_text(ticket.source)} · as of {instant(ticket.as_of)} · amounts in {ticket.currency}",
        title=("SIMULATED " if ticket.simulated else "") + "hedge ticket",
        six=_six(ticket),
        sections=_sections(ticket),
        refusals=[
            (
                plain_text(r.rule),
                plain_text(r.detail),
                _share(r.measured),
                _share(r.limit),
                plain_text(r.remedy),
            )
            for r in ticket.refusals
        ],
        unknown=[plain_text(name) for name in ticket.unknown],
        warnings=[plain_text(line) for line in ticket.warnings],
    )


def _share(value: float) -> str:
    return percent(value) if abs(value) < 2.0 else number(value)


def _money(ticket: Ticket) -> Callable[[float | None], str]:
    return lambda value: amount(value, ticket.currency)


def _six(ticket: Ticket) -> list[tuple[str, str]]:
    """The six numbers at the top."""
    money, plan = _money(ticket), ticket.plan
    needed = sum(account.required_usd for account in plan.margin)
    reach = [a.max_rally for a in plan.margin if a.max_rally is not None]
    month = sum(line.usd for line in plan.costs if line.monthly)
    return [
        ("worth", money(ticket.worth.total_usd)),
        (
            f"moves like {ticket.exposure.factors[0]}",
            f"{money(ticket.exposure.beta_usd[0])} ± {money(ticket.exposure.stderr_usd[0])}",
        ),
        ("hedged to", f"{money(plan.after_usd[0])} ± {money(plan.stderr_usd[0])}"),
        ("costs now", money(plan.cost_usd())),
        ("a month", f"earns {money(-month)}" if month < 0 else f"costs {money(month)}"),
        ("margin", f"{money(needed)}, gone at {percent(min(reach))}" if reach else money(needed)),
    ]


def _sections(ticket: Ticket) -> list[Section]:
    sections = [
        Section("1 What the book is worth", _worth(ticket), []),
        Section("2 What it moves like", _exposure(ticket), [betas_figure(ticket.betas, ticket.worth.assets)]),
        Section("3 Which contract", _ranking(ticket), []),
        Section("4 How many", _legs(ticket), [_exposure_figure(ticket)]),
    ]
    if ticket.plan.legs:
        sections.append(Section("What it costs", _costs(ticket), [costs_figure(ticket)]))
        sections.append(Section("What it needs", _margin(ticket), [survival_figure(ticket)]))
    if ticket.plan.frontier:
        sections.append(Section("More contracts", [], [_frontier_figure(ticket)]))
    sections.append(Section("What could go wrong", [], [stress_figure(ticket)]))
    return sections


def _worth(ticket: Ticket) -> list[tuple[str, str]]:
    money = _money(ticket)
    return [
        (
            plain_text(r.symbol),
            f"{plain(r.quantity):,.8g} at {price(r.price_usd, ticket.currency)} = {money(r.value_usd)}",
        )
        for r in ticket.worth.rows
    ]


def _exposure(ticket: Ticket) -> list[tuple[str, str]]:
    money = _money(ticket)
    return [
        (f"{factor}", f"{money(dollars)} ± {money(error)} of dollar beta, beta {number(ratio)}")
        for factor, dollars, error, ratio in zip(
            ticket.exposure.factors,
            ticket.exposure.beta_usd,
            ticket.exposure.stderr_usd,
            ticket.exposure.beta,
            strict=True,
        )
    ]


def _ranking(ticket: Ticket) -> list[tuple[str, str]]:
    money = _money(ticket)
    rows = (*ticket.ranking.candidates, *ticket.ranking.baselines)
    return [
        (
            plain_text(c.name),
            f"{money(c.cost_usd)} over {ticket.ranking.horizon_days:g} days; {plain_text(c.reason)}",
        )
        for c in rows
    ]


def _legs(ticket: Ticket) -> list[tuple[str, str]]:
    money = _money(ticket)
    legs = [
        (
            f"{leg.side} {plain_text(leg.instrument.symbol)}",
            f"{leg.contracts.normalize():f} contracts, {leg.base_quantity:,.6g} {leg.instrument.underlying}, {money(leg.notional_usd)}",
        )
        for leg in ticket.plan.legs
    ]
    return legs + [("not traded", plain_text(line)) for line in ticket.plan.untraded] or [
        ("nothing to trade", "the target is met")
    ]


def _costs(ticket: Ticket) -> list[tuple[str, str]]:
    money = _money(ticket)
    return [
        (
            f"{line.name}, {'a month' if line.monthly else 'once'}",
            f"{money(line.usd)} ({money(line.low_usd)} … {money(line.high_usd)}), {line.basis}",
        )
        for line in ticket.plan.costs
    ]


def _margin(ticket: Ticket) -> list[tuple[str, str]]:
    money = _money(ticket)
    rows = []
    for a in ticket.plan.margin:
        given = money(a.collateral_usd) if np.isfinite(a.collateral_usd) else "not given"
        gone = "never" if a.max_rally is None else f"at {percent(a.max_rally)}"
        given, gone = (given, gone) if a.told else ("not told", "at what is not known")
        text = f"needs {money(a.required_usd)} to survive {percent(a.required_rally)}; collateral {given}; liquidated {gone}"
        rows.append(
            (
                plain_text(a.account),
                f"{text}; chance in {a.horizon_days:g} days {percent(a.liquidation_probability)}",
            )
        )
    return rows


def betas_figure(betas: Betas, held: tuple[str, ...]) -> Figure:
    """Return the betas of the coins that are `held`, each with its error."""
    rows = [
        [
            plain_text(s),
            number(betas.beta[i, 0]),
            number(betas.stderr[i, 0]),
            percent(betas.r2[i]),
            str(int(betas.n[i])),
            plain_text(betas.method[i]),
        ]
        for i, s in enumerate(betas.symbols)
        if s in held
    ]
    caption = f"Beta to {betas.factors[0]} with one standard error"
    summary = f"{len(rows)} coins; the bar is one standard error either way, the shape says whether it is estimated, prior or given."
    moving = any(betas.method[betas.symbols.index(r[0])] != "policy" and r[1] != "unknown" for r in rows)
    drawn = charts.svg(charts.chart_betas(betas, held), caption, summary) if moving else ""
    return Figure(drawn, caption, summary, ["coin", "beta", "error", "R²", "returns", "from"], rows)


def _exposure_figure(ticket: Ticket) -> Figure:
    money, plan = _money(ticket), ticket.plan
    rows = [
        [
            f,
            money(plan.before_usd[k]),
            money(plan.after_usd[k]),
            money(plan.target_usd[k]),
            money(plan.stderr_usd[k]),
        ]
        for k, f in enumerate(plan.factors)
    ]
    caption, summary = (
        "Dollar beta before and after",
        f"{rows[0][1]} before, {rows[0][2]} after, target {rows[0][3]}, ± {rows[0][4]}.",
    )
    return Figure(
        charts.svg(charts.chart_exposure(plan), caption, summary),
        caption,
        summary,
        ["factor", "before", "after", "target", "error"],
        rows,
    )


def costs_figure(ticket: Ticket) -> Figure:
    """Return what the plan costs, line by line with its band."""
    money = _money(ticket)
    rows = [
        [
            c.name,
            "a month" if c.monthly else "once",
            money(c.usd),
            money(c.low_usd),
            money(c.high_usd),
            c.basis,
            plain_text(c.note),
        ]
        for c in ticket.plan.costs
    ]
    caption, summary = (
        "Costs with their bands",
        "A point is what is expected, the line its band; below zero it is earned.",
    )
    drawn = charts.svg(charts.chart_costs(ticket.plan), caption, summary)
    return Figure(drawn, caption, summary, ["cost", "when", "expected", "low", "high", "known", "from"], rows)


def survival_figure(ticket: Ticket) -> Figure:
    """Return the collateral that is left as the market moves against the hedge."""
    rows = [
        [
            plain_text(a.account),
            percent(a.required_rally),
            "not known" if not a.told else "never" if a.max_rally is None else percent(a.max_rally),
            percent(a.liquidation_probability) if a.told else "not known",
        ]
        for a in ticket.plan.margin
    ]
    caption = "Collateral of the hedge account as the market moves against it"
    summary = (
        "; ".join(f"{r[0]}: liquidated at {r[2]}, {r[1]} asked for" for r in rows)
        + ". Coins held elsewhere do not count."
    )
    drawn = charts.svg(charts.chart_survival(ticket), caption, summary)
    return Figure(drawn, caption, summary, ["account", "asked for", "liquidated at", "chance"], rows)


def _frontier_figure(ticket: Ticket) -> Figure:
    money = _money(ticket)
    rows = [
        [
            str(p.count),
            percent(p.left),
            percent(p.market_removed),
            percent(p.shared_removed),
            percent(p.own_removed),
            money(p.cost_usd),
            money(p.cost_usd_per_month),
            money(p.margin_usd),
            ", ".join(p.instruments),
            "auto" if p.chosen else "",
        ]
        for p in ticket.plan.frontier
    ]
    caption, summary = (
        "Variance left against the number of contracts",
        f"One leaves {rows[0][1]}, {rows[-1][0]} leave {rows[-1][1]}.",
    )
    names = [
        "contracts",
        "left",
        "market removed",
        "shared removed",
        "own removed",
        "costs now",
        "a month",
        "margin",
        "which",
        "",
    ]
    return Figure(
        charts.svg(charts.chart_frontier(ticket.plan), caption, summary), caption, summary, names, rows
    )


def stress_figure(ticket: Ticket) -> Figure:
    """Return what each scenario does to the book alone, the hedge, and both. There must be one."""
    money = _money(ticket)
    rows = [
        [
            plain_text(r.name),
            plain_text(r.description),
            money(r.book_usd),
            money(r.hedge_usd),
            money(r.net_usd),
            ", ".join(r.liquidated) or "none",
            money(r.top_up_usd),
        ]
        for r in ticket.stress
    ]
    worst = min(ticket.stress, key=lambda r: r.net_usd)
    caption, summary = (
        "Stress",
        f"The worst row is {plain_text(worst.name)}: {money(worst.net_usd)} with the hedge.",
    )
    drawn = charts.svg(charts.chart_stress(ticket), caption, summary)
    return Figure(
        drawn,
        caption,
        summary,
        ["scenario", "what happens", "book", "hedge", "both", "liquidated", "top-up"],
        rows,
    )
