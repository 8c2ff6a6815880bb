"""Who holds an account: the rules of a lease, the same in memory and in a file.

Time is one machine's monotonic clock, in milliseconds: all its processes read the same one, nobody sets it, and it
stands still or runs on in a suspend for all of them alike. It begins again at a reboot, when every holder is dead: an
end further away than its own term can only be of an earlier boot, and is over.

On a server it is the server's clock, one for all machines, which somebody may set: `judged` and `told` know of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hedgerow.model.errors import LeaseLost
from hedgerow.model.ports import Lease

__all__ = ["Held", "free", "holds", "judged", "lost", "renewed", "taken", "told"]


class Held(NamedTuple):
    """An account's lease as it is stored: holder "" where it was given back. Times are monotonic milliseconds."""

    account: str
    holder: str
    fence: int
    expires: int
    ttl_ms: int

    @property
    def lease(self) -> Lease:
        """The right of who holds it."""
        return Lease(self.account, self.holder, self.fence, self.expires)


def free(held: Held, now: int) -> bool:
    """Return whether anybody may take the account."""
    return not held.holder or now >= held.expires or held.expires - now > held.ttl_ms


def judged(held: Held | None, now: int, steady: bool) -> int:
    """Return the time to judge a lease by: a clock that is not steady, and was set back, makes it last and frees nobody."""
    return now if held is None or steady else max(now, held.expires - held.ttl_ms)


def told(held: Held, now: int, before: int, steady: bool) -> Held:
    """Return a lease with its end by this process's clock, which was at `before` when whoever says `now` was asked."""
    return held if steady else held._replace(expires=before + held.expires - now)


def taken(held: Held | None, lease: tuple[str, str], now: int, ttl_ms: int) -> Held | None:
    """Return the lease that (account, holder) takes over `held`, its fence above all before; None: another's lives."""
    account, holder = lease
    if held is not None and held.holder != holder and not free(held, now):
        return None
    return Held(account, holder, held.fence + 1 if held else 1, now + ttl_ms, ttl_ms)


def holds(held: Held | None, lease: Lease) -> bool:
    """Return whether nobody took the account over since `lease` was given, however long ago it ended."""
    return held is not None and (held.holder, held.fence) == (lease.holder, lease.fence)


def renewed(
    there: Mapping[str, Held], leases: Sequence[Lease], now: int, ttl_ms: int
) -> tuple[Held | None, ...]:
    """Return each of `leases` with a later end over what is `there`, None where it is another's by now."""
    found = (there.get(lease.account) if holds(there.get(lease.account), lease) else None for lease in leases)
    return tuple(None if h is None else h._replace(expires=now + ttl_ms, ttl_ms=ttl_ms) for h in found)


def lost(held: Held | None, lease: Lease, now: int) -> LeaseLost | None:
    """Return why `lease` allows no writing at `now`, None where it does."""
    if held is None or not holds(held, lease):
        by = f"by {held.holder}" if held is not None and held.holder else "from outside"
        why = f"{lease.account} was taken over {by}"
    elif free(held, now):
        why = f"the lease on {lease.account} ended before it was renewed"
    else:
        return None
    return LeaseLost(why, advice="Nothing was written. Stop, and start again: it begins with reconciling.")
