"""The margin accounts of a plan: one for each venue and settlement coin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.collateral import Collateral
from hedgerow.hedge.margin import Stake, maintenance_after, survivable_move, wallet_for
from hedgerow.hedge.plan import MarginAccount
from hedgerow.hedge.terms import Terms
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.instruments import Payoff
from hedgerow.model.risk import RiskModel
from hedgerow.stats.margin import distance_rule
from hedgerow.stats.risk import first_passage_probability

__all__ = ["AccountRules", "account_name", "accounts_of", "liquidation_price_of"]


@dataclass(frozen=True, slots=True)
class AccountRules:
    """How margin is judged: the leverage cap, the distance to keep (None: the rule), the horizon of the risk.

    `collateral` is what there is for it; None lets the plan compute what it needs.
    """

    max_leverage: float = 3.0
    least_distance: float | None = None
    horizon_days: float = 30.0
    collateral: Collateral | None = None


def account_name(terms: Terms) -> str:
    """Return the account a contract's margin is held in: its venue and settlement coin."""
    return f"{terms.instrument.venue}/{terms.instrument.settle}"


def accounts_of(
    trades: tuple[tuple[Terms, float], ...],
    worth: Valuation,
    risk: RiskModel,
    rules: AccountRules,
) -> tuple[MarginAccount, ...]:
    """Return the accounts that `trades` (terms and signed dollars) need, with what they survive.

    Contracts that the book already holds at the venue in the same settlement coin share the account; the same contract
    is one position, bought and sold against itself. Collateral in
    the plan goes to accounts in proportion to what they require.
    """
    collateral = rules.collateral
    groups: dict[str, list[tuple[Terms, float]]] = {}
    for terms, dollars in trades:
        groups.setdefault(account_name(terms), []).append((terms, dollars))
    drafts = {name: _stakes(group, worth) for name, group in groups.items()}
    needed = {
        name: wallet_for(
            stakes,
            _distance(stakes, risk, rules),
            rules.max_leverage,
            in_coin=_in_coin(groups[name], collateral),
        )
        for name, stakes in drafts.items()
    }
    given = float("nan")
    if collateral is not None and groups:
        given = collateral.value_usd(worth, next(iter(groups.values()))[0][0].instrument.venue)
    whole = sum(needed.values())
    return tuple(
        _account(
            name,
            stakes,
            given * (needed[name] / whole if whole > 0 else 1.0),
            needed[name],
            _in_coin(groups[name], collateral),
            groups[name][0][0].instrument.settle,
            risk,
            rules,
        )
        for name, stakes in drafts.items()
    )


def _stakes(group: list[tuple[Terms, float]], worth: Valuation) -> tuple[Stake, ...]:
    new = [Stake(t.instrument, dollars, t.price_usd, t.settle_usd) for t, dollars in group]
    venue, settle = group[0][0].instrument.venue, group[0][0].instrument.settle
    held = [
        Stake(contract, h.delta_usd[0][1], h.price_usd, group[0][0].settle_usd)
        for h in worth.holdings
        if (contract := h.position.instrument) is not None
        and contract.venue == venue
        and contract.settle == settle
        and h.delta_usd
    ]
    one_way: dict[str, Stake] = {}
    for stake in new + held:
        before = one_way.get(stake.instrument.name)
        one_way[stake.instrument.name] = (
            replace(before, dollars=before.dollars + stake.dollars) if before else stake
        )
    return tuple(one_way.values())


def _in_coin(group: list[tuple[Terms, float]], collateral: Collateral | None) -> bool:
    """True where the wallet is the underlying itself: inverse contracts, or collateral given in that coin."""
    instrument = group[0][0].instrument
    if instrument.payoff is Payoff.INVERSE:
        return True
    return collateral is not None and collateral.coin == instrument.underlying


def _distance(stakes: tuple[Stake, ...], risk: RiskModel, rules: AccountRules) -> float:
    if rules.least_distance is not None:
        return rules.least_distance
    return distance_rule(_volatility(stakes, risk) * float(np.sqrt(365.0)))


def _volatility(stakes: tuple[Stake, ...], risk: RiskModel) -> float:
    """Daily volatility of the account's own mix of underlyings."""
    weights = np.zeros(len(risk.symbols))
    for stake in stakes:
        weights[risk.index((stake.instrument.underlying,))[0]] += stake.dollars
    net = abs(sum(stake.dollars for stake in stakes))
    return risk.volatility(weights) / net if net > 0 else 0.0


def _account(
    name: str,
    stakes: tuple[Stake, ...],
    collateral_usd: float,
    required: float,
    in_coin: bool,
    settle: str,
    risk: RiskModel,
    rules: AccountRules,
) -> MarginAccount:
    wallet = collateral_usd if np.isfinite(collateral_usd) else required
    gross = sum(abs(stake.dollars) for stake in stakes)
    reach = survivable_move(stakes, wallet, in_coin=in_coin)
    shorts = sum(stake.dollars for stake in stakes) < 0
    yearly = _volatility(stakes, risk) * np.sqrt(365.0)
    chance = 0.0
    if reach is not None and yearly > 0:
        barrier = 1.0 + reach if shorts else 1.0 - reach
        chance = (
            1.0 if reach == 0 else first_passage_probability(1.0, barrier, yearly, rules.horizon_days / 365.0)
        )
    return MarginAccount(
        account=name,
        settle=settle,
        collateral_usd=collateral_usd,
        initial_usd=gross / rules.max_leverage,
        maintenance_usd=maintenance_after(stakes, 0.0),
        required_usd=required,
        leverage=gross / wallet if wallet > 0 else float("inf"),
        max_rally=reach,
        required_rally=_distance(stakes, risk, rules),
        liquidation_probability=chance,
        horizon_days=rules.horizon_days,
        shorts=shorts,
        net_usd=sum(stake.dollars for stake in stakes),
        in_coin=in_coin,
    )


def liquidation_price_of(terms: Terms, account: MarginAccount) -> float | None:
    """Return the contract's price, in its quote coin, at the account's liquidation; None where there is none."""
    if account.max_rally is None:
        return None
    moved = 1.0 + account.max_rally if account.shorts else 1.0 - account.max_rally
    return terms.price_usd / terms.quote_usd * moved
