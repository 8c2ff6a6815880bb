"""Messages to people: what one is, what several at once read like, and the hours in which people sleep.

grouped(messages) -> level, title, text
hours_of("22:00-07:00", "Europe/Paris") -> Hours
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo

from hedgerow.model.errors import BadConfig
from hedgerow.model.notices import Message
from hedgerow.model.ports import Level

__all__ = ["LEVELS", "Hours", "clock_of", "grouped", "hours_of", "zone_of"]

LEVELS: tuple[Level, ...] = ("info", "warning", "critical")
"""From quiet to loud."""
_NAME = "Hedgerow"
_LONGEST = 3_500


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the day in a time zone; over midnight where they end before they begin."""

    begins: time
    ends: time
    zone: tzinfo

    def holds(self, at: int) -> bool:
        """Return whether an instant in milliseconds of UTC lies in these hours, their end not counted."""
        now = datetime.fromtimestamp(at / 1_000, tz=UTC).astimezone(self.zone).time()
        if self.begins <= self.ends:
            return self.begins <= now < self.ends
        return now >= self.begins or now < self.ends


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name. Raises `BadConfig` for one that this system does not know."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadConfig(
            f"there is no time zone {name}", advice="Write it as Europe/Paris or America/New_York, or UTC."
        ) from None


def clock_of(text: str) -> time:
    """Return a time of day. Raises `BadConfig`."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if found is None:
        raise BadConfig(f"{text!r} is no time of day", advice='Write hours and minutes: "07:00".')
    return time(int(found[1]), int(found[2]))


def hours_of(text: str, zone: str) -> Hours:
    """Return the hours "22:00-07:00" in a time zone. Raises `BadConfig` for what is none."""
    begins, dash, ends = text.partition("-")
    if not dash or clock_of(begins) == clock_of(ends):
        raise BadConfig(f"{text!r} are no hours of the day", advice='Write from and to: "22:00-07:00".')
    return Hours(clock_of(begins), clock_of(ends), zone_of(zone))


def grouped(messages: Sequence[Message]) -> tuple[Level, str, str]:
    """Return several messages as one: the loudest level, a title, and a line for each, the loudest first.

    Never longer than services take: what is left out is counted.
    """
    loud = sorted(messages, key=lambda m: (-LEVELS.index(m.level), m.at))
    level = loud[0].level
    if len(loud) == 1:
        one = loud[0]
        text = one.text if "\n" in one.text else f"{one.level}: {one.text}"
        return level, f"{_NAME} {_about(one)}: {one.title}", text
    counts = [(name, sum(m.level == name for m in loud)) for name in reversed(LEVELS)]
    told = ", ".join(f"{count} {name}" for name, count in counts if count)
    lines: list[str] = []
    length = 0
    for each in loud:
        line = f"{each.level}  {_about(each)}  {each.title}: {each.text}"
        length += len(line) + 1
        if length > _LONGEST:
            lines.append(f"and {len(loud) - len(lines)} more: `hedgerow status` shows them")
            break
        lines.append(line)
    return level, f"{_NAME}: {told}", "\n".join(lines)


def _about(message: Message) -> str:
    return message.source or "here"
