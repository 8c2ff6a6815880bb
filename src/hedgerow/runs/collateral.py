"""How much margin a run puts in: what the distance rule wants, or what the owner gave, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hedgerow.exchange import Deposited, Ordered, equity, step
from hedgerow.hedge.margin import Stake, wallet_for
from hedgerow.hedge.policy import Policy
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.runs.desk import Trades
from hedgerow.runs.scene import Scene

__all__ = ["Staked", "margin_wanted", "staked"]

_Legs = list[tuple[Instrument, float]]
_MOST_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Staked:
    """Trades with the margin to be put in for them, by settlement coin, and the `distance` it was made for."""

    trades: Trades
    margin: tuple[tuple[str, float], ...]
    distance: float


def staked(
    decided: Callable[[Scene], Trades], scene: Scene, t: int, policy: Policy, distance: float
) -> Staked:
    """Return what `decided` trades once its margin is in the account.

    Margin in a coin has a beta of its own, which the hedge has to take out besides, and that takes more margin
    (TV15c): each round counts what the round before put in, until no order changes.
    """
    put: dict[str, float] = {}
    before: tuple[Ordered, ...] | None = None
    for _ in range(_MOST_ROUNDS):
        trades = decided(scene)
        distance = distance if trades.distance is None else trades.distance
        wanted = margin_wanted(scene, t, trades.orders, policy, distance)
        for settle, coins in wanted:
            put[settle] = put.get(settle, 0.0) + coins
        if trades.orders == before or all(is_stablecoin(settle) for settle, _ in wanted):
            break
        before = trades.orders
        for settle, coins in wanted:
            scene = replace(scene, state=step(scene.state, Deposited(settle, coins))[0])
    return Staked(trades, tuple(put.items()), distance)


def margin_wanted(
    scene: Scene, t: int, orders: Sequence[Ordered], policy: Policy, distance: float
) -> list[tuple[str, float]]:
    """Return coins to deposit, by settlement coin, so that what is open after `orders` survives `distance`."""
    given = policy.rules.collateral
    if given is not None:
        return [] if given.coin in scene.state.accounts else [(given.coin, float(given.amount))]
    found = []
    for settle, legs in _after(scene, orders).items():
        account = scene.state.account(settle)
        there = equity(scene.state, account) if account.holdings else account.wallet
        short = _wanted(scene, t, settle, legs, policy.limits.max_leverage, distance) - there
        if short > 0.0:
            found.append((settle, short))
    return found


def _after(scene: Scene, orders: Sequence[Ordered]) -> dict[str, _Legs]:
    """Signed contracts by settlement coin once `orders` are filled."""
    sizes = {h.instrument.name: (h.instrument, float(h.contracts)) for h in scene.state.holdings}
    for order in orders:
        before = sizes.get(order.instrument.name, (order.instrument, 0.0))[1]
        sizes[order.instrument.name] = (order.instrument, before + float(order.contracts))
    found: dict[str, _Legs] = {}
    for contract, contracts in sizes.values():
        if contracts:
            found.setdefault(contract.settle, []).append((contract, contracts))
    return found


def _wanted(scene: Scene, t: int, settle: str, legs: _Legs, leverage: float, distance: float) -> float:
    coin = float(scene.prices.coin(settle)[t])
    stakes = tuple(Stake(c, scene.delta(c, n, t), scene.price_usd(c, t), coin) for c, n in legs)
    inverse = any(c.payoff is Payoff.INVERSE for c, _ in legs)
    return wallet_for(stakes, distance, leverage, in_coin=inverse) / coin
