"""The examples run and answer."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from hedgerow.hedge.attribution import LINES
from hedgerow.hedge.ticket import Ticket

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_notebook_story_runs(capsys: pytest.CaptureFixture[str]) -> None:
    ticket = runpy.run_path(str(EXAMPLES / "plan.py"))["main"]()
    assert isinstance(ticket, Ticket)
    assert ticket.complete
    out = capsys.readouterr().out
    for word in ("<Valuation", "<Betas", "<Exposure", "<Ranking", "<HedgePlan", "<SIMULATED Ticket"):
        assert word in out


def test_a_run_is_kept_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = runpy.run_path(str(EXAMPLES / "past.py"))["main"](tmp_path / "run")
    assert len(run.times) > 150
    assert "The hedge removed" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "<Run 2026-01-01" in capsys.readouterr().out


@pytest.mark.market_data
@pytest.mark.parametrize(
    ("day", "alone", "hedged"), [("2025-10-10", -0.124, -0.015), ("2022-11-09", -0.122, -0.025)]
)
def test_two_bad_days(data_dir: Path, day: str, alone: float, hedged: float) -> None:
    """The figures of docs/how-to/crash-days.md."""
    main = runpy.run_path(str(EXAMPLES / "one_day.py"))["main"]
    found = main([day, str(data_dir / "daily_close.parquet"), "--source", "bybit_perp"])
    assert found["alone"] / found["book"] == pytest.approx(alone, abs=0.002)
    assert found["hedged"] / found["book"] == pytest.approx(hedged, abs=0.002)
    parts = sum(found[name] for name in LINES)
    assert parts == pytest.approx(found["hedged"], abs=1.0)


def test_options_walk_through_a_crash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main = runpy.run_path(str(EXAMPLES / "options_through_a_crash.py"))["main"]
    found = main(tmp_path / "walk.svg")
    assert str(found.times[0])[:10] == "2025-09-12"
    assert "zero-cost collar" in (tmp_path / "walk.svg").read_text(encoding="utf-8")
    assert "paid for the puts" in capsys.readouterr().out


@pytest.mark.market_data
@pytest.mark.parametrize(
    ("strike", "ends"),
    [(0.9, (-95_525, -32_783, -108_757, -91_351)), (1.0, (-95_525, -32_783, -97_492, -42_126))],
)
def test_options_through_the_real_crash(
    data_dir: Path, tmp_path: Path, strike: float, ends: tuple[float, ...]
) -> None:
    """The figures of docs/how-to/options.md."""
    main = runpy.run_path(str(EXAMPLES / "options_through_a_crash.py"))["main"]
    found = main(tmp_path / "walk.svg", str(data_dir / "daily_close.parquet"), "bybit_perp", strike=strike)
    last = tuple(float(getattr(found, name)[-1]) for name in ("alone", "perpetual", "put", "collar"))
    assert last == pytest.approx(ends, abs=20.0)


def test_every_example_is_run_by_some_test() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} == {
        "book.csv",
        "long_short.csv",
        "one_day.py",
        "options_through_a_crash.py",
        "past.py",
        "plan.py",
        "treasury.toml",
    }
