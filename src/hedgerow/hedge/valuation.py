"""Step 1a: what the book is worth.

    value(portfolio, market) -> Valuation

A row of the book has a value and, apart from it, the dollars it moves with each coin: for spot they are the same,
for a contract the value is its profit and the move its delta (domain §3.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from hedgerow.hedge.options.held import HeldOption, hold_option
from hedgerow.model.coins import WRAPPED, at_par, is_stablecoin
from hedgerow.model.display import Result
from hedgerow.model.errors import UnknownSymbol
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import Market
from hedgerow.model.option_contracts import is_option, option_of
from hedgerow.model.portfolio import Portfolio, Position
from hedgerow.stats.carry import carry_from_funding

__all__ = [
    "LENT",
    "AssetValue",
    "Holding",
    "Valuation",
    "contract_price",
    "in_currency",
    "is_lent",
    "price_of",
    "value",
]

LENT = "lent by the paper venue"
"""The tag of coins that are margin and nobody's: a file's own tags have no such words."""

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Holding:
    """A row of the book at market: `value_usd` and the dollars it moves per 100 % of each coin in `delta_usd`.

    NaN in `price_usd` or `value_usd`, and an empty `delta_usd`, mean unknown, for the `reason` given.
    """

    position: Position
    price_usd: float
    value_usd: float
    delta_usd: tuple[tuple[str, float], ...]
    basis: str = "market"
    reason: str = ""
    option: HeldOption | None = None


@dataclass(frozen=True, slots=True)
class AssetValue:
    """A coin over all accounts: total quantity, price, worth, and the dollars the book moves with it."""

    symbol: str
    quantity: Decimal
    price_usd: float
    value_usd: float
    basis: str


@dataclass(frozen=True, slots=True, repr=False)
class Valuation(Result):
    """The book at market.

    `total_usd` is the net asset value of what is known; `unknown` names what is not, which no total hides.
    `gross_usd` is the sum of absolute values and contract notionals.
    """

    holdings: tuple[Holding, ...]
    rows: tuple[AssetValue, ...]
    total_usd: float
    gross_usd: float
    unknown: tuple[str, ...]
    warnings: tuple[str, ...]
    as_of: np.datetime64
    currency: str = "USD"

    @property
    def assets(self) -> tuple[str, ...]:
        """Every coin the book's worth moves with, in order of first appearance."""
        return tuple(dict.fromkeys(s for holding in self.holdings for s, _ in holding.delta_usd))

    @property
    def options(self) -> tuple[HeldOption, ...]:
        """The options of the book whose price is known."""
        return tuple(h.option for h in self.holdings if h.option is not None)

    @property
    def stablecoins_usd(self) -> float:
        """Dollars held in stablecoins and cash."""
        return sum(r.value_usd for r in self.rows if is_stablecoin(r.symbol) and np.isfinite(r.value_usd))

    @property
    def lent_usd(self) -> float:
        """Dollars of margin that are nobody's; below zero, of money that will have been brought."""
        return sum(h.value_usd for h in self.holdings if is_lent(h.position) and np.isfinite(h.value_usd))

    def counted(self, excluded: frozenset[str]) -> Valuation:
        """Return the rows that count in the hedge: without the coins and tags of `excluded`; totals stay the book's.

        An excluded coin's contracts still count: they are hedges already there, unless their own name or tag is given.
        """
        kept = tuple(h for h in self.holdings if not excluded.intersection(_names_of(h.position)))
        unknown = tuple(dict.fromkeys(h.position.symbol for h in kept if not np.isfinite(h.value_usd)))
        return replace(self, holdings=kept, unknown=unknown)

    def delta_usd(self, account: str | None = None) -> dict[str, float]:
        """Return the dollars moved per 100 % of each coin, of one account or of all."""
        total: dict[str, float] = {}
        for holding in self.holdings:
            if account is None or holding.position.account == account:
                for symbol, dollars in holding.delta_usd:
                    total[symbol] = total.get(symbol, 0.0) + dollars
        return total

    @property
    def accounts(self) -> tuple[str, ...]:
        """Every account once."""
        return tuple(dict.fromkeys(h.position.account for h in self.holdings))

    def headline(self) -> str:
        """Return the result in one line."""
        missing = f", {len(self.unknown)} unknown: {', '.join(self.unknown)}" if self.unknown else ""
        return f"Valuation {self.total_usd:,.0f} {self.currency} in {len(self.rows)} assets{missing}"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names and rows."""
        names = ["symbol", "quantity", "price_usd", "value_usd", "basis"]
        return names, [[r.symbol, r.quantity, r.price_usd, r.value_usd, r.basis] for r in self.rows]


def price_of(market: Market, symbol: str) -> float:
    """Return dollars per coin at `as_of`, NaN when unknown; the market's currency itself is worth 1."""
    quote = market.quote_of(symbol)
    if quote is not None:
        return quote.price_usd
    if symbol == market.currency:
        return 1.0
    if symbol == market.quote and market.quote_assumed:
        return price_of(market, "USD")
    return _NAN


