"""What may be set about what is said to the outside. No address and no secret ever stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hedgerow.model.ports import Level

__all__ = ["LogSettings", "NotifySettings"]


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Who is told what, and when. Addresses stand elsewhere: `hedgerow notify add`.

    `level` is the quietest that is sent, `levels` the same for single targets by name. In the hours `quiet` ("22:00-07:00" in
    `zone`) only what is critical is sent, and the rest when they end. `brief` is the hour of the daily brief. With
    `allow_private` messages may go to this machine's own network, and in the clear.
    """

    level: Level = "warning"
    levels: Mapping[str, Level] = field(default_factory=dict)
    quiet: str | None = None
    zone: str = "UTC"
    brief: str | None = None
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Where the log goes, one JSON record a line: a `file`, "-" for stderr, or None for nowhere; from which `level` on."""

    file: str | None = None
    level: Level = "info"
