"""Lines beside a journal, that need neither its lease nor its lock: in a file, or in a table of its server.

beside(journal, "approvals") -> Lines
add_line(lines, text)                      durable when it returns
lines_in(lines) -> list[str]                all of them, or those that have a part
mark_of(lines)                             changes with every line
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hedgerow.model.errors import HedgerowError
from hedgerow.store import folders
from hedgerow.store.documents import Sheet
from hedgerow.store.server import Server, Where

__all__ = ["Lines", "Listed", "add_line", "beside", "lines_in", "mark_of"]


@dataclass(frozen=True, slots=True)
class Listed:
    """The lines of one name in a server's table."""

    server: Server
    name: str

    def __str__(self) -> str:
        """Return what people see of it."""
        return f"{self.server}, {self.name}"


Lines = Path | Listed


def beside(journal: Where, what: str) -> Lines:
    """Return the lines of that name beside a journal."""
    if isinstance(journal, Server):
        return Listed(journal, what)
    return journal.with_name(f"{journal.name}-{what}")


def add_line(lines: Lines, line: str) -> None:
    """Add a line; durable when it returns. Raises `OSError`, which says why."""
    if isinstance(lines, Path):
        folders.add_line(lines, line)
        return
    from hedgerow.store.shared import add

    with _as_of_a_disk():
        add(lines.server, lines.name, line)


def lines_in(lines: Lines, errors: str = "strict", part: str = "") -> list[str]:
    """Return all lines that are not empty and have a `part`, in order. Raises `OSError`, and `UnicodeDecodeError` for a file of other bytes.

    A server looks for the part itself: who asks for one of ten thousand is not sent the rest. `FileNotFoundError` where nothing was ever written to a file; of a server's table the lines are none then.
    """
    if isinstance(lines, Path):
        found = lines.read_text(encoding="utf-8", errors=errors).splitlines()
        return [line for line in found if line and part in line]
    from hedgerow.store.shared import all_of

    with _as_of_a_disk():
        return [line for line in all_of(lines.server, lines.name, part) if line]


def mark_of(place: Lines | Sheet | Where) -> tuple[int, int] | None:
    """Return what changes whenever a place is written to: when, in nanoseconds, and its size; None where none can be seen.

    Of a server it is not known when (0), and the number grows with whatever it writes.
    """
    try:
        if not isinstance(place, Path):
            from hedgerow.store.postgresql import number_of_writes

            return 0, number_of_writes(place if isinstance(place, Server) else place.server)
        found = place.stat()
    except (OSError, HedgerowError):
        return None
    return found.st_mtime_ns, found.st_size


@contextmanager
def _as_of_a_disk() -> Iterator[None]:
    """Who keeps lines knows one way in which they fail."""
    try:
        yield
    except HedgerowError as why:
        raise OSError(errno.EIO, why.message) from None
