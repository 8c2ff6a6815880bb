"""What may be shown to others when something is wrong: versions, outcomes and kinds; no name, path, amount or text of yours.

Clean by construction: every value here is a number that counts, a word of this program, or a version. Nothing is copied from
settings, journals or keys and then cleaned.

bundle(settings) -> documents by the name of their file
"""

from __future__ import annotations

import dataclasses
import platform
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import hedgerow
from hedgerow.app.plans import MODES, Mode, place_of
from hedgerow.config import Settings
from hedgerow.model.errors import HedgerowError

if TYPE_CHECKING:
    from hedgerow.model.ports import Record

__all__ = ["bundle"]

_LIBRARIES = (
    "aiohttp",
    "alembic",
    "apprise",
    "ccxt",
    "clarabel",
    "cryptography",
    "cyclopts",
    "duckdb",
    "keyring",
    "numba",
    "numpy",
    "polars",
    "prometheus-client",
    "pydantic",
    "rich",
    "scipy",
    "sqlalchemy",
    "structlog",
)
_LAST = 200


def bundle(settings: Settings, *, readable: bool = True) -> dict[str, dict[str, Any]]:
    """Return what may be shown, as JSON has it. Asks nobody. `readable`: the settings are those of the user."""
    from hedgerow.app.doctor import machine

    return {
        "versions.json": _versions(),
        "settings.json": dict(sorted(_settings(settings, Settings()))) if readable else {"readable": False},
        "doctor.json": {check.name: check.outcome for check in machine(settings)},
        "journals.json": {mode: _journal(settings, mode) for mode in MODES},
    }


def _versions() -> dict[str, Any]:
    return {
        "hedgerow": hedgerow.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "system": platform.system(),
        "machine": platform.machine(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _settings(now: Any, usual: Any, above: str = "") -> Iterator[tuple[str, object]]:
    """Which settings are not the usual ones: a switch by its value, everything else only as being set."""
    for field in dataclasses.fields(now):
        value, before, name = getattr(now, field.name), getattr(usual, field.name), f"{above}{field.name}"
        if dataclasses.is_dataclass(value):
            yield from _settings(value, before, f"{name}.")
        elif isinstance(value, Mapping):
            yield name, len(value)
        elif value != before:
            yield name, value if isinstance(value, bool) else "set"


def _journal(settings: Settings, mode: Mode) -> dict[str, Any]:
    """How much a journal holds, and what its last records are, without a word of them."""
    from hedgerow.store.journal import look_into

    path = place_of(settings, mode).journal
    if not path.exists():
        return {"exists": False}
    try:
        with look_into(path) as journal:
            streams = [tuple(journal.read(name)) for name in journal.streams()]
            return {
                "exists": True,
                "halts": len(journal.halts()),
                "streams": [_stream(one) for one in streams],
            }
    except HedgerowError as why:
        return {"exists": True, "trouble": type(why).__name__}


def _stream(records: tuple[Record, ...]) -> dict[str, Any]:
    end = records[-1].at if records else 0
    return {
        "records": len(records),
        "kinds": dict(sorted(Counter(one.kind for one in records).items())),
        "last": [
            {"kind": one.kind, "is": _event(one), "ms_before_the_end": end - one.at}
            for one in records[-_LAST:]
        ],
    }


def _event(record: Record) -> str | None:
    """The kind of an event, which is the name of a class of this program."""
    import hedgerow.hedge.execution as known

    said = record.body.get("is")
    return said if isinstance(said, str) and hasattr(known, said) else None
