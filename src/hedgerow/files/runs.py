"""A run on disk: a folder with what was asked, what it was asked of, and what came of it (`interfaces.md` §4).

write_run(folder, run, policy, inputs)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.files.text import file_name
from hedgerow.model.errors import UsageError
from hedgerow.model.journal import RunResult

__all__ = ["fingerprint", "write_run"]


def fingerprint(path: str | Path) -> str:
    """Return the SHA-256 of a file, or of all files of a folder in the order of their names."""
    where = Path(path)
    digest = hashlib.sha256()
    for file in sorted(f for f in where.rglob("*") if f.is_file()) if where.is_dir() else [where]:
        digest.update(file.name.encode())
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def write_run(
    folder: str | Path, run: RunResult, policy: Mapping[str, Any], inputs: Mapping[str, str]
) -> None:
    """Write policy.json, inputs.json (names and hashes), ticks.parquet and events.parquet into `folder`.

    Raises `UsageError` where a run is there already, or nothing can be written.
    """
    where = Path(folder)
    if (where / "ticks.parquet").exists():
        raise UsageError(f"{where} holds a run already", advice="Give another folder, or remove it first.")
    try:
        _write(where, run, {"policy": dict(policy), "inputs": _told(run, inputs)})
    except OSError as why:
        advice = "Give a folder you may write to."
        raise UsageError(f"{where} cannot be written: {why.strerror}", advice=advice) from None


def _told(run: RunResult, inputs: Mapping[str, str]) -> dict[str, Any]:
    """What the run was asked of, with the name and hash of every file."""
    files = {
        name: {"name": file_name(Path(path)), "sha256": fingerprint(path)} for name, path in inputs.items()
    }
    return {
        "source": run.source,
        "simulated": run.simulated,
        "currency": run.currency,
        "factors": list(run.factors),
        "notes": list(run.notes),
        "files": files,
    }


def _write(where: Path, run: RunResult, documents: Mapping[str, Mapping[str, Any]]) -> None:
    import polars as pl

    where.mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        (where / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    pl.DataFrame(_ticks(run)).write_parquet(where / "ticks.parquet")
    events = pl.DataFrame(_events(run), schema_overrides={"time": pl.Datetime("ms")})
    events.write_parquet(where / "events.parquet")


def _ticks(run: RunResult) -> dict[str, Any]:
    columns: dict[str, Any] = {"time": run.times}
    for name in (
        "nav_usd",
        "spot_usd",
        "unhedged_usd",
        "gained_usd",
        "deposits_usd",
        "distance",
        "traded_usd",
    ):
        columns[name] = getattr(run, name)
    for k, factor in enumerate(run.factors):
        for name in ("book_beta_usd", "before_usd", "after_usd", "target_usd", "band_usd", "factor_change"):
            columns[f"{name}_{factor}"] = getattr(run, name)[:, k]
    return columns | {name: run.lines[:, i] for i, name in enumerate(run.line_names)}


def _events(run: RunResult) -> dict[str, Any]:
    return {
        "time": np.array([e.time for e in run.events], dtype="datetime64[ms]"),
        "kind": [e.kind for e in run.events],
        "instrument": [e.instrument for e in run.events],
        "contracts": [e.contracts for e in run.events],
        "price": [e.price for e in run.events],
        "usd": [e.usd for e in run.events],
        "note": [e.note for e in run.events],
    }
