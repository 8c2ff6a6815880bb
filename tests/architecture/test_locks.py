"""The locks pin and hash every package for every Python we promise, and say nothing about where from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.architecture.sources import ROOT

PYTHONS = ("3.11.9", "3.12.9", "3.13.2", "3.14.1")
RUN = ("live", "web", "notify", "postgresql")
EXTRAS = {
    "requirements.lock": RUN,
    "requirements-dev.lock": (*RUN, "s3", "dev"),
    "requirements-bench.lock": ("live", "bench"),
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked(path: Path) -> list[tuple[Requirement, frozenset[str]]]:
    """Each pinned requirement of a lock with its hashes; anything else in the file is an error."""
    found = []
    for entry in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split(" --hash=sha256:")
        assert hashes, entry
        assert all(re.fullmatch("[0-9a-f]{64}", digest.strip()) for digest in hashes), entry
        found.append((Requirement(requirement), frozenset(digest.strip() for digest in hashes)))
    return found


def environment(python: str) -> dict[str, str]:
    short = ".".join(python.split(".")[:2])
    return {
        "python_version": short,
        "python_full_version": python,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
    }


def pins(path: Path, python: str) -> dict[str, str]:
    """What the lock installs on one Python: name to version, each name once."""
    chosen: dict[str, str] = {}
    for requirement, _ in locked(path):
        if requirement.marker is None or requirement.marker.evaluate(environment(python)):
            (pin,) = requirement.specifier
            name = canonicalize_name(requirement.name)
            assert pin.operator == "==", str(requirement)
            assert name not in chosen, str(requirement)
            chosen[name] = pin.version
    return chosen


@pytest.mark.parametrize("lock", EXTRAS)
def test_no_address_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "/" not in text
    assert "--index" not in text
    assert "--find" not in text


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", EXTRAS)
def test_lock_answers_every_dependency(lock: str, python: str) -> None:
    chosen = pins(ROOT / lock, python)
    asked = [*PROJECT["dependencies"]]
    for extra in EXTRAS[lock]:
        asked += PROJECT["optional-dependencies"][extra]
    for requirement in map(Requirement, asked):
        version = chosen[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), str(requirement)


def test_what_is_checked_is_what_runs() -> None:
    for python in PYTHONS:
        run, dev = (pins(ROOT / lock, python) for lock in ("requirements.lock", "requirements-dev.lock"))
        assert run.items() <= dev.items()
    hashes = {(r.name, str(r.specifier)): digests for r, digests in locked(ROOT / "requirements-dev.lock")}
    assert all(
        hashes[r.name, str(r.specifier)] == digests for r, digests in locked(ROOT / "requirements.lock")
    )


def test_every_python_promised_is_locked() -> None:
    promised = {line.rpartition(" ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line}
    assert promised == {".".join(python.split(".")[:2]) for python in PYTHONS}
