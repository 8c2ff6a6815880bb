"""Prices that no market makes: nothing is decided on them until somebody has said that they are right.

prices = Acceptable(policy, memory)
prices.before(lasting, view, approved)       before the venue is asked: a paper venue takes what somebody said to be right
prices.checked(lasting, seen, approved) -> the lasting state with the question that is open, and what was seen

What is asked about is taken for unknown: the sight is then blind, and a blind sight sends nothing, in no mode. That a wrong price
stays makes it no truer: only people, or a price near the one before, end the question.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from hashlib import sha256

import numpy as np

from hedgerow.hedge.policy import Policy
from hedgerow.hedge.slips import Known, Slip, coins_of, dollars_by_coin, slips_of
from hedgerow.hedge.valuation import price_of, value
from hedgerow.model.questions import JumpRow, SlipRow
from hedgerow.runs.diary import Memory, View
from hedgerow.runs.lasting import Lasting
from hedgerow.runs.lookout import Seen
from hedgerow.runs.watching import Sight, whole_book

__all__ = ["Acceptable"]

_KEPT_MS = 100 * 86_400_000
"""Longer than any bar is looked at."""
_NEAR = 1.25
"""Within this factor a price is the one that was asked about already."""


class Acceptable:
    """The prices that may be decided on: each near the one that was decided on before, or near the last bars.

    `believe` lets a paper venue take what it keeps back: the watch rests on it too.
    """

    def __init__(self, policy: Policy, memory: Memory, believe: Callable[[], None] = lambda: None) -> None:
        self._excluded, self._factors, self._believe = frozenset(policy.exclude), policy.factors, believe
        self._known = {coin: _known(price, at) for coin, (price, at) in memory.prices.items()}
        self._of_contracts: dict[str, Known] = {}  # where contracts have prices of their own
        if memory.lasting.slip is not None:
            self._wait(memory.lasting.slip)

    def before(self, lasting: Lasting, view: View, approved: Callable[[str], str]) -> None:
        """Believe the prices of `view` before the venue is asked, where they are those that somebody said to be right."""
        asked = lasting.slip
        if asked is None or not approved(asked.name):
            return
        markets = view.market, view.hedge
        if all(any(_near(row.now, price_of(one, row.coin)) for one in markets) for row in asked.jumps):
            self._believe()

    def checked(
        self, before: Lasting, seen: Seen, approved: Callable[[str], str], coins: Iterable[str] = ()
    ) -> tuple[Lasting, Seen]:
        """Return what lasts, and the same sight, blind where a price of it is asked about; `coins` are looked at besides those of the book.

        A sight that knows too little asks nothing new and forgets nothing.
        """
        sight = seen.sight
        if sight.unseen:
            return before, seen
        asked_of = () if before.slip is None else (row.coin for row in before.slip.jumps)
        always = tuple(dict.fromkeys((*_of_hedge(sight), *coins, *asked_of)))
        dollars = dollars_by_coin(value(whole_book(sight), sight.market).counted(self._excluded))
        found = slips_of(sight.market, dollars, self._factors, always, self._known)
        if sight.hedge is not sight.market:
            there = {slip.coin for slip in found}
            found += tuple(
                slip
                for slip in slips_of(sight.hedge, {}, always=always, known=self._of_contracts)
                if slip.coin not in there
            )
        found = tuple(slip for slip in found if not _meant(before.meant, slip))
        asked = _asked(before.slip, found, sight.at) if found else None
        by = approved(asked.name) if asked is not None else ""
        if asked is None or by:
            self._take(sight, (*self._factors, *always, *dollars))
            self._believe()
            meant = _lately((*before.meant, *(() if asked is None else asked.jumps)), sight.at)
            return replace(before, slip=None, slip_by=by or before.slip_by, meant=meant), seen
        self._wait(asked)
        blind = f"{asked.why}: `hedgerow approve {asked.name[:8]}` if that is right"
        return replace(before, slip=asked), replace(seen, sight=replace(sight, blind=blind))

    def _wait(self, asked: SlipRow) -> None:
        """Hold what is asked about against the price before it, until somebody answers: the bars after it agree with it."""
        for row in asked.jumps:
            for known in (self._known, self._of_contracts):
                known.setdefault(row.coin, _known(row.before, row.before_at))

    def _take(self, sight: Sight, coins: Iterable[str]) -> None:
        now = np.datetime64(sight.at, "ms")
        for known, market in ((self._known, sight.market), (self._of_contracts, sight.hedge)):
            for coin in coins:
                price = price_of(market, coin)
                if math.isfinite(price) and price > 0.0:
                    known[coin] = Known(price, now)


def _of_hedge(sight: Sight) -> tuple[str, ...]:
    return (*coins_of(each.instrument for each in sight.held or ()), *(sight.coins or {}))


def _known(price: float, at: int) -> Known:
    return Known(price, np.datetime64(at, "ms"))


def _row(slip: Slip) -> JumpRow:
    at = int(slip.before.at.astype("datetime64[ms]").astype(np.int64))
    return JumpRow(slip.coin, slip.price, slip.before.price, at)


def _meant(rows: tuple[JumpRow, ...], slip: Slip) -> bool:
    """Whether somebody said that a price is right: a bar of a factor stays in its history."""
    now = _row(slip)
    return any(
        (row.coin, row.before_at) == (now.coin, now.before_at) and _near(row.now, now.now) for row in rows
    )


def _lately(rows: tuple[JumpRow, ...], at: int) -> tuple[JumpRow, ...]:
    return tuple(row for row in rows if row.before_at > at - _KEPT_MS)


def _asked(before: SlipRow | None, found: tuple[Slip, ...], at: int) -> SlipRow:
    """The question about prices: the one that is open, where it is about the same coins at about the same prices."""
    now = {slip.coin: slip.price for slip in found}
    if before is not None and _alike({row.coin: row.now for row in before.jumps}, now):
        return before
    why = "; ".join(slip.words for slip in found)
    rows = tuple(_row(slip) for slip in sorted(found, key=lambda each: each.coin))
    return SlipRow(sha256(f"prices {rows}".encode()).hexdigest(), at, why, rows)


def _alike(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return one.keys() == other.keys() and all(_near(price, other[coin]) for coin, price in one.items())


def _near(one: float, other: float) -> bool:
    return 1.0 / _NEAR <= other / one <= _NEAR
