"""Bytes of a file and the text in them: what is opened, how it is decoded, how it is shown again."""

from __future__ import annotations

import stat
from pathlib import Path

from hedgerow.model.errors import BadInput

__all__ = ["checked", "file_name", "first_line", "is_folder", "opened", "shown", "text_of"]

_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


def shown(text: str, longest: int = 60) -> str:
    """Return `text` as a message may repeat it: printable, and cut; nothing a terminal obeys."""
    cut = text if len(text) <= longest else text[:longest] + "…"
    return "".join(c if c.isprintable() else "\ufffd" for c in cut)


def file_name(path: Path) -> str:
    """Return the name of a file as a message may repeat it."""
    return shown(path.name or str(path), 120)


def first_line(why: Exception | BaseException) -> str:
    """Return the first line of what a library said, as a message may repeat it."""
    return shown((str(why).strip().splitlines() or [type(why).__name__])[0], 160)


def is_folder(path: Path) -> bool:
    """Return whether `path` is a folder; one that cannot even be asked is none."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def checked(path: Path, largest: int, error: type[BadInput], advice: str) -> None:
    """Raise `error` unless `path` is a regular file, links followed, of at most `largest` bytes.

    The kind of file is asked before it is opened, so that no pipe or device is waited for.
    """
    file = file_name(path)
    try:
        status = path.stat()
    except (OSError, ValueError) as why:
        raise _closed(why, path, error) from None
    if not stat.S_ISREG(status.st_mode):
        raise error(f"is {_kind(status.st_mode)}, not a file", file=file, advice=advice)
    if status.st_size > largest:
        raise error(f"is larger than {largest >> 20} MB", file=file, advice=advice)


def opened(path: Path, largest: int, error: type[BadInput], advice: str) -> bytes:
    """Return the bytes of a regular file of at most `largest` bytes. Raises `error`."""
    checked(path, largest, error, advice)
    try:
        with path.open("rb") as handle:
            data = handle.read(largest + 1)
    except OSError as why:
        raise _closed(why, path, error) from None
    if len(data) > largest:
        raise error(f"is larger than {largest >> 20} MB", file=file_name(path), advice=advice)
    return data


def _closed(why: OSError | ValueError, path: Path, error: type[BadInput]) -> BadInput:
    reason = getattr(why, "strerror", None) or "not a usable path"
    return error(f"cannot be opened: {reason}", file=file_name(path), advice="Check the path.")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device or a socket"


def text_of(data: bytes, file: str, error: type[BadInput], advice: str) -> str:
    r"""Return the text of a file, lines ended by `\n`. Raises `error` for what is no text.

    UTF-8, with or without a mark at its beginning, and UTF-16 with one are read.
    """
    if data.startswith(_SPREADSHEETS):
        raise error("is a spreadsheet or an archive", file=file, advice="Export it as CSV.")
    if data.startswith(_COMPRESSED):
        raise error("is compressed", file=file, advice="Unpack it first.")
    coding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = data.decode(coding)
    except UnicodeDecodeError as why:
        line = data[: why.start].count(b"\n") + 1
        raise error("is not UTF-8 text", file=file, line=line, advice="Save it as UTF-8.") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise error("holds a NUL character", file=file, line=line, advice="Save it as UTF-8 text.")
    if not text.strip():
        raise error("is empty", file=file, advice=advice)
    return text
