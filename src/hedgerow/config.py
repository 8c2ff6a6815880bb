"""Settings: what a TOML file and the environment say, as frozen values. No secret ever stands here.

Later wins: the defaults, the file (`--config`, else `hedgerow/config.toml` under XDG_CONFIG_HOME), the environment
(`HEDGEROW__HEDGE__FACTOR=ETH`), the command line.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from hedgerow.hedge.limits import Limits
from hedgerow.hedge.watch import WatchSettings
from hedgerow.model.errors import BadConfig
from hedgerow.outlets.settings import LogSettings, NotifySettings
from hedgerow.runs.crews.settings import ClusterSettings
from hedgerow.store.server import is_url, state_of, where_of

__all__ = [
    "VENUE_BOOK",
    "BetaSettings",
    "BookSettings",
    "DataSettings",
    "HedgeSettings",
    "Loaded",
    "LogSettings",
    "NotifySettings",
    "Settings",
    "TradeSettings",
    "VenueSettings",
    "WatchSettings",
    "config_path",
    "load_settings",
    "settings_from",
    "state_path",
]

VENUE_BOOK = "venue:"
"""What names the book of an account instead of a file."""
_PREFIX = "HEDGEROW__"
_NO_PATH = re.compile(r"-$|venue:|.*://")
"""What names no file: standard error, an account or a venue, an address."""
_FILES = ("prices", "lake", "funding", "books", "open_interest", "sectors", "venues", "chain")
_SECRET = re.compile(r"secret|passw|token|api_?key|private|urls?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Where the numbers come from: files, their sources, the currency to count in."""

    prices: str | None = None
    market: str | None = None
    lake: str | None = None
    source: str | None = None
    hedge_source: str | None = None
    quote: str | None = None
    label: Literal["open", "close"] = "open"
    as_of: str | None = None
    funding: str | None = None
    funding_venue: str | None = None
    books: str | None = None
    open_interest: str | None = None
    sectors: str | None = None
    venues: str | None = None
    chain: str | None = None
    currency: str = "USD"
    decimal_comma: bool = False
    seed: int = 7
    given: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HedgeSettings:
    """How to hedge; every field means what the option of its name means."""

    factor: str = "BTC"
    estimator: str = "default"
    stderr: Literal["ols", "hac", "sandwich"] | None = None
    target_beta: tuple[float, ...] | float | None = None
    target_beta_usd: tuple[float, ...] | float | None = None
    target_vol: float | None = None
    instruments: str | int = 1
    own: bool = False
    exclude: tuple[str, ...] = ()
    horizon_days: float = 30.0
    risk_aversion: float = 10.0
    collateral: str | None = None


@dataclass(frozen=True, slots=True)
class TradeSettings:
    """Where what is traded is remembered, whether real money may be, and how long a plan is good for.

    `state` is a folder, or a PostgreSQL by its URL; None: `hedgerow` under XDG_STATE_HOME. A plan is good for `max_age_minutes`, while no price moved by
    more than `max_move`, a fraction. `leverage` is what a flat account is set to before its first order.

    The rest is how legs are traded, as `trade`'s options of these names say it. `participation` is a fraction of the volume and
    `impact_bps` what one slice may move the price by; with neither there are no slices. `stop` is a fraction of the price.
    """

    state: str | None = None
    live: bool = False
    max_age_minutes: float = 60.0
    max_move: float = 0.02
    leverage: float = 3.0
    style: Literal["market", "limit", "post-only"] = "market"
    chase_seconds: float = 15.0
    deadline_minutes: float = 5.0
    at_deadline: Literal["finish", "undo", "stop"] = "finish"
    impact_bps: float | None = None
    participation: float | None = None
    stop: float | None = None


