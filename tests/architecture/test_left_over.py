"""Nothing is left lying about: broad excepts, to-do notes, skipped tests, shelf names, paths of somebody's machine."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.architecture.sources import CODE, PACKAGE, name_of, parsed, python_files, written_files

BROAD = {"Exception", "BaseException"}
# The one loop that must outlive any tick, the command line's last word to its user, closing accounts in an emergency (a
# defect at one must not keep the next one open), and the courier: a defect at one service must not silence the next alarm.
MAY_CATCH_ALL = {
    "src/hedgerow/app/keeping.py",
    "src/hedgerow/cli/__init__.py",
    "src/hedgerow/app/flatten.py",
    "src/hedgerow/outlets/courier.py",
}
SHELVES = {
    "utils",
    "util",
    "core",
    "common",
    "helpers",
    "helper",
    "manager",
    "managers",
    "domain",
    "adapters",
    "misc",
}
# Written in two halves so that this file does not find itself.
NOTES = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
SKIPS = {"skip", "skipif", "xfail", "importorskip"}
MAY_SKIP = {"tests/conftest.py"}  # one fixture, for a checkout without the market data
MACHINE = re.compile(
    r"(?<![\w.])/(?:root|home/\w+|Users/\w+|work|opt|mnt)/\w"
    r"|py" + r"pi\.org|python" + r"hosted|file" + r":///|find-" + r"links\s*=|index-" + r"url\s*=",
    re.IGNORECASE,
)


def broad_handlers(tree: ast.AST) -> list[int]:
    """Lines of handlers that catch everything, alone or in a tuple."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or any(isinstance(n, ast.Name) and n.id in BROAD for n in ast.walk(node.type)))
    ]


def left_out(tree: ast.AST) -> list[int]:
    """Lines that skip a test or expect it to fail."""
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in SKIPS]


def lines_with(pattern: re.Pattern[str], path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # a picture or a table in binary form
        return []
    return [
        f"{name_of(path)}:{n}: {line}" for n, line in enumerate(text.splitlines(), 1) if pattern.search(line)
    ]


def test_everything_is_caught_in_one_place_only() -> None:
    caught = {name_of(path): lines for path in python_files("src") if (lines := broad_handlers(parsed(path)))}
    assert set(caught) <= MAY_CATCH_ALL
    assert all(len(lines) == 1 for lines in caught.values()), caught


@pytest.mark.parametrize("line", ["except:", "except Exception:", "except (ValueError, BaseException) as e:"])
def test_the_search_for_broad_handlers_sees(line: str) -> None:
    assert broad_handlers(ast.parse(f"try:\n    pass\n{line}\n    pass")) == [3]


def test_no_note_of_work_undone_is_left() -> None:
    assert [line for path in python_files(*CODE) for line in lines_with(NOTES, path)] == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    files = {name_of(path): left_out(parsed(path)) for path in python_files("tests")}
    assert {name: lines for name, lines in files.items() if lines and name not in MAY_SKIP} == {}


@pytest.mark.parametrize("line", ["@pytest.mark.skipif(True)\ndef f(): pass", "pytest.skip('no data')"])
def test_the_search_for_skipped_tests_sees(line: str) -> None:
    assert left_out(ast.parse(line)) == [1]


def test_no_room_is_a_shelf() -> None:
    assert [name_of(path) for path in PACKAGE.rglob("*") if path.stem in SHELVES] == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    assert [line for path in written_files() for line in lines_with(MACHINE, path)] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (NOTES, "# TO" + "DO later"),
        (MACHINE, "path = '/ho" + "me/ann/book.csv'"),
        (MACHINE, "https://py" + "pi.org/simple"),
    ],
)
def test_the_search_for_leftovers_sees(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)
