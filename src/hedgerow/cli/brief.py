"""The day in one answer on the command line: `brief`."""

from __future__ import annotations

from hedgerow.cli.options import Output, settings_of
from hedgerow.cli.output import answer
from hedgerow.cli.standing import Which

__all__ = ["brief"]


def brief(*, live: Which = None, output: Output | None = None) -> int:
    """Say what the last day came to for every watch: worth, beta in its band, result by line, liquidation, effectiveness, alarms.

    From the journal and the diary alone: nothing is asked of a venue. The same text goes out at `brief` under `[notify]`.
    """
    from hedgerow.app.briefs import briefs
    from hedgerow.app.plans import MODES, Mode
    from hedgerow.reports.brief_text import brief_json, brief_text

    shown = output or Output()
    settings = settings_of(shown)
    modes: tuple[Mode, ...] = MODES if live is None else (("live",) if live else ("paper",))
    found = tuple(each for mode in modes for each in briefs(settings, mode))
    answer(lambda: brief_json(found), lambda: brief_text(found), shown)
    return 0
