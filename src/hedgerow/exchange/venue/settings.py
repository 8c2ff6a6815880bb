"""How an account is set up: margin mode, leverage, position mode, isolated margin, fees, coins, the dead man's switch."""

from __future__ import annotations

from dataclasses import replace

from hedgerow.exchange.venue.booking import with_coins
from hedgerow.exchange.venue.draft import Draft
from hedgerow.exchange.venue.events import (
    Code,
    Configured,
    Credited,
    DeadManSet,
    FeesSet,
    HedgeSet,
    MarginMoved,
    Said,
)
from hedgerow.exchange.venue.margin import free_coins, isolated_equity, maintenance_of
from hedgerow.exchange.venue.rules import filters_of, sane
from hedgerow.exchange.venue.state import Setting, VenueAccount, leg_key
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.legs import ZERO, coins_of, value_of
from hedgerow.model.option_contracts import is_option

__all__ = ["configure", "credit", "move_margin", "set_dead_man", "set_fees", "set_hedge"]


def credit(draft: Draft, event: Credited) -> None:
    """Put coins in or take them out; what is held or owed cannot be taken. Raises `BrokenPromise` for no amount."""
    if not sane(event.amount):
        raise BrokenPromise(f"{event.amount} {event.coin} is no amount of coins")
    account, amount = draft.account(event.account), coins_of(event.amount)
    if event.kind == "derivatives":
        after = with_coins(account, event.coin, amount)
        left = free_coins(draft.listings, after, event.coin, draft.own_orders(account.name), draft.rules)
    else:
        pot = dict(account.aside.get(event.kind, {}))
        left = pot[event.coin] = pot.get(event.coin, ZERO) + amount
        after = replace(account, aside={**account.aside, event.kind: pot})
    refused = amount < 0 and left < 0
    if not refused:
        draft.keep(after)
    _say(draft, account, "margin" if refused else "", f"{event.kind} {event.coin}")


def configure(draft: Draft, event: Configured) -> None:
    """Set margin mode (only while flat and without orders) and leverage (within the tier the position lies in)."""
    account = draft.account(event.account)
    listing = draft.listings.get(event.instrument)
    if listing is None:
        _say(draft, account, "not_tradable", event.instrument)
        return
    before = account.setting(listing.instrument, draft.rules)
    wanted = Setting(event.margin_mode or before.margin_mode, event.leverage or before.leverage)
    code: Code = "no_change" if wanted == before else _unsettable(draft, account, event, wanted)
    if not code:
        after = replace(account, settings={**account.settings, event.instrument: wanted})
        free = free_coins(
            draft.listings, after, listing.instrument.settle, draft.own_orders(account.name), draft.rules
        )
        code = "margin" if wanted.leverage < before.leverage and free < 0 else ""
        if not code:
            draft.keep(after)
    _say(draft, account, code, event.instrument)


def _unsettable(draft: Draft, account: VenueAccount, event: Configured, wanted: Setting) -> Code:
    listing, legs = draft.listings[event.instrument], account.legs_of(event.instrument)
    if is_option(listing.instrument) and wanted.margin_mode == "isolated":
        return "not_offered"
    busy = bool(legs) or bool(draft.own_orders(account.name, event.instrument))
    before = account.setting(listing.instrument, draft.rules)
    isolated = "isolated" in {wanted.margin_mode, before.margin_mode}
    if busy and (wanted.margin_mode != before.margin_mode or isolated):
        return "not_flat"
    filters = filters_of(listing.instrument)
    most = filters.brackets[0].max_leverage
    for _, leg in legs:
        value = abs(value_of(leg.instrument, leg.quantity, listing.mark or leg.entry or ZERO))
        most = min(most, filters.brackets[filters.bracket(value)].max_leverage)
    return "" if sane(wanted.leverage) and 1 <= wanted.leverage <= most else "leverage"


def set_hedge(draft: Draft, event: HedgeSet) -> None:
    """Change the position mode of the whole account, only while it is flat and without orders."""
    account = draft.account(event.account)
    code: Code = "no_change" if account.hedge == event.hedge else ""
    if not code and (account.legs or draft.own_orders(account.name)):
        code = "not_flat"
    if not code:
        draft.keep(replace(account, hedge=event.hedge))
    _say(draft, account, code, "hedge")


def move_margin(draft: Draft, event: MarginMoved) -> None:
    """Move coins between the wallet and an isolated position; what maintenance needs stays."""
    account = draft.account(event.account)
    key = leg_key(event.instrument, event.leg)
    code: Code = "not_flat" if key in account.legs else "leg"
    if not sane(event.amount):
        code = "margin"
    elif key in account.margins:
        leg = account.legs[key]
        after = replace(
            account, margins={**account.margins, key: account.margins[key] + coins_of(event.amount)}
        )
        own = draft.own_orders(account.name)
        free = free_coins(draft.listings, after, leg.instrument.settle, own, draft.rules)
        carried = isolated_equity(draft.listings, after, key) > maintenance_of(draft.listings, leg)
        code = "" if (free >= 0 if event.amount > 0 else carried) else "margin"
        if not code:
            draft.keep(after)
    _say(draft, account, code, event.instrument)


def set_fees(draft: Draft, event: FeesSet) -> None:
    """Give an account its own fees in a contract; raises `BrokenPromise` for what are no fractions."""
    if not (sane(event.taker, event.maker) and max(abs(event.taker), abs(event.maker)) < 1):
        raise BrokenPromise(f"fees of {event.taker} and {event.maker} are no fractions")
    account = draft.account(event.account)
    draft.keep(replace(account, fees={**account.fees, event.instrument: (event.taker, event.maker)}))
    _say(draft, account, "", "fees")


def set_dead_man(draft: Draft, event: DeadManSet) -> None:
    """Wind up the dead man's switch, or switch it off."""
    account = draft.account(event.account)
    if not draft.rules.dead_man:
        _say(draft, account, "not_offered", "dead man")
        return
    draft.keep(replace(account, cancels_at=draft.at + event.after_ms if event.after_ms else None))
    draft.timers = True
    _say(draft, account, "", "dead man")


def _say(draft: Draft, account: VenueAccount, code: Code, what: str) -> None:
    draft.outcomes.append(Said(draft.at, account.name, code, what))
