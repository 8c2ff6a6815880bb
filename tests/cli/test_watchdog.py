"""The watchdog: what it says of a watch that is dead, blind, unseen or gone with a position open; it writes to no journal."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK, Run
from tests.cli.trading import journal, start
from tests.outlets.inbox import Inbox, inbox
from tests.outlets.test_gauges import look, shot

from hedgerow.app.dealing import PAPER_ACCOUNT, wall_ms
from hedgerow.app.standing import watchings
from hedgerow.model.watched import AlarmRow
from hedgerow.outlets.gauges import Gauges
from hedgerow.outlets.health import served
from hedgerow.runs.diary import LOOK, diary_of
from hedgerow.runs.wire import body_of
from hedgerow.store.beats import Beat, beats_of
from hedgerow.store.journal import look_into, open_journal

SOURCE = "paper:paper book"
Dog = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def dog(run: Run, tmp_path: Path) -> Dog:
    """One round; what is wrong. The exit code agrees, and no journal was written."""

    def call(*words: str) -> list[dict[str, Any]]:
        before = digests(tmp_path)
        done = run("watchdog", "--once", "--json", "--state", str(tmp_path / "state"), *words)
        assert digests(tmp_path) == before
        assert done.status == int(not done.json["well"]), done.err
        assert done.json["well"] == (not done.json["wrong"])
        wrong: list[dict[str, Any]] = done.json["wrong"]
        return wrong

    return call


def digests(home: Path) -> dict[str, str]:
    folder = home / "state" / "paper"
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("journal.db*")
        if path.is_file() and path.stat().st_size and not path.name.endswith("-shm")
    }


def watched(run: Run, home: Path, *words: str) -> None:
    assert run("watch", BOOK, "--once", "--state", str(home / "state"), *words).status == 0


def living(home: Path, **changes: Any) -> Beat:
    """Let the watch be one that goes on, its last sign of life as changed."""
    beats = beats_of(journal(home))
    (beat,) = beats.all()
    beats.beat(replace(beat, stopped=False, **changes))
    return beat


def test_a_folder_in_which_nothing_is_watched_is_not_well(dog: Dog) -> None:
    (wrong,) = dog()
    assert (wrong["title"], wrong["level"]) == ("nothing to watch", "warning")


def test_a_watch_that_looks_or_ended_in_order_is_well(run: Run, tmp_path: Path, dog: Dog) -> None:
    watched(run, tmp_path)
    assert dog() == []
    living(tmp_path)
    assert dog() == []


@pytest.mark.parametrize(("age_s", "late"), [(179.0, False), (200.0, True)])
def test_a_last_look_may_be_three_looks_old(
    run: Run, tmp_path: Path, dog: Dog, age_s: float, *, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched(run, tmp_path)
    now = wall_ms()
    living(tmp_path, at=now - round(age_s * 1000))
    monkeypatch.setattr("hedgerow.app.watchdog.wall_ms", lambda: now)
    assert [(each["about"], each["title"]) for each in dog()] == ([(SOURCE, "no look")] if late else [])


def test_a_watch_of_a_timer_is_late_by_the_age_that_is_given(run: Run, tmp_path: Path, dog: Dog) -> None:
    watched(run, tmp_path)
    beats = beats_of(journal(tmp_path))
    beats.beat(replace(beats.all()[0], at=wall_ms() - 400_000))
    assert dog() == []
    (wrong,) = dog("--max-age", "300")
    assert "and it ended" in wrong["text"]
    assert dog("--max-age", "3000") == []


def test_signs_of_life_that_are_gone_are_not_well(run: Run, tmp_path: Path, dog: Dog) -> None:
    watched(run, tmp_path)
    folder = beats_of(journal(tmp_path)).folder
    assert isinstance(folder, Path)
    for path in folder.iterdir():
        path.write_text("half", encoding="utf-8")
    (wrong,) = dog()
    assert "no sign of its life" in wrong["text"]


def test_a_journal_that_cannot_be_read_is_said(run: Run, tmp_path: Path, dog: Dog) -> None:
    watched(run, tmp_path)
    for path in journal(tmp_path).parent.glob("journal.db-*l"):
        path.unlink()
    journal(tmp_path).write_bytes(b"not a journal" * 1000)
    assert [each["title"] for each in dog()] == ["journal"]


def test_a_holder_that_is_gone_with_a_position_open_is_said(run: Run, tmp_path: Path, dog: Dog) -> None:
    watched(run, tmp_path, "--mode", "auto")
    assert dog() == []
    with open_journal(journal(tmp_path)) as kept:
        assert kept.acquire(PAPER_ACCOUNT, "a process that was killed", 1) is not None
        time.sleep(0.01)
    (wrong,) = dog()
    assert (wrong["title"], wrong["level"]) == ("lease", "critical")
    assert "paper:" in wrong["text"]


def with_alarm(home: Path, since_s: float) -> None:
    """Let the last look have a critical alarm."""
    with look_into(journal(home)) as kept:
        (last,) = watchings(kept)
    alarm = AlarmRow(
        "liquidation", "account", "critical", last.look.at - round(since_s * 1000), "9% away", ""
    )
    with open_journal(journal(home)) as kept:
        lease = kept.acquire(PAPER_ACCOUNT, "test", 10_000)
        assert lease is not None
        seen = replace(last.look, alarms=(alarm,))
        kept.append(diary_of(PAPER_ACCOUNT, "book"), seen.at, [(LOOK, body_of(seen))], lease)
        kept.release(lease)


def test_a_critical_alarm_that_stays_wants_to_be_seen(run: Run, tmp_path: Path, dog: Dog) -> None:
    watched(run, tmp_path)
    with_alarm(tmp_path, 600.0)
    assert dog() == []
    (wrong,) = dog("--patience", "500")
    assert wrong["title"] == "unseen liquidation: account"
    assert run("acknowledge", "--who", "Ann", "--state", str(tmp_path / "state")).status == 0
    assert dog("--patience", "500") == []


def test_a_process_that_does_not_answer_or_is_not_well_is_said(run: Run, tmp_path: Path, dog: Dog) -> None:
    watched(run, tmp_path)
    gauges = Gauges()
    with served(0, gauges) as port:
        living(tmp_path, port=port)
        gauges.show(shot(look(), at_s=time.time()))
        assert dog() == []
        gauges.show(shot(look(), at_s=time.time() - 500.0))
        (wrong,) = dog()
        assert "seconds old" in wrong["text"]
    (wrong,) = dog()
    assert "does not answer" in wrong["text"]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    with inbox() as kept:
        monkeypatch.setenv("HEDGEROW_NOTIFY_PHONE", kept.address())
        monkeypatch.setenv("HEDGEROW__NOTIFY__ALLOW_PRIVATE", "true")
        yield kept


def test_what_is_wrong_is_sent_once_and_that_it_is_over(
    run: Run, tmp_path: Path, dog: Dog, service: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEDGEROW_NOTIFY_PHONE")
    watched(run, tmp_path)
    monkeypatch.setenv("HEDGEROW_NOTIFY_PHONE", service.address())
    living(tmp_path, at=wall_ms() - 400_000)
    assert len(dog()) == len(dog()) == 1
    (message,) = service.got
    assert ("no look" in message["title"], message["type"]) == (True, "failure")
    living(tmp_path, at=wall_ms())
    assert dog() == []
    assert "is well again" in service.got[1]["message"]
    assert dog() == []
    assert len(service.got) == 2


def test_it_says_so_where_nobody_can_be_told(run: Run, tmp_path: Path, dog: Dog, service: Inbox) -> None:
    watched(run, tmp_path)
    living(tmp_path, at=wall_ms() - 400_000)
    service.status = 500
    assert [each["title"] for each in dog()] == ["no look"]
    service.status = 200
    dog()
    assert "no look" in service.got[-1]["title"]


def test_settings_that_cannot_be_read_do_not_stop_it(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "broken.toml"
    config.write_text("[nonsense\n", encoding="utf-8")
    words = ("watchdog", "--once", "--config", str(config))
    assert run(*words, "--state", str(tmp_path / "state")).status == 1
    assert run(*words).status == 4


@pytest.mark.parametrize(
    "wrong", [("--every", "0"), ("--max-age", "0"), ("--patience", "-1"), ("--every", "nan")]
)
def test_what_is_no_time_is_refused(run: Run, wrong: tuple[str, str]) -> None:
    assert run("watchdog", "--once", *wrong).status == 2


@pytest.mark.slow
def test_a_watch_that_is_killed_is_missed_while_another_life_is_not(
    run: Run, tmp_path: Path, dog: Dog
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[watch]\nmetrics_port = 0\n", encoding="utf-8")
    process = start(tmp_path, "watch", BOOK, "--every", "1", "--json", "--config", str(config))
    end = time.monotonic() + 120
    while not beats_of(journal(tmp_path)).all() and time.monotonic() < end:
        time.sleep(0.05)
    port = beats_of(journal(tmp_path)).all()[0].port or 0
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        link.request("GET", "/metrics")
        metrics = link.getresponse().read().decode()
    finally:
        link.close()
        process.kill()
        process.communicate()
    assert "hedgerow_looks_total" in metrics
    words = ("watchdog", "--once", "--json", "--state", str(tmp_path / "state"))
    while run(*words).status == 0 and time.monotonic() < end:
        time.sleep(0.2)
    titles = {each["title"] for each in json.loads(run(*words).out)["wrong"]}
    assert titles & {"no look", "health"}