def contract_price(market: Market, contract: Instrument) -> float:
    """Return dollars of a contract's price: a perpetual's is its coin's, a dated one's its own where the market has it.

    Else that is its coin with the carry until its end that funding was in the 30 days before, as a backtest has it.
    """
    coin = price_of(market, contract.underlying)
    if contract.expiry is None:
        return coin
    own = price_of(market, contract.symbol)
    if np.isfinite(own):
        return own
    prints = market.funding.get(contract.underlying)
    times, rates = (None, None) if prints is None else (prints.times, prints.rates)
    carry = float(carry_from_funding(times, rates, np.array([market.as_of]))[0])
    ends = np.datetime64(contract.expiry.replace(tzinfo=None), "ms")
    return coin * math.exp(carry * max(float((ends - market.as_of) / np.timedelta64(365, "D")), 0.0))


def is_lent(position: Position) -> bool:
    """Return whether coins are margin, and nobody's: in no net asset value, and in no beta."""
    return LENT in position.tags


def _names_of(position: Position) -> tuple[str, ...]:
    """What a row is excluded by: a coin's symbol, a contract's own, and its tags."""
    contract = position.instrument
    own = (position.symbol,) if contract is None else (contract.symbol, contract.name)
    return (*own, *position.tags)


def in_currency(market: Market, currency: str) -> Market:
    """Return the market with every amount in `currency`, at its rate at `as_of`; returns and betas are unchanged.

    Raises `UnknownSymbol` when the currency has no price.
    """
    if currency == market.currency:
        return market
    rate = price_of(market, currency)
    if not np.isfinite(rate):
        raise UnknownSymbol(
            f"{currency} has no price at {market.as_of}",
            advice=f"Give --price {currency}=1.0 (its market price in dollars), or use --currency USD.",
        )
    return replace(
        market,
        prices=market.prices / rate,
        volumes_usd=market.volumes_usd / rate,
        open_interest_usd={s: dollars / rate for s, dollars in market.open_interest_usd.items()},
        given={"USD": 1.0 / rate} | {s: price / rate for s, price in market.given.items()},
        books={
            s: replace(book, bids=book.bids / [rate, 1.0], asks=book.asks / [rate, 1.0])
            for s, book in market.books.items()
        },
        currency=currency,
    )


def value(portfolio: Portfolio, market: Market) -> Valuation:
    """Return what every row of the book is worth at the market's `as_of`.

    Prices are market prices, stablecoins' too (domain §1.5, §1.6). What has no price is named in `unknown`. Coins that are
    lent are in `holdings` alone, as margin: in no total, and nothing moves with them.
    """
    holdings = tuple(_hold(position, market) for position in portfolio.positions)
    owned = [holding for holding in holdings if not is_lent(holding.position)]
    known = [h.value_usd for h in owned if np.isfinite(h.value_usd)]
    unknown = tuple(dict.fromkeys(h.position.symbol for h in holdings if not np.isfinite(h.value_usd)))
    return Valuation(
        holdings,
        _by_asset(tuple(owned)),
        float(sum(known)),
        sum(_gross(holding) for holding in owned),
        unknown,
        _warnings(holdings, market),
        market.as_of,
        market.currency,
    )


def _hold(position: Position, market: Market) -> Holding:
    if position.instrument is not None and is_option(position.instrument):
        return _hold_option(replace(position, option=option_of(position.instrument.symbol)), market)
    if position.instrument is not None:
        return _hold_contract(position, position.instrument, market)
    if position.option is not None:
        return _hold_option(position, market)
    quantity = float(position.quantity)
    moves_with = position.underlying or WRAPPED.get(position.symbol, position.symbol)
    price, basis = _token_price(position, moves_with, market)
    if not np.isfinite(price):
        return Holding(position, _NAN, _NAN, (), "unknown", _why_unpriced(position.symbol, market))
    moved = () if is_lent(position) else ((moves_with, quantity * price),)
    return Holding(position, price, quantity * price, moved, basis)


