"""What the addresses answer and what the forms take, as OpenAPI tells it: the schemas are the command line's own.

tells("plan") and takes(...) go into a route; describe(site) puts the schemas under them.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["describe", "takes", "tells"]

_SCHEMAS = ("value", "beta", "choose", "plan", "error")
_PLACE = "#/components/schemas"
_STRANGERS = {
    "401": "without a session or a token",
    "403": "sent by another page",
    "421": "under another host's name",
    "429": "too often",
}
_REFUSED = {
    "400": "what was asked means nothing",
    "422": "a file cannot be used",
    "503": "something cannot be read now",
}
_FORMS = {
    "303": "done: the page that shows it",
    "400": "refused, with the reason on a page",
    "403": "not a form of this session's own page, or without the token where it is asked for again",
    "413": "larger than any form of the page",
    "415": "no form",
    "421": _STRANGERS["421"],
    "422": "a file cannot be used; nothing was written",
    "429": _STRANGERS["429"],
    "503": _REFUSED["503"],
}


def tells(schema: str = "") -> dict[str, Any]:
    """Return what a route that answers with JSON says of it in OpenAPI, by one of the command line's schemas or by none."""
    found: dict[str, Any] = {"type": "object"} if not schema else {"$ref": f"{_PLACE}/{schema}"}
    answers: dict[str, Any] = {
        "200": {"description": "the document", "content": {"application/json": {"schema": found}}}
    }
    error = {"application/json": {"schema": {"$ref": f"{_PLACE}/error"}}}
    answers |= {code: {"description": said, "content": error} for code, said in _REFUSED.items()}
    answers |= {code: {"description": said} for code, said in _STRANGERS.items()}
    return {"openapi_extra": {"responses": answers}}


def takes(needed: tuple[str, ...], more: tuple[str, ...] = (), *, file: str = "") -> dict[str, Any]:
    """Return what a route says of the form that it takes: `pledge` is in every form of a session's own page."""
    fields: dict[str, Any] = {name: {"type": "string"} for name in ("pledge", *needed, *more)}
    kinds = ["application/x-www-form-urlencoded"]
    if file:
        fields[file] = {"type": "string", "contentMediaType": "application/octet-stream"}
        kinds.insert(0, "multipart/form-data")
    schema = {"type": "object", "required": ["pledge", *needed], "properties": fields}
    body = {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    answers = {code: {"description": said} for code, said in _FORMS.items()}
    return {"openapi_extra": {"requestBody": body, "responses": answers}, "status_code": 303}


def describe(site: FastAPI) -> None:
    """Let a site describe itself with the schemas that its routes name."""

    def described() -> dict[str, Any]:
        if site.openapi_schema is None:
            made = get_openapi(title=site.title, version=site.version, routes=site.routes, description=_WHAT)
            for ways in made["paths"].values():
                for way in ways.values():
                    _only_ours(way)
            made["components"] = {
                "schemas": {name: _schema(name) for name in _SCHEMAS},
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer", "description": "reads, and only reads"},
                    "session": {"type": "apiKey", "in": "cookie", "name": "hedgerow-PORT"},
                },
            }
            made["security"] = [{"token": []}, {"session": []}]
            site.openapi_schema = made
        return site.openapi_schema

    site.openapi = described  # type: ignore[method-assign]


_WHAT = (
    "A page on this machine. Addresses under /api tell what verbs print with --json. Forms are for a session's own page: they write "
    "the book's file, betas in the settings, plans, approvals and halts, and trade nothing."
)


def _only_ours(way: dict[str, Any]) -> None:
    """Leave out the answer for wrong parameters that the framework would give: here it is a 400 with an error."""
    told = way["responses"].get("422", {})
    schema = told.get("content", {}).get("application/json", {}).get("schema", {})
    if "HTTPValidationError" in schema.get("$ref", ""):
        del way["responses"]["422"]


def _schema(name: str) -> dict[str, Any]:
    text = (files("hedgerow.reports") / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")
    text = text.replace("plan.schema.json#/$defs/", "#/$defs/").replace('"#/$defs/', f'"{_PLACE}/plan/$defs/')
    found: dict[str, Any] = json.loads(text)
    return {key: value for key, value in found.items() if key not in {"$id", "$schema"}}
