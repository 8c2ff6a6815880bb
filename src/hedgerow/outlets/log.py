"""The log: one JSON record a line for everything that happened, with an `action`, for machines that collect such lines.

with log_to("-") as log: log.write("rebalance", "info", at, account="paper:paper", book="book", text=…, beta_usd=(…,))

Numbers are numbers, what is not known is null, and no line holds a secret that this process knows.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from hedgerow.model.errors import BadInput
from hedgerow.model.ports import Level
from hedgerow.model.watched import Fact
from hedgerow.outlets.messages import LEVELS
from hedgerow.outlets.redaction import redacted

__all__ = ["STDERR", "Log", "log_to"]

STDERR = "-"


@dataclass(slots=True)
class Log:
    """Writes records to a stream, from `least` on; `lost` counts those that could not be written. None: nowhere."""

    stream: TextIO | None
    least: Level = "info"
    lost: int = 0
    _writer: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.stream is None:
            return
        import structlog

        self._writer = structlog.wrap_logger(
            structlog.WriteLogger(self.stream),
            processors=[_stamped, structlog.processors.JSONRenderer(ensure_ascii=False), _without_secrets],
            cache_logger_on_first_use=True,
        )

    def write(self, action: str, level: Level, at: int, facts: Mapping[str, Fact]) -> None:
        """Write one record; a disk that is full stops nobody from trading."""
        if self._writer is None or LEVELS.index(level) < LEVELS.index(self.least):
            return
        record = {name: _plain(value) for name, value in facts.items() if name not in {"at", "event"}}
        try:
            self._writer.msg(action, **{**record, "at": at, "level": level})
        except (OSError, ValueError):
            self.lost += 1


@contextmanager
def log_to(where: str | None, least: Level = "info") -> Iterator[Log]:
    """Yield a log to a file, to stderr ("-") or to nowhere (None). Raises `BadInput` for a file that cannot be written.

    The file is added to, and is for this user alone: it says what is held.
    """
    if where is None or where == STDERR:
        yield Log(None if where is None else sys.stderr, least)
        return
    path = Path(where).expanduser()
    try:
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as why:
        raise BadInput(
            f"cannot be written: {why.strerror}",
            file=str(path),
            advice="Give a file in a folder that exists, or - for stderr.",
        ) from None
    with os.fdopen(opened, "a", encoding="utf-8", errors="replace") as stream:
        yield Log(stream, least)


def _stamped(_: object, __: str, record: Any) -> Any:
    """Put what every record has in front: when, what, how loud."""
    at = datetime.fromtimestamp(record.pop("at") / 1_000, tz=UTC)
    head = {"at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "action": record.pop("event")}
    return {**head, "level": record.pop("level"), **record}


def _without_secrets(_: object, __: str, line: Any) -> Any:
    return redacted(line)


def _plain(value: Fact) -> object:
    """A value as JSON has it: what is not finite is not known."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return redacted(value) if isinstance(value, str) else value
