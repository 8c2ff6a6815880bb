"""What a sweep leaves behind: one row a policy that was tried, and how much of the best is luck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hedgerow.model.arrays import FloatArray
from hedgerow.model.display import Result

__all__ = ["Judged", "Sweep", "Tried"]


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """One policy walked through the past.

    `setting` is what was varied, as it was asked for; `hedged` (D,) its daily returns on the book's value. Costs,
    funding (received above 0) and turnover are a year, fractions of the book; `refused` says why there is no result,
    and then all numbers are NaN.
    """

    key: str
    setting: Mapping[str, str]
    engine: str
    hedged: FloatArray
    cost_a_year: float
    funding_a_year: float
    turnover_a_year: float
    outside_band: float
    least_distance: float
    liquidations: int
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of the table: what a try removed, what it left, what it cost, all a year and as fractions of the book.

    `score` is what the policy itself minimises: half the risk aversion times the variance left, plus costs, less
    funding. `confidence` is the Model Confidence Set's p-value: below 0.1 it is probably not among the best.
    """

    tried: Tried
    score: float
    variance_removed: float
    volatility_hedged: float
    es95_hedged: float
    drawdown_hedged: float
    residual_beta: float
    confidence: float


@dataclass(frozen=True, slots=True, repr=False)
class Sweep(Result):
    """Every try, best first, those without a result last.

    `luck` is how much better the best looks, by its score, than it can be expected to be again because it was picked
    out of so many; `low` and `high` bound the best's score with probability 0.9.
    """

    rows: tuple[Judged, ...]
    luck: float
    low: float
    high: float
    days: int
    aversion: float
    unhedged_volatility: float
    notes: tuple[str, ...]

    @property
    def best(self) -> Judged | None:
        """The best try with a result, None without any."""
        return next((row for row in self.rows if not row.tried.refused), None)

    def headline(self) -> str:
        """Return the result in one line."""
        best = self.best
        if best is None:
            return f"Sweep of {len(self.rows)} policies: none has a result"
        told = ", ".join(f"{name} {value}" for name, value in best.tried.setting.items())
        return f"Sweep of {len(self.rows)} policies over {self.days} days: best {told}"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names and rows."""
        names = list(self.rows[0].tried.setting) if self.rows else []
        columns = ["score", "variance_removed", "residual_beta", "cost_a_year", "confidence"]
        rows: list[list[object]] = []
        for row in self.rows:
            numbers = (
                row.score,
                row.variance_removed,
                row.residual_beta,
                row.tried.cost_a_year,
                row.confidence,
            )
            rows.append([*row.tried.setting.values(), *numbers])
        return [*names, *columns], rows
