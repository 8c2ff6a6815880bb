"""`stress --paths` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_stress_tells_the_chances(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "book.csv"
    place.write_text("symbol,quantity\nETH,40\nSOL,400\nUSDT,20000\n", encoding="utf-8")
    words = ["stress", str(place), "--paths", "2000", "--workers", "1", "--collateral", "15000USDT"]
    text = run(*words)
    assert "2,000 ways" in text.out
    assert "looked at every day" in text.out
    found = json.loads(run(*words, "--json").out)["survival"]
    assert [one["account"] for one in found] == ["paper/USDT"]
    assert 0.0 < found[0]["chance"] < found[0]["at_most"]
    far = run("stress", str(place), "--paths", "100", "--workers", "1", "--collateral", "90000000USDT")
    assert "below 3 %" in far.out
    assert json.loads(run("stress", str(place), "--json").out)["survival"] == []
    assert run("stress", str(place), "--paths", "0").status == 2
