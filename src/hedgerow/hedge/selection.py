"""Step 3: which contract.

    rank(candidates, exposure, market) -> Ranking

Every candidate is sized as if it were the only one, and priced on one horizon: fee, half-spread, impact, expected
funding or carry, roll, margin capital, and the risk it leaves. Each keeps its row with the reason it lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.accounts import AccountRules
from hedgerow.hedge.charges import capital_line, holding_lines, trade_lines
from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.figures import book_weights
from hedgerow.hedge.margin import Stake, wallet_for
from hedgerow.hedge.plan import CostLine
from hedgerow.hedge.pool import BENCHMARKS, only_named
from hedgerow.hedge.ranking import Candidate, Liquidity, Ranking
from hedgerow.hedge.terms import MONTH_DAYS, Terms, terms_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.display import percent_text
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import Market
from hedgerow.model.risk import RiskModel
from hedgerow.stats.margin import distance_rule

__all__ = ["LEAST_SLOPE", "rank"]

_NAN = float("nan")
_NO_LIQUIDITY = Liquidity(_NAN, _NAN, _NAN)
_PARTICIPATION = 0.05
LEAST_SLOPE = 0.1
"""The least beta, either way, that a contract can hedge with."""


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all candidates are judged by."""

    exposure: Exposure
    target: FloatArray
    risk: RiskModel | None
    rules: AccountRules
    risk_aversion: float
    named: bool

    @property
    def horizon_days(self) -> float:
        """Days over which candidates are compared."""
        return self.rules.horizon_days

    @property
    def price_of_variance(self) -> float:
        """Dollars per dollar² of variance over the horizon: half the relative risk aversion per dollar of book."""
        size = max(self.exposure.nav_usd, self.exposure.gross_usd)
        return 0.5 * self.risk_aversion / size if size > 0 else 0.0


def rank(
    candidates: tuple[Instrument, ...],
    exposure: Exposure,
    market: Market,
    *,
    target_usd: FloatArray | None = None,
    risk: RiskModel | None = None,
    rules: AccountRules | None = None,
    risk_aversion: float = 10.0,
    named: bool = False,
) -> Ranking:
    """Return `candidates` best first for bringing the exposure to `target_usd` (K,), 0 by default.

    Compared one by one are the contracts on a factor, on BTC and on ETH, or all if the user `named` them; the others
    are offered to baskets. `market` gives the contracts' prices, volumes, funding and books; `rules` the horizon (30
    days) and the collateral. Without a `risk` model the risk left is the factor's alone. A candidate whose price or
    beta is unknown, or that the collateral cannot margin, keeps its row and says so.
    """
    target = np.zeros(len(exposure.factors)) if target_usd is None else target_usd
    judged = rules or AccountRules()
    setting = _Setting(exposure, target, risk, judged, risk_aversion, named)
    offered = tuple(terms_of(instrument, exposure.betas, market) for instrument in candidates)
    benchmarks = {*exposure.factors, *BENCHMARKS}
    compared = [t for t in offered if t.instrument.underlying in benchmarks] or list(offered)
    rows = [_candidate(terms, setting) for terms in (offered if named else compared)]
    order = sorted(
        rows, key=lambda c: (not c.usable, c.score_usd if np.isfinite(c.score_usd) else np.inf, c.name)
    )
    told = tuple(_with_reason(candidate, order[0], i) for i, candidate in enumerate(order))
    pegs = dict.fromkeys(t.instrument.settle for t in offered if t.settle_assumed and not t.unusable)
    warned = tuple(
        f"{c} has no price here: contracts that settle in it are sized at 1.00 dollar, assumed." for c in pegs
    )
    baselines = (_do_nothing(setting), _sell_spot(setting))
    return Ranking(told, baselines, judged.horizon_days, risk_aversion, target, offered, warned)


