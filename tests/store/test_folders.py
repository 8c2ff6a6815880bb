"""What is held and traded is written for this user alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hedgerow.model.errors import JournalFailed
from hedgerow.store.approvals import approvals_of
from hedgerow.store.folders import add_line, put_whole
from hedgerow.store.halts import halts_of
from hedgerow.store.journal import open_journal


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def open_handed() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_private_file_and_its_folders_are_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "paper" / "plans" / "a.json"
    put_whole(b"x", path, path.with_suffix(".begun"), private=True)
    assert rights(path) == 0o600
    assert {rights(each) for each in (path.parent, path.parents[1], path.parents[2])} == {0o700}
    shared = tmp_path / "lake" / "a.parquet"
    put_whole(b"x", shared, shared.with_suffix(".begun"))
    assert rights(shared) == 0o644


def test_a_journal_with_all_that_lies_beside_it_is_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "live" / "journal.db"
    with open_journal(path) as journal:
        lease = journal.acquire("a:b", "me", 1_000)
        assert lease is not None
        journal.append("a:b", 1, [("note", {})], lease)
        halts_of(path).set("a:b", 1, "why")
        approvals_of(path).add("abc", "Ann", 1)
        assert {rights(each) for each in path.parent.iterdir()} == {0o600}
    assert rights(path.parent) == 0o700


def test_a_line_that_is_cut_short_is_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda to, data: write(to, data[:5]))
    with pytest.raises(JournalFailed, match="Nothing was approved"):
        approvals_of(tmp_path / "journal.db").add("abcdef", "Ann", 1)
    monkeypatch.undo()
    add_line(tmp_path / "journal.db-approvals", "a whole one")
    lines = (tmp_path / "journal.db-approvals").read_text().splitlines()
    assert lines[-1] == "a whole one"
