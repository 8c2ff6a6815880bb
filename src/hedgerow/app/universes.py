"""From settings to the betas of every coin of their prices, at one instant or at many."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.desk import Report, market_of
from hedgerow.app.workers import workers_of
from hedgerow.config import DataSettings, Settings
from hedgerow.model.errors import UnknownSymbol, UsageError
from hedgerow.model.market import Market

if TYPE_CHECKING:
    from hedgerow.model.universe import UniverseBetas

__all__ = ["Crowd", "universe"]

_INDEX = "index:"
_ROW_BYTES, _AT_ONCE_BYTES = 32, 64 << 20
"""What a row of prices takes while it is read, and how much of them a worker reads at once."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Which coins (empty: all), from when on and how many days apart (0: now alone), by whom, and where they are kept."""

    coins: tuple[str, ...] = ()
    since: str | None = None
    every_days: float = 0.0
    workers: int | None = None
    ray: bool = False
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class _Panel:
    """Prices where they lie: a worker reads its coins beside `beside`, the factors."""

    data: DataSettings
    factor: str
    beside: tuple[str, ...]

    def __call__(self, coins: tuple[str, ...]) -> Market:
        """Return those of `coins` that there are, as a market."""
        data, lead, wanted = self.data, self.beside[0], {*coins, *self.beside}
        if data.market is not None:
            from hedgerow.app.lake import lake_part

            return lake_part(data, lead, wanted)
        if data.prices is None:
            return market_of(data, lead, None)[0]
        from hedgerow.files.prices import read_part

        return read_part(
            data.prices,
            wanted,
            source=data.source,
            quote=data.quote,
            as_of=data.as_of,
            label=data.label,
            factor=lead,
        )


def universe(settings: Settings, asked: Crowd, report: Report = lambda _: None) -> UniverseBetas:
    """Return the betas of all coins of the settings' prices, or of those that `asked` names, and keep them in `asked.out`.

    Raises `UsageError` for an index as factor and for times that mean nothing, `UnknownSymbol` for a coin that is not there.
    """
    from hedgerow.files.instants import parse_as_of
    from hedgerow.files.universe import check_place, write_universe
    from hedgerow.files.universe_parts import Parts
    from hedgerow.runs.universe import Measure, instants, universe_betas

    hedge = settings.hedge
    if hedge.factor.lower().startswith(_INDEX):
        said = "an index is made of all its coins, and a universe is read in parts"
        raise UsageError(said, advice="Give coins as --factor, such as BTC or BTC,ETH.")
    factors = tuple(name.strip().upper() for name in hedge.factor.split(",") if name.strip())
    if not asked.every_days >= 0.0:
        raise UsageError(f"--every {asked.every_days:g} means nothing", advice="Give days, such as 30.")
    if asked.out is not None:
        check_place(asked.out)
    report("looking what there is")
    there, rows = _size(settings.data)
    coins = _wanted(asked.coins, there)
    read = _Panel(replace(settings.data, funding=None, books=None), hedge.factor, factors)
    since = parse_as_of(asked.since) if asked.since else None
    times = instants(read(()), factors, since, asked.every_days)
    size = max(int(_AT_ONCE_BYTES / (_ROW_BYTES * max(rows / max(len(there), 1), 1.0))), 1)
    measure = Measure(factors, times, hedge.estimator, hedge.stderr)
    ask = partial(
        universe_betas,
        read,
        coins,
        measure,
        size,
        workers_of(settings, asked.workers, asked.ray),
        lambda done, whole: report(f"measuring betas: {done} of {whole} coins"),
    )
    if asked.out is None:
        return ask()
    parts = Parts(
        asked.out, repr((read, coins, measure, times.tolist(), size, rows, _print_of(settings.data)))
    )
    found = ask(parts.there(), parts.add)
    write_universe(asked.out, found)
    parts.clear()
    return found


def _print_of(data: DataSettings) -> str:
    """What tells a file of prices from another of the same name."""
    from hedgerow.files.runs import fingerprint

    return fingerprint(data.prices) if data.prices else ""


def _size(data: DataSettings) -> tuple[tuple[str, ...], int]:
    """The coins of the prices, and how many rows there are of all of them."""
    if data.market is not None:
        from hedgerow.app.lake import lake_size

        return lake_size(data)
    if data.prices is None:
        market = market_of(data, "BTC", None)[0]
        return market.symbols, market.prices.size
    from hedgerow.files.panels import coins_in

    size = coins_in(data.prices, source=data.source)
    return size.coins, size.rows


def _wanted(named: Collection[str], there: tuple[str, ...]) -> tuple[str, ...]:
    """The coins to measure, in order; raises `UnknownSymbol` for one that is not there."""
    wanted = tuple(sorted({name.strip().upper() for name in named if name.strip()}))
    missing = [name for name in wanted if name not in there]
    if missing:
        raise UnknownSymbol(
            f"there are no prices of {', '.join(missing)}", advice="Check --coins and --source."
        )
    return wanted or there
