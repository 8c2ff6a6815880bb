"""Rows of a holdings file as positions: what each is, how much, and the contract it may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Context, Decimal
from functools import partial

from hedgerow.files.cells import Place, number, symbol
from hedgerow.files.contracts import PAYOFFS, by_name, described, expiry_of
from hedgerow.files.exports import Layout, ghostfolio_ticker
from hedgerow.files.option_rows import OPTION_KINDS, as_option, option_of
from hedgerow.files.records import Record
from hedgerow.files.text import shown
from hedgerow.model.coins import WRAPPED
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.portfolio import Position, PositionKind

__all__ = ["Reader"]

_EXACT = Context(prec=400)
_SPOT = {"", "spot", "stablecoin", "wrapped", "staked", "short", "cash", "fiat", "crypto", "earn"}
_COLLATERAL = {"collateral", "margin"}
_YES_NO: Mapping[str, bool] = {
    **dict.fromkeys(("true", "yes", "y", "1"), True),
    **dict.fromkeys(("", "false", "no", "n", "0"), False),
}


class Reader:
    """Turns records into positions: the layout, and where in the file it stands."""

    def __init__(
        self,
        file: str,
        layout: Layout,
        fields: Mapping[str, str],
        decimal_comma: bool,
        instruments: tuple[Instrument, ...],
    ) -> None:
        self._file, self._layout, self._fields = file, layout, fields
        self._decimal_comma = decimal_comma
        self._instruments = by_name(instruments)
        self._passed: dict[str, int] = {}

    @property
    def used(self) -> frozenset[str]:
        """The headers that are read."""
        return frozenset({*self._fields.values(), *self._layout.quantities, self._layout.sign_from})

    def notes(self) -> list[str]:
        """Say which rows were left out because they change no quantity."""
        said = ", ".join(f"{count} {kind}" for kind, count in self._passed.items())
        return [f"rows left out, they change no quantity: {said}."] if said else []

    def position(self, record: Record) -> Position | None:
        """Return the position of one row, None where the row changes none. Raises `BadPortfolio`."""
        sign = self._sign(record)
        if sign == 0:
            return None
        row = self._plain(record, sign)
        signed = self._fields.get("kind") == self._layout.sign_from
        kind = "" if signed else self._text(record, "kind").lower()
        told = self._text(record, "instrument")
        option = option_of(row.symbol, told, kind, partial(self._place, record))
        if option is not None:
            return as_option(row, option, kind)
        if kind in PAYOFFS or told:
            return self._contract(row, kind, record)
        if kind in _COLLATERAL:
            return replace(row, kind=PositionKind.COLLATERAL)
        if kind not in _SPOT:
            known = ", ".join(sorted({*PAYOFFS, *_SPOT, *_COLLATERAL, *OPTION_KINDS} - {""}))
            raise self._place(record, "kind").error(
                f'"{shown(kind)}" is no kind of position', f"Known: {known}."
            )
        if kind == "short" and row.quantity > 0:
            row = replace(row, quantity=row.quantity.copy_negate())
        return self._token(row, record)

    def _plain(self, record: Record, sign: int) -> Position:
        tags = (_clean(tag) for tag in self._text(record, "tags").split(";"))
        locked = self._text(record, "locked").lower()
        if locked not in _YES_NO:
            raise self._place(record, "locked").error(
                f'"{shown(locked)}" is neither yes nor no', "Write yes or no."
            )
        quantity = self._quantity(record)
        return Position(
            symbol=self._symbol(record),
            quantity=quantity if sign > 0 or not quantity else quantity.copy_negate(),
            account=_clean(self._text(record, "account")),
            currency=_clean(self._text(record, "currency")).upper(),
            cost_basis=self._optional(record, "cost_basis"),
            sector=_clean(self._text(record, "sector")),
            tags=tuple(tag for tag in tags if tag),
            locked=_YES_NO[locked],
            line=record.line,
        )

    def _sign(self, record: Record) -> int:
        if not self._layout.sign_from:
            return 1
        said = record.cells.get(self._layout.sign_from, "").strip().lower()
        sign = self._layout.signs.get(said)
        if sign is None:
            known = ", ".join(self._layout.signs)
            place = self._at(record, self._layout.sign_from)
            raise place.error(f'"{shown(said)}" is none of {known}', "Correct it, or remove the line.")
        if sign == 0:
            self._passed[said] = self._passed.get(said, 0) + 1
        return sign

    def _symbol(self, record: Record) -> str:
        text = self._text(record, "symbol")
        if self._layout.name.startswith("Ghostfolio"):
            text = ghostfolio_ticker(text)
        return symbol(text, self._place(record, "symbol"))

    def _token(self, row: Position, record: Record) -> Position:
        text = self._text(record, "underlying")
        underlying = symbol(text, self._place(record, "underlying")) if text else None
        rate, discount = self._optional(record, "rate"), self._optional(record, "discount")
        if rate is not None and rate <= 0:
            advice = "Give coins of the underlying per token."
            raise self._place(record, "rate").error("an exchange rate is above 0", advice)
        if rate is not None and underlying is None and row.symbol not in WRAPPED:
            advice = "Add a column underlying: the coin that the rate counts."
            raise self._place(record, "rate").error(f"a rate of {row.symbol} to what?", advice)
        if discount is not None and not 0 <= discount < 1:
            raise self._place(record, "discount").error(
                "a discount is a fraction from 0 to 1", "Write 0.02 for 2 %."
            )
        return replace(row, underlying=underlying, rate=rate, discount=discount or Decimal(0))

    def _contract(self, row: Position, kind: str, record: Record) -> Position:
        name = self._text(record, "instrument") or (row.symbol if row.symbol in self._instruments else "")
        entry = self._optional(record, "entry_price")
        if entry is None or entry <= 0:
            advice = "Give a column entry_price: without it the contract's profit is unknown."
            raise self._place(record, "entry_price").error("an open contract needs its entry price", advice)
        contract = self._instruments.get(name.upper()) if name else None
        if contract is None and kind not in PAYOFFS:
            advice = "Describe it with the columns kind (linear, inverse, quanto), multiplier and settle."
            raise self._place(record, "instrument").error(f'"{shown(name)}" is no known contract', advice)
        said = self._optional(record, "multiplier")
        if contract is not None and said is not None and said != contract.multiplier:
            advice = (
                "Leave the multiplier out, or describe another contract with kind, multiplier and settle."
            )
            told = f"a multiplier of {said}, and {contract.symbol} has {contract.multiplier}"
            raise self._place(record, "multiplier").error(told, advice)
        contract = contract or self._described(row, kind, name, record)
        return replace(
            row,
            symbol=contract.underlying,
            kind=PositionKind.DERIVATIVE,
            instrument=contract,
            entry_price=entry,
        )

    def _described(self, row: Position, kind: str, name: str, record: Record) -> Instrument:
        payoff = PAYOFFS[kind]
        text = self._text(record, "underlying")
        coin = symbol(text, self._place(record, "underlying")) if text else row.symbol
        multiplier = self._optional(record, "multiplier")
        if multiplier is None and payoff is not Payoff.LINEAR:
            advice = "Dollars a contract (inverse), settlement coins a dollar (quanto)."
            raise self._place(record, "multiplier").error(
                f"a contract of kind {kind} needs its multiplier", advice
            )
        if multiplier is not None and multiplier <= 0:
            raise self._place(record, "multiplier").error(
                "a multiplier is above 0", "Sell with a negative quantity."
            )
        settle = self._text(record, "settle")
        if not settle and payoff is Payoff.QUANTO:
            advice = "Give the coin it settles in."
            raise self._place(record, "settle").error("a quanto contract needs its settlement coin", advice)
        usual = coin if payoff is Payoff.INVERSE else "USDT"
        return described(
            coin,
            payoff,
            multiplier or Decimal(1),
            symbol(settle, self._place(record, "settle")) if settle else usual,
            name=_clean(name) or f"{coin} {kind}",
            venue=row.account or "book",
            expiry=self._expiry(kind, name, record),
        )

    def _expiry(self, kind: str, name: str, record: Record) -> datetime | None:
        text = self._text(record, "expiry")
        try:
            found = expiry_of(text, name.upper())
        except (ValueError, OverflowError):
            advice = "Write 2025-12-26, or 2025-12-26T08:00Z."
            raise self._place(record, "expiry").error(f'"{shown(text or name)}" is no date', advice) from None
        if found is None and kind == "future":
            advice = "Add a column expiry, such as 2025-12-26; without one it would be a perpetual and pay funding."
            raise self._place(record, "expiry").error("a future needs its expiry", advice)
        return found

    def _quantity(self, record: Record) -> Decimal:
        if not self._layout.quantities:
            header = self._fields["quantity"]
            return self._number(record, header, record.cells.get(header, ""))
        total = Decimal(0)
        for header in self._layout.quantities:
            total = _EXACT.add(
                total, self._number(record, header, record.cells.get(header, "").strip() or "0")
            )
        return total

    def _text(self, record: Record, name: str) -> str:
        # A column without a name, such as a row number, stands under "": no field may fall back on it.
        header = self._fields.get(name)
        return record.cells.get(header, "").strip() if header else ""

    def _optional(self, record: Record, name: str) -> Decimal | None:
        text = self._text(record, name)
        return self._number(record, self._fields[name], text) if text else None

    def _number(self, record: Record, header: str, text: str) -> Decimal:
        return number(text, self._at(record, header), decimal_comma=self._decimal_comma)

    def _place(self, record: Record, field: str) -> Place:
        return self._at(record, self._fields.get(field, field))

    def _at(self, record: Record, header: str) -> Place:
        return Place(self._file, record.line, f"{record.at}.{header}" if record.at else header)


def _clean(text: str) -> str:
    """Free text for display: printable characters only, at most 80."""
    return "".join(c for c in text[:200] if c.isprintable()).strip()[:80]
