"""A dated contract on paper: its ladder, its roll by hand, killed in the middle, and what cannot be rolled."""

from __future__ import annotations

import shutil
import signal
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK
from tests.cli.trading import finished, journal, positions, run_json, sent, start, wait_for

from hedgerow.app.dealing import PAPER_ACCOUNT
from hedgerow.model.orders import Fill
from hedgerow.runs.ledger import FILL
from hedgerow.runs.wire import value_of
from hedgerow.store.journal import look_into

pytestmark = pytest.mark.slow
NEAR, FAR, FARTHER = ("paper:BTCUSDT_260626", "paper:BTCUSDT_260925", "paper:BTCUSDT_261225")
LATER = ("--as-of", "2026-06-20")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An account that is short of a contract which ends on 26 June, as of the first."""
    home = tmp_path_factory.mktemp("held")
    _, plan = run_json(
        home,
        "plan",
        BOOK,
        "--instruments",
        "BTCUSDT_QUARTER",
        "--as-of",
        "2026-06-01",
        "--collateral",
        "150000USDT",
    )
    status, told = run_json(home, "trade", plan["plan_id"])
    assert status == 0, told
    return home


@pytest.fixture
def home(held: Path, tmp_path: Path) -> Path:
    """The same account, to be spent."""
    shutil.copytree(held, tmp_path / "home")
    return tmp_path / "home"


def fills(home: Path, since: int) -> list[Fill]:
    """Fills in the venue's order: after a kill they come into the journal contract by contract."""
    with look_into(journal(home)) as there:
        found: list[Fill] = [value_of(r.body) for r in there.read(PAPER_ACCOUNT, since) if r.kind == FILL]
    return sorted(found, key=lambda fill: int(fill.trade_id))


def records(home: Path) -> int:
    with look_into(journal(home)) as there:
        return max(record.seq for record in there.read(PAPER_ACCOUNT))


def sizes(plan: dict[str, Any]) -> dict[str, Decimal]:
    """Contracts of both legs."""
    return {f"{leg['venue']}:{leg['instrument']}": Decimal(leg["contracts_exact"]) for leg in plan["legs"]}


def widest(found: list[Fill], size: dict[str, Decimal]) -> Decimal:
    """The largest distance between the legs at any fill, in shares of the roll."""
    done = {NEAR: Decimal(0), FAR: Decimal(0)}
    most = Decimal(0)
    for fill in found:
        done[fill.instrument] += abs(fill.quantity) / size[fill.instrument]
        most = max(most, abs(done[NEAR] - done[FAR]))
    return most


def test_the_ladder_tells_window_ways_and_costs_and_trades_nothing(held: Path) -> None:
    before = records(held)
    status, told = run_json(held, "roll", *LATER)
    assert status == 0
    (rung,) = told["held"]
    assert (rung["instrument"], rung["stage"]) == (NEAR, "due")
    assert rung["days_left"] == pytest.approx(5.0 + 8.0 / 24.0, abs=0.001)
    assert rung["window"]["begins"].startswith("2026-06-19T08:00")
    assert rung["window"]["finishes"].startswith("2026-06-25T08:00")
    assert [way["into"] for way in rung["ways"]] == [FAR, FARTHER]
    for way in rung["ways"]:
        names = {line["name"]: line["basis"] for line in way["lines"]}
        assert set(names) == {"fee", "spread", "impact", "basis"}
        assert set(names.values()) <= {"measured", "modelled", "assumed"}
        assert way["usd"] == pytest.approx(sum(line["usd"] for line in way["lines"]))
        assert way["perpetual"]["days"] == way["days"]
        assert "funding" in {line["name"] for line in way["perpetual"]["lines"]}
    out, _ = start(held, "roll", *LATER).communicate(timeout=120)
    assert "to be rolled now" in out
    assert "BTCUSDT_260925" in out
    assert records(held) == before


def test_a_roll_ends_flat_in_the_near_and_with_as_many_dollars_of_the_far(home: Path) -> None:
    _, plan = run_json(home, "roll", "BTCUSDT_260626", "--propose", *LATER)
    before = records(home)
    process = start(home, "roll", "BTCUSDT_260626", *LATER)
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, (out, err)
    assert "done: everything planned is traded" in out
    assert plan["plan_id"][:6] in out
    rows, venue = positions(home)
    assert rows == venue
    size = sizes(plan)
    assert (rows[NEAR], rows[FAR]) == (Decimal(0), -size[FAR])
    found = fills(home, before)
    assert 0 < widest(found, size) <= Decimal(plan["ahead"])
    assert abs(plan["beta_usd"]["BTC"] - plan["beta_before_usd"]["BTC"]) < 60.0  # less than a lot
    assert plan["between_legs_usd"] < 0.5 * plan["legs"][1]["notional_usd"]
    _, told = run_json(home, "roll", *LATER)
    assert [(rung["instrument"], rung["stage"]) for rung in told["held"]] == [(FAR, "early")]


@pytest.mark.parametrize("orders", [3, 12])
def test_a_roll_that_is_killed_goes_on_where_it_was(home: Path, orders: int) -> None:
    _, plan = run_json(home, "roll", "BTCUSDT_260626", "--propose", *LATER)
    seen, begun = sent(home), records(home)
    first = start(home, "trade", plan["plan_id"])
    wait_for(home, seen + orders)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    process = start(home, "roll", "BTCUSDT_260626", *LATER)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    assert "was begun and is not over" in err
    status, told = finished(home, plan["plan_id"])
    assert (status, told["outcome"], told["recovered"]) == (0, "complete", True)
    rows, venue = positions(home)
    size = sizes(plan)
    assert rows == venue
    assert (rows[NEAR], rows[FAR]) == (Decimal(0), -size[FAR])
    assert widest(fills(home, begun), size) <= Decimal(plan["ahead"])


def test_it_is_rolled_into_the_perpetual_where_that_is_asked(home: Path) -> None:
    status, told = run_json(home, "roll", "BTCUSDT_260626", "--to", "perp", *LATER)
    assert (status, told["outcome"]) == (0, "complete")
    rows, _ = positions(home)
    assert rows[NEAR] == 0
    assert rows["paper:BTCUSDT"] < 0
    status, told = run_json(home, "roll", *LATER)
    assert (status, told["held"]) == (0, [])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("BTCUSDT_270326",), "no paper account holds"),
        (("BTCUSDT_260626", "--to", "ETHUSDT_260925"), "cannot be rolled into"),
        (("BTCUSDT_260626", "--leg-risk", "50"), "cannot be kept within"),
        (("BTCUSDT_260626", "--leg-risk", "-1"), "means nothing"),
        (("--propose",), "about one contract"),
        (("BTCUSDT_260626", "--yes-live", "binance:1"), "--yes-live"),
    ],
)
def test_what_cannot_be_rolled_is_told(held: Path, words: tuple[str, ...], said: str) -> None:
    process = start(held, "roll", *words, *LATER)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    assert said in err


def test_after_its_end_there_is_nothing_to_roll(held: Path) -> None:
    status, told = run_json(held, "roll", "--as-of", "2026-06-28")
    assert status == 1
    assert [rung["stage"] for rung in told["held"]] == ["ended"]
    process = start(held, "roll", "BTCUSDT_260626", "--as-of", "2026-06-28")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "has ended" in err


def test_the_ledger_of_rolls_needs_nothing_but_a_journal(tmp_path: Path) -> None:
    status, told = run_json(tmp_path, "roll")
    assert (status, told["held"]) == (0, [])
