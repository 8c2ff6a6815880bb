"""Reading raw bodies: fields by name, exact numbers, rows; what is not there is None, what cannot be read is an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from hedgerow.model.errors import StateUnknown

__all__ = ["Row", "amount", "flag", "ident", "instant", "number", "rows_of", "text", "value", "word"]

Row = Mapping[str, object]
_YES = {"true", "1", "yes"}
_NO = {"false", "0", "no"}


def value(body: object, names: str) -> object:
    """Return the first of the named fields that is there and not empty, else None."""
    for name in names.split():
        found = body
        for part in name.split("."):
            found = _member(found, part)
        if found is not None and found != "":
            return found
    return None


def _member(body: object, part: str) -> object:
    if isinstance(body, Mapping):
        return body.get(part)
    if isinstance(body, Sequence) and not isinstance(body, str) and part.isdecimal():
        return body[int(part)] if int(part) < len(body) else None
    return None


def text(row: object, names: str) -> str | None:
    """Return a field as text: ids and codes are text, whatever the venue's JSON says."""
    found = value(row, names)
    if found is None or isinstance(found, (Mapping, list)):
        return None
    return str(found)


def ident(row: object, names: str) -> str | None:
    """Return an id, None where there is none; raises `StateUnknown` for what is neither text nor a whole number."""
    found = value(row, names)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        raise StateUnknown(
            f"{names} is a {type(found).__name__} and no id",
            advice="The venue's answer has changed: check its page.",
        )
    return str(found)


def word(row: object, names: str) -> str:
    """Return a field as a lower-case word, empty where it is not there."""
    return (text(row, names) or "").lower()


def number(row: object, names: str) -> Decimal | None:
    """Return a field as an exact Decimal, a JSON number by its shortest form; None where it is not there.

    Raises `StateUnknown` for what is no finite number.
    """
    found = value(row, names)
    if found is None:
        return None
    try:
        exact = Decimal(str(found)) if not isinstance(found, bool) else Decimal("NaN")
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite():
        raise StateUnknown(
            f'"{found}" in {names} is not a number', advice="The venue's answer has changed: check its page."
        )
    return exact


def amount(row: object, names: str) -> Decimal:
    """Return a number that has to be there; raises `StateUnknown` where it is not: absent is not zero."""
    found = number(row, names)
    if found is None:
        raise StateUnknown(
            f"the venue's answer has no {names.replace(' ', ' or ')}",
            advice="Unknown is not zero: check the venue's page.",
        )
    return found


def flag(row: object, names: str) -> bool | None:
    """Return a yes or no, None where the venue says neither."""
    said = word(row, names)
    return True if said in _YES else False if said in _NO else None


def instant(row: object, names: str) -> int | None:
    """Return milliseconds of UTC from milliseconds, seconds or an ISO text; zero is no instant."""
    said = text(row, names) or ""
    if "T" in said:
        return _of_iso(said)
    found = number(row, names)
    if not found:
        return None
    # Ten digits are seconds until the year 2286; thirteen are milliseconds since 2001.
    return int(found * 1000) if abs(found) < 10**11 else int(found)


def _of_iso(said: str) -> int:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise StateUnknown(f'"{said}" is no instant') from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def rows_of(body: object, names: str) -> tuple[Row, ...]:
    """Return the rows at the first of `names` that is there; "" and "." are the body itself, one object is one row.

    Raises `StateUnknown` where there is neither list nor object: an answer of another form is not an empty one.
    """
    found = body if not names else next(iter(_there(body, names.split())), None)
    if isinstance(found, Mapping):
        return (found,)
    if isinstance(found, list):
        if all(isinstance(row, Mapping) for row in found):
            return tuple(found)
        raise StateUnknown("the venue's rows are not objects", advice="Nothing was read from this answer.")
    raise StateUnknown(
        f"the venue's answer has no {names.replace(' ', ' or ') or 'rows'}",
        advice="An answer of another form is not an empty one.",
    )


def _there(body: object, names: Iterable[str]) -> Iterable[object]:
    for name in names:
        found = body
        for part in name.split(".") if name != "." else ():
            found = _member(found, part)
        if isinstance(found, (Mapping, list)):
            yield found
