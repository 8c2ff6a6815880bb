"""What could go wrong: named scenarios and replays against the book with and without its hedge (domain §7).

    stress(plan, exposure) -> rows

Profits are first order in the dollars that move with each coin, which is exact for spot, linear contracts and, in
dollars, inverse ones opened at the price of the ticket; options of the book are revalued.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.accounts import open_stakes
from hedgerow.hedge.crash import CRASH, CRASH_ALT, returns_of_the_day
from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.margin import Stake, maintenance_after
from hedgerow.hedge.options.held import beyond_first_order
from hedgerow.hedge.plan import HedgePlan, Leg, MarginAccount
from hedgerow.hedge.pool import BENCHMARKS
from hedgerow.hedge.ticket import StressRow
from hedgerow.model.coins import WRAPPED, is_stablecoin
from hedgerow.model.display import percent_text
from hedgerow.model.instruments import Payoff
from hedgerow.model.market import Market

__all__ = ["stress"]

_FACTOR_MOVES = (-0.30, -0.20, -0.10, 0.10, 0.20, 0.30)
_SECTOR_FALL = -0.30
_MOST_SECTORS = 3
_SMALL_SECTOR = 0.02
_DEPEG = 0.88
_VENUE_MARK = 0.65
_STAKED_DISCOUNT = 0.06
_FUNDING_SQUEEZE = -0.02
_SQUEEZE_INTERVALS = 9
_BASIS_GAP = -0.22


@dataclass(frozen=True, slots=True)
class _Scene:
    """A plan and its exposure, ready to be shocked; `betas` are total betas to a common move of all factors."""

    plan: HedgePlan
    exposure: Exposure
    betas: Mapping[str, float]

    def moves(self, factor_move: float, alt: Callable[[float], float]) -> dict[str, float]:
        """Return each coin's return: the factors as told, BTC and ETH by their beta, the alts as `alt` of theirs."""
        moved: dict[str, float] = {}
        for symbol, beta in self.betas.items():
            if symbol in self.exposure.factors:
                moved[symbol] = factor_move
            elif is_stablecoin(symbol):
                moved[symbol] = 0.0
            else:
                moved[symbol] = beta * factor_move if symbol in BENCHMARKS else alt(beta)
        return moved


def stress(
    plan: HedgePlan, exposure: Exposure, sectors: Mapping[str, str], market: Market | None = None
) -> tuple[StressRow, ...]:
    """Return the stress table of domain §7 for the book and the hedge `plan` adds to it.

    Coins whose beta is unknown are left out of every row, as they are of the exposure. With a `market` that covers
    2025-10-10 the replay takes each coin's own return of that day; where it has none, the median alt's.
    """
    totals = {s: float(np.sum(exposure.betas.of(s))) for s in exposure.betas.symbols}
    scene = _Scene(plan, exposure, {s: b for s, b in totals.items() if np.isfinite(b)})
    return (
        *(_factor_row(scene, move) for move in _FACTOR_MOVES),
        *_correlation_rows(scene),
        _replay(scene, market),
        *_sector_rows(scene, sectors),
        *_peg_rows(scene),
        *_venue_rows(scene),
    )


def _row(scene: _Scene, name: str, description: str, moves: Mapping[str, float]) -> StressRow:
    book = sum(row.delta_usd * moves.get(row.symbol, 0.0) for row in scene.exposure.rows)
    book += _of_options(scene, moves)
    gone, top_up = _liquidations(scene, moves)
    hedge = 0.0
    for account in scene.plan.margin:
        legs = [leg for leg in scene.plan.legs if account_of(leg) == account.account]
        gained = sum(leg.signed_usd * moves.get(leg.instrument.underlying, 0.0) for leg in legs)
        hedge += max(gained, -_collateral(account)) if account.account in gone else gained
    return StressRow(name, description, book, hedge, book + hedge, gone, top_up)


def _of_options(scene: _Scene, moves: Mapping[str, float]) -> float:
    """What the book's options gain beyond their delta: they are revalued, volatilities as they are."""
    options = scene.exposure.options
    return sum(
        float(beyond_first_order(options, coin, np.array([moves.get(coin, 0.0)]))[0])
        for coin in dict.fromkeys(held.coin for held in options)
    )


