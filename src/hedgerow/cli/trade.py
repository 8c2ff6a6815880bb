"""Step 5 on the command line: `trade`."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from hedgerow.app.dealing import PAPER_ACCOUNT
from hedgerow.app.live import Confirm
from hedgerow.app.offers import begun_in, manner_said
from hedgerow.app.plans import Mode, place_of
from hedgerow.app.styles import Prices
from hedgerow.app.trade import Refused, Tell
from hedgerow.app.trade import trade as traded
from hedgerow.cli.confirming import confirmed_by
from hedgerow.cli.interrupting import told_when_interrupted
from hedgerow.cli.options import Output, settings_of
from hedgerow.cli.output import answer, followed
from hedgerow.config import Settings, TradeSettings
from hedgerow.model.errors import UsageError
from hedgerow.model.trades import Traded, TradeLine
from hedgerow.store.plans import plan_of

__all__ = ["StyleOptions", "code_of", "trade"]

_FINE = {"complete"}
_CODES = {"refused": 6, "frozen": 7, "halted": 8}
_STYLE = Group("Style", sort_key=3)


@Parameter(name="*", group=_STYLE, show_default=False)
@dataclass(frozen=True, slots=True)
class StyleOptions:
    """How the legs are traded."""

    style: Annotated[
        Literal["market", "limit", "post-only"] | None,
        Parameter(help="market (default); limit, with --limit; post-only: rest at the best price."),
    ] = None
    limit: Annotated[
        str | None, Parameter(help="Price of a limit order, in the quote coin; for a plan of one leg.")
    ] = None
    chase: Annotated[
        float | None, Parameter(help="Seconds after which a resting order follows the price (15).")
    ] = None
    deadline: Annotated[float | None, Parameter(help="Minutes until time is up (5).")] = None
    at_deadline: Annotated[
        Literal["finish", "undo", "stop"] | None,
        Parameter(help="Then finish by market orders (default), undo what was done, or stop."),
    ] = None
    pace: Annotated[
        float | None, Parameter(help="In slices, each moving the price by at most so many basis points.")
    ] = None
    participation: Annotated[
        float | None, Parameter(help="In slices, of at most this fraction of the volume: 0.05.")
    ] = None
    stop: Annotated[
        str | None, Parameter(help="A protective stop that far beyond the price of each leg: 5%.")
    ] = None
    stop_price: Annotated[
        str | None,
        Parameter(help="A protective stop at this price, in the quote coin; for a plan of one leg."),
    ] = None

    def over(self, told: TradeSettings) -> TradeSettings:
        """Return the settings with the options that were given."""
        named: dict[str, Any] = {
            "style": "limit" if self.limit is not None and self.style is None else self.style,
            "chase_seconds": self.chase,
            "deadline_minutes": self.deadline,
            "at_deadline": self.at_deadline,
            "impact_bps": self.pace,
            "participation": self.participation,
            "stop": None if self.stop is None else _share(self.stop),
        }
        return replace(told, **{name: value for name, value in named.items() if value is not None})


def trade(
    plan_id: str | None = None,
    /,
    *,
    approved: Annotated[
        bool,
        Parameter(
            help="Instead of one plan: each as it is approved, on the page or by `approve --plan`, until interrupted.",
            negative=(),
            show_default=False,
        ),
    ] = False,
    once: Annotated[
        bool, Parameter(help="With --approved: those of now.", negative=(), show_default=False)
    ] = False,
    paper: Annotated[
        bool, Parameter(help="On paper (the default).", negative=(), show_default=False)
    ] = False,
    live: Annotated[bool, Parameter(help="With real money.", negative=(), show_default=False)] = False,
    yes_live: Annotated[
        str | None,
        Parameter(help="The account's name, in place of typing it: for where there is no terminal."),
    ] = None,
    style: StyleOptions | None = None,
    output: Output | None = None,
) -> int:
    """Trade a plan that `plan` or `pair` printed: every order written down before it is sent, read back at the end.

    Killed in the middle, the same command finishes what was begun. A plan goes stale by age, by a price that moved and by
    a position that is not what it was made for; then it is refused. With real money you are shown what is about to be
    sent, and type the account's name.

    Parameters
    ----------
    plan_id
        The first signs of the plan's id.
    """
    shown, manner = output or Output(), style or StyleOptions()
    _one_way(plan_id, approved=approved, once=once)
    if paper and live:
        raise UsageError(
            "--paper and --live are two ways", advice="Give one of them; without one it is paper."
        )
    if yes_live is not None and not live:
        raise UsageError("--yes-live says yes to real money, and this is paper", advice="Add --live.")
    settings = _with(settings_of(shown), manner)
    mode: Mode = "live" if live else "paper"
    confirm = confirmed_by(yes_live, settings.data.currency.upper())
    if plan_id is None:
        from hedgerow.cli.deals import approved_ones

        return approved_ones(settings, mode, confirm, shown, once=once)
    return _trade_one(settings, plan_id, mode, confirm, manner, shown)


def _trade_one(
    settings: Settings, plan_id: str, mode: Mode, confirm: Confirm, manner: StyleOptions, shown: Output
) -> int:
    from hedgerow.reports import trade_text as told

    prices, money = _prices(manner), settings.data.currency.upper()
    _as_begun(settings, mode, manner, shown)
    again = f"hedgerow trade {plan_id}{' --live' if mode == 'live' else ''}"
    with (
        told_when_interrupted(settings, mode, again),
        followed(shown, still=mode == "live") as (report, show),
    ):
        tell = _waiting(shown) if show is None else lambda each: show(told.line_text(each))
        done = traded(settings, plan_id, mode, report, prices=prices, confirm=confirm, tell=tell)
    if isinstance(done, Refused):
        refused = done
        answer(
            lambda: told.refused_json(refused.plan_id, refused.refusals),
            lambda: told.refused_text(refused.plan_id, refused.refusals),
            shown,
        )
        return 1
    seen = show is not None and sys.stdout.isatty() and not done.recovered
    answer(lambda: told.trade_json(done), lambda: told.trade_text(done, money, told=seen), shown)
    return code_of(done)


def _waiting(shown: Output) -> Tell | None:
    """Where no terminal shows the transcript as it happens, that an order waits for a price is said on stderr."""
    if shown.quiet:
        return None

    def tell(each: TradeLine) -> None:
        if each.action == "resting":
            sys.stderr.write(f"resting: {each.text}\n")
            sys.stderr.flush()

    return tell


def _as_begun(settings: Settings, mode: Mode, manner: StyleOptions, shown: Output) -> None:
    """Say that a trade on paper which was begun keeps its style, where another is asked for; with real money the offer says it."""
    if mode != "paper" or shown.quiet or manner == StyleOptions():
        return
    begun = begun_in(place_of(settings, mode), PAPER_ACCOUNT)
    if begun is not None:
        sys.stderr.write(
            f"plan {plan_of(begun.programme.plan)[:12]} was begun before, and keeps its style: {manner_said(begun)}\n"
        )


def _one_way(plan_id: str | None, *, approved: bool, once: bool) -> None:
    if (plan_id is None) != approved or (once and not approved):
        raise UsageError(
            "say what is to be traded",
            advice="Give a plan's id; or --approved, and with it --once, for those that were approved.",
        )


def code_of(done: Traded) -> int:
    """0 where the plan that was asked for is traded; 1 where another was finished instead, however well."""
    if done.outcome not in _FINE:
        return _CODES.get(done.outcome, 1)
    return int(done.plan_id != done.asked)


def _with(settings: Settings, manner: StyleOptions) -> Settings:
    return replace(settings, trade=manner.over(settings.trade))


def _prices(manner: StyleOptions) -> Prices:
    if manner.stop is not None and manner.stop_price is not None:
        raise UsageError("--stop and --stop-price are two stops", advice="Give one of them.")
    return Prices(_price("--limit", manner.limit), _price("--stop-price", manner.stop_price))


def _price(option: str, text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        raise UsageError(f"{option} {text} is no price", advice="Write it as 62500.5.") from None


def _share(text: str) -> float:
    """A stop's distance: 5% or 0.05. A price is none: it is given by an option of its own."""
    try:
        number = float(Decimal(text.removesuffix("%")))
    except InvalidOperation:
        number = float("nan")
    share = number / 100.0 if text.endswith("%") else number
    if not 0.0 < share < 1.0:
        raise UsageError(
            f"--stop {text} is no distance",
            advice="Give a percentage of the price, as 5%, or a fraction; a price by --stop-price.",
        )
    return share
