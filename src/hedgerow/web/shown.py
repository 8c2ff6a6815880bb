"""Pages made whole: the view between the bar and the foot, the same frame around everything."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from hedgerow.model.errors import BadInput, HedgerowError, UsageError
from hedgerow.web.bar import bar_of
from hedgerow.web.editing import editing_view, unreadable
from hedgerow.web.entry import Entry
from hedgerow.web.guard import session_of
from hedgerow.web.pages import rendered
from hedgerow.web.room import Room, Seen

__all__ = ["Shown", "View", "status_of"]

_PAGES = (
    ("/", "Book"),
    ("/exposure", "Exposure"),
    ("/hedge", "Hedge"),
    ("/trade", "Trade"),
    ("/watch", "Watch"),
    ("/history", "History"),
    ("/venues", "Venues"),
)
_DONE = {
    "approved": "Approved. The watch trades it at its next look, if it still wants the same and nothing is halted.",
    "planned": "Kept. It is traded once it is approved here, and `hedgerow trade --approved` runs.",
    "yes": "Approved, by the plan's hash. `hedgerow trade --approved` trades it, if it is still good then.",
    "halted": "Everything is halted. To lift it: hedgerow halt --lift",
    "written": "Written. What the file held before is kept beside it.",
    "back": "Taken back: the file holds what it held before.",
    "beta": "Written into the settings. A watch or a trade that runs already goes on with what it was started with.",
}
View = Callable[[Room, Seen], dict[str, Any]]


class Shown:
    """Makes pages of one book for whoever was let in."""

    def __init__(self, room: Room, entry: Entry, port: int) -> None:
        self.room, self.entry, self.port = room, entry, port

    def page(self, request: Request, template: str, view: View, status: int = 200) -> Response:
        """Return a page; a book that cannot be read is a page that says so, under the same bar."""
        seen = self.room.seen()
        try:
            values = view(self.room, seen)
        except HedgerowError as why:
            return self.failed(request, why)
        return self.html(request, template, status, seen=seen, **values)

    def failed(self, request: Request, why: HedgerowError) -> Response:
        """Return the page of an error, with what to do, and where it is the book's file, with the way to change it."""
        values: dict[str, Any] = {
            "message": why.message,
            "advice": why.advice,
            "heading": "This cannot be shown",
        }
        broken = unreadable(self.room) if isinstance(why, BadInput) else None
        editing = None if broken is None else editing_view(self.room, broken)
        seen = self.room.seen()
        return self.html(request, "problem.html", status_of(why), seen=seen, editing=editing, **values)

    def html(self, request: Request, template: str, status: int, *, seen: Seen, **values: Any) -> Response:
        """Return a rendered page with everything all pages have."""
        common = {
            "pages": _PAGES,
            "path": request.url.path,
            "seen": seen,
            "bar": bar_of(self.room, seen),
            "pledge": self.entry.pledge(session_of(request.headers, self.port)),
            "done": _DONE.get(request.query_params.get("done", ""), ""),
            "who": _login_name(),
            "playing": self.room.playing,
        }
        return HTMLResponse(rendered(template, **common, **values), status_code=status)


def status_of(why: HedgerowError) -> int:
    """Return the status of an error: 400 for what was asked wrongly, 422 for files that cannot be used, 503 else."""
    if isinstance(why, UsageError):
        return 400
    return 422 if isinstance(why, BadInput) or why.exit_code == 4 else 503


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
