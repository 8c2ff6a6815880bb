"""Who said yes: two people are two names, whatever their capitals."""

from __future__ import annotations

from pathlib import Path

from hedgerow.store.approvals import approvals_of


def test_one_person_is_not_two(tmp_path: Path) -> None:
    said = approvals_of(tmp_path / "journal")
    for at, who in enumerate(("ann", " Ann", "ANN  ", "ann lee", "Ann  Lee")):
        said.add("p", who, at)
    assert said.of("p") == ("ann", "ann lee")
    assert said.of("another") == ()
