"""Array aliases and the one shape check."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.model.errors import BrokenPromise

__all__ = ["BoolArray", "FloatArray", "IntArray", "TimeArray", "check_shape"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
TimeArray = NDArray[np.datetime64]


def check_shape(name: str, array: NDArray[Any], shape: tuple[int | None, ...]) -> None:
    """Raise `BrokenPromise` unless `array` has `shape`; None matches any length."""
    fits = array.ndim == len(shape) and all(
        want is None or want == got for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise BrokenPromise(f"{name} has shape {array.shape}, expected {shape}")
