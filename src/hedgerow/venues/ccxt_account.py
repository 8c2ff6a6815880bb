"""What is held at a ccxt venue, and how: the port `Account`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgerow.model.errors import StateUnknown, VenueRefused
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option
from hedgerow.model.ports import AccountModes, Balance, FundingPaid, Holding, Permissions
from hedgerow.venues.door import Door
from hedgerow.venues.fields import BalanceFields
from hedgerow.venues.listing import Listing
from hedgerow.venues.logins import login_of
from hedgerow.venues.modes import configure, modes_of
from hedgerow.venues.paging import Span, all_rows
from hedgerow.venues.quirks import PermissionFields, Product, Route, Wallet
from hedgerow.venues.raw import Row, amount, flag, instant, number, rows_of, text, value
from hedgerow.venues.reading import holding_of, paid_of
from hedgerow.venues.units import of_holding

__all__ = ["CcxtAccount"]


@dataclass(frozen=True, slots=True)
class CcxtAccount:
    """An account at a venue through ccxt."""

    door: Door

    async def positions(self, instruments: Sequence[Instrument]) -> tuple[Holding, ...]:
        """Return every open position in `instruments`, all legs; an answer of another form raises, it is not flat."""
        found: list[Holding] = []
        for kind, listings in (await self.door.by_product(instruments)).items():
            product = self.door.product(kind)
            for one, row in await self._rows(product, listings):
                held = holding_of(row, product.position, one.instrument)
                if held is not None:
                    self._weigh(one, row, held)
                    found.append(self._vouched(one, held))
        return _with_legs(tuple(dict.fromkeys(found)))

    def _weigh(self, one: Listing, row: Row, held: Holding) -> None:
        """Take a position as evidence of units, unless its entry was worked out of the very value."""
        names = one.product.position
        if not names.entry_value or number(row, names.entry):
            self.door.weigh(of_holding(one.instrument, held, number(row, names.margin)))

    def _vouched(self, one: Listing, held: Holding) -> Holding:
        """An option, of which the venue tells no worth, at its mark once a fill has shown that its units are ours; else as it is."""
        proven = is_option(one.instrument) and one.instrument.name in self.door.proven
        if not proven or held.notional is not None or held.mark is None:
            return held
        return replace(held, notional=abs(held.quantity) * held.mark)

    async def _rows(self, product: Product, listings: Sequence[Listing]) -> list[tuple[Listing, Row]]:
        """Rows of several contracts: by symbol where it is one, else everything at once where the venue can."""
        found: list[tuple[Listing, Row]] = []
        names = product.position.symbol
        for route in product.positions:
            for params in _asked(route, listings):
                rows = await all_rows(self.door.wire, route, Span(params))
                found += [(one, row) for one in listings for row in self.door.mine(rows, names, one)]
        unique = {(one.raw, repr(row)): (one, row) for one, row in found}
        return list(unique.values())

    async def balances(self) -> tuple[Balance, ...]:
        """Return coins by wallet: `total` without open profit, bonus coins apart; a coin of which nothing is there is left out."""
        found: list[Balance] = []
        for wallet in self.door.venue.wallets:
            if wallet.name in self.door.wallets:
                found += [one for row in await self._coins(wallet) for one in _balances(row, wallet)]
        return tuple(found)

    async def _coins(self, wallet: Wallet) -> tuple[Row, ...]:
        try:
            return await all_rows(self.door.wire, wallet.route, Span({}))
        except VenueRefused as why:
            raise VenueRefused(
                f"the {wallet.name} wallet cannot be read: {why.message}",
                advice="Let the key read it, or name the wallets that count: what is not read is not zero.",
            ) from why

    async def modes(self, instrument: Instrument) -> AccountModes:
        """Return position mode, margin mode and leverage."""
        return await modes_of(self.door, await self.door.listing(instrument))

    async def configure(self, instrument: Instrument, modes: AccountModes) -> AccountModes:
        """Set what is not None, only while flat and without open orders, and return what is read back."""
        listing = await self.door.listing(instrument)
        if await self.positions((instrument,)):
            raise VenueRefused(
                f"{instrument.name} is not flat",
                advice="Modes are set only without a position: close it first.",
            )
        return await configure(self.door, listing, modes)

    async def permissions(self) -> Permissions:
        """Return what the key may do, None where the venue does not say."""
        names = self.door.venue.permissions
        if names is None:
            whose = str(self.door.exchange.walletAddress or "")
            return Permissions(whose, None, None, None, "no endpoint")
        login = login_of(self.door.exchange) if names.login else {}
        row = _first(await self.door.wire.read(names.route, login), names.route)
        if names.scope:
            withdraw, trade = _of_scope(row, names)
        else:
            withdraw, trade = _of_lists(row, names)
        if names.read_only and flag(row, names.read_only):
            trade = False
        return Permissions(
            account_id=text(await self._who(names, row), names.account) or "",
            trade=trade,
            withdraw=withdraw,
            ip_bound=_bound(row, names.ip),
            checked_by=names.route.call,
        )

    async def _who(self, names: PermissionFields, row: Row) -> Row:
        """The row in which the account's own name stands; empty where this key may not read it."""
        if names.account_route is None:
            return row
        try:
            return _first(await self.door.wire.read(names.account_route, {}), names.account_route)
        except VenueRefused:
            return {}

    async def paid(self, instrument: Instrument, since: int) -> tuple[FundingPaid, ...]:
        """Return funding received and paid from `since` on, oldest first, paged to the end; an option has none."""
        listing = await self.door.listing(instrument)
        if is_option(listing.instrument):
            return ()
        product, now = listing.product, self.door.now()
        if product.paid is None:
            raise VenueRefused(
                f"{self.door.venue.name} does not tell what funding {instrument.name} paid",
                advice="It stands in the changes of the balance only.",
            )
        names = product.paid_fields
        params: dict[str, object] = {product.paid.symbol: listing.raw} if product.paid.symbol else {}
        start = since if since > 0 else now - product.history_ms
        rows = await all_rows(self.door.wire, product.paid, Span(params, names.at, start, now))
        mine = (
            row
            for row in self.door.mine(rows, names.symbol, listing)
            if (instant(row, names.at) or 0) >= since
        )
        found = {one for row in mine if (one := paid_of(row, names, listing.instrument)) is not None}
        return tuple(sorted(found, key=lambda one: (one.at, one.payment_id)))

    async def fees(self, instrument: Instrument) -> tuple[Decimal, Decimal]:
        """Return the account's own (taker, maker) fee; the listed one where the venue tells no other."""
        listing = await self.door.listing(instrument)
        product = listing.product
        if product.fees is None:
            raise VenueRefused(
                f"{self.door.venue.name} does not tell the account's own fees",
                advice=f"Listed are {listing.instrument.taker_fee} and {listing.instrument.maker_fee}.",
            )
        params: dict[str, object] = {product.fees.symbol: listing.raw} if product.fees.symbol else {}
        rows = rows_of(await self.door.wire.read(product.fees, params), product.fees.rows)
        mine = self.door.mine(rows, "symbol", listing)
        if not mine:
            raise StateUnknown(f"the venue names no fees of {listing.instrument.name}")
        row = mine[0]
        return amount(row, product.fee_taker), amount(row, product.fee_maker)


