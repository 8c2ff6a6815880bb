"""Workers that watch one list of books together, on a server: each one's sign of life, and who has claimed which book.

crew = Workers(server, "me", books, 15_000)
crew.beat() -> until                    this process's clock, at which everybody takes this worker for dead
crew.turn(ended, leaving) -> Standing   what is ours now, and which of it is to be given back
workers_on(server) -> (Worker(...), ...)

A claim says who is to begin a book's watch, and lasts as long as its worker's life does: one row is renewed for a thousand
books. It allows no writing: that is the lease of the account that hedges the book, with its fence. Turns are taken one after
another, under a lock that no sign of life waits for. Everything is judged by the server's clock, read after the lock. Errors as `Journal`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, text

from hedgerow.store.journal import milliseconds
from hedgerow.store.postgresql import Database
from hedgerow.store.server import Server
from hedgerow.store.sharing import Turn, turn

__all__ = ["Standing", "Worker", "Workers", "workers_on"]

_LIVES, _CLAIMS = "workers", "claims"
_BOTH = {"lives": _LIVES, "claims": _CLAIMS}
_TURN = "books are shared"
_BRIEFLY = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :idle, true), set_config('lock_timeout', :wait, true)"
)
"""Whoever is stopped in the middle of a turn is thrown out of it long before others are taken for dead."""

_BRIEF, _WAIT = 8, 3
"""What part of a lease time a turn may stand still for, and how long it is waited for."""

_KEPT_MS = 3_600_000
"""How long a worker that is gone is still named."""

_WHOLE = 12
"""Every so many turns who holds what is read, whether or not anybody said that it has changed."""

_BEAT = text(
    "INSERT INTO documents (folder, name, at, text) VALUES (:lives, :name, :at, :text)"
    " ON CONFLICT (folder, name) DO UPDATE SET at = excluded.at"
)
_SAY = text("UPDATE documents SET text = :text WHERE folder = :lives AND name = :name")
_ALL = text("SELECT at, text FROM documents WHERE folder = :lives ORDER BY name")
_OLD = text("DELETE FROM documents WHERE folder = :lives AND at < :before")
_HELD = text("SELECT name, text FROM documents WHERE folder = :claims")
_TAKE = text(
    "INSERT INTO documents (folder, name, at, text) SELECT :claims, book, :at, :name FROM unnest(CAST(:books AS text[])) AS book"
    " ON CONFLICT (folder, name) DO UPDATE SET at = excluded.at, text = excluded.text"
)
_GIVE = text("DELETE FROM documents WHERE folder = :claims AND text = :name AND name = ANY(:books)")
_GO = text(
    "DELETE FROM documents WHERE (folder = :claims AND text = :name) OR (folder = :lives AND name = :name)"
)


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker as others see it: which list it serves, how many books it holds, since when, its life's end; server's milliseconds.

    `moves` counts its turns that changed who holds what.
    """

    name: str
    serves: str
    books: int
    since: int
    moves: int
    ends: int

    def lives(self, now: int) -> bool:
        """Return whether what it holds is its own yet."""
        return self.ends > now


@dataclass(frozen=True, slots=True)
class Standing:
    """How a worker stands after its turn: `mine` are its books, of which `gives` are to be ended; `others_end` at which clock of ours somebody else's life ends next."""

    mine: frozenset[str]
    gives: tuple[str, ...]
    others_end: int | None


