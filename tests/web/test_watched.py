"""The page of the watch: proposals by their hash, expiries, funding payment by payment, decisions with their why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.cli.conftest import BOOK
from tests.web.asking import HOSTILE, Page, page_of

from hedgerow.app.dealing import PAPER_ACCOUNT
from hedgerow.app.diary import diary
from hedgerow.app.plans import place_of
from hedgerow.app.standing import standing
from hedgerow.app.watch import watch
from hedgerow.config import Settings
from hedgerow.model.ports import FundingPaid
from hedgerow.model.questions import AskRow
from hedgerow.model.watched import AlarmRow, Look
from hedgerow.runs.diary import LOOK, diary_of
from hedgerow.runs.ledger import funding_record
from hedgerow.runs.wire import body_of
from hedgerow.store.approvals import approvals_of
from hedgerow.store.journal import open_journal
from hedgerow.web.watched import watch_view
from hedgerow.web.why import look_why


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A state folder in which a watch looked once, traded, and ended."""
    state = str(tmp_path_factory.mktemp("state"))
    found = replace(Settings(), trade=replace(Settings().trade, state=state))
    watch(replace(found, watch=replace(found.watch, mode="auto")), BOOK, lambda _: None, once=True)
    return found


@pytest.fixture(scope="module")
def look(settings: Settings) -> Look:
    return dict(standing(settings, "paper").watches)["book"]


@pytest.fixture
def page(settings: Settings) -> Page:
    return page_of(BOOK, Path(settings.trade.state or ""), settings)


def test_every_decision_says_why(page: Page, look: Look) -> None:
    html = page.get("/watch").text
    assert "What was decided, and why" in html
    assert look.reason in html
    told = page.get("/api/diary").json["paper"]["looks"]
    assert [row["action"] for row in told] == [look.act]
    assert told[0]["reason"] == look.reason
    assert "of price, the nearest" in html
    assert "stream watch:" in html


def test_quiet_looks_are_counted_and_others_are_told(settings: Settings, look: Look, tmp_path: Path) -> None:
    mine = replace(settings, trade=replace(settings.trade, state=str(tmp_path)))
    quiet = replace(look, act="hold", done="", traded_usd=0.0, proposal=None, alarms=())
    alarmed = replace(quiet, alarms=(AlarmRow("drift", "BTC", "warning", 0, HOSTILE[0], "do"),))
    said = [quiet, quiet, quiet, alarmed, alarmed, replace(quiet, done="sold"), quiet]
    with open_journal(place_of(mine, "paper").journal) as journal:
        lease = journal.acquire(PAPER_ACCOUNT, "x", int(1e9))
        assert lease is not None
        stream = diary_of(PAPER_ACCOUNT, "book")
        for at, each in enumerate(said):
            journal.append(stream, at, [(LOOK, body_of(replace(each, at=at)))], lease)
    rows = diary(mine, "paper").looks
    assert [(row.look.at, row.same, row.until) for row in reversed(rows)] == [(0, 2, 2), (3, 1, 4), (5, 1, 6)]
    assert diary(mine, "paper", "other").looks == ()
    html = page_of(BOOK, tmp_path, mine).get("/watch").text
    assert "the same 2 times more" in html
    assert "<img" not in html


def test_funding_is_told_payment_by_payment_with_its_way(
    settings: Settings, look: Look, tmp_path: Path
) -> None:
    mine = replace(settings, trade=replace(settings.trade, state=str(tmp_path)))
    with open_journal(place_of(mine, "paper").journal) as journal:
        lease = journal.acquire(PAPER_ACCOUNT, "x", int(1e9))
        assert lease is not None
        for at, amount in enumerate(("31.2", "-4.5", "31.2")):
            paid = FundingPaid("paper:BTCUSDT", at, Decimal(amount), "USDT", f"p{at % 2}")
            journal.append(PAPER_ACCOUNT, at, [funding_record(paid)], lease)
    rows = diary(mine, "paper").funding
    assert [row.amount for row in rows] == [Decimal("-4.5"), Decimal("31.2")]  # each payment once
    html = page_of(BOOK, tmp_path, mine).get("/watch").text
    assert "+31.2 USDT" in html
    assert ">received<" in html
    assert ">paid<" in html


def test_the_ladder_of_expiries_has_the_next_first(page: Page, look: Look) -> None:
    seen = page.room.seen()
    (account,) = seen.paper.accounts
    (held,) = account.entries
    ends = datetime.fromtimestamp(look.at / 1_000, tz=UTC)
    soon, late = (replace(held.instrument, symbol=f"D{n}", expiry=ends + timedelta(days=n)) for n in (3, 40))
    flat = replace(held, instrument=replace(soon, symbol="FLAT"), quantity=Decimal(0))
    rows = (held, *(replace(held, instrument=each) for each in (late, soon)), flat)
    dated = replace(seen.paper, accounts=(replace(account, entries=rows, last_at=look.at),))
    told = watch_view(page.room, replace(seen, modes=(dated, seen.modes[1])))["ladder"]
    assert [row["left"] for row in told] == ["3.0 days", "40.0 days", ""]
    assert told[0]["roll"] == "now"
    assert told[1]["roll"].startswith("from 2026-")
    assert told[2]["ends"] == "never: a perpetual"


def test_a_live_watch_is_shown_before_paper_and_its_yes_asks_for_the_token(
    settings: Settings, look: Look, tmp_path: Path
) -> None:
    mine = replace(settings, trade=replace(settings.trade, state=str(tmp_path)))
    from tests.web.test_state import proposal

    asking = replace(
        look, mode="propose", proposal=proposal(look), approved_by="", distance=0.31, expects_usd=1_483.4
    )
    with open_journal(place_of(mine, "live").journal) as journal:
        lease = journal.acquire("binance:1", "x", int(1e9))
        assert lease is not None
        journal.append(diary_of("binance:1", "book"), 1, [(LOOK, body_of(asking))], lease)
    page = page_of(BOOK, tmp_path, mine)
    html = page.get("/watch").text
    assert "for REAL MONEY" in html
    assert "<dd>31 %" in html
    assert "What it is to cost: about $1,483." in html
    assert "waiting for you" in html
    form = {"proposal": "p" * 64, "who": "Ann", "mode": "live"}
    assert page.press("/approve", form).status == 403
    assert page.press("/approve", {**form, "token": page.entry.token}).status == 303
    assert "waiting for you" not in page.get("/watch").text


def test_what_else_is_asked_can_be_said_yes_to(settings: Settings, look: Look, tmp_path: Path) -> None:
    mine = replace(settings, trade=replace(settings.trade, state=str(tmp_path)))
    asked = replace(look, asks=(AskRow("a" * 64, HOSTILE[0], "leverage 3 is now 10"),))
    with open_journal(place_of(mine, "paper").journal) as journal:
        lease = journal.acquire(PAPER_ACCOUNT, "x", int(1e9))
        assert lease is not None
        journal.append(diary_of(PAPER_ACCOUNT, "book"), 1, [(LOOK, body_of(asked))], lease)
    page = page_of(BOOK, tmp_path, mine)
    html = page.get("/watch").text
    assert "Yes, aaaaaaaa" in html
    assert "leverage 3 is now 10" in html
    assert "<img" not in html
    assert page.press("/approve", {"proposal": "a" * 64, "who": "Ann"}).status == 303
    assert approvals_of(place_of(mine, "paper").journal).of("a" * 64) == ("Ann",)


def test_what_a_look_does_not_know_is_not_made_up(look: Look) -> None:
    lines = look_why(replace(look, band_usd=()), "watch:x")
    assert "unknown" in lines["beta"][1]
