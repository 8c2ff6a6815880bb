"""The file of halts: whatever is in it, nothing trades by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgerow.model.errors import JournalFailed
from hedgerow.store.halts import ALL, Halt, Halts
from hedgerow.store.lines import Lines


def file_of(lines: Lines) -> Path:
    assert isinstance(lines, Path)
    return lines


@pytest.fixture
def halts(tmp_path: Path) -> Halts:
    return Halts(tmp_path / "halts")


def test_the_last_line_of_an_account_counts(halts: Halts) -> None:
    assert halts.now() == {}
    halts.set("a", 1, "one")
    halts.set("b", 2, "two")
    halts.set("a", 3, "three")
    assert halts.now() == {"a": Halt("a", 3, "three"), "b": Halt("b", 2, "two")}
    halts.set("a", 4, None)
    assert halts.why("a") is None
    assert (
        file_of(halts.path).read_text(encoding="utf-8").count("account") == 4
    )  # what was said before is still there


@pytest.mark.parametrize("torn", ['{"account": "a", "at": 5, "wh', "\x00\x00\x00", "[]", '{"account": "a"}'])
def test_a_torn_line_halts_everything_until_somebody_lifts_it(halts: Halts, torn: str) -> None:
    halts.set("a", 1, None)
    with file_of(halts.path).open("a", encoding="utf-8") as file:
        file.write(torn)
    assert "cannot be read" in (halts.why("b") or "")
    halts.set(ALL, 6, None)
    assert halts.why("b") is None


def test_a_file_of_other_bytes_halts_everything(halts: Halts) -> None:
    file_of(halts.path).write_bytes(b"\xff\xfe\xff")
    assert "cannot be read" in (halts.why("a") or "")


def test_a_halt_that_cannot_be_written_says_that_it_does_not_halt(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(JournalFailed, match="cannot be written") as caught:
        Halts(tmp_path / "file" / "halts").set("a", 1, "stop")
    assert caught.value.advice.startswith("NOT halted.")
    with pytest.raises(JournalFailed) as caught:
        Halts(tmp_path / "file" / "halts").set("a", 1, None)
    assert caught.value.advice.startswith("NOT lifted")
