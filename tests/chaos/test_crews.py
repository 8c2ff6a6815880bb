"""Workers that share books, with everything happening to them once: longer by `./check workers`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.chaos.crews import Rules, lived
from tests.store.servers import PostgreSQL

from hedgerow.app.leases import Leases
from hedgerow.app.sharing import Share
from hedgerow.store import journal

pytestmark = pytest.mark.slow


def test_books_are_watched_by_one_worker_whatever_happens_to_the_others(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    rules = Rules(books=24, workers=3, lease_ms=2_400, every_ms=600)
    told = lived(postgresql, rules, tmp_path)
    assert told.violations == []
    assert told.looks > 5 * rules.books
    assert told.fences > 2 * rules.books  # they did change hands
    assert set(told.taken_over_ms) == {"killed", "stopped", "cut off", "ended"}
    late = 2_400  # a machine that is busy with other tests
    assert max(max(ms) for ms in told.taken_over_ms.values() if ms) <= rules.longest_ms + late


def test_one_that_wakes_and_goes_on_is_found_out(
    postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "lost", lambda *_: None)
    monkeypatch.setattr(Leases, "renew", lambda _self, lease, _ttl: lease)
    monkeypatch.setattr(Leases, "_asked", lambda _self, work: work())
    monkeypatch.setattr(Share, "_over", lambda _: None)
    rules = Rules(books=4, workers=2, lease_ms=1_500, every_ms=400)
    for tried in range(
        5
    ):  # one that is stopped in the middle of a write is thrown out by the server, and writes no more
        (tmp_path / str(tried)).mkdir()
        told = lived(postgresql, rules, tmp_path / str(tried), ("stopped",))
        if any(" after " in line for line in told.violations):
            return
    pytest.fail("a worker that wrote with an older fence was not found out")
