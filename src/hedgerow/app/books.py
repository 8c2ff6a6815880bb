"""Books that are read from accounts: spot, savings, collateral and contracts of a venue, and several with files together.

book_from(settings, "venue:binance", contracts) -> AccountBook
book_from(settings, "venue:paper", contracts)      the paper account
book_from(settings, "venue:all", contracts)        what [book] sources names: venues and files of a cold wallet

Nothing is counted twice: a receipt for savings is left out beside the savings, a wallet that is margin is collateral and
nothing else, and a file's rows of an account that is read itself are refused. Trial and bonus coins are told and never
counted: they are not the owner's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.asking import passphrase_from
from hedgerow.app.keys import first_key, keys_of
from hedgerow.app.venues import account_door, asked_of
from hedgerow.config import VENUE_BOOK, Settings
from hedgerow.model.errors import BadConfig, BadPortfolio
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option, option_row
from hedgerow.model.orders import contracts_of
from hedgerow.model.portfolio import Portfolio, Position, PositionKind
from hedgerow.model.ports import Balance, Holding
from hedgerow.reports.wording import counted
from hedgerow.store.keys import Ask

if TYPE_CHECKING:
    from hedgerow.venues.accounts import Account

__all__ = [
    "AccountBook",
    "book_from",
    "is_account",
    "merged",
    "portfolio_of",
    "sources_of",
    "without_contracts",
]

_ALL = f"{VENUE_BOOK}all"
_PAPER = "paper"
_RECEIPT = "LD"
"""Before the coin's name: how Binance shows flexible savings among spot coins."""
Fees = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class AccountBook:
    """A book read from accounts, and the (taker, maker) fees of the first that tells them."""

    book: Portfolio
    fees: Fees | None = None
    fees_of: str = ""

    def charged(self, contracts: tuple[Instrument, ...]) -> tuple[Instrument, ...]:
        """Return the contracts at the account's own fees."""
        if self.fees is None:
            return contracts
        taker, maker = self.fees
        return tuple(replace(one, taker_fee=taker, maker_fee=maker) for one in contracts)


def without_contracts(book: Portfolio) -> Portfolio:
    """Return the coins of a book, and say that its contracts are left out: a run through time opens its own."""
    coins = tuple(row for row in book.positions if not row.is_derivative)
    if len(coins) == len(book.positions):
        return book
    said = f"{len(book.positions) - len(coins)} open contracts are left out: the run opens its own."
    return replace(book, positions=coins, notes=(*book.notes, said))


def is_account(book: str | Path) -> bool:
    """Return whether a book is read from accounts instead of a file."""
    return str(book).startswith(VENUE_BOOK)


def book_from(settings: Settings, name: str, contracts: tuple[Instrument, ...]) -> AccountBook:
    """Return the book of `venue:NAME`, or of all `[book] sources` for `venue:all`; `contracts` are those files may name.

    Raises `BadConfig` for a venue without a key, what reading files and asking venues raises: a wallet that cannot be read
    is not empty; `BadPortfolio` where nothing is held.
    """
    sources = sources_of(settings, name)
    ask = passphrase_from(None)
    read = [_of_venue(settings, one, ask) for one in sources if is_account(one)]
    files = [_of_file(settings, one, contracts) for one in sources if not is_account(one)]
    whole = merged([one.book for one in read], files)
    if not whole.positions:
        raise BadPortfolio(
            f"nothing is held: {whole.recognised}", advice="Check that the key is of the right account."
        )
    told = next((one for one in read if one.fees is not None), AccountBook(whole))
    return AccountBook(whole, told.fees, told.fees_of)


def sources_of(settings: Settings, name: str) -> tuple[str, ...]:
    """Return what an account book is read from: accounts (`venue:NAME`) and files. Raises `BadConfig` where it says nothing."""
    sources = settings.book.sources if name == _ALL else (name,)
    if not sources:
        raise BadConfig(
            "no sources are named", advice='Write [book] and sources = ["venue:binance", "cold.csv"].'
        )
    doubled = [one for one in sources if sources.count(one) > 1]
    if doubled:
        raise BadConfig(f"{doubled[0]} stands twice in sources", advice="Name each once, or it counts twice.")
    return sources


def _of_venue(settings: Settings, source: str, ask: Ask) -> AccountBook:
    from hedgerow.venues.accounts import account_of

    name = source.removeprefix(VENUE_BOOK)
    if name == _PAPER:
        return AccountBook(portfolio_of(name, _on_paper(settings)))
    door = account_door(settings, first_key(name), keys_of(name, ask))
    found = asked_of(door, lambda: account_of(door))
    book = portfolio_of(door.door.venue.name, found)
    if found.fees is not None:
        taker, maker = (f"{fee * 10_000:f}".rstrip("0").rstrip(".") for fee in found.fees)
        said = f"Fees are {name}'s for this account now: taker {taker} bp, maker {maker} bp."
        until = _until(settings, name)
        book = replace(book, notes=(*book.notes, f"{said} {until}" if until else said))
    return AccountBook(book, found.fees, name)


