"""Where the rooms meet: files or the simulated market, the catalogue, the settings, and the steps over them.

desk = open_desk(settings, book)
plan(desk) -> Ticket
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hedgerow.app.books import book_from, is_account, without_contracts
from hedgerow.app.chains import with_options
from hedgerow.config import BetaSettings, DataSettings, Settings
from hedgerow.hedge.caution import stale_prices
from hedgerow.hedge.doubts import doubted, price_cautions
from hedgerow.hedge.estimation import Override
from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.limits import VenueFacts
from hedgerow.hedge.options.cautions import option_cautions
from hedgerow.hedge.options.curve import book_options
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.ranking import Ranking
from hedgerow.hedge.ticket import Ticket
from hedgerow.hedge.valuation import Valuation, in_currency, price_of
from hedgerow.hedge.valuation import value as value_book
from hedgerow.model.coins import STABLECOINS
from hedgerow.model.errors import BadConfig, UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.portfolio import BookPath, Portfolio

__all__ = [
    "Desk",
    "beta",
    "choose",
    "market_of",
    "open_desk",
    "parse_instruments",
    "plan",
    "policy_of",
    "value",
]

_INDEX = "index:"
_LARGEST_VOLATILITY = 5.0
_INDEX_NAME = "INDEX"
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the steps need, read and checked: the book, the market, where to hedge, and how.

    `book` is the last of `path`, the holdings through time, where there are several; `own` are the coins that the user priced.
    """

    book: Portfolio
    market: Market
    hedge_market: Market
    catalogue: tuple[Instrument, ...]
    venues: tuple[VenueFacts, ...]
    policy: Policy
    path: BookPath
    own: frozenset[str] = frozenset()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the readers summed, left out or assumed."""
        return tuple(dict.fromkeys((*self.book.notes, *self.market.notes, *self.hedge_market.notes)))


def open_desk(
    settings: Settings, book: str | Path, report: Report = lambda _: None, *, through_time: bool = False
) -> Desk:
    """Return a desk for the holdings in `book`, a file or `venue:NAME`; `report` is told what is being read.

    Holdings of several dates are for what goes `through_time`, on the embedded catalogue; else a plan for real money is on the
    venue's own contracts at its prices of now (`app.contracts`).

    Raises what the readers and the venues raise: `BadPortfolio`, `BadPrices`, `BadConfig`, `UsageError`, `UnknownSymbol`.
    """
    from hedgerow.app.contracts import contracts_of, live_market, on_paper, priced_now
    from hedgerow.venues.catalogue import ladder

    policy = policy_of(settings)
    report("reading prices")
    market, factor = market_of(settings.data, policy.factor, settings.data.source)
    hedge_market = market
    if settings.data.hedge_source is not None:
        hedge_market, _ = market_of(settings.data, policy.factor, settings.data.hedge_source)
    of_now = on_paper(settings) if through_time else settings
    contracts = contracts_of(of_now, hedge_market)
    report("reading holdings")
    if is_account(book):
        read = book_from(settings, str(book), contracts)
        contracts = read.charged(contracts)
        path = _once(without_contracts(read.book) if through_time else read.book)
    else:
        dated = ladder(hedge_market) if live_market(of_now) is None else ()  # held until they end
        path = _holdings(settings, book, (*contracts, *dated), through_time=through_time)
    if live_market(of_now) is not None:
        held = {p.underlying or p.symbol for p in path.books[-1].positions}
        market = hedge_market = priced_now(settings, hedge_market, contracts, held)
    market = market if through_time else with_options(settings, market, path.books[-1])
    idle = _idle(settings, policy, path, market)
    portfolio = replace(path.books[-1], notes=(*path.notes, *path.books[-1].notes, *idle))
    policy = replace(policy, factor=factor)
    own = frozenset(coin.upper() for coin in settings.data.given)
    return Desk(portfolio, market, hedge_market, contracts, _venues(settings.data), policy, path, own)


def _holdings(
    settings: Settings, book: str | Path, contracts: tuple[Instrument, ...], *, through_time: bool
) -> BookPath:
    from hedgerow.files.book_path import read_book_path
    from hedgerow.files.portfolio import read_portfolio

    comma = settings.data.decimal_comma
    if through_time:
        return read_book_path(book, decimal_comma=comma, instruments=contracts)
    one = read_portfolio(book, decimal_comma=comma, instruments=contracts)
    return _once(one)


def _once(book: Portfolio) -> BookPath:
    """A book as a path of one."""
    return BookPath(np.array([np.datetime64(0, "ms")]), (book,))


def _idle(settings: Settings, policy: Policy, path: BookPath, market: Market) -> tuple[str, ...]:
    """Names in the options that are nowhere in the book: more often a slip of the pen than meant."""
    rows = [p for book in path.books for p in book.positions]
    held = {p.symbol for p in rows} | {p.underlying or p.symbol for p in rows}
    known = held | set(market.symbols) | STABLECOINS
    tags = {tag for p in rows for tag in p.tags}
    excluded = [name for name in settings.hedge.exclude if {name, name.upper()}.isdisjoint(held | tags)]
    return (
        *(
            f"--price {s}: no such coin in the book or in the prices."
            for s in settings.data.given
            if s.upper() not in known
        ),
        *(
            f"--beta {s}: no such coin in the book; it changes nothing."
            for s in policy.overrides
            if s not in held
        ),
        *(f"--exclude {name}: no such coin or tag in the book." for name in excluded),
    )


def value(desk: Desk) -> Valuation:
    """Return step 1a."""
    worth = value_book(desk.book, desk.market)
    return replace(
        worth, warnings=tuple(dict.fromkeys((*_slips(worth, desk), *worth.warnings, *desk.remarks)))
    )


def beta(desk: Desk) -> tuple[Exposure, tuple[str, ...]]:
    """Return steps 1 and 2, with the warnings on them."""
    exposure = desk.policy.expose(desk.book, desk.market)
    return exposure, _beta_warnings(exposure, desk)


def choose(desk: Desk) -> tuple[Exposure, Ranking, tuple[str, ...]]:
    """Return step 3 with the exposure it hedges, and the warnings."""
    exposure, ranking, _ = desk.policy.rank(desk.book, desk.market, desk.catalogue, desk.hedge_market)
    return exposure, ranking, (*_beta_warnings(exposure, desk), *ranking.warnings)


def plan(desk: Desk) -> Ticket:
    """Return steps 1 to 4."""
    ticket = desk.policy.plan(
        desk.book, desk.market, desk.catalogue, desk.hedge_market, desk.venues, desk.own
    )
    return replace(ticket, warnings=tuple(dict.fromkeys((*ticket.warnings, *desk.remarks))))


def policy_of(settings: Settings) -> Policy:
    """Return the policy that the settings describe; raises `UsageError` for numbers that mean nothing."""
    hedge = settings.hedge
    for name, number, least in (
        ("--horizon", hedge.horizon_days, 0.0),
        ("--target-vol", hedge.target_vol, 0.0),
        ("--risk-aversion", hedge.risk_aversion, -math.inf),
    ):
        if number is not None and (not math.isfinite(number) or number <= least or number < 0.0):
            raise UsageError(f"{name} {number:g} means nothing", advice="Give a finite number above 0.")
    if hedge.target_vol is not None and hedge.target_vol > _LARGEST_VOLATILITY:
        advice = f"It is a fraction: write {hedge.target_vol / 100.0:g} for {hedge.target_vol:g} %."
        raise UsageError(
            f"--target-vol {hedge.target_vol:g} is {hedge.target_vol * 100.0:g} % a year", advice=advice
        )
    if hedge.target_vol is not None and (hedge.target_beta is not None or hedge.target_beta_usd is not None):
        raise UsageError("two targets were given", advice="Give --target-vol or a target beta, not both.")
    _one_beta_a_factor(settings)
    return Policy(
        factor=hedge.factor,
        target_beta=_each(hedge.target_beta),
        target_beta_usd=_each(hedge.target_beta_usd),
        target_vol=hedge.target_vol,
        estimator=hedge.estimator,
        errors=hedge.stderr,
        instruments=parse_instruments(hedge.instruments),
        own=hedge.own,
        exclude=tuple(dict.fromkeys(form for name in hedge.exclude for form in (name, name.upper()))),
        overrides={symbol: _override(given) for symbol, given in settings.betas.items()},
        horizon_days=hedge.horizon_days,
        risk_aversion=hedge.risk_aversion,
        collateral=hedge.collateral,
        limits=settings.limits,
    )


def _one_beta_a_factor(settings: Settings) -> None:
    count = len(settings.hedge.factor.split(","))
    for symbol, given in settings.betas.items():
        if len(_override(given).beta) != count:
            raise UsageError(
                f"the beta given for {symbol} has {len(_override(given).beta)} numbers for {count} factors",
                advice=f"Write --beta {symbol}={','.join(['1.4', '0.2', '0', '0'][:count])}",
            )


def parse_instruments(text: str | int) -> str | int | tuple[str, ...]:
    """Return what `--instruments` says: a count, `auto`, or the names in a list separated by commas."""
    if isinstance(text, int):
        return text
    said = text.strip()
    if said.lower() == "auto":
        return "auto"
    if said.lstrip("+-").isdigit():
        return int(said)
    names = tuple(name.strip() for name in said.split(",") if name.strip())
    if not names:
        raise UsageError("--instruments is empty", advice="Give auto, a count, or names separated by commas.")
    return names


def _each(target: tuple[float, ...] | float | None) -> tuple[float, ...] | None:
    return (float(target),) if isinstance(target, int | float) else target


def _override(given: BetaSettings) -> Override:
    return Override(_each(given.beta) or (), given.stderr, given.note)


def market_of(data: DataSettings, factor: str, source: str | None) -> tuple[Market, str]:
    """The market of one source with everything merged in, and the factor by its column's name."""
    market = _prices(data, factor, source)
    market = _with_costs(market, data)
    market = replace(market, sectors={**_sectors(data), **market.sectors})
    if factor.lower().startswith(_INDEX):
        from hedgerow.files.weights import read_weights
        from hedgerow.hedge.index import with_index

        market, factor = with_index(market, read_weights(factor[len(_INDEX) :]), _INDEX_NAME), _INDEX_NAME
    return in_currency(market, data.currency.upper()), factor