class Workers:
    """One worker among those on a server. `monotonic` is this process's clock in milliseconds; `clock` is for tests, as of `Database`."""

    def __init__(
        self,
        server: Server,
        name: str,
        books: Sequence[str],
        ttl_ms: int,
        *,
        monotonic: Callable[[], int] = milliseconds,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self._ground = Database(server, clock, monotonic)
        self._books, self._ttl_ms = tuple(sorted(set(books))), ttl_ms
        serves = hashlib.sha256("\n".join(self._books).encode()).hexdigest()[:16]
        self._me = Worker(name, serves, 0, 0, 0, 0)
        self._seen: object = None
        self._mine: frozenset[str] = frozenset()
        self._turns = 0

    @property
    def name(self) -> str:
        """What it is called."""
        return self._me.name

    def prepare(self) -> None:
        """Make the tables where there are none."""
        self._ground.prepare()

    def beat(self) -> int:
        """Leave a sign of life; return our clock at which it ends, counted from before the server was asked.

        Another thread than that of turns may do so.
        """
        before = self._ground.now()
        with self._ground.writing() as connection:
            now = self._ground.clock(connection)
            connection.execute(_BEAT, _row(replace(self._me, since=now, ends=now + self._ttl_ms)))
        return before + self._ttl_ms

    def turn(self, ended: Collection[str], leaving: Collection[str]) -> Standing:
        """Give up what has `ended`, take what is ours to take, and say what is to be ended.

        `leaving` is what was said before and has not ended yet.
        """
        before = self._ground.now()
        with self._ground.reading() as connection:
            now, all_there = (
                (0, ()) if connection is None else (self._ground.clock(connection), _all(connection))
            )
        living = [each for each in all_there if each.lives(now)]
        ends = min((each.ends for each in living if each.name != self.name), default=None)
        seen = [(each.name, each.serves, each.moves) for each in living]
        told = None if ends is None else before + ends - now
        self._turns += 1
        if not ended and seen == self._seen and self._turns % _WHOLE:
            return Standing(self._mine, (), told)
        done = self._alone(frozenset(ended), leaving)
        self._seen = None if done != Turn() or ended else seen
        return Standing(self._mine, done.gives, told)

    def leave(self) -> None:
        """Give up everything at once."""
        with self._ground.writing() as connection:
            self._ground.alone(connection, _TURN)
            connection.execute(_GO, {**_BOTH, "name": self.name})

    def _alone(self, ended: frozenset[str], leaving: Collection[str]) -> Turn:
        """Take a turn while nobody else takes one; nothing where our own life is over: somebody else may hold everything."""
        with self._ground.writing() as connection:
            connection.execute(
                _BRIEFLY, {"idle": str(self._ttl_ms // _BRIEF), "wait": str(self._ttl_ms // _WAIT)}
            )
            self._ground.alone(connection, _TURN)
            now = self._ground.clock(connection)
            living = {each.name: each for each in _all(connection) if each.lives(now)}
            if self.name not in living:
                self._mine = frozenset()
                return Turn()
            if ended:
                connection.execute(_GIVE, {**_BOTH, "name": self.name, "books": sorted(ended)})
            holders = _holders(connection, living)
            mine, done = self._decided(holders, living, leaving)
            if done.takes:
                connection.execute(_TAKE, {**_BOTH, "name": self.name, "at": now, "books": list(done.takes)})
            mine |= set(done.takes)
            moves = self._me.moves + bool(done.takes or ended)
            me = replace(living[self.name], books=len(mine), moves=moves)
            connection.execute(_SAY, _row(me))
            connection.execute(_OLD, {**_BOTH, "before": now - _KEPT_MS})
        self._me, self._mine = me, frozenset(mine)
        return done

    def _decided(
        self, holders: Mapping[str, str], living: Mapping[str, Worker], leaving: Collection[str]
    ) -> tuple[set[str], Turn]:
        """Which books of the list are ours, and what is to be done; only who serves the same list is counted on."""
        counted = Counter(holders[book] for book in self._books if book in holders)
        peers = {name: counted[name] for name, each in living.items() if each.serves == self._me.serves}
        mine = [book for book in self._books if holders.get(book) == self.name]
        free = [book for book in self._books if book not in holders]
        return set(mine), turn(self.name, peers, mine, free, leaving)


def _row(worker: Worker) -> dict[str, object]:
    return {**_BOTH, "name": worker.name, "at": worker.ends, "text": json.dumps(asdict(worker))}


def _all(connection: Connection) -> tuple[Worker, ...]:
    rows = connection.execute(_ALL, _BOTH).all()
    return tuple(replace(Worker(**json.loads(row.text)), ends=row.at) for row in rows)


def _holders(connection: Connection, living: Collection[str]) -> dict[str, str]:
    """Who holds which book, of those who live."""
    return {book: name for book, name in connection.execute(_HELD, _BOTH) if name in living}


def workers_on(server: Server) -> tuple[tuple[Worker, int], ...]:
    """Return every worker that was there within the hour, and the milliseconds that its life lasts yet: 0 or less where it is over."""
    ground = Database(server, None, milliseconds)
    with ground.reading() as connection:
        if connection is None:
            return ()
        now = ground.clock(connection)
        return tuple((each, each.ends - now) for each in _all(connection))
