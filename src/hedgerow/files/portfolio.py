"""Holdings files as a `Portfolio`.

    read_portfolio("book.csv") -> Portfolio

CSV, JSON, TOML or Parquet with `symbol` and `quantity`; the exports of `exports.py` are recognised by their headers.
"""

from __future__ import annotations

import stat
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hedgerow.files.cells import Place, number, symbol
from hedgerow.files.exports import Layout, recognise
from hedgerow.files.records import Record, records_of
from hedgerow.model.coins import RENAMED
from hedgerow.model.errors import BadPortfolio
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.portfolio import Portfolio, Position, PositionKind

__all__ = ["parse_portfolio", "read_portfolio"]

_LARGEST_BYTES = 256 << 20
_CONTRACTS = {
    "perp": "linear",
    "perpetual": "linear",
    "linear": "linear",
    "future": "linear",
    "inverse": "inverse",
    "quanto": "quanto",
}
_SPOT_KINDS = {"", "spot", "stablecoin", "wrapped", "staked", "short", "cash", "fiat", "crypto", "earn"}
_YES = {"true", "yes", "1", "y"}
_FLAT_TIER = (MarginTier(0.0, 0.004, 125.0),)
_ADVICE = "A holdings file has a header line with symbol and quantity, and one line a coin."


def read_portfolio(
    path: str | Path, *, decimal_comma: bool = False, instruments: tuple[Instrument, ...] = ()
) -> Portfolio:
    """Return the book of a file. `instruments` are contracts that rows may name.

    Rows of the same coin, account and kind are summed, and a note says so. Raises `BadPortfolio`, naming file, line
    and column, with what to do.
    """
    where = Path(path)
    try:
        status = where.stat()
    except (OSError, ValueError) as why:
        reason = getattr(why, "strerror", None) or "not a usable path"
        raise BadPortfolio(f"cannot be opened: {reason}", file=where.name, advice="Check the path.") from None
    if not stat.S_ISREG(status.st_mode):
        raise BadPortfolio(
            "is not a regular file", file=where.name, advice="Give a CSV, JSON, TOML or Parquet file."
        )
    if status.st_size > _LARGEST_BYTES:
        raise BadPortfolio("is larger than 256 MB", file=where.name, advice="A book has one line a coin.")
    try:
        data = where.read_bytes()
    except OSError as why:
        raise BadPortfolio(
            f"cannot be read: {why.strerror}", file=where.name, advice="Check its permissions."
        ) from None
    return parse_portfolio(data, where.name, decimal_comma=decimal_comma, instruments=instruments)


def parse_portfolio(
    data: bytes, file: str, *, decimal_comma: bool = False, instruments: tuple[Instrument, ...] = ()
) -> Portfolio:
    """Return the book that the bytes of `file` hold; its name tells the format. Raises `BadPortfolio`."""
    records, headers = records_of(data, file)
    found = recognise(tuple(headers))
    if found is None:
        listed = ", ".join(h[:40] for h in headers[:8]) or "none"
        raise BadPortfolio(
            f"has no columns symbol and quantity (columns: {listed})", file=file, advice=_ADVICE
        )
    if not records:
        raise BadPortfolio("holds no position", file=file, advice=_ADVICE)
    layout, fields = found
    reader = _Reader(file, layout, fields, decimal_comma, instruments)
    rows = [reader.position(record) for record in records]
    merged, notes = _merged(rows)
    hints = [
        f"{row.symbol} was renamed {RENAMED[row.symbol]}: check which is meant."
        for row in merged
        if row.symbol in RENAMED
    ]
    where = ", ".join(f"{name} from {header}" for name, header in fields.items() if name != header)
    said = f"{file}: {layout.name}, {len(records)} rows" + (f" ({where})" if where else "")
    return Portfolio(merged, file, said, tuple(dict.fromkeys([*notes, *hints])))


