"""Commands as processes beside the page; who waits there waits for nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.conftest import ROOT
from tests.cli.test_processes import STARTS, environment

__all__ = ["ended", "serving"]


def ended(home: Path, *words: str, code: int = 0) -> str:
    """Run a command to its end in a folder, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.cli.unhurried", *words, "--state", "state"],
        env=environment(home, PYTHONPATH=f"{ROOT / 'src'}:{ROOT}"),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@contextmanager
def serving(home: Path, *words: str) -> Iterator[tuple[str, int]]:
    """Serve the page by its command in a folder; the link that opens it once, and its port."""
    command = [*STARTS, "serve", *words, "--port", "0", "--state", "state", "--json"]
    with subprocess.Popen(
        command,
        env=environment(home),
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        try:
            yield told["link"], told["port"]
        finally:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "the page is closed\n")
