"""What is held and how: positions against the journal, modes, what was not done, margin, how much one venue owes."""

from __future__ import annotations

import math
from decimal import Decimal

from hedgerow.hedge.alarms import Finding, Standing, standing_of
from hedgerow.hedge.survival import hedge_accounts
from hedgerow.hedge.valuation import is_lent
from hedgerow.hedge.watch import Thresholds
from hedgerow.model.display import percent_text, sentence
from hedgerow.model.ports import Level
from hedgerow.runs.alarming.facts import Looked
from hedgerow.runs.lasting import asks_of

__all__ = ["book", "counterparty", "halted", "hands", "liquidation", "modes", "positions", "stops"]


def positions(looked: Looked, _: Thresholds) -> list[Finding]:
    """What is held, against what the journal explains; and what the venue took."""
    sight, facts = looked.sight, looked.facts
    if sight.held is None:
        said = "the venue did not say what is held"
        return [Finding("position unknown", "account", "bad", "critical", said, "It is asked again.")]
    found = [Finding("position unknown", "account", "fine", "critical", "")]
    there = {each.instrument.name: each.units for each in sight.held}
    for name in sorted(there.keys() | facts.explained.keys()):
        units, explained = there.get(name, Decimal(0)), facts.explained.get(name, Decimal(0))
        standing: Standing = "bad" if units != explained else "fine"
        text = f"{name}: the venue holds {units:f}, our fills explain {explained:f}"
        advice = "Somebody traded by hand, or the venue took it: look, then `hedgerow reconcile --adopt`."
        taken = [fill for fill in facts.taken if fill.instrument == name]
        if taken and standing == "fine":
            standing = "bad"
            text = (
                f"{name}: the venue took {sum((f.quantity for f in taken), Decimal(0)):f} ({taken[0].kind})"
            )
            advice = f"{_put_back(looked)}; lower its leverage or split it over venues."
        found.append(Finding("hedge lost", name, standing, "critical", text, advice))
    return found


def _put_back(looked: Looked) -> str:
    """What becomes of a hedge that the venue took: nothing, while this look's prices or holdings are not to be traded on."""
    verdict, facts = looked.verdict, looked.facts
    if verdict.act == "stop":
        return f"Nothing is put back meanwhile: {verdict.reason}"
    if facts.refusals:
        return f"It is not put back: {'; '.join(each.detail for each in facts.refusals)}"
    if facts.waiting:
        return f"It is not put back by itself: {facts.waiting}"
    return "The hedge is put back as far as the band wants it"


def modes(looked: Looked, _: Thresholds) -> list[Finding]:
    """How the account trades a contract, against how it has to."""
    names = {ask.about: ask.name for ask in asks_of(looked.lasting)}
    found = []
    for name, each in sorted(looked.lasting.modes.items()):
        grave = any("mode" in change for change in each.changes)
        text = f"{name}: {'; '.join(each.changes)}"
        advice = (
            "Set it back at the venue, or, if it is meant, "
            f"`hedgerow approve {names.get(name, '')[:8]}` takes it as it is."
        )
        standing: Standing = "bad" if each.changes else "fine"
        found.append(
            Finding("account mode", name, standing, "critical" if grave else "warning", text, advice)
        )
    return found


def stops(looked: Looked, _: Thresholds) -> list[Finding]:
    """Protective stops that were placed with a trade and that an independent read of the open orders does not show."""
    missing = looked.facts.unprotected
    if missing is None:
        return [
            Finding("stop missing", each.instrument.name, "unknown", "critical", "")
            for each in looked.sight.held or ()
        ]
    advice = "It went off, or somebody cancelled it, or the venue did: place one at the venue, or trade with --stop."
    found = []
    for stop in missing:
        side = "buys" if stop.quantity > 0 else "sells"
        text = f"{stop.instrument}: the stop that {side} {abs(stop.quantity):f} at {stop.price:f} is not at the venue"
        found.append(Finding("stop missing", stop.instrument, "bad", "critical", text, advice))
    return found


