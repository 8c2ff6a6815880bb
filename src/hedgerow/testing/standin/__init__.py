"""A server on loopback that speaks as six venues do, for tests of whatever talks to them.

    stand = stand_of("bybit")                           contracts, prices, an account, a clock
    async with serving({"bybit": stand}) as base: ...   HTTP with the venue's paths, signatures and errors
    stand.faults.append(Fault("POST .*/order", "silent"))

The matching core is the paper venue's (`hedgerow.exchange.venue`). Nothing here ever leaves the machine.
"""

from __future__ import annotations

from hedgerow.testing.standin.faults import Fault
from hedgerow.testing.standin.server import serving
from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.venues.doors import rebase

__all__ = ["Fault", "Key", "Stand", "rebase", "serving"]
