"""A plan traded with real money, from the command line: the gates one by one, and whole trades at the venues' stand-ins."""

from __future__ import annotations

import io
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import BOOK, Done, Run
from tests.cli.test_processes import STARTS, environment
from tests.testing.standin.served import sent_to, served
from tests.testing.standin.test_traded import living

from hedgerow.app import trade as trading
from hedgerow.app.lake import LakeSink
from hedgerow.model.errors import UnknownSymbol
from hedgerow.store.journal import look_into
from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET

pytestmark = pytest.mark.slow

TAGS = ("binance", "bybit")
DAY = 86_400_000
LIVE = "[trade]\nlive = true\n"
ME = "me"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with four hundred days of two coins at two venues."""
    root = tmp_path_factory.mktemp("data") / "lake"
    for tag in TAGS:
        stand, sink = living(tag), LakeSink(root, tag)
        until = stand.clock() // DAY * DAY
        for one in stand.instruments:
            if one.underlying in {"BTC", "ETH"} and one.is_perpetual and one.settle == "USDT":
                bars = stand.candles(one, 1440, until - 400 * DAY, until)
                rows = [
                    {"ts": b.at, "symbol": one.symbol, "close": float(b.close), "volume_base": 1e6}
                    for b in bars
                ]
                sink.write("candles-1d", one.underlying, rows)
    return root


@dataclass(frozen=True, slots=True)
class There:
    """A venue that is played, and how the command line is sent to it."""

    stand: Stand
    lake: Path
    config: Path
    home: Path

    def plan(self, run: Run, *more: str) -> Done:
        book = self.home / "book.csv"
        if not book.exists():
            book.write_text("symbol,quantity\nETH,10\n", encoding="utf-8")
        where = ("--market", self.stand.tag, "--lake", str(self.lake), "--config", str(self.config))
        return run("plan", str(book), *where, "--json", *more)

    def trade(self, run: Run, plan: str, *more: str) -> Done:
        return run("trade", plan, "--live", "--config", str(self.config), *more)

    def say(self, more: str, top: str = LIVE) -> None:
        """Write other settings: `more` below the venue, `top` in sections of their own."""
        lines = self.config.read_text(encoding="utf-8").splitlines()
        base = next(line for line in lines if line.startswith("stand_in"))
        self.config.write_text(f"[venues.{self.stand.tag}]\n{base}\n{more}\n{top}", encoding="utf-8")

    @property
    def sent(self) -> int:
        """How often the venue was asked to take an order."""
        return sum(
            heard.startswith("POST") and heard.endswith(("/order", "/order/create"))
            for heard in self.stand.heard
        )

    @property
    def held(self) -> Decimal:
        return sum((leg.quantity for leg in self.stand.account(ME).legs.values()), Decimal(0))


@contextmanager
def opened(tag: str, lake: Path, home: Path) -> Iterator[There]:
    stand = living(tag)
    with served({tag: stand}) as base:
        config = Path(sent_to(home, base, tag, more="live = true"))
        config.write_text(config.read_text(encoding="utf-8") + LIVE, encoding="utf-8")
        yield There(stand, lake, config, home)


@pytest.fixture
def at(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    for tag in TAGS:
        for name, said in keys_of(tag).items():
            monkeypatch.setenv(name, said)
    return lambda tag: opened(tag, lake, tmp_path)


def keys_of(tag: str) -> dict[str, str]:
    first = f"HEDGEROW_KEY_{tag.upper()}"
    return {first: KEY, f"{first}_SECRET": SECRET, f"{first}_PASSWORD": PASSPHRASE}


def account_of(done: Done) -> str:
    """The account's name, as a refused answer tells it."""
    assert "nothing was sent: the account is " in done.err, done.err
    return done.err.split("the account is ")[1].split(",")[0]


def lost(*_: object, **__: object) -> None:
    raise UnknownSymbol("the lake has no candles of bybit")


