"""Books to be watched on venues' accounts: which account each is hedged at, and every gate before the first look.

posts = posts_of(settings, ("book.csv",), ("bybit",))      the gates open, the accounts known by name
asked(posts, confirm)                                       a person says yes to each that may trade
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.asking import passphrase_from
from hedgerow.app.books import is_account, sources_of
from hedgerow.app.keys import first_key, keys_of, venue_of
from hedgerow.app.live import Reached, reached
from hedgerow.app.offers import begun_in
from hedgerow.app.plans import place_of, watchable
from hedgerow.app.venues import known_venues, money_of
from hedgerow.config import VENUE_BOOK, Settings, settings_from
from hedgerow.hedge.watch import Bounds, WatchedBook
from hedgerow.model.display import percent_text
from hedgerow.model.errors import BadConfig, UsageError
from hedgerow.model.watched import Leave
from hedgerow.store.plans import plan_of

if TYPE_CHECKING:
    from hedgerow.venues.doors import Keys

__all__ = ["Post", "asked", "leave_of", "post_of", "posts_of", "wanted_of", "watch_name"]


@dataclass(frozen=True, slots=True)
class Post:
    """One book and the account that hedges it. `settings` are its own; `keys` are those of other accounts that hold coins of it."""

    book: str
    settings: Settings
    there: Reached
    keys: Mapping[str, Keys] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What its watch is called."""
        return watch_name(self.book)

    @property
    def trades(self) -> bool:
        """Whether it may ever send an order."""
        return self.settings.watch.mode != "observe"


def watch_name(book: str) -> str:
    """Return what a watch is called: its file's name without what it ends with, or its account's."""
    return book.replace(":", "-") if is_account(book) else Path(book).stem


def posts_of(settings: Settings, books: Sequence[str], venues: Sequence[str]) -> tuple[Post, ...]:
    """Return the posts of `books`, each at its own of `venues`, or all at the one that there is.

    What `[[watch.books]]` says of a book holds for it; without `books` they are those. A mode that may trade needs every gate
    of `trade --live`; one that observes only a key that reads. Raises what they raise, `UsageError` where it is not said which
    venue, and `BadConfig` where one account would hedge two books.
    """
    posts = tuple(post_of(settings, each, venue) for each, venue in wanted_of(settings, books, venues))
    for i, post in enumerate(posts):
        for other in posts[:i]:
            _apart(other, post)
    return posts


def wanted_of(
    settings: Settings, books: Sequence[str], venues: Sequence[str]
) -> tuple[tuple[WatchedBook, str], ...]:
    """Return the books that are to be watched and at which venue each, as `posts_of`, and ask nobody. Errors as there."""
    if not books and not settings.watch.books:
        raise UsageError("no book is named", advice="Give a file of holdings, or venue:NAME.")
    known = {_place(each.book): each for each in settings.watch.books}
    wanted = [known.get(_place(book), WatchedBook(book)) for book in books] or list(settings.watch.books)
    places = [_place(each.book) for each in wanted]
    for each in wanted:
        if places.count(_place(each.book)) > 1:
            raise UsageError(f"{each.book} is named twice: it would be hedged twice", advice="Name it once.")
    if len(venues) not in {0, 1, len(wanted)}:
        raise UsageError(
            f"{len(venues)} venues are named for {len(wanted)} books",
            advice="Give --at VENUE, once for each book.",
        )
    chosen = venues if len(venues) == len(wanted) else (tuple(venues) or ("",)) * len(wanted)
    return tuple((each, each.at or venue) for each, venue in zip(wanted, chosen, strict=True))


def post_of(settings: Settings, each: WatchedBook, venue: str) -> Post:
    """Return the post of one book. Errors as `posts_of`."""
    return _post(_own(settings, each), each.book, venue)


def _place(book: str) -> str:
    return book if is_account(book) else str(Path(book).absolute())


