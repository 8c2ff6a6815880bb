"""Whether an account lives through a way that prices may go.

    first_gone(account, columns, moves) -> step of each path at which it is liquidated, steps where it is not
    hedged_accounts(plan, worth) -> accounts                after the plan's trades

Where `plan` gives the chance by a formula for one price that wanders evenly, this walks all contracts of an account together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.margin import Stake
from hedgerow.hedge.plan import HedgePlan, Leg
from hedgerow.hedge.survival import HedgeAccount, hedge_accounts
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.model.instruments import Payoff
from hedgerow.stats.margin import maintenance_margins

__all__ = ["Survival", "first_gone", "hedged_accounts"]


@dataclass(frozen=True, slots=True)
class Survival:
    """The chance that an account is liquidated within `horizon_days`, nobody doing anything meanwhile.

    `chance` and its standard error `stderr` are of `paths` drawn ways, `chance_half` of the first half of the time, `formula`
    what the plan gives for a price that is looked at all the time; the drawn ones are every `look_hours`. All are fractions, NaN where not known. Of no path liquidated the chance is not 0 but, at 95 %, below `at_most`.
    """

    account: str
    chance: float
    stderr: float
    chance_half: float
    formula: float
    horizon_days: float
    paths: int
    look_hours: float

    @property
    def at_most(self) -> float:
        """What the chance is below at 95 %: 3 / paths where no path was liquidated (the rule of three)."""
        return self.chance + 1.645 * self.stderr if self.chance > 0.0 else 3.0 / max(self.paths, 1)


def hedged_accounts(plan: HedgePlan, worth: Valuation) -> tuple[HedgeAccount, ...]:
    """Return the accounts of a plan after its trades, each with the collateral that it was given, or that it needs.

    Where nobody told what is in one that has contracts, its money is NaN.
    """
    put = {
        each.account: each.required_usd if math.isnan(each.collateral_usd) else each.collateral_usd
        for each in plan.margin
    }
    untold = {each.account for each in plan.margin if not each.told}
    found = hedge_accounts(worth, [_stake(leg) for leg in plan.legs], put)
    return tuple(replace(each, equity_usd=math.nan) if each.name in untold else each for each in found)


def _stake(leg: Leg) -> Stake:
    instrument, dollars = leg.instrument, leg.signed_usd
    settle = 1.0
    if instrument.payoff is Payoff.QUANTO:
        settle = leg.notional_usd / (float(leg.contracts) * instrument.dollar_delta(leg.price_usd))
    return Stake(instrument, dollars, leg.price_usd, settle)


def first_gone(account: HedgeAccount, columns: Sequence[int], moves: FloatArray) -> IntArray:
    """Return (paths,) the first step at which equity is no more than maintenance margin; as many as there are steps: never.

    `moves` (paths, steps, K) are of prices, `columns` say which of them each of the account's stakes follows. A wallet in the
    contracts' own coin moves with it. Maintenance is by the contracts' brackets, at the price of the step.
    """
    paths, steps = moves.shape[:2]
    spare = np.full((paths, steps), account.equity_usd)
    if account.in_coin:
        spare *= 1.0 + moves[:, :, columns[0]]
    for stake, column in zip(account.stakes, columns, strict=True):
        move = moves[:, :, column]
        spare += stake.dollars * move - _maintenance(stake, move)
    gone = spare <= 0.0
    first: IntArray = np.where(gone.any(axis=1), gone.argmax(axis=1), steps).astype(np.int64)
    return first


def _maintenance(stake: Stake, move: FloatArray) -> FloatArray:
    """Dollars of maintenance margin of one contract, in the unit of its brackets as `margin.maintenance_after` has them."""
    dollars, grown = abs(stake.dollars), 1.0 + move
    unit: FloatArray | float = 1.0
    if stake.instrument.payoff is Payoff.INVERSE:
        unit = stake.price_usd * grown
    elif stake.instrument.payoff is Payoff.QUANTO:
        unit = stake.settle_usd
    held = dollars * grown / unit if stake.instrument.payoff is not Payoff.INVERSE else dollars / unit
    margins = maintenance_margins(np.asarray(held).reshape(-1), stake.instrument.tiers).reshape(move.shape)
    found: FloatArray = margins * unit
    return found
