"""What the alarms are told: the sight, what was decided on it, and what the loop knows besides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hedgerow.hedge.plan import Refusal
from hedgerow.model.orders import Fill
from hedgerow.model.watched import FundingRow
from hedgerow.runs.changing import Changes
from hedgerow.runs.lasting import Lasting
from hedgerow.runs.rounds import Round
from hedgerow.runs.stops import Stop
from hedgerow.runs.watching import Sight, Verdict

__all__ = ["OBSERVES", "Facts", "Looked"]

OBSERVES = "it only observes"
"""What an order waits for where nobody is asked."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the loop knows besides the sight.

    `feed_at` the instant of the newest price (0: none yet); `explained` units by contract that the journal explains; `distance` to
    liquidation (infinite: none, NaN: not known); `paid_30d` dollars of funding received in 30 days, `notional_usd` what it
    was received on; `taken` fills of the venue's own (liquidation, ADL) since the last look; `refusals` why a trade that
    was wanted was not done; `waiting` a proposal that nobody has approved; `round` what is asked less often than at each
    look; `basis` marks over indexes less one, by contract; `maintenance` what the venue said of its own ("": it is at
    work, None: it did not say); `unprotected` stops that were
    placed and are not at the venue, None: not known; `foretold` what funding may come to; `kept_back` contracts that a paper venue
    leaves at a mark, and that, since no market makes their price of now.
    """

    feed_at: int
    explained: Mapping[str, Decimal] = field(default_factory=dict)
    distance: float = math.nan
    paid_30d: float = math.nan
    notional_usd: float = math.nan
    taken: tuple[Fill, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    waiting: str = ""
    round: Round = field(default_factory=Round)
    basis: Mapping[str, float] = field(default_factory=dict)
    maintenance: str | None = None
    unprotected: tuple[Stop, ...] | None = None
    foretold: tuple[FundingRow, ...] = ()
    kept_back: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def rests(self) -> bool:
        """Whether nothing but the pause between two trades keeps an order back: that ends by itself, and nobody is called."""
        return bool(self.refusals) and all(each.rule == "cool-down" for each in self.refusals)


@dataclass(frozen=True, slots=True)
class Looked:
    """A sight after it was acted on: the verdict of what is there now, the facts, how betas have moved, and what lasts."""

    sight: Sight
    verdict: Verdict
    facts: Facts
    changes: Changes
    lasting: Lasting = field(default_factory=Lasting)
