"""The book's own columns of a stage, in one pass over prices."""

from __future__ import annotations

from hedgerow.model.arrays import FloatArray
from hedgerow.runs.twin.compiling import entry, inner
from hedgerow.runs.twin.tape import Records

__all__ = ["valued"]


@inner
def _moved(units: FloatArray, before: FloatArray, now: FloatArray, kinds: Records, bar: Records) -> None:
    """Worth of the book, and what its prices did: to cash, to the rest, which is alpha until betas explain it."""
    spot, gross, gained, cash = 0.0, 0.0, 0.0, 0.0
    for n in range(len(units)):
        worth = units[n] * now[n]
        move = worth - units[n] * before[n]
        spot += worth
        gross += abs(worth)
        cash += move * kinds[n]["cash"]
        gained += move * (1 - kinds[n]["cash"])
    bar["spot"], bar["gross"], bar["alpha"], bar["fx"], bar["beta_spot"] = spot, gross, gained, cash, 0.0


@inner
def _explained(units: FloatArray, before: FloatArray, kinds: Records, beta: FloatArray) -> float:
    """Dollar beta of all that is not cash, as it stood before."""
    total = 0.0
    for n in range(len(units)):
        total += units[n] * before[n] * beta[n] * (1 - kinds[n]["cash"])
    return total


@inner
def _exposed(units: FloatArray, now: FloatArray, kinds: Records, beta: FloatArray) -> float:
    """Dollar beta of what is to be hedged."""
    total = 0.0
    for n in range(len(units)):
        total += units[n] * now[n] * beta[n] * kinds[n]["hedged"]
    return total


@entry
def valued(
    units: FloatArray, prices: FloatArray, kinds: Records, beta: FloatArray, bar: Records, lead: Records
) -> None:
    """Write the book's own columns: worth, dollar beta, alpha, beta and fx.

    `units` and `kinds` (N,), `prices` (R, N), `beta` (E, K, N); `bar` (R,) knows each bar's estimation and `lead`
    (R, K) the factors' returns.
    """
    for t in range(len(bar)):
        was = max(t - 1, 0)
        _moved(units, prices[was], prices[t], kinds, bar[t])
        for k in range(lead.shape[1]):
            lead[t, k]["book_beta"] = _exposed(units, prices[t], kinds, beta[bar[t]["epoch"], k])
            if t > 0:
                known = beta[bar[was]["epoch"], k]
                explained = _explained(units, prices[was], kinds, known) * lead[t, k]["change"]
                bar[t]["beta_spot"] += explained
                bar[t]["alpha"] -= explained
