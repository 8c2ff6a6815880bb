"""Small price files made by a formula, so that every cell is known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 30
COINS = ("BTC", "ETH", "SOL")


def close_of(coin: str, day: int) -> float:
    """A price that rises and falls by a few per cent and never repeats."""
    base = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0}.get(coin, 10.0)
    return round(base * (1 + 0.001 * day + 0.02 * ((day * (7 + len(coin)) + ord(coin[0])) % 11 - 5) / 5), 6)


def day_of(day: int) -> str:
    return (START + timedelta(days=day)).strftime("%Y-%m-%d")


def daily_lines(coins: Sequence[str] = COINS, days: int = DAYS) -> list[str]:
    """Lines `date,symbol,close`, oldest first."""
    return [f"{day_of(day)},{coin},{close_of(coin, day)}" for day in range(days) for coin in coins]


def hourly_lines(
    coins: Sequence[str] = COINS,
    hours: int = 48,
    zone: str = "",
    shift_minutes: int = 0,
    shifted: str = "",
) -> list[str]:
    """Lines `ts,symbol,close`; the stamps of the coin `shifted` are moved."""
    lines = []
    for hour in range(hours):
        for coin in coins:
            moved = shift_minutes if coin == shifted else 0
            stamp = START + timedelta(hours=hour, minutes=moved)
            lines.append(f"{stamp:%Y-%m-%dT%H:%M:%S}{zone},{coin},{close_of(coin, hour)}")
    return lines


def written(
    folder: Path, lines: Iterable[str], header: str = "date,symbol,close", name: str = "p.csv"
) -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path
