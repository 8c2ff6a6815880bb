"""The journal's twin in memory: the same rules, records and digests, gone with the process. For tests and simulations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from hedgerow.model.errors import Halted
from hedgerow.model.ports import Lease, Record
from hedgerow.store.chain import FIRST, Line, Trade, body_of, checked, linked, same_trade, text_of, trade_of
from hedgerow.store.halts import ALL, Halt
from hedgerow.store.holding import Held, free, holds, lost, taken

__all__ = ["MemoryStore"]


def _nothing(_: str) -> None:
    """Be the hook of who has none."""


class MemoryStore:
    """A `model.ports.Store` for one process. `monotonic` is its clock in milliseconds, `point` called as the journal's."""

    def __init__(self, monotonic: Callable[[], int], point: Callable[[str], None] = _nothing) -> None:
        self._monotonic, self._point = monotonic, point
        self._lines: dict[str, list[tuple[Line, str]]] = {}
        self._trades: dict[tuple[str, str, str], Trade] = {}
        self._held: dict[str, Held] = {}
        self._halts: dict[str, Halt] = {}

    def acquire(self, account: str, holder: str, ttl_ms: int) -> Lease | None:
        """Return the lease; None while another holder's lives."""
        mine = taken(self._held.get(account), (account, holder), self._monotonic(), ttl_ms)
        if mine is None:
            return None
        self._point("journal.acquire.written")
        self._held[account] = mine
        self._point("journal.acquire.committed")
        return Lease(account, holder, mine.fence, mine.expires)

    def renew(self, lease: Lease, ttl_ms: int) -> Lease | None:
        """Return the lease with a later end; None: it is another's now."""
        held = self._held.get(lease.account)
        if held is None or not holds(held, lease):
            return None
        self._point("journal.renew.written")
        expires = self._monotonic() + ttl_ms
        self._held[lease.account] = held._replace(expires=expires, ttl_ms=ttl_ms)
        return Lease(lease.account, lease.holder, lease.fence, expires)

    def release(self, lease: Lease) -> None:
        """Give it back; nothing where it is another's."""
        held = self._held.get(lease.account)
        if held is not None and holds(held, lease):
            self._held[lease.account] = held._replace(holder="")

    def append(
        self,
        stream: str,
        at: int,
        records: Sequence[tuple[str, Mapping[str, object]]],
        lease: Lease,
        *,
        opening: bool = False,
    ) -> int:
        """Write records, all or none."""
        self._point("journal.append.begun")
        self._allow(lease, opening=opening)
        lines = self._lines.get(stream, [])
        seq, digest = (lines[-1][0].seq, lines[-1][1]) if lines else (0, FIRST)
        added: list[tuple[Line, str]] = []
        trades: dict[tuple[str, str, str], Trade] = {}
        for kind, body in records:
            trade = trade_of(kind, body)
            if trade is not None:
                known = trades.get(trade.key) or self._trades.get(trade.key)
                if known is not None:
                    same_trade(known, trade)
                    continue
                trades[trade.key] = trade
            seq += 1
            line = Line(seq, at, kind, lease.fence, text_of(body))
            digest = linked(digest, stream, line)
            added.append((line, digest))
        self._point("journal.append.written")
        if added:
            self._lines.setdefault(stream, []).extend(added)
            self._trades |= trades
        self._point("journal.append.committed")
        return seq

    def read(self, stream: str, after: int = 0) -> Iterator[Record]:
        """Yield the stream's records in order."""
        for line, digest in self._lines.get(stream, [])[after:]:
            yield Record(line.seq, stream, line.at, line.kind, body_of(line.text), digest, line.fence)

    def streams(self) -> tuple[str, ...]:
        """Return every stream there is."""
        return tuple(sorted(self._lines))

    def halt(self, account: str, at: int, why: str | None) -> None:
        """Set or lift a halt."""
        self._halts.pop(account, None)
        if why is not None:
            self._halts[account] = Halt(account, at, why.strip() or "no reason was given")

    def halted(self, account: str) -> str | None:
        """Return why the account is halted, or None."""
        halt = self._halts.get(account) or self._halts.get(ALL)
        return halt.why if halt else None

    def halts(self) -> Mapping[str, Halt]:
        """Return the halts in force."""
        return dict(self._halts)

    def leases(self) -> tuple[tuple[Lease, int], ...]:
        """Return every account's lease and the milliseconds that it has left, 0 where it is free."""
        now = self._monotonic()
        return tuple(
            (Lease(h.account, h.holder, h.fence, h.expires), 0 if free(h, now) else h.expires - now)
            for h in self._held.values()
        )

    def verify(self) -> int:
        """Check every record of every stream and return how many there are; raises `JournalBroken`, which says where."""
        return sum(1 for s, lines in self._lines.items() for _ in checked(s, lines, 0, FIRST))

    def _allow(self, lease: Lease, *, opening: bool) -> None:
        refusal = lost(self._held.get(lease.account), lease, self._monotonic())
        if refusal is not None:
            raise refusal
        why = self.halted(lease.account) if opening else None
        if why is not None:
            raise Halted(f"{lease.account} is halted: {why}", advice="Lift the halt to trade again.")
