"""Persistence points: every line around which a process may die is named, so that it can be killed there in tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["pp", "watching"]

Hook = Callable[[str], None]


def _nothing(_: str) -> None:
    """Be the hook of everyday life."""


_hooks: list[Hook] = [_nothing]


def pp(name: str) -> None:
    """Pass a point at which a kill has to be survived. Does nothing but in tests."""
    _hooks[-1](name)


@contextmanager
def watching(hook: Hook) -> Iterator[None]:
    """Call `hook` with the name of every point passed inside the block."""
    _hooks.append(hook)
    try:
        yield
    finally:
        _hooks.remove(hook)
