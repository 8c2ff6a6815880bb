"""Who holds the paper account: one process at a time, and an error leaves no lease behind."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.hedge.plans import simulated

from hedgerow.app.chains import chain_of
from hedgerow.app.dealing import dealing, leased
from hedgerow.app.plans import Place
from hedgerow.config import DataSettings, Settings
from hedgerow.exchange.venue import Quoted
from hedgerow.model.errors import BadInput, LeaseHeld
from hedgerow.model.option_contracts import option_contract
from hedgerow.store.memory import MemoryStore


def test_an_error_leaves_no_lease_behind() -> None:
    journal = MemoryStore(lambda: 0)
    with pytest.raises(BadInput), leased(journal, "first"):
        raise BadInput("other prices")
    with leased(journal, "second"), pytest.raises(LeaseHeld), leased(journal, "third"):
        pass


def test_the_clock_of_a_paper_account_never_goes_back_behind_what_was_written_down(tmp_path: Path) -> None:
    """A look that took long was later than the next life's first: its proposal lay in the future, and was no more good."""
    market, contracts = simulated()
    place = Place(tmp_path, "paper")
    with dealing(place, market, contracts[:1], Settings()) as at:
        late = at.clock.now() + 50_000
        at.journal.append("watch:x", late, [("look", {})], at.lease)
        at.journal.append("watch:y", late - 1, [("look", {})], at.lease)
    with dealing(place, market, contracts[:1], Settings()) as at:
        assert at.clock.now() > late


def test_a_chain_that_is_gone_keeps_nobody_from_the_account(tmp_path: Path) -> None:
    """Its options keep their mark and have no book; everything else is traded, and closed, as ever."""
    market, contracts = simulated()
    chain = chain_of(Settings(), market, "BTC")
    put = option_contract(chain, chain.of(chain.expiries[1])[20])
    place = Place(tmp_path, "paper")
    with dealing(place, market, (contracts[0], put), Settings()) as at:
        assert at.paper is not None
        before = at.paper.state.listing(put.name)
        assert before.bids
        at.paper.credit("BTC", Decimal(1))
    gone = Settings(data=DataSettings(chain=str(tmp_path / "gone.parquet")))
    with dealing(place, market, (contracts[0], put), gone) as at:
        assert at.paper is not None
        now = at.paper.catch_up()
        told = list(at.paper.feed.events(now, now + 2_000, {put.name, contracts[0].name}))
        books = {event.instrument: (event.bids, event.asks) for event in told if isinstance(event, Quoted)}
        assert books[put.name] == ((), ())
        assert books[contracts[0].name][0]
        assert at.paper.state.listing(put.name).mark == before.mark
