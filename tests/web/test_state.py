"""The one word of the bar, and what is unknown in it: never "holding" for a watch that ended, never "none" for a position."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK

from hedgerow.app.standing import last_looks, standing
from hedgerow.app.watch import watch
from hedgerow.config import Settings
from hedgerow.model.trades import AccountState, ModeState
from hedgerow.model.watched import AlarmRow, Look
from hedgerow.runs.diary import LOOK, diary_of
from hedgerow.runs.wire import body_of
from hedgerow.store.halts import halts_of
from hedgerow.store.journal import open_journal
from hedgerow.web.bar import bar_of, state_of, strip_of
from hedgerow.web.room import Room, Seen

ACCOUNT = "paper:paper"
ALARM = AlarmRow("drift", "BTC", "warning", 0, "said", "do")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A state folder in which a watch looked once, traded, and ended."""
    found = Settings()
    state = str(tmp_path_factory.mktemp("state"))
    found = replace(found, trade=replace(found.trade, state=state), watch=replace(found.watch, mode="auto"))
    watch(found, BOOK, lambda _: None, once=True)
    return found


@pytest.fixture(scope="module")
def look(settings: Settings) -> Look:
    return dict(standing(settings, "paper").watches)["book"]


def seen_of(look: Look | None, *, running: bool = True, **mode: Any) -> Seen:
    watches = () if look is None else (("book", look),)
    paper = ModeState("paper", "", exists=True, **{"accounts": (), "halts": {}, "watches": watches, **mode})
    return Seen((paper, replace(paper, mode="live", watches=())), {}, 1, "", 0.0, running)


def test_one_word_the_gravest_first(look: Look) -> None:
    held = replace(look, alarms=())
    alarmed = replace(held, alarms=(ALARM,))
    assert state_of(seen_of(held), held)[::2] == ("holding", "calm")
    assert state_of(seen_of(held, running=False), held)[0] == "not watched"
    assert state_of(seen_of(None), None)[0] == "not watched"
    assert state_of(seen_of(alarmed), alarmed)[::2] == ("look at it", "stop")
    asking = replace(alarmed, mode="propose", proposal=proposal(look), approved_by="")
    assert state_of(seen_of(asking), asking)[0] == "waiting for you"
    answered = replace(seen_of(asking), yes={"p" * 64: ("Ann",)})
    assert state_of(answered, asking)[0] == "look at it"
    assert state_of(replace(answered, needed=2), asking)[0] == "waiting for you"
    assert state_of(seen_of(asking, trouble="torn"), asking)[0] == "unknown"
    assert state_of(seen_of(asking, trouble="torn", halts={"*": "by hand"}), asking)[0] == "halted"


def proposal(look: Look) -> Any:
    from hedgerow.model.watched import Proposal

    return Proposal("p" * 64, look.at, (), (), (), look.book)


def test_a_position_has_a_distance_or_an_unknown_one(settings: Settings, look: Look) -> None:
    room = Room(settings, BOOK)
    seen = room.seen()

    def said(changed: Look | None, **more: Any) -> str:
        watches = () if changed is None else (("book", changed),)
        return bar_of(room, replace(seen, modes=(replace(seen.paper, watches=watches, **more),))).distance

    assert said(look) == "45 %"
    assert said(replace(look, distance=math.nan)) == "unknown"
    assert said(replace(look, distance=math.inf)) == "none near"
    assert said(None) == "unknown"
    assert said(None, accounts=()) == "no position"
    assert said(replace(look, distance=math.inf, held=()), accounts=()) == "no position"


def test_holdings_that_changed_since_are_told(settings: Settings, look: Look, tmp_path: Path) -> None:
    other = tmp_path / "book.csv"
    other.write_text("symbol,quantity\nETH,1\n")
    assert (
        "have changed since"
        in bar_of(Room(settings, str(other)), Room(settings, str(other)).seen()).beta_note
    )
    assert "have changed since" not in bar_of(Room(settings, BOOK), Room(settings, BOOK).seen()).beta_note


@pytest.mark.parametrize(
    ("beta", "inside"), [(0.0, "inside"), (99.0, "inside"), (101.0, "outside"), (-101.0, "outside")]
)
def test_the_strip_has_the_point_where_it_is(beta: float, inside: str) -> None:
    strip = strip_of(beta + 50.0, 10.0, 50.0, 100.0, "USD")
    assert strip is not None
    assert f", {inside} the band" in strip.words
    assert (strip.band_low <= strip.point <= strip.band_high) == (inside == "inside")
    assert strip.target == 50.0
    assert 0.0 <= strip.low < strip.point < strip.high <= 100.0


def test_a_strip_of_something_unknown_is_not_drawn() -> None:
    assert strip_of(math.nan, 1.0, 0.0, 1.0, "USD") is None
    assert strip_of(1.0, 1.0, 0.0, math.nan, "USD") is None


def test_a_watch_runs_while_its_lease_lasts_or_its_look_is_not_late(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000.0]
    monkeypatch.setattr("hedgerow.web.room.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("hedgerow.web.room.time.time", lambda: 2e9 + clock[0])
    mode = standing(settings, "paper")

    def taken(left_ms: int, *, taken: bool = True) -> ModeState:
        account = AccountState(
            ACCOUNT, "somebody" if left_ms else "", left_ms, 1, 0, None, None, "", (), taken=taken
        )
        return replace(mode, accounts=(account,))

    def room(state: ModeState) -> Room:
        monkeypatch.setattr("hedgerow.web.room.standing", lambda _, __: state)
        made = Room(settings, BOOK)
        made._newest = ({name: look.at for name, look in state.watches}, 2e9 + clock[0])
        return made

    def after(one: Room, seconds: float) -> Seen:
        clock[0] += seconds
        return one.seen()

    first = room(taken(15_000))
    assert after(first, 2.0).running
    assert after(first, 12.0).paper.accounts[0].left_ms == 3_000
    assert after(first, 10.0).paper.accounts[0].holder == ""
    assert after(first, 100.0).running  # the lease ran out between two looks that are a minute apart
    assert not after(first, 60.0).running
    assert not after(room(taken(0, taken=False)), 2.0).running  # it ended, and gave the account back


def test_the_journal_is_read_anew_only_where_something_was_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    real: Callable[..., ModeState] = standing

    def counted(given: Settings, mode: Any) -> ModeState:
        reads.append(mode)
        return real(given, mode)

    monkeypatch.setattr("hedgerow.web.room.standing", counted)
    room = Room(settings, BOOK)
    before = room.seen().changed
    room.forget()
    assert room.seen().changed == before
    assert reads == ["paper", "live"]
    halts = halts_of(Path(settings.trade.state or "") / "paper" / "journal.db")
    halts.set("*", 1, "x")
    room.forget()
    assert room.seen().changed != before
    halts.set("*", 2, None)
    room.forget()
    assert room.seen().changed == before
    assert len(reads) == 6


def test_the_last_look_is_found_from_the_end_or_from_the_beginning(tmp_path: Path, look: Look) -> None:
    with open_journal(tmp_path / "journal.db") as journal:
        lease = journal.acquire(ACCOUNT, "x", int(1e9))
        assert lease is not None
        stream = diary_of(ACCOUNT, "book")
        for at in range(3):
            journal.append(stream, at, [(LOOK, body_of(replace(look, at=at)))], lease)
        assert [row.at for _, row in last_looks(journal)] == [2]
        journal.append(stream, 9, [("note", {"n": n}) for n in range(120)], lease)
        assert [row.at for _, row in last_looks(journal)] == [2]
        assert journal.last(stream) == (123, 9)
        assert journal.last("nowhere") is None
