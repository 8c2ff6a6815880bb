"""A server that goes away in the middle of a trade costs time and nothing else; the same lives on it leave the same journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chaos import outages
from tests.chaos.outages import Survival
from tests.store.servers import PostgreSQL

from hedgerow.store import journal as journal_module
from hedgerow.store.journal import open_journal
from hedgerow.testing.faults import live, vigil
from hedgerow.testing.faults.disk import backing


@pytest.mark.slow
def test_outages_are_survived(postgresql: PostgreSQL) -> None:
    found = outages.outages(range(100, 102))
    assert found.violations == ()
    assert found.runs == 2
    assert found.away > 0
    assert sum(found.struck[kind] for kind in outages.KINDS) > 3


@pytest.mark.slow
def test_a_commit_that_is_taken_for_done_is_found_out(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "_landed", lambda *_: True)
    monkeypatch.setattr(outages, "KINDS", ("commit lost",))
    monkeypatch.setattr(outages, "_EVERY", 6)
    verdict, struck = outages.survived(3, postgresql)
    assert struck["met"] > 0
    assert verdict.violations


def test_figures_add_up() -> None:
    one = Survival(1, 3, 2, Counter({"cut": 2}), ("a",))
    both = one + Survival(1, 1, 0, Counter({"met": 1}), ())
    assert both.figures() == {
        "runs": 2,
        "processes": 4,
        "away": 2,
        "killed": 0,
        "cut": 2,
        "frozen": 0,
        "answer lost": 0,
        "commit lost": 0,
        "met": 1,
        "violations": 1,
    }


@pytest.mark.slow
@pytest.mark.parametrize("lived", [live, vigil], ids=["executor", "watch"])
def test_the_same_life_leaves_the_same_journal_wherever_it_lies(
    postgresql: PostgreSQL, tmp_path: Path, lived: Callable[..., object]
) -> None:
    def digests(make: object) -> list[object]:
        before = backing.set(make) if make is not None else None  # type: ignore[arg-type]
        found = [lived(seed, 150) for seed in (3, 8)]
        if before is not None:
            backing.reset(before)
        assert [v.violations for v in found] == [[], []]  # type: ignore[attr-defined]
        return [v.digest for v in found]  # type: ignore[attr-defined]

    files = iter(tmp_path / f"{n}" / "journal.db" for n in range(2))
    in_memory = digests(None)
    assert all(in_memory)
    assert digests(lambda clock: open_journal(next(files), monotonic=clock)) == in_memory
    assert digests(lambda clock: open_journal(postgresql.server(here=tmp_path), monotonic=clock)) == in_memory
