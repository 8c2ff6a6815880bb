"""Options beside the perpetual, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hedgerow.hedge.options.legs import OptionLeg
from hedgerow.hedge.options.plan import Mix, OptionsPlan, PerpBeside, Protection, Unwind
from hedgerow.model.display import plain
from hedgerow.model.market import Market
from hedgerow.model.option_chain import OptionChain
from hedgerow.reports.since_text import since_json

__all__ = ["options_json"]


def options_json(
    found: OptionsPlan, market: Market, taken: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the document of `options --json`: fractions, dollars, quantities never below 0; `taken` is the plan that was kept."""
    exposure, chain = found.exposure, found.chain
    return {
        "as_of": plain(market.as_of),
        "source": market.source,
        "simulated": market.simulated or chain.simulated,
        "factor": chain.underlying,
        "chain": _chain(chain),
        "wanted": {
            "floor": found.wanted.floor,
            "crash": found.wanted.crash,
            "strike": found.wanted.strike,
            "budget_usd": found.wanted.budget_usd,
            "horizon_days": found.wanted.horizon_days,
        },
        "nav_usd": plain(exposure.nav_usd),
        "beta_usd": plain(exposure.beta_usd[0]),
        "stderr_usd": plain(exposure.stderr_usd[0]),
        "unprotected": {
            "by_beta_usd": found.at_crash(found.by_beta_usd),
            "crash_usd": found.at_crash(found.crash_usd),
            "beta_left": [{"move": move, "beta_usd": left} for move, left in found.beta_left],
        },
        "rally": found.rally,
        "candidates": [_candidate(found, each) for each in found.candidates],
        "perpetual": None if found.perp is None else _perp(found, found.perp),
        "smiles": [
            {
                "expiry": plain(expiry),
                "at_the_money": plain(float(smile.volatility(0.0))),
                "error": plain(smile.error),
                "quotes": smile.quotes,
                "free_of_arbitrage": smile.free_of_arbitrage,
            }
            for expiry, smile in found.smiles.items()
        ],
        "curve": {
            "moves": plain(found.moves),
            "by_beta_usd": plain(found.by_beta_usd),
            "crash_usd": plain(found.crash_usd),
        },
        **({"held": [_held(each) for each in found.unwinds]} if found.unwinds else {}),
        **({"taken": dict(taken)} if taken else {}),
        **({"since": since_json(found.since)} if found.since else {}),
        **({"mixes": [_mix(found, each) for each in found.mixes]} if found.mixes else {}),
        "unknown": list(exposure.unknown),
        "warnings": list(found.warnings),
    }


def _chain(chain: OptionChain) -> dict[str, Any]:
    return {
        "source": chain.source,
        "venue": chain.venue,
        "settle": chain.settle,
        "as_of": plain(chain.as_of),
        "index_usd": chain.index_usd,
        "simulated": chain.simulated,
    }


def _candidate(found: OptionsPlan, each: Protection) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": each.kind,
        "sizing": each.sizing,
        "expiry": plain(each.expiry),
        "days": each.days,
        "strikes": list(each.strikes),
        "lead": each.lead,
        "usable": each.usable,
        "reason": each.reason,
    }
    if each.position is None:
        return document
    chain = found.chain
    return document | {
        "legs": [_leg(leg, chain) for leg in each.position.legs],
        "settle": chain.settle,
        "premium": each.position.premium,
        "premium_usd": each.position.premium_usd,
        "fee_usd": each.position.fee_usd,
        "cost_usd_per_month": each.cost_usd_per_month,
        "floor_met": each.floor_met,
        "crash": {
            "by_beta_usd": found.at_crash(each.by_beta_usd),
            "betas_risen_usd": found.at_crash(each.crash_usd),
            "at_once_usd": each.now_usd,
            "worst_on_the_way_usd": each.worst_usd,
            "worst_move": each.worst_move,
        },
        "beta_left": [{"move": move, "beta_usd": left} for move, left in each.beta_left],
        "greeks": plain(each.greeks),
        "margin": {
            "initial_usd": each.margin_usd,
            "needed_usd": each.rally_needed_usd,
            "rally_others_flat_usd": each.flat_rally_usd,
        },
        "liquidity": plain(list(each.liquidity)),
        "verdict": each.verdict,
        "by_beta_usd": plain(each.by_beta_usd) if each.lead else None,
        "crash_usd": plain(each.crash_usd) if each.lead else None,
    }


