"""`collateral` on the command line: nothing before a watch looked, then what a rally asks for, and where coins are."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import BOOK, Run


def test_it_says_what_a_rally_asks_for(run: Run, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    before = run("collateral", *state)
    assert (before.status, "No watch has looked" in before.out) == (0, True)
    for _ in range(2):
        assert run("watch", BOOK, "--once", "--mode", "auto", *state).status == 0
    done = run("collateral", BOOK, "--rally", "50%", *state, "--json")
    (plan,) = done.json["plans"]
    (need,) = plan["accounts"]
    assert done.status == 1
    assert (plan["rally"], plan["distance_after"]) == (0.5, 0.4)
    assert need["lacking_usd"] > 0.0
    text = run("collateral", BOOK, "--rally", "50%", *state)
    assert f"bring {need['lacking_coins']:,.6g} {need['settle']}" in " ".join(text.out.split())
    assert "nothing is moved" in text.out
    calm = run("collateral", "--rally", "0.001", "--distance", "1%", *state)
    assert (calm.status, "enough" in calm.out) == (0, True)


@pytest.mark.parametrize("text", ["30", "2", "1"])
def test_a_bare_number_that_may_be_per_cent_or_times_is_refused_with_both(run: Run, text: str) -> None:
    done = run("collateral", "--rally", text)
    assert (done.status, f"may be {text} % or {text}00 %" in done.err.replace(",", "")) == (2, True)
    assert f"--rally {text}% or --rally {text}00%" in done.err


@pytest.mark.parametrize(
    "wrong", [("--rally", "1001%"), ("--rally", "much"), ("--rally", "0%"), ("--distance", "0")]
)
def test_what_is_no_share_is_refused(run: Run, wrong: tuple[str, str]) -> None:
    done = run("collateral", *wrong)
    assert (done.status, "is no share" in done.err) == (2, True)
