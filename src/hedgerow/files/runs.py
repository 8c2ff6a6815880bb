"""A run on disk: a folder with what was asked, what it was asked of, and what came of it (`interfaces.md` §4).

write_run(folder, run, policy, asked, files)        read_run(folder) -> RunResult        read_stored(folder) -> Stored

`inputs.json` is written last and carries the hash of every other file: a folder without it, or with another byte in
one of them, is no run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow.files.text import file_name, is_folder
from hedgerow.model.display import plain
from hedgerow.model.errors import BadInput, UsageError
from hedgerow.model.journal import Estimated, Happened, RunResult

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Stored", "exact", "fingerprint", "identified", "read_run", "read_stored", "untaken", "write_run"]

FORMAT = 3
_LAST = "inputs.json"
_PARTS = ("policy.json", "ticks.parquet", "events.parquet", "betas.parquet")
_EACH_BAR = (
    "nav_usd",
    "spot_usd",
    "gross_usd",
    "grown_usd",
    "unhedged_usd",
    "gained_usd",
    "deposits_usd",
    "flows_usd",
    "distance",
    "traded_usd",
)
_EACH_FACTOR = ("book_beta_usd", "before_usd", "after_usd", "target_usd", "band_usd", "factor_change")
_WORDS = ("source", "simulated", "currency", "policy", "seed")
_LISTS = ("factors", "line_names", "notes", "derived")
_AGAIN = "Run the backtest again with --out."


@dataclass(frozen=True, slots=True)
class Stored:
    """A run with what it was asked: its policy, what `write_run` was told of the question, its files, its makers."""

    run: RunResult
    policy: Mapping[str, Any]
    asked: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    made_with: Mapping[str, str] = field(default_factory=dict)


def fingerprint(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes; of a folder, that of its files' names and hashes in their order."""
    where = Path(path)
    if not where.is_dir():
        with where.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    digest = hashlib.sha256()
    for file in sorted(f for f in where.rglob("*") if f.is_file()):
        digest.update(f"{file.relative_to(where).as_posix()}\n{fingerprint(file)}\n".encode())
    return digest.hexdigest()


def identified(files: Mapping[str, str | Path]) -> dict[str, dict[str, str]]:
    """Return name and hash of every file, by what it is."""
    return {
        name: {"name": file_name(Path(path)), "sha256": fingerprint(path)} for name, path in files.items()
    }


