"""A protection of `options` as a plan that is kept, for `app.trade` to trade: its legs, its margin, the beta that it leaves.

taken(settings, found, book, "collar") -> Taken
venue_of(settings, found) -> whose contracts its legs are: "paper", or a venue that takes real orders for options
option_scene(plan, settings, market) -> the market with the chain that the plan's options are of, and their contracts
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hedgerow.app.chains import chain_of, live_chain_of
from hedgerow.app.plans import PAPER, Kept, keep_options, legs_of
from hedgerow.app.venues import told_of
from hedgerow.config import Settings
from hedgerow.model.display import plain
from hedgerow.model.errors import UnknownSymbol, UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.option_contracts import option_contract
from hedgerow.model.option_names import option_named
from hedgerow.store.plans import KeptPlan

if TYPE_CHECKING:
    from hedgerow.app.options import Protected
    from hedgerow.hedge.options.legs import OptionPosition
    from hedgerow.hedge.options.plan import Mix, OptionsPlan, Protection

__all__ = ["KINDS", "Taken", "option_scene", "taken", "venue_of"]

KINDS = {
    "put": "protective put",
    "spread": "put spread",
    "collar": "zero-cost collar",
    "budget": "budgeted collar",
    "mix": "together",
}
"""What can be taken, and what the comparison calls it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The protection that was taken as its plan's document, and what became of keeping it."""

    document: dict[str, Any]
    kept: Kept


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the candidates and the mix have in common."""

    kind: str
    sizing: str
    position: OptionPosition | None
    future: tuple[Instrument, Decimal, float] | None
    beta_after: float
    needed_usd: float
    future_margin_usd: float


def taken(settings: Settings, found: Protected, book: str, which: str) -> Taken:
    """Return one protection of a comparison as a plan, kept. Raises `UsageError` where there is none of that kind."""
    plan, chosen = found.plan, _chosen(found.plan, which)
    if plan.exposure.unknown:
        raise UsageError(
            f"{', '.join(plan.exposure.unknown)}: unknown in the book, so what it would protect is not known",
            advice="Give what is missing, or --exclude it.",
        )
    venue = venue_of(settings, found)
    if venue != PAPER and chosen.future is not None:
        raise UsageError(
            f"options and futures together are traded on paper, and these options are {venue}'s own",
            advice="Take options alone, or leave `live = true` out to trade the mix on paper.",
        )
    document = _document(found, chosen, venue)
    contracts = _contracts(plan, chosen, venue)
    names = tuple(each.name for each in contracts)
    quotes = {
        each.name: plan.chain.index_usd if each.settle == plan.chain.underlying else 1.0 for each in contracts
    }
    capital = _capital(plan, chosen)
    kept = keep_options(settings, found.desk, document, book, (names, capital, quotes))
    return Taken(document, kept)


def venue_of(settings: Settings, found: Protected) -> str:
    """Return whose contracts a protection is planned on: the venue's that told the chain now, where real orders may go there; else paper's.

    Both `[trade]` and `[venues.NAME]` have to say `live = true`, options have to be traded there, and no price may be simulated.
    """
    name, chain = live_chain_of(settings), found.plan.chain
    real = not (chain.simulated or found.desk.market.simulated) and settings.data.as_of is None
    if not (name and real and chain.in_coin and settings.trade.live and told_of(settings, name).live):
        return PAPER
    from hedgerow.venues.dialects import VENUES

    return name if name in VENUES and "option" in VENUES[name].products else PAPER


def option_scene(plan: KeptPlan, settings: Settings, market: Market) -> tuple[Market, tuple[Instrument, ...]]:
    """Return the market with the chain of the plan's options, and those of them that it still quotes, as contracts.

    Raises what reading a chain raises, and `UnknownSymbol` for an option that the chain does not have.
    """
    legs = [leg for leg in legs_of(plan) if option_named(str(leg["instrument"]))]
    names, (venue,) = [str(leg["instrument"]) for leg in legs], {str(leg["venue"]) for leg in legs}
    coins = {option.underlying for name in names if (option := option_named(name)) is not None}
    (coin,) = coins
    chain = chain_of(settings, market, coin)
    known = {quote.symbol.upper(): quote for quote in chain.quotes}
    missing = [name for name in names if name not in known]
    if missing:
        raise UnknownSymbol(
            f"{', '.join(missing)}: not in the chain {chain.source} any more",
            advice="Compare again with `hedgerow options`, and take the new plan.",
        )
    found = tuple(option_contract(chain, known[name], venue) for name in names)
    return replace(market, options={**market.options, coin: chain}), found


def _chosen(plan: OptionsPlan, which: str) -> _Chosen:
    kind = KINDS[which]
    if which == "mix":
        mix = plan.mix
        if mix is None and plan.beyond is not None:
            raise UsageError(
                f"the cheapest mix takes {plan.beyond.margin_usd:,.0f} of margin, and the book has {plan.free_usd:,.0f} free",
                advice="Put the margin into the book, or take options that are bought: --take put.",
            )
        if mix is None:
            raise UsageError(
                "there is no mix of options and futures to take", advice="Add --with-futures and --floor 15%."
            )
        return _of_mix(mix)
    leads = sorted((c for c in plan.leads if c.kind == kind and c.usable), key=lambda c: c.sizing != "floor")
    if not leads:
        why = next(
            (c.reason for c in plan.candidates if c.kind == kind and c.reason), "nothing of it will do"
        )
        raise UsageError(f"there is no {kind} to take: {why}", advice="Take another: the rows show which.")
    return _of_candidate(leads[0])


def _of_candidate(lead: Protection) -> _Chosen:
    left = dict(lead.beta_left).get(0.0, float("nan"))
    return _Chosen(lead.kind, lead.sizing, lead.position, None, left, lead.rally_needed_usd, 0.0)


def _of_mix(mix: Mix) -> _Chosen:
    left = dict(mix.beta_left).get(0.0, float("nan"))
    future = None
    if mix.instrument is not None and mix.contracts:
        future = (mix.instrument, abs(mix.contracts), mix.notional_usd)
    needed = mix.position.needed_usd(0.0) if mix.position is not None else 0.0
    return _Chosen("together", "floor", mix.position, future, left, needed, mix.margin_usd)


def _contracts(plan: OptionsPlan, chosen: _Chosen, venue: str) -> tuple[Instrument, ...]:
    options = () if chosen.position is None else chosen.position.legs
    futures = () if chosen.future is None else (chosen.future[0],)
    return (*(option_contract(plan.chain, leg.quote, venue) for leg in options), *futures)


def _document(found: Protected, chosen: _Chosen, venue: str) -> dict[str, Any]:
    from hedgerow.reports.wire import fingerprint

    plan = found.plan
    exposure, chain, market = plan.exposure, plan.chain, found.desk.market
    document: dict[str, Any] = {
        "as_of": plain(market.as_of),
        "source": market.source,
        "simulated": market.simulated or chain.simulated,
        "chain": {"source": chain.source, "as_of": plain(chain.as_of), "index_usd": chain.index_usd},
        "factors": list(exposure.factors),
        "kind": chosen.kind,
        "sizing": chosen.sizing,
        "beta_before_usd": float(exposure.beta_usd[0]),
        "beta_after_usd": chosen.beta_after,
        "stderr_usd": float(exposure.stderr_usd[0]),
        "legs": _legs(plan, chosen, venue),
    }
    return document | {"plan_id": fingerprint(document)}


def _legs(plan: OptionsPlan, chosen: _Chosen, venue: str) -> list[dict[str, Any]]:
    """Bought options first, then futures, then what is sold."""
    chain, rows = plan.chain, []
    for leg in chosen.position.legs if chosen.position is not None else ():
        contract = option_contract(chain, leg.quote, venue)
        middle = next((p for p in (leg.quote.mid, leg.quote.mark, leg.price) if p > 0.0), leg.price)
        rows.append(
            _leg(contract, leg.contracts, chain.usd(middle))
            | {"limit": leg.price, "notional_usd": abs(leg.count) * chain.index_usd}
        )
    rows.sort(key=lambda row: row["side"] != "buy")
    if chosen.future is not None:
        contract, count, notional = chosen.future
        price = notional / contract.notional_usd(float(count), 1.0)
        row = _leg(contract, -count, price) | {"limit": None, "notional_usd": notional}
        rows.insert(sum(each["side"] == "buy" for each in rows), row)
    return rows


def _leg(contract: Instrument, count: Decimal, price_usd: float) -> dict[str, Any]:
    return {
        "venue": contract.venue,
        "instrument": contract.symbol,
        "underlying": contract.underlying,
        "side": "buy" if count > 0 else "sell",
        "contracts": float(abs(count)),
        "contracts_exact": str(abs(count)),
        "price_usd": price_usd,
    }


def _capital(plan: OptionsPlan, chosen: _Chosen) -> Mapping[str, str]:
    """Coins that the account wants: what is paid and the margin of what is sold, in the worse of the day and the rally."""
    chain, coins = plan.chain, dict[str, float]()
    if chosen.position is not None:
        bought = replace(chosen.position, legs=tuple(leg for leg in chosen.position.legs if leg.count > 0))
        paid = bought.premium_usd + chosen.position.fee_usd if bought.legs else chosen.position.fee_usd
        dollars = max(paid + chosen.position.initial_margin_usd(), chosen.needed_usd)
        coins[chain.settle] = dollars / (chain.index_usd if chain.in_coin else 1.0)
    if chosen.future is not None:
        settle = chosen.future[0].settle
        coins[settle] = coins.get(settle, 0.0) + chosen.future_margin_usd
    return {coin: f"{amount:.8f}" for coin, amount in coins.items()}
