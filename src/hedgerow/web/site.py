"""The pages and the JSON behind them: what is asked by which address, and the two buttons.

site_of(room, entry, port) is an ASGI application that nobody reaches but through the guard.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hedgerow.app.plans import MODES
from hedgerow.app.standing import halt
from hedgerow.app.watch import approve
from hedgerow.model.errors import BadInput, HedgerowError, UsageError
from hedgerow.reports.wire import encode, error_json
from hedgerow.web.api import add_documents
from hedgerow.web.bar import bar_of
from hedgerow.web.entry import Entry, same
from hedgerow.web.guard import Guard, cookie_of, session_of
from hedgerow.web.pages import STATIC, rendered, static
from hedgerow.web.room import Room, Seen
from hedgerow.web.views import book_view, exposure_view, hedge_view
from hedgerow.web.watched import watch_view

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["site_of"]

_PAGES = (("/", "Book"), ("/exposure", "Exposure"), ("/hedge", "Hedge"), ("/watch", "Watch"))
_DONE = {
    "approved": "Approved. The watch trades it at its next look, if it still wants the same and nothing is halted.",
    "halted": "Everything is halted. To lift it: hedgerow halt --lift",
}
_FIELDS = 10
_WEEK_S = 7 * 86_400
View = Callable[[Room, Seen], dict[str, Any]]


def site_of(room: Room, entry: Entry, port: int) -> ASGIApp:
    """Return the whole application, guarded."""
    site = FastAPI(title="Hedgerow", version="1", docs_url=None, redoc_url=None)
    show = _Shown(room, entry, port)
    _add_pages(site, show)
    _add_door(site, show)
    _add_buttons(site, show)
    _add_errors(site, show)
    add_documents(site, room)
    return Guard(site, entry, port)


class _Shown:
    """Makes pages: the view between the bar and the foot, as whole HTML."""

    def __init__(self, room: Room, entry: Entry, port: int) -> None:
        self.room, self.entry, self.port = room, entry, port

    def page(self, request: Request, template: str, view: View) -> Response:
        """Return a page; a book that cannot be read is a page that says so, under the same bar."""
        seen = self.room.seen()
        try:
            values, status = view(self.room, seen), 200
        except HedgerowError as why:
            return self.failed(request, why)
        return self.html(request, template, status, seen=seen, **values)

    def failed(self, request: Request, why: HedgerowError) -> Response:
        """Return the page of an error, with what to do."""
        values = {"message": why.message, "advice": why.advice, "heading": "This cannot be shown"}
        return self.html(request, "problem.html", status_of(why), seen=self.room.seen(), **values)

    def html(self, request: Request, template: str, status: int, *, seen: Seen, **values: Any) -> Response:
        """Return a rendered page with everything all pages have."""
        common = {
            "pages": _PAGES,
            "path": request.url.path,
            "bar": bar_of(self.room, seen),
            "pledge": self.entry.pledge(session_of(request.headers, self.port)),
            "done": _DONE.get(request.query_params.get("done", ""), ""),
            "who": _login_name(),
        }
        return HTMLResponse(rendered(template, **common, **values), status_code=status)


def _add_pages(site: FastAPI, show: _Shown) -> None:
    views: tuple[tuple[str, str, View], ...] = (
        ("/", "book.html", lambda room, _: book_view(room)),
        ("/exposure", "exposure.html", exposure_view),
        ("/hedge", "hedge.html", lambda room, _: hedge_view(room)),
        ("/watch", "watch.html", watch_view),
    )

    def answering(template: str, view: View) -> Callable[[Request], Response]:
        def answered(request: Request) -> Response:
            return show.page(request, template, view)

        return answered

    for path, template, view in views:
        site.add_api_route(path, answering(template, view), methods=["GET"], include_in_schema=False)

    @site.get("/static/{name}", include_in_schema=False)
    def file(name: str) -> Response:
        if name not in STATIC:
            raise HTTPException(404, "there is no such file")
        return Response(static(name), media_type=STATIC[name])


def _add_door(site: FastAPI, show: _Shown) -> None:
    @site.get("/login", include_in_schema=False)
    def login(code: str = "") -> Response:
        if not code:
            return HTMLResponse(rendered("login.html", wrong=""))
        if show.entry.redeem(code):
            return _let_in(show)
        said = "This link was used, or is too old. Start `hedgerow serve` again, or give the token."
        return HTMLResponse(rendered("login.html", wrong=said), status_code=403)

    @site.post("/login", include_in_schema=False)
    async def enter(request: Request) -> Response:
        form = await _form(request)
        if show.entry.knows(form.get("token", "").strip()):
            return _let_in(show)
        return HTMLResponse(rendered("login.html", wrong="That is not the token."), status_code=403)


def _let_in(show: _Shown) -> Response:
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        cookie_of(show.port),
        show.entry.session(),
        max_age=_WEEK_S,
        httponly=True,
        samesite="strict",
        path="/",
    )
    return answer


def _add_buttons(site: FastAPI, show: _Shown) -> None:
    """The only two requests that change anything: both add a line to a file that the watch reads."""
    settings = show.room.settings

    @site.post("/approve", include_in_schema=False)
    async def say_yes(request: Request) -> Response:
        form = await _pledged(request, show)
        proposal, who = form.get("proposal", ""), form.get("who", "")
        return await _pressed(request, show, "approved", lambda: approve(settings, proposal, who))

    @site.post("/halt", include_in_schema=False)
    async def stop(request: Request) -> Response:
        form = await _pledged(request, show)
        why = form.get("why", "").strip() or "by hand, on the page"
        return await _pressed(request, show, "halted", lambda: halt(settings, MODES, "*", why))


async def _pressed(request: Request, show: _Shown, done: str, work: Callable[[], object]) -> Response:
    try:
        await run_in_threadpool(work)
    except HedgerowError as why:
        return await run_in_threadpool(show.failed, request, why)
    finally:
        show.room.forget()
    return RedirectResponse(f"/watch?done={done}", status_code=303)


async def _pledged(request: Request, show: _Shown) -> dict[str, str]:
    """Return a form that this session's own page sent; raises a 403 for any other."""
    form = await _form(request)
    session = session_of(request.headers, show.port)
    if not session or not same(form.get("pledge", ""), show.entry.pledge(session)):
        raise HTTPException(403, "this form is not of this session; nothing was done. Load the page again.")
    return form


