"""What waits to be told to whom: levels, quiet hours, one message for a tick, the same alarm not again, tries that grow rarer.

outbox.take(message) -> whom it goes to
outbox.due(now) -> batches to be sent now
outbox.done(batch, now) · outbox.failed(batch, now)

Nothing in here knows the time or sends anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hedgerow.model.notices import Message
from hedgerow.model.ports import Level
from hedgerow.outlets.messages import LEVELS, Hours

__all__ = ["Batch", "Outbox", "Target"]

_FIRST_MS, _LONGEST_MS = 5_000, 900_000
_LEAST_MS, _LOOK_MS = 10, 60_000
_MOST = 500


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody to tell: a name of the owner's choice, and the quietest level that he is told."""

    name: str
    least: Level = "warning"


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes to one target as one message."""

    target: str
    messages: tuple[Message, ...]


@dataclass(slots=True)
class _Line:
    """What one target still has to be told; nothing is tried before `after`."""

    target: Target
    waiting: list[Message] = field(default_factory=list)
    tries: int = 0
    after: int = 0


@dataclass(slots=True)
class Outbox:
    """What waits, by target. `gather_ms` is how long a message waits for others of the same tick.

    No target keeps more than a bounded number in memory: the oldest, quietest ones go first, and are counted in `left_out`.
    """

    targets: Sequence[Target]
    quiet: Hours | None = None
    gather_ms: int = 1_000
    left_out: int = 0
    _lines: dict[str, _Line] = field(init=False)
    _told: dict[tuple[str, str], tuple[Level, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lines = {target.name: _Line(target) for target in self.targets}

    def recall(self, message: Message) -> None:
        """Know that something was told in an earlier life."""
        self._told[message.source, message.title] = (message.level, message.text)

    def take(self, message: Message, *, everybody: bool = False) -> tuple[str, ...]:
        """Let a message wait, and return whom it goes to: nobody where the same alarm was told and has not been cleared since.

        That an alarm is over goes to whoever was told of it. To `everybody` goes what is no alarm and always new.
        """
        if everybody:
            return self.put(message, list(self._lines))
        key = (message.source, message.title)
        before = self._told.get(key)
        same = before is not None and before[0] == message.level
        if same and (message.level != "info" or before == (message.level, message.text)):
            return ()
        self._told[key] = (message.level, message.text)
        loudest = message.level if before is None or message.level != "info" else before[0]
        return self.put(message, [name for name, line in self._lines.items() if _hears(line.target, loudest)])

    def told_of(self, source: str) -> dict[str, str]:
        """Return what was told of a source last, by title."""
        return {title: text for (about, title), (_, text) in self._told.items() if about == source}

    def standing(self, source: str) -> frozenset[str]:
        """Return the titles of what was told of a source last, and not that it is over."""
        return frozenset(
            title for (about, title), (level, _) in self._told.items() if about == source and level != "info"
        )

    def put(self, message: Message, targets: Sequence[str]) -> tuple[str, ...]:
        """Let a message wait for the `targets` that there still are."""
        lines = [self._lines[name] for name in targets if name in self._lines]
        for line in lines:
            line.waiting.append(message)
            if len(line.waiting) > _MOST:
                line.waiting.remove(min(line.waiting, key=lambda m: LEVELS.index(m.level)))
                self.left_out += 1
        return tuple(line.target.name for line in lines)

    def held(self, message: Message) -> bool:
        """Return whether a message would wait for the end of the quiet hours."""
        return message.level != "critical" and self.quiet is not None and self.quiet.holds(message.at)

    def due(self, now: int) -> tuple[Batch, ...]:
        """Return what is to be sent at `now`: whatever waits for a target goes at once, in quiet hours only with what is critical."""
        found = []
        asleep = self.quiet is not None and self.quiet.holds(now)
        for name, line in self._lines.items():
            awake = tuple(m for m in line.waiting if m.level == "critical" or not asleep)
            ready = any(m.at + self.gather_ms <= now for m in awake)
            if ready and now >= line.after:
                found.append(Batch(name, awake))
        return tuple(found)

    def done(self, batch: Batch) -> None:
        """Forget what was sent."""
        line = self._lines[batch.target]
        sent = {m.name for m in batch.messages}
        line.waiting = [m for m in line.waiting if m.name not in sent]
        line.tries = line.after = 0

    def failed(self, batch: Batch, now: int) -> int:
        """Try a target again later, twice as late each time, and return how often it has failed in a row."""
        line = self._lines[batch.target]
        line.after = now + min(_FIRST_MS * 2 ** min(line.tries, 20), _LONGEST_MS)
        line.tries += 1
        return line.tries

    def next_ms(self, now: int) -> int | None:
        """Return how long nothing will be due for, at most a minute (quiet hours end by the wall); None: nothing waits."""
        if not self.waiting:
            return None
        asleep = self.quiet is not None and self.quiet.holds(now)
        waits = [_LOOK_MS]
        for line in self._lines.values():
            ready = [m.at for m in line.waiting if m.level == "critical" or not asleep]
            waits += [max(line.after, min(ready) + self.gather_ms) - now] if ready else []
        return max(min(waits), _LEAST_MS)

    @property
    def waiting(self) -> int:
        """How many messages wait, each counted for each target."""
        return sum(len(line.waiting) for line in self._lines.values())


def _hears(target: Target, level: Level) -> bool:
    return LEVELS.index(level) >= LEVELS.index(target.least)
