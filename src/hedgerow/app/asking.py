"""What is asked for and never shown: passphrases and keys, from a terminal or a file descriptor, never from the words."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from itertools import zip_longest

from hedgerow.model.errors import UsageError
from hedgerow.outlets.redaction import known

__all__ = ["DESCRIPTOR", "asked_key", "asked_lines", "passphrase_from"]

DESCRIPTOR = "HEDGEROW_PASSPHRASE_FD"
_LONGEST = 4_096
_read: dict[tuple[int, int, int], str] = {}
"""What descriptors held, by their number and their file: reading takes it out of a pipe."""
_QUESTIONS = {
    "key": "API key",
    "secret": "API secret",
    "password": "API passphrase, as chosen at the venue",
    "wallet": "wallet address",
}


def passphrase_from(descriptor: int | None) -> Callable[[bool], str]:
    """Return what tells the passphrase: a descriptor, the one that HEDGEROW_PASSPHRASE_FD names, or the terminal.

    A descriptor is read once in the life of a process, to its first line's end, however many ask for what it holds.
    """
    said: list[str] = []

    def ask(new: bool) -> str:
        if not said:
            number = descriptor if descriptor is not None else _named()
            said.append(_prompted(new) if number is None else _line_of(number))
            known(said[0])
        return said[0]

    return ask


def _named() -> int | None:
    text = os.environ.get(DESCRIPTOR)
    if text is None:
        return None
    if not text.isdecimal():
        raise UsageError(f"{DESCRIPTOR} is no number", advice="Name an open file descriptor, such as 3.")
    return int(text)


def _line_of(descriptor: int) -> str:
    data = b""
    try:
        there = os.fstat(descriptor)
        file = (descriptor, there.st_dev, there.st_ino)
        if file in _read:
            return _read[file]
        while b"\n" not in data and len(data) < _LONGEST:
            more = os.read(descriptor, _LONGEST)
            if not more:
                break
            data += more
    except OSError as why:
        raise UsageError(
            f"file descriptor {descriptor} cannot be read: {why.strerror}",
            advice="Open it for the program, as the shell does with 3<FILE.",
        ) from None
    first = data.split(b"\n", 1)[0].rstrip(b"\r")
    if not first:
        raise UsageError(f"file descriptor {descriptor} holds no passphrase", advice="Give one line.")
    _read[file] = first.decode("utf-8", "surrogateescape")
    return _read[file]


def _prompted(new: bool) -> str:
    said = _hidden("Passphrase for the file of keys: ")
    if new and said != _hidden("The same again: "):
        raise UsageError("the two passphrases differ", advice="Try again.")
    return said


def _hidden(question: str) -> str:
    import getpass

    if not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask for the passphrase",
            advice=f"Give it by --passphrase-fd 3 3<FILE, or name the descriptor in {DESCRIPTOR}.",
        )
    return getpass.getpass(question)


def asked_key(fields: tuple[str, ...]) -> dict[str, str]:
    """Return the parts of a key: asked for on a terminal, where what is typed is not shown, else a line each of stdin."""
    return dict(zip(fields, asked_lines(*(_QUESTIONS[name] for name in fields)), strict=True))


def asked_lines(*questions: str) -> tuple[str, ...]:
    """Return secret lines: asked for on a terminal, where what is typed is not shown, else as many lines of stdin.

    Raises `UsageError` for one that is empty or missing.
    """
    import getpass

    if sys.stdin.isatty():
        said = [getpass.getpass(f"{question}: ").strip() for question in questions]
    else:
        said = [line.strip() for line in sys.stdin.read(_LONGEST).splitlines()][: len(questions)]
    missing = [question for question, line in zip_longest(questions, said, fillvalue="") if not line]
    if missing:
        raise UsageError(
            f"no {missing[0]} was given", advice=f"Give a line each, in this order: {', '.join(questions)}."
        )
    return tuple(said)
