"""The ticket as a page: whole, escaped, and readable without anything else."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.hedge.books import book, spot
from tests.hedge.plans import simulated

from hedgerow.hedge.estimation import Override
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.ticket import Ticket
from hedgerow.model.portfolio import Portfolio, Position
from hedgerow.reports.page import ticket_page

HOSTILE = '<img src=x onerror="alert(1)">'


def made(rows: Portfolio, **policy: Any) -> Ticket:
    market, contracts = simulated()
    return Policy(**policy).plan(rows, market, contracts)


@cache
def tickets() -> dict[str, Ticket]:
    """One of every sort."""
    plain = book(spot("ETH", 40), spot("SOL", 400), spot("LINK", 900), spot("USDT", 70000))
    hostile = book(
        spot("ETH", 10, account=HOSTILE, sector="</style><script>alert(1)</script>"),
        Position("SOL", Decimal(50), tags=("javascript:alert(1)",)),
    )
    return {
        "plain": made(plain),
        "two factors": made(plain, factor="BTC,ETH"),
        "refused": made(plain, collateral="20000USDT"),
        "unknown": made(book(spot("ETH", 10), spot("FRSH", 1000), spot("NONE", 1))),
        "no legs": made(book(spot("USDT", 1000))),
        "net zero": made(book(spot("ETH", 10), spot("SOL", "-179.7")), target_beta_usd=(0.0,)),
        "hostile": made(hostile, overrides={"SOL": Override((1.5,), note=HOSTILE)}),
        "basket": made(plain, instruments=5),
    }


class Reader(HTMLParser):
    """Collects tags, and what would reach out of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.reaching: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, text in attrs:
            outside = (text or "").strip().lower().startswith(("http", "//", "javascript"))
            if name.startswith("on") or (name in {"src", "href", "xlink:href", "action"} and outside):
                self.reaching.append(f"{tag} {name}={text}")


@pytest.mark.parametrize("name", sorted(tickets()))
def test_a_page_is_whole_and_reaches_for_nothing(name: str) -> None:
    page = ticket_page(tickets()[name])
    reader = Reader()
    reader.feed(page)
    assert len(page) < 2_000_000
    assert "script" not in reader.tags
    assert reader.reaching == []
    assert "SIMULATED" in page
    assert re.search(r"\b(nan|inf)\b", page) is None
    assert reader.tags.count("figure") >= 3
    assert reader.tags.count("figcaption") == reader.tags.count("figure") == reader.tags.count("details")


def test_hostile_text_is_shown_and_never_obeyed() -> None:
    page = ticket_page(tickets()["hostile"])
    assert "<img" not in page
    assert "&lt;img" in page


def test_refusals_and_unknowns_stand_first() -> None:
    refused = ticket_page(tickets()["refused"])
    assert refused.index("cannot be traded as it is") < refused.index("1 What the book is worth")
    assert "liquidation distance" in refused
    unknown = ticket_page(tickets()["unknown"])
    assert "FRSH" in unknown
    assert "NONE" in unknown


def test_every_chart_says_what_it_shows() -> None:
    page = ticket_page(tickets()["plain"])
    assert page.count('role="img"') >= page.count("<figure>")
    assert page.count("<desc>") == page.count("<figure>")