def halted(looked: Looked, _: Thresholds) -> list[Finding]:
    """Somebody stopped the account."""
    why = looked.sight.halted
    standing: Standing = "fine" if why is None else "bad"
    text = "" if why is None else f"the account is halted, nothing that adds risk is sent: {why}"
    return [
        Finding(
            "halted",
            "account",
            standing,
            "warning",
            text,
            "`hedgerow halt --lift` goes on; where this account alone was halted, with its name.",
        ),
    ]


def hands(looked: Looked, _: Thresholds) -> list[Finding]:
    """What was wanted and not done."""
    refusals = looked.facts.refusals
    refused = "; ".join(f"{each.rule}: {each.detail}" for each in refusals)
    remedy = "; ".join(each.remedy for each in refusals)
    level: Level = "info" if looked.facts.rests else "warning"
    return [Finding("limits", "trade", "bad" if refusals else "fine", level, refused, sentence(remedy))]


def book(looked: Looked, _: Thresholds) -> list[Finding]:
    """Holdings that changed beyond recognition, until somebody has said that they are meant."""
    asked = looked.lasting.book
    if asked is None:
        return []
    text = f"the holdings changed beyond recognition: {asked.why}"
    advice = (
        "Nothing is traded on them until you have looked: put the holdings right, or, if they are meant, "
        f"`hedgerow approve {asked.name[:8]}`."
    )
    return [Finding("book changed", asked.name[:8], "bad", "critical", text, advice)]


def liquidation(looked: Looked, limits: Thresholds) -> list[Finding]:
    """How far the price may go before the venue closes the hedge."""
    distance = looked.facts.distance
    level: Level = "critical" if distance < limits.distance[0] / 2.0 else "warning"
    text = f"liquidation is {percent_text(distance)} away"
    advice = _top_up(looked, limits.distance[1]) or "Put collateral into the account, or hedge less."
    return [Finding("liquidation", "account", standing_of(distance, *limits.distance), level, text, advice)]


def _top_up(looked: Looked, wanted: float) -> str:
    """What brings each account to the `wanted` distance, in coins and dollars: by our estimate or the venue's own price."""
    exposure, told = looked.verdict.exposure, looked.facts.distance
    if exposure is None:
        return ""
    accounts = hedge_accounts(exposure.worth)
    parts = []
    for account in accounts:
        missing = account.lacking_usd(wanted)
        if len(accounts) == 1 and told < wanted:
            missing = max(missing, (wanted - told) * abs(account.net_usd))
        if missing > 0.0:
            coins = missing / account.settle_usd
            parts.append(f"{coins:,.6g} {account.settle} (${missing:,.0f}) into {account.venue}")
    return (
        f"Put {' and '.join(parts)}, which makes it {percent_text(wanted)} again, or hedge less."
        if parts
        else ""
    )


def counterparty(looked: Looked, limits: Thresholds) -> list[Finding]:
    """How much of the book's worth each venue owes: coins kept there, and what its contracts have gained."""
    exposure = looked.verdict.exposure
    if exposure is None or not looked.sight.book.positions:
        return []  # of a pair nothing is known but its account
    worth: dict[str, float] = {}
    for holding in exposure.worth.holdings:
        venue = holding.position.account.partition(":")[0]
        if math.isfinite(holding.value_usd) and not is_lent(holding.position):
            worth[venue] = worth.get(venue, 0.0) + holding.value_usd
    whole = sum(max(usd, 0.0) for usd in worth.values())
    advice = "What a venue owes is lost with it: keep there what margin needs, and the rest where you hold the keys."
    found = []
    for venue, usd in sorted(worth.items()):
        if venue and whole > 0.0:
            share = usd / whole
            text = f"{venue} owes {percent_text(share)} of the book, ${usd:,.0f} of ${whole:,.0f}"
            standing = standing_of(share, *limits.venue_share)
            found.append(Finding("counterparty", venue, standing, "warning", text, advice))
    return found
