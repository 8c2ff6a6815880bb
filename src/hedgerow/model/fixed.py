"""Arrays that cannot change, and what was made of them, for all who look at the same ones.

prices = fixed(prices)                          a copy that nobody can write to
SHARED = Shared(most=2)
SHARED.of((prices[:400],), ("ols:90",), make)   made once for these rows; of an array that can change, each time
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Shared", "fixed"]

Made = TypeVar("Made")
Kind = TypeVar("Kind", bound=np.generic)
Mark = tuple[tuple[object, ...], ...]


def fixed(array: NDArray[Kind]) -> NDArray[Kind]:
    """Return a copy of an array that cannot be written to; nor can any part of it."""
    found = array.copy(order="C")
    found.setflags(write=False)
    return found


class Shared(Generic[Made]):
    """The last `most` things that were made of arrays that cannot change. What is made must not be changed either."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: tuple[tuple[Mark, object, tuple[weakref.ref[Any], ...], Made], ...] = ()

    def of(self, arrays: Sequence[NDArray[Any]], what: object, make: Callable[[], Made]) -> Made:
        """Return what `make` makes of `arrays`: once for the same parts of the same arrays and an equal `what`."""
        owners = [_owner(array) for array in arrays]
        if any(owner is None for owner in owners):
            return make()
        mark = tuple(_mark(owner, array) for owner, array in zip(owners, arrays, strict=True))
        for was, of, alive, made in self._kept:
            if was == mark and of == what and all(one() is not None for one in alive):
                return made
        made = make()
        refs = tuple(weakref.ref(owner) for owner in owners if owner is not None)
        self._kept = ((mark, what, refs, made), *self._kept[: self._most - 1])
        return made


def _owner(array: NDArray[Any]) -> NDArray[Any] | None:
    """The array whose memory this is, where that cannot be written to."""
    owner: object = array if array.base is None else array.base
    return owner if isinstance(owner, np.ndarray) and not owner.flags.writeable else None


def _mark(owner: NDArray[Any] | None, array: NDArray[Any]) -> tuple[object, ...]:
    return id(owner), array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str
