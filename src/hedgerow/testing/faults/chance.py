"""Which faults a schedule holds, and when each strikes: drawn from a seed, off after an instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

__all__ = ["FAULTS", "Chance", "drawn"]

FAULTS: Mapping[str, tuple[str, float]] = {
    "F1": ("time-out before the order arrived, or arriving late", 0.15),
    "F2": ("time-out after the order was accepted", 0.15),
    "F3": ("connection reset in the middle of the answer", 0.10),
    "F4": ("5xx or a page instead of an answer", 0.08),
    "F5": ("rate limit, ban with an end", 0.03),
    "F6": ("execution status unknown", 0.10),
    "F7": ("refused: margin, precision, reduce-only, post-only, tier, band", 0.15),
    "F8": ("fills in parts, and after a cancellation", 0.5),
    "F9": ("stream out of order, twice, missing", 0.3),
    "F10": ("stale, frozen, crossed, zero or NaN price", 0.08),
    "F11": ("order, fill or position not visible at once", 0.4),
    "F12": ("positions unanswered or empty", 0.05),
    "F13": ("a request repeated on the road, the same client id taken twice", 0.05),
    "F14": ("cancellation accepted, but it had filled", 0.3),
    "F15": ("disconnected for a while", 0.01),
    "F16": ("clocks apart, jumps", 0.01),
    "F17": ("maintenance", 0.005),
    "F18": ("lots change while open", 0.02),
    "F19": ("delisted", 0.002),
    "F20": ("liquidation, deleveraging, a trade by hand", 0.004),
    "F21": ("funding at other hours, of either sign", 0.05),
    "F22": ("account in another mode", 0.3),
    "F23": ("key revoked", 0.002),
    "F24": ("journal busy, full or read-only", 0.01),
    "F25": ("killed at a persistence point", 0.002),
    "F26": ("a second process, a lease that ran out", 0.02),
    "F27": ("nobody hears the alarm, or late", 0.4),
    "F28": ("a field missing or of another type", 0.05),
}
"""What may go wrong (reliability.md §3.2), and how often it strikes where it can in a schedule that holds it."""


@dataclass(slots=True)
class Chance:
    """A seeded source of trouble. `held` are the faults of this schedule, `struck` how often each came."""

    random: Random
    held: frozenset[str]
    calm: bool = False
    struck: Counter[str] = field(default_factory=Counter)

    def strikes(self, fault: str, times: float = 1.0) -> bool:
        """Return whether `fault` strikes now, and count it."""
        if self.calm or fault not in self.held:
            return False
        if self.random.random() >= FAULTS[fault][1] * times:
            return False
        self.struck[fault] += 1
        return True

    def has(self, fault: str) -> bool:
        """Return whether the schedule holds `fault` and it is not calm."""
        return fault in self.held and not self.calm


def drawn(seed: int, barred: frozenset[str] = frozenset()) -> Chance:
    """Return the chance of a seed: up to ten faults of the catalogue, none of those `barred`."""
    random = Random(seed)  # noqa: S311 - a schedule, no secret
    names = sorted(FAULTS)
    held = frozenset(random.sample(names, random.randint(0, 10)))
    return Chance(random, held - barred)
