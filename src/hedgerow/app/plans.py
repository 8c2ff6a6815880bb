"""Plans on their way to being traded: kept with what they rest on, found again, and refused where they are stale.

kept(settings, ticket, document, book) -> where, or why not
planned(settings, mode, "3f9a1c") -> KeptPlan
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hedgerow.app.anywhere import absolute
from hedgerow.app.quoting import coins_for, quotes_of
from hedgerow.config import Settings, settings_from, state_path
from hedgerow.hedge.staleness import Basis, Freshness
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.errors import BadInput, HedgerowError, UsageError
from hedgerow.model.option_names import option_named
from hedgerow.model.trades import Money
from hedgerow.store.documents import Drawer, Sheet
from hedgerow.store.server import Server, Where, is_url, where_of

if TYPE_CHECKING:
    from hedgerow.app.desk import Desk
    from hedgerow.hedge.pairs import PairPlan
    from hedgerow.hedge.ticket import Ticket
    from hedgerow.model.market import Market
    from hedgerow.model.portfolio import Portfolio
    from hedgerow.store.plans import KeptPlan

__all__ = [
    "MODES",
    "PAPER",
    "Kept",
    "Mode",
    "Place",
    "basis_of",
    "counted_by",
    "freshness_of",
    "is_same_book",
    "keep_hedge",
    "keep_options",
    "keep_pair",
    "keep_roll",
    "legs_of",
    "mode_of",
    "place_of",
    "planned",
    "question_of",
    "same_book",
    "same_holdings",
    "watchable",
]

Mode = Literal["paper", "live"]
MODES: tuple[Mode, ...] = ("paper", "live")
PAPER = "paper"
_NONE, _INTEREST = Decimal(0), Decimal("0.001")
_NOT_HASHED = {
    "hedge": ("plan_id",),
    "pair": ("plan_id", "backtest"),
    "roll": ("plan_id",),
    "options": ("plan_id",),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where one mode remembers; paper and live share nothing.

    With a `server` it is there, for all machines, and the folder holds only what is this machine's own.
    """

    folder: Path
    mode: Mode
    server: Server | None = None

    def __str__(self) -> str:
        """Return what people see of it."""
        return str(self.server or self.folder)

    @property
    def plans(self) -> Sheet:
        """The folder of plans."""
        return self.folder / self.mode / "plans" if self.server is None else Drawer(self.server, "plans")

    @property
    def journal(self) -> Where:
        """The journal's place."""
        return self.server or self.folder / self.mode / "journal.db"

    @property
    def venue(self) -> Sheet:
        """What the paper venue remembers."""
        return self._own / "venue.json"

    @property
    def market(self) -> Sheet:
        """Whose prices the paper venue has."""
        return self._own / "market.json"

    @property
    def _own(self) -> Sheet:
        return self.folder / self.mode if self.server is None else Drawer(self.server, "account")


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether a plan was kept: `why_not` is None, `mode` what it can be traded with, `venue` where and `money` whose, "" if it was not.

    `beside` are contracts that the account holds already and the plan does not count.
    """

    why_not: str | None
    mode: Mode = "paper"
    venue: str = ""
    money: Money | Literal[""] = ""
    beside: str = ""


def place_of(settings: Settings, mode: Mode) -> Place:
    """Return where a mode remembers."""
    state, folder = settings.trade.state, state_path(settings)
    if state is None or not is_url(state):
        return Place(folder, mode)
    return Place(folder, mode, where_of(state, f"hedgerow_{mode}", folder / mode))


def keep_hedge(
    settings: Settings, desk: Desk, ticket: Ticket, document: Mapping[str, Any], book: str
) -> Kept:
    """Keep a ticket that can be traded, and return for what, or why it is not kept ("" where there is nothing to trade)."""
    if not ticket.complete or not ticket.plan.legs:
        return Kept("")
    names = tuple(leg.instrument.name for leg in ticket.plan.legs)
    capital: dict[str, float] = {}
    for account in ticket.plan.margin:
        wanted = max(
            account.required_usd, account.collateral_usd
        )  # NaN collateral: the plan computed the need
        capital[account.settle] = capital.get(account.settle, 0.0) + wanted
    identified = _identified(desk, book)
    held = {name: str(count) for name, count in _held(desk.book, names).items()}
    coins = {coin: coins_for(dollars, coin, desk.hedge_market) for coin, dollars in capital.items()}
    quotes = quotes_of((leg.instrument for leg in ticket.plan.legs), desk.hedge_market)
    return _keep(settings, "hedge", document, (identified, held, coins, quotes))


def keep_pair(settings: Settings, plan: PairPlan, document: Mapping[str, Any], market: Market) -> Kept:
    """Keep a pair that can be traded, and return for what, or why it is not kept ("" where there is nothing to trade)."""
    if not plan.legs:
        return Kept("")
    held = {leg.instrument.name: "0" for leg in plan.legs}
    capital: dict[str, float] = {}
    for leg in plan.legs:
        capital[leg.instrument.settle] = capital.get(leg.instrument.settle, 0.0) + abs(leg.dollars)
    quotes = quotes_of((leg.instrument for leg in plan.legs), market)
    coins = {coin: coins_for(usd, coin, market) for coin, usd in capital.items()}
    return _keep(settings, "pair", document, (None, held, coins, quotes))


def keep_options(
    settings: Settings,
    desk: Desk,
    document: Mapping[str, Any],
    book: str,
    rest: tuple[tuple[str, ...], Mapping[str, str], Mapping[str, float]],
) -> Kept:
    """Keep a protection with options, and return for what: the names of its contracts, coins that it wants, and what they are quoted in."""
    names, capital, quotes = rest
    held = {name: str(count) for name, count in _held(desk.book, names).items()}
    return _keep(settings, "options", document, (_identified(desk, book), held, capital, quotes))


def _identified(desk: Desk, book: str) -> dict[str, str]:
    """What tells a book from what it is later: a file's digest, an account's holdings."""
    if _is_account(book):
        return {"path": book, "sha256": "", "holds": json.dumps(_coins_of(desk.book))}
    return {"path": str(Path(book).absolute()), "sha256": _fingerprint(book)}


def keep_roll(
    settings: Settings,
    document: Mapping[str, Any],
    held: Mapping[str, str],
    capital: Mapping[str, str],
    quotes: Mapping[str, float],
) -> Kept:
    """Keep a roll that can be traded, and return for what: `held` contracts of both, `capital` coins that it wants there.

    `quotes` are what the coins that they are quoted in are worth.
    """
    return _keep(settings, "roll", document, (None, held, capital, quotes))


def _keep(
    settings: Settings,
    kind: str,
    document: Mapping[str, Any],
    rest: tuple[Mapping[str, str] | None, Mapping[str, str], Mapping[str, str], Mapping[str, float]],
) -> Kept:
    from hedgerow.files.runs import exact
    from hedgerow.store.plans import KeptPlan, keep_plan

    now = time.time_ns() // 1_000_000
    told = exact(absolute(settings))
    plan = KeptPlan(str(document["plan_id"]), kind, now, document, told, *rest)
    try:
        keep_plan(place_of(settings, mode_of(plan)).plans, plan)
    except HedgerowError as why:
        return Kept(why.message)
    except OSError as why:
        return Kept(f"{state_path(settings)}: {why.strerror}")
    mode, venue = mode_of(plan), " and ".join(sorted({str(leg["venue"]) for leg in legs_of(plan)}))
    from hedgerow.app.uncounted import uncounted
    from hedgerow.app.venues import money_of

    money: Money = "paper" if mode == "paper" else money_of(settings, venue)
    return Kept(None, mode, venue, money, uncounted(settings, plan))


def mode_of(plan: KeptPlan) -> Mode:
    """Return what a plan can be traded with: real money where its contracts are a venue's own, else paper.

    A plan on simulated prices is never for real money.
    """
    of_paper = all(leg["venue"] == PAPER for leg in legs_of(plan))
    return "paper" if of_paper or plan.document["simulated"] else "live"


def planned(settings: Settings, mode: Mode, prefix: str) -> KeptPlan:
    """Return the plan whose id begins with `prefix`. Errors as `find_plan`, also where the id is not its document's."""
    from hedgerow.reports.wire import fingerprint
    from hedgerow.store.plans import AGAIN, find_plan

    plan = find_plan(place_of(settings, mode).plans, prefix)
    hashed = {key: told for key, told in plan.document.items() if key not in _NOT_HASHED[plan.kind]}
    if fingerprint(hashed) != plan.plan_id or not _whole(plan):
        raise BadInput("this is not the plan that was written", file=f"{plan.plan_id}.json", advice=AGAIN)
    return plan


