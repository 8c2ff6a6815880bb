"""Keys of venues on the command line: `keys add`, `keys list`, `keys check`, `keys remove`. No key is ever an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from hedgerow.app.asking import asked_key, passphrase_from
from hedgerow.cli.options import Descriptor, Output, Vault, settings_of
from hedgerow.cli.output import answer

if TYPE_CHECKING:
    from hedgerow.app.keys import Checked

__all__ = ["keys"]

keys = App(name="keys", help="Keys of venues: added, listed, checked, removed.", help_format="plaintext")

Venue = Annotated[
    str,
    Parameter(
        help="binance, bybit, bingx, weex, mexc, hyperliquid or deribit; of another account with a label: bybit/desk2."
    ),
]


@keys.command
def add(
    venue: Venue,
    /,
    *,
    store: Vault = None,
    passphrase: Descriptor = None,
    output: Output | None = None,
) -> int:
    """Ask for a key, ask the venue what it may do, and keep it; exit 1 where it may not be used for live trading.

    Without a terminal the key is read from stdin: key, secret and, where the venue has one, password, a line each.
    """
    from hedgerow.app import keys as vault

    shown = output or Output()
    given = asked_key(vault.wanted(venue))
    done = vault.add(settings_of(shown), venue, given, passphrase_from(passphrase), store)
    return _tell(done, f"The key of {done.venue} is kept.", shown)


@keys.default
@keys.command(name="list")
def listed(*, output: Output | None = None) -> int:
    """List whose keys there are, and where; no passphrase is needed."""
    from hedgerow.app import keys as vault
    from hedgerow.reports.key_text import keys_json, keys_text

    lines = [(one.venue, one.where) for one in vault.listed()]
    answer(lambda: keys_json(lines), lambda: keys_text(lines), output or Output())
    return 0


@keys.command
def check(venue: Venue, /, *, passphrase: Descriptor = None, output: Output | None = None) -> int:
    """Ask the venue what its key may do; exit 1 where it may not be used for live trading."""
    from hedgerow.app import keys as vault

    shown = output or Output()
    done = vault.check(settings_of(shown), venue, passphrase_from(passphrase))
    return _tell(done, f"The key of {done.venue}:", shown)


@keys.command(name=["remove", "rm"])
def remove(venue: Venue, /, *, passphrase: Descriptor = None, output: Output | None = None) -> int:
    """Forget a venue's key; delete it at the venue too. Exit 1 where there was none."""
    from hedgerow.app import keys as vault
    from hedgerow.reports.layout import line, page

    where = vault.remove(venue, passphrase_from(passphrase))
    said = (
        f"Removed from {', '.join(where)}. Delete it at {venue} too."
        if where
        else f"There was no key of {venue}."
    )
    answer(
        lambda: {"venue": venue, "removed_from": list(where)}, lambda: page(line(said)), output or Output()
    )
    return 0 if where else 1


def _tell(done: Checked, head: str, shown: Output) -> int:
    from hedgerow.reports.key_text import key_json, key_text

    answer(
        lambda: key_json(done.venue, done.said, done.warnings, done.refusal),
        lambda: key_text(head, done.said, done.warnings, done.refusal),
        shown,
    )
    return 1 if done.refusal else 0
