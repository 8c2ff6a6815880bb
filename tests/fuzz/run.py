"""Throw inputs at every reader; only a `BadInput` that says where and what to do may come out, within a second.

    python -m tests.fuzz.run --inputs 1000000 [--format csv|json|toml|prices|…] [--seed 1]

Without --format the inputs are divided among all formats. The same seed draws the same inputs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / part) for part in ("src", "")]

from tests.fuzz.targets import TARGETS, Target  # noqa: E402 - the path above serves `python tests/fuzz/run.py`

from hedgerow.model.errors import BadInput  # noqa: E402 - as above

__all__ = ["Failure", "Outcome", "fuzz", "main", "shares"]

SLOWEST = 1.0
SHOWN = 10


class Failure(NamedTuple):
    """What came out that must not, and the input that brought it out."""

    number: int
    said: str
    data: bytes


@dataclass(slots=True)
class Outcome:
    """How many inputs were read, how many refused by which error, and what failed."""

    read: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    slowest: float = 0.0
    seconds: float = 0.0

    @property
    def inputs(self) -> int:
        """How many there were."""
        return self.read + self.refused.total() + len(self.failures)


def fuzz(inputs: int, name: str, seed: int = 1, clock: Callable[[], float] = time.perf_counter) -> Outcome:
    """Return what so many inputs did to the reader of one format."""
    target, chance, outcome = TARGETS[name], Random(f"{name} {seed}"), Outcome()  # noqa: S311 - no secret
    for number in range(inputs):
        data = target.draw(chance)
        started = clock()
        said, came = attempt(target, data)
        spent = clock() - started
        outcome.slowest = max(outcome.slowest, spent)
        outcome.seconds += spent
        if not said and spent > SLOWEST:
            said = f"took {spent:.1f} s"
        if said:
            outcome.failures.append(Failure(number, said, data))
        elif came:
            outcome.refused[came] += 1
        else:
            outcome.read += 1
    return outcome


def attempt(target: Target, data: bytes) -> tuple[str, str]:
    """Return what is wrong with what came out, and the name of the error that may come out; both empty if it read."""
    try:
        target.read(data)
    except BadInput as why:
        return fault_of(why), type(why).__name__
    except KeyboardInterrupt:
        raise
    except BaseException as why:  # noqa: BLE001 - whatever else escapes, panics of libraries included, is the finding
        return f"{type(why).__name__}: {str(why)[:200]}", ""
    return "", ""


def fault_of(why: BadInput) -> str:
    """Return what is wrong with an error that may come out."""
    if why.exit_code != 4:
        return f"exit code {why.exit_code}"
    if not why.advice:
        return f"without advice: {why}"
    if not why.file:
        return f"names no file: {why}"
    if any(not (c.isprintable() or c == "\n") for c in str(why)):
        return f"repeats what a terminal obeys: {str(why)!r}"
    return "" if len(str(why)) < 800 else f"is {len(str(why))} characters long"


def shares(inputs: int, only: str | None = None) -> dict[str, int]:
    """Return how many inputs each format gets."""
    if only:
        return {only: inputs}
    counts = {name: inputs * target.share // 1000 for name, target in TARGETS.items()}
    counts["csv"] += inputs - sum(counts.values())
    return counts


def main(words: list[str] | None = None) -> int:
    """Run what the command line asks for and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--format", choices=sorted(TARGETS))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(words)
    passed, failed = 0, 0
    for name, inputs in shares(asked.inputs, asked.format).items():
        outcome = fuzz(inputs, name, asked.seed)
        failed += len(outcome.failures)
        passed += outcome.inputs - len(outcome.failures)
        rate = outcome.inputs / max(outcome.seconds, 1e-9)
        say(
            f"{name:8}{outcome.inputs:>9,} inputs: {outcome.read:,} read, {outcome.refused.total():,} refused,"
            f" slowest {outcome.slowest * 1000:.0f} ms, {rate:,.0f} inputs per second"
        )
        for failure in outcome.failures[:SHOWN]:
            say(
                f"FAILED {name} seed {asked.seed} input {failure.number}: {failure.said}: {failure.data[:300]!r}"
            )
    say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
