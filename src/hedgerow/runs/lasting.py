"""What a watch remembers from look to look besides trades and alarms: how accounts were set, and what people may answer.

    lasting_after(lasting, of, watched, approved) -> Lasting   after a look
    asks_of(lasting) -> asks                                   what a person may say yes to, each by a name

A change that somebody made is an alarm until it is undone, or until people say that it is meant: then it is what is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from hedgerow.hedge.watch import TRADED_IN
from hedgerow.model.ports import AccountModes
from hedgerow.model.questions import AskRow, BookRow, JumpRow, SlipRow
from hedgerow.model.watched import Look, ModesRow
from hedgerow.runs.days import day_of
from hedgerow.runs.proving import Proof, judged
from hedgerow.runs.watching import Sight, Verdict

if TYPE_CHECKING:
    from hedgerow.runs.monitor import Watched

__all__ = ["Kept", "Lasting", "asks_of", "differences", "kept", "lasting_after", "lasting_of", "modes_rows"]


@dataclass(frozen=True, slots=True)
class Kept:
    """How a contract has to be set: the leverage that its position was first seen with, and modes as a watch trades in.

    Since `changed_at` it is set as `now`, None: it is as it has to be.
    """

    modes: AccountModes
    now: AccountModes
    changed_at: int | None = None

    @property
    def changes(self) -> tuple[str, ...]:
        """What is set otherwise now, in words."""
        return differences(self.modes, self.now)


@dataclass(frozen=True, slots=True)
class Lasting:
    """How each open contract was set, by its name; what is known of promises; the open questions about the holdings and about prices, `book_by` and `slip_by` who answered one, `meant` the prices that were said to be right."""

    modes: Mapping[str, Kept] = field(default_factory=dict)
    proof: Proof = field(default_factory=Proof)
    book: BookRow | None = None
    book_by: str = ""
    slip: SlipRow | None = None
    slip_by: str = ""
    meant: tuple[JumpRow, ...] = ()


def differences(before: AccountModes, now: AccountModes) -> tuple[str, ...]:
    """Return what is other `now` than `before`, in words; what one of them does not say is not other."""
    sides = {True: "long and short apart", False: "one-way"}
    pairs = [
        ("position mode", *(None if m.hedge is None else sides[m.hedge] for m in (before, now))),
        ("margin mode", before.margin_mode, now.margin_mode),
        ("leverage", *(None if m.leverage is None else f"{m.leverage.normalize():f}" for m in (before, now))),
    ]
    return tuple(
        f"{what} is {new} instead of {old}" for what, old, new in pairs if old and new and old != new
    )


def kept(
    before: Lasting,
    held: Iterable[str] | None,
    modes: Mapping[str, AccountModes],
    at: int,
    approved: Callable[[str], str],
) -> Lasting:
    """Return what lasts after a look at `held` contracts (None: not known, and nothing is forgotten).

    `modes` are the last readings; a contract without one is as it was. A change whose ask was answered is meant.
    """
    if held is None:
        return before
    found: dict[str, Kept] = {}
    for name in held:
        was, now = before.modes.get(name), modes.get(name)
        if was is None:
            found |= {} if now is None else {name: _first(now, at)}
            continue
        now = was.now if now is None else now
        if was.changed_at is not None and approved(_ask_name(name, was.changed_at)):
            was = Kept(was.now, was.now)
        since = was.changed_at if was.changed_at is not None else at
        found[name] = Kept(was.modes, now, since if differences(was.modes, now) else None)
    return replace(before, modes=found)


def lasting_after(
    before: Lasting,
    of: tuple[Sight, Verdict, Mapping[str, AccountModes]],
    watched: Watched,
    approved: Callable[[str], str],
) -> Lasting:
    """Return what lasts after a look: a sight, its verdict and how accounts are set; and what people have answered."""
    (sight, verdict, modes), proof = of, before.proof
    names = None if sight.held is None else [each.instrument.name for each in sight.held]
    day = day_of(proof.days[-1] if proof.days else None, sight, verdict, watched.policy)
    limits = watched.rules.thresholds
    return replace(
        kept(before, names, modes, sight.at, approved),
        proof=judged(proof, day, sight.at, sight.held, limits, approved),
    )


def asks_of(lasting: Lasting) -> tuple[AskRow, ...]:
    """Return what people may say yes to."""
    breaker = lasting.proof.breaker
    closing: tuple[AskRow, ...] = ()
    closing += () if breaker is None else (AskRow(breaker.name, "breaker", breaker.why),)
    book = lasting.book
    closing += () if book is None else (AskRow(book.name, "holdings", book.why),)
    slip = lasting.slip
    closing += () if slip is None else (AskRow(slip.name, "prices", slip.why),)
    return closing + tuple(
        AskRow(_ask_name(name, each.changed_at), name, "; ".join(each.changes))
        for name, each in lasting.modes.items()
        if each.changed_at is not None
    )


def lasting_of(look: Look, proof: Proof) -> Lasting:
    """Return what the last look left behind, with the `proof` of all of them."""
    modes = {row.instrument: Kept(row.kept, row.now, row.changed_at) for row in look.modes}
    return Lasting(modes, proof, look.changed_book, slip=look.slip, meant=look.meant)


def modes_rows(lasting: Lasting) -> tuple[ModesRow, ...]:
    """Return the same for the diary."""
    return tuple(
        ModesRow(name, each.modes, each.now, each.changed_at) for name, each in lasting.modes.items()
    )


def _first(now: AccountModes, at: int) -> Kept:
    """What is kept of a position that is seen for the first time: modes that no watch trades in are no baseline."""
    meant = replace(now, hedge=TRADED_IN.hedge, margin_mode=TRADED_IN.margin_mode)
    return Kept(meant, now, at if differences(meant, now) else None)


def _ask_name(contract: str, changed_at: int) -> str:
    return sha256(f"modes of {contract} since {changed_at}".encode()).hexdigest()
