"""What is asked before real money moves is what is sent: the plan, or the rest of what was begun and is finished instead."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console
from tests.runs.test_bookkeeping import BTC

from hedgerow.app import trade as trading
from hedgerow.app.achieved import Scene
from hedgerow.app.dealing import leased
from hedgerow.app.live import Reached
from hedgerow.app.offers import offer_of
from hedgerow.app.plans import Place
from hedgerow.cli.trade import code_of
from hedgerow.config import Settings, TradeSettings, VenueSettings
from hedgerow.hedge.execution import Part, Programme, ProgrammeLeg, Style, Work, begun
from hedgerow.model.errors import LeaseHeld, UsageError
from hedgerow.model.orders import Order, OrderState, contracts_of
from hedgerow.model.trades import Offer, Traded
from hedgerow.reports.trade_text import offer_text
from hedgerow.runs.wire import body_of
from hedgerow.store.journal import open_journal
from hedgerow.store.plans import KeptPlan
from hedgerow.venues.doors import Keys

A, B = "a" * 64, "b" * 64
THERE = Reached("bybit", "bybit:1", Keys("1", "k", "s"))
LEG = {
    "venue": "bybit",
    "instrument": "ETHUSDT",
    "side": "sell",
    "contracts_exact": "7",
    "notional_usd": 21_000,
}
PLAN = KeptPlan(B, "pair", 0, {"legs": [LEG]}, {}, None, {"bybit:ETHUSDT": "0"}, {})
RESTS = Style("post_only", chase_ms=7_000, deadline_ms=1_800_000, at_deadline="unwind")
PROGRAMME = Programme(
    A,
    THERE.account,
    0,
    (ProgrammeLeg(BTC, Decimal(0), Decimal("0.5"), (Part(Decimal("0.5")),), RESTS, stop=Decimal("0.15")),),
)


def shown(offer: Offer) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(offer_text(offer))
    return " ".join(out.getvalue().split())


def test_the_rest_of_what_was_begun_is_shown_as_it_was_begun() -> None:
    state = begun(PROGRAMME)
    order = Order("hr1", BTC, Decimal("0.5"))
    part = Work(order, "i", 0, "trade", 0, OrderState.PARTIAL, 0, filled=Decimal("0.2"))
    state = state._replace(legs=(state.legs[0]._replace(work=(part,)),))
    told = shown(offer_of(Settings(), PLAN, THERE, "market orders", state))
    left, whole = (contracts_of(BTC, Decimal(units)) for units in ("0.3", "0.5"))
    assert f"About to send: the rest of plan {A[:12]}" in told
    assert f"buy {left:,f} contracts of {BTC.name} left of {whole:,f}" in told
    assert "moved after 7 s, until 30 minutes after it began, then everything is undone" in told
    assert "a stop 15.000% beyond" in told
    assert f"Plan {B[:12]}, which you asked for, is NOT sent" in told
    assert "ETHUSDT" not in told
    assert "market orders" not in told
    undoing = shown(offer_of(Settings(), PLAN, THERE, "", state._replace(unwinding=True)))
    assert f"sell {contracts_of(BTC, Decimal('0.2')):,f} contracts of {BTC.name}" in undoing
    same = shown(offer_of(Settings(), replace(PLAN, plan_id=A), THERE, "", state))
    assert "It was begun before" in same
    assert "NOT sent" not in same
    fresh = shown(offer_of(Settings(), PLAN, THERE, "market orders"))
    assert "sell 7 contracts of bybit:ETHUSDT $21,000" in fresh


def test_a_plan_that_was_not_begun_is_no_success() -> None:
    done = Traded(A, "live", "bybit:1", "complete", "", True, (), (), {}, None, (), B)
    assert code_of(done) == 1
    assert code_of(replace(done, asked=A)) == 0
    assert code_of(replace(done, outcome="frozen")) == 7


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Offer], None]], None]:
    """Ask for plan B with real money, up to the lease; what follows would ask the venue."""
    monkeypatch.setattr(trading, "live_plan", lambda *_: (PLAN, "bybit"))
    monkeypatch.setattr(trading, "reached", lambda *_: THERE)
    monkeypatch.setattr(trading, "_scene", lambda *_, **__: (Scene(None), ()))
    told = TradeSettings(live=True, state=str(tmp_path))
    settings = Settings(trade=told, venues={"bybit": VenueSettings(live=True)})
    monkeypatch.setattr(trading, "question_of", lambda *_: settings)

    def ask(confirm: Callable[[Offer], None]) -> None:
        trading.trade(settings, B, "live", confirm=confirm)

    return ask


def write_begun(folder: Path) -> None:
    with (
        open_journal(Place(folder, "live").journal) as journal,
        leased(journal, "another", THERE.account) as lease,
    ):
        journal.append(THERE.account, 1, [("programme", body_of(PROGRAMME))], lease)


def test_what_was_begun_while_a_person_was_asked_is_not_sent(
    asked: Callable[[Callable[[Offer], None]], None], tmp_path: Path
) -> None:
    seen: list[Offer] = []

    def meanwhile(offer: Offer) -> None:
        seen.append(offer)
        write_begun(tmp_path)

    with pytest.raises(LeaseHeld, match="while you were asked: nothing was sent"):
        asked(meanwhile)

    def no(offer: Offer) -> None:
        seen.append(offer)
        raise UsageError("no")

    with pytest.raises(UsageError):
        asked(no)
    assert [offer.begun for offer in seen] == ["", A]
    assert [leg.instrument for offer in seen for leg in offer.legs] == ["bybit:ETHUSDT", BTC.name]