def _collateral(account: MarginAccount) -> float:
    return account.collateral_usd if np.isfinite(account.collateral_usd) else account.required_usd


def _liquidations(scene: _Scene, moves: Mapping[str, float]) -> tuple[tuple[str, ...], float]:
    """Name the accounts that `moves` would liquidate and the dollars that would have saved them.

    A liquidated account loses its collateral and no more: what the market does after that is the book's alone.
    """
    gone: list[str] = []
    top_up = 0.0
    for account in scene.plan.margin:
        legs = [leg for leg in scene.plan.legs if account_of(leg) == account.account]
        stakes = [Stake(leg.instrument, leg.signed_usd, leg.price_usd, 1.0) for leg in legs]
        short_of = _shortfall(account, stakes + open_stakes(account.account, scene.exposure.worth), moves)
        if short_of > 0:
            gone.append(account.account)
            top_up += short_of
    return tuple(gone), top_up


def account_of(leg: Leg) -> str:
    """Return the account a leg's margin is held in: its venue and settlement coin."""
    return f"{leg.instrument.venue}/{leg.instrument.settle}"


def _shortfall(account: MarginAccount, stakes: list[Stake], moves: Mapping[str, float]) -> float:
    """Dollars by which the account's collateral falls short of loss and maintenance after `moves`."""
    needed, grown = 0.0, 1.0
    for stake in stakes:
        move = moves.get(stake.instrument.underlying, 0.0)
        needed += maintenance_after((stake,), move) - stake.dollars * move
        if stake.instrument.payoff is Payoff.INVERSE:
            grown = 1.0 + move
    return needed - _collateral(account) * grown


def _factor_row(scene: _Scene, move: float) -> StressRow:
    names = " and ".join(scene.exposure.factors)
    described = f"{names} {percent_text(move, signed=True)}, every coin by its beta"
    return _row(
        scene,
        f"{names} {percent_text(move, signed=True)}",
        described,
        scene.moves(move, lambda beta: beta * move),
    )


def _correlation_rows(scene: _Scene) -> tuple[StressRow, ...]:
    factor = scene.exposure.factors[0]
    doubled = scene.moves(-0.10, lambda beta: -0.20 * beta)
    majors = " and ".join(name for name in BENCHMARKS if name not in scene.exposure.factors)
    return (
        _row(
            scene,
            "alts fall twice their beta",
            f"{factor} −10 %, {majors} by beta, every other coin by twice its beta",
            doubled,
        ),
        _row(
            scene,
            "alts flat, rally",
            f"{factor} +30 %, {majors} by beta, every other coin 0",
            scene.moves(0.30, lambda _: 0.0),
        ),
    )


def _replay(scene: _Scene, market: Market | None) -> StressRow:
    """The day on which alts fell four times their beta (domain §3.5, TV43)."""
    own = returns_of_the_day(market, tuple(scene.betas)) if market is not None else {}
    moves = {s: 0.0 if is_stablecoin(s) else own.get(s, CRASH.get(s, CRASH_ALT)) for s in scene.betas}
    seen = sum(1 for symbol in moves if symbol in own)
    told = f"BTC {percent_text(moves.get('BTC', CRASH['BTC']), 1)}; {seen} of {len(moves)} coins by their own return that day"
    return _row(
        scene,
        "2025-10-10 replayed",
        f"{told}, the others by the median alt's, {percent_text(CRASH_ALT, 1)}"
        if seen < len(moves)
        else told,
        moves,
    )


def _sector_rows(scene: _Scene, sectors: Mapping[str, str]) -> tuple[StressRow, ...]:
    """A row for each of the largest sectors of the book: its coins −30 %, the factor 0."""
    held: dict[str, float] = {}
    for row in scene.exposure.rows:
        sector = sectors.get(row.symbol, "")
        if sector and row.symbol not in scene.exposure.factors and not is_stablecoin(row.symbol):
            held[sector] = held.get(sector, 0.0) + row.delta_usd
    if not held:
        return ()
    gross = scene.exposure.worth.gross_usd
    largest = sorted(held, key=lambda name: -abs(held[name]))
    shown = largest[:1] + [
        name for name in largest[1:_MOST_SECTORS] if abs(held[name]) >= _SMALL_SECTOR * gross
    ]
    return tuple(_sector_row(scene, name, sectors) for name in shown)


