"""Options beside the perpetual: the payoff picture, and a page around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hedgerow.hedge.options.plan import Mix, OptionsPlan, PerpBeside, Protection, at_move
from hedgerow.hedge.options.walk import Walk
from hedgerow.model.arrays import FloatArray
from hedgerow.model.market import Market
from hedgerow.reports.charts import ACCENT, BAD, INK, QUIET, SOFT, chart_of, svg
from hedgerow.reports.layout import instant
from hedgerow.reports.mix_text import mix_facts, mix_orders
from hedgerow.reports.move_charts import HEIGHT, Curve, named_ends, over_moves, room
from hedgerow.reports.options_text import CLOSING, cautions, label_of, orders_of, unprotected
from hedgerow.reports.parts import Figure, Section, rendered
from hedgerow.reports.run_charts import BROAD, NARROW, moment, time_axis, value_axis
from hedgerow.reports.wording import amount, percent, plain_text

__all__ = [
    "chart_payoff",
    "chart_walk",
    "options_page",
    "payoff_figure",
    "payoff_picture",
    "protection_table",
]

_LOOKS = {
    "book alone": (SOFT, (1, 0), 1.4),
    "perpetual": (INK, (6, 4), 1.6),
    "protective put": (ACCENT, (1, 0), 2.4),
    "put spread": (ACCENT, (3, 3), 2.0),
    "zero-cost collar": (BAD, (1, 0), 2.0),
    "budgeted collar": (BAD, (3, 3), 2.0),
    "together": (INK, (1, 0), 2.2),
}
_SHOWN = (-0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.4, 0.6)


def chart_payoff(found: OptionsPlan, width: int = BROAD, *, risen: bool = True) -> Any:
    """Return profit of book and protection at expiry against the factor's move, betas `risen` in a fall or as they are.

    The dotted lines are the floor and the crash that were asked for.
    """
    titles = (f"move of {found.chain.underlying}", "profit of book and protection at expiry, dollars")
    curves = list(_curves(found, risen=risen))
    return over_moves(found.moves, curves, titles, width, below=_wanted(found))


def _wanted(found: OptionsPlan) -> Any:
    """Dotted lines at the crash and, where there is one, at the floor, with their names."""
    end = float(found.moves[-1])
    fall = chart_of([{"move": -found.wanted.crash}])
    drawn = fall.mark_rule(aria=False, color=QUIET, strokeDash=[1, 3]).encode(x="move:Q")
    if found.wanted.floor is None:
        return drawn
    floor = chart_of(
        [{"dollars": -found.wanted.floor * found.exposure.nav_usd, "move": end, "of": "the floor"}]
    )
    rule = floor.mark_rule(aria=False, color=QUIET, strokeDash=[1, 3]).encode(y="dollars:Q")
    name = floor.mark_text(aria=False, align="right", dy=10, color=SOFT, fontSize=11)
    return drawn + rule + name.encode(x="move:Q", y="dollars:Q", text="of:N")


def _curves(found: OptionsPlan, *, risen: bool) -> Iterator[Curve]:
    """The book alone, the perpetual, and of each kind the lead that does what was asked."""
    yield _curve("book alone", found.crash_usd if risen else found.by_beta_usd)
    if found.perp is not None:
        yield _curve("perpetual", found.perp.crash_usd if risen else found.perp.by_beta_usd)
    asked = "beta" if found.wanted.floor is None else "floor"
    for lead in found.leads:
        if lead.sizing == asked:
            yield _curve(lead.kind, lead.crash_usd if risen else lead.by_beta_usd)
    if found.mix is not None:
        yield _curve("together", found.mix.crash_usd if risen else found.mix.by_beta_usd)


def _curve(name: str, profits: FloatArray) -> Curve:
    colour, dash, weight = _LOOKS[name]
    return Curve(name, profits, colour, dash, weight)


def chart_walk(found: Walk, width: int = BROAD) -> Any:
    """Return what the book gained through the past, alone and with each protection."""
    import altair as alt

    series = {
        "book alone": found.alone,
        "perpetual": found.perpetual,
        "protective put": found.put,
        "zero-cost collar": found.collar,
    }
    rows = [
        {"time": moment(time), "dollars": float(gained), "of": name}
        for name, values in series.items()
        for time, gained in zip(found.times, values, strict=True)
    ]
    looks = [_LOOKS[name] for name in series]
    domain = list(series)
    colour = alt.Color("of:N", legend=None, scale=alt.Scale(domain=domain, range=[look[0] for look in looks]))
    dash = alt.StrokeDash(
        "of:N", legend=None, scale=alt.Scale(domain=domain, range=[list(x[1]) for x in looks])
    )
    x, y = time_axis(found.times, width), value_axis("dollars:Q", "gained since the start, dollars", "~s")
    lines = chart_of(rows).mark_line(aria=False).encode(x=x, y=y, color=colour, strokeDash=dash)
    ends = named_ends([_curve(name, values) for name, values in series.items()], 0.0)
    labels = chart_of([{**row, "time": moment(found.times[-1])} for row in ends])
    names = labels.mark_text(align="left", dx=6, aria=False, fontSize=12)
    return (lines + names.encode(x="time:T", y="dollars:Q", text="of:N", color=colour)).properties(
        width=width, height=HEIGHT, autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )


def payoff_figure(found: OptionsPlan, money: str, *, risen: bool) -> Figure:
    """Return the payoffs with their numbers, betas `risen` in a fall or as they are."""
    curves = list(_curves(found, risen=risen))
    moves = [move for move in _SHOWN if found.moves[0] <= move <= found.moves[-1]]
    rows = [
        [
            percent(move, signed=True),
            *(amount(at_move(found.moves, c.values, move), money, signed=True) for c in curves),
        ]
        for move in moves
    ]
    caption = "With betas risen as on 2025-10-10" if risen else "With every coin moving by its beta"
    summary = (
        f"Alone the book makes {amount(found.at_crash(curves[0].values), money, signed=True)} at"
        f" {found.chain.underlying} {percent(-found.wanted.crash)}; "
        + "; ".join(
            f"with the {c.name} {amount(found.at_crash(c.values), money, signed=True)}" for c in curves[1:]
        )
        + "."
    )
    drawn = [
        svg(chart_payoff(found, width, risen=risen), caption, summary, room(right))
        for width, right in ((BROAD, 12), (NARROW, 30))
    ]
    return Figure(drawn[0], caption, summary, ["move", *(c.name for c in curves)], rows, narrow=drawn[1])


def payoff_picture(found: OptionsPlan, kind: str) -> str | bytes:
    """Return the payoff picture, as SVG text for the kind `.svg`, else as PNG."""
    caption = f"Book and protection, {found.chain.underlying} options of {plain_text(found.chain.source)}"
    drawn = svg(chart_payoff(found), caption, CLOSING, room(12))
    if kind == ".svg":
        return drawn
    import vl_convert

    picture: bytes = vl_convert.svg_to_png(
        drawn.replace("<svg", '<svg style="background:#fff"', 1), scale=1.5
    )
    return picture


def options_page(found: OptionsPlan, market: Market, money: str = "USD") -> str:
    """Return the comparison as one page. What comes from a file is escaped."""
    simulated = market.simulated or found.chain.simulated
    coin = found.chain.underlying
    lead = (
        f"{coin} options of {plain_text(found.chain.source)}, {instant(found.chain.as_of)} · {coin} at"
        f" {amount(found.chain.index_usd)} · book as of {instant(market.as_of)}"
    )
    told = [(label_of(each), each.verdict) for each in found.leads if each.verdict]
    told += [(label, str(said)) for _, label, said, _ in mix_facts(found, money)] if found.mixes else []
    return rendered(
        "run.html",
        simulated=simulated,
        title=("SIMULATED " if simulated else "") + "options beside the perpetual",
        heading="Options beside the perpetual",
        lead=lead,
        verdict=f"Unprotected, {coin} {percent(-found.wanted.crash)} costs the book {unprotected(found, money)}.",
        six=_six(found, money),
        sections=[
            Section(
                "What each does",
                told,
                [payoff_figure(found, money, risen=r) for r in (True, False)],
                protection_table(found, money),
            )
        ],
        warnings=[plain_text(note) for note in cautions(found, money)],
        warnings_heading="What to know besides",
        foot=f"{CLOSING} Hedgerow is software, not advice.",
    )


def _six(found: OptionsPlan, money: str) -> list[tuple[str, str]]:
    exposure, wanted = found.exposure, found.wanted
    six = [
        ("the book", amount(exposure.nav_usd, money)),
        (f"moves like {found.chain.underlying}", amount(float(exposure.beta_usd[0]), money)),
        ("the crash", percent(-wanted.crash)),
    ]
    if wanted.floor is not None:
        six.append(("the floor", amount(-wanted.floor * exposure.nav_usd, money)))
    return six


def protection_table(found: OptionsPlan, money: str) -> tuple[list[str], list[list[str]]]:
    """Return the candidates that lead, the perpetual and the mix that leads, side by side."""
    names = [
        "protection",
        "orders",
        "until",
        "paid now",
        "paid a month",
        "at the crash",
        "worst on the way",
        "beta left",
        "margin needed",
    ]
    rows = [_row(found, lead, money) for lead in found.leads]
    if found.perp is not None:
        rows.append(_perp_row(found, found.perp, money))
    return names, rows + ([] if found.mix is None else [_mix_row(found, found.mix, money)])


def _row(found: OptionsPlan, lead: Protection, money: str) -> list[str]:
    told = [label_of(lead), orders_of(lead), str(lead.expiry)[:10]]
    return [*told, *_numbers(found, lead, lead.upfront_usd, money), amount(lead.rally_needed_usd, money)]


def _perp_row(found: OptionsPlan, perp: PerpBeside, money: str) -> list[str]:
    told = ["perpetual", f"sell {perp.contracts} {perp.instrument.symbol}", "no end"]
    return [*told, *_numbers(found, perp, perp.entry_usd, money), amount(perp.rally_needed_usd, money)]


def _mix_row(found: OptionsPlan, mix: Mix, money: str) -> list[str]:
    told = ["together", mix_orders(mix), str(mix.expiry)[:10]]
    return [*told, *_numbers(found, mix, mix.upfront_usd, money), amount(mix.margin_usd, money)]


def _numbers(
    found: OptionsPlan, each: Protection | PerpBeside | Mix, upfront_usd: float, money: str
) -> list[str]:
    parts = (
        upfront_usd,
        each.cost_usd_per_month,
        found.at_crash(each.crash_usd),
        each.worst_usd,
        dict(each.beta_left)[0.0],
    )
    return [amount(part, money, signed=True) for part in parts]
