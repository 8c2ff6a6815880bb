"""The margin accounts of a plan: one for each venue and settlement coin."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.collateral import NEW, Collateral
from hedgerow.hedge.margin import Stake, maintenance_after, survivable_move, wallet_for
from hedgerow.hedge.plan import MarginAccount
from hedgerow.hedge.terms import Terms
from hedgerow.hedge.valuation import Holding, Valuation
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Payoff
from hedgerow.model.portfolio import PositionKind
from hedgerow.model.risk import RiskModel
from hedgerow.stats.margin import distance_rule
from hedgerow.stats.risk import first_passage_probability

__all__ = [
    "AccountRules",
    "account_name",
    "accounts_of",
    "distance_wanted",
    "liquidation_price_of",
    "move_alone",
    "open_stakes",
]


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
    """Return the accounts that `trades` (terms and signed dollars) need, and those of contracts already open.

    Contracts that the book already holds at the venue in the same settlement coin share the account; the same contract
    is one position, bought and sold against itself. What the book keeps there as collateral, and the profit of its
    contracts, counts beside new collateral. Collateral in the plan goes to accounts in proportion to what they require:
    to those that trade, and where nothing is traded to those that are open at its venue and take its coin.
    """
    groups: dict[str, list[tuple[Terms, float]]] = {}
    for terms, dollars in trades:
        groups.setdefault(account_name(terms), []).append((terms, dollars))
    drafts = {
        name: _Draft(name, _stakes(name, group, worth), group, fed=True) for name, group in groups.items()
    }
    for name in _open_accounts(worth):
        stakes = _stakes(name, [], worth)
        if name not in drafts and all(s.instrument.underlying in risk.symbols for s in stakes):
            drafts[name] = _Draft(name, stakes, [], fed=False)
    if not groups:
        drafts = {name: replace(draft, fed=_feeds(draft, worth, rules)) for name, draft in drafts.items()}
    needed = {
        name: wallet_for(
            draft.stakes,
            distance_wanted(draft.stakes, risk, rules),
            rules.max_leverage,
            in_coin=draft.in_coin(rules),
        )
        for name, draft in drafts.items()
    }
    fed = [name for name, draft in drafts.items() if draft.fed]
    given = _given(rules.collateral, worth, drafts[fed[0]]) if fed else float("nan")
    whole = sum(needed[name] for name in fed)
    return tuple(
        replace(
            _account(
                draft,
                _wallet(draft, worth, rules, given * (needed[name] / whole if whole > 0 else 1.0)),
                needed[name],
                risk,
                rules,
            ),
            told=draft.fed or _there(name, worth),
        )
        for name, draft in drafts.items()
    )


def _feeds(draft: _Draft, worth: Valuation, rules: AccountRules) -> bool:
    """Return whether the plan's collateral goes to an account that is open already, where nothing is traded."""
    collateral, instrument = rules.collateral, draft.stakes[0].instrument
    if collateral is None:
        return False
    dollars = is_stablecoin(instrument.settle)
    if collateral.from_book:
        return dollars and collateral.value_usd(worth, instrument.venue) > 0.0
    at = {h.position.account for h in worth.holdings if h.position.tags == NEW}
    fits = collateral.coin == instrument.settle or (dollars and is_stablecoin(collateral.coin))
    return fits and instrument.venue in at


@dataclass(frozen=True, slots=True)
class _Draft:
    """An account with its positions, new ones netted with those open; `fed`: the plan's collateral goes to it."""

    name: str
    stakes: tuple[Stake, ...]
    trades: list[tuple[Terms, float]]
    fed: bool

    def in_coin(self, rules: AccountRules) -> bool:
        """True where the wallet is the underlying itself: inverse contracts, or collateral given in that coin."""
        instrument = self.stakes[0].instrument
        if instrument.payoff is Payoff.INVERSE:
            return True
        return self.fed and rules.collateral is not None and rules.collateral.coin == instrument.underlying


def _given(collateral: Collateral | None, worth: Valuation, first: _Draft) -> float:
    """Dollars of collateral that the plan was told of, for all accounts it goes to; NaN where it was told of none."""
    if collateral is None:
        return float("nan")
    venue = first.stakes[0].instrument.venue
    dollars = collateral.value_usd(worth, venue)
    if collateral.from_book and not dollars > 0.0:
        raise UsageError(
            f"the book has no free stablecoins at {venue} to put up",
            advice="Give new money, such as --collateral 20000USDT, or leave --collateral out.",
        )
    return dollars


def _wallet(draft: _Draft, worth: Valuation, rules: AccountRules, given: float) -> float:
    """Dollars in the account: what the plan was told of and what is there already; NaN where the plan has to say."""
    if draft.trades and not np.isfinite(given):
        return float("nan")
    from_book = rules.collateral is not None and rules.collateral.from_book
    there = sum(
        h.value_usd
        for h in worth.holdings
        if np.isfinite(h.value_usd)
        and (
            _account_of(h) == draft.name
            if h.position.instrument is not None
            else h.position.kind is PositionKind.COLLATERAL
            and f"{h.position.account}/{h.position.symbol}" == draft.name
            and h.position.tags != NEW
            and not (from_book and draft.fed)
        )
    )
    return there + (given if draft.fed else 0.0)


def _there(name: str, worth: Valuation) -> bool:
    """Whether the book tells what is in an account, be it nothing."""
    rows = (h.position for h in worth.holdings)
    return any(
        p.kind is PositionKind.COLLATERAL and f"{p.account}/{p.symbol}" == name and p.tags != NEW
        for p in rows
    )