def agrees(there: There, run: Run, account: str) -> list[str]:
    """Whether what the venue holds, its fills and fees, is the ledger to the last digit; return what is open there."""
    told = run("ledger", "--live", "--json", "--config", str(there.config)).json
    (found,) = [one for one in told["live"]["accounts"] if one["account"] == account]
    (entry,) = found["entries"]
    fills = there.stand.fills[ME]
    assert Decimal(entry["units_exact"]) == there.held == sum(fill.quantity for fill in fills)
    assert Decimal(entry["fees"]["USDT"]) == sum(fill.fee for fill in fills)
    ids = [fill.order_id for fill in fills]
    assert len({fill.client_id for fill in fills}) == len(set(ids))
    reconciled = run("reconcile", "--live", "--json", "--config", str(there.config))
    assert (reconciled.status, reconciled.json["agrees"]) == (0, True)
    open_orders: list[str] = reconciled.json["open_orders"]
    return open_orders


def test_a_plan_on_a_venues_contracts_is_asked_for_traded_and_closed_again(
    at: Callable[[str], Any], run: Run
) -> None:
    with at("binance") as there:
        plan = there.plan(run)
        assert plan.status == 0, plan.err
        (leg,) = plan.json["plan"]["legs"]
        assert (leg["venue"], leg["side"], leg["price_usd"]) == ("binance", "sell", 60_000.0)
        assert any("are binance's of now" in said for said in plan.json["warnings"])
        wrong = there.trade(run, plan.json["plan_id"], "--yes-live", "binance:another")
        assert (wrong.status, there.sent) == (2, 0)
        assert f"{leg['contracts_exact']} contracts of binance:BTCUSDT" in wrong.err
        assert "STAND-IN" in wrong.err
        account = account_of(wrong)
        done = there.trade(run, plan.json["plan_id"], "--yes-live", account, "--stop", "15%", "--json")
        assert done.status == 0, done.err
        assert "a stop 15.000% beyond" in done.err
        told = done.json
        assert (told["mode"], told["money"]) == ("live", "stand-in")
        assert (told["account"], told["outcome"]) == (account, "complete")
        assert f"{account} · stand-in" in run("status", "--config", str(there.config)).out
        assert there.held == Decimal(told["legs"][0]["held_exact"]) == -Decimal(leg["contracts_exact"])
        beta = told["beta"]
        assert beta["achieved_usd"] == pytest.approx(beta["planned_usd"], abs=5.0)
        (stop,) = agrees(there, run, account)
        assert stop.startswith("hr")
        again = there.trade(run, plan.json["plan_id"], "--yes-live", account, "--json")
        assert (again.status, [r["rule"] for r in again.json["refusals"]]) == (1, ["position"])
        elsewhere = run("halt", "binance:another", "--flatten", "--json", "--config", str(there.config))
        assert (elsewhere.json["closed"], there.held) == ([], -Decimal(leg["contracts_exact"]))
        there.stand.keys[KEY] = Key(KEY, SECRET, ME, PASSPHRASE, withdraw=True)  # closing is not kept back
        closed = run("halt", "--flatten", "--live", "--json", "--config", str(there.config))
        assert closed.status == 0, closed.err
        assert there.held == 0
        assert agrees(there, run, account) == []


