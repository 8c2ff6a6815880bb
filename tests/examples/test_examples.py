"""The examples run and answer."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from hedgerow.hedge.ticket import Ticket

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_notebook_story_runs(capsys: pytest.CaptureFixture[str]) -> None:
    ticket = runpy.run_path(str(EXAMPLES / "plan.py"))["main"]()
    assert isinstance(ticket, Ticket)
    assert ticket.complete
    out = capsys.readouterr().out
    for word in ("<Valuation", "<Betas", "<Exposure", "<Ranking", "<HedgePlan", "<SIMULATED Ticket"):
        assert word in out


def test_every_example_is_run_by_some_test() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} == {
        "book.csv",
        "long_short.csv",
        "plan.py",
        "treasury.toml",
    }
