"""An account is held by one process of a user, whatever state folders there are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.test_processes import environment

from hedgerow.app.alone import alone
from hedgerow.app.live import Reached, live_dealing
from hedgerow.app.plans import Place
from hedgerow.config import Settings
from hedgerow.model.errors import JournalReadOnly, LeaseHeld
from hedgerow.venues.doors import Keys

ACCOUNT = "bybit:1/2"
THERE = Reached("bybit", ACCOUNT, Keys("1", "k", "s"))
CODE = """
import sys
from pathlib import Path
from hedgerow.app.alone import alone
with alone(sys.argv[1], "that one", sys.argv[2]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_another_state_folder_finds_the_account_held_and_by_whom(tmp_path: Path) -> None:
    first, second = Place(tmp_path / "one", "live"), Place(tmp_path / "two", "live")
    with live_dealing(Settings(), first, THERE, ()) as at:
        with (
            pytest.raises(LeaseHeld) as found,
            live_dealing(Settings(), second, THERE, ()),
        ):
            pytest.fail("two state folders hold one account")
        assert at.holder in str(found.value)
        assert str(tmp_path / "one") in str(found.value)
        other = Reached("bybit", "bybit:3", THERE.keys)
        with live_dealing(Settings(), second, other, ()):
            pass
    with live_dealing(Settings(), second, THERE, ()):
        pass


def test_a_holder_that_is_killed_holds_nothing(home: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", CODE, ACCOUNT, str(tmp_path / "there")]
    known = environment(tmp_path, XDG_STATE_HOME=str(home))
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=known) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(LeaseHeld, match="held by process that one, which remembers in"):
                alone(ACCOUNT, "me", str(tmp_path)).__enter__()
        finally:
            holder.kill()
    with alone(ACCOUNT, "me", str(tmp_path)):
        pass


def test_without_a_lock_nothing_is_traded(home: Path, tmp_path: Path) -> None:
    home.write_text("no folder", encoding="utf-8")
    with pytest.raises(JournalReadOnly, match="cannot be made"):
        alone(ACCOUNT, "me", str(tmp_path)).__enter__()
