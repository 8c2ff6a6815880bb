"""Who is told, on the command line: added unseen, listed without a secret, tested, told by the watch, and said when it fails."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import BOOK, Run
from tests.outlets.inbox import Inbox, inbox

from hedgerow.model.errors import BadInput
from hedgerow.store import keys as vaults
from hedgerow.store.journal import open_journal

CANARY = "canarysecret7f3a"


@pytest.fixture
def service() -> Iterator[Inbox]:
    with inbox() as kept:
        yield kept


@pytest.fixture
def words(tmp_path: Path) -> tuple[str, ...]:
    """Settings under which messages may go to this machine, and a state of one's own."""
    config = tmp_path / "config.toml"
    config.write_text("[notify]\nallow_private = true\n", encoding="utf-8")
    return ("--config", str(config), "--state", str(tmp_path / "state"))


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vaults, "_N", 2**4)
    monkeypatch.setattr("hedgerow.store.keys.real_keyring", lambda: False)
    monkeypatch.setattr("hedgerow.app.keys.real_keyring", lambda: False)


def with_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command find the passphrase, as a unit of systemd does."""
    file = tmp_path / "passphrase"
    file.write_text("a long passphrase\n", encoding="utf-8")

    monkeypatch.setattr("hedgerow.app.asking._named", lambda: os.open(file, os.O_RDONLY))


def test_an_address_is_kept_like_a_key_and_shown_nowhere(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: Inbox, words: tuple[str, ...]
) -> None:
    with_passphrase(tmp_path, monkeypatch)
    typed(monkeypatch, f"{service.address(CANARY)}\n")
    added = run("notify", "add", "phone", *words)
    assert (added.status, "json://…" in added.out) == (0, True)
    listed = run("notify", "list", *words, "--json")
    assert listed.json["targets"][0]["target"] == "phone"
    tested = run("notify", "test", *words)
    assert tested.status == 0
    assert service.got[0]["title"] == "Hedgerow: test"
    assert run("keys", "list", "--json").json["keys"] == []
    said = "".join(done.out + done.err for done in (added, listed, tested))
    assert CANARY not in said
    assert not [
        path for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert run("notify", "remove", "phone").status == 0
    assert run("notify", "remove", "phone").status == 1
    assert run("notify", "test", *words).status == 4


@pytest.mark.parametrize(
    ("name", "address", "status"),
    [("Phone", "json://x", 2), ("phone", "", 2), ("phone", "nonsense", 4), ("../x", "json://x", 2)],
)
def test_what_cannot_be_kept_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, address: str, status: int
) -> None:
    typed(monkeypatch, f"{address}\n")
    assert run("notify", "add", name).status == status


def test_this_machine_is_not_written_to_without_leave(
    run: Run, monkeypatch: pytest.MonkeyPatch, service: Inbox
) -> None:
    typed(monkeypatch, f"jsons://127.0.0.1:{service.port}/{CANARY}\n")
    refused = run("notify", "add", "phone")
    assert (refused.status, "private network" in refused.err) == (4, True)
    monkeypatch.setenv("HEDGEROW_NOTIFY_PHONE", service.address(CANARY))
    failed = run("notify", "test")
    assert failed.status == 5
    assert "would send in the clear" in failed.out
    assert service.got == []
    assert CANARY not in refused.err + failed.out + failed.err


def test_the_alarms_of_a_look_come_in_one_message_and_once(
    run: Run, monkeypatch: pytest.MonkeyPatch, service: Inbox, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HEDGEROW_NOTIFY_PHONE", service.address())
    assert run("watch", BOOK, "--once", *words).status == 0
    (message,) = service.got
    assert message["type"] == "warning"
    assert "paper:paper book" in message["title"]
    assert "dollar beta to BTC" in message["message"]
    assert run("watch", BOOK, "--once", *words).status == 0
    assert len(service.got) == 1
    assert run("status", *words, "--json").json["paper"]["unsent"] == []


def test_what_could_not_be_sent_is_said_by_status_and_sent_by_the_next_life(
    run: Run, monkeypatch: pytest.MonkeyPatch, service: Inbox, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HEDGEROW_NOTIFY_PHONE", service.address(CANARY))
    service.status = 503
    assert run("watch", BOOK, "--once", *words).status == 0
    status = run("status", *words)
    assert status.status == 1
    assert "not sent to phone" in status.out
    assert CANARY not in status.out
    (unsent,) = run("status", *words, "--json").json["paper"]["unsent"]
    assert (unsent["missing"], unsent["level"]) == (["phone"], "warning")
    service.status = 200
    assert run("watch", BOOK, "--once", *words).status == 0
    assert [one["message"] for one in service.got[-1:]] == [service.got[0]["message"]]
    assert run("status", *words, "--json").json["paper"]["unsent"] == []


def test_acknowledging_says_who_and_silences_what_did_not_get_through(
    run: Run, monkeypatch: pytest.MonkeyPatch, service: Inbox, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HEDGEROW_NOTIFY_PHONE", service.address())
    service.status = 503
    run("watch", BOOK, "--once", *words)
    done = run("acknowledge", "--who", "Ann", *words, "--json").json
    assert done == {"who": "Ann", "alarms": 1, "messages": 1}
    assert run("status", *words, "--json").json["paper"]["unsent"] == []
    assert run("acknowledge", "--who", "Ann", *words, "--json").json == {
        "who": "Ann",
        "alarms": 0,
        "messages": 0,
    }
    assert run("acknowledge", "--who", " ", *words).status == 2


def test_quiet_hours_that_are_none_stop_the_watch_before_it_trades(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, service: Inbox
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[notify]\nquiet = "late"\n', encoding="utf-8")
    words = ("--config", str(config), "--state", str(tmp_path / "state"))
    assert run("watch", BOOK, "--once", *words).status == 4
    config.write_text('[notify]\nurls = ["json://x"]\n', encoding="utf-8")
    refused = run("watch", BOOK, "--once", *words)
    assert (refused.status, "never stand in the configuration" in refused.err) == (4, True)


def test_no_secret_of_a_target_is_in_the_journal(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, service: Inbox, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HEDGEROW_NOTIFY_PHONE", service.address(CANARY))
    service.status = 401
    run("watch", BOOK, "--once", *words)
    with open_journal(tmp_path / "state" / "paper" / "journal.db") as journal:
        bodies = [dict(record.body) for name in journal.streams() for record in journal.read(name)]
    assert CANARY not in json.dumps(bodies, default=str)
    for path in (tmp_path / "state").rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


def test_a_watch_that_ends_by_itself_calls_and_says_when_it_looks_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: Inbox, words: tuple[str, ...]
) -> None:
    """What it cannot go on with comes between two looks: holdings that are unreadable are waited for, and so end nothing."""
    monkeypatch.setenv("HEDGEROW_NOTIFY_PHONE", service.address())
    book = tmp_path / "mine.csv"
    good = Path(BOOK).read_text(encoding="utf-8")
    book.write_text(good, encoding="utf-8")
    rests = iter(range(4))

    async def rest(_monitor: object, _begun: int) -> None:
        if next(rests) == 3:
            raise BadInput("the limits cannot be read", advice="Give the file back.")
        book.write_text("this is no book", encoding="utf-8")

    with monkeypatch.context() as patched:
        patched.setattr("hedgerow.runs.monitor.Monitor.rest", rest)
        assert run("watch", str(book), *words).status == 4
    assert next(rests, None) is None
    ended = next(one for one in service.got if "the watch ended" in one["title"] + one["message"])
    assert ended["type"] == "failure"
    assert (
        run("watch", str(tmp_path / "none.csv"), "--once", *words).status == 4
    )  # it never looked: nothing new
    book.write_text(good, encoding="utf-8")
    assert run("watch", str(book), "--once", *words).status == 0
    said = [one["title"] + one["message"] for one in service.got]
    assert sum("Nobody watches" in one for one in said) == 1
    assert sum("it looks again" in one for one in said) == 1
