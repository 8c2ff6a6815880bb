"""A passphrase from a descriptor: read once, and known to everybody in the process who asks."""

from __future__ import annotations

import os

import pytest

from hedgerow.app.asking import passphrase_from
from hedgerow.model.errors import UsageError
from hedgerow.outlets.redaction import redacted


def test_everybody_in_a_process_is_told_what_one_descriptor_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of two venues and the addresses of who is told are opened each by its own asker."""
    reads, writes = os.pipe()
    os.write(writes, b"correct horse battery\nanother line\n")
    monkeypatch.setenv("HEDGEROW_PASSPHRASE_FD", str(reads))
    try:
        said = {passphrase_from(None)(False) for _ in range(3)} | {passphrase_from(reads)(False)}
    finally:
        os.close(reads)
        os.close(writes)
    assert said == {"correct horse battery"}
    assert redacted("it was correct horse battery!") == "it was …!"


def test_another_file_of_the_same_number_is_another_passphrase() -> None:
    found = []
    for words in (b"the first one\n", b"the second one\n"):
        reads, writes = os.pipe()
        os.write(writes, words)
        os.close(writes)
        found.append(passphrase_from(reads)(False))
        os.close(reads)
    assert found == ["the first one", "the second one"]


def test_a_descriptor_that_is_closed_or_empty_is_said() -> None:
    reads, writes = os.pipe()
    os.close(writes)
    with pytest.raises(UsageError, match="holds no passphrase"):
        passphrase_from(reads)(False)
    os.close(reads)
    with pytest.raises(UsageError, match="cannot be read"):
        passphrase_from(reads)(False)
