"""Order books from a folder of JSON files, in coins.

    read_books("orderbooks/") -> {"SUSHI": Book, …}

Sizes on some venues are contracts or dollars. They are turned into coins where the size of a contract is known by
rule, and the book is left out, with a note, where it is not.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.files.instants import parse_as_of
from hedgerow.files.text import file_name, first_line, is_folder, opened, shown, text_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BadPrices
from hedgerow.model.market import Book

__all__ = ["BooksRead", "parse_book", "read_books"]

_DOLLAR_FACE = {"bybit_inverse": 1.0, "kraken_futures": 1.0, "bitmex": 1.0}
_IN_COINS = {"binance_usdm", "binance_us", "bitget", "bitstamp", "bybit_linear", "dydx_v3", "okx"}
_TICKER = re.compile(r"^(?:FI_|PI_)?(?P<coin>[A-Z0-9]+?)(?:[-_]?(?:USDT|USDC|BUSD|USD|PERP))+(?:[-_].*)?$")
_SAME = {"XBT": "BTC"}
_LARGEST_BYTES = 64 << 20
_ADVICE = "It needs venue, symbol, ts, bids and asks."
_LATEST = 1e11


@dataclass(frozen=True, slots=True)
class BooksRead:
    """Books by coin, of several the deepest of the latest day, and why others were left out."""

    books: dict[str, Book]
    notes: tuple[str, ...]


def read_books(
    directory: str | Path, symbols: frozenset[str] | None = None, as_of: str | None = None
) -> BooksRead:
    """Return the books of a folder, of `symbols` only if given, none later than `as_of`. Raises `BadPrices`."""
    where = Path(directory)
    if not is_folder(where):
        raise BadPrices(
            "is no folder of order books", file=file_name(where), advice="Give a folder of JSON files."
        )
    until = parse_as_of(as_of) if as_of else None
    books: dict[str, Book] = {}
    notes: list[str] = []
    for file in sorted(where.glob("*.json")):
        found = parse_book(opened(file, _LARGEST_BYTES, BadPrices, _ADVICE), file_name(file))
        if isinstance(found, str):
            notes.append(f"{file_name(file)}: {found}")
            continue
        if (symbols is not None and found.symbol not in symbols) or (
            until is not None and found.time > until
        ):
            continue
        if found.symbol not in books or _worth(found) > _worth(books[found.symbol]):
            books[found.symbol] = found
    return BooksRead(books, tuple(notes))


def parse_book(data: bytes, file: str) -> Book | str:
    """Return the book that the bytes of `file` hold, or why it is left out. Raises `BadPrices` for what is no book."""
    raw = _loaded(data, file)
    venue, name = (str(raw[key]) if isinstance(raw.get(key), str) else "" for key in ("venue", "symbol"))
    coin = _coin(name.upper())
    if coin is None:
        return f"which coin {shown(name, 40)} is, is not known: left out"
    bids, asks = _side(raw, "bids", file), _side(raw, "asks", file)
    if not len(bids) or not len(asks) or bids[0, 0] >= asks[0, 0]:
        return "one side is empty, or the sides cross: left out"
    face = _face(venue, name.upper(), coin)
    if face is None:
        return f"sizes on {shown(venue, 40)} are contracts of unknown size: left out"
    if face:
        bids = np.column_stack([bids[:, 0], bids[:, 1] * face / bids[:, 0]])
        asks = np.column_stack([asks[:, 0], asks[:, 1] * face / asks[:, 0]])
    return Book(venue, coin, _instant(raw.get("ts"), file), bids, asks)


def _instant(seconds: object, file: str) -> np.datetime64:
    """Return when the book was taken; without it nobody could tell whether it was known at `as_of`."""
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < _LATEST:
        return np.datetime64(round(seconds * 1000), "ms")
    raise BadPrices(
        f"its ts is {shown(str(seconds) if isinstance(seconds, str | float | int) else type(seconds).__name__, 40)}, not seconds since 1970",
        file=file,
        advice="Write the instant of the book as 1735689600.0, in UTC.",
    )


def _face(venue: str, name: str, coin: str) -> float | None:
    """Dollars a contract, 0 where sizes are coins already, None where nobody can tell."""
    if venue == "binance_coinm":
        return 100.0 if coin == "BTC" else 10.0
    if venue == "bitmex":
        return 1.0 if name == "XBTUSD" else None
    if venue == "okx":
        return 0.0 if re.fullmatch(r"[A-Z0-9]+-USDT", name) else None
    if venue in _DOLLAR_FACE:
        return _DOLLAR_FACE[venue]
    return 0.0 if venue in _IN_COINS else None


def _coin(name: str) -> str | None:
    found = _TICKER.match(name)
    return _SAME.get(found["coin"], found["coin"]) if found else None


def _loaded(data: bytes, file: str) -> dict[str, Any]:
    text = text_of(data, file, BadPrices, _ADVICE)
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as why:
        raise BadPrices(f"is not JSON: {first_line(why)}", file=file, advice="Remove or mend it.") from None
    if not isinstance(raw, dict):
        raise BadPrices("holds no order book", file=file, advice=_ADVICE)
    return raw


def _side(raw: dict[str, Any], name: str, file: str) -> FloatArray:
    try:
        levels = np.array(raw.get(name, []), dtype=float).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError):
        raise BadPrices(
            f"its {name} are no list of price and size", file=file, advice="Remove or mend it."
        ) from None
    if not (np.isfinite(levels).all() and (levels > 0).all()):
        raise BadPrices(
            f"its {name} hold a price or size not above 0", file=file, advice="Remove or mend it."
        )
    return levels[np.argsort(levels[:, 0] if name == "asks" else -levels[:, 0], kind="stable")]


def _worth(book: Book) -> tuple[np.datetime64, float]:
    """Of several books of a coin the one of the latest day is read, and the deepest of that day."""
    return book.time.astype("datetime64[D]"), _depth(book)


def _depth(book: Book) -> float:
    return float((book.bids[:, 0] * book.bids[:, 1]).sum() + (book.asks[:, 0] * book.asks[:, 1]).sum())
