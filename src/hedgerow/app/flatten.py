"""Closing what accounts hold, each for itself: what fails at one keeps no other open, and is told with what it leaves.

flatten(settings, "live", report) -> one `Closed` for each account
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from hedgerow.app.achieved import Scene
from hedgerow.app.dealing import LEASE_MS, PAPER_ACCOUNT, Dealing, data_of, dealing, wall_ms
from hedgerow.app.desk import Report, market_of
from hedgerow.app.keys import more_keys
from hedgerow.app.live import Reached, accounts_of, live_dealing, reached
from hedgerow.app.plans import Mode, Place, place_of
from hedgerow.app.standing import account_names
from hedgerow.app.styles import Manner
from hedgerow.app.trade import FLATTEN, Hand, Refused
from hedgerow.app.venues import account_door, asked_of
from hedgerow.config import Settings
from hedgerow.hedge.execution import Style
from hedgerow.model.errors import HedgerowError, StateUnknown
from hedgerow.model.orders import contracts_of
from hedgerow.model.ports import Account, MarketData
from hedgerow.model.trades import Traded
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.trading import called_back, held_now, unfinished
from hedgerow.store.journal import look_into
from hedgerow.store.plans import KeptPlan

__all__ = ["Closed", "flatten"]

_Done = list[Traded | Refused]


@dataclass(frozen=True, slots=True)
class Closed:
    """What came of closing one account ("*": all of a mode, where not even their names can be read).

    `others` are signed contracts that the venue holds and the journal never traded: they stay. `failed` is what ended it, None
    for nothing; `left` are the signed contracts that are open then by the journal, None where it cannot be read.
    """

    mode: Mode
    account: str
    done: tuple[Traded | Refused, ...] = ()
    others: Mapping[str, Decimal] = field(default_factory=dict)
    failed: HedgerowError | None = None
    left: Mapping[str, Decimal] | None = None

    @property
    def code(self) -> int:
        """The exit code of this account: 0 where nothing is open any more that the venue told of."""
        if self.failed is not None:
            return self.failed.exit_code
        last = self.done[-1] if self.done else None
        is_closed = last is None or (isinstance(last, Traded) and last.outcome == "complete")
        return int(bool(self.others) or not is_closed)


def flatten(
    settings: Settings, mode: Mode, report: Report = lambda _: None, account: str = "*"
) -> tuple[Closed, ...]:
    """Close every position of accounts that are halted already, by orders that only reduce, and return each one's end.

    Waits for a process that is ending. Nothing that goes wrong at an account is raised: it is told, and the next one follows.
    With real money venues that may trade live and are in no journal are looked at too; nothing of them is closed.
    """
    place = place_of(settings, mode)
    if mode == "live":
        return tuple(_live(settings, place, report, account))
    if account not in {"*", PAPER_ACCOUNT} or not place.journal.exists():
        return ()
    return (_apart(place, PAPER_ACCOUNT, partial(_paper, settings, place, report)),)


def _apart(place: Place, account: str, work: Callable[[_Done], Mapping[str, Decimal]]) -> Closed:
    """Return what came of `work` at one account, however it ended."""
    done: _Done = []
    failed: HedgerowError
    try:
        others = work(done)
    except HedgerowError as why:
        failed = why
    except Exception as why:  # noqa: BLE001 - a defect at one account must not keep another's positions open
        failed = HedgerowError(f"{account}: {type(why).__name__}: {why}", advice="Please report it.")
    else:
        return Closed(place.mode, account, tuple(done), others)
    return Closed(place.mode, account, tuple(done), failed=failed, left=_by_journal(place, account))


def _by_journal(place: Place, account: str) -> Mapping[str, Decimal] | None:
    """Signed contracts that a journal has open, None where it cannot be read."""
    if not place.journal.exists():
        return None
    try:
        with look_into(place.journal) as journal:
            entries = ledger_of(journal.read(account)).entries
    except HedgerowError:
        return None
    return {
        name: contracts_of(entry.leg.instrument, entry.quantity)
        for name, entry in entries.items()
        if entry.quantity
    }


def _paper(settings: Settings, place: Place, report: Report, done: _Done) -> Mapping[str, Decimal]:
    report("waiting for the account")
    _await_lease(place, PAPER_ACCOUNT)
    settings = data_of(place, settings)
    report("reading prices")
    market, _ = market_of(settings.data, settings.hedge.factor, settings.data.source)
    with dealing(place, market, (), settings) as at:
        report("closing positions")
        _close(settings, at, place.mode, done)
    return {}


def _live(settings: Settings, place: Place, report: Report, account: str) -> Iterator[Closed]:
    try:
        names = account_names(place, account)
    except HedgerowError as why:
        yield Closed(place.mode, account, failed=why)
        names = ()
    for name in names:
        yield _apart(place, name, partial(_of_journal, settings, place, report, name))
    known = {name.partition(":")[0] for name in names}
    for venue in (each for each, told in settings.venues.items() if told.live):
        if venue not in known and (account == "*" or account.partition(":")[0] == venue):
            report(f"looking at {venue}")
            yield _apart(place, f"{venue}:*", partial(_never_traded, settings, venue))
        more = more_keys(venue) if account == "*" else ()
        for key in (venue, *more) if more and venue in known else more:
            report(f"looking at {key}")
            yield from _by_key(settings, place, key, frozenset(names))


def _of_journal(
    settings: Settings, place: Place, report: Report, name: str, done: _Done
) -> Mapping[str, Decimal]:
    """Close what an account of the journal holds, and return what else the venue holds."""
    failed: list[HedgerowError] = []
    there = next(accounts_of(settings, place, name, failed), None)
    if there is None:
        raise failed[0]
    report(f"closing positions of {name}")
    _await_lease(place, name)
    with live_dealing(settings, place, there, ()) as at:
        _close(settings, at, place.mode, done)
        known = frozenset(ledger_of(at.journal.read(name)).instruments)
    return _others(settings, there, known)


def _never_traded(settings: Settings, venue: str, _: _Done) -> Mapping[str, Decimal]:
    return _others(settings, reached(settings, venue, only_reduce=True), frozenset())


def _by_key(settings: Settings, place: Place, key: str, known: frozenset[str]) -> Iterator[Closed]:
    """What the account of a key holds, where the journal has not traded it."""
    try:
        there = reached(settings, key, only_reduce=True)
    except HedgerowError as why:
        yield Closed(place.mode, key, failed=why)
        return
    if there.account not in known:
        yield _apart(place, there.account, lambda _: _others(settings, there, frozenset()))


def _others(settings: Settings, there: Reached, known: frozenset[str]) -> Mapping[str, Decimal]:
    """Return what a venue holds beside `known` contracts, in signed contracts; `StateUnknown` where it does not say."""
    door = account_door(settings, there.venue, there.keys)
    try:
        return asked_of(door, lambda: _held_beside(door.data, door.account, known))
    except HedgerowError as why:
        raise StateUnknown(
            f"what {there.account} holds that this journal never traded is not known: {why.message}",
            advice="Look at the venue's own page.",
        ) from None


async def _held_beside(data: MarketData, account: Account, known: frozenset[str]) -> Mapping[str, Decimal]:
    listed = {one.name: one for one in await data.instruments() if one.name not in known}
    found: dict[str, Decimal] = {}
    for held in await account.positions(tuple(listed.values())):
        leg = "" if held.leg == "net" else f" ({held.leg})"
        found[f"{held.instrument}{leg}"] = contracts_of(listed[held.instrument], held.quantity)
    return found


def _close(settings: Settings, at: Dealing, mode: Mode, done: _Done) -> None:
    """Close what an account holds; what was begun ends first, and no stop of ours is left to wait for the next position."""
    for _ in range(2):
        closing = _closing(at)
        if not closing and unfinished(at.journal, at.account) is None:
            break
        plan = KeptPlan(f"flatten-{wall_ms()}", FLATTEN, wall_ms(), {}, {}, None, closing, {})
        done.append(Hand(plan, settings, at, Scene(None), Manner(Style()), {}).trade(mode))
    left = at.ask(lambda doors: called_back(doors, at.journal, at.account, at.clock))
    if left:
        raise StateUnknown(
            f"{at.account}: {', '.join(left)} were called back and are still open",
            advice=f"Look at the venue's own page, and call `hedgerow halt --flatten --{mode}` again.",
        )


def _closing(at: Dealing) -> dict[str, str]:
    """Return the contracts, signed, that would close what the venue holds of those that the journal knows."""
    known = ledger_of(at.journal.read(at.account)).instruments
    held = at.ask(lambda doors: held_now(doors, tuple(known.values())))
    return {name: str(-contracts_of(known[name], units)) for name, units in held.items() if units}


def _await_lease(place: Place, account: str) -> None:
    """Wait until nobody holds the account, for as long as a lease lasts; who holds it then is told by who deals with it."""
    end = time.monotonic() + LEASE_MS / 1_000
    with look_into(place.journal) as journal:
        while time.monotonic() < end:
            if not any(left for lease, left in journal.leases() if lease.account == account):
                return
            time.sleep(0.2)
