"""Real money: which account it is, who says yes, and the account held with its doors open.

reached(settings, "binance")                  the account that the kept key trades for, if settings and key allow it
with live_dealing(settings, place, there, contracts) as at: ...

Every gate has an error of its own, and nothing is sent before all of them are open: `live = true` in `[trade]` and in
`[venues.NAME]`, a key that may trade and may not withdraw, contracts that are the venue's own, units that agree with the
venue's own notional, and a person, or a script, that names the account.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hedgerow.app.alone import alone
from hedgerow.app.asking import passphrase_from
from hedgerow.app.dealing import LEASE_MS, Dealing, account_uid, holder_of, leased, wall_ms
from hedgerow.app.keys import key_name, keys_of, more_keys, venue_of
from hedgerow.app.leases import Leases
from hedgerow.app.plans import Place, legs_of, place_of
from hedgerow.app.standing import account_names
from hedgerow.app.venues import account_door, allowed_live, asked_of, live_door, margin_door
from hedgerow.config import Settings
from hedgerow.model.errors import BadConfig, HedgerowError, UsageError, VenueRefused
from hedgerow.model.ports import Clock, Lease, Store
from hedgerow.model.trades import Offer

if TYPE_CHECKING:
    from hedgerow.runs.reconcile import Doors
    from hedgerow.store.plans import KeptPlan
    from hedgerow.venues.doors import CcxtVenue, Keys

__all__ = [
    "KEY_EVERY_MS",
    "Confirm",
    "Reached",
    "accounts_of",
    "keep_mark",
    "live_dealing",
    "live_plan",
    "reached",
    "venue_named_by",
    "watched",
]

Confirm = Callable[[Offer], None]
"""Shows an offer to whoever may say yes; returns where the answer was yes, else raises `UsageError`."""

KEY_EVERY_MS = 6 * 3_600_000
"""How often a key's rights are read again while something is traded."""


@dataclass(frozen=True, slots=True)
class Reached:
    """An account at a venue: its own name there in `account`, the key to it, and what to warn of at every start.

    `key` names another key than the venue's first: venue/label. `mark` is the key's fingerprint where the venue does not say whose account it is, "" where it does.
    """

    venue: str
    account: str
    keys: Keys
    warnings: tuple[str, ...] = ()
    mark: str = ""
    key: str = ""

    @property
    def name(self) -> str:
        """What it is asked for by: its venue, or venue/label."""
        return self.key or self.venue


def live_plan(settings: Settings, prefix: str) -> tuple[KeptPlan, str]:
    """Return a plan that may be traded with real money, and its venue.

    Raises `BadConfig` where real money is not allowed, or where the plan is not for it; what finding a plan raises.
    """
    from hedgerow.store.plans import find_plan

    if not settings.trade.live:
        raise BadConfig(
            "the settings allow no real money",
            advice="Write [trade] and live = true below it, or leave --live out to trade on paper.",
        )
    try:
        plan = find_plan(place_of(settings, "live").plans, prefix)
    except UsageError:
        on_paper = find_plan(place_of(settings, "paper").plans, prefix)  # raises as it would have
        raise BadConfig(
            f"plan {on_paper.plan_id[:12]} is for paper: {_why_paper(on_paper)}", advice=_AGAIN
        ) from None
    return plan, venue_named_by(plan)


_AGAIN = (
    "Plan on a venue's own contracts: `live = true` in [trade] and [venues.NAME], then plan --market NAME."
)


def _why_paper(plan: KeptPlan) -> str:
    if plan.document.get("simulated"):
        return "its prices are simulated"
    venues = sorted({str(leg["venue"]) for leg in legs_of(plan)})
    return f"its contracts are of {', '.join(venues)}"


def venue_named_by(plan: KeptPlan) -> str:
    """Return the one venue of a plan's legs; raises `BadConfig` where there are several: one account trades a plan."""
    names = sorted({str(leg["venue"]) for leg in legs_of(plan)})
    if len(names) != 1:
        raise BadConfig(
            f"the plan's legs are at {', '.join(names) or 'no venue'}: one account trades one plan",
            advice="Plan a part for each venue.",
        )
    return names[0]


