"""A simulated month in which everything happens, looked at from the venue's side by a reckoning of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pytest
from tests.runs.watched import ACCOUNT, DAY, HOUR, Script, World, market

from hedgerow.exchange.venue import Deleveraged, Placed
from hedgerow.model.betas import Betas
from hedgerow.model.orders import Order
from hedgerow.model.watched import Look
from hedgerow.runs.diary import View, decided_again
from hedgerow.runs.ledger import FILL, ledger_of
from hedgerow.runs.monitor import Monitor

CRASH, RALLY, FLIP, FLIP_BACK, DEPEG = 20, 65, 30, 50, 100
MONTH = market(
    Script(
        shocks={CRASH: -0.25, RALLY: 0.15},
        funding=lambda i: -0.002 if FLIP <= i < FLIP_BACK else 0.0001 if i < FLIP_BACK else 0.003,
        usdt={DEPEG: 0.95, DEPEG + 1: 0.96, DEPEG + 2: 0.985},
    )
)
TRUE = {"BTC": 1.0, "ETH": 1.2, "SOL": 1.6, "USDT": 0.0}
READS = {"instruments", "tickers", "server_time", "positions", "balances", "modes", "paid", "fills"}
VENUE = READS | {"order", "open_orders", "place", "cancel", "configure"}
SAYS_WHY = {"drift", "position unknown", "not hedged", "halted", "limits", "stale feed"}


def worth(world: World) -> dict[str, float]:
    """Dollars that move with each coin, by the holdings, the venue's own state and marks, and the last closes."""
    row = int(np.searchsorted(world.closes, world.clock.now(), side="right")) - 1
    dollars = dict(zip(world.whole.symbols, world.whole.prices[row].tolist(), strict=True))
    account = world.venue.state.account("paper")
    rows = [(coin, Decimal(amount)) for coin, amount in world.book.items()]
    rows += list(account.wallets.items())
    found = dict.fromkeys(world.whole.symbols, 0.0)
    for coin, units in rows:
        found[coin] += float(units) * dollars[coin]
    for leg in account.legs.values():
        mark = float(world.mark(leg.instrument.name)) * dollars["USDT"]
        found[leg.instrument.underlying] += float(leg.quantity) * mark
    return found


@dataclass
class Reckoning:
    """After each look: the residual dollar beta, added up anew; `outside` are the looks at which it left the band."""

    world: World
    betas: Betas | None = None
    outside: list[Look] = field(default_factory=list)
    raised: Counter[tuple[str, str]] = field(default_factory=Counter)
    cleared: Counter[tuple[str, str]] = field(default_factory=Counter)
    alarms: frozenset[tuple[str, str]] = frozenset()

    def check(self, look: Look) -> None:
        if look.learned:
            view = self.world.look(look.at)
            self.betas = self.world.policy.estimate(view.market, ("BTC", "ETH", "SOL", "USDT"))
        now: frozenset[tuple[str, str]] = frozenset((row.watch, row.about) for row in look.alarms)
        self.raised.update(now - self.alarms)
        self.cleared.update(self.alarms - now)
        self.alarms = now
        self._expired(look)
        dollars = worth(self.world)
        betas = self.betas
        assert betas is not None
        residual = sum(usd * float(betas.of(coin)[0]) for coin, usd in dollars.items())
        if look.left_usd:
            # A contract's mark is a whole number of ticks, and a close is not.
            assert look.left_usd[0] == pytest.approx(residual, rel=1e-6, abs=50.0)
        true = sum(usd * TRUE[coin] for coin, usd in dollars.items())
        band = look.band_usd[0] + look.slack_usd if look.band_usd else 0.0
        if look.left_usd and look.in_band:
            assert abs(residual) <= band + 50.0
            assert abs(true) <= band + 50.0 + 4.0 * look.left_stderr_usd[0]
        else:
            self.outside.append(look)
            assert SAYS_WHY & {row.watch for row in look.alarms}, (look.at, residual, band)
            assert all(row.text for row in look.alarms)

    def _expired(self, look: Look) -> None:
        for leg in self.world.venue.state.account("paper").legs.values():
            expiry = leg.instrument.expiry
            assert expiry is None or look.at < expiry.timestamp() * 1000 - 6 * DAY


def by_hand(world: World) -> None:
    """The owner buys half a bitcoin of the hedge back, at the venue itself."""
    (leg,) = (x for x in world.venue.state.account("paper").legs.values() if x.instrument.expiry)
    order = Order("by-hand", leg.instrument, Decimal("0.5"), reduce_only=True)
    world.venue.happen(Placed(world.clock.now(), "paper", order))


