"""Who computes what takes long: processes of this machine, or the cluster of the settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hedgerow.config import Settings
from hedgerow.model.errors import UsageError

if TYPE_CHECKING:
    from hedgerow.runs.spread import Workers

__all__ = ["workers_of"]


def workers_of(settings: Settings, count: int | None, ray: bool) -> Workers:
    """Return `count` processes (None: one a core), or with `ray` the cluster at `cluster.address`.

    Raises `UsageError` for a count below 1.
    """
    from hedgerow.runs.spread import Workers

    if count is not None and count < 1:
        raise UsageError(f"{count} workers compute nothing", advice="Give 1 or more, or leave --workers out.")
    return Workers(count or os.cpu_count() or 1, ray, settings.cluster.address)
