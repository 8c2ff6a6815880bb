"""A bounded run of every target, and what the fuzzer must see; the long run is `./check fuzz`."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from tests.fuzz.run import fuzz, main, shares
from tests.fuzz.targets import TARGETS, Target

from hedgerow.model.errors import BadInput, BadPortfolio, BrokenPromise, HedgerowError, UsageError

INPUTS = {"csv": 3_000, "comma": 500, "json": 3_000, "toml": 3_000}


@pytest.mark.parametrize("name", TARGETS)
def test_every_input_is_read_or_refused(name: str) -> None:
    inputs = INPUTS.get(name, 150)
    outcome = fuzz(inputs, name, seed=2025)
    assert [(failure.number, failure.said) for failure in outcome.failures] == []
    assert outcome.inputs == inputs
    # Inputs that are all refused, or all read, would test one side alone.
    assert outcome.read >= inputs // 100
    assert outcome.refused.total() >= inputs // 10


def test_one_seed_draws_the_same_inputs() -> None:
    for target in TARGETS.values():
        first, again, other = (Random(seed) for seed in (3, 3, 4))  # noqa: S311 - reproducible, no secret
        inputs = [target.draw(first) for _ in range(50)]
        assert inputs == [target.draw(again) for _ in range(50)]
        assert inputs != [target.draw(other) for _ in range(50)]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (IndexError("out of range"), "IndexError: out of range"),
        (RecursionError("deep"), "RecursionError"),
        (UsageError("odd", advice="Mend it."), "UsageError"),
        (BrokenPromise("a shape"), "BrokenPromise"),
        (HedgerowError("a defect"), "HedgerowError"),
        (BadPortfolio("is bad", file="book.csv"), "without advice"),
        (BadInput("is bad", advice="Mend it."), "names no file"),
        (BadPortfolio("holds \x1b[31m", file="book.csv", advice="Mend it."), "a terminal obeys"),
        (BadPortfolio("x" * 900, file="book.csv", advice="Mend it."), "characters long"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_fuzzer_sees(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(data: bytes) -> object:
        raise error

    monkeypatch.setitem(TARGETS, "csv", Target(read, lambda _: b"x", 1))
    assert main(["--inputs", "3", "--format", "csv", "--seed", "5"]) == 1
    out = capsys.readouterr().out
    assert said in out
    assert "csv seed 5 input 0" in out
    assert out.splitlines()[-1] == "0 passed, 3 failed"


def test_the_fuzzer_sees_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    idle: Callable[[bytes], object] = len
    monkeypatch.setitem(TARGETS, "csv", Target(idle, lambda _: b"x", 1))
    ticks = iter(range(100))
    outcome = fuzz(2, "csv", clock=lambda: 2.0 * next(ticks))
    assert [failure.said for failure in outcome.failures] == ["took 2.0 s", "took 2.0 s"]


def test_every_input_is_given_to_some_format() -> None:
    for inputs in (2, 7, 1_000, 1_000_000):
        assert sum(shares(inputs).values()) == inputs
    assert shares(1_000)["csv"] == TARGETS["csv"].share
    assert shares(9, "toml") == {"toml": 9}


def test_the_last_line_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--inputs", "200", "--seed", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "200 passed, 0 failed"
