"""The stand-in server: HTTP and WebSocket on loopback, six venues' dialects, faults between the lines.

    async with serving({"binance": stand}) as base:
        rebase(exchange, base, "binance")        a ccxt exchange now talks to it, and to nobody else

A request is signed, or not let in; so is a socket. An answer is the venue's own document. What goes
wrong is asked for in `stand.faults`.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from hedgerow.testing.standin.dialect import Answer, Dialect, Heard, Refusal, answered
from hedgerow.testing.standin.ears import Ear, postbox
from hedgerow.testing.standin.faults import Fault
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.tongues import dialect_of

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["serving"]

_LOOPBACK = "127.0.0.1"
_NOT_DONE = {"lost", "instead", "slow"}
_ANSWERED = {"late", "old", "empty", "filled", "odd"}


@asynccontextmanager
async def serving(stands: Mapping[str, Stand], port: int = 0) -> AsyncIterator[str]:
    """Serve each stand under its tag on loopback, and yield the address; `port` 0: any that is free.

    Another stand may take the place of one in `stands` at any time.
    """
    from aiohttp import web

    app = web.Application()
    for tag in stands:
        _routes(app, tag, stands)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, _LOOPBACK, port)
    await site.start()
    bound = runner.addresses[0][1]
    try:
        yield f"http://{_LOOPBACK}:{bound}"
    finally:
        await runner.cleanup()


def _routes(app: web.Application, tag: str, stands: Mapping[str, Stand]) -> None:
    dialect = dialect_of(stands[tag].tag)

    async def handle(request: web.Request) -> web.StreamResponse:
        stand = stands[tag]
        heard = Heard(
            request.method,
            request.path.removeprefix(f"/{tag}"),
            request.rel_url.raw_query_string,
            await request.text(),
            {name.upper(): value for name, value in request.headers.items()},
        )
        stand.heard.append(heard.name)
        if heard.headers.get("UPGRADE", "").lower() == "websocket":
            return await _streamed(request, heard, dialect, stand)
        fault = next((fault for fault in stand.faults if fault.takes(heard.name)), None)
        if fault is None and stand.meddler is not None:
            fault = stand.meddler(heard.name)
        if fault is None:
            return _sent(answered(dialect, heard, stand))
        return await _faulty(fault, request, heard, dialect, stand)

    app.router.add_route("*", f"/{tag}/{{rest:.*}}", handle)


async def _faulty(
    fault: Fault, request: web.Request, heard: Heard, dialect: Dialect, stand: Stand
) -> web.StreamResponse:
    from aiohttp import web

    if fault.kind == "late":
        await asyncio.sleep(fault.wait_ms / 1000)
    if fault.kind == "slow":
        stand.later.append((stand.at + fault.wait_ms, lambda: answered(dialect, heard, stand)))
    answer = Answer("") if fault.kind in _NOT_DONE else _done(fault, heard, dialect, stand)
    if fault.kind in {"instead", "after"} and fault.word:
        return _sent(dialect.refused(Refusal(fault.word, fault.word, fault.status)))
    if fault.kind in {"instead", "after"}:
        return web.Response(text=fault.body, status=fault.status, headers=dict(fault.headers))
    if fault.kind in _ANSWERED:
        return _sent(answer)
    if fault.kind == "cut":
        whole = _text(answer).encode()
        response = web.StreamResponse(headers={"Content-Length": str(len(whole))})
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
    return _broken(request)


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _broken(request: web.Request) -> web.Response:
    from aiohttp import web

    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _done(fault: Fault, heard: Heard, dialect: Dialect, stand: Stand) -> Answer:
    """What is answered to a request that was let in: by the venue as it is, as it was, or as it never was."""
    if fault.kind == "old":
        return answered(dialect, heard, stand.as_of(fault.wait_ms))
    if fault.kind == "empty":
        return answered(dialect, heard, stand.emptied())
    if fault.kind == "odd":
        answer = answered(dialect, heard, stand if fault.seen is None else fault.seen(stand))
        return answer if fault.change is None else replace(answer, body=fault.change(answer.body))
    if fault.kind != "filled":
        return answered(dialect, heard, stand)
    twin = stand.twin()
    answer = answered(dialect, heard, twin)
    for order_id in set(stand.state.orders) - set(twin.state.orders):
        stand.fill(stand.state.orders[order_id])
    return answer


async def _streamed(request: web.Request, heard: Heard, dialect: Dialect, stand: Stand) -> web.StreamResponse:
    """Let a client listen for as long as it likes, or until the connection breaks."""
    from aiohttp import web

    voice = dialect.voice
    if voice is None or not re.fullmatch(voice.road, heard.path):
        return web.Response(status=404)
    if stand.meddler is not None and stand.meddler(heard.name) is not None:
        return _broken(request)
    queue, tell = postbox()
    ear = Ear(stand, voice, tell, lambda: _abort(request))
    try:
        if voice.opened is not None:
            voice.opened(heard, ear)
    except Refusal as why:
        return _sent(dialect.refused(why))
    socket = web.WebSocketResponse(autoping=False, compress=False)
    await socket.prepare(request)
    stand.ears.open.append(ear)
    speaking = asyncio.create_task(_speak(socket, queue, packed=voice.packed))
    try:
        await _hear(socket, ear)
    finally:
        speaking.cancel()
        stand.ears.gone(ear)
    return socket


async def _hear(socket: web.WebSocketResponse, ear: Ear) -> None:
    from aiohttp import WSMsgType

    async for message in socket:
        if ear.deaf:
            continue
        if message.type is WSMsgType.PING:
            await socket.pong(message.data)
        elif message.type is WSMsgType.TEXT and ear.voice.heard is not None:
            said = json.loads(message.data) if message.data.startswith("{") else message.data
            for answer in ear.voice.heard(said, ear):
                ear.stand.ears.let_go(ear, answer)


async def _speak(socket: web.WebSocketResponse, queue: asyncio.Queue[object], *, packed: bool) -> None:
    while True:
        message = await queue.get()
        text = message if isinstance(message, str) else json.dumps(message, default=_number)
        if packed:
            await socket.send_bytes(gzip.compress(text.encode()))
        else:
            await socket.send_str(text)


def _sent(answer: Answer) -> web.Response:
    from aiohttp import web

    return web.Response(text=_text(answer), status=answer.status, content_type="application/json")


def _text(answer: Answer) -> str:
    return json.dumps(answer.body, default=_number)


def _number(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} is not said in JSON")
