"""The decision journal: what each watch saw, decided and did, and why; and what funding was received and paid.

diary(settings, "paper") -> Diary
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hedgerow.app.plans import Mode, place_of
from hedgerow.app.standing import WATCH
from hedgerow.config import Settings
from hedgerow.model.diary import Diary, DiaryRow, PaidRow
from hedgerow.model.errors import HedgerowError
from hedgerow.model.watched import Look

if TYPE_CHECKING:
    from hedgerow.store.journal import Journal

__all__ = ["diary"]

_RECORDS, _ROWS, _PAYMENTS = 400, 40, 60


def diary(settings: Settings, mode: Mode, book: str | None = None) -> Diary:
    """Return the last looks of every watch, or of one book's, and the last payments; a journal that cannot be read is told."""
    from hedgerow.store.journal import look_into

    path = place_of(settings, mode).journal
    if not path.exists():
        return Diary(mode, (), ())
    try:
        with look_into(path) as journal:
            streams = journal.streams()
            rows = [row for name in streams if name.startswith(WATCH) for row in _looks(journal, name, book)]
            paid = [row for name in streams if not name.startswith(WATCH) for row in _paid(journal, name)]
    except HedgerowError as why:
        return Diary(mode, (), (), why.message)
    rows.sort(key=lambda row: -row.until)
    paid.sort(key=lambda row: -row.at)
    return Diary(mode, tuple(rows[:_ROWS]), tuple(paid[:_PAYMENTS]))


def _looks(journal: Journal, stream: str, book: str | None) -> list[DiaryRow]:
    """The end of one watch's stream, looks that decided the same in a row counted as one."""
    from hedgerow.runs.diary import LOOK
    from hedgerow.runs.wire import value_of

    account, _, name = stream.removeprefix(WATCH).rpartition(":")
    end = journal.last(stream)
    if end is None or book not in {None, name}:
        return []
    rows: list[DiaryRow] = []
    for record in journal.read(stream, max(end[0] - _RECORDS, 0)):
        if record.kind != LOOK:
            continue
        look: Look = value_of(record.body)
        last = rows[-1] if rows else None
        if last is not None and _quiet(last.look, look):
            rows[-1] = replace(last, same=last.same + 1, until=look.at)
        else:
            rows.append(DiaryRow(account, name, look, 0, look.at))
    return rows


def _quiet(before: Look, now: Look) -> bool:
    """Whether a look only repeats what the one before it said: nothing done, the same proposal, the same alarms."""
    same = (before.mode, before.act, before.proposal and before.proposal.name, _alarms(before), before.halted)
    return not now.done and same == (
        now.mode,
        now.act,
        now.proposal and now.proposal.name,
        _alarms(now),
        now.halted,
    )


def _alarms(look: Look) -> list[tuple[str, str]]:
    return [(row.watch, row.about) for row in look.alarms]


def _paid(journal: Journal, account: str) -> list[PaidRow]:
    from hedgerow.model.ports import FundingPaid
    from hedgerow.runs.ledger import FUNDING
    from hedgerow.runs.wire import value_of

    found: dict[tuple[str, str], FundingPaid] = {}
    for record in journal.read(account):
        if record.kind == FUNDING:
            paid: FundingPaid = value_of(record.body)
            found.setdefault((paid.instrument, paid.payment_id), paid)
    return [PaidRow(account, each.instrument, each.at, each.amount, each.coin) for each in found.values()]
