"""Options on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from hedgerow import app as steps
from hedgerow.cli.options import BetaOptions, DataOptions, Output, settings_of
from hedgerow.cli.output import answer, closing, progress, writable, written
from hedgerow.model.errors import UsageError

__all__ = ["ProtectionOptions", "options"]


@Parameter(name="*", group=Group("Protection", sort_key=0), show_default=False)
@dataclass(frozen=True, slots=True)
class ProtectionOptions:
    """What is to be protected, how far, and how long."""

    floor: Annotated[
        str | None,
        Parameter(help="Lose at most this share of net value in the crash: 15%. Without: by beta."),
    ] = None
    crash: Annotated[str, Parameter(help="How far the factor falls in it (40%).")] = "40%"
    strike: Annotated[str, Parameter(help="Where the bought put is, as a share of the spot (90%).")] = "90%"
    budget: Annotated[
        str | None, Parameter(help="A collar that costs at most this: 0.5% of net value, or dollars.")
    ] = None
    with_futures: Annotated[
        bool, Parameter(help="Also the cheapest mix of options and futures for the floor.", negative="")
    ] = False
    keep: Annotated[
        str, Parameter(help="Share of what the book gains in a rally that the mix has to keep (50%).")
    ] = "50%"
    take: Annotated[
        Literal["put", "spread", "collar", "budget", "mix"] | None,
        Parameter(
            help="Keep this one as a plan, for `trade`: the first of its kind, by the floor if there is one."
        ),
    ] = None
    horizon: Annotated[float, Parameter(help="Days that the protection has to last at least (30).")] = 30.0
    since: Annotated[
        str | None, Parameter(help="Also what the book's options gained since then, by greek: 2025-12-30.")
    ] = None


def options(
    book: str,
    /,
    *,
    protection: ProtectionOptions | None = None,
    html: Annotated[
        Path | None, Parameter(help="Also write it as one page that opens without network.")
    ] = None,
    chart: Annotated[Path | None, Parameter(help="Also write the payoff picture: .svg or .png.")] = None,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    output: Output | None = None,
) -> int:
    """Put a put, a put spread and a collar beside the perpetual: cost, payoff, beta left, margin. Nothing is traded.

    With `--take` one of them is kept as a plan, which `trade` then trades on paper.

    Parameters
    ----------
    book
        Holdings: CSV, JSON, TOML or Parquet with symbol and quantity; or venue:NAME.
    """
    shown = output or Output()
    for path in (html, chart):
        if path is not None:
            writable(path)
    given = protection or ProtectionOptions()
    if chart is not None and chart.suffix.lower() not in {".svg", ".png"}:
        raise UsageError(f'a picture is no "{chart.suffix}"', advice="Name it payoff.svg or payoff.png.")
    with progress(shown) as report:
        settings = settings_of(shown, data or DataOptions(), beta or BetaOptions())
        found = steps.protect(settings, book, _terms(given), report)
    plan = None if given.take is None else steps.taken(settings, found, book, given.take)

    def text() -> object:
        from hedgerow.reports.options_text import options_text

        return options_text(
            found.plan,
            found.desk.market,
            last=None if plan is None else closing(plan.document["plan_id"], plan.kept),
        )

    def document() -> dict[str, Any]:
        from hedgerow.reports.options_wire import options_json

        return options_json(found.plan, found.desk.market, None if plan is None else plan.document)

    answer(document, text, shown)
    if html is not None or chart is not None:
        from hedgerow.reports.options_page import options_page, payoff_picture

        if html is not None:
            written(html, options_page(found.plan, found.desk.market))
        if chart is not None:
            written(chart, payoff_picture(found.plan, chart.suffix.lower()))
    return int(bool(found.plan.exposure.unknown) or not found.plan.leads)


def _terms(given: ProtectionOptions) -> steps.ProtectionTerms:
    """What is asked for, in words."""
    return steps.ProtectionTerms(
        given.floor,
        given.crash,
        given.strike,
        given.budget,
        given.horizon,
        given.keep if given.with_futures else None,
        given.since,
    )
