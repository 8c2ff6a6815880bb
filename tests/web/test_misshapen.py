"""Misshapen requests by the hundred: each gets an answer, none of them an error of the server, and nothing is written."""

from __future__ import annotations

import random
from pathlib import Path

from tests.cli.conftest import BOOK
from tests.web.asking import Page, page_of

from hedgerow.store.halts import halts_of
from hedgerow.web.guard import Bucket, Guard

PATHS = (
    *("/", "/watch", "/login", "/static/page.css", "/static/", "/approve", "/halt", "/nowhere"),
    *("/api/plan", "/api/what-if", "/api/watch", "/api/", "/openapi.json", "/healthz"),
)
VALUES = ("1", "-0", "1e-320", "５", "%00", "%ff", "0.1&target_beta=2", "-5", "5.0000001", "[]", "nan")


def junk(draw: random.Random, most: int) -> str:
    return "".join(chr(draw.randrange(1, 256)) for _ in range(draw.randrange(most)))


def asked(draw: random.Random, page: Page) -> int:
    """Send one request, and return its status."""
    method = draw.choice(["GET", "POST", "HEAD", "PUT", "get"])
    path = draw.choice(PATHS) + (junk(draw, 6).replace("?", "") if draw.random() < 0.2 else "")
    if draw.random() < 0.6:
        name = draw.choice(["target_beta", "code", "done", "x"])
        path += f"?{name}={draw.choice([junk(draw, 12), *VALUES])}"
    names = ("cookie", "origin", "content-type", "authorization")
    headers = {name: junk(draw, 40) for name in names if draw.random() < 0.2}
    pledge = page.entry.pledge(page.session)
    form = f"pledge={pledge}&proposal={junk(draw, 20)}&who={junk(draw, 10)}".encode("latin-1")
    body = draw.choice([junk(draw, 60).encode("latin-1"), form, b"&".join([b"a=1"] * 50)])
    if path.startswith("/halt"):
        body = b"why=x"
    return page.ask(method, path, headers, body if method == "POST" else b"").status


def test_no_request_breaks_the_server(tmp_path: Path) -> None:
    page = page_of(BOOK, tmp_path / "state")
    assert isinstance(page.site, Guard)
    page.site.known = page.site.strangers = Bucket(1e9, 1.0)
    draw = random.Random(7)  # noqa: S311
    statuses = {asked(draw, page) for _ in range(600)}
    assert max(statuses) < 500
    assert {200, 303, 400, 401, 403, 404, 405, 415} <= statuses
    assert not halts_of(tmp_path / "state" / "paper" / "journal.db").now()
    assert page.press("/approve", {str(n): "1" for n in range(20)}).status == 400
