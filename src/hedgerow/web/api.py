"""The JSON: the same documents as the command line's --json, what a slider asks, and a stream that tells of news."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from hedgerow.app.recollected import recollected
from hedgerow.app.venues import known_venues
from hedgerow.reports import wire
from hedgerow.reports.account_text import status_json
from hedgerow.reports.deals_text import deals_json
from hedgerow.reports.diary_text import diary_json
from hedgerow.reports.doctor_text import seen_json
from hedgerow.reports.run_wire import report_json
from hedgerow.reports.shelf_text import shelf_json
from hedgerow.web.contract import tells
from hedgerow.web.views import what_if

if TYPE_CHECKING:
    from fastapi import FastAPI

    from hedgerow.web.room import Room

__all__ = ["add_documents", "news"]

_LISTENERS = 16
_QUIET = 15


def add_documents(site: FastAPI, room: Room) -> None:
    """Add what is read by programs."""
    _add_steps(site, room)
    _add_past(site, room)
    _add_watch(site, room)


def _add_steps(site: FastAPI, room: Room) -> None:
    @site.get("/api/value", response_class=Response, **tells("value"))
    def value() -> Response:
        """Tell what the book is worth, as `hedgerow value --json`."""
        desk = room.desk()
        return _document(wire.value_json(room.value(), desk.market, desk.book.recognised))

    @site.get("/api/exposure", response_class=Response, **tells("beta"))
    def exposure() -> Response:
        """Tell what it moves like, as `hedgerow beta --json`."""
        found, warnings = room.beta()
        desk = room.desk()
        return _document(wire.beta_json(found, desk.market, warnings, desk.book.recognised))

    @site.get("/api/choose", response_class=Response, **tells("choose"))
    def choose() -> Response:
        """Tell every contract side by side, as `hedgerow choose --json`."""
        found, ranking, warnings = room.choose()
        desk = room.desk()
        return _document(wire.choose_json(found, ranking, desk.market, warnings, desk.book.recognised))

    @site.get("/api/plan", response_class=Response, **tells("plan"))
    def plan(target_beta: float | None = None) -> Response:
        """Tell the ticket, as `hedgerow plan --json`; it is not kept for trading."""
        return _document(wire.plan_json(room.ticket(target_beta)))

    @site.get("/api/what-if", response_class=Response, **tells())
    def asked(target_beta: float) -> Response:
        """Tell in words what a plan with this target would cost, need and leave."""
        return _document({"target_beta": target_beta, **what_if(room.ticket(target_beta))})


def _add_past(site: FastAPI, room: Room) -> None:
    @site.get("/api/runs", response_class=Response, **tells())
    def runs() -> Response:
        """Tell what each run of the folder came to, as `hedgerow report FOLDER --json`."""
        return _document(shelf_json(room.shelf.all()))

    @site.get("/api/runs/{name}", response_class=Response, **tells())
    def run(name: str) -> Response:
        """Tell one run whole, as `hedgerow report RUN --json`."""
        found = room.shelf.report(name)
        return _document(report_json(found.run, found.found, found.policy, found.files))

    @site.get("/api/venues", response_class=Response, **tells())
    def venues() -> Response:
        """Tell what is verified of this machine, and of venues the last time, as `hedgerow doctor --seen --json`."""
        return _document(seen_json(room.kept.machine(), recollected(room.settings), known_venues()))


def _add_watch(site: FastAPI, room: Room) -> None:
    listening: set[object] = set()

    @site.get("/api/watch", response_class=Response, **tells())
    def watch() -> Response:
        """Tell what stands, as `hedgerow status --json`."""
        return _document(status_json(room.seen().modes))

    @site.get("/api/orders", response_class=Response, **tells())
    def orders() -> Response:
        """Tell which plans are kept and what was traded, as `hedgerow orders --json`."""
        return _document(deals_json(room.kept.deals()))

    @site.get("/api/diary", response_class=Response, **tells())
    def diary() -> Response:
        """Tell what each watch decided and why, and funding payment by payment, as `hedgerow diary --json`."""
        return _document(diary_json(room.kept.diaries()))

    @site.get("/healthz", response_class=Response, **tells())
    def health() -> Response:
        """Tell that the page answers, and how many seconds ago the newest look was seen; null: none was."""
        age = room.seen().look_s
        return _document({"status": "ok", "last_look_s": None if age is None else round(age, 1)})

    @site.get("/api/events", response_class=StreamingResponse)
    async def events() -> Response:
        """Send the event `look` whenever looks, approvals or halts have changed."""
        if len(listening) >= _LISTENERS:
            raise HTTPException(503, "too many pages listen already")
        return StreamingResponse(_counted(news(room), listening), media_type="text/event-stream")


async def _counted(lines: AsyncIterator[str], listening: set[object]) -> AsyncIterator[str]:
    me = object()
    listening.add(me)
    try:
        async for line in lines:
            yield line
    finally:
        listening.discard(me)


async def news(room: Room, every_s: float = 1.0) -> AsyncIterator[str]:
    """Yield server-sent events: one at once, one a change, a comment now and then so that a dead line is noticed.

    Each has the mark that pages made since carry as `data-seen`: one that carries another is old. They end when the room is closed.
    """
    before, quiet = None, 0
    while not room.closed:
        seen = await run_in_threadpool(room.seen)
        quiet += 1
        if seen.changed != before:
            before, quiet = seen.changed, 0
            looks = {name: look.at for _, name, look in seen.watches}
            yield f"event: look\ndata: {json.dumps({'seen': seen.changed, 'looks': looks})}\n\n"
        elif quiet >= _QUIET:
            quiet = 0
            yield ": still here\n\n"
        await asyncio.sleep(every_s)


def _document(found: dict[str, Any]) -> Response:
    return Response(wire.encode(found), media_type="application/json")
