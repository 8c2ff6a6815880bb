"""What a case of the corpus is: the bytes of a file, and what a reader must make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes under a file's name, and the error expected, or what is read in spite of them.

    `said` is a part of the message or the advice. `line` and `column` are compared where they are given. With `reads`
    the file is read, and that is what must come out: the oddity is harmless, and the table says so.
    """

    name: str
    make: Callable[[], bytes] | bytes | str
    said: str = ""
    line: int | None = None
    column: str = ""
    reads: object = None
    file: str = "book.csv"

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        made = self.make() if callable(self.make) else self.make
        return made.encode() if isinstance(made, str) else made

    @property
    def text(self) -> str:
        """The name of the case, with its format."""
        return f"{self.file.rpartition('.')[2]}: {self.name}"
