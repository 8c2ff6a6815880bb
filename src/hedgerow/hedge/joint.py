"""One programme for a whole book: what it takes for a contract, and for a trade, to pay. Plans and contests share it.

The least variance over the horizon at its price, with costs, the beta at its target; few contracts, which stay as long
as nothing better is worth the trade (domain §3.2).
"""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.sticky import StickyProblem

__all__ = ["MOST_CONTRACTS", "POOL", "RELUCTANCE", "joint_problem"]

POOL = 60
MOST_CONTRACTS = 12
RELUCTANCE = 4.0
"""How many times its cost a trade has to bring once a hedge stands: a part of what an estimate promises is its own
error, and choosing the best of many promises chooses errors. From ½ to 16 the variance removed hardly changes; the
turnover does (decision 13)."""


def joint_problem(
    inner: FloatArray,
    with_book: FloatArray,
    charge: float,
    trade: FloatArray,
    hold: FloatArray,
    held: FloatArray,
    beta: FloatArray,
    target: FloatArray,
) -> StickyProblem:
    """Return the programme for the dollars (M,) of each contract, those that are open included.

    `inner` (M, M) is the contracts' covariance a day, their own basis risk included, `with_book` (M,) that with the
    unhedged book; `charge` twice the price of variance times the days of the horizon; `trade` and `hold` (M,) what a dollar costs to trade and to hold over it; `held` (M,) dollars that are
    open; `beta` (M, K) has to add up to `target` (K,).
    """
    stands = bool(np.any(held))
    return StickyProblem(
        p=charge * inner,
        q=charge * with_book,
        trade=trade * (RELUCTANCE if stands else 1.0),
        hold=hold,
        held=held,
        a=beta,
        b=target,
    )
