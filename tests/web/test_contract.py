"""The API against its own description: every address and form is in it, and answers are what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.cli.conftest import BOOK
from tests.web.asking import Page, page_of

from hedgerow.web.guard import Bucket, Guard

STREAM = "/api/events"
"""Never ends, and takes nothing: `test_pages` reads it."""


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
    posts = {path for path, ways in contract["paths"].items() if "post" in ways}
    assert posts == {
        "/plan",
        "/approve-plan",
        "/approve",
        "/halt",
        "/holdings",
        "/import",
        "/take-back",
        "/beta",
    }


@pytest.mark.parametrize(
    "path", ["/api/value", "/api/exposure", "/api/choose", "/api/plan", "/api/plan?target_beta=x"]
)
def test_answers_are_what_the_description_says(page: Page, contract: dict[str, Any], path: str) -> None:
    answer = page.get(path)
    told = contract["paths"][path.partition("?")[0]]["get"]["responses"][str(answer.status)]
    schema = told["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": contract["components"]}).validate(answer.json)
