"""A plan traded on paper, from the command line: end to end, killed in the middle, refused where it is stale."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from decimal import Decimal
from pathlib import Path

import pytest
from tests.cli.conftest import BOOK, Run
from tests.cli.trading import PLAN, finished, journal, positions, run_json, sent, start, wait_for

from hedgerow.app.dealing import PAPER_ACCOUNT, paper_books
from hedgerow.exchange.venue import balances_of
from hedgerow.store import folders
from hedgerow.store.journal import open_journal

pytestmark = pytest.mark.slow
ALREADY = "BTCUSDT already, which this plan does not count: `hedgerow trade` refuses it"


def test_a_plan_is_traded_and_told(tmp_path: Path) -> None:
    _, plan = run_json(tmp_path, *PLAN)
    (leg,) = plan["plan"]["legs"]
    process = start(tmp_path, "trade", plan["plan_id"][:8])
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    told = [
        "PAPER",
        "began",
        "set",
        "sent    sell",
        "filled",
        "done: everything planned is traded",
        "read back",
        "leaves",
    ]
    places = [out.index(text) for text in told]
    assert places == sorted(places)
    rows, fills = positions(tmp_path)
    assert rows == fills
    assert [float(units) for units in rows.values()] == pytest.approx([-leg["base_quantity"]], abs=1e-12)
    status, again = run_json(tmp_path, "trade", plan["plan_id"])
    assert (status, [r["rule"] for r in again["refusals"]]) == (1, ["position"])
    assert positions(tmp_path)[0] == rows
    status, stands = run_json(tmp_path, "status")
    assert status == 0
    assert stands["paper"]["accounts"][0]["holder"] is None
    assert stands["live"]["exists"] is False


@pytest.mark.parametrize("orders", [1, 2])
def test_killed_in_the_middle_and_started_again_the_ledger_is_right(tmp_path: Path, orders: int) -> None:
    _, plan = run_json(tmp_path, *PLAN)
    first = start(tmp_path, "trade", plan["plan_id"])
    wait_for(tmp_path, orders)
    first.send_signal(signal.SIGKILL)
    assert first.wait(timeout=30) == -signal.SIGKILL
    first.communicate()
    status, stands = run_json(tmp_path, "status")
    assert status == 1
    assert stands["paper"]["accounts"][0]["unfinished"] == plan["plan_id"]
    status, told = finished(tmp_path, plan["plan_id"])
    assert status == 0, told
    assert (told["outcome"], told["recovered"]) == ("complete", True)
    assert told["plan_id"] == told["asked"] == plan["plan_id"]
    assert "restarted" in {each["action"] for each in told["lines"]}
    (leg,) = told["legs"]
    assert leg["traded_exact"] == leg["planned_exact"] == plan["plan"]["legs"][0]["contracts_exact"]
    assert Decimal(leg["held_exact"]) == -Decimal(leg["planned_exact"])
    rows, fills = positions(tmp_path)
    assert rows == fills
    with open_journal(journal(tmp_path)) as there:
        there.verify()
        names = [r.body["client_id"] for r in there.read(PAPER_ACCOUNT) if r.kind == "sent"]
    assert len(set(names)) == len(names)


def test_a_halt_stops_a_trade_and_lifting_it_lets_it_go_on(tmp_path: Path) -> None:
    _, plan = run_json(tmp_path, *PLAN)
    assert run_json(tmp_path, "halt", "--why", "look first")[0] == 0
    process = start(tmp_path, "trade", plan["plan_id"], "--json")
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 8, out
    assert sent(tmp_path) == 0
    assert run_json(tmp_path, "status")[0] == 1
    assert run_json(tmp_path, "halt", "--lift")[0] == 0
    assert run_json(tmp_path, "status")[1]["paper"]["halts"] == {}
    status, told = run_json(tmp_path, "trade", plan["plan_id"])
    assert (status, told["outcome"]) == (0, "complete")


def test_flattening_closes_what_is_held_under_the_halt(tmp_path: Path) -> None:
    assert run_json(tmp_path, "halt", "--flatten")[1]["closed"] == []
    assert run_json(tmp_path, "halt", "--lift")[0] == 0
    _, plan = run_json(tmp_path, *PLAN)
    first = start(tmp_path, "trade", plan["plan_id"])
    wait_for(tmp_path, 1, "fill")  # else it may die between journal and venue, and nothing is held
    first.kill()  # its lease lives on, and what it began is unfinished
    first.communicate()
    status, told = run_json(tmp_path, "halt", "--flatten")
    assert [each["outcome"] for each in told["closed"]] == ["halted", "complete"], told
    assert status == 0
    begun, closed = told["closed"]
    assert begun["recovered"] is True
    (leg,) = closed["legs"]
    assert (leg["side"], Decimal(leg["held_exact"])) == ("buy", Decimal(0))
    rows, fills = positions(tmp_path)
    assert set(rows.values()) == {Decimal(0)}
    assert rows == fills
    assert run_json(tmp_path, "halt", "--flatten")[1]["closed"] == []
    assert run_json(tmp_path, "halt", "--flatten", "--lift")[0] == 2


def paper_coins(home: Path) -> list[Decimal]:
    """What a paper account holds, coin by coin."""
    books = paper_books(home / "state" / "hedgerow" / "paper" / "venue.json")
    assert books is not None
    return [each.total for each in balances_of(books.state, books.state.account("paper"))]


def test_after_flattening_the_same_plan_made_again_is_traded_again_and_only_then(
    run: Run, tmp_path: Path
) -> None:
    first = run(*PLAN, "--json").json["plan_id"]
    assert run("trade", first).status == 0
    before = paper_coins(tmp_path)
    assert run("trade", first).status == 1  # refused for what is held
    assert paper_coins(tmp_path) == before
    assert run("halt", "--flatten").status == 0
    assert run("halt", "--lift").status == 0
    before = paper_coins(tmp_path)
    again = run("trade", first)
    assert (again.status, "was traded before" in again.err) == (2, True)
    assert paper_coins(tmp_path) == before
    assert ALREADY not in " ".join(run(*PLAN).out.split())
    alone = run(*PLAN, "--json").json
    assert (alone["plan_id"], "uncounted" in alone) == (first, False)
    told = run("trade", first, "--json")
    assert (told.status, told.json["plan_id"], told.json["outcome"]) == (0, first, "complete")
    assert [r["rule"] for r in run("trade", first, "--json").json["refusals"]] == ["position"]
    assert ALREADY in " ".join(run(*PLAN).out.split())
    (beside,) = run(*PLAN, "--json").json["uncounted"]
    assert beside.endswith(" BTCUSDT")


def test_a_plan_of_file_and_account_together_counts_what_is_held_with_its_margin(
    run: Run, tmp_path: Path
) -> None:
    assert run("trade", run(*PLAN, "--json").json["plan_id"]).status == 0
    (tmp_path / "both.toml").write_text(f"[book]\nsources = [{json.dumps(BOOK)}, 'venue:paper']\n")
    words = ("--instruments", "BTCUSDT", "--config", str(tmp_path / "both.toml"))
    found = run("plan", "venue:all", *words, "--json").json
    (account,) = found["margin"]
    there = sum(float(coins) for coins in paper_coins(tmp_path))
    assert found["plan"]["legs"] == []
    assert account["told"]
    assert account["collateral_usd"] == pytest.approx(there, rel=1e-3)
    assert account["max_rally"] > 0.4


def test_of_contracts_in_a_file_that_tells_no_margin_the_liquidation_is_not_known(
    run: Run, tmp_path: Path
) -> None:
    rows = [f"{line},," for line in Path(BOOK).read_text().splitlines()[1:]]
    book = tmp_path / "held.csv"
    head = "symbol,quantity,instrument,entry_price"
    book.write_text("\n".join((head, *rows, "BTC,-3.991,paper:BTCUSDT,62500")))
    done = run("plan", str(book), "--instruments", "BTCUSDT")
    said = " ".join(done.out.split())
    assert done.status == 1
    assert "liquidation is not known: --collateral" in said
    assert "chance in 30 days" not in said
    (account,) = run("plan", str(book), "--instruments", "BTCUSDT", "--json").json["margin"]
    assert account["told"] is False
    given = run("plan", str(book), "--instruments", "BTCUSDT", "--collateral", "200000USDT", "--json").json
    (account,) = given["margin"]
    assert account["told"] is True
    assert given["refusals"] == []


def test_an_account_lives_on_one_markets_prices(run: Run) -> None:
    words = ("--instruments", "BTCUSDT", "--collateral", "200000USDT", "--json")
    first, other = (run("plan", BOOK, "--seed", seed, *words).json for seed in ("7", "8"))
    assert run("trade", first["plan_id"]).status == 0
    told = run("trade", other["plan_id"])
    assert told.status == 4
    assert "lives on the prices of" in told.err
    assert "--state" in told.err


def test_a_halt_in_the_middle_lets_nothing_more_out(tmp_path: Path) -> None:
    _, plan = run_json(tmp_path, *PLAN)
    process = start(tmp_path, "trade", plan["plan_id"], "--json")
    wait_for(tmp_path, orders=1)
    begun = time.monotonic()
    assert run_json(tmp_path, "halt", "--why", "enough")[0] == 0
    assert time.monotonic() - begun < 10.0  # a loaded machine; the halt itself takes a quarter of a second
    out = sent(tmp_path)
    text, _ = process.communicate(timeout=120)
    assert process.returncode == 8
    told = json.loads(text)
    assert (told["outcome"], sent(tmp_path)) == ("halted", out)
    assert "enough" in told["why"]
    rows, fills = positions(tmp_path)
    assert rows == fills


def test_what_was_begun_is_finished_though_its_book_has_changed(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_bytes(Path(BOOK).read_bytes())
    _, plan = run_json(tmp_path, "plan", str(book), *PLAN[2:])
    first = start(tmp_path, "trade", plan["plan_id"])
    wait_for(tmp_path, orders=1)
    first.kill()
    first.communicate()
    book.unlink()
    status, told = finished(tmp_path, plan["plan_id"])
    assert (status, told["outcome"], told["beta"]) == (0, "complete", None)
    assert told["legs"][0]["traded_exact"] == plan["plan"]["legs"][0]["contracts_exact"]


def test_two_at_once_trade_once(tmp_path: Path) -> None:
    _, plan = run_json(tmp_path, *PLAN)
    both = [start(tmp_path, "trade", plan["plan_id"], "--json") for _ in range(2)]
    codes = sorted((process.communicate(timeout=120)[0], process.returncode)[1] for process in both)
    assert codes in (
        [0, 9],
        [0, 1],
    )  # held elsewhere, or begun after the other had ended: a position that it knows nothing of
    rows, fills = positions(tmp_path)
    assert rows == fills
    assert {abs(units) for units in rows.values()} == {abs(units) for units in fills.values()}


def test_what_is_stale_or_not_there_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "book.csv"
    book.write_bytes(Path(BOOK).read_bytes())
    plan = run("plan", str(book), "--instruments", "BTCUSDT", "--collateral", "200000USDT", "--json").json
    assert run("trade", "abcdef").status == 2
    assert run("trade", plan["plan_id"], "--live").status == 4
    monkeypatch.setenv("HEDGEROW__TRADE__MAX_AGE_MINUTES", "0")
    told = run("trade", plan["plan_id"])
    assert told.status == 1
    assert "plan age" in told.out
    assert "Nothing was traded." in told.out
    assert set(paper_coins(tmp_path)) <= {Decimal(0)}
    monkeypatch.delenv("HEDGEROW__TRADE__MAX_AGE_MINUTES")
    with book.open("a", encoding="utf-8") as file:
        file.write(f"ETH,1{os.linesep}")
    told = run("trade", plan["plan_id"])
    assert told.status == 4
    assert "the book has changed" in told.err


def test_a_pair_is_traded_leg_by_leg(tmp_path: Path) -> None:
    _, plan = run_json(tmp_path, "pair", "SOL", "ETH")
    status, told = run_json(tmp_path, "trade", plan["plan_id"])
    assert (status, told["outcome"]) == (0, "complete")
    beta = told["beta"]
    assert (beta["before_usd"], beta["planned_usd"]) == (0.0, plan["beta_usd"]["BTC"])
    assert beta["achieved_usd"] == pytest.approx(plan["beta_usd"]["BTC"], rel=1e-9)
    assert beta["stderr_usd"] == pytest.approx(plan["stderr_usd"]["BTC"], rel=1e-9)
    assert [leg["side"] for leg in plan["legs"]] == ["buy", "sell"]
    assert told["exposed_ms"] > 0
    assert {leg["instrument"]: leg["traded_exact"] for leg in told["legs"]} == {
        leg["instrument"]: leg["contracts_exact"] for leg in plan["legs"]
    }
    rows, fills = positions(tmp_path)
    assert rows == fills
    assert len(rows) == 2


def test_a_book_is_not_hedged_twice_in_two_contracts(tmp_path: Path) -> None:
    _, plan = run_json(tmp_path, *PLAN)
    assert run_json(tmp_path, "trade", plan["plan_id"])[0] == 0
    before, _ = positions(tmp_path)
    _, other = run_json(tmp_path, "plan", BOOK, "--instruments", "ETHUSDT")
    assert [leg["instrument"] for leg in other["plan"]["legs"]] == ["ETHUSDT"]
    status, told = run_json(tmp_path, "trade", other["plan_id"])
    assert (status, [r["rule"] for r in told["refusals"]]) == (1, ["position"])
    assert "which the plan does not count" in told["refusals"][0]["detail"]
    assert positions(tmp_path)[0] == before


def test_what_is_held_belongs_into_the_book_and_the_next_plan_is_traded(tmp_path: Path) -> None:
    _, plan = run_json(tmp_path, *PLAN)
    _, told = run_json(tmp_path, "trade", plan["plan_id"])
    (leg,) = told["legs"]
    rows = [line.split(",")[:2] for line in Path(BOOK).read_text(encoding="utf-8").splitlines()]
    lines = [",".join([*row, "", ""]) for row in rows[1:]]
    lines.append(f"BTC,{leg['held_exact']},paper:BTCUSDT,{leg['average']}")
    book = tmp_path / "hedged.csv"
    book.write_text("\n".join(["symbol,quantity,instrument,entry_price", *lines]), encoding="utf-8")
    words = ("--instruments", "BTCUSDT", "--collateral", "200000USDT", "--target-beta", "0.5")
    _, second = run_json(tmp_path, "plan", str(book), *words)
    (more,) = second["plan"]["legs"]
    assert more["side"] == "buy"
    status, told = run_json(tmp_path, "trade", second["plan_id"])
    assert (status, told["outcome"]) == (0, "complete"), told
    left = Decimal(leg["held_exact"]) + Decimal(more["contracts_exact"])
    assert Decimal(told["legs"][0]["held_exact"]) == left
    assert told["credited"] == {}
    rows_now, fills = positions(tmp_path)
    assert rows_now == fills
    beta = told["beta"]
    assert beta["achieved_usd"] == pytest.approx(beta["planned_usd"], abs=50.0)


def test_a_disk_that_fills_up_stops_the_trade_and_loses_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = ("--state", str(tmp_path / "state"))
    plan = run(*PLAN, *state, "--json").json
    put = folders.put_whole

    def full(data: bytes | memoryview, path: Path, begun: Path, *, private: bool = False) -> None:
        if path.name == "venue.json" and sent(tmp_path):
            raise OSError(errno.ENOSPC, "No space left on device")
        put(data, path, begun, private=private)

    monkeypatch.setattr(folders, "put_whole", full)
    done = run("trade", plan["plan_id"], *state)
    assert done.status == 3
    assert "No space left" in done.err
    monkeypatch.setattr(folders, "put_whole", put)
    told = run("trade", plan["plan_id"], *state, "--json")
    assert (told.status, told.json["outcome"], told.json["recovered"]) == (0, "complete", True)
    assert told.json["legs"][0]["traded_exact"] == plan["plan"]["legs"][0]["contracts_exact"]
    rows, fills = positions(tmp_path)
    assert rows == fills
