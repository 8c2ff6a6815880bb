"""Numbers for Prometheus: how each watched book stands, and how its watch does. What is not known has no series; it is not 0.

gauges = Gauges(); gauges.show(...); gauges.text() -> the exposition format
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from hedgerow.model.watched import Look
from hedgerow.outlets.messages import LEVELS

__all__ = ["FAMILIES", "Family", "Gauges", "Shot"]

_WATCH = ("account", "book")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its kind as Prometheus has it, what it is, and its labels."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = _WATCH


_FACTOR = (*_WATCH, "factor")
FAMILIES: tuple[Family, ...] = (
    Family("hedgerow_nav_usd", "gauge", "Net value of the book and its hedge account, in dollars."),
    Family("hedgerow_beta_usd", "gauge", "Dollar beta after the last look.", _FACTOR),
    Family("hedgerow_beta_stderr_usd", "gauge", "Standard error of the dollar beta.", _FACTOR),
    Family("hedgerow_beta_target_usd", "gauge", "Dollar beta that is aimed at.", _FACTOR),
    Family("hedgerow_beta_band_usd", "gauge", "Half the width of the no-trade band.", _FACTOR),
    Family("hedgerow_beta_residual_usd", "gauge", "Dollar beta off its target.", _FACTOR),
    Family("hedgerow_beta_in_band", "gauge", "1 where the dollar beta is inside its band, else 0."),
    Family(
        "hedgerow_liquidation_distance_ratio",
        "gauge",
        "Move that liquidates the nearest account, a fraction; +Inf with nothing open.",
    ),
    Family("hedgerow_funding_30d_usd", "gauge", "Funding received in 30 days, below zero: paid."),
    Family(
        "hedgerow_alarms", "gauge", "Alarms that are on, by watch and level.", (*_WATCH, "watch", "level")
    ),
    Family("hedgerow_alarms_by_level", "gauge", "Alarms that are on, by level, 0 too.", (*_WATCH, "level")),
    Family("hedgerow_halted", "gauge", "1 where the account was halted at the last look, else 0."),
    Family(
        "hedgerow_last_look_timestamp_seconds", "gauge", "When the last look ended, by this machine's clock."
    ),
    Family(
        "hedgerow_look_limit_seconds", "gauge", "Age of the last look beyond which its watch is not healthy."
    ),
    Family("hedgerow_looks_total", "counter", "Looks since this process began."),
    Family("hedgerow_look_duration_seconds", "summary", "How long looks took."),
    Family(
        "hedgerow_orders_total", "counter", "Contracts that trades were sent for since this process began."
    ),
    Family("hedgerow_traded_usd_total", "counter", "Dollars traded since this process began."),
    Family("hedgerow_cost_usd_total", "counter", "Fees and slippage since this process began."),
    Family(
        "hedgerow_notifier_failures_total", "counter", "Tries to send a message that failed.", ("target",)
    ),
    Family("hedgerow_notifier_waiting", "gauge", "Messages that wait to be sent.", ()),
    Family(
        "hedgerow_unwritten_total", "counter", "Messages and log records that could not be written down.", ()
    ),
)
"""Every metric that is exported."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A look as it is shown: of which watch, when by this machine's clock, how long it took, and its limit in seconds."""

    account: str
    book: str
    look: Look
    factors: tuple[str, ...]
    paid_30d_usd: float
    took_s: float
    at_s: float
    limit_s: float


@dataclass(slots=True)
class _Sums:
    looks: int = 0
    took_s: float = 0.0
    orders: int = 0
    traded_usd: float = 0.0
    cost_usd: float = 0.0


Rows = Iterator[tuple[str, tuple[str, ...], float]]


@dataclass(slots=True)
class Gauges:
    """The last look of every watch of a process, and sums over all of them. May be read while another thread shows a look.

    `failures` counts failed tries by target, `waiting` messages, `unwritten` what was lost.
    """

    failures: Callable[[], Mapping[str, int]] = dict
    waiting: Callable[[], int | None] = lambda: None
    unwritten: Callable[[], int] = lambda: 0
    _shots: dict[tuple[str, str], Shot] = field(default_factory=dict)
    _sums: dict[tuple[str, str], _Sums] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def show(self, shot: Shot) -> None:
        """Take a look in."""
        key, look = (shot.account, shot.book), shot.look
        with self._lock:
            self._shots[key] = shot
            sums = self._sums.setdefault(key, _Sums())
            sums.looks += 1
            sums.took_s += shot.took_s
            if look.traded_usd:
                sums.orders += len(look.orders)
                sums.traded_usd += look.traded_usd
                sums.cost_usd += max(look.cost_usd, 0.0)

    def shots(self) -> tuple[Shot, ...]:
        """Return the last look of every watch."""
        with self._lock:
            return tuple(self._shots.values())

    def text(self) -> str:
        """Return everything that is known in the exposition format."""
        from prometheus_client import generate_latest

        collected: Any = _Collected(self)
        return generate_latest(collected).decode()

    def rows(self) -> Rows:
        """Yield (metric, labels, value) of everything that is known; a summary's count and sum under names of their own."""
        with self._lock:
            shots, sums = dict(self._shots), {key: _copy(each) for key, each in self._sums.items()}
        for key, shot in shots.items():
            yield from _standing(key, shot)
            yield from _factors(key, shot)
            yield from _alarms(key, shot)
            yield from _totals(key, sums[key])
        for target, count in sorted(self.failures().items()):
            yield "hedgerow_notifier_failures_total", (target,), count
        waiting = self.waiting()
        if waiting is not None:
            yield "hedgerow_notifier_waiting", (), waiting
        yield "hedgerow_unwritten_total", (), self.unwritten()