def _until(settings: Settings, name: str) -> str:
    """When a discount in the fees ends, as the settings say it, for no venue does; "" where they do not."""
    told = settings.venues[name].fees_until if name in settings.venues else None
    if told is None:
        return ""
    try:
        day = date.fromisoformat(told)
    except ValueError:
        raise BadConfig(
            f'venues.{name}.fees_until = "{told}" is no day', advice='Write it as "2026-12-31".'
        ) from None
    if day < datetime.now(UTC).date():
        return f"The settings say that a discount in them ended on {day}: correct `fees_until` below [venues.{name}]."
    return f"A discount in them ends on {day}, say the settings: they are higher from then on."


def _on_paper(settings: Settings) -> Account:
    """What the paper account holds, as it was left; raises `BadConfig` where nothing was traded yet."""
    from hedgerow.app.dealing import paper_books
    from hedgerow.app.plans import place_of
    from hedgerow.exchange.venue import balances_of, holdings_of
    from hedgerow.venues.accounts import Account

    books = paper_books(place_of(settings, "paper").venue)
    if books is None:
        raise BadConfig("nothing was traded on paper yet", advice="Trade a plan first: hedgerow trade ID.")
    account = books.state.account(_PAPER)
    named = {name: listing.instrument for name, listing in books.state.listings.items()}
    held = tuple(one for each in named.values() for one in holdings_of(books.state, account, each))
    return Account(
        balances_of(books.state, account), held, {one.instrument: named[one.instrument] for one in held}
    )


def _of_file(settings: Settings, path: str, contracts: tuple[Instrument, ...]) -> Portfolio:
    from hedgerow.files.portfolio import read_portfolio

    return read_portfolio(path, decimal_comma=settings.data.decimal_comma, instruments=contracts)


def portfolio_of(venue: str, account: Account) -> Portfolio:
    """Return an account's coins and contracts as a book, which may be empty."""
    saved = {one.coin for one in account.balances if one.kind == "earn"}
    receipts = [one for one in account.balances if one.kind == "spot" and _is_receipt(one.coin, saved)]
    coins = [one for one in account.balances if one.kind != "bonus" and one not in receipts and one.total]
    rows = (
        *(_coin(venue, one) for one in coins),
        *(_contract(venue, one, account) for one in account.holdings),
    )
    notes = [
        f"{one.total:f} {one.coin} at {venue} are a bonus: not yours, not counted."
        for one in account.balances
        if one.kind == "bonus"
    ]
    notes += [f"{one.coin} at {venue} is the receipt of savings that are counted." for one in receipts]
    notes += [
        f"{name} has no published tiers: those of the thinnest coins are taken." for name in account.assumed
    ]
    said = f"{venue}: {counted(len(coins), 'balance')}, {counted(len(account.holdings), 'contract')}, as the account says now"
    return Portfolio(rows, f"{VENUE_BOOK}{venue}", said, tuple(notes))


def _is_receipt(coin: str, saved: set[str]) -> bool:
    return coin.startswith(_RECEIPT) and coin.removeprefix(_RECEIPT) in saved


def _coin(venue: str, one: Balance) -> Position:
    kind = PositionKind.COLLATERAL if one.kind == "derivatives" else PositionKind.SPOT
    saved = one.kind == "earn"
    return Position(one.coin, one.total, kind, venue, tags=("earn",) if saved else (), locked=saved)


def _contract(venue: str, held: Holding, account: Account) -> Position:
    instrument = account.instruments[held.instrument]
    if is_option(instrument):
        return option_row(instrument, contracts_of(instrument, held.quantity))
    return Position(
        instrument.underlying,
        contracts_of(instrument, held.quantity),
        PositionKind.DERIVATIVE,
        venue,
        instrument=instrument,
        entry_price=held.entry,
    )


def merged(accounts: list[Portfolio], files: list[Portfolio]) -> Portfolio:
    """Return one book of several; raises `BadPortfolio` where a file has rows of an account that is read itself."""
    read = {row.account for book in accounts for row in book.positions}
    for book in files:
        for row in book.positions:
            if row.account in read:
                raise BadPortfolio(
                    f"{row.symbol} is of {row.account}, which is read itself: it would count twice",
                    file=book.source,
                    line=row.line,
                    advice="Take the row out of the file, or the venue out of the sources.",
                )
    books = [*accounts, *files]
    return Portfolio(
        tuple(row for book in books for row in book.positions),
        ", ".join(book.source for book in books),
        "; ".join(book.recognised for book in books),
        tuple(note for book in books for note in book.notes),
        tuple(name for book in books for name in book.nothing_of),
    )
