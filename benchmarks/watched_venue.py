"""The venue that `benchmarks/watch.py` sends a thousand watches to: Binance's stand-in, thirty-one coins, an account a book.

python -m benchmarks.watched_venue SHORTS          bitcoins that each account is short of, a JSON list in a file

Its address comes on standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from hedgerow.exchange.venue import Placed
from hedgerow.model.orders import Order
from hedgerow.testing.standin import Key, Stand, serving
from hedgerow.testing.standin.worlds import PRICES, listed_of, rules_of
from hedgerow.venues.doors import Keys

TAG, COINS = "binance", 31
_TOLD_S = 1.0


def keys_of(number: int) -> Keys:
    """The key of an account."""
    return Keys(f"me{number}", f"k3y-0f-a-st4nd-1n-{number}", f"s3cret-0f-a-st4nd-1n-{number}")


def now() -> int:
    """Milliseconds of UTC."""
    return time.time_ns() // 1_000_000


def stand_of(shorts: Sequence[str] = ()) -> Stand:
    """A stand with the coins of its kind and as many more as it takes, and an account with money for each of `shorts`."""
    rng, listed, prices = np.random.default_rng(1), listed_of(TAG, now()), dict(PRICES)
    like = next(one for one in listed if one.underlying == "SOL")
    more = [f"C{i:02d}" for i in range(COINS - len(PRICES))]
    prices |= {coin: Decimal(f"{rng.uniform(1.0, 50.0):.3f}") for coin in more}
    others = tuple(replace(like, symbol=f"{coin}USDT", underlying=coin) for coin in more)
    stand = Stand(TAG, (*listed, *others), prices, now, rules_of(TAG))
    for i, short in enumerate(shorts):
        keys = keys_of(i)
        stand.open_account(Key(keys.key, keys.secret, keys.account), {"USDT": Decimal(50_000)})
        stand.quote(listed[0], prices["BTC"])
        order = Order(f"hedge{i}", listed[0], -Decimal(short), "market")
        stand.tell(Placed(stand.at, keys.account, order, "ioc"))
    return stand


async def serve(shorts: Sequence[str]) -> None:
    """Serve until the process is ended; a line on standard input is answered by what was asked since the last."""
    stand, told = stand_of(shorts), 0.0
    rng = np.random.default_rng(2)

    def quoted(_: str) -> None:
        """Tell all prices anew each second: they move by a basis point."""
        nonlocal told
        if time.monotonic() - told > _TOLD_S:
            told = time.monotonic()
            for one in stand.instruments:
                moved = 1.0 + 1e-4 * float(rng.standard_normal())
                stand.quote(one, stand.prices[one.underlying] * Decimal(f"{moved:.6f}"))

    stand.meddler = quoted
    loop = asyncio.get_running_loop()
    async with serving({TAG: stand}) as base:
        print(base, flush=True)
        while await loop.run_in_executor(None, sys.stdin.readline):
            heard, stand.heard = Counter(each.partition("?")[0] for each in stand.heard), []
            public = sum(n for name, n in heard.items() if "ticker" in name or "premiumIndex" in name)
            print(public, heard.total(), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
