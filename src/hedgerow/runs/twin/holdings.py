"""The book's own columns of a stage, in one pass over prices."""

from __future__ import annotations

from typing import NamedTuple

from hedgerow.model.arrays import FloatArray
from hedgerow.runs.twin.compiling import summing
from hedgerow.runs.twin.tape import Records

__all__ = ["Units", "valued"]


class Units(NamedTuple):
    """Coins held (N,): all, without a sign, those that are not cash; `moved` and `hedged` (E, K, N) times their betas.

    `moved` are those that are not cash, `hedged` those that are to be hedged.
    """

    all: FloatArray
    size: FloatArray
    risky: FloatArray
    moved: FloatArray
    hedged: FloatArray


@summing
def valued(units: Units, prices: FloatArray, bar: Records, lead: Records) -> None:
    """Write the book's own columns: worth, dollar beta, and what its prices did, by line.

    `prices` (R, N); `bar` (R,) knows each bar's estimation and `lead` (R, K) the factors' returns.
    """
    before, cash_before = 0.0, 0.0
    for t in range(len(bar)):
        row, now = prices[t], bar[t]
        worth, gross, risky = 0.0, 0.0, 0.0
        for n in range(len(row)):
            worth += units.all[n] * row[n]
            gross += units.size[n] * row[n]
            risky += units.risky[n] * row[n]
        now["spot"], now["gross"], now["beta_spot"] = worth, gross, 0.0
        now["alpha"], now["fx"] = (risky - before, worth - risky - cash_before) if t > 0 else (0.0, 0.0)
        before, cash_before = risky, worth - risky
        for k in range(lead.shape[1]):
            _exposed(units, prices, bar, lead, t, k)


@summing
def _exposed(units: Units, prices: FloatArray, bar: Records, lead: Records, t: int, k: int) -> None:
    """Write the dollar beta to one factor after bar `t`, and take from alpha what the factor did since the last."""
    row, weight = prices[t], units.hedged[bar[t]["epoch"], k]
    exposed = 0.0
    for n in range(len(row)):
        exposed += weight[n] * row[n]
    lead[t, k]["book_beta"] = exposed
    if t == 0:
        return
    was, known = prices[t - 1], units.moved[bar[t - 1]["epoch"], k]
    moved = 0.0
    for n in range(len(was)):
        moved += known[n] * was[n]
    bar[t]["beta_spot"] += moved * lead[t, k]["change"]
    bar[t]["alpha"] -= moved * lead[t, k]["change"]
