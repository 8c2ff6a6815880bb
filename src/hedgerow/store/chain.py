"""What both stores write and check: bodies as canonical text, each record's digest over the one before and itself.

text_of(body) -> str
linked(before, stream, line, fence) -> str
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from hedgerow.model.errors import BrokenPromise, JournalBroken, StateUnknown
from hedgerow.model.ports import Record

__all__ = ["FIRST", "Line", "Trade", "body_of", "checked", "linked", "same_trade", "text_of", "trade_of"]

FIRST = "0" * 64
"""What stands before the first record of a stream."""

_FILL = "fill"
_RESTORE = "Stop trading, run `hedgerow reconcile`, and keep the file: it tells what happened to it."


class Line(NamedTuple):
    """A record as it is stored: the body as text."""

    seq: int
    at: int
    kind: str
    fence: int
    text: str


class Trade(NamedTuple):
    """What makes a fill one of a kind, and what two reports of it have to agree on."""

    venue: str
    account: str
    trade_id: str
    quantity: str
    price: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The identity that is unique."""
        return self.venue, self.account, self.trade_id


def text_of(body: Mapping[str, object]) -> str:
    """Return a body as JSON with sorted keys, Decimals as text.

    Raises `BrokenPromise` for floats, numbers that are not finite, and whatever else JSON has no words for.
    """
    return _written(_plain(body))


_written = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def _plain(value: object) -> object:
    if type(value) in _AS_THEY_ARE:  # nearly all there is, and the quick way through
        return value
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal() if value.is_finite():
            return str(value)
        case Mapping():
            if not all(isinstance(name, str) for name in value):
                raise BrokenPromise("a record has a name that is no text")
            return {name: _plain(item) for name, item in value.items()}
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [_plain(item) for item in value]
    raise BrokenPromise(f"a record cannot hold {value!r}: write money as Decimal, the unknown as None")


def body_of(text: str) -> dict[str, object]:
    """Return the body that `text_of` wrote; Decimals stay text."""
    body: dict[str, object] = json.loads(text)
    return body


def linked(before: str, stream: str, line: Line) -> str:
    """Return the SHA-256 of a record and of the digest before it, in hexadecimal."""
    return hashlib.sha256(json.dumps([before, stream, *line]).encode()).hexdigest()


def checked(stream: str, lines: Iterable[tuple[Line, str]], after: int, before: str) -> Iterator[Record]:
    """Yield the records of (line, digest) pairs behind record `after`, whose digest is `before`.

    Raises `JournalBroken` at the first that is missing or is not what was written.
    """
    seq, digest = after, before
    for line, said in lines:
        seq += 1
        if line.seq != seq:
            raise JournalBroken(f"record {seq} of stream {stream} is missing", advice=_RESTORE)
        digest = linked(digest, stream, line)
        if digest != said:
            raise JournalBroken(
                f"record {seq} of stream {stream} is not what was written: its digest does not fit",
                advice=_RESTORE,
            )
        yield Record(seq, stream, line.at, line.kind, body_of(line.text), digest, line.fence)


def trade_of(kind: str, body: Mapping[str, object]) -> Trade | None:
    """Return the trade that a fill is of, None for other records; raises `BrokenPromise` where it does not say which."""
    if kind != _FILL:
        return None
    missing = [name for name in Trade._fields if not body.get(name)]
    if missing:
        raise BrokenPromise(f"a fill without {', '.join(missing)} cannot be written")
    return Trade(*(str(body[name]) for name in Trade._fields))


def same_trade(old: Trade, new: Trade) -> Trade:
    """Return `old`; raises `StateUnknown` where a venue says two things of one trade."""
    if (Decimal(old.quantity), Decimal(old.price)) != (Decimal(new.quantity), Decimal(new.price)):
        raise StateUnknown(
            f"{old.venue} reports trade {old.trade_id} as {new.quantity} at {new.price};"
            f" it was {old.quantity} at {old.price}",
            advice="Compare it with the venue's own history; nothing is written until they agree.",
        )
    return old
