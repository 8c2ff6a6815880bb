"""The page on the command line: `serve`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from hedgerow.cli.options import BetaOptions, DataOptions, HedgeOptions, Output, settings_of
from hedgerow.config import config_path

__all__ = ["serve"]

_PAGE = Group("Page", sort_key=0)
_DEMO_BOOK = Path(__file__).with_name("demo.csv")
_PORT = 8321


def serve(
    book: str | None = None,
    /,
    *,
    port: Annotated[
        int, Parameter(group=_PAGE, help="Where it listens (8321); 0 takes a free one.", show_default=False)
    ] = _PORT,
    listen: Annotated[
        str, Parameter(group=_PAGE, help="127.0.0.1, and in this version nothing else.", show_default=False)
    ] = "127.0.0.1",
    runs: Annotated[
        Path | None,
        Parameter(
            group=_PAGE,
            help="Folder of runs of `backtest --out` (runs in the state folder).",
            show_default=False,
        ),
    ] = None,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
    output: Output | None = None,
) -> int:
    """Show the book, its exposure, its hedge and its watch on a page, on this machine alone. It holds no keys and never trades.

    Parameters
    ----------
    book
        Holdings: CSV, JSON, TOML or Parquet with symbol and quantity; without one an example to play with.
    """
    from hedgerow.app.holdings import example
    from hedgerow.web import server

    shown = output or Output()
    settings = settings_of(shown, data, beta, hedge)
    file, keeps = example(settings, _DEMO_BOOK) if book is None else book, shown.config or config_path()
    found = server.opened(settings, file, port, listen, keeps, playing=book is None, runs=runs)

    def told(link: str) -> None:
        if shown.json:
            sys.stdout.write(json.dumps({"link": link, "port": found.port}) + "\n")
        else:
            example = (
                ""
                if book is not None
                else "An example book to play with, on the simulated market. Your own: hedgerow serve holdings.csv\n"
            )
            sys.stdout.write(f"{example}Open this once, within ten minutes; end with Ctrl-C:\n  {link}\n")
        sys.stdout.flush()

    try:
        server.serve(found, told)
    except KeyboardInterrupt:
        sys.stderr.write("the page is closed\n")
    return 0
