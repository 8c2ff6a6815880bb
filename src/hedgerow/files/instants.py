"""Instants in UTC, from what people and files write."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np

from hedgerow.model.errors import UsageError

__all__ = ["parse_as_of"]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_as_of(text: str) -> np.datetime64:
    """Return the instant that `--as-of` names; a bare date includes that whole day. Raises `UsageError`."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f'"{text}" is no date',
            advice="Write --as-of 2025-11-12, or 2025-11-12T08:00 for an instant in UTC.",
        ) from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    instant = np.datetime64(moment, "ms")
    return instant + np.timedelta64(1, "D") if _DATE.fullmatch(text.strip()) else instant
