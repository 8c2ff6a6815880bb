"""What the pages say is what the command line says, and what is hostile or unknown is shown as what it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK
from tests.web.asking import HOSTILE, Page, make_hostile, page_of

from hedgerow.cli import main
from hedgerow.config import Settings
from hedgerow.store.approvals import approvals_of
from hedgerow.web.api import news

PAGES = ("/", "/exposure", "/hedge", "/trade", "/watch", "/history", "/venues")


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Any]:
    """Run a verb on the page's state; return its JSON."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no settings"))

    def call(*words: str) -> Any:
        capsys.readouterr()
        assert main([*words, "--state", str(tmp_path / "state"), "--json"]) in {0, 1}
        out = capsys.readouterr().out
        return [json.loads(line) for line in out.splitlines()] if words[0] == "watch" else json.loads(out)

    return call


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return page_of(BOOK, tmp_path / "state")


def test_the_documents_are_those_of_the_command_line(page: Page, run: Callable[..., Any]) -> None:
    assert page.get("/api/value").json == run("value", BOOK)
    assert page.get("/api/exposure").json == run("beta", BOOK)
    assert page.get("/api/choose").json == run("choose", BOOK)
    assert page.get("/api/plan").json == run("plan", BOOK)
    assert page.get("/api/plan?target_beta=0.5").json == run("plan", BOOK, "--target-beta", "0.5")
    assert page.get("/api/orders").json == run("orders")
    assert page.get("/api/watch").json == run("status")


@pytest.mark.parametrize("query", ["x", "nan", "inf", "1e9", "", "9" * 400, "0x1"])
def test_a_target_that_means_nothing_is_refused_with_a_reason(page: Page, query: str) -> None:
    for path in ("/api/plan", "/api/what-if"):
        answer = page.get(f"{path}?target_beta={query}")
        assert answer.status == 400
        assert answer.json["error"]["message"]


def test_the_slider_asks_the_same_policy(page: Page) -> None:
    none, half = (page.get(f"/api/what-if?target_beta={b}").json for b in ("0", "0.5"))
    plan = page.get("/api/plan?target_beta=0.5").json["plan"]
    (leg,) = plan["legs"]
    assert half["cells"]["trade"].startswith(f"{leg['side']} {leg['contracts']:,g} {leg['instrument']}")
    assert half["cells"]["left"].startswith(f"{plan['beta_after']:.2f} ±")
    assert {name for name in none["cells"] if none["cells"][name] != half["cells"][name]} >= {
        "trade",
        "left",
        "cost",
        "margin",
        "volatility",
    }
    assert none["plan_target"] == "0.00"
    html = page.get("/hedge").text
    assert none["cells"]["trade"] in html
    assert none["cells"]["volatility"] in html


def test_a_first_visit_says_that_nothing_is_real(page: Page) -> None:
    for path in PAGES:
        answer = page.get(path)
        assert answer.status == 200
        assert "SIMULATED market" in answer.text
        assert "not watched" in answer.text
        assert " nan" not in answer.text.lower()
    assert "a short hedge RECEIVES" not in page.get("/").text
    assert "short hedge RECEIVES a positive funding rate" in page.get("/watch").text
    assert page.get("/healthz").json == {"status": "ok", "last_look_s": None}


def test_a_proposal_is_approved_on_the_page_and_traded_at_the_next_look(
    page: Page, run: Callable[..., Any], tmp_path: Path
) -> None:
    run("watch", BOOK, "--once", "--mode", "propose")
    page.room.forget()
    before = page.get("/watch").text
    name = page.get("/api/watch").json["paper"]["watches"]["book"]["proposal"]
    assert f"Approve {name[:8]}" in before
    assert "waiting for you" in before
    assert "sell" in before
    assert page.press("/approve", {"proposal": "0" * 64, "who": "Ann"}).status == 400
    assert page.press("/approve", {"proposal": name, "who": " "}).status == 400
    said = approvals_of(tmp_path / "state" / "paper" / "journal.db")
    assert said.of(name) == ()
    done = page.press("/approve", {"proposal": name, "who": HOSTILE[0]})
    assert (done.status, done.headers["location"]) == (303, "/watch?done=approved")
    assert said.of(name) == (HOSTILE[0],)
    after = page.get("/watch").text
    assert "trades it at its next look" in after
    assert "<img" not in after
    assert f"Approve {name[:8]}" not in after
    run("watch", BOOK, "--once", "--mode", "propose")
    page.room.forget()
    traded = page.get("/watch").text
    assert f"Proposal {name[:8]}" not in traded
    assert "Nothing was traded yet" not in traded
    assert ">short<" in traded
    assert "no position" not in traded
    assert "<dt>To liquidation</dt><dd>45 %<" in traded
    assert "with its hedge" in traded
    assert "inside the band" in page.get("/exposure").text
    assert page.get("/healthz").json["last_look_s"] is not None


def test_two_people_are_asked_where_the_settings_say_so(run: Callable[..., Any], tmp_path: Path) -> None:
    settings = replace(Settings(), watch=replace(Settings().watch, approvals=2))
    page = page_of(BOOK, tmp_path / "state", settings)
    run("watch", BOOK, "--once", "--mode", "propose")
    name = page.get("/api/watch").json["paper"]["watches"]["book"]["proposal"]
    for who in ("Ann", "Ann"):
        assert page.press("/approve", {"proposal": name, "who": who}).status == 303
        assert "waiting for you" in page.get("/watch").text
    assert page.press("/approve", {"proposal": name, "who": "Bob"}).status == 303
    assert "waiting for you" not in page.get("/watch").text


