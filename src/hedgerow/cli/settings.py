"""`config` and `doctor`: what is set and where from, and whether this installation is whole."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from hedgerow.cli.options import Descriptor, Output, settings_of
from hedgerow.config import Loaded, Settings, config_path, load_settings
from hedgerow.model.checks import Check
from hedgerow.reports.wording import plain_text

__all__ = ["config", "doctor"]

config = App(name="config", help="Show the settings in force, or their schema.", help_format="plaintext")

_NEEDED = (
    "altair",
    "clarabel",
    "cyclopts",
    "jinja2",
    "numpy",
    "polars",
    "pydantic",
    "rich",
    "scipy",
    "vl_convert",
)

Json = Annotated[bool, Parameter(help="Print JSON.", negative="", show_default=False)]
File = Annotated[Path | None, Parameter(name="--config", help="Settings in TOML.")]


@config.default
@config.command
def show(
    *,
    origin: Annotated[
        bool, Parameter(help="Say where each value comes from.", negative="", show_default=False)
    ] = False,
    json: Json = False,
    file: File = None,
) -> int:
    """Print every setting in force; the file prints as TOML that can be used again."""
    loaded = load_settings(file)
    rows = list(_flat(dataclasses.asdict(loaded.settings)))
    if json:
        _print_json({key: _shown(key, value, loaded, origin=origin) for key, value in rows})
        return 0
    section = ""
    sys.stdout.write(f"# {loaded.path or f'no file; it would be {config_path()}'}\n")
    for key, value in rows:
        above, _, name = key.rpartition(".")
        if above != section:
            sys.stdout.write(f"\n[{above}]\n")
            section = above
        unset = value is None or (isinstance(value, Mapping) and not value)
        said = f"# {name} is not set" if unset else f"{name} = {_toml(value)}"
        sys.stdout.write(said + (f"  # {_origin(key, loaded)}" if origin else "") + "\n")
    return 0


@config.command
def schema() -> int:
    """Print the JSON schema of the configuration file, for your editor."""
    _print_json(settings_schema())
    return 0


def doctor(
    *venues: Annotated[str, Parameter(help="Venues to look at; those in the settings where none is named.")],
    json: Json = False,
    passphrase: Descriptor = None,
    seen: Annotated[
        bool,
        Parameter(
            help="Ask nobody: say what was found of venues the last time.", negative="", show_default=False
        ),
    ] = False,
    file: File = None,
    state: Annotated[
        str | None,
        Parameter(help="Folder, or PostgreSQL by its URL, that remembers plans and trades."),
    ] = None,
) -> int:
    """Say what is whole and what is not: this installation, its state, each venue and its key.

    Exit 3 where the installation is broken, 1 where something else is wrong, 5 where a venue cannot be reached. What else
    nobody can verify is said, and is no error.
    """
    if seen:
        return _last_seen(settings_of(Output(config=file, state=state)), as_json=json)
    whole = _whole(file)
    broken = not all(fine for fine, _ in whole.values())
    here: tuple[Check, ...] = ()
    found: dict[str, tuple[Check, ...]] = {}
    if not broken:
        from hedgerow.app.asking import passphrase_from
        from hedgerow.app.doctor import at_venue, machine
        from hedgerow.app.recollected import remember

        settings, ask = settings_of(Output(config=file, state=state)), passphrase_from(passphrase)
        here = machine(settings)
        found = {name: at_venue(settings, name, ask) for name in venues or tuple(settings.venues)}
        remember(settings, found)
    if json:
        plain = {name: {"fine": fine, "detail": detail} for name, (fine, detail) in whole.items()}
        plain |= {one.name: {"fine": one.outcome != "wrong", "detail": one.detail} for one in here}
        told = {name: [dataclasses.asdict(one) for one in checks] for name, checks in found.items()}
        _print_json({**plain, **({"venues": told} if told else {})})
    else:
        _tell(whole, here, found)
    if broken:
        return 3
    checks = (*here, *(one for told in found.values() for one in told))
    if any(one.outcome == "wrong" for one in checks):
        return 1
    return 5 if any(one.unreached for one in checks) else 0


def _whole(file: Path | None) -> dict[str, tuple[bool, str]]:
    """Whether this installation is whole, part by part."""
    return {
        "python": _python(),
        "libraries": _libraries(),
        "configuration": _configuration(file),
        "embedded market": _market(),
    }


def _last_seen(settings: Settings, *, as_json: bool) -> int:
    """Print what is found here now and what was found of venues the last time."""
    from hedgerow.app.doctor import machine
    from hedgerow.app.recollected import recollected
    from hedgerow.app.venues import known_venues
    from hedgerow.reports.doctor_text import seen_json, seen_text

    here, there = machine(settings), recollected(settings)
    if as_json:
        _print_json(seen_json(here, there, known_venues()))
    else:
        sys.stdout.write(seen_text(here, there, known_venues()))
    checks = (*here, *(one for asked in there.values() for one in asked.checks))
    return int(any(one.outcome == "wrong" for one in checks))


def _tell(
    whole: Mapping[str, tuple[bool, str]], state: tuple[Check, ...], found: Mapping[str, tuple[Check, ...]]
) -> None:
    for name, (fine, detail) in whole.items():
        sys.stdout.write(f"{'fine' if fine else 'FAILS':6} {name}: {detail}\n")
    for one in state:
        sys.stdout.write(
            f"{'fine' if one.outcome == 'verified' else 'WRONG':6} {one.name}: {plain_text(one.detail)}\n"
        )
    for name, checks in found.items():
        sys.stdout.write(f"\n{name}\n")
        for one in checks:
            sys.stdout.write(f"  {one.outcome:12} {one.name}: {plain_text(one.detail)}\n")


def _python() -> tuple[bool, str]:
    return sys.version_info >= (3, 11), f"{sys.version.split()[0]} (3.11 or newer)"


def _libraries() -> tuple[bool, str]:
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if find_spec(name) is None]
    return not missing, f"missing: {', '.join(missing)}" if missing else f"all {len(_NEEDED)} found"


def _configuration(file: Path | None) -> tuple[bool, str]:
    from hedgerow.model.errors import BadConfig

    try:
        loaded = load_settings(file)
    except BadConfig as why:
        return False, why.message
    return True, str(loaded.path or f"none, defaults in force; it would be {config_path()}")


def _market() -> tuple[bool, str]:
    from hedgerow.venues.simulated import simulated_market

    market = simulated_market()
    return len(market.symbols) > 1, f"{len(market.symbols)} coins, {len(market.times)} bars, SIMULATED"


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves first, sections after, as TOML wants them."""
    sections = []
    for key, value in tree.items():
        name = f"{above}.{key}" if above else key
        if isinstance(value, Mapping) and (value or not above):
            sections.append((name, value))
        else:
            yield name, value
    for name, value in sections:
        yield from _flat(value, name)


def _origin(key: str, loaded: Loaded) -> str:
    return loaded.origins.get(key, "default")


def _shown(key: str, value: Any, loaded: Loaded, *, origin: bool) -> Any:
    return {"value": value, "origin": _origin(key, loaded)} if origin else value


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        told = (f"{key} = {_toml(each)}" for key, each in value.items() if each is not None)
        return f"{{ {', '.join(told)} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _print_json(document: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def settings_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration file, for editors."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(Settings).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Hedgerow settings", **schema}