def _prices(data: DataSettings, factor: str, source: str | None) -> Market:
    given = {symbol.upper(): price for symbol, price in data.given.items()}
    lead = "BTC" if factor.lower().startswith(_INDEX) else factor.upper()
    if data.market is not None:
        from hedgerow.app.lake import lake_market

        return lake_market(data, lead, given)
    if data.prices is None:
        from hedgerow.venues.simulated import simulated_market

        _only_with_prices(data)
        if data.seed < 0:
            raise UsageError(f"--seed {data.seed} means nothing", advice="Give a whole number of at least 0.")
        return replace(simulated_market(data.seed, _as_of(data)), given=given)
    from hedgerow.files.prices import read_market

    return read_market(
        data.prices,
        source=source,
        quote=data.quote,
        as_of=data.as_of,
        label=data.label,
        factor=lead,
        given=given,
    )


def _as_of(data: DataSettings) -> np.datetime64 | None:
    from hedgerow.files.instants import parse_as_of

    return parse_as_of(data.as_of) if data.as_of else None


def _only_with_prices(data: DataSettings) -> None:
    """Refuse options that would do nothing to the simulated market."""
    idle = {"--source": data.source, "--hedge-source": data.hedge_source, "--quote": data.quote}
    for option, said in idle.items():
        if said is not None:
            raise UsageError(
                f"{option} says which prices of a file to use, and there is no file",
                advice="Give the file with --prices, or leave the option out: the market is then simulated.",
            )