@dataclass(frozen=True, slots=True)
class BetaSettings:
    """A beta you give: one number, or one a factor, with its error and why."""

    beta: tuple[float, ...] | float
    stderr: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class BookSettings:
    """What the book is made of that a command calls `venue:book`: files of holdings and `venue:NAME`, together."""

    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VenueSettings:
    """How a venue is opened. Its key stands elsewhere: `hedgerow keys add`.

    `live`: orders of real money may go there. `allow_withdrawal_right`: also with a key that may withdraw, which is then a
    warning. `sandbox`: the venue's own. `hedged`: long and short legs of one contract coexist. `stand_in` is for tests:
    the address of a server on this machine that plays the venue, no other. `fees_until`: the day a discount in its fees ends.
    """

    live: bool = False
    allow_withdrawal_right: bool = False
    sandbox: bool = False
    hedged: bool = False
    stand_in: str | None = None
    fees_until: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    data: DataSettings = field(default_factory=DataSettings)
    hedge: HedgeSettings = field(default_factory=HedgeSettings)
    limits: Limits = field(default_factory=Limits)
    betas: Mapping[str, BetaSettings] = field(default_factory=dict)
    trade: TradeSettings = field(default_factory=TradeSettings)
    book: BookSettings = field(default_factory=BookSettings)
    venues: Mapping[str, VenueSettings] = field(default_factory=dict)
    watch: WatchSettings = field(default_factory=WatchSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    log: LogSettings = field(default_factory=LogSettings)
    cluster: ClusterSettings = field(default_factory=ClusterSettings)


_SECTIONS: dict[str, Any] = {
    "data": DataSettings,
    "hedge": HedgeSettings,
    "limits": Limits,
    "betas": BetaSettings,
    "trade": TradeSettings,
    "book": BookSettings,
    "venues": VenueSettings,
    "watch": WatchSettings,
    "notify": NotifySettings,
    "log": LogSettings,
    "cluster": ClusterSettings,
}
_BY_NAME = ("betas", "venues")  # keys are names of one's own: coins, venues


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with the origin of every value that is not a default: `hedge.factor` → `config.toml line 3`."""

    settings: Settings
    origins: Mapping[str, str]
    path: Path | None


def config_path(environ: Mapping[str, str] | None = None) -> Path:
    """Return where the configuration is looked for without `--config`."""
    known = os.environ if environ is None else environ
    home = known.get("XDG_CONFIG_HOME") or str(Path(known.get("HOME") or Path.home()) / ".config")
    return Path(home) / "hedgerow" / "config.toml"


def state_path(settings: Settings, environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder that remembers what was planned and traded, or what is this machine's own where a server does."""
    state = settings.trade.state
    if state is not None and not is_url(state):
        return Path(state).expanduser()
    known = os.environ if environ is None else environ
    home = known.get("XDG_STATE_HOME") or str(Path(known.get("HOME") or Path.home()) / ".local" / "state")
    folder = Path(home) / "hedgerow"
    return folder if state is None else folder / "servers" / where_of(state).slug


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Loaded:
    """Return the settings in force, checked; raises `BadConfig` naming file, line and key.

    Without a file and without variables these are the defaults, and nothing is parsed.
    """
    known = os.environ if environ is None else environ
    chosen = path or config_path(known)
    variables = {name: text for name, text in known.items() if name.startswith(_PREFIX)}
    if path is None and not _is_there(chosen):
        if not variables:
            return Loaded(Settings(), {}, None)
        return _checked({}, "", variables, None)
    text = _text(chosen)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        found = re.search(r"at line (\d+)", str(why))
        raise BadConfig(
            str(why),
            file=chosen.name,
            line=int(found[1]) if found else None,
            advice="The file is TOML: sections in [brackets], text in quotes.",
        ) from None
    return _checked(tree, text, variables, chosen)


def _is_there(path: Path) -> bool:
    """Return whether a file is there; raises `BadConfig` for one that this user may not see: it may say much."""
    try:
        return path.is_file()
    except OSError as why:
        raise _unreadable(path, why) from None


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as why:
        raise _unreadable(path, why) from None


def _unreadable(path: Path, why: Exception) -> BadConfig:
    reason = getattr(why, "strerror", None) or "it is not UTF-8 text"
    return BadConfig(
        f"cannot be read: {reason}",
        file=str(path),
        advice="Let this user read it, or give another with --config.",
    )


def _checked(tree: dict[str, Any], text: str, variables: Mapping[str, str], path: Path | None) -> Loaded:
    name = path.name if path else "environment"
    origins = {key: f"{name} line {_line_of(key, text) or '?'}" for key in _leaves(tree)}
    for key in _leaves(tree):
        section = key.partition(".")[0]
        _known(key, name, _line_of(key if section in _SECTIONS else section, text))
    if path is not None:
        _anchor(tree, path.parent)
    for variable, value in sorted(variables.items()):
        parts = variable[len(_PREFIX) :].lower().split("__")
        if parts[0] == "betas" and len(parts) > 1:
            parts[1] = parts[1].upper()
        _known(".".join(parts), f"environment variable {variable}", None)
        _put(tree, parts, _value(value), variable)
        origins[".".join(parts)] = variable
    return Loaded(_validated(tree, origins), origins, path)


def _leaves(tree: Mapping[str, Any], above: str = "") -> list[str]:
    found: list[str] = []
    for key, value in tree.items():
        name = f"{above}.{key}" if above else key
        found += _leaves(value, name) if isinstance(value, Mapping) and value else [name]
    return found


def _known(key: str, file: str, line: int | None) -> None:
    """Raise `BadConfig` for a key that nothing reads, with the nearest one that something does."""
    section, *rest = key.split(".")
    if section not in _SECTIONS:
        raise _unknown(section, section, list(_SECTIONS), file, line)
    if not rest or section in _BY_NAME:
        names = [f.name for f in dataclasses.fields(_SECTIONS[section])]
        if len(rest) > 1 and rest[1] not in names:
            raise _unknown(key, rest[1], names, file, line)
        return
    names = [f.name for f in dataclasses.fields(_SECTIONS[section])]
    if rest[0] not in names:
        raise _unknown(key, rest[0], names, file, line)


def _unknown(key: str, part: str, names: list[str], file: str, line: int | None) -> BadConfig:
    near = get_close_matches(part, names, n=1)
    advice = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(names)}."
    if _SECRET.search(part):
        advice = "Addresses of services, keys and secrets never stand in the configuration."
    return BadConfig(f"there is no setting {key}", file=file, line=line, advice=advice)


