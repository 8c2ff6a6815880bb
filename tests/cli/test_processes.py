"""The command line as a process: what only shows from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import BOOK, ROOT

STARTS = [sys.executable, "-P", "-m", "hedgerow"]


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        "PYTHONPATH": str(ROOT / "src"),
        "PATH": os.defpath,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        **more,
    }


def start(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*STARTS, *words],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_plan_without_a_terminal_is_plain(tmp_path: Path) -> None:
    done = start(tmp_path, "plan", BOOK)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_a_terminal_that_knows_no_dashes_still_gets_its_ticket(tmp_path: Path) -> None:
    done = start(tmp_path, "plan", BOOK, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "Nothing was traded." in done.stdout


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("plan", "--help"), ()])
def test_help_and_version_are_fine(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = start(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [*STARTS, "plan", BOOK, "-v"], env=environment(tmp_path), stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 141
    assert err == b""


def test_interrupt_is_quiet(tmp_path: Path) -> None:
    code = (
        "import signal, os, sys\n"
        "from hedgerow import app\n"
        "app.open_desk = lambda *a: os.kill(os.getpid(), signal.SIGINT) or __import__('time').sleep(5)\n"
        "from hedgerow.cli import main\n"
        f"sys.exit(main(['plan', {BOOK!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment(tmp_path),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 130
    assert done.stderr == b""


def test_the_embedded_market_needs_neither_frames_nor_charts(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from hedgerow.cli import main\n"
        f"status = main(['plan', {BOOK!r}, '--json'])\n"
        "late = {'polars', 'pydantic', 'altair', 'clarabel', 'scipy.optimize', 'scipy.stats', 'jinja2'}\n"
        "sys.stderr.write(' '.join(sorted(late & set(sys.modules))))\n"
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_help_loads_no_numbers(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from hedgerow.cli import main\n"
        "main(['--help'])\n"
        "sys.stderr.write(' '.join(sorted({'numpy', 'hedgerow.app', 'hedgerow.hedge'} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert "plan" in done.stdout


def test_completion_can_be_installed(tmp_path: Path) -> None:
    target = tmp_path / "completion.bash"
    done = start(tmp_path, "--install-completion", "--shell", "bash", "--output", str(target))
    assert done.returncode == 0, done.stderr
    assert "hedgerow" in target.read_text(encoding="utf-8")


def test_a_look_at_this_machine_loads_no_network_and_no_desk(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from hedgerow.cli import main\n"
        "main(['doctor'])\n"
        "late = {'asyncio', 'sqlalchemy', 'hedgerow.app.desk', 'hedgerow.app.venues'}\n"
        "sys.stderr.write(' '.join(sorted(late & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout
    assert done.stderr == ""
