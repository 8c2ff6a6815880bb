"""Floor 5: the command line. Parse, call app, print. Every verb is imported only when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import App

from hedgerow.model.errors import HedgerowError, UsageError

__all__ = ["app", "main"]

_DEFECT, _INTERRUPTED, _PIPE_CLOSED = 10, 130, 141


def _version() -> str:
    from hedgerow import __version__

    return __version__


app = App(
    name="hedgerow",
    help="Beta hedging for crypto portfolios: from holdings to a hedge you can trade.",
    help_epilogue="Exit codes: 0 fine, 1 unknown or refused, 2 usage, 3 environment, 4 bad input, 5 venue unreachable, "
    "6 venue refused, 7 state unknown, 8 halted, 9 account held elsewhere, 10 defect.",
    version=_version,
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)
_VERBS = (
    ("value", "hedgerow.cli.measure:value", "What is the book worth?"),
    ("beta", "hedgerow.cli.measure:beta", "What does it move like, and how surely?"),
    ("choose", "hedgerow.cli.hedge:choose", "Which contract hedges it best, and why not the others?"),
    ("plan", "hedgerow.cli.hedge:plan", "How many contracts, at what cost and margin, and what is left?"),
    ("trade", "hedgerow.cli.trade:trade", "Trade a plan, on paper unless you say otherwise."),
    ("watch", "hedgerow.cli.watch:watch", "Look, decide and keep the hedge, look after look."),
    ("roll", "hedgerow.cli.roll:roll", "What is held that ends, into what, at what cost; and roll it."),
    ("approve", "hedgerow.cli.watch:approve", "Say yes to what a watch proposes."),
    (
        "collateral",
        "hedgerow.cli.collateral:collateral",
        "What has to be moved where before a rally?",
    ),
    ("brief", "hedgerow.cli.brief:brief", "What did the last day come to?"),
    ("watchdog", "hedgerow.cli.watchdog:watchdog", "Does the watch still look? From outside its process."),
    ("acknowledge", "hedgerow.cli.notify:acknowledge", "Say that you have seen what is on."),
    ("notify", "hedgerow.cli.notify:notify", "Who is told of alarms: targets added, tested, removed."),
    ("serve", "hedgerow.cli.serve:serve", "See all of it on a page, on this machine alone."),
    (
        "status",
        "hedgerow.cli.standing:status",
        "Who holds which account, what is unfinished, what is halted?",
    ),
    ("ledger", "hedgerow.cli.standing:ledger", "What does the journal add up to?"),
    ("orders", "hedgerow.cli.deals:orders", "Which plans wait, and what was ordered and filled?"),
    ("diary", "hedgerow.cli.deals:diary", "What did each watch decide, and why?"),
    ("halt", "hedgerow.cli.standing:halt", "Stop everything that adds risk, at once."),
    ("reconcile", "hedgerow.cli.accounts:reconcile", "Do the journal and the venue agree?"),
    ("export", "hedgerow.cli.accounts:export", "Fills, fees and funding in dollars, for the accountant."),
    ("stress", "hedgerow.cli.hedge:stress", "What could go wrong, with the hedge and without?"),
    (
        "options",
        "hedgerow.cli.protect:options",
        "Would a put or a collar protect it better than the perpetual, and at what price?",
    ),
    ("demo", "hedgerow.cli.hedge:demo", "A plan for an example book on the simulated market."),
    (
        "backtest",
        "hedgerow.cli.history:backtest",
        "Would this hedge have worked, and what would it have cost?",
    ),
    (
        "compare",
        "hedgerow.cli.history:compare",
        "Which estimator and which instruments hedge best, out of sample?",
    ),
    (
        "sweep",
        "hedgerow.cli.sweeps:sweep",
        "Which rule, estimator and limits were best for this book, and how much of it is luck?",
    ),
    (
        "universe",
        "hedgerow.cli.universes:universe",
        "What does every coin of the prices move like, now or through time?",
    ),
    ("report", "hedgerow.cli.kept:report", "What a stored run did, as a page, text, numbers or a picture."),
    ("replay", "hedgerow.cli.kept:replay", "Does a stored run come out the same, bit for bit?"),
    ("pair", "hedgerow.cli.pairs:pair", "Long one coin, short another, the market taken out."),
    ("data", "hedgerow.cli.data:data", "What the lake of market history holds, and whether it is whole."),
    ("keys", "hedgerow.cli.keys:keys", "Keys of venues, kept encrypted: added, checked, removed."),
    ("config", "hedgerow.cli.settings:config", "Show the settings in force, or their schema."),
    ("doctor", "hedgerow.cli.settings:doctor", "Check this installation."),
    ("move", "hedgerow.cli.moving:move", "Move what is remembered to another folder, or to a PostgreSQL."),
    ("support-bundle", "hedgerow.cli.support:support_bundle", "What may be shown when something is wrong."),
)
for _place, (_name, _path, _help) in enumerate(_VERBS):
    app.command(_path, name=_name, help=_help, sort_key=_place)
app.command(
    "hedgerow.cli.completion:install_completion",
    name="--install-completion",
    help="Install completion for your shell.",
    sort_key=len(_VERBS),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; whatever happens, the user reads words, not a traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _tolerate(sys.stdout)
    _tolerate(sys.stderr)
    try:
        status = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except Exception as why:  # noqa: BLE001 - the outermost loop: a user never reads a traceback
        return _defect(why, words)
    return status


def _run(words: list[str]) -> int:
    from cyclopts.exceptions import CycloptsError

    try:
        result = app(
            words, exit_on_error=False, print_error=False, result_action="return_value", help_on_error=False
        )
    except CycloptsError as why:
        return _failed(UsageError(_one_line(str(why)), advice=_help_for(words)), words)
    except HedgerowError as why:
        if why.exit_code == _DEFECT:
            raise
        return _failed(why, words)
    return result if isinstance(result, int) else 0


def _failed(error: HedgerowError, words: list[str]) -> int:
    from hedgerow.cli.output import show_error

    show_error(error, as_json="--json" in words)
    return error.exit_code


def _defect(why: BaseException, words: list[str]) -> int:
    """Report what nobody foresaw; only `-v` shows where it happened."""
    from hedgerow.cli.output import show_error

    if "-v" in words or "--verbose" in words:
        import traceback

        traceback.print_exception(why, file=sys.stderr)
    said = why.message if isinstance(why, HedgerowError) else f"{type(why).__name__}: {why}"
    text = f"a defect: {_one_line(said)}"
    advice = "This is Hedgerow's fault, not yours. Run it again with -v and report what it prints."
    show_error(HedgerowError(text, advice=advice), as_json="--json" in words)
    return _DEFECT


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _help_for(words: list[str]) -> str:
    verb = next((word for word in words if word in app), "")
    return (
        f"`hedgerow {verb} --help` shows what it takes." if verb else "`hedgerow --help` lists the commands."
    )


def _tolerate(stream: object) -> None:
    """Let a stream that cannot encode a sign print a question mark instead of failing."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
