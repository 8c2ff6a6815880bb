"""What ends a contract on the way: it is rolled into the next, it expires, the venue takes it (domain §5, §6.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.exchange import (
    Deleveraged,
    Event,
    ExchangeState,
    Expired,
    Marked,
    Ordered,
    Outcome,
    Refusal,
    step,
)
from hedgerow.hedge.charges import entry_rate
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import find, undated
from hedgerow.hedge.rolls import ROLLING, days_left, far_of, reason_to_roll
from hedgerow.hedge.terms import terms_of
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.runs.desk import order_of, priced
from hedgerow.runs.learning import Known, in_reach
from hedgerow.runs.past import Past
from hedgerow.runs.prices import Prices
from hedgerow.runs.scene import Scene
from hedgerow.runs.settings import Deleverage
from hedgerow.stats.carry import basis_beta

__all__ = ["Rolling", "ending", "knowing", "rolled", "rolls_due", "undated_names"]

_RECENT_DAYS = 90.0


@dataclass(frozen=True, slots=True)
class Rolling:
    """One roll: the near contract closed and the far one opened, in one step, and why now."""

    near: Ordered
    far: Ordered
    reason: str


def undated_names(policy: Policy, past: Past) -> Policy:
    """Return the policy with dated contracts named whatever their date: the run rolls them.

    Raises `UnknownSymbol` for one that is not listed when the run begins.
    """
    names = policy.instruments
    if not isinstance(names, tuple) or all(undated(name) == name for name in names):
        return policy
    listed = past.catalogue(past.views(past.panel.first)[1])
    dated = [name for name in names if undated(name) != name]
    found = {name: undated(find(listed, name).symbol) for name in dated}
    return replace(policy, instruments=tuple(found.get(name, name) for name in names))


def knowing(known: Known, policy: Policy, past: Past, scene: Scene, t: int) -> Known:
    """Return what is known with the dated contracts of bar `t`: those held, and those listed then that are not soon rolled.

    Each has its slope on its coin, from the last 90 days of both prices. A run without dated contracts knows what it did.
    """
    if all(c.expiry is None for c in known.contracts):
        return known
    market, hedge = past.views(t)
    listed = in_reach(past.catalogue(hedge), policy, market)
    now = scene.prices.times[t]
    held = {h.instrument.name: h.instrument for h in scene.state.holdings if h.instrument.expiry}
    open_for = {c.name: c for c in listed if c.expiry and days_left(c, now) > ROLLING.start_days}
    dated = tuple({**open_for, **held}.values())
    slopes = {c.symbol: known.betas.slopes.get(c.symbol) or _slope(scene, c, t) for c in dated}
    others = tuple(c for c in known.contracts if c.expiry is None)
    return replace(known, contracts=(*others, *dated), betas=replace(known.betas, slopes=slopes))


def _slope(scene: Scene, contract: Instrument, t: int) -> float:
    prices = scene.prices
    day = float((prices.times[t] - prices.times[t - 1]) / np.timedelta64(1, "D"))
    since = max(t - round(_RECENT_DAYS / day), 0)
    own = (prices.last(contract) * prices.coin(contract.quote))[since : t + 1]
    coin = prices.coin(contract.underlying)[since : t + 1]
    return basis_beta(own[1:] / own[:-1] - 1.0, coin[1:] / coin[:-1] - 1.0)


def rolls_due(known: Known, scene: Scene, t: int, hedge: Market) -> list[Rolling]:
    """Return the rolls of bar `t`: as many contracts of the far one as are held of the near."""
    now, bar_days, found = scene.prices.times[t], hedge.bar_hours / 24.0, []
    for held in scene.state.holdings:
        near = held.instrument
        far = far_of(near, known.contracts, now)
        if far is None:
            continue
        sizes = {near: -held.contracts, far: held.contracts}
        view = priced(hedge, scene, t, (near, far))
        terms = {c.name: terms_of(c, known.betas, view) for c in sizes}
        cost = sum(entry_rate(terms[c.name], float(n) * terms[c.name].delta_usd) for c, n in sizes.items())
        prices = scene.price_usd(near, t), scene.price_usd(far, t)
        units = scene.delta(near, float(held.contracts), t) / prices[0]
        reason = reason_to_roll(near, far, units, prices, cost / 2.0, now, bar_days)
        if reason:
            closing, opening = (order_of(c, n, terms) for c, n in sizes.items())
            found.append(Rolling(closing, opening, reason))
    return found


def rolled(
    state: ExchangeState, rolling: Rolling, prices: Prices, t: int
) -> tuple[ExchangeState, tuple[Outcome, ...]]:
    """Return the state after both trades of a roll; as it was, with the refusals, where the venue takes not both."""
    after, outcomes = state, tuple[Outcome, ...]()
    for order in (rolling.near, rolling.far):
        contract = order.instrument
        after, _ = step(after, Marked({contract.name: float(prices.mark(contract)[t])}))
        after, done = step(after, replace(order, arrival=float(prices.last(contract)[t])))
        outcomes += done
    refused = tuple(o for o in outcomes if isinstance(o, Refusal))
    return (state, refused) if refused else (after, outcomes)


def ending(scene: Scene, t: int, script: tuple[Deleverage, ...] = ()) -> list[Event]:
    """Return the expiries of bar `t`, each at its settlement price, then what `script` has the venue take."""
    expired = [
        Expired(h.instrument, float(scene.prices.last(h.instrument)[t]))
        for h in scene.state.holdings
        if scene.prices.ends(h.instrument) == t
    ]
    return [*expired, *_taken(script, scene, t)]


def _taken(script: tuple[Deleverage, ...], scene: Scene, t: int) -> list[Deleveraged]:
    """What the venue takes in bar `t`, at the script's price or the last one."""
    times = scene.prices.times
    return [
        Deleveraged(
            h.instrument,
            adl.share,
            float(scene.prices.last(h.instrument)[t]) if adl.price is None else adl.price,
        )
        for adl in script
        if times[t - 1] < adl.time <= times[t]
        for h in scene.state.holdings
        if adl.symbol in {"", h.instrument.symbol, h.instrument.name}
    ]
