"""A pair: long one coin, short another, so that the market is out and what one does better than the other is left.

    pair("SOL", "ETH", 100_000, market, catalogue) -> PairPlan

Beta-neutral: V_B = −V_A·β_A/β_B (TV39). Dollar-neutral leaves beta, which a third leg on the factors takes out. Neither
says that the two prices come back to each other: that is cointegration, tested beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from hedgerow.hedge.charges import holding_lines, trade_lines
from hedgerow.hedge.estimation import estimate
from hedgerow.hedge.exposure import joint_error
from hedgerow.hedge.lots import place_one
from hedgerow.hedge.plan import CostLine
from hedgerow.hedge.terms import Terms, terms_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.display import Result, error_text
from hedgerow.model.errors import NotEnoughData, UnknownSymbol, UsageError
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import Market
from hedgerow.stats.cointegration import Cointegration, engle_granger

__all__ = ["Balance", "PairLeg", "PairPlan", "pair", "pair_beta", "pair_dollars", "together"]

Balance = Literal["beta", "dollar"]


@dataclass(frozen=True, slots=True)
class PairLeg:
    """One contract of a pair: signed `contracts` and dollars, its dollar beta (K,), its costs; earned below zero."""

    instrument: Instrument
    contracts: Decimal
    dollars: float
    beta_usd: FloatArray
    costs: tuple[CostLine, ...]

    @property
    def funding_usd_per_month(self) -> float:
        """What holding the leg for 30 days is expected to cost; a short earns positive funding."""
        return sum(line.usd for line in self.costs if line.monthly)


@dataclass(frozen=True, slots=True, repr=False)
class PairPlan(Result):
    """A pair in whole lots. All legs or none: `refused` says why there are none.

    `net_usd` are dollars long less short, which have to be financed; `beta_usd` and `stderr_usd` (K,) what is left of the
    factors, with its joint error. `cointegration` is a different claim, None where there is too little to test.
    """

    long: str
    short: str
    balance: Balance
    legs: tuple[PairLeg, ...]
    refused: tuple[str, ...]
    net_usd: float
    beta_usd: FloatArray
    stderr_usd: FloatArray
    factors: tuple[str, ...]
    cointegration: Cointegration | None
    as_of: np.datetime64
    source: str
    simulated: bool

    def headline(self) -> str:
        """Return the result in one line."""
        if not self.legs:
            return f"Pair {self.long} against {self.short}: none, {'; '.join(self.refused)}"
        left = ", ".join(
            f"{b:+,.0f} ± {error_text(e)} of {f}"
            for b, e, f in zip(self.beta_usd, self.stderr_usd, self.factors, strict=True)
        )
        return f"Pair {self.long} against {self.short}: {len(self.legs)} legs, leaves {left}"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return one row for each leg."""
        names = ["instrument", "contracts", "dollars", "beta_usd", "funding_usd_per_month"]
        rows: list[list[object]] = [
            [
                leg.instrument.symbol,
                leg.contracts,
                leg.dollars,
                float(leg.beta_usd[0]),
                leg.funding_usd_per_month,
            ]
            for leg in self.legs
        ]
        return names, rows


def pair_dollars(
    notional_usd: float, beta_long: float, beta_short: float, balance: Balance = "beta"
) -> tuple[float, float]:
    """Return signed dollars of the short leg, and the dollar beta that both leave (TV39).

    Raises `UsageError` where the short leg's beta is too small to balance with.
    """
    if balance == "dollar":
        return -notional_usd, notional_usd * (beta_long - beta_short)
    if not beta_short > _LEAST_BETA:
        raise UsageError(
            f"a beta of {beta_short:.2f} cannot balance a pair",
            advice="Choose another coin to sell, or --balance dollar.",
        )
    return -notional_usd * beta_long / beta_short, 0.0


_LEAST_BETA = 0.2


def pair_beta(
    held: Mapping[str, float], market: Market, factors: tuple[str, ...], *, estimator: str = "default"
) -> tuple[float, float]:
    """Return the first factor's dollar beta of signed dollars by coin, and its standard error.

    Raises `UnknownSymbol` for a coin without a series. A beta that is not known makes both NaN.
    """
    asked = tuple(dict.fromkeys((*held, *factors, "USDT")))
    betas = estimate(market, asked, factors, estimator=estimator)
    beta = sum(dollars * float(betas.of(coin)[0]) for coin, dollars in held.items())
    return beta, float(joint_error(dict(held), betas)[0])


