"""What looks at a venue rested on: written down with them, and brought back, so that a live day can be decided again.

market_now(history, ground, given)              a history with the prices and chains of an instant, and no other price
ground_records(view, known)                     what of a view is not in the diary yet
Recollection(records, history).look(at)         a recorded look's view
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np

from hedgerow.model.coins import is_stablecoin
from hedgerow.model.errors import NotEnoughData
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.model.ports import Record
from hedgerow.model.watched import Ground, Listed, Look, Owned
from hedgerow.runs.diary import LISTED, LOOK, OWNED, View
from hedgerow.runs.panel import cut
from hedgerow.runs.wire import body_of, value_of

__all__ = ["Recollection", "fingerprint", "ground_records", "market_now"]

_NAN = float("nan")


def fingerprint(value: Portfolio | tuple[Instrument, ...]) -> str:
    """Return the SHA-256 of holdings, or of contracts, as the diary holds them."""
    told = _told(value) if isinstance(value, Portfolio) else [body_of(one) for one in value]
    return sha256(repr(told).encode()).hexdigest()


def _told(book: Portfolio) -> dict[str, object]:
    """Holdings as they were told before `nothing_of` was: they are the same where it is empty."""
    return {name: said for name, said in body_of(book).items() if name != "nothing_of" or said}


def market_now(history: Market, ground: Ground, given: Mapping[str, float]) -> Market:
    """Return `history` to the bar that the ground names, with the prices in `given` (dollars) as those of its instant.

    No bar is a price of now: a coin that is not in `given` has none, but for stablecoins, which have their last bar's.
    Raises `NotEnoughData` where the history has no such bar (any more).
    """
    until = np.datetime64(ground.bars_to, "ms")
    row = int(np.searchsorted(history.times, until, side="right")) - 1
    if row < 0 or history.times[row] != until:
        raise NotEnoughData(
            f"the history has no bar that closes at {str(until)[:16]}", advice="Bring back the files of then."
        )
    known = cut(history, row)
    unknown = {coin: _NAN for coin in history.symbols if not is_stablecoin(coin)}
    at = max(np.datetime64(ground.as_of, "ms"), until)
    chains = {chain.underlying: chain for chain in ground.chains}
    return replace(known, as_of=at, given={**unknown, **given}, options=chains)


def ground_records(view: View, known: Iterable[str]) -> list[tuple[str, Mapping[str, object]]]:
    """Return the holdings, those of each file, and of a venue the contracts, of a view as records, without those whose fingerprint is `known`."""
    told: dict[str, tuple[str, Owned | Listed]] = {
        row.counts: (OWNED, Owned(row.counts, book)) for row, book in view.files
    }
    told[view.book_id] = OWNED, Owned(view.book_id, view.book)
    if view.ground is not None:
        told[view.ground.listed] = LISTED, Listed(view.ground.listed, view.contracts)
    return [(kind, body_of(value)) for name, (kind, value) in told.items() if name not in known]


@dataclass(frozen=True, slots=True)
class Recollection:
    """Eyes for looks that a diary holds, on the `history` (the book's market, and the contracts') of today."""

    records: Iterable[Record]
    history: tuple[Market, Market]
    _looks: dict[int, Look] = field(default_factory=dict)
    _books: dict[str, Portfolio] = field(default_factory=dict)
    _listed: dict[str, tuple[Instrument, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for record in self.records:
            if record.kind == OWNED:
                owned: Owned = value_of(record.body)
                self._books[owned.name] = owned.book
            elif record.kind == LISTED:
                listed: Listed = value_of(record.body)
                self._listed[listed.name] = listed.contracts
            elif record.kind == LOOK:
                look: Look = value_of(record.body)
                self._looks[look.at] = look

    def look(self, at: int) -> View:
        """Return what was known at the recorded look `at`; raises `NotEnoughData` where it cannot be brought back."""
        look = self._looks.get(at)
        ground = None if look is None else look.ground
        if (
            look is None
            or ground is None
            or look.book not in self._books
            or ground.listed not in self._listed
        ):
            raise NotEnoughData("the diary does not hold what this look rested on")
        given = {row.name: float(row.number) for row in look.prices if ":" not in row.name}
        market = market_now(self.history[0], ground, given)
        one = self.history[0] is self.history[1]
        hedge = market if one else market_now(self.history[1], ground, given)
        contracts = self._listed[ground.listed]
        return View(self._books[look.book], look.book, market, hedge, contracts, look.blind, ground)
