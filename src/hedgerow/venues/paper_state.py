"""A paper venue as plain data and back: what its caller writes, whole or not at all, so that it outlives the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from hedgerow.exchange.venue import Funded, VenueState
from hedgerow.model.errors import BadInput
from hedgerow.model.orders import Fill
from hedgerow.model.ports import FundingPrint

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["PaperBooks", "books_from", "plain_of"]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class PaperBooks:
    """Everything a paper venue remembers: its state, and what it told since it opened at `opened_at`."""

    opened_at: int
    state: VenueState
    fills: tuple[Fill, ...] = ()
    payments: tuple[Funded, ...] = ()
    prints: tuple[FundingPrint, ...] = ()


def plain_of(books: PaperBooks) -> dict[str, object]:
    """Return what `json.dumps` takes: Decimals as text, every contract once."""
    plain = _adapter().dump_python(books, mode="json")
    contracts: dict[str, object] = {}
    plain["state"] = _folded(plain["state"], contracts)
    return {"version": _VERSION, "contracts": contracts, "books": plain}


def books_from(plain: Mapping[str, object]) -> PaperBooks:
    """Return the books that `plain_of` wrote; raises `BadInput` for anything else."""
    from pydantic import ValidationError

    contracts, books = plain.get("contracts"), plain.get("books")
    if plain.get("version") != _VERSION or not isinstance(contracts, dict) or not isinstance(books, dict):
        raise BadInput(
            "this is no paper account of this version", advice="Move the file away to begin a new account."
        )
    try:
        state = _unfolded(books.get("state"), contracts)
        return _adapter().validate_python({**books, "state": state})
    except (ValidationError, KeyError) as problem:
        raise BadInput(
            f"the paper account cannot be read: {str(problem).splitlines()[0]}",
            advice="It was cut short or changed by hand. Move the file away to begin a new account.",
        ) from None


@cache
def _adapter() -> TypeAdapter[PaperBooks]:
    """What turns books into plain data and back; making it takes longer than using it."""
    from pydantic import TypeAdapter

    return TypeAdapter(PaperBooks)


def _folded(node: object, contracts: dict[str, object]) -> object:
    """The same data with each contract replaced by its key in `contracts`."""
    if isinstance(node, dict):
        return {
            key: _key_of(value, contracts)
            if key == "instrument" and isinstance(value, dict)
            else _folded(value, contracts)
            for key, value in node.items()
        }
    return [_folded(value, contracts) for value in node] if isinstance(node, list) else node


def _key_of(contract: dict[str, object], contracts: dict[str, object]) -> str:
    """Orders keep the figures they were placed under: a contract that changed is kept under several keys."""
    key = f"{contract['venue']}:{contract['symbol']}"
    while contracts.setdefault(key, contract) != contract:
        key += "'"
    return key


def _unfolded(node: object, contracts: Mapping[str, object]) -> object:
    if isinstance(node, dict):
        return {
            key: contracts[value]
            if key == "instrument" and isinstance(value, str)
            else _unfolded(value, contracts)
            for key, value in node.items()
        }
    return [_unfolded(value, contracts) for value in node] if isinstance(node, list) else node
