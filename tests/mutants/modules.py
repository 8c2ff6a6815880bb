"""The modules that money hangs on, and the fast tests that are each one's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["MODULES", "ROOT", "name_of"]

ROOT = Path(__file__).resolve().parents[2]
_EXECUTION = "src/hedgerow/hedge/execution"
_LEARNING = ("tests/hedge/execution",)

MODULES: Mapping[str, tuple[str, ...]] = {
    **{
        f"{_EXECUTION}/{name}.py": _LEARNING
        for name in (
            "checks",
            "decide",
            "ending",
            "learn",
            "messages",
            "orderbook",
            "programme",
            "promises",
            "schedule",
            "state",
            "step",
            "wanted",
        )
    },
    "src/hedgerow/runs/ledger.py": ("tests/runs/test_ledger.py",),
    "src/hedgerow/model/amounts.py": ("tests/model/test_amounts.py",),
    "src/hedgerow/hedge/limits.py": ("tests/hedge/test_limits.py", "tests/hedge/test_limits_by_value.py"),
}
"""Path by path from the root: of the module, and of the tests that have to see every fault in it."""


def name_of(path: str) -> str:
    """Return the name by which a module is imported."""
    return path.removeprefix("src/").removesuffix(".py").replace("/", ".")
