"""The examples of "When data is bad": each file on the page is read, and what is said of it stands below it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hedgerow.files.exports import LAYOUTS
from hedgerow.files.portfolio import parse_portfolio
from hedgerow.files.prices import parse_market
from hedgerow.model.errors import HedgerowError

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "how-to" / "when-data-is-bad.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```csv (\S+)\n(.*?)^```\n\n```\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def said_of(file: str, text: str) -> str:
    data = text.encode()
    try:
        if file.startswith("book"):
            lines = [f"note: {note}" for note in parse_portfolio(data, file).notes]
        else:
            market = parse_market(data, file)
            lines = [f"flag: {flag.kind} {flag.symbol}: {flag.detail}" for flag in market.flags]
            lines += [f"note: {note}" for note in market.notes]
    except HedgerowError as why:
        lines = [f"error: {why}"]
    return "\n".join(lines) + "\n"


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == PAGE.count("```csv") >= 10


@pytest.mark.parametrize(("file", "text", "said"), EXAMPLES)
def test_what_the_page_says_is_said(file: str, text: str, said: str) -> None:
    assert said_of(file, text) == said


def test_every_layout_is_in_the_reference() -> None:
    reference = (DOCS / "reference" / "files.md").read_text(encoding="utf-8")
    assert [layout.name for layout in LAYOUTS if layout.name not in reference] == []
