"""The reference names every command and option; every command of the README runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App
from tests.architecture.sources import ROOT, run_python

from hedgerow.cli import app

WRITTEN = {"[FIELDS…]": "NAME=VALUE,VALUE…"}
DONE = {0, 1}  # 1: complete, with a refusal, a limit or an unknown


def commands(group: App, above: tuple[str, ...] = ()) -> Iterator[tuple[str, App]]:
    """Every command below an app with its full name, groups and their members alike."""
    for name in group:
        if not name.startswith("-"):
            path = (*above, name)
            yield " ".join(path), group[name]
            yield from commands(group[name], path)


def options(command: App) -> list[str]:
    """The options of a command; a group of commands has none of its own."""
    if command.default_command is None:
        return []
    arguments = command.assemble_argument_collection()
    return [name for argument in arguments for name in argument.names if name.startswith("--")]


def places(command: App) -> list[str]:
    """What a command takes by its place, as the reference writes it: LONG, [ACCOUNT], [VENUE…]."""
    if command.default_command is None:
        return []
    found = []
    for argument in command.assemble_argument_collection().filter_by(parse=True):
        if not argument.names or argument.names[0] == "*" or any(n.startswith("-") for n in argument.names):
            continue
        several = argument.field_info.kind is argument.field_info.VAR_POSITIONAL
        name = argument.names[0].strip("*").upper().replace("-", "_")
        name = name if argument.required and not several else f"[{name}{'…' if several else ''}]"
        found.append(WRITTEN.get(name, name))
    return found


def synopsis() -> Iterator[tuple[str, list[str]]]:
    """The verbs of the reference's first block, each with what it takes: a line's last words hold for all its verbs."""
    text = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    block = text.partition("\n\n")[2].partition("\n\n")[0]
    for line in block.splitlines():
        parts = [part.split() for part in line.replace("[options]", "").strip().split(" | ")]
        parts[0].remove("hedgerow")
        taken = [[word for word in part if not word.islower()] for part in parts]
        same = not any(taken[:-1])
        for part, own in zip(parts, taken, strict=True):
            yield " ".join(filter(str.islower, part)), taken[-1] if same else own


def readme_commands() -> list[str]:
    """Lines of the README's ```sh blocks that start the program, continued lines joined."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.removeprefix("$ ") for line in lines if line.removeprefix("$ ").startswith("./hedgerow")]


def marked(command: str) -> object:
    marks = [pytest.mark.market_data] if "shared/data" in command else []
    return pytest.param(command, marks=marks, id=command)


@pytest.fixture
def visitor(tmp_path: Path) -> Path:
    """A folder that looks like the checkout, where a command may write without a trace."""
    checkout = tmp_path / "hedgerow"
    checkout.mkdir()
    for path in ROOT.iterdir():
        if not path.name.startswith("."):
            (checkout / path.name).symlink_to(path)
    return checkout


def test_reference_has_every_command_and_option() -> None:
    reference = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    found = dict(commands(app))
    assert found
    missing = [f"hedgerow {name}" for name in found if not re.search(rf"hedgerow {name}\b", reference)]
    for name, command in found.items():
        missing += [f"{name} {option}" for option in options(command) if f"{option}" not in reference]
    assert missing == []


def test_the_synopsis_has_every_verb_with_what_it_takes() -> None:
    told, known = dict(synopsis()), dict(commands(app))
    assert set(told) == {name for name, command in known.items() if command.default_command is not None} - {
        "data",
        "keys",
        "config",
        "notify",
    }
    wrong = {
        name: (words, places(known[name])) for name, words in told.items() if words != places(known[name])
    }
    assert wrong == {}


def test_readme_shows_the_two_commands_of_a_fresh_machine() -> None:
    shown = readme_commands()
    assert "./hedgerow demo" in shown
    assert "./check" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("command", [marked(command) for command in readme_commands()])
def test_readme_command_runs(command: str, visitor: Path, request: pytest.FixtureRequest) -> None:
    if "shared/data" in command:
        (visitor.parent / "shared").mkdir()
        (visitor.parent / "shared" / "data").symlink_to(request.getfixturevalue("data_dir"))
    words = shlex.split(command, comments=True)[1:]
    done = run_python("-m", "hedgerow", *words, cwd=visitor)
    assert done.returncode in DONE, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout
