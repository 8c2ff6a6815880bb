"""Values as a journal keeps them, and back: money as text, nothing rounded, nothing guessed.

body_of(value) -> mapping of text, whole numbers, None, lists        value_of(body) -> the same value
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from hedgerow.hedge import execution
from hedgerow.model import instruments, option_chain, orders, portfolio, ports, questions, watched
from hedgerow.model.errors import JournalBroken

__all__ = ["body_of", "value_of"]

_IS = "is"
_AS_THEY_ARE = frozenset({str, int, bool})
_WRITERS: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (Decimal, str),
    (Enum, lambda value: value.value),
    (float, repr),
    (datetime, datetime.isoformat),
    (np.datetime64, str),
)
_ROOMS = (execution, orders, ports, instruments, option_chain, portfolio, questions, watched)


def body_of(value: Any) -> dict[str, object]:
    """Return a frozen value of the model as a journal's body."""
    body: dict[str, object] = {_IS: type(value).__name__}
    for name in _names(type(value)):
        body[name] = _plain(getattr(value, name))
    return body


def value_of(body: Mapping[str, Any]) -> Any:
    """Return the value that `body_of` wrote; raises `JournalBroken` for what it never writes."""
    kind = _kinds().get(str(body.get(_IS)))
    if kind is None:
        raise JournalBroken(f"the journal holds a {body.get(_IS)!r}, which this version does not know")
    readers = _readers(kind)
    try:
        return kind(**{name: readers[name](item) for name, item in body.items() if name != _IS})
    except (KeyError, TypeError, ValueError, ArithmeticError) as why:
        raise JournalBroken(f"the journal holds a {kind.__name__} that cannot be read: {why!r}") from why


def _names(kind: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = kind.__match_args__
    return names


@cache
def _kinds() -> dict[str, type]:
    found = {
        name: kind
        for room in _ROOMS
        for name, kind in vars(room).items()
        if isinstance(kind, type) and is_dataclass(kind)
    }
    return {kind.__name__: kind for kind in found.values()}


def _plain(value: Any) -> object:
    kind: type = type(value)
    if value is None or kind in _AS_THEY_ARE:
        return value
    if kind is tuple:
        return [_plain(item) for item in value]
    return _writer(kind)(value)


@cache
def _writer(kind: type) -> Callable[[Any], object]:
    return next((write for base, write in _WRITERS if issubclass(kind, base)), body_of)


@cache
def _readers(kind: type) -> dict[str, Callable[[Any], Any]]:
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what makes a value of this type from what was written for it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        item = _reader(arguments[0])
        return lambda items: tuple(item(each) for each in items)
    if origin in {typing.Union, types.UnionType}:
        one = _reader(next(a for a in arguments if a is not type(None)))
        return lambda item: None if item is None else one(item)
    if origin is typing.Literal or hint in _AS_THEY_ARE:
        return lambda item: item
    if hint is datetime:
        return datetime.fromisoformat
    # Whatever stands for itself says which of the values it is.
    made: Callable[[Any], Any] = value_of if is_dataclass(hint) else hint
    return made
