"""A pair watched on the command line: rehearsed through the past, and on the account that holds it."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Run

pytestmark = pytest.mark.slow


def test_a_pair_is_rehearsed_and_stays_balanced(run: Run) -> None:
    plan = run("pair", "SOL", "ETH", "--json").json["plan_id"]
    done = run("watch", plan[:8], "--rehearse", "2026-06-10", "--mode", "auto")
    told = [line.split(maxsplit=3)[2:] for line in done.out.splitlines() if "  pair " in line]
    assert len(told) == 20
    assert all("alpha" in text and "funding" in text and "beta" in text for _, text in told)
    assert "REHEARSAL" in done.out


def test_a_pair_that_is_held_is_watched_and_one_that_is_not_is_refused(run: Run) -> None:
    plan = run("pair", "SOL", "ETH", "--json").json["plan_id"]
    none = run("watch", plan[:8], "--once")
    assert none.status == 4
    assert "is not held" in none.err
    assert run("trade", plan, "--quiet").status == 0
    lines = run("watch", plan[:8], "--once").out.splitlines()
    assert [line.split()[2] for line in lines] == ["pair", "hold"]
    assert "SOL +$" in lines[0]
    assert "ETH −$" in lines[0]


def test_what_is_no_pair_is_taken_for_a_file(run: Run) -> None:
    done = run("watch", "abcdef12", "--once")
    assert done.status == 4
