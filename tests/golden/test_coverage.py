"""Every golden vector has a test under its name, or a line that says which issue it waits for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def test_every_vector_is_tested_or_waits(vectors: dict[str, Any]) -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    tested = set(re.findall(r"def test_(TV\d+[a-z]?)_", sources))
    page = (ROOT / "docs" / "reference" / "vectors.md").read_text(encoding="utf-8")
    waiting = set(re.findall(r"^\| (TV\d+[a-z]?) \| waits", page, flags=re.MULTILINE))
    listed = set(re.findall(r"^\| (TV\d+[a-z]?) \|", page, flags=re.MULTILINE))
    numbers = {name.partition("_")[0] for name in vectors}
    assert numbers - tested - waiting == set()
    assert tested & waiting == set()
    assert listed == numbers
