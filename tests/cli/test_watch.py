"""`watch` and `approve` on the command line: observed, proposed, approved, traded; killed and gone on."""

from __future__ import annotations

import json
import re
import signal
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.cli.closes import closes
from tests.cli.conftest import BOOK, Run
from tests.cli.trading import journal, positions, sent, start
from tests.cli.unhurried import unhurry

from hedgerow.store.journal import open_journal


def watched(run: Run, home: Path, *words: str) -> list[dict[str, Any]]:
    """The records of one look."""
    done = run("watch", BOOK, "--once", "--state", str(home / "state"), "--json", *words)
    assert done.status == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_observing_says_what_it_would_do_and_does_nothing(run: Run, tmp_path: Path) -> None:
    lines = watched(run, tmp_path)
    assert [line["action"] for line in lines] == ["rebalance", "warning"]
    assert "sell" in lines[0]["text"]
    assert sent(tmp_path) == 0
    text = run("watch", BOOK, "--once", "--state", str(tmp_path / "other")).out
    assert text.splitlines()[0].split()[2] == "rebalance"


def test_a_proposal_is_approved_by_its_first_signs_and_traded(run: Run, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    (line,) = (each for each in watched(run, tmp_path, "--mode", "propose") if each["action"] == "proposal")
    name = line["text"].split()[0]
    again = watched(run, tmp_path, "--mode", "propose")  # it stands; nothing new to say
    assert [(each["action"], name in each["text"]) for each in again] == [("waiting", True)]
    status = run("status", *state)
    assert f"hedgerow approve {name}" in status.out
    stale = run("approve", "abcdef", *state)
    assert (stale.status, f"What stands now: `hedgerow approve {name}`: book: sell" in stale.err) == (2, True)
    assert run("approve", name[:5], *state).status == 2
    assert run("approve", name, "--who", " ", *state).status == 2
    assert run("approve", name, "--who", "Ann", *state).status == 0
    done = watched(run, tmp_path, "--mode", "propose")
    assert {"rebalance", "filled", "left", "cleared"} <= {each["action"] for each in done}
    watch = run("status", *state, "--json").json["paper"]["watches"]["book"]
    assert (watch["in_band"], watch["alarms"]) == (True, [])
    assert [each["action"] for each in watched(run, tmp_path, "--mode", "auto")] == ["hold"]
    none = run("approve", name, *state)
    assert (none.status, "Nothing waits for a yes now" in none.err) == (2, True)
    assert "Ann approved it, and it was carried out at" in none.err


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (("--mode", "propose", "--instruments", "BTCUSDT"), "stands in its place"),
        (("--mode", "propose", "--target-beta", "1"), "it was withdrawn at"),
        (("--mode", "propose", "--target-beta", "0.5"), "(a beta of 0.5 is to be left now, it was no beta)"),
        (("--mode", "observe"), "the watch does not ask any more, its mode is observe"),
    ],
)
def test_of_a_proposal_that_was_withdrawn_it_is_said_when_and_why(
    run: Run, tmp_path: Path, then: tuple[str, ...], said: str
) -> None:
    (line,) = (each for each in watched(run, tmp_path, "--mode", "propose") if each["action"] == "proposal")
    name = line["text"].split()[0]
    watched(run, tmp_path, *then)
    none = run("approve", name, "--state", str(tmp_path / "state"))
    assert none.status == 2
    assert said in " ".join(none.err.split())
    assert "at least 6 signs" not in none.err


