"""What was planned, traded and decided, on the command line: `orders`, `diary`, and `trade --approved`."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

from cyclopts import Parameter

from hedgerow.app.approved import Outcome, trade_approved
from hedgerow.app.deals import deals
from hedgerow.app.live import Confirm
from hedgerow.app.plans import MODES, Mode
from hedgerow.app.trade import Refused
from hedgerow.cli.options import Output, settings_of
from hedgerow.cli.output import answer, show_error
from hedgerow.cli.standing import Which
from hedgerow.config import Settings
from hedgerow.model.display import plain
from hedgerow.model.errors import HedgerowError
from hedgerow.reports import trade_text as told
from hedgerow.reports.wire import error_json

__all__ = ["approved_ones", "diary", "orders"]


def orders(*, live: Which = None, output: Output | None = None) -> int:
    """Say which plans are kept and who approved them, and what was traded: every order, every fill. Needs no lease.

    Exit code 1 where an approved plan waits for its trade, a trade is under way, or a journal cannot be read.
    """
    from hedgerow.reports.deals_text import deals_json, deals_text

    shown = output or Output()
    settings = settings_of(shown)
    found = tuple(deals(settings, mode) for mode in _modes(live))
    answer(lambda: deals_json(found), lambda: deals_text(found), shown)
    open_plans = any(row.state in {"approved", "under way"} for mode in found for row in mode.plans)
    return int(open_plans or any(mode.trouble for mode in found))


def diary(
    *,
    book: Annotated[
        str | None, Parameter(help="Of one book, as its watch is called.", show_default=False)
    ] = None,
    live: Which = None,
    output: Output | None = None,
) -> int:
    """Say what each watch decided and why, look by look, and what funding was received and paid. Needs no lease.

    Looks that only repeat the one before them are counted, not listed. Exit code 1 where a journal cannot be read.
    """
    from hedgerow.app.diary import diary as found_in
    from hedgerow.reports.diary_text import diary_json, diary_text

    shown = output or Output()
    settings = settings_of(shown)
    found = tuple(found_in(settings, mode, book) for mode in _modes(live))
    answer(lambda: diary_json(found), lambda: diary_text(found), shown)
    return int(any(mode.trouble for mode in found))


def _modes(live: bool | None) -> tuple[Mode, ...]:
    return MODES if live is None else (("live",) if live else ("paper",))


def approved_ones(settings: Settings, mode: Mode, confirm: Confirm, shown: Output, *, once: bool) -> int:
    """Trade plans as they are approved; one line of JSON, or a transcript, for each. Returns the gravest exit code."""
    from hedgerow.cli.trade import code_of

    codes = [0]

    def said(plan_id: str, done: Outcome) -> None:
        if isinstance(done, HedgerowError):
            codes.append(done.exit_code)
            _say({"plan_id": plan_id, **error_json(done)}, None, shown)
            if not shown.json:
                show_error(done, as_json=False)
        elif isinstance(done, Refused):
            codes.append(1)
            _say(told.refused_json(plan_id, done.refusals), told.refused_text(plan_id, done.refusals), shown)
        else:
            codes.append(code_of(done))
            _say(told.trade_json(done), told.trade_text(done, settings.data.currency.upper()), shown)

    try:
        trade_approved(settings, mode, said, confirm=confirm, once=once)
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what was traded stays\n")
    return max(codes)


def _say(document: dict[str, Any], text: object, shown: Output) -> None:
    """Print what came of one plan: JSON as one line."""
    if shown.json:
        sys.stdout.write(json.dumps(plain(document), allow_nan=False) + "\n")
    elif text is not None:
        answer(dict, lambda: text, shown)
    sys.stdout.flush()
