"""The pages and the JSON behind them: what is asked by which address, who is let in, and what an error looks like.

site_of(room, entry, port) is an ASGI application that nobody reaches but through the guard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hedgerow.model.errors import HedgerowError, UsageError
from hedgerow.reports.run_page import run_page
from hedgerow.reports.wire import encode, error_json
from hedgerow.web.api import add_documents
from hedgerow.web.buttons import add_buttons
from hedgerow.web.contract import describe
from hedgerow.web.dealt import trade_view
from hedgerow.web.entry import Entry
from hedgerow.web.forms import form_of
from hedgerow.web.guard import Guard, cookie_of
from hedgerow.web.pages import STATIC, rendered, static
from hedgerow.web.past import history_view, run_view, venues_view
from hedgerow.web.room import Room
from hedgerow.web.shown import Shown, View, status_of
from hedgerow.web.views import book_view, exposure_view, hedge_view
from hedgerow.web.watched import watch_view

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["site_of"]

_WEEK_S = 7 * 86_400


def site_of(room: Room, entry: Entry, port: int) -> ASGIApp:
    """Return the whole application, guarded."""
    site = FastAPI(title="Hedgerow", version="1", docs_url=None, redoc_url=None)
    show = Shown(room, entry, port)
    _add_pages(site, show)
    _add_door(site, show)
    add_buttons(site, show)
    _add_errors(site, show)
    add_documents(site, room)
    describe(site)
    return Guard(site, entry, port)


def _add_pages(site: FastAPI, show: Shown) -> None:
    views: tuple[tuple[str, str, View], ...] = (
        ("/", "book.html", lambda room, _: book_view(room)),
        ("/exposure", "exposure.html", exposure_view),
        ("/hedge", "hedge.html", lambda room, _: hedge_view(room)),
        ("/trade", "trade.html", lambda room, _: trade_view(room)),
        ("/watch", "watch.html", watch_view),
        ("/history", "history.html", lambda room, _: history_view(room)),
        ("/venues", "venues.html", lambda room, _: venues_view(room)),
    )

    def answering(template: str, view: View) -> Callable[[Request], Response]:
        def answered(request: Request) -> Response:
            return show.page(request, template, view)

        return answered

    for path, template, view in views:
        site.add_api_route(path, answering(template, view), methods=["GET"], include_in_schema=False)

    @site.get("/history/{name}", include_in_schema=False)
    def run(request: Request, name: str, part: int = 0) -> Response:
        return show.page(request, "run.html", lambda room, _: run_view(room, name, part))

    @site.get("/history/{name}/report.html", include_in_schema=False)
    def report(name: str) -> Response:
        found = run_page(show.room.shelf.report(name))
        kept = {"Content-Disposition": 'attachment; filename="report.html"'}
        return HTMLResponse(found, headers=kept)

    @site.get("/static/{name}", include_in_schema=False)
    def file(name: str) -> Response:
        if name not in STATIC:
            raise HTTPException(404, "there is no such file")
        return Response(static(name), media_type=STATIC[name])


def _add_door(site: FastAPI, show: Shown) -> None:
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
        form = await form_of(request)
        if show.entry.knows(form.get("token").strip()):
            return _let_in(show)
        return HTMLResponse(rendered("login.html", wrong="That is not the token."), status_code=403)


def _let_in(show: Shown) -> Response:
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


def _add_errors(site: FastAPI, show: Shown) -> None:
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
