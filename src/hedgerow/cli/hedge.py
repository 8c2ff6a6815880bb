"""Steps 3 and 4 on the command line: `choose`, `plan`, `stress`, and `demo`, which needs nothing."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from hedgerow import app as steps
from hedgerow.cli.options import BetaOptions, DataOptions, HedgeOptions, Output, settings_of
from hedgerow.cli.output import answer, closing, computing, progress, written
from hedgerow.config import Settings
from hedgerow.hedge.ruin import Survival
from hedgerow.hedge.ticket import Ticket
from hedgerow.reports import wire

__all__ = ["choose", "demo", "plan", "stress"]

_DEMO_BOOK = Path(__file__).with_name("demo.csv")
_DEMO_WORDS = """\
A book of seven coins and some dollars, on a market that is made up: no network, no key, no account.
Read it from the top: what it is worth, what it moves like, which contract takes that out, how many.
Your own:  hedgerow plan holdings.csv --prices closes.parquet     (symbol,quantity · symbol,date,close)
Half of it: hedgerow demo --target-beta 0.5     Why this contract: hedgerow choose     What if: hedgerow stress
"""

Html = Annotated[Path | None, Parameter(help="Also write the ticket as one page that opens without network.")]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options of one command line, filled in where a group was left out."""

    data: DataOptions
    beta: BetaOptions
    hedge: HedgeOptions
    output: Output


@Parameter(name="*", group=Group("Survival", sort_key=5), show_default=False)
@dataclass(frozen=True, slots=True)
class DrawOptions:
    """How survival is drawn, and by whom."""

    paths: Annotated[
        int | None,
        Parameter(
            help="Draw so many ways from the market's own returns: is an account liquidated within --horizon?"
        ),
    ] = None
    workers: Annotated[int | None, Parameter(help="Processes that draw (one a core).")] = None
    ray: Annotated[bool, Parameter(help="Draw on the Ray cluster of cluster.address.", negative=())] = False


def choose(
    book: str,
    /,
    *,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
    output: Output | None = None,
) -> int:
    """Put the contracts side by side: cost, funding, risk, margin, liquidity, and why each lost.

    Parameters
    ----------
    book
        Holdings: CSV, JSON, TOML or Parquet with symbol and quantity; or venue:NAME.
    """
    asked = _asked(data, beta, hedge, output)
    with progress(asked.output) as report:
        settings = settings_of(asked.output, asked.data, asked.beta, asked.hedge)
        desk = steps.open_desk(settings, book, report)
        report("estimating betas, ranking contracts")
        exposure, ranking, warnings = steps.choose(desk)
        options = steps.options_beside(settings, desk, exposure)
        if isinstance(options, str) and options:
            warnings = (*warnings, f"No options beside them: {options}")

    def text() -> object:
        from hedgerow.reports.answers import choose_text

        said = choose_text(exposure, ranking, desk.market, warnings, desk.book.recognised)
        if isinstance(options, str):
            return said
        from hedgerow.reports.layout import page
        from hedgerow.reports.options_text import options_part

        return page(said, options_part(options))

    def document() -> dict[str, Any]:
        found = wire.choose_json(exposure, ranking, desk.market, warnings, desk.book.recognised)
        if isinstance(options, str):
            return found
        from hedgerow.reports.options_wire import options_json

        return found | {"options": options_json(options, desk.market)}

    answer(document, text, asked.output)
    return int(bool(exposure.unknown) or ranking.best is None)


def plan(
    book: str,
    /,
    *,
    html: Html = None,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
    output: Output | None = None,
) -> int:
    """Write the hedge ticket: contracts, what is left, cost, margin, survival in a rally. Nothing is traded.

    Parameters
    ----------
    book
        Holdings: CSV, JSON, TOML or Parquet with symbol and quantity; or venue:NAME.
    """
    asked = _asked(data, beta, hedge, output)
    ticket = _planned(book, asked)
    _write_page(ticket, html)
    return int(not ticket.complete)


def stress(
    book: str,
    /,
    *,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
    drawn: DrawOptions | None = None,
    output: Output | None = None,
) -> int:
    """Replay what could go wrong, for the book alone, the hedge, and both together.

    Parameters
    ----------
    book
        Holdings: CSV, JSON, TOML or Parquet with symbol and quantity; or venue:NAME.
    """
    asked, draws = _asked(data, beta, hedge, output), drawn or DrawOptions()
    settings, desk, ticket = _ticket(book, asked)
    lives: tuple[Survival, ...] = ()
    if draws.paths is not None:
        crew = steps.workers_of(settings, draws.workers, draws.ray)
        with computing(asked.output) as report:
            lives = steps.survival(desk, ticket, draws.paths, crew, settings.data.seed, report)

    def text() -> object:
        from hedgerow.reports.answers import stress_text

        return stress_text(ticket, lives)

    answer(lambda: wire.stress_json(ticket, lives), text, asked.output)
    return int(not ticket.complete)


def demo(
    *,
    html: Html = None,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
    output: Output | None = None,
) -> int:
    """Plan a hedge for an example book on the simulated market: nothing to download, nothing to set up."""
    asked = _asked(data, beta, hedge, output)
    words = "" if asked.output.json or asked.output.quiet else _DEMO_WORDS
    ticket = _planned(str(_DEMO_BOOK), asked, words)
    _write_page(ticket, html)
    return int(not ticket.complete)


def _asked(
    data: DataOptions | None, beta: BetaOptions | None, hedge: HedgeOptions | None, output: Output | None
) -> _Asked:
    return _Asked(data or DataOptions(), beta or BetaOptions(), hedge or HedgeOptions(), output or Output())


def _planned(book: str, asked: _Asked, above: str = "") -> Ticket:
    """Make a ticket, keep it for `hedgerow trade`, and show it below the words that stand `above`."""
    settings, desk, ticket = _ticket(book, asked)
    document = wire.plan_json(ticket)
    kept = steps.keep_hedge(settings, desk, ticket, document, book)

    def text() -> object:
        from hedgerow.reports.ticket import ticket_text

        last = closing(document["plan_id"], kept)
        return ticket_text(ticket, whole=asked.output.verbose, closing=last)

    if above:
        sys.stdout.write(f"{above}\n")
    there = {"uncounted": kept.beside.split(", ")} if kept.beside else {}
    answer(lambda: {**document, **there}, text, asked.output)
    return ticket


def _ticket(book: str, asked: _Asked) -> tuple[Settings, steps.Desk, Ticket]:
    with progress(asked.output) as report:
        settings = settings_of(asked.output, asked.data, asked.beta, asked.hedge)
        desk = steps.open_desk(settings, book, report)
        report("estimating betas, ranking contracts, sizing the hedge")
        return settings, desk, steps.plan(desk)


def _write_page(ticket: Ticket, path: Path | None) -> None:
    if path is None:
        return
    from hedgerow.reports.page import ticket_page

    written(path, ticket_page(ticket))
