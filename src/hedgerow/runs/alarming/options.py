"""How far the coin may go before the margin of options that were sold no longer does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from hedgerow.hedge.alarms import Finding, standing_of
from hedgerow.hedge.options.held import HeldOption
from hedgerow.hedge.valuation import price_of
from hedgerow.hedge.watch import Thresholds
from hedgerow.model.display import percent_text
from hedgerow.model.ports import Level
from hedgerow.runs.alarming.facts import Looked

__all__ = ["sold"]

_MOVES = np.round(np.arange(-0.95, 3.0001, 0.01), 2)
_ADVICE = "Put {coin} into the account, or buy some of what was sold back: `hedgerow options` says what that takes now."


def sold(looked: Looked, limits: Thresholds) -> list[Finding]:
    """Sold options of the account by the coin that carries them; by Deribit's standard margin, other contracts in that coin left out."""
    sight, exposure = looked.sight, looked.verdict.exposure
    names = {held.instrument.symbol: held.instrument.settle for held in sight.options if held.units < 0}
    found = []
    for coin in sorted(set(names.values())):
        mine = [name for name, settle in names.items() if settle == coin]
        known = [each for each in exposure.options if each.name.text in mine] if exposure else []
        about = f"options in {coin}"
        if len(known) < len(mine) or sight.coins is None:
            found.append(Finding("liquidation", about, "unknown", "warning", ""))
            continue
        coins = float(sight.coins.get(coin, Decimal(0)))
        move = _reach(known, coins, coins * price_of(sight.market, coin))
        distance = abs(move)
        level: Level = "critical" if distance < limits.distance[0] / 2.0 else "warning"
        side = "rise" if move > 0.0 else "fall"
        text = f"the margin of {', '.join(sorted(mine))} lasts for a {side} of {percent_text(distance)}"
        advice = _ADVICE.format(coin=coin)
        found.append(
            Finding("liquidation", about, standing_of(distance, *limits.distance), level, text, advice)
        )
    return found


def _reach(known: Sequence[HeldOption], coins: float, wallet_usd: float) -> float:
    """The nearest move of the coin after which the wallet is less than maintenance; infinite where there is none."""
    in_coin = known[0].position.chain.in_coin
    short = [
        move
        for move in _MOVES.tolist()
        if wallet_usd * ((1.0 + move) if in_coin else 1.0) < sum(each.kept_usd(move) for each in known)
    ]
    return min(short, key=abs, default=math.inf) if math.isfinite(wallet_usd) and coins else 0.0