async def _form(request: Request) -> dict[str, str]:
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        != "application/x-www-form-urlencoded"
    ):
        raise HTTPException(415, "a form is expected")
    text = (await request.body()).decode("utf-8", errors="replace")
    try:
        return {name: texts[-1] for name, texts in parse_qs(text, max_num_fields=_FIELDS).items()}
    except ValueError:
        raise HTTPException(400, "no form of this page has so many fields") from None


def _add_errors(site: FastAPI, show: _Shown) -> None:
    @site.exception_handler(HedgerowError)
    def failed(request: Request, why: HedgerowError) -> Response:
        if request.url.path.startswith("/api/"):
            return Response(encode(error_json(why)), status_of(why), media_type="application/json")
        return show.failed(request, why)

    @site.exception_handler(RequestValidationError)
    def unreadable(request: Request, why: RequestValidationError) -> Response:
        names = ", ".join(str(part) for error in why.errors() for part in error["loc"][1:])
        return failed(request, UsageError(f"{names} cannot be read", advice="See /openapi.json."))

    @site.exception_handler(HTTPException)
    def refused(request: Request, why: HTTPException) -> Response:
        if request.url.path.startswith("/api/"):
            return Response(
                encode({"error": {"message": str(why.detail)}}),
                why.status_code,
                media_type="application/json",
            )
        return HTMLResponse(rendered("refused.html", message=str(why.detail)), status_code=why.status_code)


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