def _asked(route: Route, listings: Sequence[Listing]) -> list[dict[str, object]]:
    """The parameters of the calls that together tell of `listings`: one each, or one for each settlement coin."""
    if not route.symbol:
        return [{}]
    if len(listings) == 1 or not route.settle:
        return [{route.symbol: one.raw} for one in listings]
    return [{route.settle: coin} for coin in sorted({one.instrument.settle for one in listings})]


def _with_legs(held: tuple[Holding, ...]) -> tuple[Holding, ...]:
    """Where a long and a short of one contract coexist they are legs, whether the venue says so or not."""
    both = {one.instrument for one in held if one.quantity > 0} & {
        one.instrument for one in held if one.quantity < 0
    }
    return tuple(
        replace(one, leg="long" if one.quantity > 0 else "short")
        if one.instrument in both and one.leg == "net"
        else one
        for one in held
    )


def _balances(row: Row, wallet: Wallet) -> list[Balance]:
    names = wallet.fields
    coin = text(row, names.coin) or names.assumed
    if not coin:
        return []
    free = number(row, names.free) if names.free else None
    locked = number(row, names.locked) if names.locked else None
    used = [number(row, field) or Decimal(0) for field in names.used]
    unrealised = _open_profit(row, names)
    total = number(row, names.total) if names.total else None
    if total is None and free is not None:
        total = free + (locked or Decimal(0))
    if total is None and value(row, f"{names.total} {names.free}") is None and _blank(row, names.total):
        return []
    if total is None:
        raise StateUnknown(f"the {wallet.name} wallet does not say how much {coin} there is")
    if names.includes_unrealised:
        total -= unrealised or Decimal(0)
    bonus = (number(row, names.bonus) if names.bonus else None) or Decimal(0)
    own = total - bonus
    usable = own - sum(used, Decimal(0)) if free is None else free
    found = [Balance(coin, wallet.kind, own, usable, unrealised)] if own or usable or unrealised else []
    return [*found, Balance(coin, "bonus", bonus, Decimal(0))] if bonus else found


def _blank(row: Row, names: str) -> bool:
    """Whether a row names an amount and leaves it empty: a wallet that was never opened."""
    return any(row.get(name) == "" for name in names.split())


def _open_profit(row: Row, names: BalanceFields) -> Decimal | None:
    where, field = names.unrealised_rows
    if where:
        return sum((amount(one, field) for one in rows_of(row, where)), Decimal(0))
    return number(row, names.unrealised) if names.unrealised else None


def _of_lists(row: Row, names: PermissionFields) -> tuple[bool | None, bool | None]:
    """Whether a key may withdraw and trade, by flags or by lists of rights."""
    words = value(row, names.withdraw) if names.withdraw else None
    withdraw = flag(row, names.withdraw)
    if isinstance(words, list):
        withdraw = any(str(one) in names.withdraw_words for one in words)
    trade = flag(row, names.trade) if names.trade else None
    if isinstance(value(row, names.trade) if names.trade else None, list):
        trade = bool(value(row, names.trade))
    return withdraw, trade


def _of_scope(row: Row, names: PermissionFields) -> tuple[bool | None, bool | None]:
    """Whether a key may withdraw and trade, by the words of its scope; without a scope nobody knows."""
    said = text(row, names.scope)
    if said is None:
        return None, None
    words = set(said.split())
    return bool(words & names.withdraw_words), bool(words & names.trade_words)


def _first(body: object, route: Route) -> Row:
    rows = rows_of(body, route.rows)
    if not rows:
        raise StateUnknown("the venue's answer on the key is empty")
    return rows[0]


def _bound(row: Row, names: str) -> bool | None:
    """Whether a key is bound to addresses: a flag, or a list in which a star means any."""
    said = value(row, names) if names else None
    if isinstance(said, list):
        return bool(said) and "*" not in said
    return flag(row, names) if names else None
