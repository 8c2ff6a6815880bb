"""All rows of a route, whatever its way of paging; no row is asked for without an end, none is lost at a seam.

by cursor    until the venue names no next page
by number    until a page is not full, or reaches back before the span
by time      windows of the span the venue allows. A full page of a venue that tells the oldest first goes on from its
             last row's own instant, which is read again, so that rows of one instant are not cut apart; for any other venue
             the window is cut in two until no page is full
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hedgerow.model.errors import StateUnknown
from hedgerow.venues.calls import Wire
from hedgerow.venues.quirks import Route
from hedgerow.venues.raw import Row, instant, rows_of, text

__all__ = ["Span", "all_rows"]

_MOST_PAGES = 2000
_SLACK_MS = 1000  # some venues keep seconds
_Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """Which rows: `params` of every call, the instants [since, until], a row's time and key."""

    params: Mapping[str, object]
    at: str = ""
    since: int | None = None
    until: int | None = None
    key: Callable[[Row], object] = repr


@dataclass(slots=True)
class _Reader:
    """One reading of one route; rows by key, in the order they came."""

    wire: Wire
    route: Route
    span: Span
    rows: dict[object, Row] = field(default_factory=dict)

    def keep(self, rows: tuple[Row, ...]) -> bool:
        """Keep the rows that are new; false where none is."""
        before = len(self.rows)
        for row in rows:
            self.rows.setdefault(self.span.key(row), row)
        return len(self.rows) > before

    def full(self, rows: tuple[Row, ...]) -> bool:
        """Whether a page may have been cut off."""
        return bool(self.route.page) and len(rows) >= self.route.page

    def times(self, rows: tuple[Row, ...]) -> list[int]:
        """The rows' instants."""
        return [instant(row, self.span.at) or 0 for row in rows] if self.span.at else []

    def heedless(self, rows: tuple[Row, ...], window: _Window) -> bool:
        """Whether a row lies outside the window that was asked for: then the venue tells all that it has."""
        low, high = window[0] - _SLACK_MS, window[1] + _SLACK_MS
        return any(not low <= at <= high for at in self.times(rows))

    def params(self, window: _Window | None) -> dict[str, object]:
        """The parameters of a call for a window."""
        found = dict(self.span.params)
        if self.route.limit and self.route.page:
            found[self.route.limit] = self.route.page
        for name, at in zip((self.route.since, self.route.until), window or (), strict=False):
            if name:
                found[name] = at // 1000 if self.route.seconds else at
        return found

    async def page(self, params: Mapping[str, object]) -> tuple[object, tuple[Row, ...]]:
        """Read one page: the body and its rows."""
        body = await self.wire.read(self.route, params)
        return body, rows_of(body, self.route.rows)


async def all_rows(wire: Wire, route: Route, span: Span) -> tuple[Row, ...]:
    """Return every row of `span`, each once, as they came. Raises what reading raises, `StateUnknown` for pages without end."""
    reader = _Reader(wire, route, span)
    windows = _windows(route, span)
    timed = bool(route.since) and span.since is not None
    if route.cursor or route.number:
        for window in windows:
            if not await _pages(reader, window if timed else None):
                break
    elif timed:
        await _by_time(reader, windows)
    else:
        reader.keep((await reader.page(reader.params(None)))[1])
    return tuple(reader.rows.values())


async def _pages(reader: _Reader, window: _Window | None) -> bool:
    """Read the pages of one window; false where the venue heeds no window, so that another would tell the same."""
    route, params = reader.route, reader.params(window)
    for page in range(1, _MOST_PAGES):
        if route.number:
            params[route.number] = page
        body, rows = await reader.page(params)
        fresh = reader.keep(rows)
        cursor = text(body, route.next) if route.next else None
        more = bool(cursor) if route.cursor else reader.full(rows)
        back = reader.span.since is not None and min(reader.times(rows), default=0) < reader.span.since
        if not fresh or not more or (window is None and back):
            return window is None or not reader.heedless(rows, window)
        if route.cursor:
            params[route.cursor] = cursor
    raise StateUnknown(f"{reader.wire.venue.name} has more pages than can be: {route.call}")


async def _by_time(reader: _Reader, windows: list[_Window]) -> None:
    waiting = list(reversed(windows))
    for _ in range(_MOST_PAGES):
        if not waiting:
            return
        window = waiting.pop()
        _, rows = await reader.page(reader.params(window))
        fresh = reader.keep(rows)
        if reader.heedless(rows, window) and not reader.full(rows):
            return
        if reader.full(rows) and (fresh or not reader.route.ascending):
            waiting += _rest(reader, rows, window)
    raise StateUnknown(f"{reader.wire.venue.name} has more pages than can be: {reader.route.call}")


def _rest(reader: _Reader, rows: tuple[Row, ...], window: _Window) -> list[_Window]:
    """What is left to read of a window whose page was full, the earliest last."""
    start, end = window
    if reader.route.ascending:
        last = max(reader.times(rows), default=start)
        parts = [(last, end)] if last > start else []
    else:
        middle = (start + end) // 2
        parts = [(middle + 1, end), (start, middle)] if end > start else []
    if not parts or reader.heedless(rows, window):
        raise StateUnknown(
            f"{reader.wire.venue.name} has more rows in one window than a page holds: {reader.route.call}",
            advice="Rows may be missing: nothing was concluded.",
        )
    return parts


def _windows(route: Route, span: Span) -> list[_Window]:
    if span.since is None or span.until is None:
        return [(0, 0)]
    width = route.window_ms or max(span.until - span.since, 1)
    starts = range(span.since, max(span.until, span.since + 1), width)
    return [(start, min(start + width, max(span.until, span.since))) for start in starts]