def _whole(plan: KeptPlan) -> bool:
    """Return whether everything that trading reads of a plan is there, and a number where it has to be one."""
    try:
        counts = [Decimal(leg["contracts_exact"]) for leg in legs_of(plan)]
        sides = {leg["side"] for leg in legs_of(plan)}
        basis, capital = basis_of(plan), [Decimal(units) for units in plan.capital.values()]
        numbers = [*counts, *capital, *basis.held.values()]
        counted = counted_by(plan)
        return (
            mode_of(plan) in MODES
            and (counted is None or all(counted))
            and sides <= {"buy", "sell"}
            and basis.prices.keys() == basis.held.keys()
            and all(number.is_finite() for number in numbers)
            and all(count > 0 for count in counts)
            and all(math.isfinite(price) for price in basis.prices.values())
            and (plan.book is None or {"path", "sha256"} <= plan.book.keys())
        )
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        return False


def question_of(plan: KeptPlan, settings: Settings) -> Settings:
    """Return the settings that a plan was made with, traded under those of now: on paper on no venue's own contracts."""
    made = settings_from(dict(plan.settings), f"{plan.plan_id[:12]}.json")
    trade = replace(settings.trade, live=settings.trade.live and mode_of(plan) == "live")
    return replace(made, trade=trade, limits=settings.limits, venues=settings.venues)


