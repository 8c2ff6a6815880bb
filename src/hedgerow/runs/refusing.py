"""A trade that the venue refused is not sent again at each look: after a pause that doubles, and at once where its reason is gone.

paused(refused, verdict, seen) -> refusals                 why the same trade is not sent now, none where it may
refused_after(before, verdict, dealt, (seen, after), every_s) -> the refused trade that stands after a look
asks_once(last) -> the same for a process that starts again: it asks once, and waits on as long as before

The pause is 2, 4, 8 … looks, an hour at most. It is about one trade: the same contracts the same way, in about the same sizes,
on the same holdings, positions and coins of the margin account. Anything else is another trade, and is sent.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from hedgerow.hedge.plan import Refusal
from hedgerow.model.watched import Look, RefusedRow
from hedgerow.runs.diary import orders_of
from hedgerow.runs.hand import Dealt
from hedgerow.runs.lookout import Seen
from hedgerow.runs.proposing import alike
from hedgerow.runs.watching import Verdict

__all__ = ["asks_once", "paused", "refused_after"]

_MOST_S = 3_600.0
_DAY_MS = 86_400_000


def paused(refused: RefusedRow | None, verdict: Verdict, seen: Seen) -> tuple[Refusal, ...]:
    """Return that a verdict's orders are not sent at a look, and until when; nothing where they may be."""
    if refused is None or seen.sight.at >= refused.until or not _same(refused, verdict, seen):
        return ()
    said = f"not sent again before {_clock(refused.until)} UTC: the venue refused it: {refused.why}"
    remedy = "remove the reason; a watch that starts again asks at once"
    return (Refusal("refused by the venue", said, float(refused.times), 0.0, remedy),)


def refused_after(
    before: RefusedRow | None, verdict: Verdict, dealt: Dealt, sights: tuple[Seen, Seen], every_s: float
) -> RefusedRow | None:
    """Return the refused trade that stands after a look, from what was `seen` before it acted and `after`.

    What was kept back for any reason leaves it as it was while it is the same trade, and so does a look that could not decide.
    """
    seen, after = sights
    if dealt.declined:
        again = before is not None and alike(before.orders, orders_of(verdict))
        times = before.times + 1 if before is not None and again else 1
        pause_ms = round(1_000 * min(every_s * 2.0 ** min(times, 40), _MOST_S))
        return RefusedRow(orders_of(verdict), dealt.declined, times, seen.sight.at + pause_ms, _on(after))
    if before is None or verdict.act == "stop":
        return before
    return None if dealt.sent or not _same(before, verdict, seen) else before


def asks_once(last: Look | None) -> RefusedRow | None:
    """Return what stood at the last look of an earlier process, without its pause."""
    stood = None if last is None else last.refused
    return None if stood is None else replace(stood, until=0)


def _same(refused: RefusedRow, verdict: Verdict, seen: Seen) -> bool:
    return refused.rests_on == _on(seen) and alike(refused.orders, orders_of(verdict))


def _on(seen: Seen) -> str:
    """The fingerprint of what a refusal may have come of: the owner's holdings, open contracts, and the margin account's coins."""
    sight = seen.sight
    held = sorted((each.instrument.name, each.units) for each in sight.held or ())
    return sha256(repr((seen.view.book_id, held, sorted((sight.coins or {}).items()))).encode()).hexdigest()


def _clock(at: int) -> str:
    minutes = -(-at // 60_000) % (_DAY_MS // 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
