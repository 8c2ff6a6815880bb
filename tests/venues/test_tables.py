"""The tables of differences against the installed ccxt: every endpoint exists, no code means two things, ids fit."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from hedgerow.venues.dialects import VENUES
from hedgerow.venues.quirks import Codes, DeadMan, Route, Venue
from hedgerow.venues.wire import ccxt_library, forbidden

MEANINGS = ("unknown", "duplicate", "absent", "unchanged", "again", "banned", "maintenance", "key")
TABLES = pytest.mark.parametrize("venue", VENUES.values(), ids=list(VENUES))


def calls(node: Any) -> Iterator[Route | DeadMan]:
    """Every endpoint that a table names, wherever it stands."""
    if isinstance(node, (Route, DeadMan)):
        yield node
    elif dataclasses.is_dataclass(node) and not isinstance(node, type):
        for field in dataclasses.fields(node):
            yield from calls(getattr(node, field.name))
    elif isinstance(node, dict):
        for value in node.values():
            yield from calls(value)
    elif isinstance(node, tuple):
        for value in node:
            yield from calls(value)


@TABLES
def test_every_endpoint_is_one_of_ccxts(venue: Venue) -> None:
    exchange = getattr(ccxt_library(), venue.ccxt)()
    named = {one.call for one in calls(venue)}
    assert len(named) >= 2
    assert {call for call in named if not hasattr(exchange, call)} == set()


@TABLES
def test_no_endpoint_is_one_that_is_never_asked(venue: Venue) -> None:
    # Names of calls are paths in capitals: what the deny-list stops must not be in a table.
    spelt = {
        one.call: "/" + re.sub(r"(?<=[a-z0-9])([A-Z])", r"/\1", one.call).lower() for one in calls(venue)
    }
    assert {
        call for call, path in spelt.items() if forbidden(f"https://x{path.replace('/api/key', '/apikey')}")
    } == set()


@TABLES
def test_no_code_means_two_things(venue: Venue) -> None:
    codes: Codes = venue.codes
    for one, other in combinations(MEANINGS, 2):
        assert getattr(codes, one) & getattr(codes, other) == set(), (one, other)
    assert all(low <= high for low, high in codes.refused)


@TABLES
def test_what_is_fine_is_no_error(venue: Venue) -> None:
    named = set().union(*(getattr(venue.codes, one) for one in MEANINGS))
    assert venue.fine & named == set()


@TABLES
def test_an_id_of_ours_fits(venue: Venue) -> None:
    ours = "0x" + "0" * 32 if venue.client_id.hex128 else "hr" + "z9" * 9
    assert re.fullmatch(venue.client_id.pattern, ours)


@TABLES
def test_hosts_are_names_of_this_venue_only(venue: Venue) -> None:
    assert all(re.fullmatch(r"[a-z0-9.-]+", host) for host in venue.hosts)
    others = {host for other in VENUES.values() if other is not venue for host in other.hosts}
    assert not set(venue.hosts) & others
