"""Pre-trade rules. A plan is held against all of them and every refusal is listed, not the first.

check(plan, worth, limits, venues) -> refusals
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from hedgerow.hedge.plan import HedgePlan, Leg, MarginAccount, Refusal
from hedgerow.hedge.valuation import Valuation
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.display import percent_text

__all__ = ["Limits", "VenueFacts", "check"]


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """What is known of a venue, from the dated, editable `venues.toml`; `verified` only where somebody checked."""

    name: str
    kind: str
    entity: str
    closed_to: tuple[str, ...]
    evidence: date
    verified: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may do. None means no limit; `least_distance` None means max(40 %, 4σ√10 days).

    `max_hedge` is the largest notional of all legs, in times of the book's gross value.
    """

    max_leverage: float = 3.0
    least_distance: float | None = None
    max_venue_share: float | None = None
    max_venue_usd: Mapping[str, float] = field(default_factory=dict)
    max_instrument_usd: Mapping[str, float] = field(default_factory=dict)
    max_share_of_daily_volume: float = 0.10
    max_hedge: float = 5.0
    allowed_venues: tuple[str, ...] | None = None
    allowed_kinds: tuple[str, ...] = ("paper", "cex", "dex")
    jurisdiction: str = ""


def check(
    plan: HedgePlan,
    worth: Valuation,
    limits: Limits,
    venues: tuple[VenueFacts, ...] = (),
    volumes_usd: Mapping[str, float] | None = None,
) -> tuple[Refusal, ...]:
    """Return every rule that `plan` breaks; `volumes_usd` are median dollars a day by instrument symbol."""
    refusals: list[Refusal] = []
    for account in plan.margin:
        refusals += _of_account(account, worth, limits)
    times = sum(leg.notional_usd for leg in plan.legs) / worth.gross_usd if worth.gross_usd > 0 else 0.0
    if times > limits.max_hedge:
        remedy = "check the target; a larger hedge has to be allowed in the settings (limits.max_hedge)"
        refusals.append(Refusal("size of the hedge", "legs together", times, limits.max_hedge, remedy))
    known = {venue.name: venue for venue in venues}
    for account in plan.margin:
        refusals += _of_coin_margin(account, worth)
    for leg in plan.legs:
        refusals += _of_leg(leg, limits, (volumes_usd or {}).get(leg.instrument.symbol, float("nan")))
    for name in dict.fromkeys(leg.instrument.venue for leg in plan.legs):
        notional = sum(leg.notional_usd for leg in plan.legs if leg.instrument.venue == name)
        refusals += _of_venue(name, notional, limits, known.get(name))
    return tuple(refusals)


def _of_account(account: MarginAccount, worth: Valuation, limits: Limits) -> list[Refusal]:
    found: list[Refusal] = []
    given = np.isfinite(account.collateral_usd)
    reach = account.max_rally
    if given and reach is not None and reach < account.required_rally:
        missing = account.required_usd - account.collateral_usd
        part = account.collateral_usd / account.required_usd if account.required_usd > 0 else 1.0
        remedy = f"add {missing:,.0f} collateral, or hedge {percent_text(max(part, 0.0))} of the beta"
        if not account.told:
            remedy = f"say what margin is there: --collateral; it takes {account.required_usd:,.0f}"
        found.append(Refusal("liquidation distance", account.account, reach, account.required_rally, remedy))
    if given and account.told and account.leverage > limits.max_leverage:
        remedy = f"add collateral or trade at most {limits.max_leverage:g} times it"
        found.append(Refusal("leverage", account.account, account.leverage, limits.max_leverage, remedy))
    held = account.collateral_usd if given else account.required_usd
    share = held / worth.total_usd if worth.total_usd > 0 else float("inf")
    if limits.max_venue_share is not None and share > limits.max_venue_share:
        excess = held - limits.max_venue_share * max(worth.total_usd, 0.0)
        remedy = f"move {excess:,.0f} of collateral, and the contracts it carries, to another venue"
        found.append(Refusal("venue share", account.account, share, limits.max_venue_share, remedy))
    return found


def _of_coin_margin(account: MarginAccount, worth: Valuation) -> list[Refusal]:
    """A coin that is margin has to be there, and free: bought for it, it would bring a beta that the plan does not count."""
    coin = account.settle
    if is_stablecoin(coin) or np.isfinite(account.collateral_usd):
        return []
    free = sum(
        h.value_usd
        for h in worth.holdings
        if h.position.symbol == coin
        and not h.position.is_derivative
        and not h.position.locked
        and h.value_usd > 0
    )
    if free >= account.required_usd:
        return []
    remedy = f"give the coins with --collateral, or name a contract that is margined in dollars; {coin} must be free to move"
    return [Refusal("coin for margin", f"{account.account}, free {coin}", free, account.required_usd, remedy)]


def _of_leg(leg: Leg, limits: Limits, volume_usd: float) -> list[Refusal]:
    found: list[Refusal] = []
    name = leg.instrument.symbol
    cap = limits.max_instrument_usd.get(name)
    if cap is not None and leg.notional_usd > cap:
        found.append(
            Refusal("instrument cap", name, leg.notional_usd, cap, "name a second contract in --instruments")
        )
    most = leg.instrument.max_contracts
    if most is not None and leg.contracts >= most:
        remedy = "the rest of the beta stays: name a second contract in --instruments"
        found.append(
            Refusal("largest order", f"{name} in contracts", float(leg.contracts), float(most), remedy)
        )
    share = leg.notional_usd / volume_usd if volume_usd > 0 else float("nan")
    if share > limits.max_share_of_daily_volume:
        remedy = "spread it over more contracts or more days"
        found.append(Refusal("share of daily volume", name, share, limits.max_share_of_daily_volume, remedy))
    return found


def _of_venue(name: str, notional: float, limits: Limits, facts: VenueFacts | None) -> list[Refusal]:
    found: list[Refusal] = []
    cap = limits.max_venue_usd.get(name)
    if cap is not None and notional > cap:
        found.append(Refusal("venue cap", name, notional, cap, "split the hedge over venues"))
    if limits.allowed_venues is not None and name not in limits.allowed_venues:
        found.append(Refusal("allowed venues", name, 1.0, 0.0, f"allow {name} or choose another venue"))
    if facts is None:
        return found
    if facts.kind not in limits.allowed_kinds:
        found.append(
            Refusal(
                "kind of venue", f"{name} is a {facts.kind}", 1.0, 0.0, "allow the kind or choose another"
            )
        )
    if limits.jurisdiction and limits.jurisdiction in facts.closed_to:
        said = f"{name} does not serve {limits.jurisdiction}, by venues.toml of {facts.evidence}"
        note = "" if facts.verified else " (not verified)"
        found.append(
            Refusal("jurisdiction", said + note, 1.0, 0.0, "choose another venue, or correct venues.toml")
        )
    return found