def exact(value: Any) -> Any:
    """Return settings as JSON that loses nothing: infinity and NaN become the words that readers take for them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: exact(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): exact(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [exact(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return plain(value)


def untaken(where: Path) -> None:
    """Raise `UsageError` where a run is in the folder already, or a file is in its place."""
    if (where / _LAST).exists():
        raise UsageError(f"{where} holds a run already", advice="Give another folder, or remove it first.")
    if where.exists() and not where.is_dir():
        raise UsageError(f"{where} is no folder", advice="Give a folder you may write to.")


def write_run(
    folder: str | Path,
    run: RunResult,
    policy: Any,
    asked: Any = None,
    files: Mapping[str, str | Path] | None = None,
    made_with: Mapping[str, str] | None = None,
) -> None:
    """Write a run into `folder`: policy, ticks, events and betas, and at the very end inputs.json.

    `asked` is whatever else must be known to ask again, `files` the inputs by what they are, `made_with` versions.
    Raises `UsageError` where a run is there already, or nothing can be written.
    """
    where = Path(folder)
    untaken(where)
    document = {
        "format": FORMAT,
        "made_with": dict(made_with or {}),
        "files": identified(files or {}),
        "asked": exact(asked or {}),
        "run": {name: exact(getattr(run, name)) for name in (*_WORDS, *_LISTS)},
    }
    try:
        where.mkdir(parents=True, exist_ok=True)
        parts = _parts(run, policy)
        for name, content in parts.items():
            (where / name).write_bytes(content)
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
        begun = where / f"{_LAST}.{os.getpid()}.begun"
        begun.write_bytes(_json(document | {"parts": hashes}))
        begun.replace(where / _LAST)
    except OSError as why:
        advice = "Give a folder you may write to."
        raise UsageError(f"{where} cannot be written: {why.strerror}", advice=advice) from None


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, allow_nan=False) + "\n").encode()


def _parts(run: RunResult, policy: Any) -> dict[str, bytes]:
    import polars as pl

    frames = (pl.DataFrame(_ticks(run)), _rows(run.events, Happened), _rows(run.betas, Estimated))
    contents = [_json(exact(policy))]
    for frame in frames:
        place = BytesIO()
        frame.write_parquet(place)
        contents.append(place.getvalue())
    return dict(zip(_PARTS, contents, strict=True))


def _ticks(run: RunResult) -> dict[str, Any]:
    columns: dict[str, Any] = {"time": run.times.astype("datetime64[ms]")}
    columns |= {name: getattr(run, name) for name in _EACH_BAR}
    for k, factor in enumerate(run.factors):
        columns |= {f"{name}_{factor}": getattr(run, name)[:, k] for name in _EACH_FACTOR}
    return columns | {name: run.lines[:, i] for i, name in enumerate(run.line_names)}


def _rows(rows: tuple[Any, ...], kind: type[Any]) -> pl.DataFrame:
    """A table with one column a field, typed even where it is empty."""
    import polars as pl

    types: dict[str, Any] = {"str": pl.String, "float": pl.Float64}
    schema = {f.name: types.get(str(f.type), pl.Datetime("ms")) for f in dataclasses.fields(kind)}
    columns = {name: [getattr(row, name) for row in rows] for name in schema}
    columns["time"] = np.array(columns["time"], dtype="datetime64[ms]")  # type: ignore[assignment]
    return pl.DataFrame(columns, schema=schema)


def read_run(folder: str | Path) -> RunResult:
    """Return the run in `folder`, every field as it was. Errors as `read_stored`."""
    return read_stored(folder).run


def read_stored(folder: str | Path) -> Stored:
    """Return the run in `folder` with what it was asked.

    Raises `BadInput` where there is none, where its writing was interrupted, where a byte is another, and where a newer
    Hedgerow wrote it.
    """
    where = Path(folder)
    document = _document(where)
    parts = {name: _part(where / name, document) for name in _PARTS}
    try:
        return Stored(
            run=_run(document["run"], parts),
            policy=json.loads(parts["policy.json"]),
            asked=document["asked"],
            files=document["files"],
            made_with=document["made_with"],
        )
    except (KeyError, TypeError, ValueError) as why:
        raise _bad(where, f"is no run that this Hedgerow reads: {type(why).__name__} {why}", _AGAIN) from None


def _bad(where: Path, said: str, advice: str) -> BadInput:
    return BadInput(said, file=str(where), advice=advice)


def _document(where: Path) -> dict[str, Any]:
    if not is_folder(where):
        raise _bad(where, "is no folder", "Give the folder of a run, as `backtest --out FOLDER` writes it.")
    try:
        document = json.loads((where / _LAST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if any((where / name).exists() for name in _PARTS):
            raise _bad(where, "holds half a run: its writing was interrupted", _AGAIN) from None
        raise _bad(where, "holds no run", "Give the folder of `backtest --out FOLDER`.") from None
    except (OSError, ValueError) as why:
        raise _bad(where / _LAST, f"cannot be read: {type(why).__name__}", _AGAIN) from None
    found = document.get("format") if isinstance(document, dict) else None
    if isinstance(found, int) and found > FORMAT:
        said = f"is of format {found}, newer than the {FORMAT} that this Hedgerow reads"
        raise _bad(where, said, "Update Hedgerow, or run the backtest again with this one.")
    if found != FORMAT:
        raise _bad(where, "is of a format that is no longer read", _AGAIN)
    return dict(document)


def _part(path: Path, document: Mapping[str, Any]) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as why:
        raise _bad(path, f"cannot be read: {why.strerror}", f"The run is not whole. {_AGAIN}") from None
    parts = document.get("parts")
    known = parts.get(path.name) if isinstance(parts, dict) else None
    if hashlib.sha256(content).hexdigest() != known:
        raise _bad(path, "is not what was written: its SHA-256 is another", f"It was changed. {_AGAIN}")
    return content


def _run(words: Mapping[str, Any], parts: Mapping[str, bytes]) -> RunResult:
    import polars as pl

    try:
        ticks, events, betas = (pl.read_parquet(BytesIO(parts[name])) for name in _PARTS[1:])
        factors, lines = words["factors"], words["line_names"]
        columns: dict[str, Any] = {name: ticks[name].to_numpy() for name in ("time", *_EACH_BAR)}
        columns |= {name: _side_by_side(ticks, [f"{name}_{f}" for f in factors]) for name in _EACH_FACTOR}
        said: dict[str, Any] = {name: tuple(words[name]) for name in _LISTS}
        said |= {name: words[name] for name in _WORDS}
        return RunResult(
            times=columns.pop("time"),
            **columns,
            lines=_side_by_side(ticks, lines),
            events=_things(events, Happened),
            betas=_things(betas, Estimated),
            **said,
        )
    except pl.exceptions.PolarsError as why:
        raise ValueError(str(why).partition("\n")[0]) from None


def _side_by_side(table: pl.DataFrame, names: list[str]) -> Any:
    return np.column_stack([table[name].to_numpy() for name in names])


def _things(table: pl.DataFrame, kind: type[Any]) -> tuple[Any, ...]:
    names = [f.name for f in dataclasses.fields(kind)]
    columns = [table[name].to_list() for name in names if name != "time"]
    return tuple(
        kind(time, *row)
        for time, row in zip(table["time"].to_numpy(), zip(*columns, strict=True), strict=True)
    )
