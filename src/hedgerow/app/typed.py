"""What was typed, as numbers: it loads nothing, for every verb reads its options here.

numbers("0.5,0", "--target-beta") -> (0.5, 0.0)
"""

from __future__ import annotations

from hedgerow.model.errors import UsageError

__all__ = ["numbers"]


def numbers(text: str, option: str) -> tuple[float, ...]:
    """Return the numbers of `0.5` or `0.5,0`; raises `UsageError` naming the `option`."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f'{option} "{text}" is not a number',
            advice=f"Write {option} 0.5, or {option} 0.5,0 for two factors.",
        ) from None
