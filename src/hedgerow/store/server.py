"""Where a journal is: a file, or a schema of a PostgreSQL database, said by a URL that holds no password.

where_of("postgresql://trader@db1,db2/hedgerow?sslmode=verify-full", "live") -> Server
str(server)                                                                    what people see of it

Two machines that name the same server share journal, leases, halts, approvals, messages and plans. Everything behind the
"?" is the driver's own: TLS, several hosts, a service, a file of passwords.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from hedgerow.model.errors import BadConfig

__all__ = ["Server", "Where", "is_url", "state_of", "where_of"]

_SCHEMES = ("postgresql://", "postgres://")
_SECRETS = frozenset({"password", "sslpassword", "oauth_client_secret"})
_NO_SECRETS = (
    "Keep it in a file that only you can read (~/.pgpass, or PGPASSFILE), or in PGPASSWORD; the URL names"
    " user, hosts and database alone."
)


@dataclass(frozen=True, slots=True)
class Server:
    """A schema of a PostgreSQL database. `url` is the driver's, without a password.

    `here` is a folder for what one machine alone knows of it: halts that the server could not be told. None: no such.
    """

    url: str
    schema: str = "hedgerow"
    here: Path | None = field(default=None, compare=False)

    def __str__(self) -> str:
        """Return user, hosts, database and schema."""
        parts = urlsplit(self.url)
        return f"postgresql://{parts.netloc}{parts.path} ({self.schema})"

    @property
    def name(self) -> str:
        """The schema, as a file would have a name."""
        return self.schema

    @property
    def slug(self) -> str:
        """Hosts and database as the name of a folder."""
        parts = urlsplit(self.url)
        hosts = parts.netloc.rpartition("@")[2] or "local"
        text = f"{hosts}-{parts.path.strip('/') or 'default'}"
        return "".join(sign if sign.isalnum() or sign in ".-_" else "_" for sign in text)

    def exists(self) -> bool:
        """Return True: whether anything is in it is known to who asks it, and a server that is away holds something."""
        return True


Where = Path | Server
"""A journal's place."""


def is_url(text: str) -> bool:
    """Return whether a text names a server, and not a folder or a file."""
    return text.startswith(_SCHEMES)


def where_of(text: str, schema: str = "hedgerow", here: Path | None = None) -> Server:
    """Return the server that a URL names.

    Raises `BadConfig` for a URL that holds a password, which it does not repeat, and for one that is none.
    """
    if not is_url(text):
        raise BadConfig(
            f"a journal in {text.partition(':')[0]} is not supported",
            advice="Give the path of a file, or postgresql://USER@HOST/DATABASE.",
        )
    try:
        parts = urlsplit(text)
        options = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        raise BadConfig(
            "this is no address of a server", advice="As in postgresql://USER@HOST/DATABASE."
        ) from None
    user = parts.netloc.rpartition("@")[0]
    if ":" in user or _SECRETS & {name.lower() for name, _ in options}:
        raise BadConfig("the address of a journal holds a password", advice=_NO_SECRETS)
    return Server(text, schema, here)


def state_of(text: str) -> str:
    """Return where somebody says that everything is remembered; raises `BadConfig` for a URL that is none, or holds a password."""
    if is_url(text):
        where_of(text)
    return text
