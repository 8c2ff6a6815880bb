"""How legs are traded, asked for on the command line and found in the journal and at the paper venue."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK, Run

from hedgerow.app.dealing import PAPER_ACCOUNT
from hedgerow.store.journal import look_into

pytestmark = pytest.mark.slow

PLAN = ("plan", BOOK, "--instruments", "BTCUSDT", "--collateral", "200000USDT", "--json")


def sent(home: Path) -> list[dict[str, Any]]:
    with look_into(home / "state" / "hedgerow" / "paper" / "journal.db") as journal:
        return [dict(record.body) for record in journal.read(PAPER_ACCOUNT) if record.kind == "sent"]


def test_a_limit_order_has_its_price_and_is_cut_into_slices_by_what_its_market_trades(
    run: Run, tmp_path: Path
) -> None:
    plan = run(*PLAN).json
    between = run("trade", plan["plan_id"], "--limit", "50000.05", "--json")
    assert (between.status, [r["rule"] for r in between.json["refusals"]]) == (1, ["limit price"])
    words = ("--limit", "50000", "--pace", "0.5", "--participation", "1", "--json")
    done = run("trade", plan["plan_id"], *words)
    assert (done.status, done.json["outcome"]) == (0, "complete"), done.err
    first, *orders = sent(tmp_path)
    assert (first["kind"], first["price"]) == ("market", None)  # the smallest, to prove the units
    assert len(orders) > 2
    assert {(one["kind"], one["price"]) for one in orders} == {("limit", "50000")}
    whole = sum((Decimal(one["quantity"]) for one in (first, *orders)), Decimal(0))
    assert whole == -Decimal(plan["plan"]["legs"][0]["contracts_exact"])


def test_a_stop_waits_behind_the_leg_and_flattening_leaves_none(run: Run, tmp_path: Path) -> None:
    plan = run(*PLAN).json
    done = run("trade", plan["plan_id"], "--stop", "5%", "--json")
    assert (done.status, done.json["outcome"]) == (0, "complete"), done.err
    stop = sent(tmp_path)[-1]
    assert (stop["purpose"], stop["reduce_only"]) == ("protect", True)
    assert Decimal(stop["quantity"]) == Decimal(plan["plan"]["legs"][0]["contracts_exact"])
    assert float(stop["stop"]) == pytest.approx(done.json["legs"][0]["arrival"] * 1.05, rel=1e-4)
    assert run("reconcile", "--json").json["open_orders"] == [stop["client_id"]]
    closed = run("halt", "--flatten", "--json")
    assert closed.status == 0, closed.err
    assert run("reconcile", "--json").json["open_orders"] == []
    assert (
        json.loads(run("ledger", "--json").out)["paper"]["accounts"][0]["entries"][0]["units_exact"]
        == "0.000"
    )


def test_a_stop_at_a_price_waits_at_that_price_and_one_on_the_wrong_side_is_refused(
    run: Run, tmp_path: Path
) -> None:
    plan = run(*PLAN).json
    for price in ("50000", "70000.05"):
        refused = run("trade", plan["plan_id"], "--stop-price", price, "--json")
        assert (refused.status, [r["rule"] for r in refused.json["refusals"]]) == (1, ["stop price"])
    done = run("trade", plan["plan_id"], "--stop-price", "70000.1", "--json")
    assert (done.status, done.json["outcome"]) == (0, "complete"), done.err
    stop = sent(tmp_path)[-1]
    assert (stop["purpose"], stop["reduce_only"], stop["stop"]) == ("protect", True, "70000.1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--stop", "61000"), "a price by --stop-price"),
        (("--stop", "5%", "--stop-price", "61000"), "are two stops"),
        (("--stop-price", "much"), "no price"),
        (("--stop", "much"), "no distance"),
        (("--limit", "much"), "no price"),
        (("--style", "limit"), "belong together"),
        (("--style", "market", "--limit", "50000"), "belong together"),
        (("--participation", "5"), "means nothing"),
        (("--paper", "--live"), "two ways"),
        (("--yes-live", "me"), "this is paper"),
    ],
)
def test_what_means_nothing_is_a_wrong_command_line(run: Run, words: tuple[str, ...], said: str) -> None:
    plan = run(*PLAN).json["plan_id"]
    done = run("trade", plan, *words)
    assert done.status == 2
    assert said in done.err
