"""Step 6: the watch, on the paper account by the wall's clock, or rehearsed in virtual time through past prices.

watch(settings, book, report, once=False)
rehearse(settings, book, "2025-09-01", report) -> looks
approve(settings, "3f9a1c22", "Ann") -> the whole name of the proposal
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.app.asking import passphrase_from
from hedgerow.app.chains import with_chains
from hedgerow.app.contracts import on_paper
from hedgerow.app.dealing import PAPER_ACCOUNT, Dealing, dealing, wall_ms
from hedgerow.app.desk import Desk, Report, open_desk
from hedgerow.app.failed import traced, traced_at
from hedgerow.app.outward import Outward, outward
from hedgerow.app.paper_watch import (
    PaperWatch,
    Rehearsed,
    Say,
    closes_of,
    rehearsed,
    span_of,
    staged,
    watching,
)
from hedgerow.app.plans import Mode, Place, place_of, watchable
from hedgerow.app.renewing import Renewed
from hedgerow.app.settling import Settling
from hedgerow.app.standing import last_looks
from hedgerow.app.whose import book_called, taken_for
from hedgerow.config import Settings
from hedgerow.files.portfolio import opened_holdings, parse_portfolio
from hedgerow.model.errors import BadInput, BadPortfolio, UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio, Position
from hedgerow.model.watched import Leave, Look

if TYPE_CHECKING:
    from hedgerow.app.keeping import Ended
    from hedgerow.runs.diary import View
    from hedgerow.runs.files import FilesBefore
    from hedgerow.store.keys import Ask

__all__ = ["approve", "approvers", "looks_of", "rehearse", "saw", "watch", "watch_live"]

_DAY_MS = 86_400_000
_LEAST_SIGNS = 6


@dataclass(slots=True)
class _DeskEyes:
    """Holdings read anew where their file has changed; a market as it was at the instant asked for."""

    settings: Settings
    path: str
    desk: Desk
    past: bool
    seen: Callable[[int], object] = lambda _: None
    before: FilesBefore | None = None
    _id: str = ""
    _file: Settling = field(init=False)
    _closes: tuple[list[int], list[int]] = field(init=False)
    _assumed: tuple[str, ...] = field(init=False)
    _cut: dict[tuple[int, int], tuple[Market, Market]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from hedgerow.runs.past import with_dollars

        market, hedge = with_dollars(self.desk.market), with_dollars(self.desk.hedge_market)
        self._assumed = tuple(sorted(market.given.keys() - self.desk.market.given.keys()))
        one = self.desk.hedge_market is self.desk.market
        self.desk = replace(self.desk, market=market, hedge_market=market if one else hedge)
        self._closes = closes_of(self.desk.market), closes_of(self.desk.hedge_market)
        self._begin(opened_holdings(Path(self.path)))

    def _begin(self, data: bytes) -> None:
        """Let what is read now count, or what counted at the last look before this process, where that was something else."""
        before, book = None if self.before is None else self.before.at(self.path), self._parsed(data)
        self._file = Settling(self.path, data, None if before is None else before[0])
        if before is not None and not self._file.counts(data):
            self._id, book = before[0].counts, before[1]
        else:
            self._noted(data)
        if _rows(book) != _rows(self.desk.book):  # as it was when the desk was opened
            self.desk = replace(self.desk, book=book)

    def look(self, at: int) -> View:
        """Return what is known at `at`, blind where the holdings are unreadable at two looks."""
        from hedgerow.runs.diary import View

        self.seen(at)
        blind = ""
        try:
            data = self._file.poll()
            if data is not None:
                self.desk = replace(self.desk, book=self._parsed(data))
                self._file.took(self._noted(data))
        except BadPortfolio as why:
            blind = str(why).partition("\n")[0]
        market, hedge = self._markets(at)
        contracts = tuple(
            c for c in self.desk.catalogue if c.expiry is None or c.expiry.timestamp() * 1000 > at
        )
        files = ((self._file.row, self.desk.book),)
        return View(
            self.desk.book, self._id, market, hedge, contracts, blind, files=files, assumed=self._assumed
        )

    def _parsed(self, data: bytes) -> Portfolio:
        from hedgerow.venues.catalogue import ladder

        comma, name = self.settings.data.decimal_comma, Path(self.path).name
        dated = ladder(self.desk.hedge_market)  # held until they end, as where the desk was opened
        known = (*self.desk.catalogue, *dated)
        return parse_portfolio(data, name, decimal_comma=comma, instruments=known)

    def _noted(self, data: bytes) -> bytes:
        """Name the holdings as `files.runs.fingerprint` does their file."""
        self._id = sha256(data).hexdigest()
        return data

    def _markets(self, at: int) -> tuple[Market, Market]:
        from bisect import bisect_right

        from hedgerow.runs.panel import cut

        whole = self.desk.market, self.desk.hedge_market
        if not self.past:
            return whole
        rows = bisect_right(self._closes[0], at) - 1, bisect_right(self._closes[1], at) - 1
        if rows not in self._cut:
            book = cut(whole[0], rows[0])
            hedge = book if whole[1] is whole[0] else cut(whole[1], rows[1])
            self._cut = {rows: (book, hedge)}
        return self._cut[rows]


def watch(
    settings: Settings,
    book: str,
    say: Say,
    report: Report = lambda _: None,
    *,
    once: bool = False,
    ask: Ask | None = None,
    file: Path | None = None,
) -> Look | None:
    """Watch a book on the paper account until it is stopped, or look `once` and return the look.

    `ask` tells the passphrase of the file that the addresses of whoever is told lie in. `file` is that of the settings.
    Raises what holding an account, opening that file, reading holdings and prices and executing raise.
    """
    place, ask = place_of(settings, "paper"), ask or passphrase_from(None)
    prices, opened = Renewed(settings), partial(open_desk, on_paper(watchable(settings)), book)
    with traced(settings, place, (PAPER_ACCOUNT, _name(book)), say, ask):
        desk = opened(report)
    with outward(settings, place, ask, file) as out:
        while True:
            look, renewed = _on_paper(settings, book, (place, desk), (out, say), prices, opened, once=once)
            if renewed is None:
                return look
            desk = renewed


def _on_paper(
    settings: Settings,
    book: str,
    of: tuple[Place, Desk],
    told_to: tuple[Outward, Say],
    prices: Renewed,
    opened: Callable[[], Desk],
    *,
    once: bool,
) -> tuple[Look | None, Desk | None]:
    """Hold the paper account and look `once`, or until the prices changed; return that look, or what they are opened as."""
    from hedgerow.runs.diary import diary_of
    from hedgerow.runs.files import FilesBefore

    (place, desk), (out, say), name = of, told_to, _name(book)
    with dealing(place, desk.hedge_market, desk.catalogue, settings, doubting=True) as at:
        taken_for(place, at, book_called(book), trades=settings.watch.mode != "observe")
        around = out.around(at.account, name, say)
        before = FilesBefore.of(at.journal.read(diary_of(at.account, name)))
        watched = _watched(settings, book, _with_account_options(settings, desk, at), before)
        with traced_at(at, name, out, around, lambda _: True):
            look = at.ask(watching(settings, watched, (at, place), around, once=once, over=prices.settled))
        return look, None if once else prices.reopened(opened, (at, name), out, around)


def _rows(book: Portfolio) -> list[Position]:
    """What the file says of each row."""
    return [replace(row, instrument=None) for row in book.positions]


def _with_account_options(settings: Settings, desk: Desk, at: Dealing) -> Desk:
    """The desk with a chain of each coin that the account holds options on, where there is one; without it they are unknown."""
    from hedgerow.runs.ledger import ledger_of

    ledger = ledger_of(at.journal.read(at.account))
    held = [each for name, each in ledger.instruments.items() if ledger.quantity(name)]
    return replace(desk, market=with_chains(settings, desk.market, held))


def watch_live(
    settings: Settings,
    books: Sequence[str],
    venues: Sequence[str],
    say: Say,
    confirm: Callable[[Leave], None],
    *,
    once: bool = False,
    file: Path | None = None,
) -> Ended:
    """Watch books on accounts of `venues` until it is stopped, or look `once` at each.

    Before one that may trade begins, `confirm` is shown what it is let, and raises where the answer is no. Raises what the
    gates of `app.posts` raise; of one book alone, what it cannot begin with.
    """
    from hedgerow.app.keeping import kept
    from hedgerow.app.posts import asked, posts_of

    posts = posts_of(settings, books, venues)
    asked(posts, confirm)
    with outward(settings, place_of(settings, "live"), passphrase_from(None), file) as out:
        ended = kept(posts, say, out, once=once)
        if ended.code:
            out.wrong.append(f"a book's watch failed, exit code {ended.code}")
        return ended


def rehearse(
    settings: Settings, book: str, since: str, say: Say, report: Report = lambda _: None
) -> Rehearsed:
    """Watch a book in virtual time from the instant `since` to the end of the prices, and return every look and the sum of them.

    The account is one of its own that is forgotten; a look comes at every bar, or every `every_s` where that is longer.
    Raises `UsageError` where there is nothing to rehearse on, and what `watch` raises.
    """
    desk = open_desk(on_paper(watchable(settings)), book, report)
    begins, ends = span_of(desk.market, since)
    desk = replace(desk, catalogue=_listed_by(desk.hedge_market, begins, ends))
    stage = staged(desk.hedge_market, desk.catalogue, begins)
    return rehearsed(settings, _watched(settings, book, desk, None), stage, ends, say)


def _watched(settings: Settings, book: str, desk: Desk, before: FilesBefore | None) -> PaperWatch:
    """What is watched, from what its diary says of the file of its holdings on; without a diary through the past."""

    def eyes(seen: Callable[[int], object]) -> _DeskEyes:
        return _DeskEyes(settings, book, desk, before is None, seen, before)

    return PaperWatch(_name(book), desk.policy, desk.hedge_market, eyes)


def approve(settings: Settings, prefix: str, who: str, modes: Sequence[Mode] = ("paper",)) -> str:
    """Say yes to what a watch's last look proposes or asks, by the first signs of its name, and return the whole name.

    Watches of all `modes` are looked through. Raises `UsageError` where none proposes or asks it now, and names what stands.
    """
    from hedgerow.store.approvals import approvals_of

    there = {name: (mode, what) for mode in modes for name, what in _waiting(settings, mode).items()}
    found = sorted(name for name in there if name.startswith(prefix.lower()))
    if len(prefix) < _LEAST_SIGNS or len(found) != 1:
        said = "several proposals begin so" if len(found) > 1 else "no watch proposes that now"
        now = "; ".join(f"`hedgerow approve {name[:8]}`: {what}" for name, (_, what) in sorted(there.items()))
        stands = f"What stands now: {now}." if now else "Nothing waits for a yes now: `hedgerow status`."
        if not found and (gone := _gone(settings, modes, prefix)):
            raise UsageError(f"{prefix}: {gone}", advice=f"Nothing was approved. {stands}")
        raise UsageError(f"{prefix}: {said}", advice=f"Give at least {_LEAST_SIGNS} signs. {stands}")
    if not who.strip():
        raise UsageError("nobody is called that", advice="Give --who NAME.")
    approvals_of(place_of(settings, there[found[0]][0]).journal).add(found[0], who.strip(), wall_ms())
    return found[0]


def _gone(settings: Settings, modes: Sequence[Mode], prefix: str) -> str:
    """Return what became of what a watch proposed or asked once, "" where none did or the name is too short to tell."""
    from hedgerow.app.withdrawn import became_in

    places = [place_of(settings, mode).journal for mode in modes if len(prefix) >= _LEAST_SIGNS]
    return next((said for place in places if (said := became_in(place, prefix.lower()))), "")


def _waiting(settings: Settings, mode: Mode) -> dict[str, str]:
    """What waits for somebody's yes: its name, and of which book it is and what it would do."""
    found: dict[str, str] = {}
    for book, look in looks_of(settings, mode):
        found |= {ask.name: f"{book}: {ask.about}, {ask.what}" for ask in look.asks}
        if look.waits and look.proposal is not None:
            found[look.proposal.name] = f"{book}: {look.proposal.words}"
    return found


