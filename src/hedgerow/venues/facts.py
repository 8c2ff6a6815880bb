"""The editable facts: sectors of coins, and who the venues are."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files

from hedgerow.hedge.limits import VenueFacts
from hedgerow.model.errors import BadConfig

__all__ = ["parse_sectors", "parse_venues", "shipped"]


def shipped(name: str) -> str:
    """Return the text of a file that ships with the package: `sectors.toml` or `venues.toml`."""
    return (files("hedgerow.venues") / "data" / name).read_text(encoding="utf-8")


def parse_sectors(text: str, file: str = "sectors.toml") -> dict[str, str]:
    """Return the sector of each ticker; the first sector that lists a ticker has it. Raises `BadConfig`."""
    found: dict[str, str] = {}
    for sector, tickers in _loaded(text, file).items():
        if not isinstance(tickers, str):
            raise BadConfig(
                f"{sector} is no list of tickers",
                file=file,
                advice='Write: DeFi = "UNI AAVE", separated by blanks.',
            )
        for ticker in tickers.split():
            found.setdefault(ticker.upper(), sector)
    return found


def parse_venues(text: str, file: str = "venues.toml") -> tuple[VenueFacts, ...]:
    """Return the venues of a file. Raises `BadConfig` for an entry without kind, entity or date of evidence."""
    entries: list[VenueFacts] = []
    for name, raw in _loaded(text, file).items():
        if not isinstance(raw, dict):
            raise BadConfig(f"{name} is no table", file=file, advice=f"Write [{name}] and its fields below.")
        kind, evidence = raw.get("kind"), raw.get("evidence")
        if kind not in {"paper", "cex", "dex"} or not isinstance(evidence, date):
            raise BadConfig(
                f"[{name}] needs kind (paper, cex or dex) and evidence, a date",
                file=file,
                advice="evidence = 2026-11-01",
            )
        closed = raw.get("closed_to", [])
        entries.append(
            VenueFacts(
                name,
                str(kind),
                str(raw.get("entity", "unknown")),
                tuple(str(country) for country in closed),
                evidence,
                raw.get("verified") is True,
            )
        )
    return tuple(entries)


def _loaded(text: str, file: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        raise BadConfig(
            f"is not TOML: {str(why)[:200]}", file=file, advice="Check the line it names."
        ) from None
