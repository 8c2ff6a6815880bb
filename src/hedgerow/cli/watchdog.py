"""`hedgerow watchdog`: from outside the process that watches, whether it still does."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Group, Parameter

from hedgerow.app.asking import passphrase_from
from hedgerow.app.watchdog import Patience, Wrong, found, tell, without_settings
from hedgerow.cli.options import Descriptor, Output, settings_of
from hedgerow.cli.output import answer
from hedgerow.config import Settings
from hedgerow.model.errors import BadConfig, UsageError
from hedgerow.reports.wording import plain_text
from hedgerow.store.server import state_of

__all__ = ["watchdog"]

_DOG = Group("Watchdog", sort_key=0)
_EVERY = Parameter(group=_DOG, help="Seconds between two rounds (60).", show_default=False)


def watchdog(
    *,
    once: Annotated[
        bool, Parameter(group=_DOG, help="One round, for a timer of your own.", negative=())
    ] = False,
    every: Annotated[float, _EVERY] = 60.0,
    max_age: Annotated[
        float | None,
        Parameter(
            group=_DOG,
            help="Seconds that a last look may be old, also of a watch that ended; else three times its pace.",
        ),
    ] = None,
    patience: Annotated[
        float,
        Parameter(group=_DOG, help="Seconds that a critical alarm may be unseen (900).", show_default=False),
    ] = 900.0,
    passphrase: Descriptor = None,
    output: Output | None = None,
) -> int:
    """Say whether every watch still looks, whether somebody has seen what is critical, and whether open positions have a holder.

    Reads the journal and the signs of life beside it, and asks `/healthz` where there is one; writes to neither. What is wrong is
    sent to whom `hedgerow notify` knows, each thing once. With --once exit code 1 where something is wrong.
    """
    shown = output or Output()
    if not every >= 1.0 or (max_age is not None and not max_age > 0.0) or not patience >= 0.0:
        raise UsageError("a watchdog cannot wait so long", advice="Give seconds: --every 60, --max-age 300.")
    settings, allowed, ask = _settings(shown), Patience(max_age, patience), passphrase_from(passphrase)
    if once:
        wrong = tell(settings, found(settings, allowed), ask)
        answer(lambda: _json(wrong), lambda: _text(wrong), shown)
        return int(bool(wrong))
    before: tuple[Wrong, ...] | None = None
    try:
        while True:
            wrong = tell(settings, found(settings, allowed), ask)
            if _names(wrong) != _names(before):
                answer(lambda said=wrong: _json(said), lambda said=wrong: _text(said), shown)  # type: ignore[misc]
                sys.stdout.flush()
            before = wrong
            time.sleep(every)
    except KeyboardInterrupt:
        return 0


def _settings(shown: Output) -> Settings:
    """The settings, or with --state the usual ones where the file is what is wrong: it has to look whatever happened."""
    try:
        return settings_of(shown)
    except BadConfig as why:
        if shown.state is None:
            raise
        sys.stderr.write(f"warning: {why.message}; the usual settings are used\n")
        return without_settings(state_of(shown.state))


def _names(wrong: Sequence[Wrong] | None) -> set[tuple[str, str, str]] | None:
    return None if wrong is None else {(each.level, each.about, each.title) for each in wrong}


def _text(wrong: Sequence[Wrong]) -> str:
    if not wrong:
        return "every watch looks"
    rows = (f"{each.level}: {each.about}, {each.title}: {each.text}" for each in wrong)
    return "\n".join(map(plain_text, rows))


def _json(wrong: Sequence[Wrong]) -> dict[str, object]:
    rows = [
        {"level": each.level, "about": each.about, "title": each.title, "text": each.text} for each in wrong
    ]
    return {"well": not wrong, "wrong": rows}