def _candidate(terms: Terms, setting: _Setting) -> Candidate:
    if terms.unusable:
        return _unusable(terms, setting, terms.unusable)
    primary = int(np.argmax(np.abs(terms.beta)))
    slope = float(terms.beta[primary])
    if abs(slope) < LEAST_SLOPE:
        return _unusable(terms, setting, f"its beta of {slope:.2f} is too small to hedge with")
    dollars = float(setting.target[primary] - setting.exposure.beta_usd[primary]) / slope
    margin = _margin(terms, dollars, setting)
    short_of = _unmargined(terms, margin, setting)
    if short_of:
        return _unusable(terms, setting, short_of)
    apart = _apart(terms, setting)
    costs = (*trade_lines(terms, dollars), *holding_lines(terms, dollars), capital_line(margin))
    months = setting.horizon_days / MONTH_DAYS
    total = sum(line.usd * (months if line.monthly else 1.0) for line in costs)
    own = abs(dollars) * terms.own_volatility * np.sqrt(setting.horizon_days)
    left = _volatility_left(terms, dollars, setting)
    charged = setting.price_of_variance * left**2 * setting.horizon_days
    return Candidate(
        name=terms.instrument.name,
        instrument=terms.instrument,
        contracts=dollars / terms.delta_usd,
        notional_usd=abs(dollars),
        price_usd=terms.price_usd,
        beta=terms.beta,
        beta_left_usd=setting.exposure.beta_usd + dollars * terms.beta,
        costs=costs,
        cost_usd=total,
        basis_risk_usd=own,
        volatility_left_usd=left * np.sqrt(365.0),
        risk_cost_usd=charged,
        score_usd=total + charged,
        margin_usd=max(margin, 0.0),
        liquidity=_liquidity(terms, abs(dollars)),
        reason=apart,
        usable=not apart,
    )


def _apart(terms: Terms, setting: _Setting) -> str:
    """Say why a contract is compared and not chosen by itself; one that is open is there to be changed or closed."""
    given, holdings = setting.rules.collateral, setting.exposure.worth.holdings
    if setting.named or any(h.position.instrument == terms.instrument for h in holdings):
        return ""
    return only_named(terms.instrument, given.coin if given else None)


def _volatility_left(terms: Terms, dollars: float, setting: _Setting) -> float:
    """One day's standard deviation, in dollars, of the book with this hedge, the hedge's own basis included."""
    basis = (dollars * terms.basis_volatility) ** 2
    if setting.risk is None:
        left = setting.exposure.beta_usd + dollars * terms.beta
        return float(
            np.sqrt((left[0] * terms.factor_volatility) ** 2 + (dollars * terms.own_volatility) ** 2)
        )
    weights = book_weights(setting.exposure, setting.risk)
    weights[setting.risk.index((terms.instrument.underlying,))[0]] += dollars
    return float(np.sqrt(setting.risk.volatility(weights) ** 2 + basis))


def _margin(terms: Terms, dollars: float, setting: _Setting) -> float:
    """Collateral, in dollars, that the distance rule wants for this contract alone, less what is open in it wants."""
    rules = setting.rules
    distance = rules.least_distance
    if distance is None:
        distance = distance_rule(_daily_volatility(terms, setting) * float(np.sqrt(365.0)))
    in_coin = terms.instrument.payoff is Payoff.INVERSE

    def wanted(position: float) -> float:
        stake = (Stake(terms.instrument, position, terms.price_usd, terms.settle_usd),)
        return wallet_for(stake, distance, rules.max_leverage, in_coin=in_coin)

    held = sum(
        h.delta_usd[0][1]
        for h in setting.exposure.worth.holdings
        if h.position.instrument == terms.instrument and h.delta_usd
    )
    return wanted(held + dollars) - (wanted(held) if held else 0.0)


def _daily_volatility(terms: Terms, setting: _Setting) -> float:
    """The underlying's, as the risk model has it; without one as its last 90 days were."""
    if setting.risk is None or terms.instrument.underlying not in setting.risk.symbols:
        return terms.underlying_volatility
    i = setting.risk.symbols.index(terms.instrument.underlying)
    return float(np.sqrt(setting.risk.covariance[i, i]))


def _unmargined(terms: Terms, margin_usd: float, setting: _Setting) -> str:
    """Say why a contract margined in a coin cannot be: other collateral was given, or the book has too little of it.

    Bought for it, the coin would bring a beta of its own.
    """
    coin, given = terms.instrument.settle, setting.rules.collateral
    if is_stablecoin(coin):
        return ""
    if given is not None and (given.from_book or given.coin != coin):
        return f"margined in {coin}, and the collateral is {'stablecoins' if given.from_book else given.coin}"
    if setting.named:
        return ""
    held = sum(
        h.value_usd
        for h in setting.exposure.worth.holdings
        if h.position.symbol == coin
        and not h.position.is_derivative
        and not h.position.locked
        and h.value_usd > 0
    )
    return (
        ""
        if held >= margin_usd
        else f"margined in {coin}: it needs {margin_usd:,.0f} dollars of it, the book has {held:,.0f}"
    )


