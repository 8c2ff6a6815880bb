"""Candidates side by side: what each would cost and leave, and why it lost."""

from __future__ import annotations

from dataclasses import dataclass

from hedgerow.hedge.plan import CostLine
from hedgerow.hedge.terms import Terms
from hedgerow.model.arrays import FloatArray
from hedgerow.model.display import Result
from hedgerow.model.instruments import Instrument
from hedgerow.model.portfolio import Position

__all__ = ["Candidate", "Liquidity", "Ranking"]


@dataclass(frozen=True, slots=True)
class Liquidity:
    """The trade against its market: shares as fractions, NaN where the volume or open interest is unknown.

    `hours_to_unwind` is at 5 % participation in the median day's volume.
    """

    share_of_daily_volume: float
    share_of_open_interest: float
    hours_to_unwind: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to reach the target, as if it were the only one; `instrument` is None for the two baselines.

    `contracts` is signed and not yet rounded. `cost_usd` is the expected cost over the horizon, in which funding or
    carry that is earned counts against fees; `basis_risk_usd` one standard deviation, over the horizon, of the risk
    that this hedge itself adds; `risk_cost_usd` what that risk is charged. `score_usd`
    is what the ranking sorts by: both costs together. `margin_usd` is the collateral the distance rule wants.
    """

    name: str
    instrument: Instrument | None
    contracts: float
    notional_usd: float
    price_usd: float
    beta: FloatArray
    beta_left_usd: FloatArray
    costs: tuple[CostLine, ...]
    cost_usd: float
    basis_risk_usd: float
    volatility_left_usd: float
    risk_cost_usd: float
    score_usd: float
    margin_usd: float
    liquidity: Liquidity
    reason: str
    usable: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class Ranking(Result):
    """All candidates, best first, then those that cannot be used, then the baselines; every one keeps its row.

    `offered` are the terms of all candidates, from which a basket is chosen; `target_usd` (K,) is what they were
    sized for; `standing` are the open contracts that are a hedge already; `frontier` says whether baskets are to be weighed
    where one contract or names are asked for.
    """

    candidates: tuple[Candidate, ...]
    baselines: tuple[Candidate, ...]
    horizon_days: float
    risk_aversion: float
    target_usd: FloatArray
    offered: tuple[Terms, ...]
    warnings: tuple[str, ...] = ()
    standing: tuple[Position, ...] = ()
    frontier: bool = True

    @property
    def best(self) -> Candidate | None:
        """The best usable candidate, None where there is none."""
        return next((c for c in self.candidates if c.usable), None)

    def headline(self) -> str:
        """Return the result in one line."""
        best = self.best
        found = f"{best.name} first of {len(self.candidates)}" if best else "nothing usable"
        return f"Ranking over {self.horizon_days:g} days: {found}"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names and rows."""
        names = ["instrument", "notional_usd", "cost_usd", "basis_risk_usd", "margin_usd", "reason"]
        rows: list[list[object]] = [
            [c.name, c.notional_usd, c.cost_usd, c.basis_risk_usd, c.margin_usd, c.reason]
            for c in (*self.candidates, *self.baselines)
        ]
        return names, rows
