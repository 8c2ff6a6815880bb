"""What the owner brought into the holdings between two looks: no gain, whatever it is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hedgerow.hedge.valuation import value
from hedgerow.model.portfolio import Portfolio
from hedgerow.model.watched import Look
from hedgerow.runs.diary import View

__all__ = ["Flows"]


@dataclass(slots=True)
class Flows:
    """The holdings that a process saw last, with their fingerprint."""

    seen: tuple[str, Portfolio] | None = None

    def since(self, last: Look | None, view: View) -> float:
        """Return the dollars that came into the holdings since the look `last`, less what went out, at the prices of now.

        NaN where they were changed, and it is not known from what (before this process), or one of them has no price.
        """
        before, self.seen = self.seen, (view.book_id, view.book)
        if last is None or last.book == view.book_id:
            return 0.0
        if before is None or before[0] != last.book:
            return math.nan
        now, then = value(view.book, view.market), value(before[1], view.market)
        return now.total_usd - then.total_usd if now.unknown == then.unknown else math.nan
