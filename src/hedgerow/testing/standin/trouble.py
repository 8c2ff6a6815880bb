"""What goes wrong between our adapters and a stand-in, request by request, drawn from a seed.

The faults are those of the catalogue (`hedgerow.testing.faults`) that can be shown on the wire; their names are the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

from hedgerow.exchange.venue import Deleveraged, FundingSet, HedgeSet, Listed
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.option_contracts import is_option, tick_at
from hedgerow.model.orders import lot_units
from hedgerow.testing.faults.chance import Chance
from hedgerow.testing.standin.faults import Fault
from hedgerow.testing.standin.odd import ODD_PRICES, misshapen, not_a_number, seen_with
from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.venues.clocks import VirtualClock

__all__ = ["ON_THE_WIRE", "Trouble", "troubled"]

ON_THE_WIRE = (
    *("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12", "F14", "F15", "F16", "F17"),
    *("F18", "F19", "F20", "F21", "F22", "F23", "F25", "F26", "F28"),
)
"""Which faults of the catalogue are played here. F13, a client id taken twice, is a way of two venues and no chance; F24, the
disk, and F27, who is told, are not on the wire."""

_PLACE = r"^POST .*/(order|algoOrder|order/create|planorder/place)$|^GET .*/private/(buy|sell)$"
_CANCEL = r"^DELETE .*/(order|algoOrder)$|^POST .*order/cancel(_with_external)?$|^GET .*/private/cancel$"
_POSITIONS = (
    r"position/list|positionRisk|user/positions|allPosition|singlePosition|open_positions|get_positions"
)
_OWN = r"[oO]rder|[eE]xecution|rades|fill|Fill"
_STREAM = r"/listenKey$|userDataStream$|/ws|/edge$|/v5/private$|/swap-market$|/ws/api/v2$"
_PRICES = r"^GET .*([tT]icker|depth|premiumIndex|bookTicker|fair_price|index_price)"
_BANNED_MS, _CLOSED_MS = 10_000, (5_000, 20_000)
_SECOND = 1_000
_NEAR = Decimal("0.2")


@dataclass(slots=True)
class Trouble:
    """The outside world of one life at a stand: the road to it, its prices, other hands in the account."""

    chance: Chance
    stand: Stand
    clock: VirtualClock
    away_until: int = 0
    banned_until: int = 0
    closed_until: int = 0
    prices: dict[str, Decimal] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    listed_anew: set[str] = field(default_factory=set)

    def meddle(self, request: str) -> Fault | None:
        """Let the request take its time, and return what goes wrong with it.

        The stream's own requests take none and know one trouble only: `hearing` has the others.
        """
        if re.search(_STREAM, request):
            return Fault("", "lost") if self.stand.at < self.away_until else None
        self.clock.advance(self.chance.random.randint(5, 60))
        if self.chance.calm:
            return None
        now = self.stand.at
        shut = self._shut(now)
        if shut is not None:
            return shut
        if re.search(_PLACE, request):
            return self._placing()
        if re.search(_CANCEL, request):
            return self._cancelling()
        return self._reading(request)

    def _shut(self, now: int) -> Fault | None:
        """Return what a road, a ban or maintenance does to every request."""
        chance = self.chance
        if chance.strikes("F15"):
            self.away_until = now + chance.random.choice((500, 2_000, 10_000))
        if chance.strikes("F5", 0.3):
            self.banned_until = now + _BANNED_MS
        if chance.strikes("F17"):
            self.closed_until = now + chance.random.choice(_CLOSED_MS)
        if chance.strikes("F23", 3.0):
            self._revoke()
        if chance.strikes("F16"):
            self.stand.skew_ms = chance.random.choice((400, -400, 1_500, -1_500, 30_000, -120_000))
            self.stand.later.append((now + 20_000, self._right_the_clock))
        if now < self.away_until:
            return Fault("", "lost")
        if now < self.banned_until:
            return Fault("", "instead", status=429, word="banned")
        return Fault("", "instead", status=503, word="closed") if now < self.closed_until else None

    def _revoke(self) -> None:
        """Take the key away, or its right to trade."""
        for name, key in tuple(self.stand.keys.items()):
            self.keys.setdefault(name, key)
            if self.chance.random.random() < 0.5:
                del self.stand.keys[name]
            else:
                self.stand.keys[name] = replace(key, trade=False)

    def _right_the_clock(self) -> None:
        self.stand.skew_ms = 0

    def _placing(self) -> Fault | None:
        chance = self.chance
        wanted: tuple[tuple[str, float, Fault], ...] = (
            ("F1", 0.5, Fault("", "lost")),
            ("F1", 0.5, Fault("", "slow", wait_ms=chance.random.randint(100, 9_000))),
            ("F2", 1.0, Fault("", "silent")),
            ("F3", 1.0, Fault("", "cut")),
            ("F4", 0.5, Fault("", "instead")),
            ("F4", 1.0, Fault("", "after", status=chance.random.choice((500, 502, 504)))),
            ("F6", 0.5, Fault("", "instead", status=503, word="unknown")),
            ("F6", 1.0, Fault("", "after", status=503, word="unknown")),
            (
                "F7",
                1.0,
                Fault("", "instead", status=400, word=chance.random.choice(("margin", "price_band"))),
            ),
            ("F18", 1.0, Fault("", "instead", status=400, word="lot")),
            ("F28", 1.0, self._misshapen()),
        )
        return next((fault for name, times, fault in wanted if chance.strikes(name, 3.0 * times)), None)

    def _cancelling(self) -> Fault | None:
        chance = self.chance
        wanted = (
            ("F14", 1.0, Fault("", "filled")),
            ("F1", 1.0, Fault("", "lost")),
            ("F2", 1.0, Fault("", "silent")),
            ("F3", 1.0, Fault("", "cut")),
            ("F6", 1.0, Fault("", "after", status=503, word="unknown")),
        )
        return next((fault for name, times, fault in wanted if chance.strikes(name, 3.0 * times)), None)

    def _reading(self, request: str) -> Fault | None:
        chance = self.chance
        if re.search(_POSITIONS, request):
            if chance.strikes("F12", 3.0):
                return Fault("", chance.random.choice(("empty", "empty", "cut", "instead")))
            if chance.strikes("F11", 0.5):
                return Fault("", "old", wait_ms=chance.random.randint(0, 2_000))
        elif re.search(_OWN, request) and chance.strikes("F11"):
            return Fault("", "old", wait_ms=chance.random.randint(0, 10_000))
        elif re.search(_PRICES, request) and chance.strikes("F10"):
            return self._odd_prices()
        wanted = (
            ("F28", 1.0, self._misshapen()),
            ("F4", 0.3, Fault("", "instead")),
            ("F3", 0.3, Fault("", "cut")),
        )
        return next((fault for name, times, fault in wanted if chance.strikes(name, times)), None)

    def _misshapen(self) -> Fault:
        return Fault("", "odd", change=lambda body: misshapen(body, self.chance.random))

    def _odd_prices(self) -> Fault:
        how = self.chance.random.choice(("old", "NaN", *ODD_PRICES))
        if how == "old":
            return Fault("", "old", wait_ms=12_000)
        if how == "NaN":
            return Fault("", "odd", change=not_a_number)
        return Fault("", "odd", seen=lambda stand: seen_with(stand, how))

    def moved(self, now: int) -> None:
        """Let prices walk and what was put off happen; the clock has come to `now`."""
        if self.stand.state.at // _SECOND != now // _SECOND:
            for one in self.stand.instruments:
                self._walk(one)
            self._outside()
        self.stand.passed()

    def _walk(self, one: Instrument) -> None:
        price = self._walked(one, self.prices.get(one.name, self.stand.first_price(one)))
        self.prices[one.name] = price
        few = lot_units(one) * 30 / (price if one.payoff is Payoff.INVERSE else 1)
        self.stand.quote(one, price, few if self.chance.strikes("F8", 0.5) else Decimal(100))

    def _walked(self, one: Instrument, price: Decimal) -> Decimal:
        """The next price; an option's stays so near to its first that the index, which does not move, is not far from it."""
        if not is_option(one):
            return price + one.tick * self.chance.random.randint(-40, 40)
        moved, first = (
            price + tick_at(one, price) * self.chance.random.randint(-1, 1),
            self.stand.first_price(one),
        )
        return moved if abs(moved - first) <= _NEAR * first else price

    def _outside(self) -> None:
        chance, one = self.chance, self.chance.random.choice(self.stand.instruments)
        leg = next((leg for leg in self.stand.account("me").legs.values() if leg.instrument == one), None)
        if leg is not None and leg.quantity and chance.strikes("F20", 10.0):
            lots = chance.random.randint(1, max(int(abs(leg.quantity) / lot_units(one)), 1))
            size = (lots * lot_units(one)).copy_sign(leg.quantity)
            self.stand.tell(Deleveraged(self.stand.at, one.name, size, self.prices[one.name]))
        if one.funding_interval_hours and chance.strikes("F21"):
            rate = Decimal(chance.random.randint(-50, 50)) / 10**4
            self.stand.tell(FundingSet(self.stand.at, one.name, rate, 3_600_000, self.stand.at + 1_000))
        if chance.strikes("F18"):
            self.stand.tell(Listed(self.stand.at, replace(one, lot=10 * one.lot, min_contracts=10 * one.lot)))
            self.listed_anew.add(one.name)
        if chance.strikes("F19", 5.0):
            self.stand.tell(
                Listed(self.stand.at, one, "closed" if chance.random.random() < 0.5 else "reduce_only")
            )
            self.listed_anew.add(one.name)
        if chance.strikes("F22", 0.1):
            self.stand.tell(HedgeSet(self.stand.at, "me", not self.stand.account("me").hedge))

    def _put_right(self) -> None:
        """Let the venue be again what it was."""
        for name in sorted(self.listed_anew):
            one = next(each for each in self.stand.instruments if each.name == name)
            self.stand.tell(Listed(self.stand.at, one))
        self.listed_anew.clear()
        self.stand.keys.update(self.keys)
        if self.stand.account("me").hedge:
            self.stand.tell(HedgeSet(self.stand.at, "me", False))

    def calm(self) -> None:
        """End all trouble: what is left must be put right from here."""
        self.chance.calm = True
        self.stand.skew_ms = 0
        self.away_until = self.banned_until = self.closed_until = 0
        self._put_right()


def troubled(seed: int, barred: frozenset[str] = frozenset()) -> Chance:
    """Return the chance of a seed: up to six of the faults that are played here, none of those `barred`."""
    random = Random(seed)  # noqa: S311 - a schedule, no secret
    held = frozenset(random.sample(ON_THE_WIRE, random.randint(0, 6)))
    return Chance(random, held - barred)
