"""What `import hedgerow` offers: few names, each explained, none of them loaded before it is asked for."""

from __future__ import annotations

import json

import pytest
from tests.architecture.sources import ROOT, run_python

import hedgerow

HEAVY = {"ccxt", "duckdb", "ray", "numba", "pandas", "statsmodels", "pydantic", "sqlalchemy"}
LATE = {"scipy", "polars", "altair", "clarabel", "rich", "jinja2", "cyclopts"}


def loaded_by(statement: str) -> set[str]:
    """Top-level packages in memory after one statement in a fresh interpreter."""
    done = run_python("-c", f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))")
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_forty_names_at_most() -> None:
    assert 0 < len(hedgerow.__all__) <= 40
    assert len(set(hedgerow.__all__)) == len(hedgerow.__all__)


def test_every_name_exists_and_is_listed() -> None:
    missing = [name for name in hedgerow.__all__ if not hasattr(hedgerow, name)]
    assert missing == []
    assert set(hedgerow.__all__) <= set(dir(hedgerow))


def test_every_name_is_explained_in_the_code_and_in_the_reference() -> None:
    reference = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    unexplained = [
        name
        for name in hedgerow.__all__
        if name != "__version__" and not (getattr(hedgerow, name).__doc__ or "").strip()
    ]
    assert unexplained == []
    assert [name for name in hedgerow.__all__ if f"`{name}" not in reference] == []


def test_import_is_light() -> None:
    assert loaded_by("import hedgerow") & (HEAVY | LATE) == set()


def test_importing_every_room_leaves_the_heavy_libraries_out() -> None:
    rooms = ["model", "stats", "hedge", "files", "venues", "reports"]
    assert loaded_by("\n".join(f"import hedgerow.{room}" for room in rooms)) & HEAVY == set()


@pytest.mark.parametrize("verb", ["value", "beta", "plan"])
def test_a_one_shot_command_never_waits_for_what_compiles(verb: str) -> None:
    ran = f"from hedgerow.cli import main\nassert main(['{verb}', 'examples/book.csv']) in (0, 1)"
    assert loaded_by(ran) & HEAVY == set()
