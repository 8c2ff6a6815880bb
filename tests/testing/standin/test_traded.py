"""The example's plan traded at each venue's stand-in by the product's live door, and killed in the middle."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK
from tests.cli.test_processes import STARTS, environment
from tests.conftest import ROOT
from tests.testing.standin.served import sent_to, served
from tests.testing.standin.trader import ACCOUNT

from hedgerow.model.amounts import to_lots
from hedgerow.model.orders import contracts_of, lot_units
from hedgerow.runs.ledger import ledger_of
from hedgerow.store.journal import look_into
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.tongues import TONGUES
from hedgerow.testing.standin.worlds import stand_of

pytestmark = pytest.mark.slow

PLAN = ("plan", BOOK, "--instruments", "BTCUSDT", "--collateral", "200000USDT", "--json")


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Decimal:
    """The bitcoin that the example's plan sells, in coins."""
    home = tmp_path_factory.mktemp("plan")
    words = [*STARTS, *PLAN, "--state", str(home / "state")]
    done = subprocess.run(
        words, env=environment(home), capture_output=True, text=True, timeout=300, check=True
    )
    (leg,) = json.loads(done.stdout)["plan"]["legs"]
    assert leg["side"] == "sell"
    return -Decimal(leg["contracts_exact"])


def living(tag: str) -> Stand:
    """A venue whose prices are told anew with every request: old ones are traded on by nobody."""
    stand = stand_of(tag)
    contract = stand.instruments[0]

    def quoted(_: str) -> None:
        stand.quote(contract, stand.prices[contract.underlying])

    stand.meddler = quoted
    return stand


def begun(home: Path, base: str, stand: Stand, units: Decimal) -> subprocess.Popen[str]:
    contract = stand.instruments[0]
    lots = to_lots(units, lot_units(contract))
    wanted = {contract.name: str(contracts_of(contract, lots))}
    settings = sent_to(home, base, stand.tag, more="live = true")
    words = [settings, stand.tag, str(home / "journal.db"), "the example", json.dumps(wanted)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.testing.standin.trader", *words],
        env=environment(home, PYTHONPATH=f"{ROOT / 'src'}:{ROOT}"),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def ended(process: subprocess.Popen[str]) -> Any:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return json.loads(out)


def all_as_planned(home: Path, stand: Stand, units: Decimal) -> bool:
    """Whether position, ledger and orders are the plan, once."""
    contract = stand.instruments[0]
    wanted = to_lots(units, lot_units(contract))
    (leg,) = stand.account(ACCOUNT).legs.values()
    with look_into(home / "journal.db") as journal:
        entry = ledger_of(journal.read(ACCOUNT)).entries[contract.name]
    fills = stand.fills[ACCOUNT]
    ids = [fill.order_id for fill in fills]
    once = len({fill.client_id for fill in fills}) == len(set(ids))
    theirs = (wanted, leg.cost, sum((fill.fee for fill in fills), Decimal(0)))
    return once and leg.quantity == wanted and (entry.quantity, entry.leg.cost, entry.fees["USDT"]) == theirs


@pytest.mark.parametrize("tag", TONGUES)
def test_the_example_s_plan_is_traded(tag: str, units: Decimal, tmp_path: Path) -> None:
    stand = living(tag)
    with served({tag: stand}) as base:
        said = ended(begun(tmp_path, base, stand, units))
    assert (said["outcome"], said["recovered"]) == ("complete", False)
    assert all_as_planned(tmp_path, stand, units)


def test_killed_in_the_middle_it_is_finished_by_the_next(units: Decimal, tmp_path: Path) -> None:
    stand = living("bybit")
    with served({"bybit": stand}) as base:
        first = begun(tmp_path, base, stand, units)
        end = time.monotonic() + 60
        while not any(heard.endswith("/order/create") for heard in stand.heard) and time.monotonic() < end:
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=30)
        assert first.returncode == -signal.SIGKILL
        said = ended(begun(tmp_path, base, stand, units))
    assert (said["outcome"], said["recovered"]) == ("complete", True)
    assert all_as_planned(tmp_path, stand, units)