def test_halting_stops_everything_and_says_how_to_lift_it(page: Page, run: Callable[..., Any]) -> None:
    assert page.press("/halt", {"why": HOSTILE[1]}).status == 303
    status = run("status")
    assert status["paper"]["halts"] == status["live"]["halts"] == {"*": HOSTILE[1]}
    html = page.get("/watch?done=halted").text
    assert "hedgerow halt --lift" in html
    assert ">halted<" in html
    assert "<script>alert" not in html
    assert "Everything is halted" in html
    assert page.get("/watch?done=<b>").text.count('class="done"') == 0


def test_hostile_names_and_notes_are_text_on_every_page(tmp_path: Path) -> None:
    page = page_of(BOOK, tmp_path / "state")
    make_hostile(page.room)
    for path in PAGES:
        answer = page.get(path)
        assert answer.status == 200, answer.text
        for bad in ("<img", "<script>", "<svg onload", "<b>", "$49", "49${7*7}", "onload=alert(1)>"):
            assert bad not in answer.text
        if path in {"/", "/exposure", "/hedge"}:
            assert "&lt;img src=x" in answer.text
    assert page.get("/api/exposure").headers["content-type"].startswith("application/json")
    assert HOSTILE[0] in [row["note"] for row in page.get("/api/exposure").json["betas"]]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_with_such_names_is_refused_in_words(tmp_path: Path, name: str) -> None:
    book = tmp_path / "a <b>book.json"
    book.write_text(json.dumps([{"symbol": name, "quantity": "1"}]), encoding="utf-8")
    answer = page_of(str(book), tmp_path / "state").get("/")
    assert answer.status in {200, 422}
    for bad in ("<img", "<IMG", "<script>", "<SCRIPT>", "<svg onload", "<SVG", "<b>", "<B>"):
        assert bad not in answer.text


def test_a_book_that_cannot_be_read_is_told_on_every_page_that_needs_it(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("symbol,quantity\nETH,1\n")
    page = page_of(str(book), tmp_path / "state")
    assert page.get("/").status == 200
    book.write_text('symbol,quantity\nETH,"1,5x"\n')
    answer = page.get("/")
    assert answer.status == 422
    assert "line 2" in answer.text
    assert "unknown" in answer.text
    assert page.get("/api/value").status == 422
    assert page.get("/api/value").json["error"]["line"] == 2
    assert page.get("/watch").status == 200
    book.write_text("symbol,quantity\nETH,2\n")
    assert page.get("/api/value").json["valuation"]["assets"][0]["quantity"] == 2


def test_a_long_short_book_has_a_plan_and_no_slider(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("symbol,quantity\nETH,10\nSOL,-179.7\n")
    html = page_of(str(book), tmp_path / "state").get("/hedge").text
    assert "no beta per dollar" in html
    assert 'type="range"' not in html
    two = page_of(
        BOOK, tmp_path / "state", replace(Settings(), hedge=replace(Settings().hedge, factor="BTC,ETH"))
    )
    assert two.get("/hedge").status == two.get("/exposure").status == 200


def test_news_come_once_a_change(page: Page, run: Callable[..., Any]) -> None:
    async def first() -> list[str]:
        found = []
        async for line in news(page.room, every_s=0.0):
            found.append(line)
            if len(found) == 1:
                await asyncio.to_thread(run, "watch", BOOK, "--once")
                page.room.forget()
            if len(found) == 2:
                break
        return found

    before, after = (json.loads(line.partition("data: ")[2]) for line in asyncio.run(first()))
    assert before["looks"] == {}
    assert list(after["looks"]) == ["book"]
    assert before["seen"] != after["seen"]
    assert f'<body data-seen="{after["seen"]}">' in page.get("/watch").text


ROUTES = {
    "/api/value": ("value", BOOK),
    "/api/exposure": ("beta", BOOK),
    "/api/choose": ("choose", BOOK),
    "/api/plan": ("plan", BOOK),
    "/api/orders": ("orders",),
    "/api/watch": ("status",),
    "/api/diary": ("diary",),
    "/api/runs": ("report", "RUNS"),
    "/api/runs/{name}": ("report", "RUN"),
    "/api/venues": ("doctor", "--seen"),
}
"""Every document and the verb that prints it; those of runs and venues are compared in `test_past`."""
ONLY_HERE = {"/api/what-if", "/api/events", "/healthz"}
"""What only a page asks: a plan in words while its slider moves, news, and whether it is alive."""


def test_everything_that_is_told_is_a_verbs_document(page: Page, run: Callable[..., Any]) -> None:
    paths = page.get("/openapi.json").json["paths"]
    assert {path for path, ways in paths.items() if "get" in ways} == set(ROUTES) | ONLY_HERE
    for path, words in ROUTES.items():
        assert f"`hedgerow {words[0]}" in paths[path]["get"]["description"]
        if path not in {"/api/runs", "/api/runs/{name}", "/api/venues"}:
            run(*words)  # a plan is kept by it: the same is told by both only after that
            assert page.get(path).json == run(*words), path
