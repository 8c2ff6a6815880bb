"""What a rally would ask of the margin behind the hedges that are watched. Nothing is moved.

rally_plans(settings, "paper", 0.3, 0.4, "book.csv") -> a plan of every watch
"""

from __future__ import annotations

from pathlib import Path

from hedgerow.app.plans import Mode
from hedgerow.app.watch import looks_of
from hedgerow.config import Settings
from hedgerow.model.rally import RallyPlan

__all__ = ["rally_plans"]


def rally_plans(
    settings: Settings, mode: Mode, rally: float, distance: float, book: str | None = None
) -> tuple[RallyPlan, ...]:
    """Return what each watch's accounts need, of its last look; of the watch of `book` alone, with where its coins are.

    Raises `BadPortfolio` for holdings that cannot be read, and what reading the journal raises.
    """
    from hedgerow.files.portfolio import read_portfolio
    from hedgerow.runs.rally import rally_plan

    rows = None
    if book is not None:
        rows = read_portfolio(book, decimal_comma=settings.data.decimal_comma)
    return tuple(
        rally_plan(name, look, rally, distance, rows)
        for name, look in looks_of(settings, mode)
        if book is None or name == Path(book).stem
    )
