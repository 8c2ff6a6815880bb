"""Units, container and compose file of an unattended watch: every command in them is one of ours, and what they promise stands there."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from hedgerow.cli import app
from hedgerow.config import load_settings

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "unattended"
PAGE = (ROOT / "docs" / "how-to" / "unattended.md").read_text(encoding="utf-8")
UNITS = sorted(FOLDER.glob("*.service"))
PROGRAM = "/srv/hedgerow/hedgerow"


def unit(path: Path) -> configparser.RawConfigParser:
    """A unit's sections; of a directive that stands there twice the last one."""
    found = configparser.RawConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string(path.read_text(encoding="utf-8"))
    return found


def words_of(line: str) -> list[str]:
    """The words of our own program in a command line: inside `sh -c`, behind `exec`, without redirections."""
    words = shlex.split(line)
    if "-c" in words and words[0].endswith("sh"):
        words = shlex.split(words[words.index("-c") + 1])
    if PROGRAM in words:
        words = words[words.index(PROGRAM) + 1 :]
    elif "hedgerow" in words:
        words = words[words.index("hedgerow") + 1 :]
    return [word for word in words if not re.match(r"\d?[<>]", word)]


def commands() -> list[tuple[str, list[str]]]:
    found = [(path.name, words_of(unit(path)["Service"]["ExecStart"])) for path in UNITS]
    services = compose()["services"]
    for name, service in services.items():
        command = service["command"]
        line = command[0] if len(command) == 1 else shlex.join(["hedgerow", *command])
        found.append((f"compose {name}", words_of(line)))
    lines = re.findall(r"^    (?:sudo |\w).*$", PAGE, flags=re.MULTILINE)
    ours = [line.strip() for line in lines if f"{PROGRAM} " in line or "-m hedgerow " in line]
    found += [(line, words_of(line)) for line in ours]
    found += [(text, shlex.split(text)[1:]) for text in re.findall(r"`(hedgerow [a-z].*?)`", PAGE)]
    return found


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize(("where", "words"), commands(), ids=[where for where, _ in commands()])
def test_every_command_is_one_of_ours(where: str, words: list[str]) -> None:
    if words == ["--version"]:
        return
    assert words[0] in app, where
    app.parse_args(words, exit_on_error=False, print_error=False)


def test_the_search_for_commands_finds_them() -> None:
    names = [words[0] for _, words in commands()]
    assert len(names) > 15
    assert {"watch", "watchdog", "serve", "doctor", "halt", "notify", "keys", "status"} <= set(names)


def test_the_settings_are_settings() -> None:
    settings = load_settings(FOLDER / "settings.toml", {}).settings
    assert (settings.watch.mode, settings.trade.live) == ("observe", False)
    assert settings.watch.metrics_port == 9321
    assert settings.notify.brief == "07:00"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_may_do_little(path: Path) -> None:
    service = unit(path)["Service"]
    wanted = {
        "User": "hedgerow",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "StateDirectory": "hedgerow",
        "StateDirectoryMode": "0700",
        "UMask": "0077",
        "LimitCORE": "0",
    }
    assert {name: service.get(name) for name in wanted} == wanted
    text = path.read_text(encoding="utf-8")
    assert "MemoryDenyWriteExecute=" not in text  # compiled loops would die of it


def test_only_those_that_open_keys_are_given_the_passphrase() -> None:
    given = {path.name for path in UNITS if "LoadCredential" in unit(path)["Service"]}
    assert given == {"hedgerow-watch.service", "hedgerow-watchdog.service"}
    for name in given:
        service = unit(FOLDER / name)["Service"]
        assert "HEDGEROW_PASSPHRASE_FD=3" in (FOLDER / name).read_text(encoding="utf-8")
        assert '3<"$CREDENTIALS_DIRECTORY/passphrase"' in service["ExecStart"]
    assert set(compose()["services"]["serve"]) & {"secrets", "environment"} == set()


def test_the_watch_begins_again_unless_it_cannot_and_ends_in_order() -> None:
    service = unit(FOLDER / "hedgerow-watch.service")["Service"]
    assert (service["Restart"], service["KillSignal"]) == ("on-failure", "SIGINT")
    assert int(service["RestartSec"]) > 15  # a lease of the last life is over
    assert service["RestartPreventExitStatus"].split() == ["2"]


def test_the_watchdog_hangs_on_nothing_that_it_watches() -> None:
    text = (FOLDER / "hedgerow-watchdog.service").read_text(encoding="utf-8")
    assert not re.search(
        r"^(Requires|BindsTo|PartOf|After)=.*hedgerow-watch\.service", text, flags=re.MULTILINE
    )
    services = compose()["services"]
    assert "depends_on" not in services["watchdog"]
    assert {service["network_mode"] for service in services.values()} == {"host"}


def test_the_units_are_units() -> None:
    """By systemd's own word where there is one; their program is put where it finds it."""
    program = shutil.which("systemd-analyze")
    files = [*UNITS, *FOLDER.glob("*.timer")]
    assert len(files) == 4
    if program is None:
        assert all(unit(path).sections() for path in files)
        return
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            text = path.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
            (Path(folder) / path.name).write_text(text, encoding="utf-8")
        names = [str(Path(folder) / path.name) for path in files]
        done = subprocess.run([program, "verify", *names], capture_output=True, text=True, check=False)
        ours = [line for line in done.stderr.splitlines() if "hedgerow" in line]
        assert (done.returncode, ours) == (0, [])


def test_the_container_takes_what_there_is_and_is_nobody() -> None:
    lines = (FOLDER / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert copied == ["requirements.lock", "src"]
    assert all((ROOT / name).exists() for name in copied)
    assert any("--require-hashes" in line for line in lines)
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001"]
    for service in compose()["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert (FOLDER / service["build"]["context"] / service["build"]["dockerfile"]).resolve().exists()
