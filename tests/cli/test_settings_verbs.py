"""`config` and `doctor`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from tests.cli.conftest import BOOK, Run


def test_show_prints_what_can_be_read_again(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "mine.toml"
    source.write_text(
        '[hedge]\nfactor = "ETH"\ntarget_beta = [0.5]\n[betas.NEWX]\nbeta = 1.8\n'
        "[limits.max_venue_usd]\npaper = 5000.0\n",
        encoding="utf-8",
    )
    shown = run("config", "show", "--config", str(source)).out
    again = tmp_path / "again.toml"
    again.write_text(shown, encoding="utf-8")
    assert tomllib.loads(shown)["hedge"]["factor"] == "ETH"
    assert run("config", "show", "--config", str(again)).out.splitlines()[1:] == shown.splitlines()[1:]


def test_show_tells_the_origin(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "mine.toml"
    source.write_text('[hedge]\nfactor = "ETH"\n', encoding="utf-8")
    monkeypatch.setenv("HEDGEROW__HEDGE__HORIZON_DAYS", "60")
    out = run("config", "show", "--origin", "--config", str(source)).out
    assert 'factor = "ETH"  # mine.toml line 2' in out
    assert "horizon_days = 60.0  # HEDGEROW__HEDGE__HORIZON_DAYS" in out
    assert 'estimator = "default"  # default' in out
    found = run("config", "show", "--origin", "--json", "--config", str(source)).json
    assert found["hedge.factor"] == {"value": "ETH", "origin": "mine.toml line 2"}


def test_settings_reach_the_plan_and_options_win(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "mine.toml"
    source.write_text("[hedge]\ntarget_beta = 0.5\n[limits]\nmax_leverage = 2.0\n", encoding="utf-8")
    plan = run("plan", BOOK, "--json", "--config", str(source)).json
    assert plan["plan"]["beta_after"] == pytest.approx(0.5, abs=1e-3)
    other = run("plan", BOOK, "--json", "--config", str(source), "--target-beta-usd", "0").json
    assert other["plan"]["beta_after"] == pytest.approx(0.0, abs=1e-3)


def test_schema_and_doctor(run: Run) -> None:
    schema = run("config", "schema").json
    assert {"data", "hedge", "limits", "betas"} <= set(schema["properties"])
    done = run("doctor")
    assert done.status == 0
    assert done.out.count("fine ") == len(done.out.splitlines()) == 9
    assert all(check["fine"] for check in run("doctor", "--json").json.values())


def test_doctor_finds_a_broken_file(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "mine.toml"
    source.write_text("[hedge\n", encoding="utf-8")
    done = run("doctor", "--config", str(source))
    assert done.status == 3
    assert "FAILS" in done.out
