"""Put one fault after the other into the modules that money hangs on, and say which of them their own tests do not see.

python -m tests.mutants.run [MODULE…] [--json]        MODULE is the end of a path, as decide or runs/ledger

A module's tests are collected once. Each fault is put into a fork of that process: a function's code is exchanged in
place, wherever it was imported to; a fault outside functions lets the fork import everything anew.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import signal
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / part) for part in ("src", "")]

import pytest  # noqa: E402 - the path above serves a plain start
from tests.mutants.equivalent import EQUIVALENT  # noqa: E402 - as above
from tests.mutants.modules import MODULES, ROOT, name_of  # noqa: E402 - as above
from tests.mutants.mutate import Mutant, mutants_of  # noqa: E402 - as above

__all__ = ["Found", "main", "tried"]

_LONGEST_S = 20
_MEMORY = 4 << 30
_GOAL = 90.0
_OPTIONS = [
    "-x",
    "-q",
    "--no-header",
    "-p",
    "no:cacheprovider",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
]


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a module's faults: those that its tests do not see."""

    path: str
    count: int
    survived: tuple[Mutant, ...]

    @property
    def known(self) -> tuple[Mutant, ...]:
        """Survivors that change nothing, each with its reason in `equivalent.py`."""
        return tuple(each for each in self.survived if each.said in EQUIVALENT.get(self.path, {}))

    @property
    def score(self) -> float:
        """The share that was seen of those that change something, in percent."""
        real = self.count - len(self.known)
        return 100.0 * (self.count - len(self.survived)) / real if real else 100.0


class Trial:
    """A pytest plugin: instead of running the tests once, it runs them once for every fault, in forks."""

    def __init__(self, mutants: Sequence[Mutant], tests: Sequence[str]) -> None:
        self.mutants, self.tests = mutants, tests
        self.survived: list[Mutant] = []
        self.failed_without = False

    def pytest_configure(self) -> None:
        """Let drawn examples be the same for every fault, and none be kept."""
        from hypothesis import settings

        settings.register_profile("mutants", derandomize=True, database=None, print_blob=False)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all items for nothing first, then for each fault."""
        if self._outcome(self._fork(session, None)) != 0:
            self.failed_without = True
            return True
        running: dict[int, Mutant] = {}
        cores = os.cpu_count() or 1
        for mutant in self.mutants:
            if len(running) >= cores:
                self._await(running)
            running[self._fork(session, mutant)] = mutant
        while running:
            self._await(running)
        return True

    def _await(self, running: dict[int, Mutant]) -> None:
        pid, status = os.wait()
        mutant = running.pop(pid)
        if os.waitstatus_to_exitcode(status) == 0:
            self.survived.append(mutant)

    @staticmethod
    def _outcome(pid: int) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def _fork(self, session: pytest.Session, mutant: Mutant | None) -> int:
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
            signal.setitimer(signal.ITIMER_VIRTUAL, _LONGEST_S)  # ends the fork where it never ends
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            code = self._lived(session, mutant)
        finally:
            os._exit(code)

    def _lived(self, session: pytest.Session, mutant: Mutant | None) -> int:
        if mutant is not None and not exchanged(mutant):
            return anew(mutant, self.tests)
        items = session.items
        for place, item in enumerate(items):
            after = items[place + 1] if place + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if session.testsfailed:
                return 1
        return 0


def exchanged(mutant: Mutant) -> bool:
    """Exchange the code of the function that a fault is in; False where it is in none that can be found."""
    found: object = sys.modules.get(mutant.module)
    for name in mutant.where.split(".") if mutant.where else [""]:
        found = getattr(found, "__dict__", {}).get(name)
    found = getattr(found, "fget", found)
    found = getattr(found, "__wrapped__", found)
    if not isinstance(found, types.FunctionType):
        return False
    whole = compile(mutant.source, found.__code__.co_filename, "exec", dont_inherit=True)
    made = next((code for code in _codes(whole) if code.co_qualname == found.__qualname__), None)
    if made is None or made.co_freevars != found.__code__.co_freevars:
        return False
    found.__code__ = made
    return True


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield each
            yield from _codes(each)


class _Instead(MetaPathFinder, Loader):
    """Imports the module that has the fault."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, _path: object, _target: object = None) -> ModuleSpec | None:
        """Answer for that one module."""
        return ModuleSpec(name, self) if name == self.mutant.module else None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the source with the fault."""
        exec(compile(self.mutant.source, self.mutant.module, "exec"), module.__dict__)  # noqa: S102 - that is the point


def anew(mutant: Mutant, tests: Sequence[str]) -> int:
    """Forget everything of ours, and import and run it with the fault."""
    for name in [name for name in sys.modules if name.partition(".")[0] in {"hedgerow", "tests"}]:
        if not name.startswith("tests.mutants"):
            del sys.modules[name]
    importlib.invalidate_caches()
    sys.meta_path.insert(0, _Instead(mutant))
    return int(pytest.main([*_OPTIONS, *tests]))


def tried(paths: Sequence[str]) -> list[Found]:
    """Return what came of the faults of modules whose tests are the same."""
    mutants = {path: mutants_of((ROOT / path).read_text(encoding="utf-8"), name_of(path)) for path in paths}
    tests = MODULES[paths[0]]
    trial = Trial([each for own in mutants.values() for each in own], tests)
    pytest.main([*_OPTIONS, *tests], plugins=[trial])
    if trial.failed_without:
        raise SystemExit(f"the tests of {', '.join(paths)} fail without any fault")
    return [
        Found(path, len(own), tuple(m for m in trial.survived if m.module == name_of(path)))
        for path, own in mutants.items()
    ]


def main(words: list[str] | None = None) -> int:
    """Print the table and the survivors; 1 where a module is below the goal."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(words)
    chosen = [
        path
        for path in MODULES
        if not asked.modules or any(path.removesuffix(".py").endswith(name) for name in asked.modules)
    ]
    if not chosen:
        parser.error(f"no such module; there are {', '.join(MODULES)}")
    os.chdir(ROOT)
    found: list[Found] = []
    for tests in dict.fromkeys(MODULES[path] for path in chosen):
        found += tried([path for path in chosen if MODULES[path] == tests])
    _say(found, as_json=asked.json)
    return 1 if any(one.score < _GOAL for one in found) else 0


def _say(found: Sequence[Found], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"module": f.path, "mutants": f.count, "survived": len(f.survived), "score": f.score}
            for f in found
        ]
        sys.stdout.write(json.dumps(rows) + "\n")
        return
    lines = [
        "| module | faults | seen | not seen | of these, change nothing | score |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for one in found:
        left = len(one.survived)
        cells = f"{one.count} | {one.count - left} | {left} | {len(one.known)} | {one.score:.1f} %"
        lines.append(f"| `{one.path.removeprefix('src/hedgerow/')}` | {cells} |")
    whole = sum(one.count for one in found)
    left = sum(len(one.survived) for one in found)
    same = sum(len(one.known) for one in found)
    share = 100.0 * (whole - left) / (whole - same)
    lines.append(
        f"{whole} faults, {whole - left} seen, {same} that change nothing: {share:.1f} % of the others"
    )
    for one in found:
        for each in sorted(one.survived, key=lambda m: m.line):
            mark = "changes nothing" if each in one.known else "NOT SEEN"
            lines.append(f"{mark} {one.path}:{each.line} {each.said}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
