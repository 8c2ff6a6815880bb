"""A real server of the S3 dialect on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BUCKET = "market"


@contextmanager
def serving(log: Path) -> Iterator[None]:
    """A bucket on a server in another process, to which AWS's own variables point; what it is asked, it writes to `log`."""
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with log.open("w") as asked, subprocess.Popen(command, stdout=asked, stderr=asked) as process:
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("AWS_ENDPOINT_URL", _address(process, log))
                patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
                patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
                patch.setenv("AWS_REGION", "us-east-1")
                patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
                patch.setenv("AWS_CONFIG_FILE", os.devnull)
                _made(BUCKET)
                yield
        finally:
            process.terminate()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(600):
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
            return found[0]
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(log.read_text())


def _made(name: str) -> None:
    from upath import UPath

    UPath(f"s3://{name}").fs.mkdir(name)
