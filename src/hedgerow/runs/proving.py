"""Whether the hedge keeps what it promises, and the breaker that opens where it does not.

noted(proof, look) -> Proof                                  the fold of looks: the same after a restart
judged(proof, day, at, held, limits, approved) -> Proof      at a look: closed by people, opened by evidence
kept_back(breaker, held, orders) -> refusals                 what an open breaker lets `auto` do

Once a day the last 60 days are held against the promises of their mornings: the variance removed, the correlation of the hedge
with the book, the cost of trades against their plans. The breaker opens where a whole interval of 99 % lies beyond what is
let pass. It never closes by itself: that people have looked is what closes it, and the days before count no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise

import numpy as np

from hedgerow.hedge.plan import Refusal
from hedgerow.hedge.watch import Thresholds
from hedgerow.model.display import percent_text
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import units_of
from hedgerow.model.watched import BreakerRow, DayRow, Look, PositionRow
from hedgerow.runs.watching import Held
from hedgerow.stats.promises import correlation_short, cost_excess, coverage_p, covered, removed_short

__all__ = ["Coverage", "Proof", "breaches", "coverage", "judged", "kept_back", "noted"]

_DAY_MS = 86_400_000
_WINDOW_DAYS, _KEPT_DAYS = 60, 211
_SPAN_DAYS, _MOST_SPANS, _LEAST_SPANS = 10, 20, 6
_WANDERS = 0.20
"""By what share of itself a beta wanders in a span, beside its error: as `compare` takes it before it has learnt."""
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Paid:
    """A trade's cost, and what its plan said."""

    at: int
    cost_usd: float
    promised_usd: float


@dataclass(frozen=True, slots=True)
class Proof:
    """Days and trades to hold promises against, `since` when, and the open breaker; `closed_by`: who closed one just now.

    `covers` is how intervals did, None: not counted yet.
    """

    days: tuple[DayRow, ...] = ()
    trades: tuple[Paid, ...] = ()
    since: int = 0
    breaker: BreakerRow | None = None
    closed_by: str = ""
    covers: Coverage | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the last spans the 90 % interval of the book's beta held, and how likely so few are by chance."""

    held: int
    spans: int

    @property
    def p(self) -> float:
        """The chance of as few; NaN below six spans."""
        return coverage_p(self.held, self.spans) if self.spans >= _LEAST_SPANS else float("nan")


def noted(proof: Proof, look: Look) -> Proof:
    """Return what is known after a look."""
    known = look.day is None or (bool(proof.days) and proof.days[-1].at >= look.day.at)
    days = proof.days if known or look.day is None else (*proof.days, look.day)[-_KEPT_DAYS:]
    trades = proof.trades
    if look.traded_usd and look.promised_usd:
        new = Paid(look.at, look.cost_usd, look.promised_usd)
        trades = tuple(each for each in (*trades, new) if look.at - each.at < _WINDOW_DAYS * _DAY_MS)
    return Proof(days, trades, look.proved_from, look.breaker, covers=proof.covers)


def judged(
    proof: Proof,
    day: DayRow | None,
    at: int,
    held: Iterable[Held] | None,
    limits: Thresholds,
    approved: Callable[[str], str],
) -> Proof:
    """Return the proof with this look's `day` in it: a breaker that people closed is closed, one that is due opens."""
    days = proof.days if day is None else (*proof.days, day)[-_KEPT_DAYS:]
    covers = coverage(days) if day is not None or proof.covers is None else proof.covers
    found = replace(proof, closed_by="", days=days, covers=covers)
    if proof.breaker is not None:
        by = approved(proof.breaker.name)
        return replace(found, breaker=None, since=at, closed_by=by) if by else found
    why = breaches(found, limits) if day is not None and held is not None else ()
    if not why:
        return found
    safe = tuple(PositionRow(each.instrument, each.units, each.entry) for each in held or ())
    name = sha256(f"breaker since {at}: {why}".encode()).hexdigest()
    return replace(found, breaker=BreakerRow(name, at, "; ".join(why), safe))