def _account_of(holding: Holding) -> str:
    contract = holding.position.instrument
    return f"{contract.venue}/{contract.settle}" if contract is not None else ""


def _open_accounts(worth: Valuation) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(_account_of(h) for h in worth.holdings if h.position.instrument and h.delta_usd)
    )


def _stakes(name: str, group: list[tuple[Terms, float]], worth: Valuation) -> tuple[Stake, ...]:
    new = [Stake(t.instrument, dollars, t.price_usd, t.settle_usd) for t, dollars in group]
    one_way: dict[str, Stake] = {}
    for stake in new + open_stakes(name, worth):
        before = one_way.get(stake.instrument.name)
        one_way[stake.instrument.name] = (
            replace(before, dollars=before.dollars + stake.dollars) if before else stake
        )
    return tuple(one_way.values())


def open_stakes(name: str, worth: Valuation) -> list[Stake]:
    """Return the contracts that the book holds in this account already."""
    return [
        Stake(h.position.instrument, h.delta_usd[0][1], h.price_usd, _settle_usd(h))
        for h in worth.holdings
        if h.position.instrument is not None and _account_of(h) == name and h.delta_usd
    ]


def _settle_usd(holding: Holding) -> float:
    """Dollars of the coin that a quanto settles in, as its own dollars tell; 1 for the others, where nothing asks."""
    contract, contracts = holding.position.instrument, float(holding.position.quantity)
    if contract is None or contract.payoff is not Payoff.QUANTO or not contracts:
        return 1.0
    return holding.delta_usd[0][1] / (contracts * contract.dollar_delta(holding.price_usd))


def distance_wanted(stakes: tuple[Stake, ...], risk: RiskModel, rules: AccountRules) -> float:
    """Return the move against an account of `stakes` that it has to survive: the rule's, or the one that was asked for."""
    if rules.least_distance is not None:
        return rules.least_distance
    return distance_rule(_volatility(stakes, risk) * float(np.sqrt(365.0)))


def _volatility(stakes: tuple[Stake, ...], risk: RiskModel) -> float:
    """Daily volatility of the account's own mix of underlyings."""
    weights = np.zeros(len(risk.symbols))
    for stake in stakes:
        weights[risk.index((stake.instrument.underlying,))[0]] += stake.dollars
    gross = sum(abs(stake.dollars) for stake in stakes)
    return risk.volatility(weights) / gross if gross > 0 else 0.0


def _account(
    draft: _Draft, collateral_usd: float, required: float, risk: RiskModel, rules: AccountRules
) -> MarginAccount:
    stakes, in_coin = draft.stakes, draft.in_coin(rules)
    wallet = collateral_usd if np.isfinite(collateral_usd) else required
    gross, net = sum(abs(stake.dollars) for stake in stakes), sum(stake.dollars for stake in stakes)
    reach, shorts, mix = survivable_move(stakes, wallet, in_coin=in_coin), net < 0, stakes
    if abs(net) < gross:
        alone = [(move_alone(stakes, stake, wallet), stake) for stake in stakes]
        reach, worst = min(alone, key=lambda pair: np.inf if pair[0] is None else float(pair[0]))
        shorts, mix = worst.dollars < 0, (worst,)
    yearly = _volatility(mix, risk) * np.sqrt(365.0)
    chance = 0.0
    if reach is not None and yearly > 0:
        barrier = 1.0 + reach if shorts else 1.0 - reach
        chance = (
            1.0 if reach == 0 else first_passage_probability(1.0, barrier, yearly, rules.horizon_days / 365.0)
        )
    return MarginAccount(
        account=draft.name,
        settle=stakes[0].instrument.settle,
        collateral_usd=collateral_usd,
        initial_usd=gross / rules.max_leverage,
        maintenance_usd=maintenance_after(stakes, 0.0),
        required_usd=required,
        leverage=gross / wallet if wallet > 0 else float("inf"),
        max_rally=reach,
        required_rally=distance_wanted(stakes, risk, rules),
        liquidation_probability=chance,
        horizon_days=rules.horizon_days,
        shorts=shorts,
        net_usd=net,
        in_coin=in_coin,
    )


def move_alone(stakes: tuple[Stake, ...], stake: Stake, wallet_usd: float) -> float | None:
    """Return the move against `stake` alone, all others of its account standing still, that liquidates the account."""
    others = tuple(other for other in stakes if other != stake)
    return survivable_move((stake,), wallet_usd - maintenance_after(others, 0.0), in_coin=False)


def liquidation_price_of(
    terms: Terms, account: MarginAccount, trades: tuple[tuple[Terms, float], ...], worth: Valuation
) -> float | None:
    """Return the contract's price, in its quote coin, at the account's liquidation; None where there is none.

    All contracts of an account move together where they are all long or all short; otherwise this one alone, the others
    standing still (TV24's cross formula).
    """
    stakes = _stakes(account.account, [t for t in trades if account_name(t[0]) == account.account], worth)
    reach, shorts = account.max_rally, account.shorts
    if len({stake.dollars > 0 for stake in stakes}) > 1:
        mine = next(stake for stake in stakes if stake.instrument.name == terms.instrument.name)
        wallet = account.collateral_usd if np.isfinite(account.collateral_usd) else account.required_usd
        reach, shorts = move_alone(stakes, mine, wallet), mine.dollars < 0
    if reach is None:
        return None
    return terms.price_usd / terms.quote_usd * (1.0 + reach if shorts else 1.0 - reach)