def basis_of(plan: KeptPlan) -> Basis:
    """Return what a plan was made on, its prices in the coins that the contracts are quoted in, as a venue tells them."""
    prices = {
        name: float(leg["price_usd"]) / float(plan.quotes.get(name, 1.0))
        for leg in legs_of(plan)
        for name in (f"{leg['venue']}:{leg['instrument']}",)
    }
    options = frozenset(name for name in prices if option_named(name.partition(":")[2]))
    held = {name: Decimal(count) for name, count in plan.held.items()}
    return Basis(plan.made_at, prices, held, options)


def counted_by(plan: KeptPlan) -> frozenset[str] | None:
    """Return the symbols of the book that a hedge was planned for, contracts among them; None for another kind of plan."""
    if plan.kind != "hedge":
        return None
    return frozenset(str(row["symbol"]) for row in plan.document["valuation"]["assets"])


def watchable(settings: Settings) -> Settings:
    """Return the settings of a watch, which holds a beta.

    Raises `UsageError` for a volatility: that is one beta today and another tomorrow.
    """
    if settings.hedge.target_vol is not None:
        raise UsageError(
            "a watch holds a beta, and no volatility",
            advice="`hedgerow plan` with --target-vol says which beta leaves it: watch with that as --target-beta.",
        )
    return settings


def freshness_of(settings: Settings) -> Freshness:
    """Return how long plans are good for."""
    return Freshness(settings.trade.max_age_minutes, settings.trade.max_move)


def is_same_book(plan: KeptPlan) -> bool:
    """Return whether the holdings that a plan was made for are as they were; a pair or a roll has none, and is.

    Those of an account are not asked for here: `same_holdings` is, with what was read anew.
    """
    if plan.book is None or _is_account(plan.book["path"]):
        return True
    path = Path(plan.book["path"])
    return path.is_file() and _fingerprint(path) == plan.book["sha256"]


def same_book(plan: KeptPlan) -> None:
    """Raise `BadInput` where the holdings that a plan was made for have changed since, or are gone."""
    if plan.book is not None and not is_same_book(plan):
        raise BadInput(
            "the book has changed since the plan was made",
            file=Path(plan.book["path"]).name,
            advice="Plan again, and trade the new plan.",
        )


def same_holdings(plan: KeptPlan, now: Portfolio) -> None:
    """Raise `BadInput` where an account holds something else than when the plan was made for it.

    Dollar coins come and go with funding and profit, and interest adds a little to others: a thousandth is no change.
    """
    if plan.book is None or not _is_account(plan.book["path"]):
        return
    then = {name: Decimal(count) for name, count in json.loads(plan.book["holds"]).items()}
    there = {name: Decimal(count) for name, count in _coins_of(now).items()}
    moved = [
        name
        for name in sorted({**then, **there})
        if abs(there.get(name, _NONE) - then.get(name, _NONE)) > _INTEREST * abs(then.get(name, _NONE))
    ]
    if moved:
        raise BadInput(
            f"{plan.book['path']} holds something else than when the plan was made: {', '.join(moved)}",
            advice="Plan again, and trade the new plan.",
        )


def _coins_of(book: Portfolio) -> dict[str, str]:
    """Units by coin and by contract, without dollar coins."""
    found: dict[str, Decimal] = {}
    for row in book.positions:
        if row.instrument is not None or not is_stablecoin(row.symbol):
            name = row.symbol if row.instrument is None else row.instrument.name
            found[name] = found.get(name, _NONE) + row.quantity
    return {name: str(count) for name, count in sorted(found.items()) if count}


def _is_account(book: str) -> bool:
    from hedgerow.app.books import is_account

    return is_account(book)


def legs_of(plan: KeptPlan) -> list[dict[str, Any]]:
    """Return a plan's legs as its document has them."""
    document: Mapping[str, Any] = plan.document["plan"] if plan.kind == "hedge" else plan.document
    legs: list[dict[str, Any]] = document["legs"]
    return legs


def _fingerprint(path: str | Path) -> str:
    from hedgerow.files.runs import fingerprint

    return fingerprint(path)


def _held(book: Portfolio, names: tuple[str, ...]) -> dict[str, Decimal]:
    """Contracts of these names that the book holds; what it does not list, it does not hold. Options of a file are at the plan's venue."""
    found = dict.fromkeys(names, Decimal(0))
    options = {name.partition(":")[2]: name for name in names if option_named(name.partition(":")[2])}
    for position in book.positions:
        bare = options.get(position.symbol, f"{PAPER}:{position.symbol}")
        name = position.instrument.name if position.instrument is not None else bare
        if position.is_derivative and name in found:
            found[name] += position.quantity
    return found
