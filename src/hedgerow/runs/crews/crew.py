"""What those who compute are, and what they are handed and give back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

__all__ = ["Crew", "Done", "Share", "Work", "Workers"]

_Found = TypeVar("_Found")
Work = Callable[[str, Any, Any], _Found]
Share = list[tuple[str, Any]]
"""Keys and points that one worker is handed at once."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Who computes: `count` processes of this machine, 1: this one; or with `ray` a cluster.

    That is the one at `address`, without one that which this session is connected to or RAY_ADDRESS names, else `count`
    processes that are started for it.
    """

    count: int = 1
    ray: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What a share came to, and the seconds that its worker needed."""

    results: list[Any]
    seconds: float


class Crew(Protocol):
    """Workers that are handed shares and give back what is done, in any order."""

    @property
    def width(self) -> int:
        """How many shares are worked on at once."""

    @property
    def busy(self) -> int:
        """How many shares were handed out and are not back."""

    def hand(self, share: Share) -> None:
        """Hand out a share."""

    def done(self) -> list[Done]:
        """Wait for a share, and return those that are back: none where workers died and their shares begin anew.

        Raises what `work` raised, `ClusterFailed` where workers die again and again.
        """

    def close(self) -> None:
        """Give up what is not done, and let the workers go."""