def _own(settings: Settings, each: WatchedBook) -> Settings:
    """The settings of one book."""
    mode = settings.watch.mode if each.mode is None else each.mode
    told = {**asdict(settings.hedge), **each.hedge}
    hedge = (
        settings_from({"hedge": told}, f"[[watch.books]] {each.book}").hedge if each.hedge else settings.hedge
    )
    unknown = sorted(each.hedge.keys() - asdict(settings.hedge).keys())
    if unknown:
        raise BadConfig(
            f"there is no setting hedge.{unknown[0]}",
            file="[[watch.books]]",
            advice="`hedgerow config schema` names them.",
        )
    return replace(settings, hedge=hedge, watch=replace(settings.watch, mode=mode))


def _apart(one: Post, other: Post) -> None:
    if one.there.account == other.there.account:
        raise BadConfig(
            f"{one.book} and {other.book} are both hedged at {one.there.account}: each would undo the other's hedge",
            advice="Give each an account of its own (`hedgerow keys add VENUE/LABEL`, --at VENUE/LABEL), or put both into one book.",
        )


def _post(settings: Settings, book: str, venue: str) -> Post:
    if not venue:
        raise UsageError(f"no venue is named for {book}", advice="Give --at VENUE, once for each book.")
    if venue_of(venue) not in known_venues():
        raise BadConfig(f"{venue} is no venue", advice=f"There are {', '.join(known_venues())}.")
    data = watchable(settings).data
    if data.market is None and data.prices is None:
        settings = replace(settings, data=replace(data, market=venue_of(venue)))
    if data.as_of is not None:
        raise UsageError("--as-of is of the past, and a watch is of now", advice="Leave it out.")
    trades = settings.watch.mode != "observe"
    if trades and not settings.trade.live:
        raise BadConfig(
            "the settings allow no real money",
            advice="Write [trade] and live = true below it, or watch with --mode observe.",
        )
    keys = _keys(settings, book, venue)
    there = reached(settings, venue, only_reduce=not trades)
    return Post(book, settings, there, keys)


def _keys(settings: Settings, book: str, venue: str) -> dict[str, Keys]:
    """The keys of the other accounts that a book is read from."""
    if not is_account(book):
        return {}
    ask = passphrase_from(None)
    names = [one.removeprefix(VENUE_BOOK) for one in sources_of(settings, book) if is_account(one)]
    for name in (venue, *names):
        first_key(name)
    unknown = [name for name in names if venue_of(name) not in known_venues()]
    if unknown:
        raise BadConfig(
            f"{VENUE_BOOK}{unknown[0]} is no account that can be watched",
            advice=f"There are {', '.join(known_venues())}.",
        )
    return {name: keys_of(name, ask) for name in names if name != venue}


def asked(posts: Sequence[Post], confirm: Callable[[Leave], None]) -> None:
    """Ask for leave for each post that may trade; `confirm` raises where the answer is no."""
    for post in posts:
        if post.trades:
            confirm(leave_of(post))


def leave_of(post: Post) -> Leave:
    """Return what a person is asked before a post may trade."""
    there, rules = post.there, post.settings.watch.rules
    begun = begun_in(place_of(post.settings, "live"), there.account)
    return Leave(
        post.book,
        there.account,
        there.venue,
        money_of(post.settings, there.venue),
        rules.mode,
        _words(rules.bounds) if rules.mode == "auto" else ("each trade is asked for",),
        "" if begun is None else plan_of(begun.programme.plan),
        there.warnings,
    )


def _words(bounds: Bounds) -> tuple[str, ...]:
    order, cost = bounds.max_order_usd, bounds.max_cost_usd
    short, near = bounds.max_short_usd, bounds.min_distance
    return (
        "an order of any size" if order is None else f"orders of at most ${order:,.0f}",
        f"at most {bounds.max_turnover:g} times the book a day",
        "at any cost" if cost is None else f"at most ${cost:,.0f} of cost a day",
        "shorts of any size" if short is None else f"shorts of at most ${short:,.0f}",
        "liquidation however near" if near is None else f"liquidation at least {percent_text(near)} away",
        f"{bounds.trades_an_hour} trades an hour, {bounds.cool_down_s:g} s apart",
    )
