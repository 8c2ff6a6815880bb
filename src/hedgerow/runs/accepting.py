"""Holdings that changed beyond recognition: `auto` trades on them only once somebody has said that they are meant.

upheaval(before, now, market, betas, excluded) -> why, "" where the change is an ordinary one
Acceptance(policy, memory).lasting(lasting, seen, verdict, mode, approved) -> the lasting state with the question that is open

A slip of the keyboard, half a file and a venue that tells half a wallet all look like an owner who sold or bought. An ordinary
change is followed at once. One is none where, at the prices and betas of now: a holding is more than five times what it was, less than
a fifth, or turned round; the book's worth is more than five times, or less than half; or its dollar beta is more than five times, less
than a fifth, or turned round; or a coin of more than a fifth of the book has no row in its file any more, not even one that says 0.
What is less than a hundredth of the book (of the beta: what moves by less than a tenth of it) is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

import numpy as np

from hedgerow.hedge.policy import Policy
from hedgerow.hedge.valuation import Valuation, value
from hedgerow.hedge.watch import Mode
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.model.questions import BookRow
from hedgerow.runs.diary import Memory
from hedgerow.runs.lasting import Lasting
from hedgerow.runs.lookout import Seen
from hedgerow.runs.watching import Verdict

__all__ = ["Acceptance", "upheaval"]

_TIMES = 5.0
_HALF = 0.5
_DUST, _LITTLE = 0.01, 0.1
_NAMED = 3
_ZERO = Decimal(0)


class _Size(NamedTuple):
    """Signed units of a holding, and the dollars that it is worth or moves, above zero."""

    units: Decimal
    dollars: float


class Acceptance:
    """The holdings that `auto` may trade on: the last that were an ordinary change, or that somebody has said are meant."""

    def __init__(self, policy: Policy, memory: Memory) -> None:
        self._excluded = frozenset(policy.exclude)
        self._accepted = memory.accepted

    def lasting(
        self, before: Lasting, seen: Seen, verdict: Verdict, mode: Mode, approved: Callable[[str], str]
    ) -> Lasting:
        """Return what lasts, with the question about the holdings of a look where one is open; a look that knows too little asks nothing new.

        Outside of `auto` people are asked about each trade, and nothing is asked about the holdings.
        """
        view, known = seen.view, verdict.learned
        before = replace(before, book_by="")
        if verdict.exposure is None or known is None or seen.sight.unseen:
            return before
        why, by = "", ""
        if mode == "auto" and self._accepted is not None and self._accepted[0] != view.book_id:
            was = self._accepted[1]
            why = upheaval(was, view.book, seen.sight.market, known.known.betas, self._excluded)
        asked = self._asked(before.book, why, view.book_id, seen.sight.at) if why else None
        if asked is not None:
            by = approved(asked.name)
        if asked is None or by:
            self._accepted = view.book_id, view.book
            return replace(before, book=None, book_by=by)
        return replace(before, book=asked)

    def _asked(self, before: BookRow | None, why: str, book_id: str, at: int) -> BookRow:
        accepted = self._accepted[0] if self._accepted is not None else ""
        name = sha256(f"holdings {book_id} after {accepted}".encode()).hexdigest()
        return before if before is not None and before.name == name else BookRow(name, at, why, accepted)


def upheaval(
    before: Portfolio, now: Portfolio, market: Market, betas: Betas, excluded: frozenset[str] = frozenset()
) -> str:
    """Return in words why holdings are no ordinary change of those `before`, "" where they are; at the prices and betas of now.

    What has no price counts by its units alone, and what has no beta in no beta.
    """
    was, there = (value(book, market).counted(excluded) for book in (before, now))
    gross = max(_gross(was), _gross(there), 1.0)
    said = [*_holdings(was, there, gross), *_lost(was, now)]
    one, other = _gross(was), _gross(there)
    if one > 0.0 and not one * _HALF <= other <= one * _TIMES:
        said.append(f"worth {_dollars(one)} → {_dollars(other)}")
    old, new = _beta(was, betas), _beta(there, betas)
    for name, first, last in zip(betas.factors, old.tolist(), new.tolist(), strict=True):
        if abs(last - first) >= _LITTLE * gross and _far(first, last):
            said.append(f"dollar beta to {name} {_dollars(first)} → {_dollars(last)}")
    return "; ".join(said)


def _holdings(was: Valuation, there: Valuation, gross: float) -> list[str]:
    """The holdings in both that are of another size; what went altogether, or came, is in the worth and the beta."""
    old, new = _sizes(was), _sizes(there)
    found = [
        f"{name} {old[name].units.normalize():,f} → {new[name].units.normalize():,f}"
        for name in sorted(old.keys() & new.keys())
        if _far(float(old[name].units), float(new[name].units))
        and not max(old[name].dollars, new[name].dollars) < _DUST * gross
    ]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return [f"{', '.join(found[:_NAMED])}{more}"] if found else []


def _lost(was: Valuation, now: Portfolio) -> list[str]:
    """Coins of more than a fifth that had a row in a file and have none: half a file looks so, who sold one leaves a row with 0."""
    rows = [holding.position for holding in was.holdings]
    written = {row.symbol for row in rows if row.line is not None and row.instrument is None}
    sizes, fifth = _sizes(was), _gross(was) / _TIMES
    return [
        f"{name} {sizes[name].units.normalize():,f} → no row"
        for name in sorted(written - {*now.symbols, *now.nothing_of})
        if name in sizes and sizes[name].dollars > fifth
    ]


def _sizes(worth: Valuation) -> dict[str, _Size]:
    found: dict[str, _Size] = {}
    for holding in worth.holdings:
        position = holding.position
        name = position.symbol if position.instrument is None else position.instrument.name
        before = found.get(name, _Size(_ZERO, 0.0))
        moved = sum(abs(usd) for _, usd in holding.delta_usd)
        dollars = max(abs(holding.value_usd), moved) if np.isfinite(holding.value_usd) else np.nan
        found[name] = _Size(before.units + position.quantity, before.dollars + dollars)
    return {name: size for name, size in found.items() if size.units}


def _gross(worth: Valuation) -> float:
    """Dollars of what counts and has a price, longs and shorts alike."""
    return sum(size.dollars for size in _sizes(worth).values() if np.isfinite(size.dollars))


def _beta(worth: Valuation, betas: Betas) -> FloatArray:
    """The (K,) dollar beta of what has one."""
    total = np.zeros(len(betas.factors))
    for coin, usd in worth.delta_usd().items():
        beta = betas.of(coin) if coin in betas.symbols else np.full(len(total), np.nan)
        if np.isfinite(beta).all() and np.isfinite(usd):
            total = total + usd * beta
    return total


def _far(old: float, new: float) -> bool:
    """Whether one is more than five times the other, or turned round; from or to nothing is as far as can be."""
    return old * new <= 0.0 or not 1.0 / _TIMES <= new / old <= _TIMES


def _dollars(value: float) -> str:
    return f"{'−' if value < 0 else ''}${abs(value):,.0f}"
