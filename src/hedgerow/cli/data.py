"""Market history on the command line: `data list` and `data check`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from hedgerow.cli.options import Output
from hedgerow.cli.output import answer

__all__ = ["data"]

data = App(name="data", help="What the lake of market history holds.", help_format="plaintext")

Lake = Annotated[str | None, Parameter(help="Where the lake is, if not in the data folder.")]


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
    """Look for holes and files that cannot be read; exit with 1 where there are any."""
    from hedgerow.app.data import check as checked
    from hedgerow.app.lake import lake_root
    from hedgerow.reports.lake_text import findings_json, findings_text

    root = lake_root(lake)
    found = checked(root)
    answer(
        lambda: findings_json(str(root), found), lambda: findings_text(str(root), found), output or Output()
    )
    return 1 if found else 0
