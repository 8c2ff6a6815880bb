"""Our own venue layer on a stand-in: the real adapters, real ccxt, real HTTP, in the stand's virtual time.

    async with through(stand) as venue: ...            the three ports of `hedgerow.venues`, talking to `stand`
    check_case(case, partial(standin_bench, "bybit"))  the battery of `hedgerow.testing.venue` on it

Nothing waits but for loopback: ccxt signs with the stand's clock, repeats of reads follow at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from decimal import Decimal

from hedgerow.exchange.venue import Credited, VenueEvent
from hedgerow.model.ports import BalanceKind
from hedgerow.testing.standin.server import serving
from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET, listed_of, rules_of
from hedgerow.testing.venue.bench import Bench
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.doors import CcxtVenue, Keys, connect, rebase

__all__ = ["EXEMPT", "standin_bench", "through"]

_OPENS = 1_767_225_600_000
_DAY = 86_400_000
_TIMEOUT_MS = 10_000
_NO_SWITCH = {"the_dead_man_cancels": "the venue has no dead man's switch"}
_NO_INVERSE = dict.fromkeys(
    ("inverse_funding_is_in_coin", "inverse_units_are_dollars"),
    "the stand-in lists no inverse contract of this venue",
)
_NO_DATED = {
    "a_dated_contract_settles_on_the_average": "the stand-in lists no dated contract of this venue",
}
_TELLS_KIND = {"bybit"}  # the others' lists of trades do not say which were the venue's own
_COINS: dict[str, frozenset[BalanceKind]] = {
    "binance": frozenset({"derivatives", "earn"}),
    "bybit": frozenset({"derivatives", "bonus", "earn"}),
    "bingx": frozenset({"derivatives"}),
    "weex": frozenset({"derivatives"}),
    "mexc": frozenset({"derivatives", "bonus"}),
}

EXEMPT: Mapping[str, Mapping[str, str]] = {
    "binance": {},
    "bybit": {},
    "bingx": {
        **_NO_DATED,
        "inverse_funding_is_in_coin": "the API tells no funding of coin-margined contracts",
    },
    "weex": {
        **_NO_INVERSE,
        **_NO_DATED,
        **_NO_SWITCH,
        "tiers_bound_leverage": "WEEX publishes no maintenance tiers",
        "position_mode_is_set_while_flat": "WEEX lets no program set the position mode: on its page only",
    },
    "mexc": {
        **_NO_DATED,
        **_NO_SWITCH,
        "permissions_are_read": "MEXC tells what a key may do and not whose account it is",
        "notional_is_price_times_units": "MEXC's positions name no value: units are held against the margin and the fills",
    },
}
"""By venue, the cases of the battery that it cannot pass, each with the reason; docs/venues repeats them."""


@asynccontextmanager
async def through(
    stand: Stand, clock: Callable[[], int], stands: Mapping[str, Stand] | None = None
) -> AsyncIterator[CcxtVenue]:
    """Serve `stand` on loopback and yield our ports to it; `clock` is the client's, in milliseconds of UTC.

    With `stands` whoever stands under its tag there at the time is served.
    """
    async with serving(stands or {stand.tag: stand}) as base:
        keys = Keys("me", KEY, SECRET, PASSPHRASE)
        venue = connect(stand.tag, keys, settings={"enableRateLimit": False, "timeout": _TIMEOUT_MS})
        exchange = venue.door.exchange
        rebase(exchange, base, stand.tag)
        exchange.milliseconds = clock
        exchange.seconds = lambda: clock() // 1_000
        exchange.microseconds = lambda: clock() * 1_000
        venue.door.now = clock
        try:
            yield venue
        finally:
            await venue.close()


async def standin_bench(tag: str, old: tuple[Stand, VirtualClock] | None = None) -> Bench:
    """Return a fresh stand-in of a venue, or one that goes on, on the bench."""
    clock = old[1] if old else VirtualClock(_OPENS)
    stand = old[0] if old else _stand(tag, clock)
    stack = AsyncExitStack()
    venue = await stack.enter_async_context(through(stand, clock.now))
    open_now: list[Callable[[], Awaitable[None]]] = [stack.aclose]

    async def happen(event: VenueEvent) -> None:
        event = replace(event, at=stand.at)
        if isinstance(event, Credited) and event.kind != "derivatives":
            stand.wallets.setdefault(("me", event.kind), {})[event.coin] = event.amount
        else:
            stand.tell(replace(event, account="me") if isinstance(event, Credited) else event)

    async def wait(ms: int) -> None:
        await clock.sleep(ms)
        stand.passed()

    async def restart() -> Bench:
        bench = await standin_bench(tag, (stand, clock))
        open_now.append(bench.close)
        return bench

    async def close() -> None:
        for one in reversed(open_now):
            await one()

    by_kind = {("dated" if one.expiry else one.payoff.value): one for one in reversed(stand.instruments)}
    bench = Bench(
        tells_kind=tag in _TELLS_KIND,
        coins=_COINS[tag],
        data=venue.data,
        trading=venue.trading,
        account=venue.account,
        linear=by_kind["linear"],
        inverse=by_kind.get("inverse"),
        dated=by_kind.get("dated"),
        happen=happen,
        wait=wait,
        restart=restart,
        bars=(1440, _OPENS - 10 * _DAY, _OPENS),
        unique_ids=stand.rules.ids == "ever",
        prefix="hragain" if old else "hrtest",
        close=close,
    )
    if old is None:
        for one in by_kind.values():
            await bench.book(instrument=one)
            await bench.mark(Decimal(60_000), one)
    return bench


def _stand(tag: str, clock: VirtualClock) -> Stand:
    """A stand with contracts of which one lot is worth less than the minimum."""
    listed = tuple(
        replace(one, min_notional=Decimal(100))
        for one in listed_of(tag, clock.now())
        if one.underlying == "BTC"
    )
    stand = Stand(tag, listed, {"BTC": Decimal(60_000)}, clock.now, rules_of(tag))
    stand.open_account(Key(KEY, SECRET, "me", PASSPHRASE), {"USDT": Decimal(100_000), "BTC": Decimal(10)})
    return stand
