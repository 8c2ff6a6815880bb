"""A contract at market: what it moves like, what it costs to trade and to hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from hedgerow.hedge.plan import Basis
from hedgerow.hedge.valuation import contract_price, price_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import Book, Market
from hedgerow.stats.carry import Ar1, fit_funding, funding_over, prior_funding

__all__ = ["MONTH_DAYS", "FundingOutlook", "Terms", "daily_volatility", "funding_ahead", "terms_of"]

MONTH_DAYS = 30.0
_NAN = float("nan")
_BASIS_SD = {"perpetual": 0.0007, "dated": 0.0020, "quanto": 0.0015}
"""Daily standard deviation of a contract against its own coin: same-asset daily effectiveness is 0.9992 to 0.9997
at 4 % daily moves (domain §7), 7 to 11 bp; dated contracts carry the moves of their basis besides (modelled)."""
_LEAST_MOVES = 20


@dataclass(frozen=True, slots=True)
class FundingOutlook:
    """What a short of one dollar expects to receive, over 30 days unless said, with its band; negative: it pays."""

    expected: float
    low: float
    high: float
    basis: Basis
    note: str


@dataclass(frozen=True, slots=True)
class Terms:
    """One instrument as `rank` and `size` see it.

    A stablecoin that the market has no price for is taken at a dollar as what a contract settles in, and
    `settle_assumed` says so; as a holding it would be unknown.

    `priced` where a dated contract's carry is that of its own price, not one modelled from expected funding: no reason to
    prefer it to the perpetual.

    `quote_usd` is a unit of the coin its price is quoted in, dollars of the market's currency each.

    `delta_usd` is dollars per contract and 100 %; `beta` (K,) per dollar of notional; volatilities are daily:
    of the underlying, of the part of it the factors do not explain, of the contract against its coin.
    """

    instrument: Instrument
    price_usd: float
    settle_usd: float
    settle_assumed: bool
    quote_usd: float
    delta_usd: float
    beta: FloatArray
    underlying_volatility: float
    residual_volatility: float
    basis_volatility: float
    factor_volatility: float
    volume_usd: float
    open_interest_usd: float
    book: Book | None
    funding: FundingOutlook
    years_to_expiry: float
    carry_a_year: float
    unusable: str
    priced: bool = False

    @property
    def own_volatility(self) -> float:
        """Daily risk that a dollar of this contract adds besides the factors."""
        return float(np.hypot(self.residual_volatility, self.basis_volatility))


def terms_of(
    instrument: Instrument, betas: Betas, market: Market, funding: FundingOutlook | None = None
) -> Terms:
    """Return the terms of `instrument` in `market`, with its beta from `betas` and, where it is given, its `funding`.

    A contract on a factor has that factor's beta: exactly 1, and a dated one its slope on its coin besides, where it was
    measured (`betas.slopes`, domain §3.1). A dated contract is at its own price where the market has one, else at its
    coin's with the carry that funding was (`contract_price`), and its carry is expected funding. Where price or beta is
    unknown, `unusable` says so.
    """
    price, settle = price_of(market, instrument.underlying), price_of(market, instrument.settle)
    pegged = not np.isfinite(settle) and is_stablecoin(instrument.settle)
    dollar = 1.0 if market.currency == "USD" else price_of(market, "USD")
    settle = dollar if pegged else settle
    quote = settle if instrument.payoff is Payoff.LINEAR else dollar
    years = _years_to_expiry(instrument, market)
    outlook = funding_ahead(instrument, market) if funding is None else funding
    worth = contract_price(market, instrument)
    priced = years > 0.0 and bool(np.isfinite(price_of(market, instrument.symbol)))
    carry = (worth / price - 1.0) / years if priced else outlook.expected * 365.0 / MONTH_DAYS
    carry = carry if instrument.expiry else 0.0
    beta, residual, why = _beta(instrument, betas)
    beta = beta * betas.slopes.get(instrument.symbol, 1.0)
    moves, lead = daily_volatility(market, instrument.underlying), betas.factors[0]
    kind = "quanto" if instrument.payoff is Payoff.QUANTO else ("dated" if instrument.expiry else "perpetual")
    if not np.isfinite(price):
        why = f"{instrument.underlying} has no price in {market.source or 'the market'}"
    elif not np.isfinite(settle):
        why = f"it settles in {instrument.settle}, which has no price"
    return Terms(
        instrument=instrument,
        price_usd=worth,
        settle_usd=settle,
        settle_assumed=pegged,
        quote_usd=quote,
        delta_usd=_dollars_a_contract(instrument, worth, settle, dollar),
        beta=beta,
        underlying_volatility=moves,
        residual_volatility=residual,
        basis_volatility=_BASIS_SD[kind],
        factor_volatility=moves if instrument.underlying == lead else daily_volatility(market, lead),
        volume_usd=market.daily_volume_usd(instrument.underlying),
        open_interest_usd=market.open_interest_usd.get(instrument.underlying, _NAN),
        book=_fresh_book(market, instrument.underlying),
        funding=outlook,
        years_to_expiry=years,
        carry_a_year=carry,
        unusable=why,
        priced=priced,
    )


def _dollars_a_contract(instrument: Instrument, price: float, settle: float, dollar: float) -> float:
    """Dollars of the market's currency, of which a real one is `dollar`: inverse and quanto are defined in real ones.

    An inverse contract gains coins in proportion to its own price: of a dated one C·S/F dollars a 100 %.
    """
    if instrument.payoff is Payoff.INVERSE:
        return instrument.dollar_delta(price) * dollar * (settle / price)
    return instrument.dollar_delta(price / dollar if instrument.payoff is Payoff.QUANTO else price, settle)


def _years_to_expiry(instrument: Instrument, market: Market) -> float:
    if instrument.expiry is None:
        return 0.0
    ends = np.datetime64(instrument.expiry.replace(tzinfo=None), "ms")
    return max(float((ends - market.as_of) / np.timedelta64(1, "D")) / 365.0, 0.0)


def _beta(instrument: Instrument, betas: Betas) -> tuple[FloatArray, float, str]:
    """The contract's betas, the daily volatility the factors leave unexplained, and why it cannot be used."""
    name = instrument.underlying
    if name in betas.factors:
        return np.array([float(name == factor) for factor in betas.factors]), 0.0, ""
    if name not in betas.symbols or not np.isfinite(betas.of(name)).all():
        return np.full(len(betas.factors), np.nan), _NAN, f"the beta of {name} is unknown"
    i = betas.symbols.index(name)
    if betas.method[i] == "prior":
        return betas.beta[i], _NAN, f"{name} is too young: {int(betas.n[i])} returns"
    per_day = float(betas.resid_vol[i]) * np.sqrt(24.0 / betas.bar_hours)
    return betas.beta[i], per_day, ""