def deleverage(world: World) -> None:
    leg = world.venue.state.account("paper").leg("paper:ETHUSDT")
    assert leg is not None
    mark = world.mark("paper:ETHUSDT")
    world.venue.happen(Deleveraged(world.clock.now(), "paper:ETHUSDT", leg.quantity / 2, mark))


def sell(world: World) -> None:
    world.book["SOL"] = "100"


EVENTS: dict[int, Callable[[World], None]] = {
    30: deleverage,
    50: lambda world: world.down.update(VENUE),
    54: lambda world: world.down.clear(),
    75: sell,
    85: by_hand,
    110: lambda world: world.store.halt(ACCOUNT, world.clock.now(), "we move coins"),
    112: lambda world: world.store.halt(ACCOUNT, world.clock.now(), None),
}
RESTARTS = (51, 76, 120)


def month(world: World, reckoning: Reckoning) -> Iterator[tuple[int, Look]]:
    """Live through the month, a look at each bar, and give each look with its number; what happens does so an hour before it."""
    watching: Monitor = world.monitor()
    for bar in range(178):
        if bar in RESTARTS:
            watching.close()
            watching = world.monitor(f"life {bar}")
        look = asyncio.run(watching.tick())
        reckoning.check(look)
        yield bar, look
        world.clock.advance(3 * HOUR)
        if bar + 1 in EVENTS:
            EVENTS[bar + 1](world)
        world.clock.advance(HOUR)


@dataclass
class Then:
    """What was to be seen then: the owner's holdings were others before `sold_at`."""

    world: World
    sold_at: int

    def look(self, at: int) -> View:
        self.world.book["SOL"] = "500" if at < self.sold_at else "100"
        return self.world.look(at)


@pytest.mark.slow
def test_a_month_of_everything_is_in_the_band_or_an_alarm_says_why() -> None:
    world = World(MONTH, instruments="BTCUSDT_QUARTER,ETHUSDT", rebalance="usd:4000")
    reckoning = Reckoning(world)
    looks = dict(month(world, reckoning))
    for bar in (30, 75, 85):
        assert looks[bar].traded_usd > 0.0, "what others did to the hedge is put right at the same look"
        assert looks[bar].in_band
    assert {bar for bar, look in looks.items() if look.act == "stop"} == {*range(50, 54), 110, 111}
    assert [look.act for look in looks.values()].count("roll") == 1
    assert sum(look.act == "rebalance" for look in looks.values()) > 20
    once = {
        ("hedge lost", "paper:ETHUSDT"),
        ("position unknown", "account"),
        ("stale feed", "prices"),
        ("depeg", "USDT"),
        ("funding", "hedge"),
        ("halted", "account"),
    }
    assert {key: count for key, count in reckoning.raised.items() if key in once} == dict.fromkeys(once, 1)
    assert {key: reckoning.cleared[key] for key in once} == dict.fromkeys(once, 1)
    assert reckoning.raised == reckoning.cleared + Counter(reckoning.alarms)
    assert not reckoning.alarms & once
    assert {look.at for look in reckoning.outside} == {looks[bar].at for bar in range(50, 54)}
    _told(world, reckoning)
    _added_up(world)
    assert decided_again(world.looks, Then(world, looks[75].at), world.policy) == ()


def _told(world: World, reckoning: Reckoning) -> None:
    """Everybody who is called heard of every alarm once, and once that it is over."""
    over = Counter(title for level, title, _ in world.alarms if level == "info")
    begun = Counter(title for level, title, _ in world.alarms if level != "info")
    assert over == Counter({f"{watch}: {about}": n for (watch, about), n in reckoning.cleared.items()})
    assert begun == Counter({f"{watch}: {about}": n for (watch, about), n in reckoning.raised.items()})


def _added_up(world: World) -> None:
    """The ledger is the venue's to the last digit: positions, their cost, and every coin that trading brought or took."""
    ledger = ledger_of(world.store.read(ACCOUNT))
    account = world.venue.state.account("paper")
    legs = {leg.instrument.name: (leg.quantity, leg.cost) for leg in account.legs.values()}
    ours = {
        name: (entry.quantity, entry.leg.cost) for name, entry in ledger.entries.items() if entry.quantity
    }
    assert ours == legs
    assert account.wallet("USDT") == ledger.cash("USDT") + sum(world.put, Decimal(0))
    fills = [fill for name in ledger.entries for fill in world.venue.fills(name, 0)]
    assert len(fills) == sum(record.kind == FILL for record in world.store.read(ACCOUNT))
