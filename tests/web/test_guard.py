"""Who is let in: this machine's own page and whoever has the token, and nobody else by any way we know."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from tests.web.asking import OURS, PORT, Page, page_of

from hedgerow.config import Settings
from hedgerow.model.errors import BadConfig, UsageError
from hedgerow.store.halts import halts_of
from hedgerow.web.entry import Entry, entry_of
from hedgerow.web.guard import Bucket, cookie_of
from hedgerow.web.server import opened

ROOT = Path(__file__).resolve().parents[2]
DEMO = str(ROOT / "src/hedgerow/cli/demo.csv")
ADDRESSES = ("/", "/exposure", "/hedge", "/watch", "/api/value", "/api/watch", "/api/events", "/openapi.json")


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return page_of(DEMO, tmp_path / "state")


def halted(tmp_path: Path) -> int:
    return len(halts_of(tmp_path / "state" / "paper" / "journal.db").now())


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", f"localhost.evil.example:{PORT}", ""]
)
def test_a_foreign_host_is_misdirected_whoever_asks(page: Page, host: str) -> None:
    for path in ("/", "/healthz", "/login", "/static/page.css", "/api/value"):
        assert page.get(path, host=host).status == 421
    assert page.get("/healthz", host=None).status == 421
    assert page.get("/healthz", host=f"LOCALHOST:{PORT}").status == 200


@pytest.mark.parametrize("path", ADDRESSES)
def test_without_a_session_nothing_is_told(page: Page, path: str) -> None:
    for cookie in (
        None,
        f"{cookie_of(PORT)}=",
        f"{cookie_of(PORT)}=1.x.y",
        f"{cookie_of(PORT + 1)}={page.session}",
        "a=\x01;=",
    ):
        answer = page.get(path, cookie=cookie)
        assert answer.status in {303, 401}
        assert "270,4" not in answer.text
        assert answer.headers.get("location", "/login") == "/login"


def test_a_token_reads_and_only_reads(page: Page, tmp_path: Path) -> None:
    bearer = f"Bearer {page.entry.token}"
    assert page.get("/api/watch", cookie=None, authorization=bearer).status == 200
    assert page.get("/openapi.json", cookie=None, authorization=bearer).json["info"]["title"] == "Hedgerow"
    assert page.get("/api/watch", cookie=None, authorization=f"Bearer {page.entry.token}x").status == 401
    assert page.post("/halt", {"why": "x"}, cookie=None, authorization=bearer).status == 303
    assert halted(tmp_path) == 0


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_no_page_of_a_stranger_is_offered(page: Page, path: str) -> None:
    assert page.get(path).status == 404


FOREIGN = (
    {"origin": "https://evil.example", "sec_fetch_site": "cross-site"},
    {"origin": "https://evil.example", "sec_fetch_site": None},
    {"origin": f"http://127.0.0.1:{PORT + 1}", "sec_fetch_site": "same-site"},
    {"origin": "null", "sec_fetch_site": "cross-site"},
    {"origin": "null", "sec_fetch_site": None},
    {"origin": None, "sec_fetch_site": None},
    {"origin": OURS, "sec_fetch_site": "cross-site"},
    {"origin": f"http://localhost:{PORT}", "sec_fetch_site": None},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_post_of_another_page_does_nothing(
    page: Page, tmp_path: Path, headers: dict[str, str | None]
) -> None:
    form = {"pledge": page.entry.pledge(page.session), "why": "x"}
    assert page.post("/halt", form, **headers).status == 403
    assert page.post("/login", {"token": page.entry.token}, cookie=None, **headers).status == 403
    assert halted(tmp_path) == 0


def test_a_form_without_this_sessions_pledge_does_nothing(page: Page, tmp_path: Path) -> None:
    other = page.entry.session()
    for pledge in ("", "x", page.entry.pledge(other), page.entry.pledge("")):
        assert page.post("/halt", {"pledge": pledge, "why": "x"}).status == 403
        assert page.post("/approve", {"pledge": pledge, "proposal": "abcdef", "who": "Ann"}).status == 403
    assert page.ask("POST", "/halt", {"content-type": "text/plain"}, b"pledge=x").status == 415
    assert page.ask("POST", "/halt", {"content-length": "5000"}, b"x").status == 413
    assert page.ask("POST", "/halt", {"content-length": None}, b"x").status == 413
    assert page.ask("POST", "/halt", {"transfer-encoding": "chunked"}, b"x").status == 413
    assert halted(tmp_path) == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_nothing_changes_but_by_post(page: Page, tmp_path: Path, method: str) -> None:
    for path in ("/halt?why=x", "/approve?proposal=abcdef"):
        assert page.ask(method, path).status == 405
    assert halted(tmp_path) == 0


def test_reading_across_sites_is_refused_and_never_shared(page: Page) -> None:
    assert page.get("/api/value", sec_fetch_site="cross-site", sec_fetch_mode="no-cors").status == 403
    assert page.get("/api/events", origin="https://evil.example").status == 403
    assert page.get("/healthz", sec_fetch_site="same-site", sec_fetch_mode="cors").status == 403
    answer = page.get("/healthz", sec_fetch_site="none", sec_fetch_mode="navigate")
    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/", "/nowhere", "/healthz", "/static/page.js", "/login", "/api/nothing"])
def test_every_answer_is_marked(page: Page, path: str) -> None:
    for answer in (page.get(path), page.get(path, cookie=None), page.get(path, host="evil.example")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/entry.py",
        "/static//etc/passwd",
        "/static/book.html",
        "/static/page.css/../../entry.py",
        "/../../../../etc/passwd",
        "/static/page.css\x00.py",
    ],
)
def test_no_path_leads_out_of_the_page(page: Page, path: str) -> None:
    for cookie in (f"{cookie_of(PORT)}={page.session}", None):
        answer = page.get(path, cookie=cookie)
        assert answer.status in {303, 404}
        assert "import" not in answer.text
        assert "root:" not in answer.text


def test_the_link_opens_once_and_the_token_always(page: Page) -> None:
    assert page.get("/login?code=wrong", cookie=None).status == 403
    code = page.entry.code
    let_in = page.get(f"/login?code={code}", cookie=None)
    assert (let_in.status, let_in.headers["location"]) == (303, "/")
    cookie = let_in.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert page.get(f"/login?code={code}", cookie=None).status == 403
    assert page.get("/login?code=", cookie=None).status == 200
    assert page.get("/healthz", cookie=cookie.partition(";")[0]).status == 200
    assert page.get("/api/watch", cookie=cookie.partition(";")[0]).status == 200
    assert page.post("/login", {"token": "wrong"}, cookie=None).status == 403
    assert page.post("/login", {"token": page.entry.token}, cookie=None).status == 303


def test_sessions_and_links_end() -> None:
    now = [1_000_000.0]
    entry = Entry("t" * 43, lambda: now[0])
    session, code = entry.session(), entry.code
    assert entry.admits(session)
    assert not Entry("u" * 43, lambda: now[0]).admits(session)
    assert Entry("t" * 43, lambda: now[0]).admits(session)  # a restart does not end it
    began, rest = session.split(".", 1)
    assert not entry.admits(f"{int(began) + 1}.{rest}")
    now[0] += 601.0
    assert not entry.redeem(code)
    now[0] += 7 * 86_400
    assert not entry.admits(session)


def test_too_many_requests_wait() -> None:
    now = [0.0]
    bucket = Bucket(3.0, 1.0, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 1.0
    assert [bucket.take(), bucket.take()] == [True, False]


def test_a_guesser_of_tokens_is_slowed_and_the_owner_is_not(page: Page) -> None:
    statuses = [page.post("/login", {"token": str(i)}, cookie=None).status for i in range(40)]
    assert statuses[0] == 403
    assert statuses[-1] == 429
    assert page.get("/api/watch").status == 200


def test_the_token_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    first = entry_of(folder)
    path = folder / "web-token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first.token) >= 40
    assert entry_of(folder).token == first.token
    assert entry_of(folder).code != first.code
    assert [each.name for each in folder.iterdir()] == ["web-token"]
    path.chmod(0o644)
    with pytest.raises(BadConfig, match="others may read"):
        entry_of(folder)
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text("x" * 43)
    with pytest.raises(BadConfig):
        entry_of(folder)
    path.unlink()
    os.close(os.open(path, os.O_CREAT, 0o600))
    with pytest.raises(BadConfig, match="no token"):
        entry_of(folder)


@pytest.mark.parametrize("listen", ["0.0.0.0", "::", "192.168.1.7", "localhost", ""])  # noqa: S104
def test_only_this_machine_is_listened_to(listen: str) -> None:
    with pytest.raises(UsageError, match="this machine alone"):
        opened(Settings(), DEMO, 0, listen)


def test_a_port_that_is_taken_or_none_is_told(tmp_path: Path) -> None:
    from dataclasses import replace

    settings = replace(Settings(), trade=replace(Settings().trade, state=str(tmp_path)))
    first = opened(settings, DEMO, 0)
    with first.socket:
        assert first.socket.getsockname()[0] == "127.0.0.1"
        with pytest.raises(BadConfig, match="cannot be listened to"):
            opened(settings, DEMO, first.port)
    with pytest.raises(UsageError, match="no port"):
        opened(settings, DEMO, 70_000)
