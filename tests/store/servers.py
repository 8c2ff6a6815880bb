"""A real PostgreSQL for tests: made in a temporary folder, on loopback, by a user who is not root, and stopped by its own id."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from pathlib import Path

import psycopg

from hedgerow.store.postgresql import engine_of
from hedgerow.store.server import Server, Where, where_of

MEMORY = next((str(place) for place in (Path("/dev/shm"),) if os.access(place, os.W_OK)), None)  # noqa: S108 - as kills.py
_OTHER = "postgres"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
    "restart_after_crash": "on",
}


def programs() -> Path | None:
    """Return where the server's programs are; None where it is not installed."""
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    named = shutil.which("initdb")
    found += [Path(named).resolve().parent] if named else []
    return next(
        (place for place in found if (place / "initdb").is_file() and (place / "postgres").is_file()), None
    )


class PostgreSQL:
    """A server that can be killed and started again; its data stay until `remove`."""

    def __init__(self, place: Path) -> None:
        self.place, self.port = place, _free_port()
        self._programs = programs() or Path()
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _OTHER if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(place, self._user)
        self._run(
            "initdb", "-D", str(place / "data"), "-U", "trader", "-A", "trust", "-E", "UTF8", "--locale=C"
        )

    def _run(self, name: str, *words: str) -> None:
        subprocess.run(
            [str(self._programs / name), *words],
            user=self._user,
            cwd=self.place,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def start(self, **settings: str) -> None:
        """Start it, and wait until it answers."""
        words = [f"{name}={value}" for name, value in {**_SETTINGS, **settings}.items()]
        with (self.place / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self._programs / "postgres"), "-D", str(self.place / "data")),
                    *("-p", str(self.port), "-k", str(self.place)),
                    *(part for word in words for part in ("-c", word)),
                ],
                user=self._user,
                cwd=self.place,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                preexec_fn=_ends_with_us,  # noqa: PLW1509 - no thread of ours holds a lock
            )
        end = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise RuntimeError((self.place / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return

    @property
    def pid(self) -> int:
        """The postmaster's."""
        assert self._process is not None
        return self._process.pid

    def url(self, port: int | None = None) -> str:
        """Return its address; another port is that of a way to it that can be cut."""
        return f"postgresql://trader@127.0.0.1:{port or self.port}/postgres"

    def server(self, *, port: int | None = None, here: Path | None = None) -> Server:
        """Return a place for a journal in which nothing is yet."""
        return where_of(self.url(port), f"t{os.getpid()}_{next(self._numbers)}", here)

    def execute(self, *commands: str) -> None:
        """Do something as an administrator would, or a hand from outside."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for command in commands:
                connection.execute(command)

    def kill(self) -> None:
        """kill -9 of the postmaster; its children end when they see that."""
        self._end(signal.SIGKILL)
        lock = self.place / "data" / "postmaster.pid"
        end = time.monotonic() + 30
        while lock.exists() and _children(self.place / "data") and time.monotonic() < end:
            time.sleep(0.02)
        lock.unlink(missing_ok=True)

    def runs(self) -> bool:
        """Return whether the postmaster is there."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop it at once, in order."""
        if self.runs():
            self._end(signal.SIGINT)

    def _end(self, sign: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(sign)
            self._process.wait(timeout=30)


def _ends_with_us() -> None:
    """Let the kernel stop it when this process is gone, however it went."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def _children(data: Path) -> bool:
    """Return whether a process still works on these data: a server that starts meanwhile would be refused."""
    return any(
        (each / "cwd").resolve() == data.resolve()
        for each in Path("/proc").iterdir()
        if each.name.isdigit() and os.access(each / "cwd", os.R_OK)
    )


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """Make and start a server, and leave nothing of it behind."""
    place = Path(tempfile.mkdtemp(prefix="hedgerow-pg-", dir=MEMORY))
    place.chmod(0o711)
    found = PostgreSQL(place)
    try:
        found.start()
        yield found
    finally:
        found.stop()
        shutil.rmtree(place, ignore_errors=True)


STORES = ("sqlite", "postgresql")
"""What `--store` of the schedules may be."""


class Stores:
    """Makes places for journals in which nothing is yet, in files or on a server, and takes them away again."""

    def __init__(self, server: PostgreSQL | None) -> None:
        self.server = server

    def fresh(self, folder: Path, port: int | None = None) -> Where:
        """Return a place: a file in this folder, or a schema, of which this folder is the machine's own."""
        if self.server is None:
            return folder / "journal.db"
        return self.server.server(here=folder, port=port)

    def drop(self, where: Where) -> None:
        """Take a schema away; whoever made a folder takes that away himself."""
        if isinstance(where, Server) and self.server is not None:
            engine_of(where).dispose()
            self.server.execute(f'DROP SCHEMA IF EXISTS "{where.schema}" CASCADE')

    @contextmanager
    def place(self, above: str | None = MEMORY) -> Iterator[tuple[Path, Where]]:
        """Yield a folder and a place that last as long as the block; None: on the disk."""
        with tempfile.TemporaryDirectory(dir=above) as name:
            where = self.fresh(Path(name))
            try:
                yield Path(name), where
            finally:
                self.drop(where)


used: ContextVar[Stores] = ContextVar("used", default=Stores(None))  # noqa: B039 - it holds nothing that changes
"""Where the journals of schedules lie, in this process and in those that it forks."""


@contextmanager
def stores(name: str) -> Iterator[Stores]:
    """Yield what makes places, and is `used` from now on: files, or schemas of a server of our own."""
    if name != STORES[1]:
        yield Stores(None)
        return
    if programs() is None:
        raise SystemExit("there is no PostgreSQL: apt-get install postgresql")
    with running() as server:
        before = used.set(Stores(server))
        yield used.get()
        used.reset(before)
