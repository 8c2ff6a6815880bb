"""The courier: whoever leaves a message never waits, what cannot be sent stays written down, and the next life sends it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hedgerow.model.errors import JournalFailed, NotSent
from hedgerow.model.ports import Level
from hedgerow.outlets.courier import Courier
from hedgerow.outlets.outbox import Outbox, Target
from hedgerow.store.notices import Notices

HOUR = 3_600_000


@dataclass(slots=True)
class Desk:
    """A courier in a test's own time, whose services are down where `down` names them."""

    path: Path
    now: int = 1_000_000
    down: dict[str, Exception] = field(default_factory=dict)
    got: list[tuple[str, Level, str, str]] = field(default_factory=list)
    names: int = 0

    @property
    def notices(self) -> Notices:
        return Notices(self.path)

    def send(self, target: str, level: Level, title: str, text: str) -> None:
        if target in self.down:
            raise self.down[target]
        self.got.append((target, level, title, text))

    def name(self) -> str:
        self.names += 1
        return f"m{self.now}-{self.names}"

    def courier(self, *targets: Target) -> Courier:
        outbox = Outbox(targets or (Target("phone"),))
        return Courier(outbox, self.notices, self.send, lambda: self.now, self.name)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "journal.db-notices")


def test_it_is_on_the_disk_before_anything_is_sent(desk: Desk) -> None:
    told = desk.courier().notifier("paper:paper book")
    told.notify("critical", "liquidation: account", "liquidation is 9% away")
    (notice,) = desk.notices.unsent()
    assert (notice.message.text, notice.missing, desk.got) == ("liquidation is 9% away", ("phone",), [])


def test_what_was_sent_is_no_more_unsent(desk: Desk) -> None:
    courier = desk.courier(Target("phone"), Target("mail", "critical"))
    courier.notifier("s").notify("warning", "a", "1")
    courier.notifier("s").notify("critical", "b", "2")
    desk.now += 1_000
    courier.step()
    assert [(target, level) for target, level, _, _ in desk.got] == [
        ("phone", "critical"),
        ("mail", "critical"),
    ]
    assert desk.notices.unsent() == ()


def test_a_service_that_is_down_is_tried_again_and_said_by_status_meanwhile(desk: Desk) -> None:
    courier = desk.courier()
    desk.down["phone"] = NotSent("error=500")
    courier.notifier("s").notify("warning", "a", "1")
    for _ in range(5):
        desk.now += 20_000
        courier.step()
    (notice,) = desk.notices.unsent(desk.now)
    assert notice.why == "phone: error=500"
    assert courier.failures == {"phone": 4}  # the fifth step comes within the 40 s after the fourth
    desk.down.clear()
    desk.now += HOUR
    courier.step()
    assert [text for *_, text in desk.got] == ["warning: 1"]
    assert desk.notices.unsent(desk.now) == ()


def test_one_that_is_down_holds_up_no_other(desk: Desk) -> None:
    courier = desk.courier(Target("phone"), Target("mail"))
    desk.down["phone"] = NotSent("away")
    courier.notifier("s").notify("warning", "a", "1")
    desk.now += 1_000
    courier.step()
    assert [target for target, *_ in desk.got] == ["mail"]
    (notice,) = desk.notices.unsent(desk.now)
    assert notice.missing == ("phone",)


def test_a_defect_of_a_service_silences_nothing(desk: Desk) -> None:
    courier = desk.courier(Target("phone"), Target("mail"))
    desk.down["phone"] = RuntimeError("a plug-in broke")
    courier.notifier("s").notify("critical", "a", "1")
    desk.now += 1_000
    courier.step()
    assert [target for target, *_ in desk.got] == ["mail"]
    assert "a defect in the sender: RuntimeError" in desk.notices.unsent(desk.now)[0].why


def test_the_next_life_sends_what_the_last_one_could_not(desk: Desk) -> None:
    first = desk.courier()
    first.notifier("paper:paper book").notify("critical", "a", "1")
    first.notifier("paper:paper other").notify("critical", "b", "2")
    desk.now += HOUR
    second = desk.courier()
    told = second.notifier("paper:paper book")  # of its own watch only: the other may live
    told.notify("critical", "a", "1")  # a killed watch raises it again: the same alarm, not told twice
    second.step()
    assert [text for *_, text in desk.got] == ["critical: 1"]
    assert [each.message.source for each in desk.notices.unsent()] == ["paper:paper other"]
    third = desk.courier()
    third.notifier("paper:paper book")
    desk.now += HOUR
    third.step()
    assert len(desk.got) == 1


