"""Contracts in a book: named from the catalogue, or described by the columns of their own row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from hedgerow.model.instruments import Instrument, MarginTier, Payoff

__all__ = ["PAYOFFS", "by_name", "described", "expiry_of"]

PAYOFFS: Mapping[str, Payoff] = {
    "perp": Payoff.LINEAR,
    "perpetual": Payoff.LINEAR,
    "linear": Payoff.LINEAR,
    "future": Payoff.LINEAR,
    "inverse": Payoff.INVERSE,
    "quanto": Payoff.QUANTO,
}
"""What the column `kind` says of a contract, and how it pays."""

# The lowest bracket that venues commonly give a coin that is not BTC or ETH: what is described knows no better.
_TIER = (MarginTier(0.0, 0.01, 20.0),)
_STAMP = re.compile(r"[-_](\d{2})(\d{2})(\d{2})$")
_DAY_MONTH = re.compile(r"[-_](\d{1,2})(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(\d{2})$")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SETTLEMENT_HOUR = 8


def by_name(instruments: tuple[Instrument, ...]) -> dict[str, Instrument]:
    """Return the contracts under both their names, `SYMBOL` and `VENUE:SYMBOL`; the first of a symbol wins."""
    named: dict[str, Instrument] = {}
    for contract in instruments:
        named.setdefault(contract.name.upper(), contract)
        named.setdefault(contract.symbol.upper(), contract)
    return named


def expiry_of(text: str, name: str) -> datetime | None:
    """Return when a contract expires: what the column says, else the date in its name at 08:00 UTC; None for neither.

    Raises `ValueError` for a text that is no date.
    """
    if text:
        moment = datetime.fromisoformat(text)
        if len(text) <= len("2025-12-26"):
            moment = moment.replace(hour=_SETTLEMENT_HOUR)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    stamp, named = _STAMP.search(name), _DAY_MONTH.search(name)
    if stamp:
        year, month, day = (int(part) for part in stamp.groups())
    elif named:
        day, month, year = int(named[1]), _MONTHS.index(named[2]) + 1, int(named[3])
    else:
        return None
    return datetime(2000 + year, month, day, _SETTLEMENT_HOUR, tzinfo=UTC)


def described(
    coin: str,
    payoff: Payoff,
    multiplier: Decimal,
    settle: str,
    *,
    name: str,
    venue: str,
    expiry: datetime | None,
) -> Instrument:
    """Return the contract that a row describes.

    Its lot, tick and fees are ordinary ones and its one margin bracket is cautious, because the book does not say.
    """
    linear = payoff is Payoff.LINEAR
    lot = Decimal("0.001") if linear else Decimal(1)
    return Instrument(
        venue=venue,
        symbol=name,
        underlying=coin,
        payoff=payoff,
        quote=settle if linear else "USD",
        settle=settle,
        multiplier=multiplier,
        lot=lot,
        min_contracts=lot,
        max_contracts=None,
        min_notional=Decimal(5),
        tick=Decimal("0.01"),
        taker_fee=Decimal("0.0005"),
        maker_fee=Decimal("0.0002"),
        tiers=_TIER,
        expiry=expiry,
        funding_interval_hours=None if expiry else 8.0,
        cite="as described in the book; lot, tick, fees and margin are ordinary ones",
    )
