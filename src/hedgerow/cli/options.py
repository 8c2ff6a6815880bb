"""The options of the verbs, and what they make of the settings. An option not given leaves its setting alone."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from hedgerow.app import numbers
from hedgerow.config import BetaSettings, Settings, load_settings
from hedgerow.model.errors import UsageError
from hedgerow.store.server import state_of

__all__ = ["BetaOptions", "DataOptions", "Descriptor", "HedgeOptions", "Output", "Vault", "settings_of"]

_DATA = Group("Data", sort_key=1)
_BETA = Group("Beta", sort_key=2)
_HEDGE = Group("Hedge", sort_key=3)
_OUTPUT = Group("Output", sort_key=4)
_NO_NEGATIVE = ""
Descriptor = Annotated[
    int | None, Parameter(name="--passphrase-fd", help="File descriptor that the passphrase is read from.")
]
Vault = Annotated[
    Literal["keyring", "file"] | None, Parameter(help="Where to; the keyring where there is a real one.")
]


@Parameter(name="*", group=_OUTPUT, show_default=False)
@dataclass(frozen=True, slots=True)
class Output:
    """How the answer is given."""

    json: Annotated[bool, Parameter(help="Print JSON to stdout, nothing else.", negative=_NO_NEGATIVE)] = (
        False
    )
    quiet: Annotated[bool, Parameter(help="No progress on stderr.", negative=_NO_NEGATIVE)] = False
    verbose: Annotated[
        bool,
        Parameter(
            name=["--verbose", "-v"],
            help="List everything; show a defect's traceback.",
            negative=_NO_NEGATIVE,
        ),
    ] = False
    config: Annotated[Path | None, Parameter(help="Settings in TOML.")] = None
    state: Annotated[
        str | None,
        Parameter(help="Folder, or PostgreSQL by its URL, that remembers plans and trades."),
    ] = None


@Parameter(name="*", group=_DATA, show_default=False)
@dataclass(frozen=True, slots=True)
class DataOptions:
    """Where the numbers come from."""

    prices: Annotated[
        str | None, Parameter(help="Closes: a Parquet or CSV file, or a folder of them. Without: simulated.")
    ] = None
    market: Annotated[
        str | None,
        Parameter(help="VENUE, or VENUE:1h: prices, marks and funding from the lake that `data pull` fills."),
    ] = None
    lake: Annotated[str | None, Parameter(help="Where the lake is, if not in the data folder.")] = None
    source: Annotated[str | None, Parameter(help="Which source of the price file.")] = None
    hedge_source: Annotated[str | None, Parameter(help="Another source for the hedge's prices.")] = None
    quote: Annotated[str | None, Parameter(help="Coin the prices are in (perp: USDT, else USD).")] = None
    label: Annotated[
        Literal["open", "close"] | None, Parameter(help="What ts labels: the bar's open (default) or close.")
    ] = None
    as_of: Annotated[str | None, Parameter(help="Use nothing later; a bare date includes that day.")] = None
    price: Annotated[
        tuple[str, ...],
        Parameter(help="COIN=dollars: a price you give; may be repeated.", negative=_NO_NEGATIVE),
    ] = ()
    currency: Annotated[str | None, Parameter(help="Count in USD (default) or USDC.")] = None
    funding: Annotated[str | None, Parameter(help="Funding prints: ts, symbol, rate.")] = None
    funding_venue: Annotated[str | None, Parameter(help="Which venue of the funding file.")] = None
    books: Annotated[str | None, Parameter(help="Folder of order books in JSON.")] = None
    open_interest: Annotated[str | None, Parameter(help="Open interest: ts, symbol, coins.")] = None
    sectors: Annotated[str | None, Parameter(help="Your sectors.toml.")] = None
    venues: Annotated[str | None, Parameter(help="Your venues.toml.")] = None
    chain: Annotated[
        str | None,
        Parameter(
            help="Option chain: a Parquet or CSV file, or venue:deribit, venue:binance, venue:bybit of now."
        ),
    ] = None
    decimal_comma: Annotated[
        bool | None, Parameter(help="The holdings write 1,5 for 1.5.", negative=_NO_NEGATIVE)
    ] = None
    seed: Annotated[
        int | None, Parameter(help="Seed of all that is drawn: simulated market, bootstrap (7).")
    ] = None


@Parameter(name="*", group=_BETA, show_default=False)
@dataclass(frozen=True, slots=True)
class BetaOptions:
    """What is measured, and how."""

    factor: Annotated[str | None, Parameter(help="BTC (default), another coin, BTC,ETH or index:FILE.")] = (
        None
    )
    estimator: Annotated[str | None, Parameter(help="default, ols:365, ewls:60d, huber:60d:300d, …")] = None
    stderr: Annotated[Literal["ols", "hac", "sandwich"] | None, Parameter(help="Kind of standard error.")] = (
        None
    )
    beta: Annotated[
        tuple[str, ...],
        Parameter(help="COIN=beta, or COIN=beta:error; may be repeated.", negative=_NO_NEGATIVE),
    ] = ()
    exclude: Annotated[
        tuple[str, ...], Parameter(help="Coin or tag not to hedge; may be repeated.", negative=_NO_NEGATIVE)
    ] = ()


@Parameter(name="*", group=_HEDGE, show_default=False)
@dataclass(frozen=True, slots=True)
class HedgeOptions:
    """What should be left, with which contracts, on what margin."""

    target_beta: Annotated[
        str | None, Parameter(help="Beta to leave, × net value: 0.5, or 0.5,0.", allow_leading_hyphen=True)
    ] = None
    target_beta_usd: Annotated[
        str | None, Parameter(help="Dollars of beta to leave.", allow_leading_hyphen=True)
    ] = None
    target_vol: Annotated[float | None, Parameter(help="Volatility a year to leave, 0.35 for 35 %.")] = None
    instruments: Annotated[
        str | None, Parameter(help="A count (1: the best contract), auto, or names with commas.")
    ] = None
    own: Annotated[
        bool | None, Parameter(help="Allow contracts on the book's own coins.", negative=_NO_NEGATIVE)
    ] = None
    horizon: Annotated[float | None, Parameter(help="Days to compare costs over (30).")] = None
    risk_aversion: Annotated[float | None, Parameter(help="Price of the risk left (10).")] = None
    collateral: Annotated[str | None, Parameter(help="20000USDT: new money; book: its stablecoins.")] = None


def settings_of(
    output: Output,
    data: DataOptions | None = None,
    beta: BetaOptions | None = None,
    hedge: HedgeOptions | None = None,
) -> Settings:
    """Return the settings in force with the options over them."""
    settings = load_settings(output.config).settings
    if output.state is not None:
        settings = replace(settings, trade=replace(settings.trade, state=state_of(output.state)))
    if data is not None:
        given = {**settings.data.given, **_pairs(data.price, "--price")}
        settings = replace(settings, data=replace(_over(settings.data, data), given=given))
    if beta is not None:
        betas = {**settings.betas, **{s: _beta(text) for s, text in _split(beta.beta, "--beta")}}
        changed = _over(settings.hedge, beta)
        if beta.exclude:
            names = [name.strip() for text in beta.exclude for name in text.split(",")]
            changed = replace(changed, exclude=tuple(name for name in names if name))
        settings = replace(settings, betas=betas, hedge=changed)
    if hedge is not None:
        settings = replace(settings, hedge=_with_hedge(settings, hedge))
    return settings


def _with_hedge(settings: Settings, hedge: HedgeOptions) -> Any:
    changed = _over(settings.hedge, hedge)
    targets = {
        name: numbers(text, f"--{name.replace('_', '-')}")
        for name in ("target_beta", "target_beta_usd")
        if (text := getattr(hedge, name)) is not None
    }
    asked = [*targets, *(["target_vol"] if hedge.target_vol is not None else [])]
    if len(asked) == 1:  # a target on the command line replaces the other kinds in the file
        kinds = {"target_beta": None, "target_beta_usd": None, "target_vol": None}
        changed = replace(changed, **{name: None for name in kinds if name != asked[0]})
    horizon = {} if hedge.horizon is None else {"horizon_days": hedge.horizon}
    return replace(changed, **targets, **horizon)


def _over(settings: Any, options: Any) -> Any:
    """Return the settings with every option that was given and is a setting by the same name."""
    names = {f.name for f in dataclasses.fields(settings)}
    given = {
        f.name: value
        for f in dataclasses.fields(options)
        if f.name in names and (value := getattr(options, f.name)) not in (None, ())
    }
    return replace(settings, **given)


def _split(items: Sequence[str], option: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for item in items:
        symbol, equals, text = item.partition("=")
        if not (equals and symbol.strip() and text.strip()):
            raise UsageError(f'{option} "{item}" is no pair', advice=f"Write {option} COIN=1.25.")
        pairs.append((symbol.strip().upper(), text.strip()))
    return pairs


def _pairs(items: Sequence[str], option: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for symbol, text in _split(items, option):
        try:
            price = float(text)
        except ValueError:
            price = math.nan
        if not (math.isfinite(price) and price > 0.0):
            advice = f"One number above 0, without separators: {option} {symbol}=12500.5."
            raise UsageError(f"{option} {symbol}={text} is no price", advice=advice)
        found[symbol] = price
    return found


def _beta(text: str) -> BetaSettings:
    betas, _, error = text.partition(":")
    given = numbers(betas, "--beta")
    stderr = numbers(error, "--beta")[0] if error else 0.0
    if not all(map(math.isfinite, (*given, stderr))) or stderr < 0.0:
        raise UsageError(f"--beta {text} is no beta", advice="Write --beta COIN=1.4 or --beta COIN=1.4:0.3.")
    return BetaSettings(given if len(given) > 1 else given[0], stderr)
