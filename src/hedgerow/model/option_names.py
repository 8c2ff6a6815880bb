"""What an option's name says: `BTC-26DEC25-80000-P`, and the forms of other venues.

Deribit and Bybit write the day as 26DEC25, Binance and OKX as 251226; a coin before the day may be followed by what the option
is quoted in (`BTC_USDC-…`, `BTC-USD-…`), and at Bybit a stablecoin may stand behind (`…-P-USDT`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from hedgerow.model.coins import is_stablecoin

__all__ = ["OptionName", "option_named"]

_NAME = re.compile(
    r"(?P<coin>[A-Z0-9]+)(?:[_-](?P<quote>USD[CT]?))?"
    r"-(?P<day>\d{1,2}[A-Z]{3}\d{2}|\d{6}|\d{4}-\d{2}-\d{2})"
    r"-(?P<strike>\d+(?:[.D]\d+)?)-(?P<side>[CP])(?:-(?P<settle>USD[CT]))?"
)
_ENDS_HOUR = 8


@dataclass(frozen=True, slots=True)
class OptionName:
    """A European option by its terms. `expiry` is 08:00 UTC of its day, when the venues that are known settle.

    `settle` is the coin it pays in, "" where the name does not tell: Deribit's `BTC-26DEC25-80000-P` pays in BTC, the same name
    at Bybit in USDC.
    """

    text: str
    underlying: str
    expiry: datetime
    strike: float
    call: bool
    settle: str = ""

    @property
    def ends(self) -> np.datetime64:
        """The instant at which it ends, without a zone, as markets have it."""
        return np.datetime64(self.expiry.replace(tzinfo=None), "ms")

    def settles_in(self, coin: str) -> bool:
        """Return whether `coin` may be what it pays in: a stablecoin for a stablecoin, where the name tells one."""
        return not self.settle or is_stablecoin(self.settle) == is_stablecoin(coin)


def option_named(text: str) -> OptionName | None:
    """Return the option that `text` names, None where it is no option's name.

    Raises `ValueError` for the name of an option on a day that does not exist.
    """
    said = text.strip().upper()
    found = _NAME.fullmatch(said)
    if found is None:
        return None
    day, strike = found["day"], float(found["strike"].replace("D", "."))
    form = "%Y-%m-%d" if "-" in day else ("%y%m%d" if day.isdigit() else "%d%b%y")
    ends = datetime.strptime(day, form).replace(hour=_ENDS_HOUR, tzinfo=UTC)
    if not strike > 0.0:
        raise ValueError(f"{said} has a strike of 0")
    quoted = found["quote"] or ""
    settle = found["settle"] or (found["coin"] if quoted == "USD" else quoted)
    return OptionName(said, found["coin"], ends, strike, found["side"] == "C", settle)
