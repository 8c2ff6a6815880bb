"""What has to be moved where so that each hedge account survives a rally, and is as far from liquidation after it as wanted.

rally_plan(name, look, rally, distance, book) -> RallyPlan

Made of a watch's last look alone: nothing is asked of a venue, and nothing is moved. Spot elsewhere gains in a rally what the
short loses, and does not count as its margin.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

from hedgerow.hedge.margin import Stake, wallet_for
from hedgerow.hedge.survival import HedgeAccount
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.instruments import Payoff
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import contracts_of
from hedgerow.model.portfolio import Portfolio, Position, PositionKind
from hedgerow.model.rally import RallyNeed, RallyPlan
from hedgerow.model.watched import Look, PositionRow

__all__ = ["rally_plan"]


def rally_plan(
    name: str, look: Look, rally: float, distance: float, book: Portfolio | None = None
) -> RallyPlan:
    """Return what each account needs today to be `distance` from liquidation once all coins have risen by `rally`.

    Both are fractions of the price. An account that a rally does not endanger, being long, needs the distance alone.
    """
    if look.held is None or look.coins is None:
        return RallyPlan(name, look.at, rally, distance, (), look.trouble or "the positions are not known")
    if look.traded_usd:
        said = "it traded at its last look: ask again after the next"
        return RallyPlan(name, look.at, rally, distance, (), said)
    prices = {row.name: float(row.number) for row in look.prices}
    sold = [row.instrument.symbol for row in look.held if is_option(row.instrument) and row.units < 0]
    if sold:
        said = f"{', '.join(sold)}: what a sold option needs in a rally is not counted here; `hedgerow options` says it"
        return RallyPlan(name, look.at, rally, distance, (), said)
    rows_held = [row for row in look.held if not is_option(row.instrument)]
    missing = [row.instrument.name for row in rows_held if row.instrument.name not in prices]
    if missing:
        return RallyPlan(
            name, look.at, rally, distance, (), f"{', '.join(missing)}: no price at the last look"
        )
    coins = {row.name: float(row.number) for row in look.coins}
    groups: dict[tuple[str, str], list[PositionRow]] = {}
    for row in rows_held:
        groups.setdefault((row.instrument.venue, row.instrument.settle), []).append(row)
    needs = []
    for (venue, settle), rows in sorted(groups.items()):
        settle_usd, assumed = _price(settle, rows, prices)
        if math.isnan(settle_usd):
            return RallyPlan(name, look.at, rally, distance, (), f"{settle}: no price at the last look")
        account = _account((venue, settle), rows, prices, coins.get(settle, 0.0), settle_usd)
        lacking = _lacking(account, rally, distance)
        free = _sources(book.positions if book is not None else (), venue, settle)
        reach = account.distance
        needs.append(
            RallyNeed(
                account.name,
                settle,
                account.equity_usd,
                account.net_usd,
                reach if math.isfinite(reach) else None,
                lacking,
                lacking / settle_usd,
                settle_usd,
                assumed,
                free,
            )
        )
    return RallyPlan(name, look.at, rally, distance, tuple(needs))


def _lacking(account: HedgeAccount, rally: float, distance: float) -> float:
    """Dollars today: a wallet in the coin itself grows on the way, and is worth less of it now."""
    move = (1.0 + rally) * (1.0 + distance) - 1.0 if account.net_usd < 0.0 else distance
    wanted = wallet_for(account.stakes, move, math.inf, in_coin=account.in_coin)
    return max(wanted - account.equity_usd, 0.0)


def _account(
    name: tuple[str, str],
    rows: Iterable[PositionRow],
    prices: dict[str, float],
    coins: float,
    settle_usd: float,
) -> HedgeAccount:
    stakes, profit = [], 0.0
    for row in rows:
        contract, price = row.instrument, prices[row.instrument.name]
        count = float(contracts_of(contract, row.units))
        quoted = price if contract.payoff is Payoff.INVERSE else price / settle_usd
        profit += contract.pnl(count, float(row.entry), quoted) * settle_usd
        stakes.append(Stake(contract, count * contract.dollar_delta(price, settle_usd), price, settle_usd))
    return HedgeAccount(*name, tuple(stakes), coins * settle_usd + profit, settle_usd)


def _price(settle: str, rows: Iterable[PositionRow], prices: dict[str, float]) -> tuple[float, bool]:
    """Dollars of the settlement coin, and whether they are assumed; a coin's own contract has its price."""
    if settle in prices:
        return prices[settle], False
    own = (prices[row.instrument.name] for row in rows if row.instrument.underlying == settle)
    found = next(own, math.nan)
    return (1.0, True) if math.isnan(found) and is_stablecoin(settle) else (found, False)


def _sources(rows: Iterable[Position], venue: str, settle: str) -> tuple[tuple[str, Decimal], ...]:
    """Free coins of that kind that are not at the venue's hedge account already, by where they are."""
    found: dict[str, Decimal] = {}
    for row in rows:
        free = row.symbol == settle and row.instrument is None and not row.locked and row.quantity > 0
        there = row.kind is PositionKind.COLLATERAL and row.account == venue
        if free and not there:
            found[row.account] = found.get(row.account, Decimal(0)) + row.quantity
    return tuple(sorted(found.items()))
