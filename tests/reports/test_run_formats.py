"""A report as Markdown and as a picture: the same words and charts as the page, and nothing obeyed."""

from __future__ import annotations

import re
import struct

import pytest
from tests.reports.test_run_page import NAMES, reports

from hedgerow.reports.run_formats import run_markdown, run_picture
from hedgerow.reports.run_page import sections_of


@pytest.mark.parametrize("name", NAMES)
def test_every_section_and_table_is_in_the_text(name: str) -> None:
    report = reports()[name]
    text = run_markdown(report)
    for section in sections_of(report):
        assert f"## {section.heading}\n" in text
    tables = re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE)
    for table in tables:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table[:400]
    assert ("SIMULATED" in text) == report.run.simulated


def test_nothing_from_a_file_is_markup() -> None:
    text = run_markdown(reports()["hostile"])
    assert "<script" not in text.replace("\\<script", "")
    assert "\x1b" not in text


def test_the_picture_is_a_png_with_every_chart() -> None:
    picture = run_picture(reports()["hostile"])
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    assert width == 1350
    assert height > 11 * 200 * 1.5
