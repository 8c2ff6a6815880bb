"""Two machines, one PostgreSQL: what one plans the other trades, takes over, sees and halts."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_processes import STARTS, environment
from tests.cli.trading import PLAN
from tests.store.servers import PostgreSQL

from hedgerow.app.dealing import PAPER_ACCOUNT
from hedgerow.app.plans import MODES
from hedgerow.model.errors import HedgerowError
from hedgerow.store.journal import look_into, open_journal
from hedgerow.store.server import where_of

pytestmark = pytest.mark.slow
SECRET = "correct-horse"  # noqa: S105 - the canary of these tests
Start = Callable[..., "subprocess.Popen[str]"]


class Machine:
    """A home of its own, and the server that it names."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url

    def start(self, *words: str) -> subprocess.Popen[str]:
        known = {**environment(self.home), "HEDGEROW__TRADE__STATE": self.url, "PGPASSWORD": SECRET}
        return subprocess.Popen(
            [*STARTS, *words], env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words: str) -> tuple[int, str]:
        out, err = (process := self.start(*words)).communicate(timeout=120)
        assert "Traceback" not in err
        assert SECRET not in out + err
        return process.returncode, out + err

    def json(self, *words: str) -> tuple[int, Any]:
        out, err = (process := self.start(*words, "--json")).communicate(timeout=120)
        assert SECRET not in out + err
        return process.returncode, json.loads(out)


@pytest.fixture
def url(postgresql: PostgreSQL, request: pytest.FixtureRequest) -> str:
    name = f"desk_{abs(hash(request.node.name))}"
    postgresql.execute(f"CREATE DATABASE {name}")
    return postgresql.url().replace("/postgres", f"/{name}")


@pytest.fixture
def machines(tmp_path: Path, url: str) -> tuple[Machine, Machine]:
    return Machine(tmp_path / "one", url), Machine(tmp_path / "two", url)


def traded(url: str, kind: str) -> int:
    try:
        with look_into(where_of(url, "hedgerow_paper")) as there:
            return sum(record.kind == kind for record in there.read(PAPER_ACCOUNT))
    except HedgerowError:
        return 0


def test_what_one_machine_planned_and_began_another_finishes(
    machines: tuple[Machine, Machine], url: str
) -> None:
    one, two = machines
    status, plan = one.json(*PLAN)
    assert status == 0
    first = one.start("trade", plan["plan_id"][:12])
    end = time.monotonic() + 60
    while not traded(url, "sent") and time.monotonic() < end:
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    end = time.monotonic() + 60
    status, told = two.json("trade", plan["plan_id"][:12])
    while status == 9 and time.monotonic() < end:  # the lease of who died
        time.sleep(1.0)
        status, told = two.json("trade", plan["plan_id"][:12])
    assert (status, told["outcome"]) == (0, "complete")
    with open_journal(where_of(url, "hedgerow_paper")) as journal:
        journal.verify()
        fills = [r.body for r in journal.read(PAPER_ACCOUNT) if r.kind == "fill"]
    planned = Decimal(plan["plan"]["legs"][0]["contracts_exact"])
    assert sum(abs(Decimal(str(each["quantity"]))) for each in fills) == planned
    for machine in machines:
        status, stands = machine.json("status")
        assert status == 0
        (account,) = stands["paper"]["accounts"]
        assert (account["account"], account["holder"]) == (PAPER_ACCOUNT, None)
        assert not (machine.home / "state" / "hedgerow" / "paper").exists()


def test_a_halt_of_one_machine_halts_them_all(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    _, plan = one.json(*PLAN)
    assert two.run("halt", "--why", "I want to look")[0] == 0
    status, said = one.run("trade", plan["plan_id"][:12])
    assert status == 8
    assert "I want to look" in said
    assert one.run("halt", "--lift")[0] == 0
    assert two.run("trade", plan["plan_id"][:12])[0] == 0


def test_a_halt_without_the_server_halts_this_machine_and_says_so(tmp_path: Path, url: str) -> None:
    one = Machine(tmp_path / "one", "postgresql://trader@127.0.0.1:1/nowhere")
    begun, halted = time.monotonic(), one.start("halt", "--why", "I want to look")
    kept = [
        one.home / f".local/state/hedgerow/servers/127.0.0.1_1-nowhere/{mode}/halts-here" for mode in MODES
    ]
    while not all(path.exists() for path in kept) and time.monotonic() < begun + 30:
        time.sleep(0.05)
    assert all("I want to look" in path.read_text(encoding="utf-8") for path in kept)
    _, said = halted.communicate(timeout=60)
    assert halted.returncode == 3
    assert "Halted on THIS machine alone" in said
    assert one.run("status")[0] != 0


def test_a_password_in_the_address_is_refused_and_not_shown(tmp_path: Path) -> None:
    one = Machine(tmp_path / "one", f"postgresql://trader:{SECRET}@127.0.0.1:1/nowhere")
    bundle = ("support-bundle", "--out", str(tmp_path / "shown.zip"))
    for words in (("config", "show"), ("halt",), bundle):
        status, said = one.run(*words)
        assert SECRET not in said
        assert status != 10
    assert one.run("status")[0] == 4


def test_what_was_traded_in_a_folder_is_moved_to_the_server(tmp_path: Path, url: str) -> None:
    folder, server = Machine(tmp_path / "one", str(tmp_path / "state")), Machine(tmp_path / "two", url)
    _, plan = folder.json(*PLAN)
    assert folder.run("trade", plan["plan_id"][:12])[0] == 0
    (before,) = folder.json("ledger")[1]["paper"]["accounts"]
    status, told = folder.json("move", url)
    assert (status, [each["mode"] for each in told["moved"]]) == (0, ["paper"])
    (after,) = server.json("ledger")[1]["paper"]["accounts"]
    assert after == {**before, "fence": after["fence"]}
    assert folder.run("trade", plan["plan_id"][:12])[0] in {8, 9}
    status, again = server.json("trade", plan["plan_id"][:12])
    assert (status, [each["rule"] for each in again["refusals"]]) == (1, ["position"])
    assert folder.run("move", url)[0] == 9
