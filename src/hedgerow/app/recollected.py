"""What `doctor` found at venues the last time, kept for a page that holds no keys and asks nobody.

remember(settings, {"binance": checks})            recollected(settings) -> by venue: when, and what
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hedgerow.config import Settings, state_path
from hedgerow.model.checks import Asked, Check

__all__ = ["recollected", "remember"]

_NAME = "doctor.json"
_OUTCOMES = ("verified", "wrong", "not verified")


def remember(settings: Settings, found: Mapping[str, tuple[Check, ...]]) -> bool:
    """Keep what was found of venues beside what was found before of others; return whether it could be written."""
    if not found:
        return True
    from hedgerow.app.dealing import wall_ms
    from hedgerow.store.folders import put_whole

    path, now = _path(settings), wall_ms()
    told: dict[str, Any] = {
        name: {"at": asked.at, "checks": [dataclasses.asdict(one) for one in asked.checks]}
        for name, asked in recollected(settings).items()
    }
    told |= {
        name: {"at": now, "checks": [dataclasses.asdict(one) for one in checks]}
        for name, checks in found.items()
    }
    try:
        put_whole(json.dumps(told).encode(), path, path.with_suffix(".begun"), private=True)
    except OSError:
        return False
    return True


def recollected(settings: Settings) -> dict[str, Asked]:
    """Return by venue when it was asked last and what came of it; nothing where that cannot be read."""
    try:
        told = json.loads(_path(settings).read_text(encoding="utf-8"))
        return {str(name): _asked(one) for name, one in told.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _asked(told: Mapping[str, Any]) -> Asked:
    checks = tuple(
        Check(str(one["name"]), _outcome(one["outcome"]), str(one["detail"]), bool(one["unreached"]))
        for one in told["checks"]
    )
    return Asked(int(told["at"]), checks)


def _outcome(text: str) -> Any:
    if text not in _OUTCOMES:
        raise ValueError(text)
    return text


def _path(settings: Settings) -> Path:
    return state_path(settings) / _NAME
