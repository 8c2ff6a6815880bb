"""Records of a holdings file, whatever its format: (line, {header: text}) with headers folded."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from hedgerow.model.errors import BadPortfolio

__all__ = ["Record", "fold", "records_of"]

Record = tuple[int | None, dict[str, str]]

_LARGEST_CELL = 10_000
_LARGEST_ROWS = 1_000_000
_LARGEST_COLUMNS = 1_000
_ADVICE = "A holdings file has a header line with symbol and quantity, and one line a coin."


def fold(header: str) -> str:
    """Return a header for comparison: lower case, outer blanks and quotes gone."""
    return header.strip().strip("\ufeff\"'").strip().lower()


def records_of(data: bytes, file: str) -> tuple[list[Record], list[str]]:
    """Return the records of a file's bytes and its headers. Raises `BadPortfolio`."""
    suffix = Path(file).suffix.lower()
    if data[:4] == b"PAR1":
        return _parquet(data, file)
    if data[:4] in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}:
        raise BadPortfolio("is a spreadsheet or an archive", file=file, advice="Export it as CSV.")
    text = _text(data, file)
    if suffix == ".json":
        return _json(text, file)
    if suffix == ".toml":
        return _toml(text, file)
    return _csv(text, file)


def _text(data: bytes, file: str) -> str:
    coding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = data.decode(coding)
    except UnicodeDecodeError as why:
        line = data[: why.start].count(b"\n") + 1
        raise BadPortfolio("is not UTF-8 text", file=file, line=line, advice="Save it as UTF-8.") from None
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise BadPortfolio("holds a NUL character", file=file, line=line, advice="Save it as plain text.")
    if not text.strip():
        raise BadPortfolio("is empty", file=file, advice=_ADVICE)
    return text


def _csv(text: str, file: str) -> tuple[list[Record], list[str]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    head = lines.lstrip("\n").partition("\n")[0]
    separator = max(",;\t", key=head.count) if any(head.count(c) for c in ",;\t") else ","
    reader = csv.reader(io.StringIO(lines), delimiter=separator)
    records: list[Record] = []
    headers: list[str] = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if not headers:
                headers = _headers(row, file, reader.line_num)
                continue
            if len(row) != len(headers):
                raise BadPortfolio(
                    f"has {len(row)} cells, the header {len(headers)}",
                    file=file,
                    line=reader.line_num,
                    advice=_ADVICE,
                )
            _check_size(row, len(records), file, reader.line_num)
            records.append((reader.line_num, dict(zip(headers, row, strict=True))))
    except csv.Error as why:
        raise BadPortfolio(
            f"cannot be read: {why}", file=file, line=reader.line_num, advice=_ADVICE
        ) from None
    return records, headers


def _check_size(row: list[str], count: int, file: str, line: int) -> None:
    if count >= _LARGEST_ROWS:
        raise BadPortfolio("holds more than a million lines", file=file, line=line, advice="Split the book.")
    if max(map(len, row), default=0) > _LARGEST_CELL:
        raise BadPortfolio("holds a cell of over 10,000 characters", file=file, line=line, advice=_ADVICE)


def _headers(row: list[str], file: str, line: int) -> list[str]:
    if len(row) > _LARGEST_COLUMNS:
        raise BadPortfolio(
            f"has {len(row)} columns", file=file, line=line, advice="A thousand at most are read."
        )
    headers = [fold(cell) for cell in row]
    twice = sorted({h for h in headers if h and headers.count(h) > 1})
    if "cur." in twice:
        raise BadPortfolio(
            "is a CoinTracking list of trades", file=file, line=line, advice="Export Current Balance instead."
        )
    if twice:
        raise BadPortfolio(
            f"has the column {twice[0][:60]} more than once",
            file=file,
            line=line,
            advice="Rename or remove one of them.",
        )
    return headers


def _json(text: str, file: str) -> tuple[list[Record], list[str]]:
    try:
        loaded = json.loads(text, parse_float=Decimal, parse_int=_integer, object_pairs_hook=_no_twice)
    except json.JSONDecodeError as why:
        raise BadPortfolio(
            f"is not JSON: {why.msg}",
            file=file,
            line=why.lineno,
            column=str(why.colno),
            advice="Check the brackets.",
        ) from None
    except (RecursionError, ValueError) as why:
        said = "nests too deeply" if isinstance(why, RecursionError) else str(why)[:200]
        raise BadPortfolio(f"is not usable JSON: {said}", file=file, advice=_JSON_ADVICE) from None
    return _listed(loaded, file)


_JSON_ADVICE = 'Give a list of objects: [{"symbol": "ETH", "quantity": 1.5}].'


def _integer(text: str) -> Decimal:
    return Decimal(text)


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return dict(pairs)


def _toml(text: str, file: str) -> tuple[list[Record], list[str]]:
    try:
        loaded = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as why:
        said = (str(why).splitlines() or ["unreadable"])[0][:200]
        raise BadPortfolio(f"is not TOML: {said}", file=file, advice="Check the line it names.") from None
    return _listed(loaded, file)


def _listed(loaded: Any, file: str) -> tuple[list[Record], list[str]]:
    """Find the list of positions in what JSON or TOML held."""
    rows = loaded
    if isinstance(loaded, dict):
        names = ("positions", "holdings", "balances", "activities", "assets")
        rows = next((loaded[name] for name in names if isinstance(loaded.get(name), list)), None)
        if rows is None and loaded and all(isinstance(v, str | int | Decimal) for v in loaded.values()):
            rows = [{"symbol": name, "quantity": amount} for name, amount in loaded.items()]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadPortfolio("holds no list of positions", file=file, advice=_JSON_ADVICE)
    records: list[Record] = []
    headers: list[str] = []
    for row in rows:
        texts = {fold(str(name)): _cell(value) for name, value in row.items()}
        headers += [name for name in texts if name not in headers]
        records.append((None, texts))
    return records, headers


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return str(value)


def _parquet(data: bytes, file: str) -> tuple[list[Record], list[str]]:
    import polars as pl

    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as why:
        said = (str(why).splitlines() or ["unreadable"])[0][:200]
        raise BadPortfolio(
            f"cannot be read: {said}", file=file, advice="Write it again as Parquet."
        ) from None
    headers = [fold(name) for name in frame.columns]
    records: list[Record] = [
        (i + 1, dict(zip(headers, map(_cell, row), strict=True))) for i, row in enumerate(frame.iter_rows())
    ]
    return records, headers
