"""What the journal keeps comes back as it was."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.hedge.execution.hand import BEGIN, BTC, INVERSE, Hand, leg, programme

from hedgerow.hedge.execution import Event, NotFound, Priced, Replied, Reported
from hedgerow.model.errors import JournalBroken
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Accepted, OrderReport, OrderState, Refused, Unknown
from hedgerow.runs.wire import body_of, value_of
from hedgerow.store.chain import body_of as parsed
from hedgerow.store.chain import text_of

HAND = Hand(leg("-0.5"))
REPORT = OrderReport("hr1", "x1", BTC.name, OrderState.PARTIAL, Decimal("-0.5"), Decimal("-0.10"), None, True)
EVENTS: list[Event] = [
    Replied(BEGIN, "hr1", Accepted("x1", REPORT)),
    Replied(BEGIN, "hr1", Refused("-2019", "margin", again=True)),
    Replied(BEGIN, "hr1", Unknown("time-out")),
    Reported(BEGIN, BEGIN, REPORT),
    Priced(BEGIN, BEGIN, (HAND.ticker(BTC.name),)),
    NotFound(BEGIN, BEGIN, "hr1", Decimal("0E-8"), (HAND.traded(BTC.name, Decimal(1)),), (REPORT,)),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_from_the_journal(event: Event) -> None:
    assert value_of(parsed(text_of(body_of(event)))) == event


@pytest.mark.parametrize("contract", [BTC, INVERSE], ids=lambda each: each.symbol)
def test_a_programme_comes_back_from_the_journal(contract: Instrument) -> None:
    plan = programme(leg("-0.5", "-0.1", "-0.4", instrument=contract, stop="0.2"))
    assert value_of(parsed(text_of(body_of(plan)))) == plan


@pytest.mark.parametrize("body", [{"is": "Nothing"}, {"is": "Tick"}, {"is": "Tick", "at": 1, "more": 2}])
def test_what_was_never_written_is_not_read(body: dict[str, object]) -> None:
    with pytest.raises(JournalBroken, match="journal holds"):
        value_of(body)