def _with_costs(market: Market, data: DataSettings) -> Market:
    """Add funding, order books and open interest where files of them were given."""
    if data.funding is not None:
        from hedgerow.files.funding import funding_read

        paid = funding_read(data.funding, data.funding_venue, data.as_of)
        ended = [s for s, prints in paid.prints.items() if not prints.speak_of(market.as_of)]
        said = f"Funding of {_few(ended)} ends more than three days before {str(market.as_of)[:10]}: from there on it is modelled."
        market = replace(
            market, funding=paid.prints, notes=(*market.notes, *paid.notes, *([said] if ended else []))
        )
    if data.books is not None:
        from hedgerow.files.books import read_books

        found = read_books(data.books, frozenset(market.symbols), data.as_of)
        old = [s for s, book in found.books.items() if not book.speaks_of(market.as_of)]
        market = replace(market, books=found.books, notes=(*market.notes, *found.notes, *_too_old(old)))
    if data.open_interest is not None:
        from hedgerow.files.funding import read_open_interest

        coins = read_open_interest(data.open_interest, data.as_of)
        dollars = {symbol: held * price_of(market, symbol) for symbol, held in coins.items()}
        market = replace(
            market, open_interest_usd={s: usd for s, usd in dollars.items() if math.isfinite(usd)}
        )
    return market