def pair(
    long: str,
    short: str,
    notional_usd: float,
    market: Market,
    catalogue: tuple[Instrument, ...],
    *,
    factors: str | tuple[str, ...] = "BTC",
    estimator: str = "default",
    balance: Balance = "beta",
) -> PairPlan:
    """Return the legs of a pair: `long` bought for `notional_usd`, `short` sold against it, each in whole lots.

    `balance` "beta" sizes the short so that the first factor's beta is out; "dollar" sells as many dollars and takes
    the rest of the beta out with a contract on each factor. Raises `UnknownSymbol` for a coin without a linear
    perpetual, `UsageError` for a notional or a beta that makes no pair, `NotEnoughData` for unknown betas.
    """
    names = tuple(factors.split(",")) if isinstance(factors, str) else factors
    if not (np.isfinite(notional_usd) and notional_usd > 0.0) or long == short:
        raise UsageError(
            f"no pair of {long} and {short} for {notional_usd:g} dollars",
            advice="Two coins, and dollars above 0.",
        )
    betas = _betas(long, short, market, names, estimator)
    wanted = _wanted(long, short, notional_usd, betas, balance)
    placed = [(_terms(coin, catalogue, betas, market), dollars) for coin, dollars in wanted]
    lots = [place_one(terms, dollars) for terms, dollars in placed]
    refused = tuple(
        why or f"{terms.instrument.symbol}: no contract"
        for (terms, _), (n, why) in zip(placed, lots, strict=True)
        if not n
    )
    legs = () if refused else tuple(_leg(terms, n) for (terms, _), (n, _) in zip(placed, lots, strict=True))
    held: dict[str, float] = {}
    for leg in legs:
        held[leg.instrument.underlying] = held.get(leg.instrument.underlying, 0.0) + leg.dollars
    return PairPlan(
        long=long,
        short=short,
        balance=balance,
        legs=legs,
        refused=refused,
        net_usd=sum(leg.dollars for leg in legs),
        beta_usd=np.sum([leg.beta_usd for leg in legs], axis=0) if legs else np.zeros(len(names)),
        stderr_usd=joint_error(held, betas),
        factors=names,
        cointegration=together(long, short, market),
        as_of=market.as_of,
        source=market.source,
        simulated=market.simulated,
    )


def _betas(long: str, short: str, market: Market, factors: tuple[str, ...], estimator: str) -> Betas:
    """The betas of both coins and of what is beside them; raises for a coin nobody knows, or whose beta is unknown."""
    for coin in (long, short):
        market.column(coin)  # raises where there is no series of it
    asked = tuple(dict.fromkeys((long, short, *factors, "USDT")))
    betas = estimate(market, asked, factors, estimator=estimator)
    for coin in (long, short):
        if not np.isfinite(betas.of(coin)).all():
            raise NotEnoughData(
                f"the beta of {coin} is unknown", advice="It has too few returns in these prices."
            )
    return betas


def _wanted(
    long: str, short: str, notional: float, betas: Betas, balance: Balance
) -> list[tuple[str, float]]:
    """Each coin once with its signed dollars: both legs, and what takes out of each factor the beta that is left."""
    sold, _ = pair_dollars(notional, float(betas.of(long)[0]), float(betas.of(short)[0]), balance)
    legs = [(long, notional), (short, sold)]
    left = notional * betas.of(long) + sold * betas.of(short)
    if balance == "dollar":
        legs += [(factor, -float(beta)) for factor, beta in zip(betas.factors, left, strict=True)]
    together: dict[
        str, float
    ] = {}  # a factor that is a coin of the pair is one order, not two against each other
    for coin, dollars in legs:
        together[coin] = together.get(coin, 0.0) + dollars
    return list(together.items())


def _terms(coin: str, catalogue: tuple[Instrument, ...], betas: Betas, market: Market) -> Terms:
    for contract in catalogue:
        if contract.underlying == coin and contract.is_perpetual and contract.payoff is Payoff.LINEAR:
            found = terms_of(contract, betas, market)
            if found.unusable:
                raise NotEnoughData(f"{contract.symbol}: {found.unusable}", advice="Choose another coin.")
            return found
    raise UnknownSymbol(
        f"there is no linear perpetual on {coin}", advice="`hedgerow choose` lists the contracts there are."
    )


def _leg(terms: Terms, contracts: Decimal) -> PairLeg:
    dollars = float(contracts) * terms.delta_usd
    costs = (*trade_lines(terms, dollars), *holding_lines(terms, dollars))
    return PairLeg(terms.instrument, contracts, dollars, dollars * terms.beta, costs)


def together(long: str, short: str, market: Market) -> Cointegration | None:
    """Return whether the prices of the last year hang together; None where there is too little to test."""
    days = market.prices[-round(365 * market.bars_per_day) :]
    try:
        return engle_granger(days[:, market.column(long)], days[:, market.column(short)])
    except NotEnoughData:
        return None
