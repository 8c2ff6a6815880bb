"""Answers as no document has them: prices that cannot be, and bodies with a field gone, added, of another type, or huge.

seen_with(stand, "crossed")      the venue with other prices: to be read, and thrown away
not_a_number(body)               every price of an answer as NaN
misshapen(body, random)          an answer with one field changed
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy, deepcopy
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from hedgerow.exchange.venue.state import Listing
from hedgerow.testing.standin.stand import Stand

__all__ = ["ODD_PRICES", "misshapen", "not_a_number", "seen_with"]

ODD_PRICES = ("crossed", "zero", "doubled")
_HUGE = "9" * 100_000


def seen_with(stand: Stand, how: str) -> Stand:
    """Return the venue as it is, but for its prices."""
    seen = copy(stand.twin())
    listings = {name: _priced(listing, how) for name, listing in stand.state.listings.items()}
    seen.state = replace(stand.state, listings=listings)
    return seen


def _priced(one: Listing, how: str) -> Listing:
    if how == "crossed":
        return replace(one, bids=one.asks, asks=one.bids)
    times = Decimal(0) if how == "zero" else Decimal(2)
    return replace(
        one,
        bids=tuple((price * times, size) for price, size in one.bids),
        asks=tuple((price * times, size) for price, size in one.asks),
        mark=None if one.mark is None else one.mark * times,
        last=None if one.last is None else one.last * times,
    )


def not_a_number(body: Any) -> Any:
    """Return an answer in which no price is a number."""
    changed = deepcopy(body)
    for holder, name in _fields(changed):
        if "rice" in name and isinstance(holder[name], (str, int, float)):
            holder[name] = "NaN"
    return changed


def misshapen(body: Any, random: Random) -> Any:
    """Return an answer with one field gone, empty, of another type, beside an unknown one, or beside a huge one."""
    changed = deepcopy(body)
    fields = list(_fields(changed))
    if not fields:
        return changed
    holder, name = random.choice(fields)
    how = random.choice(("gone", "empty", "list", "object", "flag", "added", "huge"))
    if how == "gone":
        del holder[name]
    elif how in {"added", "huge"}:
        holder[f"{name}New"] = _HUGE if how == "huge" else {"of": ["another", 1]}
    else:
        holder[name] = {"empty": None, "list": [holder[name]], "object": {"value": 1}, "flag": True}[how]
    return changed


def _fields(body: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every field of every object in an answer, in the order in which it is written."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield body, name
            yield from _fields(value)
    elif isinstance(body, list):
        for value in body:
            yield from _fields(value)
