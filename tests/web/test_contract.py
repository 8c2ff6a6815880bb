"""The API against its own description: whatever is asked by it, no answer is an error of the server, and each is one it names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cli.conftest import BOOK
from tests.web.asking import Page, page_of

from hedgerow.store.halts import halts_of
from hedgerow.web.guard import Bucket, Guard

STREAM = "/api/events"
"""Never ends, and takes nothing: `test_pages` reads it."""
HALTING = "/halt"
EXAMPLES = int(os.environ.get("HEDGEROW_API_EXAMPLES", "15"))
"""For each address; more on a machine that has time."""
GENERATIONS = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("page")
    book = folder / "book.csv"
    book.write_bytes(Path(BOOK).read_bytes())
    made = page_of(str(book), folder / "state", config=folder / "config.toml")
    assert isinstance(made.site, Guard)
    made.site.known = made.site.strangers = Bucket(1e9, 1.0)
    return made


@pytest.fixture(scope="module")
def contract(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.get("/openapi.json").json
    return found


def test_every_address_says_what_it_answers(contract: dict[str, Any]) -> None:
    assert contract["openapi"].startswith("3.1")
    for path, ways in contract["paths"].items():
        for way, told in ways.items():
            assert told["description"], path
            if path == STREAM:
                continue
            assert {"403", "421", "429", "503"} <= set(told["responses"]), path
            assert ("requestBody" in told) == (way == "post"), path
            if way == "get":
                assert "schema" in told["responses"]["200"]["content"]["application/json"], path


@pytest.mark.parametrize(
    "path", ["/api/value", "/api/exposure", "/api/choose", "/api/plan", "/api/plan?target_beta=x"]
)
def test_answers_are_what_the_description_says(page: Page, contract: dict[str, Any], path: str) -> None:
    answer = page.get(path)
    told = contract["paths"][path.partition("?")[0]]["get"]["responses"][str(answer.status)]
    schema = told["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": contract["components"]}).validate(answer.json)


def operations() -> list[tuple[str, str]]:
    gets = (
        "value",
        "exposure",
        "choose",
        "plan",
        "what-if",
        "watch",
        "orders",
        "diary",
        "runs",
        "runs/{name}",
        "venues",
    )
    posts = ("/plan", "/approve-plan", "/approve", "/holdings", "/import", "/take-back", "/beta", HALTING)
    return [
        *(("GET", f"/api/{path}") for path in gets),
        ("GET", "/healthz"),
        *(("POST", path) for path in posts),
    ]


def test_no_address_is_left_out(contract: dict[str, Any]) -> None:
    told = {(way.upper(), path) for path, ways in contract["paths"].items() for way in ways}
    assert set(operations()) == told - {("GET", STREAM)}


def sent(page: Page, case: Any) -> int:
    """Send a generated case as a session's own page would, with its pledge or without, and return the status."""
    query = urlencode({str(k): str(v) for k, v in (case.query or {}).items()}, errors="replace")
    route = case.path
    for name, value in (case.path_parameters or {}).items():
        route = route.replace(f"{{{name}}}", quote(str(value), safe="", errors="replace"))
    path = f"{route}?{query}" if query else route
    if case.method == "GET":
        return page.ask("GET", path).status
    given_fields = case.body if isinstance(case.body, dict) else {"text": str(case.body)}
    fields = {str(k): str(v) for k, v in given_fields.items()}
    if "pledge" in fields:
        fields["pledge"] = page.entry.pledge(page.session)
    if case.path == HALTING:
        fields.pop("pledge", None)  # a halt would stop what the other cases ask for
    return page.ask("POST", path, None, urlencode(fields, errors="replace").encode()).status


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), operations(), ids=str)
def test_no_request_by_the_description_is_an_error_of_the_server(
    page: Page, contract: dict[str, Any], method: str, path: str
) -> None:
    operation = schemathesis.openapi.from_dict(contract)[path][method]
    named = {int(code) for code in contract["paths"][path][method.lower()]["responses"]} | {404}
    strategies = [operation.as_strategy(generation_mode=mode) for mode in GENERATIONS]
    seen: set[int] = set()

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.one_of(*strategies))
    def whatever(case: Any) -> None:
        seen.add(sent(page, case))

    whatever()
    assert seen <= named - {503}, seen
    assert not halts_of(Path(str(page.room.settings.trade.state)) / "paper" / "journal.db").now()
    json.loads(page.get("/api/value").text)
