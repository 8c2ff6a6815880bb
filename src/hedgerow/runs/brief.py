"""A day of a watch in one answer, from what it wrote down: nothing is asked of a venue, and nothing is estimated.

brief_of(("paper:paper", "book"), looks, records, factors) -> Brief
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np

from hedgerow.model.briefs import Brief, BriefBeta, Effect
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.legs import ZERO
from hedgerow.model.ports import Record
from hedgerow.model.watched import DayRow, Look
from hedgerow.runs.diary import LOOK
from hedgerow.runs.ledger import FILL, Fold, Ledger
from hedgerow.runs.wire import value_of

__all__ = ["brief_of"]

_DAY_MS = 86_400_000
_DAYS = 30
_LEAST = 10
_DUST = Decimal("0.000001")
"""Coins of rounding at a venue: no deposit is so small."""
Coins = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class _Mark:
    """A look, what the journal added up to then, and coins that insurance funds had paid."""

    look: Look
    ledger: Ledger
    insured: Coins

    @property
    def fees(self) -> dict[str, Decimal]:
        """Coins of fees, without what came from insurance funds, which the fills have as fees below zero."""
        paid = _of(self.ledger, "fees")
        return {
            coin: paid.get(coin, ZERO) + self.insured.get(coin, ZERO) for coin in {**paid, **self.insured}
        }


def brief_of(
    watch: tuple[str, str],
    looks: Iterable[Record],
    records: Iterable[Record],
    factors: Sequence[str] = (),
    *,
    whole: bool = False,
) -> Brief | None:
    """Return the brief of a watch (account, book) from its diary and its account's stream; None where it never looked.

    It is of the day before the last look, or of as much of it as there is; of all looks where the `whole` is asked for.
    """
    seen = [record for record in looks if record.kind == LOOK]
    if not seen:
        return None
    chosen = list({each.seq: each for each in (seen[0], seen[-1])}.values()) if whole else _chosen(seen)
    marks = _marks(chosen, records)
    first, last, look = marks[0], marks[-1], marks[-1].look
    price, funding, fees, insurance, put = _lines(first, last)
    change = _known(look.nav_usd - first.look.nav_usd)
    (hedge, put_usd), flow = _gains(first, last), _flow(seen, marks)
    own = None
    if change is not None and hedge is not None and put_usd is not None:
        own = change - hedge - put_usd - (flow or 0.0)
    return Brief(
        *watch,
        mode=look.mode,
        since=first.look.at,
        at=look.at,
        reason=look.reason,
        halted=look.halted,
        nav_usd=_known(look.nav_usd),
        nav_change_usd=change,
        betas=_betas(look, factors),
        in_band=look.in_band if look.left_usd else None,
        distance=None if math.isnan(look.distance) else look.distance,
        price=price,
        funding=funding,
        fees=fees,
        put_in=put,
        hedge_usd=hedge,
        put_in_usd=put_usd,
        book_usd=own,
        edited=first.look.book != look.book,
        flow_usd=flow,
        funding_30d_usd=look.received_30d_usd,
        fills=_fills(last.ledger) - _fills(first.ledger),
        effect=_effect(_days(seen, seen[0].at if whole else seen[-1].at - (_DAYS + 1) * _DAY_MS)),
        alarms=look.alarms,
        insurance=insurance,
        assumed=look.assumed,
        lent=_less(*({row.name: row.number for row in mark.look.lent} for mark in (last, first))),
    )


def _chosen(looks: Sequence[Record]) -> list[Record]:
    """The look a day before the last one, or the first, and the last; of those the one nearest to it that knew what all is worth."""
    before = [record for record in looks if record.at <= looks[-1].at - _DAY_MS]
    known = [row for row in before if _worth(row)] or [row for row in looks if _worth(row)][:1]
    first = (known or before or looks[:1])[-1]
    return list({record.seq: record for record in (first, looks[-1])}.values())


def _worth(record: Record) -> bool:
    return math.isfinite(float(str(record.body.get("nav_usd", "nan"))))


def _flow(looks: Sequence[Record], marks: Sequence[_Mark]) -> float | None:
    """Dollars that the owner brought into the holdings between the marks, less what went out; None where it is not known."""
    first, last = marks[0].look.at, marks[-1].look.at
    between = (float(str(each.body.get("flow_usd", "nan"))) for each in looks if first < each.at <= last)
    total = _known(sum(between))
    return 0.0 if total is None and marks[0].look.book == marks[-1].look.book else total


def _days(looks: Sequence[Record], since: int) -> list[DayRow]:
    """The days that looks wrote down from an instant on; no other look is read for them."""
    told = (
        value_of(each.body).day for each in looks if each.at >= since and each.body.get("day") is not None
    )
    return list(told)


def _marks(chosen: Sequence[Record], records: Iterable[Record]) -> list[_Mark]:
    """Each look with what the journal added up to when it was written."""
    marks: list[_Mark] = []
    fold, rest = Fold(), iter(records)
    pending, insured = next(rest, None), dict[str, Decimal]()
    for record in chosen:
        look: Look = value_of(record.body)
        while pending is not None and _before(pending, record, look, fold):
            fold.take(pending)
            _insure(insured, pending)
            pending = next(rest, None)
        marks.append(_Mark(look, fold.ledger(), dict(insured)))
    return marks


def _insure(insured: dict[str, Decimal], record: Record) -> None:
    """Add what a fund paid of a liquidation that left less than nothing."""
    if record.kind == FILL and record.body.get("kind") == "liquidation":
        coin, fee = str(record.body["fee_coin"]), Decimal(str(record.body["fee"]))
        insured[coin] = insured.get(coin, ZERO) + max(-fee, ZERO)


def _before(pending: Record, record: Record, look: Look, fold: Fold) -> bool:
    """Whether the journal's next record came before a look: what was traded at it may carry its instant, and came after it.

    What it read of the venue is written later than its instant, and belongs to it: it says up to where.
    """
    if look.read_to:
        return pending.seq <= look.read_to
    return pending.at < record.at or (
        pending.at == record.at and not (pending.kind == FILL and _agree(look, fold))
    )


def _agree(look: Look, fold: Fold) -> bool:
    """Whether the journal holds what the venue said at a look; what it did not say agrees with anything."""
    if look.held is None:
        return True
    held = {row.instrument.name: row.units for row in look.held}
    ours = {name: entry.quantity for name, entry in fold.ledger().entries.items() if entry.quantity}
    return held == ours


def _betas(look: Look, factors: Sequence[str]) -> tuple[BriefBeta, ...]:
    named = (
        factors
        if len(factors) == len(look.left_usd)
        else [f"factor {k + 1}" for k in range(len(look.left_usd))]
    )
    rows = zip(named, look.left_usd, look.left_stderr_usd, look.target_usd, look.band_usd, strict=False)
    return tuple(BriefBeta(*row) for row in rows)


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _of(ledger: Ledger, what: str) -> dict[str, Decimal]:
    """Coins of funding or of fees, over all contracts."""
    found: dict[str, Decimal] = {}
    for entry in ledger.entries.values():
        for coin, units in getattr(entry, what).items():
            found[coin] = found.get(coin, ZERO) + units
    return found


def _fills(ledger: Ledger) -> int:
    return sum(entry.fills for entry in ledger.entries.values())


def _less(after: Coins, before: Coins) -> dict[str, Decimal]:
    rows = {coin: after.get(coin, ZERO) - before.get(coin, ZERO) for coin in {**before, **after}}
    return {coin: units for coin, units in sorted(rows.items()) if units}


def _profit(mark: _Mark) -> dict[str, Decimal] | None:
    """Coins that prices brought up to a look, realised and not; None where an open contract's price was not known."""
    prices = {row.name: row.number for row in mark.look.prices}
    found: dict[str, Decimal] = {}
    for name, entry in mark.ledger.entries.items():
        gained = entry.realised
        if entry.quantity:
            if name not in prices:
                return None
            gained += entry.leg.profit(prices[name])
        coin = entry.leg.instrument.settle
        found[coin] = found.get(coin, ZERO) + gained
    return found


