"""Steps 1 and 2 on the command line: `value` and `beta`."""

from __future__ import annotations

from hedgerow import app as steps
from hedgerow.cli.options import BetaOptions, DataOptions, Output, settings_of
from hedgerow.cli.output import answer, progress
from hedgerow.reports import wire

__all__ = ["beta", "value"]


def value(book: str, /, *, data: DataOptions | None = None, output: Output | None = None) -> int:
    """Say what the book is worth, asset by asset, at market prices.

    Parameters
    ----------
    book
        Holdings: CSV, JSON, TOML or Parquet with symbol and quantity; or venue:NAME.
    """
    shown = output or Output()
    with progress(shown) as report:
        desk = steps.open_desk(settings_of(shown, data or DataOptions()), book, report)
        worth = steps.value(desk)

    def text() -> object:
        from hedgerow.reports.answers import value_text

        return value_text(worth, desk.market, desk.book.recognised)

    answer(lambda: wire.value_json(worth, desk.market, desk.book.recognised), text, shown)
    return int(bool(worth.unknown))


def beta(
    book: str,
    /,
    *,
    data: DataOptions | None = None,
    measure: BetaOptions | None = None,
    output: Output | None = None,
) -> int:
    """Say what each coin and the whole book move like, each with its standard error.

    Parameters
    ----------
    book
        Holdings: CSV, JSON, TOML or Parquet with symbol and quantity; or venue:NAME.
    """
    shown = output or Output()
    with progress(shown) as report:
        desk = steps.open_desk(settings_of(shown, data or DataOptions(), measure), book, report)
        report("estimating betas")
        exposure, warnings = steps.beta(desk)

    def text() -> object:
        from hedgerow.reports.answers import beta_text

        return beta_text(exposure, desk.market, warnings, desk.book.recognised)

    answer(lambda: wire.beta_json(exposure, desk.market, warnings, desk.book.recognised), text, shown)
    return int(bool(exposure.unknown))