@pytest.mark.parametrize("wanted", [(), ("--target-beta", "0.5"), ("--collateral", "100000USDT")])
def test_what_a_plan_left_is_where_the_watch_wants_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: tuple[str, ...]
) -> None:
    unhurry(monkeypatch.setattr)
    state = ("--state", str(tmp_path / "state"))
    plan = run("plan", BOOK, *wanted, *state, "--json").json
    assert run("trade", plan["plan_id"], *state).status == 0
    (line,) = watched(run, tmp_path, *wanted)  # the margin that paper put there is nobody's beta
    assert line["action"] == "hold"
    said = re.match(r"beta ([+−])\$([\d,]+) ", line["text"])
    assert said is not None
    left = float(said[2].replace(",", "")) * (1.0 if said[1] == "+" else -1.0)
    assert left == pytest.approx(plan["plan"]["after_usd_by_factor"]["BTC"], abs=500.0)


def test_what_a_hedge_lost_on_paper_is_brought_again_before_it_grows_or_is_rolled(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurry(monkeypatch.setattr)
    (tmp_path / "book.csv").write_text("symbol,quantity\nETH,40\nSOL,400\n", encoding="utf-8")
    closes(tmp_path / "closes.csv", date(2026, 6, 1))
    state = ("--state", str(tmp_path / "state"), "--json")
    asked = (
        str(tmp_path / "book.csv"),
        "--prices",
        str(tmp_path / "closes.csv"),
        "--instruments",
        "BTCUSDT_QUARTER",
    )
    plan = run("plan", *asked, "--target-beta", "0.25", *state).json
    assert run("trade", plan["plan_id"], *state).status == 0
    for day, act in ((11, "rebalance"), (20, "roll")):
        closes(tmp_path / "closes.csv", date(2026, 6, day))
        done = run("watch", *asked, "--target-beta", "0.25", "--mode", "auto", "--once", *state)
        lines = [json.loads(line) for line in done.out.splitlines()]
        assert {act, "filled"} <= {line["action"] for line in lines}
        assert [
            line["text"] for line in lines if line["action"] == "warning" and "margin" in line["text"]
        ] == []
    refused = [line for line in run("orders", *state).out.split(",") if "not enough margin" in line]
    assert refused == []
    rows, venue = positions(tmp_path)
    assert rows == venue
    assert rows["paper:BTCUSDT_260626"] == 0 > rows["paper:BTCUSDT_260925"]


def test_two_people_are_asked_where_the_settings_say_so(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[watch]\nmode = "propose"\napprovals = 2\n', encoding="utf-8")
    told = ("--config", str(config))
    (line,) = (each for each in watched(run, tmp_path, *told) if each["action"] == "proposal")
    name = line["text"].split()[0]
    for who in ("Ann", "Ann"):
        assert run("approve", name, "--who", who, "--state", str(tmp_path / "state"), *told).status == 0
    assert [each["action"] for each in watched(run, tmp_path, *told)] == ["waiting"]
    assert run("approve", name, "--who", "Bob", "--state", str(tmp_path / "state"), *told).status == 0
    assert "filled" in {each["action"] for each in watched(run, tmp_path, *told)}


def test_a_rehearsal_walks_to_the_end_and_leaves_no_account(run: Run, tmp_path: Path) -> None:
    words = ("watch", BOOK, "--rehearse", "2026-06-10", "--mode", "auto", "--state", str(tmp_path / "state"))
    done = run(*words)
    assert done.status == 0, done.err
    assert "REHEARSAL" in done.out
    assert not journal(tmp_path).exists()
    assert run(*words).out == done.out
    late = run("watch", BOOK, "--rehearse", "2031-01-01")
    assert (late.status, "the prices go from" in late.err) == (2, True)


@pytest.mark.parametrize("wrong", [("--every", "0.1"), ("--mode", "panic"), ("--target-vol", "0.2")])
def test_what_is_not_possible_is_refused(run: Run, tmp_path: Path, wrong: tuple[str, str]) -> None:
    assert run("watch", BOOK, "--once", *wrong, "--state", str(tmp_path / "state")).status == 2
    assert sent(tmp_path) == 0


@pytest.mark.slow
def test_a_watch_that_is_killed_goes_on_and_trades_once(tmp_path: Path) -> None:
    words = ("watch", BOOK, "--mode", "auto", "--every", "1", "--json")
    first = start(tmp_path, *words)
    end = time.monotonic() + 60
    while not sent(tmp_path) and time.monotonic() < end:
        time.sleep(0.01)
    first.kill()
    first.communicate()
    assert sent(tmp_path)
    end = time.monotonic() + 60
    while True:
        again = start(tmp_path, "watch", BOOK, "--mode", "auto", "--once", "--json")
        out, err = again.communicate(timeout=120)
        if again.returncode != 9 or time.monotonic() > end:
            break
        time.sleep(1.0)
    assert again.returncode == 0, err
    rows, fills = positions(tmp_path)
    assert rows == fills
    assert [json.loads(line)["action"] for line in out.splitlines()][-1] in {"hold", "left", "cleared"}
    with open_journal(journal(tmp_path)) as kept:
        kept.verify()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_well(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path, "watch", BOOK, "--every", "1", "--json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["action"] == "rebalance"
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "stopped" in err) == (0, True)
    again = start(tmp_path, "watch", BOOK, "--once")
    again.communicate(timeout=60)
    assert again.returncode == 0  # the lease was given back


def test_the_log_tells_a_machine_what_the_lines_tell_people(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEROW_KEY_BINANCE_SECRET", "book")  # too short to be one, and a word of every line
    log = tmp_path / "log.json"
    lines = watched(run, tmp_path, "--mode", "auto", "--log", str(log))
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [records[0]["action"], records[-1]["action"]] == ["started", "stopped"]
    between = records[1:-1]
    assert [each["text"] for each in between] == [line["text"] for line in lines]
    assert {(each["account"], each["book"]) for each in between} == {("paper:paper", "book")}
    look = next(each for each in between if each["action"] == "rebalance")
    assert isinstance(look["beta_usd"][0], float)
    filled = next(each for each in between if each["action"] == "filled")
    assert filled["contracts"] < 0 < filled["price"]


def test_the_log_goes_to_stderr_where_it_is_asked_for(run: Run, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    done = run("watch", BOOK, "--once", "--log", "-", *state)
    actions = [json.loads(line)["action"] for line in done.err.splitlines()]
    assert actions == ["started", "rebalance", "alarm", "stopped"]
    assert "rebalance" in done.out
    failed = run("watch", str(tmp_path / "none.csv"), "--once", "--log", "-", *state)
    assert failed.status == 4
    assert run("watch", BOOK, "--once", "--log", str(tmp_path / "no" / "log"), *state).status == 4


def test_a_look_that_still_stops_says_so(run: Run, tmp_path: Path) -> None:
    book, state = tmp_path / "mine.csv", ("--state", str(tmp_path / "state"))
    book.write_text("symbol,quantity\nETH,40\nXQZ,5\n", encoding="utf-8")
    first, second = (run("watch", str(book), "--once", *state) for _ in range(2))
    assert "XQZ: price or beta unknown" in first.out
    (line,) = second.out.splitlines()
    assert line.split()[2] == "stop"
    assert line.endswith(
        "XQZ: price or beta unknown, and a hedge around it is a guess: as at the look before"
    )


def test_a_rehearsal_says_what_the_hedge_brought_and_was_good_for(run: Run, tmp_path: Path) -> None:
    words = ("watch", BOOK, "--rehearse", "2026-06-10", "--mode", "auto", "--state", str(tmp_path / "s"))
    done = run(*words)
    assert all(word in done.out for word in ("Hedge", "funding", "fees", "Variance removed", "promised"))
    told = run(*words, "--json").out
    found = json.loads(told[told.index("{\n") :])
    coins = [float((found[name] or {}).get("USDT", 0.0)) for name in ("hedge_price", "funding", "fees")]
    assert found["hedge_usd"] == pytest.approx(coins[0] + coins[1] - coins[2])
    assert 0.5 < found["variance_removed"] < 1.0
    assert found["funding_modelled"] == []


def test_only_plans_that_fit_the_account_wait_for_a_yes(run: Run, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    plans = [
        run("plan", BOOK, "--instruments", "BTCUSDT", "--collateral", coins, *more, "--json", *state).json[
            "plan_id"
        ]
        for coins, more in (
            ("200000USDT", ()),
            ("100000USDT", ("--target-beta", "0.3")),
            ("200000USDT", ("--seed", "9")),
        )
    ]
    assert run("trade", plans[0], *state).status == 0
    said = {row["plan_id"]: row["state"] for row in run("orders", "--json", *state).json["paper"]["plans"]}
    assert [said[plan] for plan in plans] == ["traded", "stale", "stale"]
    text = run("orders", *state).out
    assert "the account holds something else than it was made for" in text
    assert "the paper account lives on other prices" in text


def test_a_price_that_slipped_sends_nothing_calls_and_waits_for_a_yes(run: Run, tmp_path: Path) -> None:
    prices, state = tmp_path / "closes.csv", ("--state", str(tmp_path / "state"))
    (tmp_path / "book.csv").write_text("symbol,quantity\nETH,40\nSOL,400\n", encoding="utf-8")
    words = ("watch", str(tmp_path / "book.csv"), "--prices", str(prices), "--once", "--mode", "auto", *state)
    closes(prices, date(2026, 5, 20))
    assert run(*words).status == 0
    before = sent(tmp_path)
    closes(prices, date(2026, 5, 21))
    good = prices.read_text(encoding="utf-8")
    was = re.search(r"2026-05-21,SOL,([^,]*)", good)
    assert was is not None
    prices.write_text(good.replace(was[0], f"2026-05-21,SOL,{float(was[1]) * 10.0:.6g}"), encoding="utf-8")
    for _ in range(2):
        done = run(*words)
        assert (done.status, sent(tmp_path)) == (1, before)
    status = run("status", *state)
    name = re.search(r"hedgerow approve ([0-9a-f]{8})", status.out)
    assert name is not None
    assert "SOL is at" in status.out
    assert run("approve", name[1], "--who", "Ann", *state).status == 0
    done = run(*words)
    assert "accepted   the prices that jumped, by Ann" in done.out
    assert sent(tmp_path) > before


def test_a_plan_on_a_price_that_slipped_is_not_for_trading_before_the_user_gives_one(
    run: Run, tmp_path: Path
) -> None:
    prices = tmp_path / "closes.csv"
    (tmp_path / "book.csv").write_text("symbol,quantity\nETH,40\nSOL,400\n", encoding="utf-8")
    closes(prices, date(2026, 5, 21))
    good = prices.read_text(encoding="utf-8")
    was = re.search(r"2026-05-21,SOL,([^,]*)", good)
    assert was is not None
    prices.write_text(good.replace(was[0], f"2026-05-21,SOL,{float(was[1]) / 1000.0:.6g}"), encoding="utf-8")
    words = ("plan", str(tmp_path / "book.csv"), "--prices", str(prices), "--state", str(tmp_path / "state"))
    refused = run(*words)
    assert (refused.status, "hedgerow trade" in refused.out) == (1, False)
    assert "on a price of SOL that no market makes" in refused.out
    assert f"was at ${float(was[1]):,.0f}"[:7] in refused.out
    document = run(*words, "--json").json
    assert (document["complete"], document["refusals"][0]["rule"]) == (False, "price jump")
    given = run(*words, "--price", f"SOL={was[1]}")
    assert (given.status, "hedgerow trade" in given.out) == (0, True)
    prices.write_text(good, encoding="utf-8")
    meant = run(*words, "--price", f"SOL={float(was[1]) * 10.0}")
    assert (meant.status, "hedgerow trade" in meant.out) == (0, True)
    assert "the price that you gave" in " ".join(meant.out.split())
