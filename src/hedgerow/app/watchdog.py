"""Who watches the watch: reads what its process left on the disk, and says what no dead process can say.

found(settings) -> what is wrong, nothing where all is well
tell(settings, wrong, ask) -> sends it, each once, and that it is over

It never writes to the journal and needs no lease: it works when everything else is dead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hedgerow.app.dealing import wall_ms
from hedgerow.app.notify import told
from hedgerow.app.plans import MODES, Mode, place_of
from hedgerow.app.seen import unacknowledged
from hedgerow.app.standing import Watching, standing, watchings
from hedgerow.config import Settings, state_path
from hedgerow.model.errors import HedgerowError
from hedgerow.model.ports import Level
from hedgerow.model.trades import ModeState

if TYPE_CHECKING:
    from hedgerow.store.beats import Beat
    from hedgerow.store.keys import Ask

__all__ = ["Patience", "Wrong", "found", "tell", "without_settings"]

_LOOKS = 3.0
_ANSWER_S = 5.0
_ANSWER_BYTES = 65_536
_SOURCE = "watchdog"


@dataclass(frozen=True, slots=True)
class Patience:
    """How old a last look may be in seconds, None: three times as old as a watch means it to be; how long an alarm may be unseen.

    With a `max_age_s` a watch that ended in order is late too: for looks that a timer starts.
    """

    max_age_s: float | None = None
    alarm_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is wrong: how loud, about what, which thing, in words."""

    level: Level
    about: str
    title: str
    text: str


def found(settings: Settings, patience: Patience | None = None) -> tuple[Wrong, ...]:
    """Return what is wrong in the state folder, paper and live; a journal that cannot be read is one such thing."""
    allowed = patience or Patience()
    wrong, watched = [], 0
    for mode in MODES:
        looked, count = _of_mode(settings, mode, allowed)
        wrong += looked
        watched += count
    if not watched:
        text = f"nothing is watched in {state_path(settings)}: this is another folder, or no watch ever began"
        wrong.append(Wrong("warning", "here", "nothing to watch", text))
    return tuple(wrong)


def _of_mode(settings: Settings, mode: Mode, patience: Patience) -> tuple[list[Wrong], int]:
    """What is wrong with a mode, and how many watches there are."""
    from hedgerow.store.beats import beats_of
    from hedgerow.store.journal import look_into
    from hedgerow.store.notices import notices_of

    path = place_of(settings, mode).journal
    beats = {beat.source: beat for beat in beats_of(path).all()}
    wrong = [each for beat in beats.values() for each in _life(beat, patience)]
    if not path.exists():
        return wrong, len(beats)
    state = standing(settings, mode)
    if state.trouble:
        return [*wrong, Wrong("critical", mode, "journal", f"cannot be read: {state.trouble}")], len(
            beats
        ) + 1
    with look_into(path) as journal:
        there = watchings(journal)
    for each in there:
        if each.source not in beats:
            text = "there is no sign of its life: when it looked last is not known"
            wrong.append(Wrong("critical", each.source, "no look", text))
        keys = unacknowledged(each, notices_of(path))
        wrong += _alarms(each, [row.since for _, row in keys], patience)
    return [*wrong, *_accounts(state), *_unsent(state)], len(beats.keys() | {each.source for each in there})


def _life(beat: Beat, patience: Patience) -> Iterator[Wrong]:
    """A watch that does not look, cannot begin to, or does not answer."""
    limit = patience.max_age_s if patience.max_age_s is not None else _LOOKS * beat.every_s
    age = (wall_ms() - beat.at) / 1_000
    if beat.failed:
        yield Wrong("critical", beat.source, "cannot look", f"it could not begin to look: {beat.failed}")
    if beat.stopped and patience.max_age_s is None:
        return
    if age > limit:
        ended = ", and it ended" if beat.stopped else ""
        text = f"its last look is {age:,.0f} seconds old, and {limit:,.0f} are allowed{ended}"
        yield Wrong("critical", beat.source, "no look", text)
    elif beat.port is not None and not beat.stopped:
        why = _unwell(beat.port)
        if why:
            yield Wrong("critical", beat.source, "health", why)


def _unwell(port: int) -> str:
    """Why the process behind a port is not well; "": it is."""
    import http.client

    link = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    try:
        link.request("GET", "/healthz")
        answer = link.getresponse()
        body = answer.read(_ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as why:
        return f"its process does not answer on port {port}: {type(why).__name__}"
    finally:
        link.close()
    return "" if answer.status == 200 else f"its process says that it is not well: {_said(body)}"


def _said(body: bytes) -> str:
    try:
        told = json.loads(body)
        rows = [f"{row['account']} {row['book']}: {row['why']}" for row in told["watches"] if row["why"]]
        return "; ".join(rows) or str(told["why"])
    except (ValueError, KeyError, TypeError):
        return "its answer cannot be read"


def _alarms(watching: Watching, since: Sequence[int], patience: Patience) -> Iterator[Wrong]:
    """Critical alarms that stay and that nobody has seen; both instants are of the venue's clock."""
    for row in watching.look.alarms:
        stays = (watching.look.at - row.since) / 1_000
        if row.level == "critical" and row.since in since and stays >= patience.alarm_s:
            text = f"{row.text}. It is on for {stays:,.0f} seconds and nobody has seen it: `hedgerow acknowledge`"
            yield Wrong("critical", watching.source, f"unseen {row.watch}: {row.about}", text)


def _accounts(state: ModeState) -> Iterator[Wrong]:
    """Accounts with open positions whose holder went without giving them back."""
    for account in state.accounts:
        held = [row.instrument.name for row in account.entries if row.quantity]
        if account.taken and not account.holder and held:
            text = f"its holder is gone and {', '.join(held)} is open: nobody hedges"
            yield Wrong("critical", account.account, "lease", text)


def _unsent(state: ModeState) -> Iterator[Wrong]:
    """Messages of the watch that did not get through."""
    for notice in state.unsent:
        text = f"{notice.message.title}: {notice.message.text}"
        text = f"a message did not reach {', '.join(notice.missing)} ({notice.why or 'not tried'}): {text}"
        yield Wrong(notice.message.level, notice.message.source, f"message {notice.message.name}", text)


def tell(settings: Settings, wrong: Sequence[Wrong], ask: Ask) -> tuple[Wrong, ...]:
    """Send what is wrong, each thing once while it stays, and that it is over; return it with what kept it from being sent."""
    folder = state_path(settings)
    try:
        with told(settings, place_of(settings, "live"), ask, folder / _SOURCE, within_s=30.0) as courier:
            if courier is None:
                return tuple(wrong)
            notifier = courier.notifier(_SOURCE)
            now = {f"{each.about}: {each.title}" for each in wrong}
            for title in courier.standing(_SOURCE) - now:
                notifier.notify("info", title, "is well again")
            for each in wrong:
                notifier.notify(each.level, f"{each.about}: {each.title}", each.text)
    except HedgerowError as why:
        return (*wrong, Wrong("warning", "here", "nobody can be told", why.message))
    return tuple(wrong)


def without_settings(state: str) -> Settings:
    """Return the usual settings for a state folder: they are enough to look, where the file of settings is what is wrong."""
    usual = Settings()
    return replace(usual, trade=replace(usual.trade, state=state))