def _sector_row(scene: _Scene, sector: str, sectors: Mapping[str, str]) -> StressRow:
    moves = {
        s: _SECTOR_FALL
        for s in scene.betas
        if sectors.get(s, "") == sector and s not in scene.exposure.factors
    }
    told = f"every {sector} coin −30 %, {scene.exposure.factors[0]} and the rest 0"
    found = _row(scene, f"{sector} −30 %", told, moves)
    return found if found.hedge_usd else replace(found, description=f"{told}: no market hedge helps")


def _peg_rows(scene: _Scene) -> tuple[StressRow, ...]:
    stable = {row.symbol: row.delta_usd for row in scene.exposure.rows if is_stablecoin(row.symbol)}
    depegged = {symbol: _DEPEG - 1.0 for symbol in stable if symbol == "USDC"}
    marked = {symbol: _VENUE_MARK - 1.0 for symbol in stable if symbol in {"USDE", "USDD", "CRVUSD", "MIM"}}
    rows = [
        _row(scene, "USDC at 0.88", "as on 2023-03-11", depegged),
        _row(scene, "synthetic dollar marked 0.65", "USDe on one venue, 2025-10-10", marked),
    ]
    staked = sum(
        h.value_usd
        for h in scene.exposure.worth.holdings
        if h.position.symbol in WRAPPED and np.isfinite(h.value_usd)
    )
    lost = -_STAKED_DISCOUNT * staked
    rows.append(
        StressRow("staked tokens 6 % below", "a discount on every wrapped or staked token", lost, 0.0, lost)
    )
    return tuple(rows)


def _cash_row(scene: _Scene, name: str, description: str, gained: Mapping[str, float]) -> StressRow:
    """What each leg gains in cash while its underlying stands still; an account that cannot pay is liquidated."""
    gone: list[str] = []
    top_up, hedge = 0.0, 0.0
    for account in scene.plan.margin:
        legs = [leg for leg in scene.plan.legs if account_of(leg) == account.account]
        change = sum(gained.get(leg.instrument.name, 0.0) for leg in legs)
        short_of = account.maintenance_usd - change - _collateral(account)
        if change < 0.0 < short_of:
            gone.append(account.account)
            top_up += short_of
            change = max(change, -_collateral(account))
        hedge += change
    return StressRow(name, description, 0.0, hedge, hedge, tuple(gone), top_up)


def _venue_rows(scene: _Scene) -> tuple[StressRow, ...]:
    legs = scene.plan.legs
    dated = any(not leg.instrument.is_perpetual for leg in legs)
    factor = scene.exposure.factors[0]
    naked = _row(scene, "", "", scene.moves(-0.10, lambda beta: -0.10 * beta))
    adl = "the exchange closes the whole hedge, then another 10 % down: the book stands alone"
    frozen = "no order goes through for 2 h while the hedge account cannot be topped up: " + (
        f"{factor} +10 % first" if legs else "nothing is hedged"
    )
    up = _row(scene, "", "", scene.moves(0.10, lambda beta: 0.10 * beta))
    by_funding = {
        leg.instrument.name: leg.signed_usd * -_FUNDING_SQUEEZE * _SQUEEZE_INTERVALS
        for leg in legs
        if leg.instrument.is_perpetual
    }
    hit = [leg for leg in legs if not dated or not leg.instrument.is_perpetual]
    by_basis = {leg.instrument.name: -abs(leg.signed_usd * _BASIS_GAP) for leg in hit}
    return (
        _cash_row(scene, "funding −2 % per 8 h, 3 days", "shorts pay longs at the venue's floor", by_funding),
        _cash_row(
            scene, "basis −22 %", "the contract trades 22 % away from the index, against the hedge", by_basis
        ),
        StressRow("hedge lost (ADL)", adl, naked.book_usd, 0.0, naked.book_usd),
        StressRow(
            "venue frozen 2 h", frozen, up.book_usd, up.hedge_usd, up.net_usd, up.liquidated, up.top_up_usd
        ),
    )
