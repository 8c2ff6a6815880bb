"""Short specifications of estimators: `ols:365`, `ewls:60d`, `shrink(huber:60d:300d)`, `dimson:1(ols:90)`, `default`.

A plain number counts bars, one with a `d` counts days. `@hac` at the end of a plain one names its standard errors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast, get_args

from hedgerow.model.errors import UsageError
from hedgerow.stats.beta.adjusted import Adjusted
from hedgerow.stats.beta.downside import Downside
from hedgerow.stats.beta.dynamic import Dcc
from hedgerow.stats.beta.estimator import Errors, Estimator
from hedgerow.stats.beta.ewls import Ewls
from hedgerow.stats.beta.huber import Huber
from hedgerow.stats.beta.kalman import Kalman
from hedgerow.stats.beta.lagged import Dimson, ScholesWilliams
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.overlap import HayashiYoshida
from hedgerow.stats.beta.regression import LEAST
from hedgerow.stats.beta.shrink import Shrink
from hedgerow.stats.beta.theilsen import TheilSen
from hedgerow.stats.beta.welch import Welch

__all__ = ["DEFAULT", "FORMS", "estimator"]

DEFAULT = "huber:60d:300d"
FORMS = (
    "default",
    "ols:WINDOW",
    "ewls:HALFLIFE:WINDOW",
    "huber:HALFLIFE:WINDOW",
    "welch:WINDOW",
    "bswa:HALFLIFE:WINDOW",
    "theilsen:WINDOW",
    "downside:WINDOW:conditional|mean|lpm",
    "sw:WINDOW",
    "hy:WINDOW",
    "kalman[:pooled|:each|:Q:R]",
    "dcc",
    "dimson:LAGS(SPEC)",
    "blume(SPEC)",
    "bloomberg(SPEC)",
    "shrink(SPEC)",
)
_WRAPPER = re.compile(r"([a-z]+)(?::([^()]*))?\((.*)\)")
_LARGEST = 1e7
_MOST_LAGS = 20
_DEEPEST = 8
_SHOWN = 60


def estimator(spec: str, bars_per_day: float = 1.0, errors: str | None = None) -> Estimator:
    """Return the estimator that `spec` names, its days turned into bars, with `errors` unless the spec has its own.

    `default` is Huber on exponential weights, half-life 60 days, window 300 days; `estimate` shrinks it besides to
    the cross-section of the market file. Windows may be left out (all returns), for `huber` the half-life too.
    Raises `UsageError`, naming the valid forms and the nearest, for a spec or a kind of error it does not know.
    """
    text = re.sub(r"\s", "", spec.lower())
    try:
        return _read(text, bars_per_day, errors, _DEEPEST)
    except _Unread as unread:
        raise _bad(spec, str(unread)) from None


class _Unread(ValueError):
    """A part of a specification that cannot be read."""


def _read(text: str, bars_per_day: float, errors: str | None, deep: int) -> Estimator:
    wrapper = _WRAPPER.fullmatch(text)
    if wrapper is None:
        return _plain(text, bars_per_day, errors)
    if deep == 0:
        raise _Unread(text)
    name, argument, within = wrapper.groups()
    inner = _read(within, bars_per_day, errors, deep - 1)
    match name, argument:
        case "shrink", None:
            return Shrink(inner)
        case ("blume" | "bloomberg") as kind, None:
            return Adjusted(inner, kind)
        case "dimson", str(lags) if lags.isascii() and lags.isdigit() and 1 <= int(lags) <= _MOST_LAGS:
            return Dimson(int(lags), inner)
    raise _Unread(name)


@dataclass(frozen=True, slots=True)
class _Form:
    """How many lengths a plain estimator takes, the errors it uses unless told, those it can be told, and itself."""

    lengths: int
    usual: Errors
    kinds: tuple[Errors, ...]
    make: Callable[[list[float | None], Errors], Estimator]


_ALL: tuple[Errors, ...] = ("ols", "hac", "sandwich")
_PLAIN: dict[str, _Form] = {
    "ols": _Form(1, "ols", _ALL, lambda v, e: Ols(_window(v[0]), e)),
    "ewls": _Form(2, "sandwich", _ALL, lambda v, e: Ewls(_needed(v[0], "ewls"), _window(v[1]), e)),
    "huber": _Form(2, "sandwich", _ALL, lambda v, e: Huber(v[0], _window(v[1]), errors=e)),
    "welch": _Form(1, "sandwich", _ALL, lambda v, e: Welch(None, _window(v[0]), e)),
    "bswa": _Form(2, "sandwich", _ALL, lambda v, e: Welch(_needed(v[0], "bswa"), _window(v[1]), e)),
    "sw": _Form(1, "sandwich", ("hac", "sandwich"), lambda v, e: ScholesWilliams(_window(v[0]), e)),
    "hy": _Form(1, "sandwich", _ALL, lambda v, e: HayashiYoshida(_window(v[0]), e)),
    "theilsen": _Form(1, "sandwich", (), lambda v, _: TheilSen(_window(v[0]))),
    "downside conditional": _Form(1, "ols", _ALL, lambda v, e: Downside(_window(v[0]), "conditional", e)),
    "downside mean": _Form(1, "ols", _ALL, lambda v, e: Downside(_window(v[0]), "mean", e)),
    "downside lpm": _Form(1, "ols", _ALL, lambda v, e: Downside(_window(v[0]), "lpm", e)),
}


def _plain(text: str, bars_per_day: float, errors: str | None) -> Estimator:
    text, at, own = text.partition("@")
    if at and not own:
        raise _Unread(text)
    text = DEFAULT if text == "default" else text
    kind = _errors(own or errors)
    name, *words = text.split(":")
    if name == "kalman":
        _allowed(name, kind, ())
        return _kalman(words)
    if name == "dcc" and not words:
        _allowed(name, kind, ())
        return Dcc()
    key = f"{name} {words.pop()}" if name == "downside" and words else name
    form = _PLAIN.get(key)
    if form is None or len(words) > form.lengths:
        raise _Unread(name)
    _allowed(name, kind, form.kinds)
    lengths = [_length(word, bars_per_day) for word in words]
    return form.make(lengths + [None] * (form.lengths - len(lengths)), kind or form.usual)


def _kalman(words: list[str]) -> Estimator:
    match words:
        case [] | ["pooled"]:
            return Kalman()
        case ["each"]:
            return Kalman("each")
        case [q, r]:
            return Kalman(noise=(_number(q), _number(r)))
    raise _Unread("kalman")


def _errors(errors: str | None) -> Errors | None:
    for kind in get_args(Errors):
        if errors == kind:
            return cast("Errors", kind)
    if errors is None:
        return None
    raise UsageError(f'"{errors}" is no kind of standard error', advice="Give --stderr ols, hac or sandwich.")


def _allowed(name: str, kind: Errors | None, kinds: tuple[Errors, ...]) -> None:
    if kind is not None and kind not in kinds:
        own = (
            f"Give --stderr {' or '.join(kinds)}."
            if kinds
            else "Leave --stderr out: it has an error of its own."
        )
        raise UsageError(f"{name} has no {kind} standard errors", advice=own)


def _needed(half_life: float | None, name: str) -> float:
    if half_life is None:
        raise _Unread(name)
    return half_life


def _window(bars: float | None) -> int | None:
    if bars is None:
        return None
    if round(bars) < LEAST:
        raise UsageError(f"a window of {bars:g} bars is no window", advice=f"Give at least {LEAST} returns.")
    return round(bars)


def _length(word: str, bars_per_day: float) -> float | None:
    """Return a length in bars, None for `inf`."""
    if word == "inf":
        return None
    return _number(word.removesuffix("d")) * (bars_per_day if word.endswith("d") else 1.0)


def _number(word: str) -> float:
    try:
        number = float(word) if word.isascii() and "_" not in word else math.nan
    except ValueError:
        raise _Unread(word) from None
    if not 0.0 < number < _LARGEST:
        raise _Unread(word)
    return number


def _bad(spec: str, part: str) -> UsageError:
    names = {form.split(":")[0].split("(")[0].split("[")[0]: form for form in FORMS}
    near = get_close_matches(part, names, n=1) or get_close_matches(spec.lower(), names, n=1)
    hint = f"Did you mean {names[near[0]]}? " if near else ""
    shown = spec if len(spec) <= _SHOWN else spec[:_SHOWN] + "…"
    return UsageError(f'"{shown}" is no estimator', advice=f"{hint}Valid: {', '.join(FORMS)}.")
