"""The pages of the past and of the venues: runs side by side and one by one, what `doctor` found, nothing asked of anybody."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK
from tests.reports.test_run_page import reports
from tests.web.asking import HOSTILE, Page, page_of

from hedgerow.app.recollected import recollected, remember
from hedgerow.app.shelf import Shelf
from hedgerow.cli import main
from hedgerow.config import Settings
from hedgerow.files.runs import write_run
from hedgerow.model.checks import Check
from hedgerow.model.errors import UsageError


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs, one that is broken, what is no run, and a link."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "plain", reports()["plain"].run, {"factor": "BTC"})
    shutil.copytree(folder / "plain", folder / HOSTILE[0].replace("/", "_"))
    shutil.copytree(folder / "plain", folder / "broken")
    (folder / "broken" / "policy.json").write_text("{}")
    (folder / "nothing").mkdir()
    (folder / "link").symlink_to(folder / "plain")
    return folder


@pytest.fixture
def page(runs: Path, tmp_path: Path) -> Page:
    made = page_of(BOOK, tmp_path / "state")
    made.room.shelf = Shelf(runs)
    return made


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Any]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no settings"))

    def call(*words: str) -> Any:
        capsys.readouterr()
        assert main([*words, "--json"]) in {0, 1}
        return json.loads(capsys.readouterr().out)

    return call


def test_runs_stand_side_by_side_and_one_by_one(page: Page, runs: Path, run: Callable[..., Any]) -> None:
    html = page.get("/history").text
    assert html.count("<tr>") == 3  # a header, and the two that can be read
    assert "<strong>broken</strong> cannot be read" in html
    assert "<img" not in html
    for absent in ("/history/nothing", "/history/link"):
        assert absent not in html
    assert page.get("/api/runs").json == run("report", str(runs))
    assert page.get("/api/runs/plain").json == run("report", str(runs / "plain"))
    assert set(page.get("/api/runs").json["runs"]) == {"plain", "broken", HOSTILE[0].replace("/", "_")}


def test_each_part_of_a_run_is_drawn_when_it_is_asked_for(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr("hedgerow.reports.run_figures.figure_margin", lambda _: drawn.append("margin"))
    first = page.get("/history/plain")
    assert first.status == 200
    assert "Portfolio, hedge, hedged portfolio" in first.text
    assert first.text.count("<svg class=") <= 2
    assert drawn == []
    headings = [
        line for line in ("Did it work", "How it was held", "Where the money came from") if line in first.text
    ]
    assert len(headings) == 3
    second = page.get("/history/plain?part=1").text
    assert "variance removed" in second
    for wrong in ("99", "-1", "x"):
        assert page.get(f"/history/plain?part={wrong}").status == 400


@pytest.mark.parametrize(
    "name",
    [
        "nowhere",
        "link",
        "nothing",
        "..",
        "%2e%2e",
        "../plain",
        "..%2fplain",
        "plain/../plain",
        "plain%00",
        "~",
        "*",
        "",
    ],
)
def test_no_name_leads_out_of_the_folder(page: Page, name: str) -> None:
    for path in (f"/history/{name}", f"/history/{name}/report.html", f"/api/runs/{name}"):
        answer = page.get(path)
        assert answer.status in {200, 307, 400, 404}
        assert (
            answer.status != 200
            or name == ""
            or (path.startswith("/history/") and "side by side" in answer.text)
        )
        assert "root:" not in answer.text


def test_the_report_is_one_file_to_be_kept(page: Page) -> None:
    answer = page.get("/history/plain/report.html")
    assert answer.status == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_a_run_that_is_made_anew_is_read_anew(runs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    shutil.copytree(runs / "plain", folder / "one")
    shelf = Shelf(folder)
    first = shelf.report("one")
    assert shelf.report("one") is first
    inputs = folder / "one" / "inputs.json"
    shutil.rmtree(folder / "one")
    assert shelf.names() == ()
    with pytest.raises(UsageError, match="no such run"):
        shelf.report("one")
    shutil.copytree(runs / "plain", folder / "one")
    inputs.touch()
    assert shelf.report("one") is not first


def test_a_folder_of_runs_has_no_page_on_the_command_line(runs: Path) -> None:
    assert main(["report", str(runs), "--format", "html"]) == 2


def test_what_doctor_found_is_kept_and_shown_and_nobody_is_asked(
    page: Page, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a venue was asked")

    monkeypatch.setattr("hedgerow.app.doctor.at_venue", never)
    before = page.get("/venues").text
    assert "Never asked from here" in before
    assert "hedgerow doctor bybit" in before
    settings = page.room.settings
    checks = (
        Check("key", "verified", "may trade"),
        Check("tiers", "not verified", HOSTILE[1]),
        Check("modes", "wrong", "long and short apart"),
        Check("clock", "not verified", "out of reach", unreached=True),
    )
    assert remember(settings, {"bybit": checks})
    assert remember(settings, {"weex": checks[:1]})
    assert recollected(settings)["bybit"].checks == checks
    html = page.get("/venues").text
    for said in ("verified</strong> key", "cannot be verified</strong> tiers", "wrong</strong> modes"):
        assert said in html
    assert "did not answer</strong> clock" in html
    assert "<script>alert" not in html
    page.room.kept.forget()
    told = page.get("/api/venues").json
    assert told["venues"]["binance"] is None
    assert [row["outcome"] for row in told["venues"]["bybit"]["checks"]][:3] == [
        "verified",
        "not verified",
        "wrong",
    ]
    same = run("doctor", "--seen", "--state", str(tmp_path / "state"))
    for each in (told, same):
        del each["machine"][1]  # bytes that are free differ from look to look
    assert told == same


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": {"at": 1, "checks": [{}]}}'])
def test_a_memory_that_is_broken_is_none(tmp_path: Path, text: str) -> None:
    settings = replace(Settings(), trade=replace(Settings().trade, state=str(tmp_path)))
    (tmp_path / "doctor.json").write_text(text)
    assert recollected(settings) == {}