class _Reader:
    """Turns records into positions: the layout, and where in the file it stands."""

    def __init__(
        self,
        file: str,
        layout: Layout,
        fields: dict[str, str],
        decimal_comma: bool,
        instruments: tuple[Instrument, ...],
    ) -> None:
        self.file, self.layout, self.fields = file, layout, fields
        self.decimal_comma = decimal_comma
        self.instruments = {name.upper(): c for c in instruments for name in (c.symbol, c.name)}

    def position(self, record: Record) -> Position:
        line, cells = record
        kind = self._text(cells, "kind").lower()
        tags = tuple(t.strip() for t in self._text(cells, "tags").split(";") if t.strip())
        row = Position(
            symbol=symbol(self._text(cells, "symbol"), self._place(line, "symbol")),
            quantity=self._quantity(line, cells),
            account=_clean(self._text(cells, "account")),
            currency=self._text(cells, "currency").upper()[:30] if "currency" in self.fields else "",
            cost_basis=self._optional(line, cells, "cost_basis"),
            sector=_clean(self._text(cells, "sector")),
            tags=tuple(_clean(t) for t in tags),
            locked=self._text(cells, "locked").lower() in _YES,
            line=line,
        )
        if kind in _CONTRACTS or self._text(cells, "instrument"):
            return self._contract(row, kind, line, cells)
        if kind in {"collateral", "margin"}:
            return replace(row, kind=PositionKind.COLLATERAL)
        if kind not in _SPOT_KINDS:
            known = ", ".join(sorted({*_CONTRACTS, *_SPOT_KINDS, "collateral"} - {""}))
            raise self._place(line, "kind").error(f'"{kind[:60]}" is no kind of position', f"Known: {known}.")
        if kind == "short" and row.quantity > 0:
            row = replace(row, quantity=-row.quantity)
        return self._token(row, line, cells)

    def _token(self, row: Position, line: int | None, cells: dict[str, str]) -> Position:
        underlying = self._text(cells, "underlying")
        rate, discount = self._optional(line, cells, "rate"), self._optional(line, cells, "discount")
        if rate is not None and rate <= 0:
            raise self._place(line, "rate").error(
                "an exchange rate is above 0", "Give coins of the underlying per token."
            )
        if discount is not None and not 0 <= discount < 1:
            raise self._place(line, "discount").error(
                "a discount is a fraction from 0 to 1", "Write 0.02 for 2 %."
            )
        return replace(
            row,
            underlying=symbol(underlying, self._place(line, "underlying")) if underlying else None,
            rate=rate,
            discount=discount if discount is not None else Decimal(0),
        )

    def _contract(self, row: Position, kind: str, line: int | None, cells: dict[str, str]) -> Position:
        name = self._text(cells, "instrument")
        entry = self._optional(line, cells, "entry_price")
        if entry is None or entry <= 0:
            raise self._place(line, "entry_price").error(
                "an open contract needs its entry price",
                "Add a column entry_price: without it its profit is unknown.",
            )
        contract = self.instruments.get(name.upper()) if name else None
        if contract is None:
            if kind not in _CONTRACTS:
                raise self._place(line, "instrument").error(
                    f'"{name[:60]}" is no known contract',
                    "Describe it: kind (linear, inverse, quanto), multiplier, settle.",
                )
            contract = self._described(row, kind, name, line, cells)
        return replace(
            row,
            symbol=contract.underlying,
            kind=PositionKind.DERIVATIVE,
            instrument=contract,
            entry_price=entry,
        )

    def _described(
        self, row: Position, kind: str, name: str, line: int | None, cells: dict[str, str]
    ) -> Instrument:
        payoff = Payoff(_CONTRACTS[kind])
        underlying = self._text(cells, "underlying")
        coin = symbol(underlying, self._place(line, "underlying")) if underlying else row.symbol
        multiplier = self._optional(line, cells, "multiplier")
        if multiplier is None and payoff is not Payoff.LINEAR:
            raise self._place(line, "multiplier").error(
                f"an {kind} contract needs its multiplier",
                "Dollars a contract (inverse), settlement coins a dollar (quanto).",
            )
        settle = self._text(cells, "settle").upper() or {Payoff.LINEAR: "USDT", Payoff.INVERSE: coin}.get(
            payoff, "BTC"
        )
        return Instrument(
            venue=row.account or "book",
            symbol=name or f"{coin} {kind}",
            underlying=coin,
            payoff=payoff,
            quote=settle if payoff is Payoff.LINEAR else "USD",
            settle=settle,
            multiplier=multiplier or Decimal(1),
            lot=Decimal("0.001"),
            min_contracts=Decimal("0.001"),
            max_contracts=None,
            min_notional=Decimal(5),
            tick=Decimal("0.01"),
            taker_fee=Decimal("0.0005"),
            maker_fee=Decimal("0.0002"),
            tiers=_FLAT_TIER,
            funding_interval_hours=8.0,
            cite="as described in the book",
        )

    def _quantity(self, line: int | None, cells: dict[str, str]) -> Decimal:
        if self.layout.quantities:
            parts = [
                number(cells.get(name, "") or "0", self._place(line, name), decimal_comma=self.decimal_comma)
                for name in self.layout.quantities
            ]
            return sum(parts, Decimal(0))
        header = self.fields["quantity"]
        return number(cells.get(header, ""), self._place(line, header), decimal_comma=self.decimal_comma)

    def _text(self, cells: dict[str, str], name: str) -> str:
        return cells.get(self.fields.get(name, ""), "").strip()

    def _optional(self, line: int | None, cells: dict[str, str], name: str) -> Decimal | None:
        text = self._text(cells, name)
        return number(text, self._place(line, name), decimal_comma=self.decimal_comma) if text else None

    def _place(self, line: int | None, column: str) -> Place:
        return Place(self.file, line, self.fields.get(column, column))


def _clean(text: str) -> str:
    """Free text for display: printable characters only, at most 80."""
    return "".join(c for c in text if c.isprintable())[:80]


def _merged(rows: list[Position]) -> tuple[tuple[Position, ...], list[str]]:
    """Sum spot rows that agree in everything but quantity, cost and line; say so."""
    groups: dict[tuple[object, ...], Position] = {}
    notes: list[str] = []
    for row in rows:
        key: tuple[object, ...] = (
            row.symbol,
            row.account,
            row.kind,
            row.underlying,
            row.rate,
            row.discount,
            row.locked,
            row.tags,
            row.sector,
        )
        if row.is_derivative:
            key = (*key, row.line, len(groups))
        seen = groups.get(key)
        if seen is None:
            groups[key] = row
            continue
        cost = None if seen.cost_basis is None or row.cost_basis is None else seen.cost_basis + row.cost_basis
        groups[key] = replace(seen, quantity=seen.quantity + row.quantity, cost_basis=cost)
        notes.append(f"{row.symbol} stands in several rows of {row.account or 'the book'}: they are summed.")
    return tuple(groups.values()), notes
