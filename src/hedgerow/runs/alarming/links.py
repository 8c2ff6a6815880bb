"""How the book moves with the market: whether it is hedged, how far off it is, whether coins move as they did."""

from __future__ import annotations

from hedgerow.hedge.alarms import Finding, standing_of
from hedgerow.hedge.watch import Thresholds
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.display import sentence
from hedgerow.model.option_names import option_named
from hedgerow.model.ports import Level
from hedgerow.runs.alarming.facts import OBSERVES, Looked
from hedgerow.runs.changing import correlation_of
from hedgerow.runs.proving import Coverage

__all__ = ["betas", "breaker", "correlation", "drift", "estimator", "hedged"]


def hedged(looked: Looked, _: Thresholds) -> list[Finding]:
    """A price or a beta of the book that is not known."""
    verdict = looked.verdict
    if verdict.exposure is not None or verdict.act != "stop" or looked.sight.held is None:
        return []
    if looked.lasting.slip is not None:
        return []  # the price has an alarm of its own
    options = any(p.symbol in verdict.reason and option_named(p.symbol) for p in looked.sight.book.positions)
    way = "Give a chain of this moment, or leave the option out: --chain, --exclude." if options else ""
    advice = (
        "Nothing is sent until it is known." if looked.sight.blind else way or "Give the price or the beta."
    )
    return [Finding("not hedged", "book", "bad", "critical", verdict.reason, advice)]


def drift(looked: Looked, _: Thresholds) -> list[Finding]:
    """The dollar beta outside its band after everything that could be done, and why."""
    found: list[Finding] = []
    verdict, facts = looked.verdict, looked.facts
    for k, factor in enumerate(verdict.exposure.factors if verdict.exposure is not None else ()):
        gap, band = float(verdict.gap_usd[k]), float(verdict.band_usd[k])
        why = facts.waiting or "; ".join(each.rule for each in facts.refusals) or verdict.reason
        text = f"dollar beta to {factor} is {'−' if gap < 0 else '+'}${abs(gap):,.0f} off the target, band ± ${band:,.0f}: {why}"
        standing = standing_of(abs(gap), band + verdict.slack_usd, band + verdict.slack_usd)
        level: Level = "info" if facts.rests else "warning"
        found.append(Finding("drift", factor, standing, level, text, _brought_back(looked)))
    return found


def _brought_back(looked: Looked) -> str:
    """What brings a drifted book back into its band, by what holds it back."""
    facts, asked = looked.facts, looked.lasting.book
    book = "" if asked is None else asked.name[:8]
    remedies = "; ".join(dict.fromkeys(each.remedy for each in facts.refusals if each.remedy))
    ways = (
        (looked.sight.halted is not None, "`hedgerow halt --lift` goes on: nothing is sent until then."),
        (facts.rests, "It is traded after the pause."),
        (
            book != "" and book in facts.waiting,
            f"Put the holdings right, or, if they are meant, `hedgerow approve {book}`.",
        ),
        (
            facts.waiting == OBSERVES,
            "With `--mode propose` it asks before each trade, with `--mode auto` it trades by itself; a new plan knows no open contract that its book has not.",
        ),
        (facts.waiting != "", "`hedgerow approve` with the proposal's name trades it."),
        (remedies != "", sentence(remedies)),
        (
            looked.verdict.act == "hold",
            "What is missing is less than can be ordered: a contract with a smaller lot (--instruments), or a wider band.",
        ),
    )
    return next((way for holds, way in ways if holds), "The next look trades what is left.")


def betas(looked: Looked, _: Thresholds) -> list[Finding]:
    """Coins whose beta has changed, by more than chance."""
    if looked.verdict.exposure is None:
        return []
    found = []
    for coin in sorted(looked.changes.sums):
        share = looked.changes.worst(coin)
        up, down = looked.changes.sums[coin]
        text = f"{coin} moves {'more' if up > down else 'less'} with the market than its beta says"
        advice = "The estimate follows by itself; look whether it still fits the coin."
        found.append(Finding("beta changed", coin, standing_of(share, 1.0, 0.5), "warning", text, advice))
    return found


def correlation(looked: Looked, limits: Thresholds) -> list[Finding]:
    """Whether the book still follows the market as it did."""
    exposure, sight = looked.verdict.exposure, looked.sight
    if exposure is None:
        return []
    factor = exposure.factors[0]
    # A stablecoin follows nothing: off its peg it has an alarm of its own.
    coins = (p.symbol for p in sight.book.positions if not p.is_derivative and not is_stablecoin(p.symbol))
    spot = {coin: exposure.deltas.get(coin, 0.0) for coin in coins}
    z = correlation_of(sight.market, spot, factor)
    text = f"the book follows {factor} less than it did (z {z:.1f} against the 240 days before)"
    advice = "A hedge removes what follows the market, and less of this book does."
    return [Finding("correlation", factor, standing_of(z, *limits.correlation), "warning", text, advice)]


def breaker(looked: Looked, _: Thresholds) -> list[Finding]:
    """A promise of the hedge that is broken: until people have looked, `auto` only reduces."""
    there = looked.lasting.proof.breaker
    if there is None:
        return [Finding("breaker", "hedge", "fine", "critical", "")]
    advice = (
        "Until it is closed `auto` reduces, rolls, and puts back what was held when it opened, and no more. "
        f"Look why, then `hedgerow approve {there.name[:8]}` closes it."
    )
    return [Finding("breaker", "hedge", "bad", "critical", f"the breaker is open: {there.why}", advice)]


def estimator(looked: Looked, limits: Thresholds) -> list[Finding]:
    """Whether the intervals of the book's beta hold what comes as often as they say."""
    found = looked.lasting.proof.covers or Coverage(0, 0)
    once = f", by chance once in {1.0 / found.p:,.0f}" if found.p > 0.0 else ""
    text = f"the 90 % interval of the book's beta held {found.held} of the last {found.spans} spans of ten days{once}"
    advice = "`hedgerow compare` says which estimator holds on these prices; give it by --estimator. It is not changed by itself."
    return [Finding("estimator", "betas", standing_of(found.p, *limits.coverage), "warning", text, advice)]
