"""How the twin's functions are compiled: inner ones into their callers, entries once and onto the disk.

Without reference counts (no function here makes an array) a walk is ten times faster. What is kept on disk is kept for
these very sources: numba looks at an entry's own file alone, and would go on running the old inner functions after a
change of theirs.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

__all__ = ["abreast", "entry", "inner", "summing"]

_Function = TypeVar("_Function", bound=Callable[..., object])
_SETTINGS: Any = numba.config
_LEAN: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
_INSIDE: dict[str, Any] = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def inner(function: _Function) -> _Function:
    """Return `function` for compiled code to call, inlined there."""
    return cast("_Function", numba.njit(**_LEAN, **_INSIDE)(function))


def entry(function: _Function) -> _Function:
    """Return `function` for Python to call, compiled at its first call and kept on disk."""
    return _kept(function, **_LEAN, nogil=True)


def summing(function: _Function) -> _Function:
    """Return an entry whose sums may be taken in any order, several at a time: for long sums of few operations."""
    return _kept(function, **_LEAN, nogil=True, fastmath={"reassoc", "contract", "nsz"})


def abreast(function: _Function) -> _Function:
    """Return `function` for Python to call, its `prange` loops spread over the cores."""
    return _kept(function, parallel=True, error_model="numpy")


def _kept(function: _Function, **how: Any) -> _Function:
    usual = _SETTINGS.CACHE_DIR
    _SETTINGS.CACHE_DIR = str(_folder())
    try:
        return cast("_Function", numba.njit(**how, cache=True)(function))
    finally:
        _SETTINGS.CACHE_DIR = usual


def _folder() -> Path:
    """Where compiled code of these very sources is kept: beside them, or with the user's caches."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted(here.glob("*.py")):
        digest.update(source.read_bytes())
    beside = here / "__pycache__"
    beside.mkdir(exist_ok=True) if os.access(here, os.W_OK) else None
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hedgerow"
    return (beside if os.access(beside, os.W_OK) else home) / f"compiled-{digest.hexdigest()[:16]}"