def test_a_notifier_that_is_asked_for_again_sends_nothing_twice(desk: Desk) -> None:
    courier = desk.courier()
    courier.notifier("s").notify("critical", "a", "1")
    for _ in range(3):
        courier.notifier("s")
    assert courier.outbox.waiting == 1
    desk.now += 1_000
    courier.step()
    assert [text for *_, text in desk.got] == ["critical: 1"]


def test_what_is_a_day_old_or_was_seen_is_not_sent_any_more(desk: Desk) -> None:
    first = desk.courier()
    first.notifier("s").notify("critical", "a", "1")
    desk.now += 25 * HOUR
    first.notifier("t").notify("critical", "b", "2")
    desk.notices.seen([desk.notices.unsent()[1].message.name], "Ann", desk.now)
    second = desk.courier()
    second.notifier("s")
    second.notifier("t")
    desk.now += HOUR
    second.step()
    assert desk.got == []
    assert [each.message.title for each in desk.notices.unsent(desk.now)] == ["a"]  # and `status` says it


def test_a_full_disk_does_not_keep_an_alarm_from_being_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise JournalFailed

    courier = desk.courier()
    monkeypatch.setattr(Notices, "_add", full)
    courier.notifier("s").notify("critical", "a", "1")
    desk.now += 1_000
    courier.step()
    assert [text for *_, text in desk.got] == ["critical: 1"]
    assert courier.lost == 2


def test_whoever_leaves_a_message_never_waits_for_a_service(desk: Desk) -> None:
    """The service hangs for as long as the test wants; a hundred messages are left meanwhile, from the thread that trades."""
    hangs, reached = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        reached.set()
        assert hangs.wait(60)

    courier = desk.courier()
    courier.send = hang
    courier.start()
    told = courier.notifier("s")
    told.notify("critical", "first", "1")
    desk.now += 2_000
    assert reached.wait(60)
    for i in range(100):
        told.notify("critical", f"n{i}", "1")
    assert not hangs.is_set()
    assert courier.outbox.waiting == 101
    hangs.set()
    courier.send = desk.send
    courier.close(60)
    assert desk.notices.unsent() == ()


def test_closing_tries_once_more_at_once(desk: Desk) -> None:
    courier = desk.courier()
    courier.start()
    courier.notifier("s").notify("warning", "a", "1")
    courier.close(60)
    assert [text for *_, text in desk.got] == ["warning: 1"]


def test_what_is_for_everybody_is_no_alarm_and_always_new(desk: Desk) -> None:
    courier = desk.courier(Target("phone", "critical"))
    for _ in range(2):
        courier.leave("s", "info", "brief", "the same", everybody=True)
    desk.now += 1_000
    courier.step()
    assert desk.got[0][3].count("the same") == 2


@pytest.mark.parametrize("level", ["info", "critical"])
def test_an_alarm_whose_caller_died_before_it_was_written_down_is_called_over_and_told_again(
    desk: Desk, level: Level
) -> None:
    """Else the next life would not know of it, never say that it is over, and the alarm that comes then be taken for the old."""
    title = "stale feed: prices"
    desk.courier(Target("phone", "info")).notifier("s").notify(level, title, "no price for 14 seconds")
    courier = desk.courier(Target("phone", "info"))
    told = courier.notifier("s")
    courier.settle("s", frozenset({title}))
    courier.settle("s", frozenset())
    courier.settle("s", frozenset())
    told.notify(level, title, "no price for 14 seconds")
    said = [(each.message.level, each.message.text) for each in desk.notices.all()]
    assert said == [
        (level, "no price for 14 seconds"),
        ("info", "is well again"),
        (level, "no price for 14 seconds"),
    ]


def test_what_happened_is_no_alarm_that_could_be_over(desk: Desk) -> None:
    courier = desk.courier()
    courier.notifier("s").notify("critical", "trading is frozen, plan 1", "why")
    courier.settle("s", frozenset())
    assert len(desk.notices.all()) == 1
