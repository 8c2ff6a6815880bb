"""The book's page where it is changed: its rows to be edited, what was wrong with a change, betas given by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow.app.books import is_account
from hedgerow.app.holdings import Changed, backups, put_in, rows_of, set_quantities
from hedgerow.app.overrides import given_beta, override
from hedgerow.files.holdings import RowFault, faults_of, quantity_in
from hedgerow.files.portfolio import opened_holdings
from hedgerow.files.runs import fingerprint
from hedgerow.model.errors import BadInput, UsageError
from hedgerow.reports.wording import number, plain_text
from hedgerow.web.forms import Form

if TYPE_CHECKING:
    from hedgerow.web.room import Room

__all__ = ["Entered", "editing_view", "give_beta", "import_form", "set_form", "unreadable"]

_MOST = 400
_ROW = "row-"
_ACCOUNTS = ("account", "venue", "exchange", "wallet", "location", "kind", "type", "instrument", "contract")


@dataclass(frozen=True, slots=True)
class Entered:
    """What somebody typed and what was wrong with it; `what` is the form: quantities, import or beta."""

    what: str
    faults: tuple[RowFault, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    name: str = ""


def editing_view(room: Room, entered: Entered | None = None) -> dict[str, Any]:
    """Return how the book can be changed; what was typed wrongly stands there again with its error."""
    betas = [
        (plain_text(coin), _beta(given.beta), number(given.stderr or None), plain_text(given.note))
        for coin, given in sorted(room.settings.betas.items())
    ]
    lasting = room.config is not None
    if is_account(room.book):
        return {
            "rows": None,
            "seen": "",
            "faults": [],
            "backup": "",
            "betas": betas,
            "lasting": lasting,
            "open": "",
        }
    kept = backups(room.book)
    return {
        "rows": _rows(room, entered),
        "seen": _seen(room.book),
        "faults": [] if entered is None else [_said(fault) for fault in entered.faults],
        "file": "" if entered is None else plain_text(entered.name),
        "backup": plain_text(kept[-1].name) if kept else "",
        "betas": betas,
        "lasting": lasting,
        "open": "" if entered is None else entered.what,
    }


def unreadable(room: Room) -> Entered | None:
    """Return what is wrong with the book's file as it lies there; None where it can be read, or is no file."""
    try:
        data = opened_holdings(Path(room.book))
    except BadInput:
        return None
    comma = room.settings.data.decimal_comma
    faults = faults_of(data, Path(room.book).name, decimal_comma=comma, instruments=room.contracts())
    return Entered("quantities", faults) if faults else None


def import_form(room: Room, form: Form) -> Entered | None:
    """Put the file of a form, or the text pasted into it, in the place of the book; return what is wrong with it, None: nothing."""
    name, data = form.files.get("file", ("", b""))
    if not data:
        name, data = "pasted.csv", form.get("text").encode()
    if not data.strip():
        raise UsageError("no file was given", advice="Choose a file, or paste its lines.")
    done = put_in(room.settings, room.book, data, name, room.contracts())
    return None if done.before is not None else Entered("import", done.faults, name=name)


def set_form(room: Room, form: Form) -> Entered | None:
    """Set the quantities that a form changed and add its new coin; return what is wrong with them, None: nothing."""
    was = _texts(room)
    given = {place: form.fields[key] for place in range(len(was)) if (key := f"{_ROW}{place}") in form.fields}
    changed = {place: text for place, text in given.items() if text.strip() != was[place].strip()}
    coin, quantity = form.get("new-symbol").strip(), form.get("new-quantity").strip()
    added = (coin, quantity) if coin or quantity else None
    if not changed and added is None:
        raise UsageError("nothing was changed", advice="Type another quantity, or a new coin with one.")
    seen = form.get("seen")
    done: Changed = set_quantities(room.settings, room.book, changed, added, seen, room.contracts())
    return None if done.before is not None else Entered("quantities", done.faults, form.fields)


def give_beta(room: Room, form: Form) -> None:
    """Write the beta of a form into the settings, or take a coin's out. Raises what is wrong with it."""
    coin = form.get("coin").strip().upper()
    if room.config is None:
        raise UsageError(
            "there is no file of settings to write to", advice="Start `serve` with --config FILE."
        )
    if form.get("remove"):
        override(room.config, coin, None)
        room.give(coin, None)
        return
    exposure, _ = room.beta()
    known = {asset.symbol for asset in exposure.worth.rows} | set(exposure.worth.assets)
    if coin not in known:
        raise UsageError(f"{plain_text(coin)} is not in the book", advice="Give a coin that the book holds.")
    given = given_beta(form.get("beta"), form.get("error"), form.get("note"), len(exposure.factors))
    override(room.config, coin, given)
    room.give(coin, given)


def _texts(room: Room) -> list[str]:
    """The quantities of the file's rows as they stand there."""
    records = rows_of(room.book)
    headers = quantity_in(records)
    return [] if headers is None else [row.cells.get(headers[1], "") for row in records.rows]


def _rows(room: Room, entered: Entered | None) -> list[dict[str, Any]] | None:
    """The file's rows to be edited; None where they cannot be, or are too many for a page."""
    try:
        records = rows_of(room.book)
    except BadInput:
        return None
    headers = quantity_in(records)
    if headers is None or len(records.rows) > _MOST:
        return None
    mine = entered if entered is not None and entered.what == "quantities" else Entered("quantities")
    typed, faults = mine.fields, {fault.row: _said(fault) for fault in mine.faults}
    rows = [
        {
            "coin": plain_text(row.cells.get(headers[0], "")),
            "where": plain_text(", ".join(row.cells[name] for name in _ACCOUNTS if row.cells.get(name))),
            "quantity": typed.get(f"{_ROW}{place}", row.cells.get(headers[1], "")),
            "fault": faults.get(place, ""),
        }
        for place, row in enumerate(records.rows)
    ]
    new = {"coin": typed.get("new-symbol", ""), "quantity": typed.get("new-quantity", ""), "where": "new"}
    return [*rows, {**new, "fault": faults.get(len(rows), "")}]


def _seen(book: str) -> str:
    try:
        return fingerprint(book)
    except OSError:
        return ""


def _said(fault: RowFault) -> str:
    return plain_text(f"{fault.why.message}. {fault.why.advice}")


def _beta(beta: Sequence[float] | float) -> str:
    return number(beta) if isinstance(beta, int | float) else ", ".join(number(x) for x in beta)
