"""Options on the pages."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_book_options import COINS, a_simulated
from tests.web.asking import page_of


def test_options_that_are_held_are_on_the_exposure_page(tmp_path: Path) -> None:
    put, call = a_simulated()
    book = tmp_path / "book.csv"
    book.write_text(f"{COINS}{put},2\n{call},-1\n", encoding="utf-8")
    text = page_of(str(book), tmp_path).get("/exposure").text
    assert put in text
    assert "What is gamma?" in text
    assert "What is left to hedge after the move" in text
    assert text.count('<div class="narrow"><svg') == 2
    book.write_text(COINS, encoding="utf-8")
    assert "Options that the book holds" not in page_of(str(book), tmp_path).get("/exposure").text
