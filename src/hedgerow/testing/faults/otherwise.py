"""What a watch owes an account that somebody has set otherwise: it opens nothing there, and tells.

set_otherwise(history) -> what it violates
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hedgerow.testing.faults.history import History

__all__ = ["set_otherwise"]

_CALM_MS = 60_000
_MODES_MS = 360_000
"""How accounts are set is asked every five minutes, and at the next look."""


@dataclass(slots=True)
class _Settings:
    """How the account is set, since when it is not what is wanted, and since when each contract is known to be held."""

    other: int | None = None
    calm: int | None = None
    wrong: set[str] = field(default_factory=set)
    held: dict[str, int] = field(default_factory=dict)

    def take(self, at: int, kind: str, body: Mapping[str, Any]) -> None:
        """Take in a line."""
        if kind == "modes set":
            meant = body["modes"].hedge is False and body["modes"].margin_mode == "cross"
            self.other = None if meant else at if self.other is None else self.other
            self.wrong = self.wrong if self.other is not None else set()
        elif kind in {"storm", "calm"}:
            self.calm = at if kind == "calm" else None
        elif kind == "programme" and self.other is not None:
            self.wrong.add(body["plan"])
        elif kind == "look" and body["known"]:
            self.held = {name: self.held.get(name, at) for name in body["held"]}

    def unnoticed(self, at: int, alarms: Mapping[tuple[str, str], str]) -> Iterator[str]:
        """Yield the contracts that have been set otherwise for long, while nothing else is wrong, without an alarm."""
        if self.other is None or self.calm is None or at < max(self.other + _MODES_MS, self.calm + _CALM_MS):
            return
        for name, since in self.held.items():
            if since < self.other and ("account mode", name) not in alarms:
                yield name


def set_otherwise(history: History) -> Iterator[str]:
    """Yield what was sent and what was not told while the account was set otherwise than it is wanted (W10)."""
    settings = _Settings()
    intents = {body["client_id"]: body for _, kind, body in history if kind == "intent"}
    for at, kind, body in history:
        settings.take(at, kind, body)
        if kind == "sent" and not body["reduce_only"]:
            plan = intents.get(body["client_id"], {}).get("plan")
            if settings.other is not None and plan in settings.wrong:
                yield f"W10 at {at}: {body['client_id']} left while the account is set otherwise than wanted"
        elif kind == "look" and body["known"]:
            for name in settings.unnoticed(at, body["alarms"]):
                yield f"W10 at {at}: {name} was set otherwise at {settings.other}, and nobody was called"
