"""Short specifications of estimators: `ols:365`, `ewls:60d`, `huber:60d:300d`, `shrink(ols:365)`, `default`.

A plain number counts bars, one with a `d` counts days.
"""

from __future__ import annotations

from difflib import get_close_matches

from hedgerow.model.errors import UsageError
from hedgerow.stats.beta.estimator import Errors, Estimator
from hedgerow.stats.beta.ewls import Ewls
from hedgerow.stats.beta.huber import Huber
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.shrink import Shrink

__all__ = ["DEFAULT", "estimator"]

DEFAULT = "huber:60d:300d"
_FORMS = "ols:W, ewls:HALFLIFE:W, huber:HALFLIFE:W, shrink(SPEC), default"


def estimator(spec: str, bars_per_day: float = 1.0, errors: str | None = None) -> Estimator:
    """Return the estimator that `spec` names, its days turned into bars. Raises `UsageError` for a bad one."""
    text = spec.strip().lower()
    if text.startswith("shrink(") and text.endswith(")"):
        return Shrink(estimator(text[len("shrink(") : -1], bars_per_day, errors))
    if text == "default":
        text = DEFAULT
    name, *numbers = text.split(":")
    lengths = [_bars(number, bars_per_day, spec) for number in numbers]
    kind = _errors(errors)
    if name == "ols" and len(lengths) <= 1:
        return Ols(_window(lengths, 0), kind or "ols")
    if name == "ewls" and 1 <= len(lengths) <= 2:
        return Ewls(lengths[0], _window(lengths, 1), kind or "sandwich")
    if name == "huber" and len(lengths) <= 2:
        return Huber(lengths[0] if lengths else None, _window(lengths, 1), errors=kind or "sandwich")
    raise _bad(spec, name)


def _window(lengths: list[float], place: int) -> int | None:
    return round(lengths[place]) if len(lengths) > place else None


def _errors(errors: str | None) -> Errors | None:
    kinds: dict[str | None, Errors | None] = {None: None, "ols": "ols", "hac": "hac", "sandwich": "sandwich"}
    if errors in kinds:
        return kinds[errors]
    raise UsageError(f'"{errors}" is no kind of standard error', advice="Give --stderr ols, hac or sandwich.")


def _bars(number: str, bars_per_day: float, spec: str) -> float:
    days = number.endswith("d")
    try:
        length = float(number[:-1] if days else number)
    except ValueError:
        raise _bad(spec, number) from None
    if not 0 < length < 1e7:
        raise _bad(spec, number)
    return length * bars_per_day if days else length


def _bad(spec: str, part: str) -> UsageError:
    near = get_close_matches(part, ["ols", "ewls", "huber", "shrink", "default"], n=1)
    hint = f"Did you mean {near[0]}? " if near and near[0] != part else ""
    return UsageError(f'"{spec}" is no estimator', advice=f"{hint}Valid: {_FORMS}.")
