"""A command line as a test calls it: words in; status, stdout and stderr out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hedgerow.cli import main

ROOT = Path(__file__).resolve().parents[2]
BOOK = str(ROOT / "examples" / "book.csv")


@dataclass(frozen=True, slots=True)
class Done:
    """What one command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one document on stdout."""
        document: dict[str, Any] = json.loads(self.out)
        return document


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in a home without settings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no settings"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "120")

    def call(*words: str) -> Done:
        capsys.readouterr()
        status = main(list(words))
        out, err = capsys.readouterr()
        return Done(status, out, err)

    return call


@pytest.fixture
def book(tmp_path: Path) -> Callable[[str], str]:
    """Write a holdings file; return its path."""

    def write(text: str, name: str = "book.csv") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write