def _token_price(position: Position, underlying: str, market: Market) -> tuple[float, str]:
    """Price a token: its given exchange rate first, then its own series, then par where that is its design."""
    kept = float(1 - position.discount)
    if position.rate is not None:
        return float(position.rate) * kept * price_of(market, underlying), "exchange rate"
    own = price_of(market, position.symbol)
    if np.isfinite(own):
        pegged = (
            market.quote_assumed and position.symbol == market.quote and position.symbol not in market.symbols
        )
        return own * kept, "assumed" if pegged else "market"
    if underlying != position.symbol and at_par(position.symbol):
        return price_of(market, underlying) * kept, "par with " + underlying
    return _NAN, "unknown"


def _hold_contract(position: Position, contract: Instrument, market: Market) -> Holding:
    price, settle = contract_price(market, contract), price_of(market, contract.settle)
    quantity, entry = float(position.quantity), position.entry_price
    if not (np.isfinite(price) and np.isfinite(settle)):
        missing = contract.underlying if not np.isfinite(price) else contract.settle
        return Holding(position, price, _NAN, (), "unknown", _why_unpriced(missing, market))
    if entry is None:
        return Holding(position, price, _NAN, (), "unknown", "no entry price: its profit cannot be told")
    dollar = 1.0 if market.currency == "USD" else price_of(market, "USD")
    if contract.payoff is Payoff.INVERSE:
        # Of qC·S/E in all, qC·S/F is the contract and the rest its profit in coin, which moves as every coin does.
        profit = contract.pnl(quantity, float(entry), price / dollar) * settle
        moved = quantity * contract.dollar_delta(price) * dollar * (settle / price)
        deltas: tuple[tuple[str, float], ...] = ((contract.underlying, moved), (contract.settle, profit))
    else:
        in_quote = price / (dollar if contract.payoff is Payoff.QUANTO else settle)
        profit = contract.pnl(quantity, float(entry), in_quote) * settle
        moved = quantity * contract.dollar_delta(in_quote, 1.0) * settle
        deltas = ((contract.underlying, moved), (contract.settle, profit))
        if contract.payoff is Payoff.QUANTO:
            deltas = (
                (contract.underlying, quantity * contract.dollar_delta(price / dollar, settle)),
                deltas[1],
            )
    return Holding(position, price, profit, deltas)


def _hold_option(position: Position, market: Market) -> Holding:
    held = hold_option(position, market, lambda symbol: price_of(market, symbol))
    if isinstance(held, str):
        return Holding(position, _NAN, _NAN, (), "unknown", held)
    return Holding(position, held.price_usd, held.value_usd, held.deltas, held.basis, option=held)


def _why_unpriced(symbol: str, market: Market) -> str:
    seen = market.last_seen(symbol)
    where = market.source or "the market file"
    why = f"no series in {where}" if seen is None else f"no series in {where} after {str(seen)[:10]}"
    if symbol in WRAPPED and not at_par(symbol):
        why += f", and no `rate` in the book says how much {WRAPPED[symbol]} one is"
    return why


def _gross(holding: Holding) -> float:
    if not np.isfinite(holding.value_usd):
        return 0.0
    if holding.option is not None:
        return max(abs(holding.option.greeks.delta_usd), abs(holding.value_usd))
    return abs(holding.delta_usd[0][1]) if holding.delta_usd else 0.0


def _by_asset(holdings: tuple[Holding, ...]) -> tuple[AssetValue, ...]:
    groups: dict[str, list[Holding]] = {}
    for holding in holdings:
        contract = holding.position.instrument
        groups.setdefault(contract.symbol if contract else holding.position.symbol, []).append(holding)
    return tuple(
        AssetValue(
            symbol,
            sum((h.position.quantity for h in group), Decimal(0)),
            group[0].price_usd,
            sum(h.value_usd for h in group),
            ", ".join(dict.fromkeys(h.basis for h in group)),
        )
        for symbol, group in groups.items()
    )


def _warnings(holdings: tuple[Holding, ...], market: Market) -> tuple[str, ...]:
    lines = [f"unknown: price of {h.position.symbol} ({h.reason})" for h in holdings if h.reason]
    assumed = [h.position.symbol for h in holdings if h.basis == "assumed"]
    if market.quote_assumed:
        held = f", {' and '.join(dict.fromkeys(assumed))} held included" if assumed else ""
        lines.append(f"{market.quote} is assumed at 1.00 dollar{held}: the market file has no series for it.")
    for symbol in dict.fromkeys(h.position.symbol for h in holdings):
        quote = market.quote_of(symbol)
        if quote is not None and quote.age_bars > 0:
            lines.append(f"{symbol}: the last price is {quote.age_bars} bars old ({str(quote.time)[:16]}).")
    return tuple(dict.fromkeys(lines))
