"""A run as a page: what it says is what the run holds, whatever names the files brought and however little happened."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html import unescape
from typing import Any

import numpy as np
import pytest
from tests.runs.test_backtest import run

from hedgerow.hedge.effectiveness import effectiveness
from hedgerow.hedge.policy import Policy
from hedgerow.model.display import plain
from hedgerow.model.journal import Happened, RunResult
from hedgerow.reports.run_page import RunReport, run_page, sections_of, verdict
from hedgerow.reports.run_wire import report_json, run_json
from hedgerow.reports.wording import amount

EVIL = "<script>alert(1)</script>\x1b[31m|`#"


def head(made: RunResult, bars: int) -> RunResult:
    """The first bars of a run."""
    arrays: dict[str, Any] = {
        name: value[:bars]
        for name in RunResult.__dataclass_fields__
        if isinstance(value := getattr(made, name), np.ndarray)
    }
    last = made.times[bars - 1]
    kept: dict[str, Any] = {
        name: tuple(row for row in getattr(made, name) if row.time <= last) for name in ("events", "betas")
    }
    return replace(made, **arrays, **kept)


def unheld(made: RunResult) -> RunResult:
    """A run in which nothing was ever hedged."""
    lines = made.lines.copy()
    lines[:, [i for i, name in enumerate(made.line_names) if name not in {"alpha", "beta_spot"}]] = 0.0
    return replace(
        made,
        gained_usd=made.unhedged_usd,
        traded_usd=np.zeros_like(made.traded_usd),
        deposits_usd=np.zeros_like(made.deposits_usd),
        distance=np.full_like(made.distance, np.nan),
        after_usd=made.before_usd,
        lines=lines,
        events=(),
        betas=(),
        notes=(),
    )


@cache
def reports() -> dict[str, RunReport]:
    """A plain run and strange ones."""
    made = run()
    rolled = [
        Happened(made.times[40], "roll", "BTCUSDT_250328", -0.4, 61_000.0, -12.5, "to BTCUSDT_250627"),
        Happened(made.times[90], "settled", "BTCUSDT_250627", 0.4, 59_000.0, 0.0),
    ]
    lines = made.lines.copy()
    lines[40, made.line_names.index("roll")] = -12.5
    strange = Happened(made.times[3], "refused", EVIL, 1.0, 2.0, 0.0, EVIL)
    hostile = replace(made, source=EVIL, notes=(EVIL,), events=(*made.events, strange), simulated=True)
    two = run(factor="BTC,ETH", instruments=("BTCUSDT", "ETHUSDT"), target_beta=(0.2, 0.1))
    found = {
        "plain": made,
        "hostile": hostile,
        "two factors": two,
        "rolled": replace(made, events=(*made.events, *rolled), lines=lines, currency="USDC"),
        "short": head(made, 6),
        "one bar": head(made, 1),
        "unheld": unheld(made),
    }
    files = {"book": {"name": EVIL, "sha256": "0" * 64}}
    return {name: RunReport(r, effectiveness(r), plain(Policy()), files) for name, r in found.items()}


@cache
def page(name: str) -> str:
    return run_page(reports()[name])


NAMES = ["plain", "hostile", "two factors", "rolled", "short", "one bar", "unheld"]


def test_the_page_has_every_part_that_was_asked_for() -> None:
    shown = page("plain")
    for heading in (
        "Portfolio, hedge, hedged portfolio",
        "Did it work",
        "How it was held",
        "Where the money came from",
        "Funding and rolls",
        "Margin and liquidation",
        "The betas it used",
        "What happened",
        "What was asked",
        "What was assumed, and what is missing",
    ):
        assert re.search(rf"<h2 [^>]*>{heading}</h2>", shown), heading
    figures = [figure for section in sections_of(reports()["plain"]) for figure in section.figures]
    drawn = [figure for figure in figures if figure.svg]
    assert len(drawn) == 11
    assert shown.count("<svg") == 2 * len(drawn)
    for figure in drawn:
        assert figure.caption
        assert figure.summary
        assert figure.rows
        assert all(len(row) == len(figure.names) for row in figure.rows), figure.caption
        for form in (figure.svg, figure.narrow):
            assert 'role="img"' in form
            assert f"<title>{figure.caption}</title>" in unescape(form)


@pytest.mark.parametrize("name", NAMES)
def test_any_run_makes_a_page_of_one_file(name: str) -> None:
    shown = page(name)
    assert len(shown.encode()) < 2_000_000
    assert not re.search(r"""(?:src|href|url\()=?["']?(?:https?:|//)""", shown)
    assert "<script" not in shown
    assert "\x1b" not in shown
    assert not re.search(r"\bnan\b", re.sub(r"<style>.*?</style>", "", shown, flags=re.DOTALL), re.IGNORECASE)
    assert ("SIMULATED" in shown) == (name == "hostile")


def test_the_same_run_makes_the_same_page() -> None:
    assert run_page(reports()["plain"]) == page("plain")


def figure_of(name: str, caption: str) -> Any:
    figures = [figure for section in sections_of(reports()[name]) for figure in section.figures]
    (found,) = (figure for figure in figures if caption in figure.caption)
    return found


def test_the_tables_hold_the_run() -> None:
    made = reports()["plain"].run
    waterfall = figure_of("plain", "line by line")
    told = {row[0]: row[1] for row in waterfall.rows}
    assert told["beta spot"] == amount(made.totals["beta_spot"], signed=True)
    assert told["together"] == amount(float(made.gained_usd[-1]), signed=True)
    months = figure_of("plain", "month by month")
    assert len(months.rows) == len(np.unique((made.times - np.timedelta64(1, "ms")).astype("datetime64[M]")))
    ledger = {row[0]: row for row in figure_of("plain", "ledger").rows}
    for contract in {e.instrument for e in made.events if e.kind == "trade"}:
        trades = [e for e in made.events if e.instrument == contract and e.kind == "trade"]
        assert ledger[contract][3] == f"{len(trades):,}"
        assert ledger[contract][4] == amount(sum(e.usd for e in trades), signed=True)
    assert figure_of("plain", "Betas to BTC").rows
    assert len(figure_of("plain", "liquidated").rows) == sum(e.kind == "deposit" for e in made.events)


def test_every_factor_has_its_own_figures() -> None:
    captions = [f.caption for section in sections_of(reports()["two factors"]) for f in section.figures]
    for factor in ("BTC", "ETH"):
        assert sum(factor in caption for caption in captions) == 4, captions


def test_rolls_and_expiries_are_listed_as_they_come() -> None:
    rolls = figure_of("rolled", "Rolls")
    assert [row[1] for row in rolls.rows] == ["roll", "settled"]
    assert "−12.50 USDC" in rolls.summary
    assert "1 × roll" in next(r for r in figure_of("rolled", "ledger").rows if r[0] == "BTCUSDT_250328")[-1]
    assert figure_of("plain", "Rolls").summary == "No contract ended in this run."


def test_a_sign_is_never_told_by_colour_alone() -> None:
    for row in figure_of("plain", "line by line").rows:
        assert row[1][0] in "+−$"
    drawn = figure_of("plain", "line by line").svg
    for name, usd in reports()["plain"].run.totals.items():
        if usd:
            assert amount(usd, signed=True) in drawn, name


def test_the_verdict_says_what_was_measured() -> None:
    found = reports()["plain"].found
    said = verdict(found)
    assert said.startswith("The hedge removed")
    assert "within its interval" in said
    worse = replace(found, variance_removed=replace(found.variance_removed, middle=-0.25), liquidations=2)
    assert "added 25 %" in verdict(worse)
    assert "2 liquidations" in verdict(worse)
    far = replace(found, target_beta=5.0)
    assert "outside its interval" in verdict(far)
    assert "too short" in verdict(reports()["short"].found)


def test_json_has_no_row_of_bars_and_no_nan() -> None:
    made = reports()["plain"]
    document = run_json(made.run, made.found)
    assert document["bars"] == len(made.run.times)
    assert set(document["attribution_usd"]) == set(made.run.line_names)
    assert "nan" not in str(document).lower().replace("finance", "")


def test_the_whole_json_has_the_tables_of_the_page() -> None:
    made = reports()["plain"]
    document = report_json(made.run, made.found, made.policy, made.files)
    assert [side["name"] for side in document["sides"]] == ["portfolio", "hedge", "hedged portfolio"]
    together = sum(sum(month.values()) for month in document["attribution_usd_by_month"].values())
    assert together == pytest.approx(document["gained_usd"]["hedged"], abs=1e-6)
    assert len(document["betas"]) == len(made.run.betas)
    assert document["policy"]["factor"] == "BTC"
    funding = sum(c["funding"]["usd"] for c in document["contracts"].values() if "funding" in c)
    assert funding == pytest.approx(document["attribution_usd"]["funding"])
