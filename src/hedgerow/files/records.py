"""Records of a holdings file, whatever its format: where each stands, and its cells by folded header."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from hedgerow.files.exports import recognise, refusal
from hedgerow.files.text import first_line, shown, text_of
from hedgerow.model.errors import BadPortfolio

__all__ = ["ADVICE", "Record", "Records", "fold", "records_of"]

ADVICE = "A holdings file has a header line with symbol and quantity, and one line a coin."
_JSON_ADVICE = 'Give a list of objects: [{"symbol": "ETH", "quantity": 1.5}].'
_LONGEST_CELL = 10_000
_LONGEST_LINE = 1_000_000
_MOST_ROWS = 100_000
_MOST_COLUMNS = 1_000
_PREAMBLE = 10
_LONGEST_TOML = 4 << 20
# Every part of a dotted key costs the parser all the parts before it: sixteen are more than any book needs.
_DOTTED = re.compile(r"""(?:(?:(?<![\w-])[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){16}""")
_LISTS = ("positions", "holdings", "balances", "assets", "activities")


class Record(NamedTuple):
    """One row: its line (or None), its place inside a JSON or TOML list, and its cells as text."""

    line: int | None
    at: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of a file, every header once in order, and what was passed over."""

    headers: tuple[str, ...]
    rows: list[Record]
    notes: tuple[str, ...] = ()


def fold(header: str) -> str:
    """Return a header for comparison: lower case, outer blanks, marks and quotes gone."""
    return header.strip().strip("\ufeff\"'").strip().lower()


def records_of(data: bytes, file: str) -> Records:
    """Return the records that the bytes of `file` hold; its name tells the format. Raises `BadPortfolio`."""
    suffix = Path(file).suffix.lower()
    if data[:4] == b"PAR1":
        return _parquet(data, file)
    if suffix == ".parquet":
        raise BadPortfolio("is no Parquet file", file=file, advice="Write it again, or name it .csv.")
    text = text_of(data, file, BadPortfolio, ADVICE)
    if suffix == ".json":
        return _json(text, file)
    return _toml(text, file) if suffix == ".toml" else _csv(text, file)


def _csv(text: str, file: str) -> Records:
    rows = _csv_rows(text, file)
    early = list(islice(rows, _PREAMBLE + 1))
    if not early:
        raise BadPortfolio("is empty", file=file, advice=ADVICE)
    above = next((place for place, (_, row) in enumerate(early) if _is_header(row)), 0)
    line, row = early[above]
    headers = _headers(row, file, line)
    kept = list(_records(chain(early[above + 1 :], rows), headers, file))
    return Records(headers, kept, ("what stands above the header line is passed over.",) if above else ())


def _is_header(row: list[str]) -> bool:
    if len(row) > _MOST_COLUMNS:
        return True
    headers = tuple(fold(cell) for cell in row)
    return refusal(headers) is not None or recognise(headers) is not None


def _csv_rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every line that is not blank."""
    line = 1
    reader = csv.reader(_lines(text, file), delimiter=_separator(text), strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
            line = reader.line_num + 1
    except csv.Error as why:
        said = str(why)
        if "unexpected end" in said or "field larger" in said:
            said = "a quote is opened and never closed, or a cell is too long"
        elif "expected after" in said:
            said = "text follows a closing quote"
        raise BadPortfolio(
            f"cannot be read: {shown(said, 120)}", file=file, line=line, advice=ADVICE
        ) from None


def _lines(text: str, file: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text), 1):
        if len(line) > _LONGEST_LINE:
            said = f"has {len(line):,} characters, a million at most are read"
            raise BadPortfolio(said, file=file, line=number, advice=ADVICE)
        yield line


def _separator(text: str) -> str:
    """Return the commonest of comma, semicolon and tab on the first line that has one."""
    for line in io.StringIO(text[:_LONGEST_LINE]):
        found = max(",;\t", key=line.count)
        if found in line:
            return found
    return ","


def _records(rows: Iterator[tuple[int, list[str]]], headers: tuple[str, ...], file: str) -> Iterator[Record]:
    width = len(headers)
    for count, (line, row) in enumerate(rows, 1):
        if count > _MOST_ROWS:
            said = f"holds more than {_MOST_ROWS:,} rows"
            raise BadPortfolio(said, file=file, line=line, advice="Sum them by coin and account first.")
        while len(row) > width and not row[-1].strip():
            row.pop()
        if len(row) != width:
            said = f"has {len(row)} cells, the header {width}"
            hint = "A number with a comma inside makes two cells: write it with a point, or quote it."
            raise BadPortfolio(said, file=file, line=line, advice=hint if len(row) > width else ADVICE)
        if max(map(len, row)) > _LONGEST_CELL:
            raise BadPortfolio("holds a cell of over 10,000 characters", file=file, line=line, advice=ADVICE)
        yield Record(line, "", dict(zip(headers, row, strict=True)))


def _headers(row: list[str], file: str, line: int) -> tuple[str, ...]:
    while row and not row[-1].strip():
        row.pop()
    if len(row) > _MOST_COLUMNS:
        said = f"has {len(row):,} columns, a thousand at most are read"
        raise BadPortfolio(said, file=file, line=line, advice=ADVICE)
    headers = tuple(fold(cell) for cell in row)
    moved = refusal(headers)
    if moved is not None:
        raise BadPortfolio(f"is {moved[0]}, not of holdings", file=file, line=line, advice=moved[1])
    twice = sorted({h for h in headers if h and headers.count(h) > 1})
    if twice:
        said = f"has the column {shown(twice[0])} more than once"
        raise BadPortfolio(said, file=file, line=line, advice="Rename or remove one of them.")
    if recognise(headers) is None:
        _refuse_headers(headers, row, file, line)
    return headers


def _refuse_headers(headers: tuple[str, ...], row: list[str], file: str, line: int) -> NoReturn:
    """Say what is wrong with a first line that is no header."""
    cells = [cell.strip() for cell in row]
    if len(cells) == 1:
        raise BadPortfolio(
            "lists names without quantities",
            file=file,
            line=line,
            advice="Add how much of each: a header line symbol,quantity and lines such as ETH,12.5.",
        )
    if any(cell and cell.lstrip("+-").replace(".", "", 1).isdigit() for cell in cells):
        raise BadPortfolio(
            "begins without a header line", file=file, line=line, advice="Add a first line: symbol,quantity."
        )
    listed = ", ".join(shown(h, 40) for h in headers[:8]) or "none"
    raise BadPortfolio(f"has no columns symbol and quantity (columns: {listed})", file=file, advice=ADVICE)


def _json(text: str, file: str) -> Records:
    try:
        loaded = json.loads(
            text, parse_float=str, parse_int=str, parse_constant=_constant, object_pairs_hook=_once
        )
    except json.JSONDecodeError as why:
        raise BadPortfolio(
            f"is not JSON: {why.msg}",
            file=file,
            line=why.lineno,
            column=str(why.colno),
            advice="Check the brackets, commas and quotes there.",
        ) from None
    except RecursionError:
        raise BadPortfolio("nests too deeply", file=file, advice=_JSON_ADVICE) from None
    except ValueError as why:
        raise BadPortfolio(f"is not usable JSON: {why}", file=file, advice=_JSON_ADVICE) from None
    return _listed(loaded, file)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f'the key "{shown(name)}" stands twice in one object')
        found[name] = value
    return found


def _toml(text: str, file: str) -> Records:
    if len(text) > _LONGEST_TOML:
        raise BadPortfolio("is TOML of over 4 MB", file=file, advice="Use CSV for a book of that size.")
    if _DOTTED.search(text):
        raise BadPortfolio(
            "nests too deeply", file=file, advice="Write [[positions]] with symbol and quantity."
        )
    try:
        loaded = tomllib.loads(text, parse_float=str)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as why:
        said = "nests too deeply" if isinstance(why, RecursionError) else f"is not TOML: {first_line(why)}"
        raise BadPortfolio(said, file=file, advice="Write [[positions]] with symbol and quantity.") from None
    return _listed(loaded, file)


def _listed(loaded: Any, file: str) -> Records:
    """Find the positions in what JSON or TOML held: a list, a list by one of its usual names, or coin = amount."""
    rows = _rows(loaded)
    if rows is None or not all(isinstance(row, dict) for row in rows):
        bare = rows is not None and rows and all(isinstance(row, str) for row in rows)
        said = "lists names without quantities" if bare else "holds no list of positions"
        raise BadPortfolio(said, file=file, advice=_JSON_ADVICE)
    if len(rows) > _MOST_ROWS:
        raise BadPortfolio(f"holds more than {_MOST_ROWS:,} positions", file=file, advice="Sum them first.")
    records: list[Record] = []
    headers: dict[str, None] = {}
    for place, row in enumerate(rows):
        at = f"[{place}]"
        cells: dict[str, str] = {}
        for name, value in row.items():
            header = fold(name)
            if header in cells:
                raise BadPortfolio(
                    f"has {shown(header)} twice", file=file, column=at, advice="Keep one of them."
                )
            cells[header] = _cell(value)
        headers.update(dict.fromkeys(cells))
        records.append(Record(None, at, cells))
    if records and recognise(tuple(headers)) is None:
        moved = refusal(tuple(headers))
        if moved is not None:
            raise BadPortfolio(f"is {moved[0]}, not of holdings", file=file, advice=moved[1])
        listed = ", ".join(shown(h, 40) for h in list(headers)[:8]) or "none"
        said = f"its positions have no symbol and quantity (keys: {listed})"
        raise BadPortfolio(said, file=file, advice=_JSON_ADVICE)
    return Records(tuple(headers), records)


def _rows(loaded: Any) -> list[Any] | None:
    """Unwrap the envelopes that exports put around their list."""
    while isinstance(loaded, dict) and isinstance(loaded.get("result"), dict | list):
        loaded = loaded["result"]
    if isinstance(loaded, dict) and isinstance(loaded.get("list"), list):
        wallets = [w for w in loaded["list"] if isinstance(w, dict) and isinstance(w.get("coin"), list)]
        loaded = [coin for wallet in wallets for coin in wallet["coin"]] if wallets else loaded["list"]
    if isinstance(loaded, list):
        return loaded
    if not isinstance(loaded, dict):
        return None
    inner = next((loaded[name] for name in _LISTS if isinstance(loaded.get(name), dict | list)), loaded)
    if isinstance(inner, list):
        return inner
    if inner and all(isinstance(value, dict) for value in inner.values()):
        return [{"symbol": name, **value} for name, value in inner.items()]
    if inner and all(isinstance(value, str | int | Decimal) for value in inner.values()):
        return [{"symbol": name, "quantity": amount} for name, amount in inner.items()]
    return None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        simple = all(isinstance(item, str | int) for item in value)
        return ";".join(map(str, value)) if simple else "[…]"
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, int):
        # Hundreds of digits are no quantity, and turning them into text costs the square of their number.
        return str(value) if value.bit_length() < 400 else "(an integer of hundreds of digits)"
    return str(value)[: _LONGEST_CELL + 1]


def _parquet(data: bytes, file: str) -> Records:
    import polars as pl

    try:
        count = pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item()
        if count > _MOST_ROWS:
            said = f"holds more than {_MOST_ROWS:,} rows"
            raise BadPortfolio(said, file=file, advice="Sum them by coin and account first.")
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as why:
        said = f"cannot be read: {first_line(why)}"
        raise BadPortfolio(said, file=file, advice="Write it again as Parquet.") from None
    headers = _headers(list(frame.columns), file, 1)
    return Records(
        headers,
        [
            Record(line, "", dict(zip(headers, map(_cell, row), strict=True)))
            for line, row in enumerate(frame.iter_rows(), 1)
        ],
    )
