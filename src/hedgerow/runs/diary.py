"""The watch's diary: looks as the journal keeps them, what a watch that starts again remembers, and the looks decided anew.

diary_of(account, book) -> the name of the stream
remembered(records) -> Memory
decided_again(looks, eyes, policy) -> looks whose decision differs, none where all agree
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from hedgerow.hedge.alarms import Finding, Raised
from hedgerow.hedge.policy import Policy
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.portfolio import FileRow, Portfolio
from hedgerow.model.ports import Record
from hedgerow.model.watched import Ground, Look, OrderRow, Proposal
from hedgerow.runs.bounds import Spent
from hedgerow.runs.changing import Changes
from hedgerow.runs.lasting import Lasting, lasting_of
from hedgerow.runs.proving import Proof, noted
from hedgerow.runs.watching import Held, Learned, Sight, Verdict, judge, learned
from hedgerow.runs.wire import value_of

__all__ = [
    "GROUNDS",
    "LISTED",
    "LOOK",
    "OWNED",
    "Eyes",
    "Memory",
    "View",
    "decided_again",
    "diary_of",
    "orders_of",
    "plan_mark",
    "remembered",
    "sight_of",
]

LOOK = "look"
OWNED, LISTED = "owned", "listed"
GROUNDS = (OWNED, LISTED)
"""Kinds of records that hold what looks at a venue rested on, each once, by its fingerprint."""


@dataclass(frozen=True, slots=True)
class View:
    """What is there to be seen of the market and the owner's holdings at an instant; `book_id` is the holdings' fingerprint.

    `blind` says why prices or holdings of now are not known, "" where they are; `ground` is what a view of a venue rests on. `files` are
    the files that the holdings are of, each with what counts of it. `assumed` are dollar coins that nobody prices and that count at one dollar.
    """

    book: Portfolio
    book_id: str
    market: Market
    hedge: Market
    contracts: tuple[Instrument, ...]
    blind: str = ""
    ground: Ground | None = None
    files: tuple[tuple[FileRow, Portfolio], ...] = ()
    assumed: tuple[str, ...] = ()


class Eyes(Protocol):
    """Where prices and holdings come from."""

    def look(self, at: int) -> View:
        """Return what is known at `at`, nothing later. Raises what its readers raise."""


def diary_of(account: str, book: str) -> str:
    """Return the name of the stream that holds the looks at a book."""
    return f"watch:{account}:{book}"


@dataclass(frozen=True, slots=True)
class Memory:
    """What lasts of a watch: its last look, the one at which betas were estimated, trades, alarms, sums, and the rest.

    `spent_on` are the marks of the plans that `spent` is about; `grounds` are the fingerprints of holdings and contracts that are written down.
    `accepted` are the last holdings that nobody need be asked about, by their fingerprint; `prices` the last price of each coin that was
    decided on, in dollars, and when.
    """

    last: Look | None = None
    learned: Look | None = None
    traded_at: int | None = None
    spent: tuple[Spent, ...] = ()
    spent_on: frozenset[str] = frozenset()
    alarms: Mapping[tuple[str, str], Raised] | None = None
    changes: Changes | None = None
    lasting: Lasting = field(default_factory=Lasting)
    grounds: frozenset[str] = frozenset()
    accepted: tuple[str, Portfolio] | None = None
    prices: Mapping[str, tuple[float, int]] = field(default_factory=dict)

    @property
    def pending(self) -> Proposal | None:
        """The proposal of the last look that waits for somebody."""
        last = self.last
        return last.proposal if last is not None and last.waits else None


def remembered(records: Iterable[Record]) -> Memory:
    """Return what the diary's looks lead to."""
    last = at_learning = None
    traded_at: int | None = None
    spent: list[Spent] = []
    grounds: set[str] = set()
    marks: set[str] = set()
    proof = Proof()
    owned: dict[str, Mapping[str, object]] = {}
    priced: dict[str, tuple[float, int]] = {}
    for record in records:
        if record.kind in GROUNDS:
            grounds.add(str(record.body["name"]))
        if record.kind == OWNED:
            owned[str(record.body["name"])] = record.body
        if record.kind != LOOK:
            continue
        last = value_of(record.body)
        at_learning = last if last.learned else at_learning
        proof = noted(proof, last)
        priced |= {} if last.blind else {row.name: (float(row.number), last.at) for row in last.prices}
        traded_at = last.traded_at if last.traded_at is not None else traded_at
        if last.traded_usd:
            traded_at = last.at
            spent.append(Spent(last.at, last.traded_usd, last.cost_usd))
            marks |= {plan_mark(last.proposal.name)} if last.proposal else set()
    if last is None:
        return Memory(grounds=frozenset(grounds))
    alarms = {
        (row.watch, row.about): Raised(
            Finding(row.watch, row.about, "bad", row.level, row.text, row.advice),
            row.since,
        )
        for row in last.alarms
    }
    sums = {row.coin: (row.up, row.down) for row in last.sums}
    changes = Changes(sums, last.sums_at, last.threshold)
    kept = lasting_of(last, proof)
    trades = tuple(spent), frozenset(marks)
    book = owned.get(last.book if last.changed_book is None else last.changed_book.accepted)
    accepted = None if book is None else (str(book["name"]), value_of(book).book)
    found = Memory(last, at_learning, traded_at, *trades, alarms, changes, kept, frozenset(grounds), accepted)
    return replace(found, prices=priced)


def plan_mark(proposal: str) -> str:
    """Return what a proposal's plans are known by: their names begin with it."""
    return f"watch-{proposal[:16]}-"


def sight_of(look: Look, view: View) -> Sight:
    """Return what was seen at a look, from its record and the market of then."""
    held = (
        None if look.held is None else tuple(Held(row.instrument, row.units, row.entry) for row in look.held)
    )
    coins = None if look.coins is None else {row.name: row.number for row in look.coins}
    lent = {row.name: row.number for row in look.lent}
    market = view.market, view.hedge, view.contracts
    return Sight(look.at, view.book, *market, held, coins, look.halted, look.blind, lent)


def orders_of(verdict: Verdict) -> tuple[OrderRow, ...]:
    """Return a verdict's orders as the diary has them."""
    return tuple(OrderRow(contract.name, count) for contract, count in verdict.orders.items())


def decided_again(looks: Sequence[Look], eyes: Eyes, policy: Policy) -> tuple[Look, ...]:
    """Return the looks that are decided otherwise today, by every number and every order; none where all agree."""
    known: Learned | None = None
    differing: list[Look] = []
    for look in looks:
        sight = sight_of(look, eyes.look(look.at))
        if look.learned:
            known = learned(policy, sight, None)
        verdict = judge(known, look.traded_at, sight, policy)
        beta = () if verdict.exposure is None else tuple(float(x) for x in verdict.exposure.beta_usd)
        now = (
            verdict.act,
            verdict.reason,
            orders_of(verdict),
            beta,
            tuple(float(x) for x in verdict.band_usd),
        )
        if now != (look.act, look.reason, look.orders, look.beta_usd, look.band_usd):
            differing.append(look)
    return tuple(differing)
