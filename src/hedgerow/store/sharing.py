"""How many books each of several workers holds, and what one does about it at its turn: rules without a clock or a database.

portions({"a": 7, "b": 0}, 7) -> {"a": 4, "b": 3}
turn("b", {"a": 7, "b": 0}, mine=(), free=()) -> Turn(takes=(), gives=())

Portions differ by one book at most, and those who hold most keep the one more: so as few books move as can be. A worker
takes what nobody holds, and gives back what it has too much of, an eighth at a time. Nobody takes from who lives.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Turn", "portions", "turn"]

_GENTLY = 8
"""A worker gives back no more than this part of its books at once: the others are watched meanwhile."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Books that a worker takes, and books whose watch it ends so that others may take them."""

    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


def portions(held: Mapping[str, int], books: int) -> dict[str, int]:
    """Return how many of `books` each worker is to hold, from how many each holds; {} without workers."""
    if not held:
        return {}
    least, more = divmod(books, len(held))
    order = sorted(held, key=lambda name: (-held[name], name))
    return {name: least + (place < more) for place, name in enumerate(order)}


def turn(
    me: str,
    held: Mapping[str, int],
    mine: Sequence[str],
    free: Sequence[str],
    leaving: Collection[str] = (),
) -> Turn:
    """Return what `me` does: `held` are the books of each worker, `mine` its own, `free` those that nobody living holds.

    Those of `mine` that are `leaving` already were given and are not over yet: they count as held until they are.
    """
    portion = portions(held, sum(held.values()) + len(free))[me]
    going = [book for book in mine if book in leaving]
    most = max(1, len(mine) // _GENTLY)
    count = min(len(mine) - portion - len(going), most - len(going))
    staying = [book for book in mine if book not in leaving]
    return Turn(
        takes=tuple(free[: max(portion - len(mine), 0)]),
        gives=tuple(staying[len(staying) - count :]) if count > 0 else (),
    )