def test_killed_in_the_middle_the_same_command_finishes_it(
    at: Callable[[str], Any], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at("bybit") as there:
        plan = there.plan(run).json
        account = account_of(there.trade(run, plan["plan_id"], "--yes-live", "x"))
        state = tmp_path / "state"
        words = [*STARTS, "trade", plan["plan_id"], "--live", "--yes-live", account, "--json"]
        words += ["--config", str(there.config)]
        known = environment(tmp_path, XDG_STATE_HOME=str(state), **keys_of("bybit"))
        first = subprocess.Popen(words, env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 60
        while not there.sent and time.monotonic() < end:
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=30)
        assert first.returncode == -signal.SIGKILL
        stands = run("status", "--live", "--json", "--config", str(there.config))
        assert (stands.status, stands.json["live"]["accounts"][0]["unfinished"]) == (1, plan["plan_id"])
        monkeypatch.setattr(
            trading, "_scene", lost
        )  # the lake is gone meanwhile: what was begun is finished all the same
        end = time.monotonic() + 60
        while (
            done := there.trade(run, plan["plan_id"], "--yes-live", account, "--json")
        ).status == 9 and time.monotonic() < end:
            time.sleep(1.0)
        assert done.status == 0, done.err
        assert (done.json["outcome"], done.json["recovered"]) == ("complete", True)
        assert done.json["beta"] is None
        assert "finished now" in done.err
        assert there.held == -Decimal(plan["plan"]["legs"][0]["contracts_exact"])
        agrees(there, run, account)
        with look_into(state / "hedgerow" / "live" / "journal.db") as journal:
            names = [r.body["client_id"] for r in journal.read(account) if r.kind == "sent"]
        assert len(set(names)) == len(names)


def test_every_gate_has_its_own_words_and_lets_nothing_out(
    at: Callable[[str], Any], run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with at("bybit") as there:
        plan = there.plan(run).json["plan_id"]

        def refused(status: int, said: str, *more: str) -> None:
            done = there.trade(run, plan, *more)
            assert (done.status, there.sent) == (status, 0), done.err
            assert said in done.err

        refused(2, "there is no terminal to ask at")
        there.say("live = true", "")
        refused(4, "the settings allow no real money")
        there.say("live = false")
        refused(6, "the settings allow no real orders at bybit")
        there.say("live = true")
        there.stand.keys[KEY] = Key(KEY, SECRET, ME, PASSPHRASE, withdraw=True)
        refused(6, "this key may withdraw")
        there.stand.keys[KEY] = Key(KEY, SECRET, ME, PASSPHRASE, trade=False)
        refused(6, "this key may not trade")
        there.stand.keys[KEY] = Key(KEY, SECRET, ME, PASSPHRASE)
        with monkeypatch.context() as without:
            for name in keys_of("bybit"):
                without.delenv(name)
            refused(4, "there is no key of bybit")
        refused(2, "--paper and --live are two ways", "--paper")
        book = tmp_path / "book.csv"
        book.write_text(book.read_text(encoding="utf-8") + "BTC,1\n", encoding="utf-8")
        refused(4, "the book has changed")
        on_paper = run("trade", plan)
        assert on_paper.status == 4
        assert "traded with real money only" in on_paper.err
    assert run("trade", plan, "--yes-live", "me").status == 2


def test_what_is_planned_for_paper_never_goes_out(at: Callable[[str], Any], run: Run) -> None:
    with at("bybit") as there:
        simulated = run("plan", BOOK, "--json", "--config", str(there.config)).json["plan_id"]
        done = there.trade(run, simulated)
        assert (done.status, there.sent) == (4, 0)
        assert "its prices are simulated" in done.err
        there.say("live = false")
        of_paper = there.plan(run).json
        assert {leg["venue"] for leg in of_paper["plan"]["legs"]} == {"paper"}
        done = there.trade(run, of_paper["plan_id"])
        assert (done.status, there.sent) == (4, 0)
        assert "its contracts are of paper" in done.err
        there.say("live = true")
        past = there.plan(run, "--as-of", "2026-01-01").json
        assert {leg["venue"] for leg in past["plan"]["legs"]} == {"paper"}
        asked, words = len(there.stand.heard), ("--market", "bybit", "--lake", str(there.lake))
        run_ = run("backtest", str(there.home / "book.csv"), *words, "--config", str(there.config), "--json")
        assert (run_.status in {0, 1}, len(there.stand.heard)) == (True, asked), run_.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_accounts_name_is_typed(
    at: Callable[[str], Any], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at("bybit") as there:
        plan = there.plan(run).json["plan_id"]
        monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
        wrong = there.trade(run, plan)
        assert (wrong.status, there.sent) == (2, 0)
        assert "Type the account's name" in wrong.err
        account = account_of(wrong)
        assert run("halt", "--live").status == 0
        halted = there.trade(run, plan)
        assert (halted.status, there.sent) == (8, 0)
        assert "Type the" not in halted.err  # nobody is asked for what is not done anyway
        assert run("halt", "--lift", "--live").status == 0
        monkeypatch.setattr("sys.stdin", Terminal(f"{account}\n"))
        monkeypatch.setenv("HEDGEROW__TRADE__MAX_AGE_MINUTES", "0")
        stale = there.trade(run, plan)
        assert (stale.status, there.sent) == (1, 0)
        assert "plan age" in stale.out
