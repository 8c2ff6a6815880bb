"""`serve` on the command line: a link on stdout, a page on this machine, an end by Ctrl-C."""

from __future__ import annotations

import json
import signal
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.cli.trading import start


@pytest.mark.slow
def test_a_page_opens_on_an_example_and_ends_by_an_interrupt(tmp_path: Path) -> None:
    process = start(tmp_path, "serve", "--port", "0", "--json")
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert told["link"].startswith(f"http://127.0.0.1:{told['port']}/login?code=")
    with urllib.request.urlopen(f"http://127.0.0.1:{told['port']}/healthz", timeout=30) as answer:
        assert json.load(answer) == {"status": "ok", "last_look_s": None}
        assert "server" not in {name.lower() for name in answer.headers}
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "the page is closed\n")


@pytest.mark.parametrize("wrong", [("--listen", "0.0.0.0"), ("--port", "70000"), ("--horizon", "-1")])  # noqa: S104
def test_what_is_not_possible_is_refused(run: Run, wrong: tuple[str, str]) -> None:
    done = run("serve", *wrong)
    assert (done.status, done.out) == (2, "")


def test_a_book_that_cannot_be_read_opens_no_page(run: Run) -> None:
    done = run("serve", "nowhere.csv", "--port", "0")
    assert (done.status, done.out) == (4, "")


def test_without_the_extra_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = run("serve", "--port", "0")
    assert done.status == 3
    assert "hedgerow[web]" in done.err
