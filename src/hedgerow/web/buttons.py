"""What a page may write: the book's file, the betas in the settings, approvals and halts; and nothing that trades.

Every one is a form of the session's own page; approvals and halts are lines that the watch reads, checks and executes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from hedgerow.app.approved import approve_plan
from hedgerow.app.holdings import take_back
from hedgerow.app.plans import MODES
from hedgerow.app.standing import halt
from hedgerow.app.watch import approve
from hedgerow.model.errors import HedgerowError
from hedgerow.web.again import Again, target_of
from hedgerow.web.contract import takes
from hedgerow.web.editing import Entered, give_beta, import_form, set_form
from hedgerow.web.forms import pledged
from hedgerow.web.shown import Shown
from hedgerow.web.views import book_view

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["add_buttons"]


def add_buttons(site: FastAPI, show: Shown) -> None:
    """Add every request that changes anything."""
    _add_book(site, show)
    _add_trade(site, show)
    _add_watch(site, show)


def _add_trade(site: FastAPI, show: Shown) -> None:
    room, again = show.room, Again(show.entry)

    @site.post("/plan", **takes(("target",)))
    async def keep(request: Request) -> Response:
        """Keep the plan for a target, as `hedgerow plan --target-beta` does."""
        form = await pledged(request, show.entry, show.port)
        target = target_of(form.get("target"))
        return await _pressed(request, show, "/trade?done=planned", lambda: room.keep(target))

    @site.post("/approve-plan", **takes(("plan", "who"), ("mode", "token")))
    async def approve_kept(request: Request) -> Response:
        """Say yes to a kept plan, as `hedgerow approve --plan` does; for real money with the token again."""
        form = await pledged(request, show.entry, show.port)
        mode = again.allowed(form)
        plan, who = form.get("plan"), form.get("who")
        return await _pressed(
            request, show, "/trade?done=yes", lambda: approve_plan(room.settings, plan, who, mode)
        )


def _add_watch(site: FastAPI, show: Shown) -> None:
    room, again = show.room, Again(show.entry)

    @site.post("/approve", **takes(("proposal", "who"), ("mode", "token")))
    async def say_yes(request: Request) -> Response:
        """Say yes to what a watch proposes, as `hedgerow approve` does; for real money with the token again."""
        form = await pledged(request, show.entry, show.port)
        mode = again.allowed(form)
        proposal, who = form.get("proposal"), form.get("who")
        return await _pressed(
            request, show, "/watch?done=approved", lambda: approve(room.settings, proposal, who, (mode,))
        )

    @site.post("/halt", **takes((), ("why",)))
    async def stop(request: Request) -> Response:
        """Halt everything, as `hedgerow halt` does."""
        form = await pledged(request, show.entry, show.port)
        why = form.get("why").strip() or "by hand, on the page"
        return await _pressed(
            request, show, "/watch?done=halted", lambda: halt(room.settings, MODES, "*", why)
        )


def _add_book(site: FastAPI, show: Shown) -> None:
    room = show.room

    @site.post("/holdings", **takes(("seen",), ("new-symbol", "new-quantity", "row-0")))
    async def set_quantities(request: Request) -> Response:
        """Set quantities in the book's file, row by row, and add a coin."""
        form = await pledged(request, show.entry, show.port, many=True)
        return await _written(request, show, lambda: set_form(room, form))

    @site.post("/import", **takes((), ("text",), file="file"))
    async def put_in(request: Request) -> Response:
        """Put another file's holdings in the place of the book."""
        form = await pledged(request, show.entry, show.port)
        return await _written(request, show, lambda: import_form(room, form))

    @site.post("/take-back", **takes(()))
    async def put_back(request: Request) -> Response:
        """Take the last change of the book back."""
        await pledged(request, show.entry, show.port)
        return await _pressed(request, show, "/?done=back", lambda: take_back(room.book))

    @site.post("/beta", **takes(("coin",), ("beta", "error", "note", "remove")))
    async def beta(request: Request) -> Response:
        """Give a coin's beta by hand, in the settings, or take it out."""
        form = await pledged(request, show.entry, show.port)
        return await _pressed(request, show, "/?done=beta", lambda: give_beta(room, form))


async def _written(request: Request, show: Shown, work: Callable[[], Entered | None]) -> Response:
    """Do what changes the book; what was typed wrongly stands on the page again, each row with its error."""

    def answered() -> Response:
        try:
            wrong = work()
        except HedgerowError as why:
            return show.failed(request, why)
        if wrong is None:
            return RedirectResponse("/?done=written", status_code=303)
        return show.page(request, "book.html", lambda room, _: book_view(room, wrong), 422)

    return await run_in_threadpool(answered)


async def _pressed(request: Request, show: Shown, to: str, work: Callable[[], object]) -> Response:
    try:
        await run_in_threadpool(work)
    except HedgerowError as why:
        return await run_in_threadpool(show.failed, request, why)
    finally:
        show.room.forget()
    return RedirectResponse(to, status_code=303)