def _price_gain(first: _Mark, last: _Mark) -> dict[str, Decimal] | None:
    before, after = _profit(first), _profit(last)
    return None if before is None or after is None else _less(after, before)


def _lines(first: _Mark, last: _Mark) -> tuple[Coins | None, Coins, Coins, Coins, Coins | None]:
    """Coins by which the hedge account grew between two looks: by price, by funding, by fees, by insurance, and put in besides."""
    funding = _less(_of(last.ledger, "funding"), _of(first.ledger, "funding"))
    fees, insurance = _less(last.fees, first.fees), _less(last.insured, first.insured)
    return _price_gain(first, last), funding, fees, insurance, _put_in(first, last)


def _put_in(first: _Mark, last: _Mark) -> dict[str, Decimal] | None:
    """What the wallet holds more than trading explains; None where the venue did not say what it holds."""
    if first.look.coins is None or last.look.coins is None:
        return None
    after, before = (_own(mark.look) for mark in (last, first))
    grown = _less(after, before)
    coins = {*grown, *(e.leg.instrument.settle for e in last.ledger.entries.values())}
    explained = {coin: last.ledger.cash(coin) - first.ledger.cash(coin) for coin in coins}
    return {coin: units for coin, units in _less(grown, explained).items() if abs(units) > _DUST}


