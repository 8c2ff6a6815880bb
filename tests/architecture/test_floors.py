"""Imports point down, and the lower floors know no clock, no chance and no outside world."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from tests.architecture.sources import LOWER_FLOORS, PACKAGE, ROOT, lower_floor_files, name_of, parsed

CLOCK = {"now", "utcnow", "today"}
OUTSIDE = {"open", "print", "input", "exec", "eval", "__import__"}
SEEDED = {"Generator", "SeedSequence", "BitGenerator", "PCG64", "PCG64DXSM", "Philox", "default_rng"}


def reaches_outside(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines that read a clock, draw from hidden state, keep state in a module, or touch the outside."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=attr) if attr in CLOCK:
                yield node.lineno, f"reads the clock: .{attr}"
            case ast.Attribute(value=ast.Attribute(attr="random"), attr=attr) if attr not in SEEDED:
                yield node.lineno, f"draws from a global state: random.{attr}"
            case ast.Call(func=ast.Attribute(attr="default_rng"), args=[], keywords=[]):
                yield node.lineno, "a generator without a seed"
            case ast.Call(func=ast.Name(id=name)) if name in OUTSIDE:
                yield node.lineno, f"touches the outside: {name}()"
            case ast.Global(names=names):
                yield node.lineno, f"keeps state in the module: {', '.join(names)}"
            case ast.AsyncFunctionDef(name=name):
                yield node.lineno, f"is async: {name}"


def test_imports_keep_every_contract(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(no_logo=True, cache_dir=None)
    assert status == 0, capsys.readouterr().out


def test_the_contract_on_the_outside_world_names_every_lower_room() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (outside,) = (contract for contract in contracts if contract["name"].startswith("Floors 0 to 2"))
    built = {f"hedgerow.{room}" for room in LOWER_FLOORS if (PACKAGE / room).is_dir()}
    assert set(outside["source_modules"]) == built
    assert {"ccxt", "duckdb", "sqlite3", "sqlalchemy", "ray", "asyncio", "aiohttp", "time", "random"} <= set(
        outside["forbidden_modules"]
    )


@pytest.mark.parametrize("path", lower_floor_files(), ids=name_of)
def test_lower_floors_reach_for_nothing_outside(path: Path) -> None:
    assert list(reaches_outside(parsed(path))) == []


@pytest.mark.parametrize(
    "line",
    [
        "stamp = datetime.now(tz=UTC)",
        "day = dt.date.today()",
        "noise = np.random.normal(size=3)",
        "np.random.seed(1)",
        "rng = np.random.default_rng()",
        "text = open('prices.csv')",
        "def f():\n    global cache",
        "async def poll(): ...",
    ],
)
def test_the_search_sees(line: str) -> None:
    assert list(reaches_outside(ast.parse(line)))


def test_the_search_leaves_seeded_generators_alone() -> None:
    tree = ast.parse(
        "rng = np.random.default_rng(seed)\ndef draw(rng: np.random.Generator): return rng.normal()"
    )
    assert list(reaches_outside(tree)) == []
