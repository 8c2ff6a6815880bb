"""A lake on object storage of the S3 dialect: `s3://BUCKET/FOLDER` where a folder would stand.

root_of("s3://market/lake") -> a path with `/`, `glob`, `exists` and the rest, whose files are objects
told(path)                     a context that turns the errors of the storage into ours
put(data, path)                one object, whole or not there

Who we are and where the storage is, AWS's own variables say: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_REGION, or the profile in ~/.aws. No key is a setting of ours. Nothing is cached: what another machine has just written is
seen. polars and DuckDB read what they need of a file, its footer and the columns asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from hedgerow.model.errors import BadInput, MissingExtra

__all__ = ["SCHEME", "filesystem_of", "is_remote", "mark_of", "put", "root_of", "told"]

SCHEME = "s3://"
_WAIT_S, _TRIES = 10, 3


def is_remote(path: Path) -> bool:
    """Whether a path of a lake is of an object storage."""
    return not isinstance(path, Path)


def root_of(given: str) -> Path:
    """Return the root of a lake, a folder or `s3://BUCKET/FOLDER`.

    Raises `MissingExtra` without the extra `s3`, `BadInput` where the bucket cannot be listed.
    """
    if not given.startswith(SCHEME):
        return Path(given)
    try:
        from upath import UPath
    except ImportError:
        raise MissingExtra(
            "object storage needs more", advice="Install it: pip install 'hedgerow[s3]', or give a folder."
        ) from None
    patience = {"connect_timeout": _WAIT_S, "read_timeout": 6 * _WAIT_S, "retries": {"max_attempts": _TRIES}}
    root = cast(
        "Path", UPath(given, skip_instance_cache=True, use_listings_cache=False, config_kwargs=patience)
    )
    with told(root):
        filesystem_of(root).ls(given.removeprefix(SCHEME).partition("/")[0])
    return root


def filesystem_of(path: Path) -> Any:
    """Return the storage behind a remote path, as fsspec has it."""
    return cast("Any", path).fs


def mark_of(path: Path) -> object:
    """Return what is another one wherever an object was written since."""
    with told(path):
        known = filesystem_of(path).info(str(path))
    return known.get("ETag"), known.get("LastModified"), known.get("size")


def put(data: bytes | memoryview, path: Path) -> None:
    """Put an object in its place, whole or not at all: who reads sees the old one or the new one."""
    with told(path):
        path.write_bytes(bytes(data))


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise `BadInput` where the storage does not answer, refuses, or has no such bucket."""
    if not is_remote(path):
        yield
        return
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, OSError) as why:
        raise BadInput(
            f"the object storage does not give it: {str(why).partition(chr(10))[0] or type(why).__name__}",
            file=str(path),
            advice="Check the bucket, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION.",
        ) from None
