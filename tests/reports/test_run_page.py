"""A run as a page: what it says is what the run holds, whatever names the files brought."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from tests.runs.test_backtest import run

from hedgerow.hedge.effectiveness import effectiveness
from hedgerow.model.journal import Happened, RunResult
from hedgerow.reports.run_page import run_page
from hedgerow.reports.run_wire import run_json


@cache
def runs() -> dict[str, RunResult]:
    """A plain run, and one whose names are hostile."""
    plain = run()
    evil = "<script>alert(1)</script>\x1b[31m"
    strange = Happened(plain.times[3], "refused", evil, 1.0, 2.0, 0.0, evil)
    hostile = replace(plain, source=evil, notes=(evil,), events=(*plain.events, strange), simulated=True)
    return {"plain": plain, "hostile": hostile}


def test_the_page_says_what_the_run_holds() -> None:
    made = runs()["plain"]
    page = run_page(made, effectiveness(made))
    for heading in (
        "Portfolio, hedge, hedged portfolio",
        "Did it work",
        "Where the money came from",
        "Margin",
    ):
        assert f"<h2>{heading}</h2>" in page
    assert page.count("<svg") >= 6
    assert page.count("<table>") >= 8
    assert f"{round(abs(made.gained_usd[-1])):,}" in page
    assert len(page) < 2_000_000
    assert not re.search(r"""(?:src|href)=["']?https?:""", page)


def test_nothing_from_outside_is_obeyed() -> None:
    made = runs()["hostile"]
    page = run_page(made, effectiveness(made))
    assert "<script" not in page
    assert "\x1b" not in page
    assert "SIMULATED" in page


def test_json_has_no_row_of_bars_and_no_nan() -> None:
    made = runs()["plain"]
    document = run_json(made, effectiveness(made))
    assert document["bars"] == len(made.times)
    assert set(document["attribution_usd"]) == set(made.line_names)
    assert "nan" not in str(document).lower().replace("finance", "")
