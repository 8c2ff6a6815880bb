"""Live seeds through our adapters, real ccxt and HTTP at each venue's stand-in, and print what each fault came to.

python -m tests.testing.standin.run [200] [--venues binance,bybit] [--first 0] [--json] [--js]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[3] / part) for part in ("src", "")]

from tests.testing.standin.clients import only_loopback  # noqa: E402 - the path above serves `python …/run.py`
from tests.testing.standin.second import speaks  # noqa: E402

from hedgerow.testing.faults.report import Report  # noqa: E402
from hedgerow.testing.standin.option_lives import inn_of  # noqa: E402
from hedgerow.testing.standin.tongues import OPTIONS, TONGUES  # noqa: E402
from hedgerow.testing.standin.trouble import ON_THE_WIRE  # noqa: E402

__all__ = ["lived", "main"]


async def lived(tag: str, seeds: range, *, stream: bool = True) -> Report:
    """Return what came of the seeds at a venue, with the account's stream or by REST alone."""
    report = Report()
    async with inn_of(tag, stream=stream) as inn:
        for seed in seeds:
            report += Report.of_one(await inn.live(seed))
    return report


def main(words: list[str] | None = None) -> int:
    """Run what the command line asks for and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("seeds", type=int, nargs="?", default=200)
    parser.add_argument("--venues", default=",".join(TONGUES + OPTIONS))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--js", action="store_true", help="the second client instead: ccxt for JavaScript, by npm"
    )
    asked = parser.parse_args(words)
    if asked.js:
        return _second(asked.venues.split(","))
    logging.disable(logging.CRITICAL)  # a server that hangs up is what is played here
    failed = 0
    for tag in asked.venues.split(","):
        started = time.monotonic()
        with only_loopback():
            report = asyncio.run(lived(tag, range(asked.first, asked.first + asked.seeds)))
        failed += len(report.violations)
        _print(tag, report, time.monotonic() - started, as_json=asked.json)
    return 1 if failed else 0


def _print(tag: str, report: Report, seconds: float, *, as_json: bool) -> None:
    if as_json:
        _say(json.dumps({"venue": tag, **report.figures(), "seconds": round(seconds, 1)}))
    else:
        _say(f"\n{tag}: {report.headline()} in {seconds:,.0f} s\n\n{report.table(ON_THE_WIRE)}")
    for seed, found in sorted(report.violations.items())[:3]:
        _say(f"FAILED {tag} seed {seed}: {found[0]}")


def _second(tags: list[str]) -> int:
    for tag in tags:
        _say(f"{tag}: {speaks(tag)}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
