"""How the twin's functions are compiled: inner ones into their callers, entries once and onto the disk.

Without reference counts (no function here makes an array) a walk is ten times faster. The disk's copy of an entry is
renewed when the entry's own file changes: change that file's stamp after changing a function it calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = ["entry", "inner"]

_Function = TypeVar("_Function", bound=Callable[..., object])
_LEAN: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
_INSIDE: dict[str, Any] = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def inner(function: _Function) -> _Function:
    """Return `function` for compiled code to call, inlined there."""
    return cast("_Function", numba.njit(**_LEAN, **_INSIDE)(function))


def entry(function: _Function) -> _Function:
    """Return `function` for Python to call, compiled at its first call and kept on disk."""
    return cast("_Function", numba.njit(**_LEAN, nogil=True, cache=True)(function))