def _fresh_book(market: Market, symbol: str) -> Book | None:
    book = market.books.get(symbol)
    return book if book is not None and book.speaks_of(market.as_of) else None


def daily_volatility(market: Market, symbol: str) -> float:
    """Return the daily standard deviation of the last 90 days of simple returns; NaN below 20 of them."""
    if symbol not in market.symbols:
        return _NAN
    closes = market.prices[-round(90 * market.bars_per_day) - 1 :, market.symbols.index(symbol)]
    moves = closes[1:] / closes[:-1] - 1.0
    seen = moves[np.isfinite(moves)]
    return float(np.std(seen, ddof=1) * np.sqrt(market.bars_per_day)) if len(seen) >= _LEAST_MOVES else _NAN


def funding_ahead(instrument: Instrument, market: Market, days: float = MONTH_DAYS) -> FundingOutlook:
    """Return what a short of one dollar receives in `days`: from the prints where there are any, else from the prior."""
    prints = market.funding.get(instrument.underlying)
    if prints is None or not prints.speak_of(market.as_of):
        ended = f"prints end {str(prints.times[-1])[:10]}" if prints is not None and len(prints.times) else ""
        hours, why = instrument.funding_interval_hours or 8.0, ended or "no prints given"
        return _usual_funding(hours, why, days, instrument.funding_cap)
    model, last = fit_funding(prints.times, prints.rates), float(prints.rates[-1])
    note = f"AR(1) of {model.n} prints of {prints.venue}, every {model.interval_hours:g} h"
    return _ahead(model, last, note, days, instrument.funding_cap)


@cache
def _usual_funding(interval_hours: float, why: str, days: float, cap: float | None) -> FundingOutlook:
    note = f"{why}: 0.01 % per 8 h with the spread of large coins"
    return _ahead(prior_funding(interval_hours), _NAN, note, days, cap)


def _ahead(model: Ar1, last: float, note: str, days: float, cap: float | None) -> FundingOutlook:
    ahead = funding_over(model, last, days, cap)
    basis: Basis = "measured" if model.basis == "measured" else "modelled"
    return FundingOutlook(ahead.expected, ahead.low, ahead.high, basis, note)