def approvers(settings: Settings, proposal: str, mode: Mode = "paper") -> tuple[str, ...]:
    """Return who said yes to a proposal, by its whole name, each once."""
    from hedgerow.store.approvals import approvals_of

    return approvals_of(place_of(settings, mode).journal).of(proposal)


def saw(look: Look, book: str) -> bool:
    """Return whether a look saw the holdings in a file as they are now; False where the file cannot be read."""
    from hedgerow.files.runs import fingerprint

    try:
        return fingerprint(book) == look.book
    except (BadInput, OSError):
        return False


def looks_of(settings: Settings, mode: Mode) -> tuple[tuple[str, Look], ...]:
    """Return the last look of every watch of a mode, by the name of its book."""
    from hedgerow.store.journal import look_into

    place = place_of(settings, mode)
    if not place.journal.exists():
        return ()
    with look_into(place.journal) as journal:
        return last_looks(journal)


def _listed_by(market: Market, begins: int, ends: int) -> tuple[Instrument, ...]:
    """Every contract that the paper venue has from first to last: dated ones of each month, once."""
    from hedgerow.venues.catalogue import catalogue

    found = {c.name: c for c in catalogue(market) if c.expiry is None}
    none = replace(
        market,
        times=market.times[:0],
        prices=market.prices[:0],
        volumes_usd=market.volumes_usd[:0],
        kind="spot",
    )
    for at in (*range(begins, ends, 28 * _DAY_MS), ends):
        found |= {c.name: c for c in catalogue(replace(none, as_of=np.datetime64(at, "ms"))) if c.expiry}
    return tuple(found.values())


def _name(book: str) -> str:
    """What a watch is called: its file's name, without what it ends with."""
    if ":" in book:
        raise BadInput(
            "a book that is read from an account is not watched yet", advice="Give a file of holdings."
        )
    return Path(book).stem
