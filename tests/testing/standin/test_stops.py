"""A protective stop is placed, seen, and called back at every venue, by what the journal says of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.testing.standin.served import sent_to, served
from tests.testing.standin.test_traded import living

from hedgerow.app.dealing import leased
from hedgerow.app.venues import account_door, asked_of
from hedgerow.config import load_settings
from hedgerow.model.orders import Accepted, Order, lot_units
from hedgerow.runs.ledger import instrument_record
from hedgerow.runs.reconcile import Doors
from hedgerow.runs.trading import called_back
from hedgerow.store.memory import MemoryStore
from hedgerow.testing.standin.tongues import TONGUES
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.doors import Keys

OURS, OTHER = "hr" + "a" * 18, "somebody"


@pytest.mark.parametrize("tag", TONGUES)
def test_our_stop_is_called_back_once_flat_and_another_order_is_left(tag: str, tmp_path: Path) -> None:
    stand, journal = living(tag), MemoryStore(lambda: 0)
    with served({tag: stand}) as base:
        settings = load_settings(Path(sent_to(tmp_path, base, tag))).settings
        venue = account_door(settings, tag, Keys("me", KEY, SECRET, PASSPHRASE))

        async def work() -> tuple[tuple[str, ...], list[str]]:
            doors = Doors(venue.data, venue.trading, venue.account)
            contract = (await venue.listings()).of(stand.instruments[0]).instrument
            lot = lot_units(contract)
            first = await venue.trading.place(Order("hr" + "b" * 18, contract, -lot * 10))
            assert isinstance(first, Accepted)
            stop = Order(OURS, contract, lot * 10, reduce_only=True, stop=Decimal(66_000))
            assert isinstance(await venue.trading.protect(stop), Accepted)
            other = Order(OTHER, contract, -lot, "limit", Decimal(70_000))
            assert isinstance(await venue.trading.place(other), Accepted)
            body = {"client_id": OURS, "instrument": contract.name, "quantity": stop.quantity}
            body |= {"reduce_only": True, "stop": stop.stop}
            with leased(journal, "me", "me") as lease:
                journal.append("me", 1, [instrument_record(contract), ("sent", body)], lease)
            assert await called_back(doors, journal, "me", VirtualClock()) == ()
            assert len(await venue.trading.open_orders(contract)) == 2  # it protects what is still held
            await venue.trading.place(Order("hr" + "c" * 18, contract, lot * 10, reduce_only=True))
            left = await called_back(doors, journal, "me", VirtualClock())
            return left, [one.client_id for one in await venue.trading.open_orders(contract)]

        left, there = asked_of(venue, work)
    assert left == ()
    assert len(there) == 1
    assert there[0] in {OTHER, ""}
