"""What waits for whom: levels, quiet hours, one message a tick, nothing twice, tries that grow rarer, a bound."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.model.errors import BadConfig
from hedgerow.model.notices import Message
from hedgerow.model.ports import Level
from hedgerow.outlets.messages import LEVELS, grouped, hours_of, zone_of
from hedgerow.outlets.outbox import Outbox, Target

NIGHT = int(datetime(2026, 7, 1, 23, 0, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000


def said(
    name: str, level: Level = "critical", at: int = 0, title: str = "", text: str = "it is so"
) -> Message:
    return Message(name, at, level, "paper:paper book", title or name, text)


def box(*targets: Target, quiet: str | None = None) -> Outbox:
    hours = None if quiet is None else hours_of(quiet, "UTC")
    return Outbox(targets or (Target("phone", "warning"),), hours)


def test_what_comes_in_one_tick_goes_in_one_message() -> None:
    outbox = box()
    assert outbox.take(said("a")) == outbox.take(said("b", "warning", 400)) == ("phone",)
    assert outbox.due(999) == ()
    (batch,) = outbox.due(1_000)
    assert [each.name for each in batch.messages] == ["a", "b"]
    outbox.done(batch)
    assert (outbox.due(9_000), outbox.waiting, outbox.next_ms(9_000)) == ((), 0, None)


def test_each_target_hears_from_its_own_level_on() -> None:
    outbox = box(Target("phone", "critical"), Target("mail", "info"))
    assert outbox.take(said("a", "warning")) == ("mail",)
    assert outbox.take(said("b", "critical")) == ("phone", "mail")
    assert outbox.take(said("c", "info")) == ("mail",)


def test_the_same_alarm_is_not_told_again_until_it_was_over() -> None:
    outbox = box(Target("phone", "warning"))
    assert outbox.take(said("1", "warning", title="drift")) == ("phone",)
    assert outbox.take(said("2", "warning", title="drift", text="other numbers")) == ()
    assert outbox.take(said("3", "critical", title="drift")) == ("phone",)
    assert outbox.take(said("4", "info", title="drift")) == ("phone",)  # over: told to whoever heard of it
    assert outbox.take(said("5", "info", title="drift")) == ()
    assert outbox.take(said("6", "warning", title="drift")) == ("phone",)


def test_that_an_alarm_is_over_does_not_reach_whom_it_never_concerned() -> None:
    outbox = box(Target("phone", "critical"))
    assert outbox.take(said("1", "warning", title="drift")) == ()
    assert outbox.take(said("2", "info", title="drift")) == ()


def test_an_earlier_life_is_remembered() -> None:
    outbox = box()
    outbox.recall(said("1", "critical", title="drift"))
    assert outbox.take(said("2", "critical", title="drift")) == ()


def test_quiet_hours_let_the_critical_through_and_keep_the_rest_for_the_morning() -> None:
    outbox = box(quiet="22:00-07:00")
    late, loud = said("late", "warning", NIGHT), said("loud", "critical", NIGHT)
    outbox.take(late)
    assert outbox.held(late)
    assert not outbox.held(loud)
    assert outbox.due(NIGHT + 2_000) == ()
    assert outbox.next_ms(NIGHT + 2_000) == 60_000
    outbox.take(loud)
    (batch,) = outbox.due(NIGHT + 2_000)
    assert batch.messages == (loud,)
    outbox.done(batch)
    assert outbox.due(NIGHT + 8 * HOUR - 1) == ()
    (morning,) = outbox.due(NIGHT + 8 * HOUR)
    assert morning.messages == (late,)


@given(st.integers(1, 40))
def test_a_target_that_fails_is_tried_ever_more_rarely_and_at_least_each_quarter_of_an_hour(
    times: int,
) -> None:
    outbox = box(Target("phone"), Target("mail"))
    outbox.take(said("a"))
    now, waits = 1_000, []
    for _ in range(times):
        batch = next(each for each in outbox.due(now) if each.target == "phone")
        outbox.failed(batch, now)
        assert all(each.target == "mail" for each in outbox.due(now))
        later = next(t for t in range(now, now + 1_000_000, 5_000) if len(outbox.due(t)) == 2)
        waits.append(later - now)
        now = later
    assert waits[0] == 5_000
    assert waits == sorted(waits)
    assert max(waits) <= 900_000
    assert len(outbox.due(now)) == 2


def test_a_target_that_is_away_for_long_fills_no_memory_and_what_is_loud_stays() -> None:
    outbox = box(Target("phone", "info"))
    outbox.take(said("loud", "critical"))
    for i in range(700):
        outbox.take(said(f"n{i}", "warning", i))
    (batch,) = outbox.due(10_000)
    assert len(batch.messages) == outbox.waiting == 500
    assert outbox.left_out == 201
    assert batch.messages[0].name == "loud"


def test_several_read_as_one_the_loudest_first() -> None:
    level, title, text = grouped([said("a", "warning"), said("b", "critical", 5), said("c", "warning", 9)])
    assert (level, title) == ("critical", "Hedgerow: 1 critical, 2 warning")
    assert text.splitlines()[0] == "critical  paper:paper book  b: it is so"
    assert grouped([said("a", "warning")]) == (
        "warning",
        "Hedgerow paper:paper book: a",
        "warning: it is so",
    )


def test_a_message_is_never_too_long_for_a_service_and_counts_what_it_leaves_out() -> None:
    _, _, text = grouped([said(str(i), "warning", i, text="x" * 90) for i in range(200)])
    assert len(text) < 4_000
    shown = len(text.splitlines()) - 1
    assert text.splitlines()[-1].startswith(f"and {200 - shown} more")


@pytest.mark.parametrize(
    ("text", "at", "inside"),
    [
        ("22:00-07:00", "2026-01-05 05:59", True),  # 6:59 in Paris
        ("22:00-07:00", "2026-01-05 06:00", False),
        ("22:00-07:00", "2026-07-05 05:00", False),  # summer: 7:00 in Paris
        ("01:00-02:30", "2026-07-05 00:15", True),
        ("01:00-02:30", "2026-07-05 00:30", False),
    ],
)
def test_hours_follow_the_clock_of_their_zone(text: str, at: str, inside: bool) -> None:
    moment = datetime.strptime(at, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert hours_of(text, "Europe/Paris").holds(int(moment.timestamp() * 1000)) is inside


@pytest.mark.parametrize("text", ["22:00", "22:00-22:00", "25:00-07:00", "late-early", "7-8", ""])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(BadConfig):
        hours_of(text, "UTC")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Europe"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(BadConfig):
        zone_of(zone)


def test_levels_are_in_order() -> None:
    assert LEVELS == ("info", "warning", "critical")
