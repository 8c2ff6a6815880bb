"""Market history on the command line: `data pull`, `data list` and `data check`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import App, Parameter

from hedgerow.cli.options import Output, settings_of
from hedgerow.cli.output import answer, measured

__all__ = ["data"]

data = App(
    name="data", help="Fill the lake of market history, and see what it holds.", help_format="plaintext"
)

Lake = Annotated[
    str | None,
    Parameter(help="Where the lake is, if not in the data folder: a folder, or s3://BUCKET/FOLDER."),
]


@data.default
@data.command(name="list")
def listed(*, lake: Lake = None, output: Output | None = None) -> int:
    """List what there is: venues, kinds, coins, rows, from when to when."""
    from hedgerow.app.data import listed as lines_of
    from hedgerow.app.lake import lake_root
    from hedgerow.reports.lake_text import lines_json, lines_text

    root = lake_root(lake)
    lines = lines_of(root)
    answer(lambda: lines_json(str(root), lines), lambda: lines_text(str(root), lines), output or Output())
    return 0


@data.command
def check(*, lake: Lake = None, output: Output | None = None) -> int:
    """Look for holes and files that cannot be read; exit with 1 where there are any, or where there is nothing."""
    from hedgerow.app.data import check as checked
    from hedgerow.app.data import is_empty
    from hedgerow.app.lake import lake_root
    from hedgerow.reports.lake_text import findings_json, findings_text

    root = lake_root(lake)
    found, empty = checked(root), is_empty(root)
    answer(
        lambda: findings_json(str(root), found, empty=empty),
        lambda: findings_text(str(root), found, empty=empty),
        output or Output(),
    )
    return 1 if found or empty else 0


@Parameter(name="*", show_default=False)
@dataclass(frozen=True, slots=True)
class PullOptions:
    """What is brought."""

    coins: Annotated[str | None, Parameter(help="BTC,ETH or the venue's own symbols; without: all.")] = None
    kinds: Annotated[
        str,
        Parameter(
            help="Of candles, mark, index, funding, contracts, tiers, books (candles,mark,funding,contracts)."
        ),
    ] = "candles,mark,funding,contracts"
    bar: Annotated[str, Parameter(help="Length of a bar: 1m, 5m, 15m, 30m, 1h, 4h, 1d (1d).")] = "1d"
    since: Annotated[str | None, Parameter(name="--from", help="First day; two years before --until.")] = None
    until: Annotated[str | None, Parameter(help="Last day; now.")] = None
    with_key: Annotated[
        bool, Parameter(help="Ask with your key: Binance and BingX show tiers to nobody else.", negative="")
    ] = False


@data.command
def pull(
    venue: str,
    /,
    *,
    what: PullOptions | None = None,
    lake: Lake = None,
    output: Output | None = None,
) -> int:
    """Bring what the lake lacks from a venue; what was interrupted goes on where it stopped.

    Exit 1 where the venue has not everything, or rows are missing between others; 5 where it cannot be reached: what
    came before stays.

    Parameters
    ----------
    venue
        binance, bybit, bingx, weex, mexc, hyperliquid or deribit.
    """
    import numpy as np

    from hedgerow.app.data import asked_for, fill
    from hedgerow.app.lake import lake_root
    from hedgerow.reports.pull_text import filled_json, filled_text

    shown, wanted = output or Output(), what or PullOptions()
    settings = settings_of(shown)
    asked = asked_for(wanted.kinds, wanted.coins, wanted.bar, wanted.since, wanted.until)
    keys = None
    if wanted.with_key:
        from hedgerow.app.asking import passphrase_from
        from hedgerow.app.keys import keys_of

        keys = keys_of(venue, passphrase_from(None))
    with measured(shown) as report:
        done = fill(settings, venue, lake_root(lake or settings.data.lake), asked, keys, report)
    told = [(one.kind, one.coin, one.why) for one in done.pulled.missing]
    later = [(kind, coin, np.datetime64(at, "ms")) for kind, coin, at in done.pulled.later]
    root, rows = str(done.root), done.pulled.rows
    answer(
        lambda: filled_json(root, done.lines, rows, told, later, done.findings),
        lambda: filled_text(root, done.lines, rows, told, later, done.findings),
        shown,
    )
    return 1 if told or done.findings else 0