def _copy(sums: _Sums) -> _Sums:
    return _Sums(sums.looks, sums.took_s, sums.orders, sums.traded_usd, sums.cost_usd)


def _standing(key: tuple[str, str], shot: Shot) -> Rows:
    look = shot.look
    known = {
        "hedgerow_nav_usd": look.nav_usd,
        "hedgerow_beta_in_band": float(look.in_band) if look.left_usd else math.nan,
        "hedgerow_liquidation_distance_ratio": look.distance,
        "hedgerow_funding_30d_usd": shot.paid_30d_usd,
        "hedgerow_halted": float(look.halted is not None),
        "hedgerow_last_look_timestamp_seconds": shot.at_s,
        "hedgerow_look_limit_seconds": shot.limit_s,
    }
    for name, value in known.items():
        if not math.isnan(value):
            yield name, key, value


def _factors(key: tuple[str, str], shot: Shot) -> Rows:
    look = shot.look
    per = {
        "hedgerow_beta_usd": look.left_usd,
        "hedgerow_beta_stderr_usd": look.left_stderr_usd,
        "hedgerow_beta_target_usd": look.target_usd,
        "hedgerow_beta_band_usd": look.band_usd,
        "hedgerow_beta_residual_usd": tuple(
            left - target for left, target in zip(look.left_usd, look.target_usd, strict=False)
        ),
    }
    for name, values in per.items():
        for factor, value in zip(shot.factors, values, strict=False):
            if not math.isnan(value):
                yield name, (*key, factor), value


def _alarms(key: tuple[str, str], shot: Shot) -> Rows:
    counts: dict[tuple[str, str], int] = {}
    for row in shot.look.alarms:
        counts[row.watch, row.level] = counts.get((row.watch, row.level), 0) + 1
    for (watch, level), count in sorted(counts.items()):
        yield "hedgerow_alarms", (*key, watch, level), count
    for level in LEVELS:
        on = sum(count for (_, loud), count in counts.items() if loud == level)
        yield "hedgerow_alarms_by_level", (*key, level), on


def _totals(key: tuple[str, str], sums: _Sums) -> Rows:
    yield "hedgerow_looks_total", key, sums.looks
    yield "hedgerow_look_duration_seconds_count", key, sums.looks
    yield "hedgerow_look_duration_seconds_sum", key, sums.took_s
    yield "hedgerow_orders_total", key, sums.orders
    yield "hedgerow_traded_usd_total", key, sums.traded_usd
    yield "hedgerow_cost_usd_total", key, sums.cost_usd


@dataclass(frozen=True, slots=True)
class _Collected:
    """The rows as the client library wants them."""

    gauges: Gauges

    def collect(self) -> Iterator[Any]:
        """Yield the families that have samples."""
        from prometheus_client.metrics_core import Metric

        found: dict[str, list[tuple[str, tuple[str, ...], float]]] = {}
        for name, labels, value in self.gauges.rows():
            base = name.removesuffix("_count").removesuffix("_sum") if "_duration_" in name else name
            found.setdefault(base, []).append((name, labels, float(value)))
        for family in FAMILIES:
            metric = Metric(family.name.removesuffix("_total"), family.help, family.kind)
            for name, labels, value in found.get(family.name, ()):
                metric.add_sample(name, dict(zip(family.labels, labels, strict=True)), value)
            if metric.samples:
                yield metric


def names() -> Sequence[str]:
    """Return every name under which a sample can be exported."""
    plain = [family.name for family in FAMILIES if family.kind != "summary"]
    sums = [
        f"{family.name}{end}" for family in FAMILIES if family.kind == "summary" for end in ("_count", "_sum")
    ]
    return (*plain, *sums)
