"""Messages to people, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from hedgerow.model.ports import Level

__all__ = ["Message", "Notice"]


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be told: by its own name, since milliseconds of UTC; `source` is the account and the book it is about."""

    name: str
    at: int
    level: Level
    source: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A message, the targets that it has still to reach, why the last try failed ("": none has), and who has `seen` it.

    `held`: it came in the quiet hours and waits for their end.
    """

    message: Message
    missing: tuple[str, ...]
    held: bool = False
    why: str = ""
    seen: str = ""