def reached(
    settings: Settings, name: str, *, only_reduce: bool = False, another_key: bool = False
) -> Reached:
    """Return the account that a kept key is of, by the key's name (`bybit`, `bybit/desk2`), after the venue said what it may do.

    Raises `BadConfig` without a key; `VenueRefused` where `[venues.NAME]` has no `live = true`, and for a key that may not
    trade or may withdraw. With `only_reduce` these are warnings: what closes positions and what reads is not kept back. Where the venue
    does not say whose account it is, raises `BadConfig` for another key than the account's first, but for `another_key`.
    """
    key = key_name(name)
    keys, name = keys_of(key, passphrase_from(None)), venue_of(key)
    if only_reduce:
        venue = account_door(settings, name, keys)
    else:
        venue, _ = live_door(settings, name, keys)
    said = asked_of(venue, venue.account.permissions)
    try:
        warnings = allowed_live(settings, name, said)
    except VenueRefused as why:
        if not only_reduce:
            raise
        warnings = (why.message,)
    account = said.account_id or keys.account
    found = Reached(
        name,
        account_uid(name, account),
        replace(keys, account=account),
        warnings,
        "" if said.account_id else _mark(name, keys),
        key,
    )
    if not another_key:
        _same_key(place_of(settings, "live"), found)
    return found


def _mark(venue: str, keys: Keys) -> str:
    """A key's fingerprint: it tells whether two are the same, and nothing of either."""
    return hashlib.sha256(f"hedgerow {venue} {keys.key} {keys.wallet}".encode()).hexdigest()[:32]


def _same_key(place: Place, there: Reached) -> None:
    from hedgerow.store.owners import marks_of

    if there.mark and marks_of(place.journal).of(there.account) not in {"", there.mark}:
        raise BadConfig(
            f"another key than before reaches {there.account}, and {there.venue} does not say whose account that is",
            advice=f"Of the same account: `hedgerow reconcile {there.account} --live --new-key`. Of another one: add it with"
            f" a label, `hedgerow keys add {there.venue}/LABEL`.",
        )


def keep_mark(place: Place, there: Reached) -> None:
    """Note by which key an account is reached, where the venue does not say whose it is."""
    from hedgerow.store.owners import marks_of

    marks = marks_of(place.journal)
    if there.mark and marks.of(there.account) != there.mark:
        marks.set(there.account, there.mark, wall_ms())


def accounts_of(
    settings: Settings,
    place: Place,
    account: str,
    failed: list[HedgerowError],
    *,
    another_key: bool = False,
) -> Iterator[Reached]:
    """Yield the accounts of a journal ("*": all) by the keys that are kept, to read them and to reduce what they hold.

    An account that cannot be reached is put into `failed`, with the reason: it keeps no other from being reached.
    """
    for name in account_names(place, account):
        try:
            yield _by_some_key(settings, name, another_key=another_key)
        except HedgerowError as why:
            failed.append(why)


def _by_some_key(settings: Settings, account: str, *, another_key: bool) -> Reached:
    """The account by whichever of its venue's keys is of it; the first key is asked first, and the first error is what is told."""
    venue = account.partition(":")[0]
    others, failed = list[str](), None
    for key in (venue, *more_keys(venue)):
        try:
            there = reached(settings, key, only_reduce=True, another_key=another_key)
        except HedgerowError as why:
            failed = failed or why
            continue
        if there.account == account:
            return there
        others.append(f"the key of {key} is of {there.account}")
    if failed is not None:
        raise failed
    raise BadConfig(
        f"{account} is not reached: {', '.join(others)}",
        advice=f"Give the key of that account: hedgerow keys add {venue}/LABEL.",
    )


