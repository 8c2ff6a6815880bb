"""Who is told on the command line: `notify add`, `notify list`, `notify test`, `notify remove`. No address is ever an argument."""

from __future__ import annotations

import getpass
from typing import Annotated

from cyclopts import App, Parameter

from hedgerow.app.asking import asked_lines, passphrase_from
from hedgerow.cli.options import Descriptor, Output, Vault, settings_of
from hedgerow.cli.output import answer

__all__ = ["acknowledge", "notify"]

notify = App(
    name="notify",
    help="Who is told of alarms: targets added, listed, tested, removed.",
    help_format="plaintext",
)

Name = Annotated[str, Parameter(help="A name of your choice: phone, desk-mail.")]


@notify.command
def add(
    name: Name,
    /,
    *,
    store: Vault = None,
    passphrase: Descriptor = None,
    output: Output | None = None,
) -> int:
    """Ask for the address of a service that takes messages, as Apprise writes it, and keep it like a key.

    Without a terminal it is read from stdin, one line. It is not sent to: `hedgerow notify test` does that.
    """
    from hedgerow.app import notify as targets

    shown = output or Output()
    (address,) = asked_lines("address of the service")
    kind = targets.add(settings_of(shown), name, address, passphrase_from(passphrase), store)
    said = f"{name} is told by {kind}. Try it: hedgerow notify test {name}"
    answer(lambda: {"target": name, "service": kind}, lambda: said, shown)
    return 0


@notify.default
@notify.command(name="list")
def listed(*, output: Output | None = None) -> int:
    """List who is told, from which level on, and where the addresses lie; no passphrase is needed."""
    from hedgerow.app import notify as targets
    from hedgerow.reports.notice_text import targets_json, targets_text

    shown = output or Output()
    rows = [(one.name, one.level, one.where, one.why) for one in targets.listed(settings_of(shown))]
    answer(lambda: targets_json(rows), lambda: targets_text(rows), shown)
    return 0


@notify.command(name="test")
def try_out(
    name: Annotated[str | None, Parameter(help="One target; without it, all.")] = None,
    /,
    *,
    passphrase: Descriptor = None,
    output: Output | None = None,
) -> int:
    """Send a test message now and say what came of it; exit 5 where a target did not take it."""
    from hedgerow.app import notify as targets
    from hedgerow.reports.notice_text import tested_json, tested_text

    shown = output or Output()
    done = targets.tried_out(settings_of(shown), passphrase_from(passphrase), name)
    rows = [(one.name, one.level, one.where, one.why) for one in done]
    answer(lambda: tested_json(rows), lambda: tested_text(rows), shown)
    return 5 if any(one.why for one in done) else 0


@notify.command(name=["remove", "rm"])
def remove(name: Name, /, *, passphrase: Descriptor = None, output: Output | None = None) -> int:
    """Forget a target. Exit 1 where there was none."""
    from hedgerow.app import notify as targets

    where = targets.remove(name, passphrase_from(passphrase))
    said = f"{name} is told no more." if where else f"There was no target {name}."
    answer(lambda: {"target": name, "removed_from": list(where)}, lambda: said, output or Output())
    return 0 if where else 1


def acknowledge(
    *,
    who: Annotated[str | None, Parameter(help="Your name; without it the one you are logged in by.")] = None,
    output: Output | None = None,
) -> int:
    """Say that you have seen every alarm that is on and every message that did not get through; nothing else changes.

    `hedgerow watchdog` asks for it where a critical alarm stays.
    """
    from hedgerow.app.seen import acknowledged
    from hedgerow.reports.wording import counted

    shown = output or Output()
    name = getpass.getuser() if who is None else who
    alarms, messages = acknowledged(settings_of(shown), name)
    said = f"Seen by {name}: {counted(alarms, 'alarm')}, {counted(messages, 'message')}."
    answer(lambda: {"who": name, "alarms": alarms, "messages": messages}, lambda: said, shown)
    return 0