def breaches(proof: Proof, limits: Thresholds) -> tuple[str, ...]:
    """Return which promises are broken, in words with numbers; nothing where nobody can tell."""
    rows = []
    for morning, after in pairwise(proof.days):
        size = sum(abs(row.dollars) for row in morning.coins)
        told = (after.plain_usd, after.hedge_usd, morning.removed, morning.against)
        if after.at > proof.since and size > 0.0 and None not in told:
            rows.append([told[0] / size, told[1] / size, told[2], told[3]])  # type: ignore[operator]
    found = []
    if rows:
        plain, hedge, removed, against = np.array(rows[-_WINDOW_DAYS:], dtype=float).T
        short = removed_short(plain, plain + hedge, removed)
        count = len(plain)
        if short.low > limits.breaker_removed:
            promised = float(removed @ plain**2 / (plain @ plain))
            found.append(
                f"the hedge {_did(promised - short.middle)} of the variance in {count} days where a removal of "
                f"{percent_text(promised)} was promised: at 99 % it is {percent_text(short.low)} short at least"
            )
        short = correlation_short(plain, hedge, against)
        if short.low > limits.breaker_correlation:
            promised = float(np.mean(against))
            found.append(
                f"the hedge followed the book with a correlation of {promised - short.middle:.2f} in {count} days where "
                f"{promised:.2f} was promised: at 99 % it is {short.low:.2f} short at least"
            )
    trades = [each for each in proof.trades if each.at > proof.since]
    excess = cost_excess(
        np.array([each.cost_usd for each in trades]), np.array([each.promised_usd for each in trades])
    )
    if excess.low > limits.breaker_cost:
        found.append(
            f"{len(trades)} trades cost {percent_text(excess.middle)} more than their plans said: at 99 % {percent_text(excess.low)} more at least"
        )
    return tuple(found)


def _did(share: float) -> str:
    return f"removed {percent_text(share)}" if share >= 0.0 else f"added {percent_text(-share)}"


def coverage(days: Sequence[DayRow]) -> Coverage:
    """Return how the 90 % intervals of the book's beta did in the last spans of ten days, which do not overlap."""
    pairs = list(pairwise(days))[-_SPAN_DAYS * _MOST_SPANS :]
    held = spans = 0
    for first in range(len(pairs) % _SPAN_DAYS, len(pairs), _SPAN_DAYS):
        span = pairs[first : first + _SPAN_DAYS]
        begun = span[0][0]
        rows = [
            (after.plain_usd / size, morning.beta_usd * after.factor_move / size)
            for morning, after in span
            if after.plain_usd is not None
            and after.factor_move is not None
            and (size := sum(abs(row.dollars) for row in morning.coins)) > 0.0
        ]
        if not rows or not begun.beta_usd:
            continue
        moved, expected = np.array(rows).T
        error = float(np.hypot(begun.stderr_usd / abs(begun.beta_usd), _WANDERS))
        inside = covered(moved, expected, error)
        if inside is not None:
            held, spans = held + inside, spans + 1
    return Coverage(held, spans)


def kept_back(
    breaker: BreakerRow | None, held: Iterable[Held], orders: Mapping[Instrument, Decimal]
) -> tuple[Refusal, ...]:
    """Return why an open breaker keeps `orders` back, nothing where it lets them through.

    Contracts that differ in nothing but their expiry are one position, so that a roll changes nothing. A position may be
    reduced, and be put back to what it was when the breaker opened; nothing may grow beyond both, or turn.
    """
    if breaker is None:
        return ()
    now = _by_family((each.instrument, each.units) for each in held)
    safe = _by_family((row.instrument, row.units) for row in breaker.safe)
    traded = _by_family((contract, units_of(contract, count)) for contract, count in orders.items())
    for family, units in traded.items():
        before, then = now.get(family, _ZERO), safe.get(family, _ZERO)
        after = before + units
        ends = (_ZERO, before, then)
        if not min(ends) <= after <= max(ends):
            detail = f"it is open: {breaker.why}"
            remedy = f"look, then `hedgerow approve {breaker.name[:8]}` closes it"
            return (Refusal("breaker", detail, float(after), float(max(ends, key=abs)), remedy),)
    return ()


def _by_family(units: Iterable[tuple[Instrument, Decimal]]) -> dict[tuple[str, ...], Decimal]:
    found: dict[tuple[str, ...], Decimal] = {}
    for contract, count in units:
        found[contract.family] = found.get(contract.family, _ZERO) + count
    return found
