"""Messages until they were sent: added lines only, read whatever else the file holds, private, and said when they are late."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.store.test_halts import file_of

from hedgerow.model.errors import JournalFailed
from hedgerow.model.notices import Message
from hedgerow.store.notices import Notices, notices_of


def message(name: str, at: int = 1_000, level: str = "critical") -> Message:
    return Message(name, at, level, "paper:paper book", "drift: BTC", f'"{name}" → a\nb')  # type: ignore[arg-type]


@pytest.fixture
def notices(tmp_path: Path) -> Notices:
    return notices_of(tmp_path / "paper" / "journal.db")


def test_a_file_that_is_not_there_holds_nothing(notices: Notices) -> None:
    assert (notices.all(), notices.unsent(), notices.acknowledged()) == ((), (), frozenset())


def test_a_message_is_missing_to_each_target_until_it_reached_it(notices: Notices) -> None:
    notices.told(message("a"), ("phone", "mail"), held=False)
    notices.sent(["a"], "mail", 2_000)
    notices.failed(["a"], "phone", 2_000, "error=500")
    (one,) = notices.unsent(2_000)
    assert (one.message, one.missing, one.why) == (message("a"), ("phone",), "phone: error=500")
    notices.sent(["a"], "phone", 3_000)
    assert notices.unsent() == ()
    assert notices.all()[0].why == ""
    assert file_of(notices.path).stat().st_mode & 0o777 == 0o600


def test_what_is_under_way_or_waits_for_the_morning_is_not_said_to_be_late(notices: Notices) -> None:
    notices.told(message("now"), ("phone",), held=False)
    notices.told(message("night"), ("phone",), held=True)
    assert notices.unsent(200_000) == ()
    assert [each.message.name for each in notices.unsent(302_000)] == ["now"]
    assert len(notices.unsent()) == 2


def test_what_was_seen_is_not_said_again(notices: Notices) -> None:
    notices.told(message("a"), ("phone",), held=False)
    notices.seen(["a"], "Ann", 5_000)
    assert notices.unsent(10_000_000) == ()
    assert notices.all()[0].seen == "Ann"


def test_alarms_are_acknowledged_by_when_they_went_on(notices: Notices) -> None:
    key = ("paper:paper book", "drift", "BTC", 77)
    notices.acknowledge([key], "Ann", 100)
    assert notices.acknowledged() == {key}


@pytest.mark.parametrize(
    "line",
    [
        "half a li",
        "[]",
        "3",
        '{"is": "told"}',
        '{"is": "sent", "names": 3}',
        '{"is": "acknowledged", "alarms": [["x"]]}',
        '{"is": "of a later version", "names": ["a"]}',
    ],
)
def test_a_line_that_cannot_be_read_takes_no_other_along(notices: Notices, line: str) -> None:
    notices.told(message("a"), ("phone",), held=False)
    with file_of(notices.path).open("a", encoding="utf-8") as file:
        file.write(f"{line}")  # cut off by a power cut: the next one begins anew
    notices.told(message("b"), ("phone",), held=False)
    notices.acknowledge([("s", "drift", "BTC", 1)], "Ann", 1)
    assert [each.message.name for each in notices.unsent()] == ["a", "b"]
    assert len(notices.acknowledged()) == 1


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(JournalFailed):
        notices_of(tmp_path / "taken" / "journal.db").told(message("a"), ("phone",), held=False)
