"""The whole answer: everything from holdings to hedge, as one value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.plan import HedgePlan, Refusal
from hedgerow.hedge.ranking import Ranking
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.betas import Betas
from hedgerow.model.display import Result
from hedgerow.model.market import DataFlag

__all__ = ["StressRow", "Ticket"]


@dataclass(frozen=True, slots=True)
class StressRow:
    """One scenario: profit of the spot and open contracts, of the new hedge, and of both, in dollars.

    `liquidated` names the accounts whose collateral would not last, `top_up_usd` what would save them; both count
    nothing but the hedge account's own collateral.
    """

    name: str
    description: str
    book_usd: float
    hedge_usd: float
    net_usd: float
    liquidated: tuple[str, ...] = ()
    top_up_usd: float = 0.0


@dataclass(frozen=True, slots=True, repr=False)
class Ticket(Result):
    """A hedge ticket: steps 1 to 4 with their warnings.

    `complete` is False where something is unknown or refused; such a plan can be read but not traded. `doubts` are the coins whose price
    is one that no market makes.
    """

    worth: Valuation
    betas: Betas
    exposure: Exposure
    ranking: Ranking
    plan: HedgePlan
    stress: tuple[StressRow, ...]
    refusals: tuple[Refusal, ...]
    warnings: tuple[str, ...]
    flags: tuple[DataFlag, ...]
    as_of: np.datetime64
    source: str
    simulated: bool
    currency: str
    recognised: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def unknown(self) -> tuple[str, ...]:
        """What has no price or no beta."""
        return self.exposure.unknown

    @property
    def complete(self) -> bool:
        """True where nothing is unknown or refused."""
        return not self.unknown and not self.refusals

    def headline(self) -> str:
        """Return the result in one line."""
        return f"{'SIMULATED ' if self.simulated else ''}Ticket: {self.plan.headline()}"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names and rows: those of the plan."""
        return self.plan.table()
