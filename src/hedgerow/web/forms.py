"""Forms as a page of ours sends them: fields, and a file where one is given; and whether it was this session's page.

form = await form_of(request)          form.fields["who"], form.files["file"]
form = await pledged(request, entry, port)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

from hedgerow.web.entry import Entry, same
from hedgerow.web.guard import session_of

__all__ = ["Form", "form_of", "pledged"]

_FIELDS = 10
_MANY = 2_000
_PLAIN, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent: text by name, the last of a name; files by name as (their own name, bytes)."""

    fields: dict[str, str]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Return a field's text, "" where it is not there."""
        return self.fields.get(name, "")


async def form_of(request: Request, *, many: bool = False) -> Form:
    """Return the form that a request carries; raises a 415 or a 400 for what is none. `many`: a field for each row of a book."""
    said = request.headers.get("content-type", "")
    kind, body = said.partition(";")[0].strip().lower(), await request.body()
    if kind == _PARTS:
        return _parts(said, body)
    if kind != _PLAIN:
        raise HTTPException(415, "a form is expected")
    text = body.decode("utf-8", errors="replace")
    try:
        found = parse_qs(text, keep_blank_values=many, max_num_fields=_MANY if many else _FIELDS)
    except ValueError:
        raise HTTPException(400, "no form of this page has so many fields") from None
    return Form({name: texts[-1] for name, texts in found.items()})


async def pledged(request: Request, entry: Entry, port: int, *, many: bool = False) -> Form:
    """Return a form that this session's own page sent; raises a 403 for any other."""
    form = await form_of(request, many=many)
    session = session_of(request.headers, port)
    if not session or not same(form.get("pledge"), entry.pledge(session)):
        raise HTTPException(403, "this form is not of this session; nothing was done. Load the page again.")
    return form


def _parts(said: str, body: bytes) -> Form:
    """The parts of a form with a file, by the parser of the standard library."""
    head = b"Content-Type: " + said.encode("latin-1", errors="replace") + b"\r\n\r\n"
    parts = BytesParser().parsebytes(head + body).get_payload()
    if not isinstance(parts, list) or len(parts) > _FIELDS:
        raise HTTPException(400, "this form cannot be read")
    form = Form({})
    for part in parts:
        if isinstance(part, Message):
            _take(part, form)
    return form


def _take(part: Message, form: Form) -> None:
    name = part.get_param("name", header="content-disposition")
    file = part.get_param("filename", header="content-disposition")
    data = part.get_payload(decode=True)
    if not isinstance(name, str) or not isinstance(data, bytes):
        return
    if file is None:
        form.fields[name] = data.decode("utf-8", errors="replace")
    elif data:
        form.files[name] = (file if isinstance(file, str) else "", data)