def _leg(leg: OptionLeg, chain: OptionChain) -> dict[str, Any]:
    return {
        "instrument": leg.quote.symbol,
        "side": "buy" if leg.count > 0 else "sell",
        "contracts": abs(leg.count),
        "contracts_exact": str(abs(leg.contracts)),
        "strike": leg.quote.strike,
        "option": "call" if leg.quote.call else "put",
        "price": leg.price,
        "price_usd": chain.usd(leg.price),
        "volatility": leg.volatility,
    }


def _held(each: Unwind) -> dict[str, Any]:
    document: dict[str, Any] = {
        "symbol": each.symbol,
        "quantity": float(each.units),
        "quantity_exact": f"{each.units:f}",
        "side": "sell" if each.units > 0 else "buy",
        "reason": each.reason,
    }
    if each.reason:
        return document
    best = each.best_roll
    return document | {
        "price": each.price,
        "now_usd": each.now_usd,
        "exercise_usd": each.exercise_usd,
        "days": each.days,
        "still_usd": each.still_usd,
        "crash_usd": each.crash_usd,
        "a_day_usd": each.a_day_usd,
        "holding": {
            "better": "above" if each.above else "below",
            "edge_usd": plain(each.edge_usd),
            "chance": plain(each.chance),
        },
        "rolls": [
            {
                "instrument": roll.symbol,
                "expiry": plain(roll.expiry),
                "strike": roll.strike,
                "days": roll.days,
                "cost_usd": roll.cost_usd,
                "a_day_usd": roll.a_day_usd,
                "saves_a_day_usd": roll.saves_usd,
                "as_good": roll.as_good,
                "pays": roll.pays,
                "lead": roll is best,
            }
            for roll in each.rolls
        ],
    }


def _mix(found: OptionsPlan, each: Mix) -> dict[str, Any]:
    document: dict[str, Any] = {
        "expiry": plain(each.expiry),
        "days": each.days,
        "keep": each.keep,
        "lead": each is found.mix,
        "usable": each.usable,
        "reason": each.reason,
    }
    if not each.usable:
        return document
    legs = () if each.position is None else each.position.legs
    return document | {
        "legs": [_leg(leg, found.chain) for leg in legs],
        "futures": None
        if each.instrument is None
        else {
            "venue": each.instrument.venue,
            "instrument": each.instrument.symbol,
            "side": "sell",
            "contracts": float(each.contracts),
            "contracts_exact": str(each.contracts),
            "notional_usd": each.notional_usd,
        },
        "upfront_usd": each.upfront_usd,
        "still_usd": each.still_usd,
        "cost_usd_per_month": each.cost_usd_per_month,
        "crash": {
            "by_beta_usd": found.at_crash(each.by_beta_usd),
            "betas_risen_usd": found.at_crash(each.crash_usd),
            "worst_on_the_way_usd": each.worst_usd,
            "worst_move": each.worst_move,
        },
        "kept": plain(each.kept),
        "beta_left": [{"move": move, "beta_usd": left} for move, left in each.beta_left],
        "margin": {"needed_usd": each.margin_usd, "rally_others_flat_usd": each.flat_rally_usd},
        "proven": each.proven,
        "by_beta_usd": plain(each.by_beta_usd),
        "crash_usd": plain(each.crash_usd),
    }


def _perp(found: OptionsPlan, perp: PerpBeside) -> dict[str, Any]:
    return {
        "venue": perp.instrument.venue,
        "instrument": perp.instrument.symbol,
        "side": "sell",
        "contracts": float(perp.contracts),
        "contracts_exact": str(perp.contracts),
        "notional_usd": perp.notional_usd,
        "entry_usd": perp.entry_usd,
        "cost_usd_per_month": perp.cost_usd_per_month,
        "cost_usd_per_month_low": perp.low_usd_per_month,
        "cost_usd_per_month_high": perp.high_usd_per_month,
        "floor_met": perp.floor_met,
        "crash": {
            "by_beta_usd": found.at_crash(perp.by_beta_usd),
            "betas_risen_usd": found.at_crash(perp.crash_usd),
            "worst_on_the_way_usd": perp.worst_usd,
            "worst_move": perp.worst_move,
        },
        "beta_left": [{"move": move, "beta_usd": left} for move, left in perp.beta_left],
        "margin": {
            "initial_usd": perp.margin_usd,
            "needed_usd": perp.rally_needed_usd,
            "rally_others_flat_usd": perp.flat_rally_usd,
        },
        "by_beta_usd": plain(perp.by_beta_usd),
        "crash_usd": plain(perp.crash_usd),
    }
