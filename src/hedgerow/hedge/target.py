"""What the owner wants left: a beta per dollar, dollars of beta, or a volatility."""

from __future__ import annotations

import numpy as np

from hedgerow.hedge.exposure import Exposure
from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import UsageError

__all__ = ["target_dollars"]


def target_dollars(
    exposure: Exposure,
    target_beta: tuple[float, ...] | float | None = None,
    target_beta_usd: tuple[float, ...] | float | None = None,
) -> FloatArray:
    """Return the (K,) dollar beta to be left: `target_beta` × net asset value, or `target_beta_usd`; 0 by default.

    Raises `UsageError` when both are given, when there is not one number a factor, and for a ratio of a book
    whose net value is at most 5 % of its gross (`interfaces.md` §3).
    """
    count = len(exposure.factors)
    if target_beta is not None and target_beta_usd is not None:
        raise UsageError(
            "two targets were given", advice="Give --target-beta or --target-beta-usd, not both."
        )
    if target_beta_usd is not None:
        return _one_a_factor(target_beta_usd, count, "--target-beta-usd")
    if target_beta is None:
        return np.zeros(count)
    wanted = _one_a_factor(target_beta, count, "--target-beta")
    if not exposure.has_ratio:
        raise UsageError(
            f"this book has no beta per dollar: its net value of {exposure.nav_usd:,.0f} is at most 5 % of its"
            f" gross {exposure.gross_usd:,.0f}",
            advice="Give the target in dollars of beta: --target-beta-usd 0 takes all of it out.",
        )
    return wanted * exposure.nav_usd


def _one_a_factor(given: tuple[float, ...] | float, count: int, option: str) -> FloatArray:
    numbers = np.atleast_1d(np.asarray(given, dtype=float))
    if len(numbers) != count or not np.isfinite(numbers).all():
        example = ",".join(["0.5", "0", "0", "0"][:count])
        raise UsageError(
            f"{option} has {len(numbers)} numbers for {count} factors",
            advice=f"Give one finite number a factor: {option} {example}",
        )
    return numbers
