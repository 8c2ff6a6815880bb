"""A grid over the fields of a policy: `rebalance=band,calendar:7 estimator.half_life=20,40` is four policies.

A comma parts values; within a value `+` parts contracts and the targets of several factors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import product
from typing import Any

from hedgerow.hedge.policy import Policy
from hedgerow.hedge.rebalance import rebalance_of
from hedgerow.model.errors import UsageError
from hedgerow.runs.settings import BacktestSettings
from hedgerow.stats.beta.spec import DEFAULT, estimator

__all__ = ["FIELDS", "Point", "grid", "parse_grid"]

_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Point:
    """One policy of a grid, and the values that make it."""

    setting: Mapping[str, str]
    policy: Policy
    times: BacktestSettings


_Set = Callable[[Policy, str], Policy]


def _number(name: str) -> _Set:
    def changed(policy: Policy, text: str) -> Policy:
        value: dict[str, Any] = {name: None if text == "none" else _float(name, text)}
        return replace(policy, **value)

    return changed


def _text(name: str) -> _Set:
    def changed(policy: Policy, text: str) -> Policy:
        value: dict[str, Any] = {name: None if text == "none" else text}
        return replace(policy, **value)

    return changed


def _numbers(name: str) -> _Set:
    def changed(policy: Policy, text: str) -> Policy:
        parts = None if text == "none" else tuple(_float(name, part) for part in text.split("+"))
        value: dict[str, Any] = {name: parts}
        return replace(policy, **value)

    return changed


def _float(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f'{name}: "{text}" is not a number', advice="Give numbers with commas.") from None


def _instruments(policy: Policy, text: str) -> Policy:
    wanted: Any = text if text == "auto" else (int(text) if text.isdigit() else tuple(text.split("+")))
    return replace(policy, instruments=wanted)


def _own(policy: Policy, text: str) -> Policy:
    if text not in {"true", "false"}:
        raise UsageError(f'own: "{text}" is neither true nor false', advice="Give own=true,false.")
    return replace(policy, own=text == "true")


def _exclude(policy: Policy, text: str) -> Policy:
    return replace(policy, exclude=() if text == "none" else tuple(text.split("+")))


def _half_life(policy: Policy, text: str) -> Policy:
    """Put another half-life into the specification: the first number of `ewls`, `huber` or `bswa`."""
    spec = f"shrink({DEFAULT})" if policy.estimator == "default" else policy.estimator
    changed, count = re.subn(r"\b(ewls|huber|bswa):[0-9.]+d?", rf"\g<1>:{text}d", spec)
    if count != 1:
        raise UsageError(
            f'the estimator "{spec}" has no half-life to vary',
            advice="Vary that of ewls, huber or bswa, or give whole estimators: estimator=ols:90,ols:180.",
        )
    return replace(policy, estimator=changed)


def _window(policy: Policy, text: str) -> Policy:
    """Put another window into the specification: the last number of the innermost estimator."""
    spec = f"shrink({DEFAULT})" if policy.estimator == "default" else policy.estimator
    changed, count = re.subn(r":[0-9.]+d?(?=(@\w+)?\)*$)", f":{text}d", spec)
    if count != 1:
        raise UsageError(
            f'the estimator "{spec}" has no window to vary',
            advice="Give whole ones: estimator=ols:90,ols:180.",
        )
    return replace(policy, estimator=changed)


def _width(policy: Policy, text: str) -> Policy:
    rule = replace(rebalance_of(policy.rebalance), width=_float("rebalance.width", text))
    return replace(policy, rebalance=rule.spec)


def _backstop(policy: Policy, text: str) -> Policy:
    rule = replace(rebalance_of(policy.rebalance), backstop_days=_float("rebalance.backstop_days", text))
    return replace(policy, rebalance=rule.spec)


def _limit(name: str) -> _Set:
    def changed(policy: Policy, text: str) -> Policy:
        value: dict[str, Any] = {name: None if text == "none" else _float(f"limits.{name}", text)}
        return replace(policy, limits=replace(policy.limits, **value))

    return changed


_LIMITS = ("max_leverage", "least_distance", "max_venue_share", "max_share_of_daily_volume", "max_hedge")
FIELDS: Mapping[str, _Set] = {
    "factor": _text("factor"),
    "target_beta": _numbers("target_beta"),
    "target_beta_usd": _numbers("target_beta_usd"),
    "target_vol": _number("target_vol"),
    "estimator": _text("estimator"),
    "estimator.half_life": _half_life,
    "estimator.window": _window,
    "errors": _text("errors"),
    "instruments": _instruments,
    "own": _own,
    "exclude": _exclude,
    "horizon_days": _number("horizon_days"),
    "risk_aversion": _number("risk_aversion"),
    "collateral": _text("collateral"),
    "rebalance": _text("rebalance"),
    "rebalance.width": _width,
    "rebalance.backstop_days": _backstop,
    "band_usd": lambda policy, text: replace(policy, rebalance=f"usd:{_float('band_usd', text):g}"),
    **{f"limits.{name}": _limit(name) for name in _LIMITS},
}
"""Every field that can be varied, with how a value is put into a policy."""
_TIMES = ("estimate_days", "choose_days", "train_days")


def parse_grid(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return what `NAME=VALUE,VALUE` words ask for, in their order; raises `UsageError`, naming the nearest field."""
    if not words:
        raise UsageError("nothing is varied", advice="Give NAME=VALUE,VALUE: rebalance=band,calendar:7.")
    over: dict[str, tuple[str, ...]] = {}
    for word in words:
        name, equals, values = word.partition("=")
        parts = tuple(dict.fromkeys(part.strip() for part in values.split(",") if part.strip()))
        if not equals or not parts:
            raise UsageError(
                f'"{word}" varies nothing', advice="Give NAME=VALUE,VALUE: rebalance=band,calendar:7."
            )
        if name in over:
            raise UsageError(f"{name} is given twice", advice="Give all its values with commas, once.")
        over[name] = parts
    return over


