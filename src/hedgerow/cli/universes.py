"""Step 1 for a whole market on the command line: `universe`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from hedgerow import app as steps
from hedgerow.cli.options import BetaOptions, DataOptions, Output, settings_of
from hedgerow.cli.output import answer, computing, writable
from hedgerow.model.errors import UsageError

__all__ = ["UniverseOptions", "universe"]

_UNIVERSE = Group("Universe", sort_key=5)


@Parameter(name="*", group=_UNIVERSE, show_default=False)
@dataclass(frozen=True, slots=True)
class UniverseOptions:
    """Which coins, when, and who measures them."""

    coins: Annotated[str | None, Parameter(help="Only these, separated by commas.")] = None
    from_: Annotated[str | None, Parameter(name="--from", help="With --every: not before this day.")] = None
    every: Annotated[float, Parameter(help="Also this many days before, and again, to the first bars.")] = 0.0
    out: Annotated[Path | None, Parameter(help="Keep all rows in this file: .parquet or .csv.")] = None
    workers: Annotated[int | None, Parameter(help="Processes (one a core).")] = None
    ray: Annotated[
        bool, Parameter(help="Spread the coins over the Ray cluster of cluster.address.", negative=())
    ] = False


def universe(
    *,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    run: UniverseOptions | None = None,
    output: Output | None = None,
) -> int:
    """Say what every coin of the prices moves like, each with its standard error, now or through time."""
    shown, asked = output or Output(), run or UniverseOptions()
    if beta is not None and (beta.beta or beta.exclude):
        raise UsageError("--beta and --exclude are of a book", advice="Leave them out, or give --coins.")
    if asked.out is not None:
        writable(asked.out)
    coins = tuple(asked.coins.split(",")) if asked.coins else ()
    crowd = steps.Crowd(coins, asked.from_, asked.every, asked.workers, asked.ray, asked.out)
    with computing(shown) as report:
        found = steps.universe(
            settings_of(shown, data or DataOptions(), beta or BetaOptions()), crowd, report
        )

    def text() -> object:
        from hedgerow.reports.universe_text import universe_text

        return universe_text(found, everything=shown.verbose)

    def document() -> dict[str, object]:
        from hedgerow.reports.universe_text import universe_json

        return universe_json(found)

    answer(document, text, shown)
    return int(bool(coins and found.unknown))
