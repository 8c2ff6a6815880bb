"""The files of a watch over many workers: their commands are ours, their settings are settings, the unit is a unit."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from tests.examples.test_unattended import PROGRAM, unit, words_of

from hedgerow.cli import app
from hedgerow.config import load_settings

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "cluster"
UNIT = FOLDER / "hedgerow-worker@.service"


def services() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = document["services"]
    return found


def test_every_worker_is_started_by_one_command() -> None:
    by_unit = words_of(unit(UNIT)["Service"]["ExecStart"])
    (line,) = services()["worker"]["command"]
    by_compose = words_of(line.partition("; exec ")[2])
    for words in (by_unit, by_compose):
        assert words[:3] == ["watch", "--live", "--share"]
        app.parse_args(words, exit_on_error=False, print_error=False)


def test_the_settings_are_settings_and_remember_on_the_database_of_the_compose_file() -> None:
    settings = load_settings(FOLDER / "settings.toml", {}).settings
    database = services()["database"]["environment"]
    assert (
        settings.trade.state == f"postgresql://{database['POSTGRES_USER']}@database/{database['POSTGRES_DB']}"
    )
    assert (settings.watch.mode, settings.trade.live, len(settings.watch.books)) == ("observe", False, 2)
    assert settings.watch.metrics_port is None  # workers on one machine would want the same one


def test_no_password_stands_in_a_file_that_is_kept() -> None:
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "POSTGRES_PASSWORD:" not in text
        assert "PGPASSWORD=" not in text.replace('PGPASSWORD=\\"$$(cat /run/secrets/database)', "")


def test_a_worker_may_as_little_as_a_watch() -> None:
    ours, watch = (
        unit(UNIT)["Service"],
        unit(FOLDER.parent / "unattended" / "hedgerow-watch.service")["Service"],
    )
    other = {"ExecStart", "RestartSec", "LimitNOFILE", "Environment"}
    assert {name: value for name, value in ours.items() if name not in other} == {
        name: value for name, value in watch.items() if name not in other
    }
    worker = services()["worker"]
    assert (worker["read_only"], worker["cap_drop"]) == (True, ["ALL"])


def test_the_unit_is_a_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        assert unit(UNIT).sections()
        return
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true"), encoding="utf-8")
    done = subprocess.run([program, "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "hedgerow" in line]) == (0, [])
