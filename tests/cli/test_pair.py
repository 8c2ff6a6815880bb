"""`hedgerow pair` as a user runs it."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Run


@pytest.mark.parametrize(("balance", "legs"), [("beta", 2), ("dollar", 3)])
def test_a_pair_in_text_and_json(run: Run, balance: str, legs: int) -> None:
    words = ("pair", "sol", "link", "--notional", "100000", "--balance", balance)
    found = run(*words, "--json").json
    assert [leg["side"] for leg in found["legs"]][:2] == ["buy", "sell"]
    assert len(found["legs"]) == legs
    assert abs(found["beta_usd"]["BTC"]) < 100
    assert sum(leg["beta_usd"] for leg in found["legs"]) == pytest.approx(found["beta_usd"]["BTC"])
    assert found["legs"][0]["notional_usd"] == pytest.approx(100_000, rel=0.001)
    text = " ".join(run(*words).out.split())
    for told in ("funding a month", "cointegration", "not a promise", "SIMULATED"):
        assert told in text


def test_mistakes_are_told(run: Run) -> None:
    assert run("pair", "SOL", "SOL").status == 2
    assert run("pair", "SOL", "NOPE").status == 4
    none = run("pair", "SOL", "LINK", "--notional", "1")
    assert none.status == 1
    assert "no pair" in none.out