def _too_old(symbols: list[str]) -> tuple[str, ...]:
    if not symbols:
        return ()
    return (
        f"Order books of {_few(symbols)} are more than a day from the plan's date: spread and impact are modelled.",
    )


def _few(symbols: list[str]) -> str:
    return ", ".join(sorted(symbols)[:5]) + (f" and {len(symbols) - 5} more" if len(symbols) > 5 else "")


def _sectors(data: DataSettings) -> dict[str, str]:
    from hedgerow.venues.facts import parse_sectors, shipped

    if data.sectors is None:
        return parse_sectors(shipped("sectors.toml"))
    return parse_sectors(_text(data.sectors), Path(data.sectors).name)


def _venues(data: DataSettings) -> tuple[VenueFacts, ...]:
    from hedgerow.venues.facts import parse_venues, shipped

    if data.venues is None:
        return parse_venues(shipped("venues.toml"))
    return parse_venues(_text(data.venues), Path(data.venues).name)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as why:
        reason = getattr(why, "strerror", None) or "it is not UTF-8 text"
        raise BadConfig(f"cannot be read: {reason}", file=Path(path).name, advice="Check the path.") from None


def _slips(worth: Valuation, desk: Desk) -> list[str]:
    """Say which prices are ones that no market makes."""
    counted = worth.counted(frozenset(desk.policy.exclude))
    return price_cautions(doubted(counted, desk.policy.factors, (desk.market, desk.market)), desk.own)


def _beta_warnings(exposure: Exposure, desk: Desk) -> tuple[str, ...]:
    """Say what the betas rest on where it is not plain data."""
    lines = [*_slips(exposure.worth, desk), *exposure.worth.warnings]
    betas, held = exposure.betas, exposure.worth.assets
    for symbol, method, note in zip(betas.symbols, betas.method, betas.note, strict=True):
        if symbol not in held or method in {"factor", "policy"}:
            continue
        if method == "unknown":
            lines.append(f"unknown: beta of {symbol} ({note})")
        elif method == "override":
            lines.append(f"{symbol}'s beta is yours: {note}.")
        elif note:
            lines.append(f"{symbol} rests on {note}.")
    lines += [
        f"{flag.symbol}: {flag.kind}, {flag.detail}" for flag in desk.market.flags if flag.symbol in held
    ]
    lines += option_cautions(book_options(exposure), exposure.factors)
    lines += stale_prices(desk.market, (*held, *exposure.factors))
    return tuple(dict.fromkeys((*lines, *desk.remarks)))
