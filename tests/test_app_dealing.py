"""Who holds the paper account: one process at a time, and an error leaves no lease behind."""

from __future__ import annotations

import pytest

from hedgerow.app.dealing import leased
from hedgerow.model.errors import BadInput, LeaseHeld
from hedgerow.store.memory import MemoryStore


def test_an_error_leaves_no_lease_behind() -> None:
    journal = MemoryStore(lambda: 0)
    with pytest.raises(BadInput), leased(journal, "first"):
        raise BadInput("other prices")
    with leased(journal, "second"), pytest.raises(LeaseHeld), leased(journal, "third"):
        pass
