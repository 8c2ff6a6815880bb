"""Processes on one journal: killed in the middle of a line, and fighting over one account."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from tests.architecture.sources import PACKAGE, ROOT
from tests.store.conftest import Fresh

from hedgerow.store.journal import open_journal
from hedgerow.store.server import Where

POINTS = sorted(set(re.findall(r'_point\("([a-z.]+)"\)', (PACKAGE / "store" / "journal.py").read_text())))
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}

WRITER = """
import os, signal, sys
from pathlib import Path, PosixPath
from hedgerow.store.journal import open_journal
from hedgerow.store.server import Server

place, fatal, left = eval(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def point(name):
    global left
    left -= name == fatal
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

journal = open_journal(place, point=point)
lease = journal.acquire("paper:main", "writer", 15_000)
for n in range(10_000):
    journal.append("orders", n, [("a", {"n": n, "text": "x" * 300}), ("b", {"n": n})], lease)
    lease = journal.renew(lease, 15_000)
    os.write(1, b".")
"""


def writer(place: Where, fatal: str, times: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, repr(place), fatal, str(times)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
    )


def whole(place: Where, told: int) -> None:
    """What was acknowledged is there, at most one more, and every line and pair of lines is whole."""
    with open_journal(place) as journal:
        count = journal.verify()
        records = list(journal.read("orders"))
        assert count == len(records)
        assert [(r.kind, r.body["n"]) for r in records] == [(k, n) for n in range(count // 2) for k in "ab"]
        assert 2 * told <= count <= 2 * (told + 1)
        leases = journal.leases()
        assert [lease.holder for lease, _ in leases] in ([], ["writer"])
        heir = journal.acquire(
            "paper:main", "writer", 15_000
        )  # the same holder need not wait for its own end
        assert heir is not None
        assert heir.fence == (leases[0][0].fence + 1 if leases else 1)
        assert journal.append("orders", 0, [("c", {})], heir) == count + 1


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 7])
@pytest.mark.parametrize("point", POINTS)
def test_a_writer_killed_at_any_point_leaves_whole_records(fresh: Fresh, point: str, times: int) -> None:
    once, place = "acquire" in point, fresh()
    process = writer(place, point, 1 if once else times)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    whole(place, len(out))


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_whole_records(fresh: Fresh) -> None:
    for dots in (1, 2, 5, 9, 14):
        place = fresh()
        process = writer(place, "never", 1)
        assert process.stdout is not None
        out = process.stdout.read(dots)
        process.kill()
        out += process.stdout.read()
        process.communicate(timeout=60)
        whole(place, len(out))


def test_the_points_are_those_of_the_code() -> None:
    assert len(POINTS) >= 6
    assert {"journal.append.begun", "journal.append.written", "journal.append.committed"} <= set(POINTS)


@pytest.mark.slow
@pytest.mark.parametrize(("store", "seeds"), [("sqlite", 12), ("postgresql", 6)])
def test_never_two_senders_with_a_valid_fence(store: str, seeds: int, request: pytest.FixtureRequest) -> None:
    if store == "postgresql":
        request.getfixturevalue("postgresql")  # or this is skipped
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.leases", "--json", "--seeds", str(seeds), "--store", store],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["violations"] == 0
    assert told["events"] > 8 * seeds
    assert told["points"] > 4 * seeds
    assert told["fences"] > seeds