def _line_of(key: str, text: str) -> int | None:
    """Return the line a key is set on: under its [section], or dotted; None where it is inline."""
    section = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if header := re.fullmatch(r"\[\s*([^\[\]]+?)\s*\]\s*(#.*)?", line):
            section = header[1].replace(" ", "").replace('"', "")
            if section == key or (key.startswith(f"{section}.") is False and section.startswith(f"{key}.")):
                return number
            continue
        name = line.partition("=")[0].strip().replace('"', "").replace(" ", "")
        full = f"{section}.{name}" if section else name
        if "=" in line and (full == key or key.startswith(f"{full}.")):
            return number
    return None


def _anchor(tree: dict[str, Any], folder: Path) -> None:
    """Make the paths in the file relative to it, not to where the command runs."""
    for section, names in (("data", _FILES), ("trade", ("state",)), ("log", ("file",))):
        found = tree.get(section)
        if isinstance(found, dict):
            paths = {name: found[name] for name in names if isinstance(found.get(name), str)}
            paths = {name: path for name, path in paths.items() if not _NO_PATH.match(path)}
            found |= {name: str(folder / path) for name, path in paths.items()}
    book = tree.get("book")
    sources = book.get("sources") if isinstance(book, dict) else None
    if isinstance(book, dict) and isinstance(sources, list):
        book["sources"] = [
            str(folder / one) if isinstance(one, str) and not one.startswith(VENUE_BOOK) else one
            for one in sources
        ]
    watch = tree.get("watch")
    books = watch.get("books") if isinstance(watch, dict) else None
    for each in books if isinstance(books, list) else ():
        if isinstance(each, dict) and not str(each.get("book", VENUE_BOOK)).startswith(VENUE_BOOK):
            each["book"] = str(folder / str(each["book"]))


def _put(tree: dict[str, Any], parts: list[str], value: Any, variable: str) -> None:
    for part in parts[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):
            raise BadConfig(f"{variable} goes into {part}, which is no section", advice="Check its name.")
        tree = below
    tree[parts[-1]] = value


def _value(text: str) -> Any:
    """Read a variable as TOML would (30, true, [0.5, 0]), else as plain text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _validated(tree: dict[str, Any], origins: Mapping[str, str]) -> Settings:
    from pydantic import TypeAdapter, ValidationError

    try:
        settings = TypeAdapter(Settings).validate_python(tree)
    except ValidationError as why:
        first = why.errors(include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        key = max((k for k in origins if path.startswith(k) or k.startswith(path)), key=len, default=path)
        raise BadConfig(
            f"{key} = {str(first['input'])[:60]!r}: {first['msg'].lower()}",
            file=origins.get(key, ""),
            advice="`hedgerow config schema` tells what every setting may be.",
        ) from None
    state_of(settings.trade.state or "")
    return settings


def settings_from(document: Mapping[str, Any], file: str) -> Settings:
    """Return the settings that a run in `file` was made with; raises `BadConfig` where they are none."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Settings).validate_python(document)
    except ValidationError as why:
        first = why.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        said, advice = f"{key}: {first['msg'].lower()}", "Run the backtest again with --out."
        raise BadConfig(said, file=file, advice=advice) from None
