"""What the small exchange lists, and plans drawn from a seed: one to three legs, every style, opening, closing and turning."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from hedgerow.hedge.execution import LegFacts, Pace, Programme, Style, Ticketed, Wanted, schedule
from hedgerow.model.amounts import to_lots
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.orders import lot_units
from hedgerow.model.ports import AccountModes
from hedgerow.testing.faults.market import SimMarket

__all__ = ["ACCOUNT", "CONTRACTS", "drawn_plan"]

ACCOUNT = "sim:main"


def _contract(symbol: str, payoff: Payoff, multiplier: str, lot: str, least: str) -> Instrument:
    inverse = payoff is Payoff.INVERSE
    coin = symbol[:3]
    return Instrument(
        venue="sim",
        symbol=symbol,
        underlying=coin,
        payoff=payoff,
        quote="USD" if inverse else "USDT",
        settle=coin if inverse else "USDT",
        multiplier=Decimal(multiplier),
        lot=Decimal(lot),
        min_contracts=Decimal(lot),
        max_contracts=Decimal(4_000),
        min_notional=Decimal(least),
        tick=Decimal("0.1"),
        taker_fee=Decimal("0.0005"),
        maker_fee=Decimal("0.0002"),
        tiers=(MarginTier(0.0, 0.004, 50.0),),
        cite="simulated",
    )


CONTRACTS = (
    _contract("BTCUSDT", Payoff.LINEAR, "1", "0.001", "5"),
    _contract("ETHUSDT", Payoff.LINEAR, "0.01", "1", "20"),
    _contract("SOLUSD", Payoff.INVERSE, "10", "1", "10"),
)


def drawn_plan(random: Random, market: SimMarket, name: str, wanted: AccountModes) -> Programme | None:
    """Return a plan for what is held now, None where one of its legs cannot be traded."""
    chosen = random.sample(CONTRACTS, random.randint(1, 3))
    legs = [Wanted(contract, _units(random, market, contract)) for contract in chosen]
    facts = {
        contract.name: LegFacts(
            market.quantity(contract.name),
            market.mark(contract),
            AccountModes(False, "cross", Decimal(5)),
            Decimal(10**6),
            random.choice((5e5, 1e6, 1e7)),
            0.03,
            known=random.random() < 0.5,
        )
        for contract in chosen
    }
    found = schedule(_ticket(random, market.now, name, wanted), legs, facts)
    return found if isinstance(found, Programme) else None


def _units(random: Random, market: SimMarket, contract: Instrument) -> Decimal:
    held = market.quantity(contract.name)
    value = Decimal(random.randint(30, 3_000))
    units = value if contract.payoff is Payoff.INVERSE else value / market.mark(contract)
    opened = to_lots(units, lot_units(contract)) * random.choice((1, -1))
    return -held if held and random.random() < 0.4 else opened


def _ticket(random: Random, at: int, name: str, wanted: AccountModes) -> Ticketed:
    style = Style(
        kind=random.choice(("market", "market", "limit", "post_only")),
        price=Decimal(random.randint(5_000, 50_000)) / 10,
        chase_ms=random.choice((2_000, 10_000)),
        gap_ms=random.choice((0, 0, 1_000)),
        deadline_ms=random.choice((10_000, 30_000, 60_000)),
        at_deadline=random.choice(("cross", "cross", "unwind", "leave")),
    )
    return Ticketed(
        plan=name,
        account=ACCOUNT,
        at=at,
        style=style,
        pace=Pace(participation=500.0) if random.random() < 0.4 else None,
        wanted=wanted,
        stop=Decimal("0.2") if random.random() < 0.3 else None,
        ahead=random.choice((Decimal("0.1"), Decimal("0.25"), Decimal("0.5")))
        if random.random() < 0.25
        else None,
    )