@contextmanager
def live_dealing(
    settings: Settings,
    place: Place,
    there: Reached,
    contracts: Sequence[str],
    *,
    trades: bool = True,
    leases: Leases | None = None,
) -> Iterator[Dealing]:
    """Hold an account at a venue: one process at a time whichever journal it has, this one open, its key looked at again every six hours.

    Who holds many accounts gives their `leases`, which keep this one too. Before the first work the units of `contracts` (by name) are held against the venue's own notional. Who only looks `trades`
    not, and needs no key that may: its rights are not read again. Raises `LeaseHeld`,
    and what opening a journal raises; `at.ask` what the doors raise, and `UnitMismatch`.
    """
    from hedgerow.store.owners import marks_of
    from hedgerow.venues.clocks import WallClock

    clock, holder = WallClock(), holder_of()
    with (
        _journal(place, leases) as journal,
        leased(journal, holder, there.account) as lease,
        alone(
            there.account,
            holder,
            str(place.server or place.folder.absolute()),
            together=place.server is not None,
        ),
    ):
        if not marks_of(place.journal).of(there.account):
            keep_mark(place, there)

        async def visit(work: Callable[[Doors], Awaitable[Any]]) -> Any:
            venue = margin_door(settings, there.venue, there.keys)
            with_what = (journal, clock) if trades else None
            async with nullcontext() if leases is not None else _lasting(journal, lease, clock):
                return await venue.during(
                    lambda: _guarded(settings, there, venue, with_what, contracts, work)
                )

        yield Dealing(there.account, holder, lease, journal, clock, visit)


def _journal(place: Place, leases: Leases | None) -> AbstractContextManager[Store]:
    from hedgerow.store.journal import open_journal

    return open_journal(place.journal) if leases is None else nullcontext(leases)


@asynccontextmanager
async def _lasting(journal: Store, lease: Lease, clock: Clock) -> AsyncIterator[None]:
    """Keep a lease while the block runs."""
    keeping = asyncio.create_task(_kept(journal, lease, clock))
    try:
        yield
    finally:
        await _ended(keeping)


async def _kept(journal: Store, lease: Lease, clock: Clock) -> None:
    """Make a lease last while a venue is slow to answer; whoever writes finds out by himself that it was lost."""
    while journal.renew(lease, LEASE_MS) is not None:
        await clock.sleep(LEASE_MS // 3)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _guarded(
    settings: Settings,
    there: Reached,
    venue: CcxtVenue,
    with_what: tuple[Store, Clock] | None,
    contracts: Sequence[str],
    work: Callable[[Doors], Awaitable[Any]],
) -> Any:
    """What `work` does at a venue whose units agree, while its key is watched; None: nothing is traded."""
    from hedgerow.runs.reconcile import Doors
    from hedgerow.venues.examination import agree_on_units

    listed = {one.name: one for one in await venue.data.instruments()}
    await agree_on_units(venue, [listed[name] for name in contracts if name in listed])
    doors = Doors(venue.data, venue.trading, venue.account)
    if with_what is None:
        return await work(doors)
    watching = asyncio.create_task(watched(settings, there, venue, *with_what))
    try:
        return await work(doors)
    finally:
        await _ended(watching)


async def watched(settings: Settings, there: Reached, venue: CcxtVenue, journal: Store, clock: Clock) -> None:
    """Read the key's rights again every six hours, and halt the account where it may no longer trade live; then end.

    A venue that does not answer changes nothing: the key is asked about at the next time.
    """
    while True:
        await clock.sleep(KEY_EVERY_MS)
        try:
            said = await venue.account.permissions()
            allowed_live(settings, there.venue, said)
        except VenueRefused as why:
            journal.halt(there.account, wall_ms(), f"the key of {there.venue}: {why.message}")
            return
        except HedgerowError:
            continue
        if said.account_id and account_uid(there.venue, said.account_id) != there.account:
            journal.halt(there.account, wall_ms(), f"the key of {there.venue} is of another account now")
            return