def _liquidity(terms: Terms, notional: float) -> Liquidity:
    daily, interest = terms.volume_usd, terms.open_interest_usd
    share = notional / daily if daily > 0 else _NAN
    return Liquidity(share, notional / interest if interest > 0 else _NAN, share / _PARTICIPATION * 24.0)


def _unusable(terms: Terms, setting: _Setting, why: str) -> Candidate:
    return Candidate(
        name=terms.instrument.name,
        instrument=terms.instrument,
        contracts=_NAN,
        notional_usd=_NAN,
        price_usd=terms.price_usd,
        beta=terms.beta,
        beta_left_usd=setting.exposure.beta_usd,
        costs=(),
        cost_usd=_NAN,
        basis_risk_usd=_NAN,
        volatility_left_usd=_NAN,
        risk_cost_usd=_NAN,
        score_usd=_NAN,
        margin_usd=_NAN,
        liquidity=_NO_LIQUIDITY,
        reason=why,
        usable=False,
    )


def _with_reason(candidate: Candidate, best: Candidate, place: int) -> Candidate:
    """Say why a candidate lost: the cost line, or the risk, that sets it back most against the winner."""
    if not candidate.usable:
        return candidate
    if not candidate.notional_usd:
        return replace(candidate, reason="nothing to hedge")
    if place == 0:
        return replace(candidate, reason="best: least cost and risk over the horizon")
    gaps = {name: dollars - _by_name(best).get(name, 0.0) for name, dollars in _by_name(candidate).items()}
    worst = max(gaps, key=lambda name: gaps[name])
    paid = _by_name(candidate).get("funding", 0.0) > 0.0
    words = {"risk": "leaves more risk", "funding": "pays more funding" if paid else "earns less funding"}
    behind = candidate.score_usd - best.score_usd
    return replace(
        candidate, reason=f"{words.get(worst, 'dearer ' + worst)}, {behind:+,.0f} against the best"
    )


def _by_name(candidate: Candidate) -> dict[str, float]:
    totals: dict[str, float] = {"risk": candidate.risk_cost_usd}
    for line in candidate.costs:
        name = "funding" if line.name == "carry" else line.name
        totals[name] = totals.get(name, 0.0) + line.usd
    return totals


def _do_nothing(setting: _Setting) -> Candidate:
    return _baseline("do nothing", setting, 1.0, (), "the whole beta stays")


def _sell_spot(setting: _Setting) -> Candidate:
    """Sell the same share of every coin, so that the target is reached: fee and spread now, no margin, no funding."""
    before, wanted = float(setting.exposure.beta_usd[0]), float(setting.target[0])
    kept = wanted / before if before and 0.0 <= wanted / before <= 1.0 else _NAN
    if not np.isfinite(kept):
        return _baseline("sell spot", setting, 1.0, (), "selling cannot reach this target")
    sold = sum(abs(row.delta_usd) for row in setting.exposure.rows if np.any(row.beta)) * (1.0 - kept)
    fee = CostLine(
        "fee", 0.001 * sold, 0.001 * sold, 0.001 * sold, monthly=False, basis="assumed", note="10 bp spot fee"
    )
    spread = CostLine(
        "spread",
        0.0005 * sold,
        0.0002 * sold,
        0.002 * sold,
        monthly=False,
        basis="assumed",
        note="5 bp half-spread",
    )
    reason = f"{percent_text(1.0 - kept)} of every coin sold ({sold:,.0f}): its own moves and any tax event go with it"
    return _baseline("sell spot", setting, kept, (fee, spread), reason)


def _baseline(
    name: str, setting: _Setting, kept: float, costs: tuple[CostLine, ...], reason: str
) -> Candidate:
    volatility = _NAN
    if setting.risk is not None:
        volatility = setting.risk.volatility(book_weights(setting.exposure, setting.risk)) * kept
    charged = setting.price_of_variance * volatility**2 * setting.horizon_days
    total = sum(line.usd for line in costs)
    return Candidate(
        name=name,
        instrument=None,
        contracts=0.0,
        notional_usd=0.0,
        price_usd=_NAN,
        beta=np.zeros(len(setting.target)),
        beta_left_usd=setting.exposure.beta_usd * kept,
        costs=costs,
        cost_usd=total,
        basis_risk_usd=0.0,
        volatility_left_usd=volatility * np.sqrt(365.0),
        risk_cost_usd=charged,
        score_usd=total + charged,
        margin_usd=0.0,
        liquidity=_NO_LIQUIDITY,
        reason=reason,
        usable=False,
    )