def _own(look: Look) -> dict[str, Decimal]:
    """The coins of the wallet without what the paper venue lent: that is no money put in."""
    found = {row.name: row.number for row in look.coins or ()}
    for row in look.lent:
        found[row.name] = found.get(row.name, ZERO) - row.number
    return found


def _dollars(coins: Coins | None, first: _Mark, last: _Mark) -> float | None:
    """Coins in dollars; None where they are not known, or one of them is no dollar."""
    off = {row.about for mark in (first, last) for row in mark.look.alarms if row.watch == "depeg"}
    if coins is None or any(not is_stablecoin(coin) or coin in off for coin in coins):
        return None
    return float(sum(coins.values(), ZERO))


def _gains(first: _Mark, last: _Mark) -> tuple[float | None, float | None]:
    """Dollars that the hedge account gained by trading, and that were put in."""
    price, funding, fees, insurance, put = _lines(first, last)
    lines = (price, funding, insurance, {coin: -units for coin, units in fees.items()})
    known = [usd for each in lines if (usd := _dollars(each, first, last)) is not None]
    gained = sum(known) if len(known) == len(lines) else None
    return gained, _dollars(put, first, last)


def _effect(days: Sequence[DayRow]) -> Effect:
    """Shares of variance that the hedge took of its coins and that it had promised, over the same days, as the breaker has them.

    1 − Σh²/Σu² of daily P&L in shares of the book, and the promises' mean weighed by u²: second moments about zero.
    """
    rows = []
    for morning, after in pairwise(days):
        size = sum(abs(row.dollars) for row in morning.coins)
        if size > 0.0 and after.plain_usd is not None and after.hedge_usd is not None:
            promised = math.nan if morning.removed is None else morning.removed
            rows.append((after.plain_usd / size, after.hedge_usd / size, promised))
    if len(rows) < _LEAST:
        return Effect(None, None, len(rows), f"{len(rows)} whole days are known, and {_LEAST} are needed")
    plain, hedge, promised = np.array(rows, dtype=float).T
    moved = float(plain @ plain)
    if not moved > 0.0:
        return Effect(None, None, len(rows), "the book did not move")
    hedged = plain + hedge
    return Effect(
        1.0 - float(hedged @ hedged) / moved, _known(float(promised @ plain**2) / moved), len(rows), ""
    )
