"""The brief on the command line, and brought at its hour: once a day, whatever begins again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.conftest import BOOK, Run

from hedgerow.app.briefs import Paperboy
from hedgerow.config import Settings, TradeSettings
from hedgerow.model.ports import Level
from hedgerow.outlets.courier import Courier
from hedgerow.outlets.messages import zone_of
from hedgerow.outlets.outbox import Outbox, Target
from hedgerow.store.notices import Notices


def test_a_day_in_one_answer(run: Run, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    assert run("brief", *state).out.startswith("nothing is watched yet")
    assert run("watch", BOOK, "--once", "--mode", "auto", *state).status == 0
    (brief,) = run("brief", *state, "--json").json["briefs"]
    status = run("status", *state, "--json").json["paper"]["watches"]["book"]
    assert [brief["betas"][0]["usd"]] == status["left_usd"]
    assert (brief["account"], brief["book"], brief["betas"][0]["factor"]) == ("paper:paper", "book", "BTC")
    assert brief["in_band"] is True
    assert brief["effectiveness"]["realised"] is None
    text = run("brief", *state).out
    assert "paper:paper book, auto" in text
    assert "unknown (0 whole days are known, and 10 are needed); promised unknown" in text
    assert run("brief", "--live", *state, "--json").json == {"briefs": []}


class Desk:
    """Somebody who brings the brief, in a test's own time."""

    def __init__(self, home: Path) -> None:
        self.home, self.time, self.got = home, 0, list[tuple[str, str]]()

    def set(self, text: str) -> None:
        self.time = round(datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp() * 1000)

    def now(self) -> int:
        return self.time

    def boy(self) -> tuple[Paperboy, Courier]:
        """A life of him."""

        def send(_target: str, _level: Level, title: str, text: str) -> None:
            self.got.append((title, text))

        outbox = Outbox((Target("phone", "critical"),))
        courier = Courier(outbox, Notices(self.home / "notices"), send, self.now, lambda: str(self.time))
        settings = Settings(trade=TradeSettings(state=str(self.home / "state")))
        return Paperboy(settings, "paper", courier, (7, 0), zone_of("Europe/Paris"), self.now), courier


@pytest.mark.parametrize(
    ("at", "brought"),
    [
        ("2026-07-02 04:59", False),  # 6:59 in Paris
        ("2026-07-02 05:00", True),
        ("2026-07-02 06:59", True),  # the process began late
        ("2026-07-02 07:00", False),  # too late to be a morning's
        ("2026-01-02 05:30", False),  # winter: 6:30
        ("2026-01-02 06:00", True),
    ],
)
def test_the_hour_is_the_clocks_on_the_wall(tmp_path: Path, at: str, *, brought: bool) -> None:
    desk = Desk(tmp_path)
    desk.set(at)
    assert desk.boy()[0].step() is brought


def test_it_is_brought_once_a_day_to_everybody_whatever_begins_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for day in (2, 3):
        for minute in (0, 1, 30):
            desk.set(f"2026-07-0{day} 05:{minute:02}")
            boy, courier = desk.boy()
            boy.step()
            desk.time += 2_000
            courier.step()
    assert [title for title, _ in desk.got] == [
        "Hedgerow brief: brief of 2026-07-02",
        "Hedgerow brief: brief of 2026-07-03",
    ]
    assert "nothing is watched yet" in desk.got[0][1]


def test_a_journal_that_cannot_be_read_is_said_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "state" / "paper" / "journal.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a journal" * 1000)
    desk = Desk(tmp_path)
    desk.set("2026-07-02 05:00")
    boy, courier = desk.boy()
    assert boy.step()
    desk.time += 2_000
    courier.step()
    assert "there is no brief" in desk.got[0][1]


def test_an_hour_that_is_none_is_refused_before_the_watch_begins(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[notify]\nbrief = "noon"\n', encoding="utf-8")
    words = ("--config", str(config), "--state", str(tmp_path / "state"))
    assert run("watch", BOOK, "--once", *words).status == 4
