"""Plans on the page: kept, approved by their hash, traded by another process; real money asks for the token again."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK
from tests.web.asking import HOSTILE, Page, page_of

from hedgerow.app.approved import approve_plan, approved_plans
from hedgerow.app.dealing import wall_ms
from hedgerow.app.plans import place_of
from hedgerow.cli import main
from hedgerow.config import Settings
from hedgerow.model.errors import UsageError
from hedgerow.store.approvals import approvals_of
from hedgerow.store.plans import all_plans, keep_plan


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: Path
) -> Callable[..., Any]:
    """Run a verb on the page's state; return its exit code and its JSON, a list where it prints lines."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no settings"))

    def call(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main([*words, "--state", str(state), "--json"])
        out = capsys.readouterr().out
        return code, [json.loads(line) for line in out.splitlines()] if "--approved" in words else json.loads(
            out
        )

    return call


@pytest.fixture
def page(state: Path) -> Page:
    return page_of(BOOK, state)


def keep(page: Page, target: str = "0.5") -> str:
    done = page.press("/plan", {"target": target})
    assert (done.status, done.headers["location"]) == (303, "/trade?done=planned")
    plans = page.get("/api/orders").json["paper"]["plans"]
    return str(plans[0]["plan_id"])


def test_a_plan_is_kept_approved_and_traded_and_the_page_says_each(
    page: Page, run: Callable[..., Any], state: Path
) -> None:
    plan = keep(page)
    assert plan == run("plan", BOOK, "--target-beta", "0.5")[1]["plan_id"]  # the command line's own
    html = page.get("/trade").text
    assert f"Approve {plan[:12]} on paper" in html
    assert "nobody yet; 1 needed" in html
    assert run("trade", "--approved", "--once") == (0, [])  # nobody said yes: nothing is traded
    assert page.press("/approve-plan", {"plan": plan, "who": " "}).status == 400
    assert page.press("/approve-plan", {"plan": plan[:5], "who": "Ann"}).status == 400
    done = page.press("/approve-plan", {"plan": plan, "who": HOSTILE[0]})
    assert done.headers["location"] == "/trade?done=yes"
    html = page.get("/trade").text
    assert "<img" not in html
    assert "waits for its trade" in html
    assert f"Approve {plan[:12]}" not in html
    code, (told,) = run("trade", "--approved", "--once")
    assert (code, told["plan_id"], told["outcome"]) == (0, plan, "complete")
    html = page.get("/trade").text
    assert "traded: complete" in html
    assert "<strong>filled</strong>" in html
    assert run("trade", "--approved", "--once") == (0, [])  # once
    assert page.get("/api/orders").json == run("orders")[1]
    assert page.press("/approve-plan", {"plan": plan, "who": "Ann"}).status == 400  # it was traded


def test_two_people_are_needed_where_the_settings_say_so(state: Path, run: Callable[..., Any]) -> None:
    settings = replace(Settings(), watch=replace(Settings().watch, approvals=2))
    page = page_of(BOOK, state, settings)
    plan = keep(page)
    in_state = page.room.settings
    for who in ("Ann", "Ann"):
        page.press("/approve-plan", {"plan": plan, "who": who})
        assert approved_plans(in_state, "paper") == ()
        assert f"Approve {plan[:12]}" in page.get("/trade").text
    page.press("/approve-plan", {"plan": plan, "who": "Bob"})
    assert [each.plan_id for each in approved_plans(in_state, "paper")] == [plan]


def test_a_yes_is_for_the_plan_as_it_was_made_then(page: Page, state: Path) -> None:
    plan = keep(page)
    page.press("/approve-plan", {"plan": plan, "who": "Ann"})
    settings = page.room.settings
    (kept,) = approved_plans(settings, "paper")
    keep_plan(place_of(settings, "paper").plans, replace(kept, made_at=kept.made_at + 1))
    assert approved_plans(settings, "paper") == ()


def test_what_is_old_or_of_another_book_is_not_approved(
    page: Page, state: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan = keep(page)
    settings = page.room.settings
    approve_plan(settings, plan, "Ann")
    later = wall_ms() + 61 * 60_000
    for module in ("approved", "deals"):
        monkeypatch.setattr(f"hedgerow.app.{module}.wall_ms", lambda: later)
    assert approved_plans(settings, "paper") == ()
    with pytest.raises(UsageError, match="too old"):
        approve_plan(settings, plan, "Ann")
    page.room.kept.forget()
    html = page.get("/trade").text
    assert "too old: plan again" in html
    assert f"Approve {plan[:12]}" not in html


def test_a_book_that_changed_makes_a_plan_stale(state: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    shutil.copy(BOOK, book)
    page = page_of(str(book), state)
    keep(page)
    book.write_text("symbol,quantity\nETH,1\n")
    assert "the book has changed since" in page.get("/trade").text


def test_a_refused_plan_is_told_and_tried_once(
    page: Page, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = keep(page)
    page.press("/approve-plan", {"plan": plan, "who": "Ann"})
    page.press("/halt", {"why": "first look"})
    code, (told,) = run("trade", "--approved", "--once")
    assert code == 8
    assert (told["plan_id"], told["error"]["kind"]) == (plan, "Halted")
    assert "Everything is halted" in page.get("/trade").text
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("hedgerow.app.approved.time.sleep", rest)
    code, found = run("trade", "--approved")
    assert (code, len(found), len(rests)) == (8, 1, 3)


def test_a_plan_that_cannot_be_kept_says_why(page: Page, state: Path) -> None:
    assert page.press("/plan", {"target": "x"}).status == 400
    assert page.press("/plan", {"target": "99"}).status == 400
    assert page.press("/plan", {"target": "0.92"}).status in {303, 400}
    assert not list((state / "live").glob("plans/*"))


def live_plan(page: Page) -> str:
    """A plan among those for real money, as a venue's own contracts would make one."""
    plan = keep(page)
    settings = page.room.settings
    (kept,) = all_plans(place_of(settings, "paper").plans)
    keep_plan(place_of(settings, "live").plans, kept)
    page.room.kept.forget()
    return plan


def test_real_money_asks_for_the_token_again_and_slows_who_guesses(page: Page) -> None:
    plan = live_plan(page)
    html = page.get("/trade").text
    assert re.search(r'name="token" type="password" required', html)
    assert "for REAL MONEY" in html
    form = {"plan": plan, "who": "Ann", "mode": "live"}
    said = approvals_of(place_of(page.room.settings, "live").journal)
    turn = all_plans(place_of(page.room.settings, "live").plans)[0].turn
    for token in ("", "wrong", page.session):
        assert page.press("/approve-plan", {**form, "token": token}).status == 403
    assert said.of(turn) == ()
    assert page.press("/approve-plan", {**form, "token": page.entry.token}).status == 303
    assert said.of(turn) == ("Ann",)
    assert approvals_of(place_of(page.room.settings, "paper").journal).of(turn) == ()
    statuses = [page.press("/approve-plan", {**form, "token": "no"}).status for _ in range(8)]
    assert statuses[-1] == 429
    statuses = [
        page.press("/approve", {**form, "proposal": "0" * 64, "token": "no"}).status for _ in range(8)
    ]
    assert statuses[0] == 403
    assert statuses[-1] == 429


def test_a_form_for_plans_needs_this_sessions_pledge(page: Page) -> None:
    plan = keep(page)
    for path, form in (
        ("/plan", {"target": "0.4"}),
        ("/approve-plan", {"plan": plan, "who": "Ann"}),
        ("/holdings", {"row-0": "1"}),
        ("/import", {"text": "symbol,quantity\nETH,1\n"}),
        ("/take-back", {}),
        ("/beta", {"coin": "ETH", "beta": "1", "note": "x"}),
    ):
        assert page.post(path, form).status == 403
        assert page.post(path, {**form, "pledge": "x"}).status == 403
        pledge = page.entry.pledge(page.session)
        assert page.post(path, {**form, "pledge": pledge}, origin="https://evil.example").status == 403
        for method in ("GET", "PUT", "DELETE"):
            assert page.ask(method, path).status == 405
    (kept,) = all_plans(place_of(page.room.settings, "paper").plans)
    assert approvals_of(place_of(page.room.settings, "paper").journal).of(kept.turn) == ()


@pytest.mark.parametrize("words", [(), ("aaaaaa", "--approved"), ("aaaaaa", "--once")])
def test_trade_wants_one_plan_or_the_approved(run: Callable[..., Any], words: tuple[str, ...]) -> None:
    assert main(["trade", *words]) == 2


def test_the_same_by_command(run: Callable[..., Any]) -> None:
    plan = run("plan", BOOK, "--target-beta", "0.5")[1]["plan_id"]
    said = run("approve", plan[:12], "--plan", "--who", "Ann")[1]
    assert said == {"approved": plan, "by": ["Ann"], "needed": 1}
    code, told = run("orders")
    assert code == 1
    assert told["paper"]["plans"][0]["state"] == "approved"
    assert told["live"] == {"trouble": None, "plans": [], "trades": []}