def grid(
    policy: Policy, over: Mapping[str, Sequence[object]], times: BacktestSettings | None = None
) -> tuple[Point, ...]:
    """Return every combination of the values in `over`, each as a policy; the last field varies fastest.

    Raises `UsageError` for a field there is not, for a value its field cannot have, and beyond 100,000 combinations.
    """
    unknown = [name for name in over if name not in FIELDS and name not in _TIMES]
    if unknown:
        near = get_close_matches(unknown[0], [*FIELDS, *_TIMES], n=3)
        advice = (
            f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join([*FIELDS, *_TIMES])}."
        )
        raise UsageError(f"{unknown[0]} is no field of a policy", advice=advice)
    texts = {name: [str(value) for value in values] for name, values in over.items()}
    count = 1
    for values in texts.values():
        count *= len(values)
    if count > _MOST:
        raise UsageError(f"{count:,} policies are too many", advice=f"Vary less: at most {_MOST:,}.")
    # Rules and estimators first: their parts are varied in what they made.
    order = sorted(texts, key=lambda name: "." in name)
    points = []
    for combination in product(*texts.values()):
        setting = dict(zip(texts, combination, strict=True))
        points.append(_point(policy, times or BacktestSettings(), setting, order))
    return tuple(points)


def _point(policy: Policy, times: BacktestSettings, setting: dict[str, str], order: list[str]) -> Point:
    for name in order:
        if name in _TIMES:
            days = _float(name, setting[name])
            if not days > 0.0:
                raise UsageError(f"{name} {days:g} means nothing", advice="Give days above 0.")
            changed: dict[str, Any] = {name: days}
            times = replace(times, **changed)
        else:
            policy = FIELDS[name](policy, setting[name])
    rebalance_of(policy.rebalance)
    estimator(policy.estimator)
    return Point(setting, policy, times)
