"""`./hedgerow` makes its environment once, whole or not at all, and hands everything on to the program.

A stand-in for uv writes an "environment" whose `python` prints how it was called, so nothing is downloaded.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.architecture.sources import ROOT

TOOLS = ("sh", "dirname", "readlink", "cmp", "rm", "cp", "flock", "perl", "sleep", "mkdir", "cat", "chmod")
FAKE_PYTHON = """#!/bin/sh
[ "$2" = compileall ] && exit
echo "PYTHONPATH=$PYTHONPATH PYTHONHOME=${PYTHONHOME-unset}"
for word in "$@"; do echo "<$word>"; done
"""
FAKE_UV = """#!/bin/sh
case $1 in
  --version) exit ;;
  venv)
    for venv in "$@"; do :; done
    mkdir -p "$venv/bin" && cat >"$venv/bin/python" <"$FAKE/python" && chmod +x "$venv/bin/python" ;;
  pip) echo built >>"$FAKE/log" && sleep 0.3 && exec sh "$FAKE/install" ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of the script in a folder whose name has a space, with the tools it may use."""

    home: Path
    tools: Path

    def start(self, *args: str, script: Path | None = None, cwd: Path | None = None) -> subprocess.Popen[str]:
        environment = {
            "PATH": str(self.tools),
            "FAKE": str(self.tools),
            "PYTHONHOME": "/elsewhere",
            "PYTHONPATH": "x",
        }
        return subprocess.Popen(
            [str(script or self.home / "hedgerow"), *args],
            cwd=cwd or self.home,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *args: str, script: Path | None = None, cwd: Path | None = None) -> tuple[int, str, str]:
        process = self.start(*args, script=script, cwd=cwd)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    @property
    def builds(self) -> int:
        return len((self.tools / "log").read_text(encoding="utf-8").splitlines())

    def install_by(self, command: str) -> None:
        (self.tools / "install").write_text(command, encoding="utf-8")


def write_program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    home, tools = tmp_path / "a home", tmp_path / "tools"
    (home / "src").mkdir(parents=True)
    tools.mkdir()
    shutil.copy(ROOT / "hedgerow", home)
    (home / "requirements.lock").write_text("one==1\n", encoding="utf-8")
    for tool in TOOLS:
        if found := shutil.which(tool, path=f"/usr/bin:/bin:{os.defpath}"):
            (tools / tool).symlink_to(found)
    write_program(tools / "uv", FAKE_UV)
    write_program(tools / "python", FAKE_PYTHON)
    (tools / "log").touch()
    made = Checkout(home, tools)
    made.install_by("exit 0")
    return made


def test_script_is_short_executable_and_asks_for_no_rights() -> None:
    text = (ROOT / "hedgerow").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert text.startswith("#!/bin/sh\n")
    assert "sudo" not in text
    for script in ("hedgerow", "check", ".ci/run", ".ci/lock"):
        assert (ROOT / script).stat().st_mode & stat.S_IXUSR


def test_first_run_builds_and_the_next_does_not(checkout: Checkout) -> None:
    status, out, err = checkout.run("plan", "my book.csv", "")
    assert status == 0
    assert out.splitlines() == [
        f"PYTHONPATH={checkout.home}/src PYTHONHOME=unset",
        *("<-P>", "<-m>", "<hedgerow>", "<plan>", "<my book.csv>", "<>"),
    ]
    assert "first run" in err
    assert checkout.run("value")[2] == ""
    assert checkout.builds == 1


def test_runs_through_links_from_anywhere(checkout: Checkout, tmp_path: Path) -> None:
    elsewhere = tmp_path / "bin"
    elsewhere.mkdir()
    (elsewhere / "first").symlink_to("../a home/hedgerow")
    (elsewhere / "second").symlink_to(elsewhere / "first")
    status, out, _ = checkout.run("value", script=elsewhere / "second", cwd=elsewhere)
    assert status == 0
    assert f"PYTHONPATH={checkout.home}/src" in out


def test_changed_lock_or_lost_python_is_rebuilt(checkout: Checkout) -> None:
    checkout.run()
    (checkout.home / "requirements.lock").write_text("one==2\n", encoding="utf-8")
    assert checkout.run()[0] == 0
    assert checkout.builds == 2
    (checkout.home / ".venv" / "bin" / "python").unlink()
    assert checkout.run()[0] == 0
    assert checkout.builds == 3


def test_failed_install_leaves_no_stamp_and_says_what_to_do(checkout: Checkout) -> None:
    checkout.install_by("echo 'no network'; exit 1")
    status, out, err = checkout.run("value")
    assert (status, out) == (3, "")
    assert "Python 3.11" in err
    assert not (checkout.home / ".venv" / "installed.lock").exists()
    checkout.install_by("exit 0")
    assert checkout.run("value")[0] == 0


def test_killed_first_run_is_made_good_by_the_next(checkout: Checkout) -> None:
    checkout.install_by("kill -9 0")  # the script and all it started
    status, out, _ = checkout.run("value")
    assert (status, out) == (-9, "")
    assert not (checkout.home / ".venv" / "installed.lock").exists()
    checkout.install_by("exit 0")
    assert checkout.run("value")[0] == 0
    assert checkout.builds == 2


@pytest.mark.parametrize("without", [(), ("flock",)], ids=["flock", "perl"])
def test_first_runs_at_once_build_once(checkout: Checkout, without: tuple[str, ...]) -> None:
    for tool in without:
        (checkout.tools / tool).unlink()
    racing = [checkout.start("value", str(n)) for n in range(4)]
    outputs = [process.communicate(timeout=60)[0] for process in racing]
    assert [process.returncode for process in racing] == [0] * 4
    assert all(f"<{n}>" in out for n, out in enumerate(outputs))
    assert checkout.builds == 1


def test_without_uv_and_without_python_one_line_helps(checkout: Checkout) -> None:
    (checkout.tools / "uv").unlink()
    write_program(checkout.tools / "python3", "#!/bin/sh\nexit 1\n")  # too old
    status, out, err = checkout.run("value")
    assert (status, out) == (3, "")
    assert "needs a network, and uv or Python 3.11 or newer" in err
