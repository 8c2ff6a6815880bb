"""How estimators write themselves: `ols:365`, `huber:60:300@hac`."""

from __future__ import annotations

__all__ = ["length", "named"]


def length(number: float | None) -> str:
    """Return a count of bars in the fewest digits that read back the same; None, without end, as `inf`."""
    if number is None:
        return "inf"
    return str(int(number)) if number == int(number) else repr(float(number))


def named(
    name: str, *lengths: float | None, variant: str = "", errors: str | None = None, usual: str | None = None
) -> str:
    """Return `name:length:…:variant@errors`: lengths missing at the end are left out, errors where they are `usual`."""
    given = list(lengths)
    while given and given[-1] is None and not variant:
        given.pop()
    text = ":".join([name, *(length(number) for number in given), *([variant] if variant else [])])
    return text if errors is None or errors == usual else f"{text}@{errors}"
