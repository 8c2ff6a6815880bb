"""Names and numbers: what is read is exact, what is refused says where and why."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.files.cells import Place, fault_of_symbol, number, number_hint, symbol
from hedgerow.model.errors import BadPortfolio

HERE = Place("book.csv", 7, "quantity")
EXACT = st.decimals(
    min_value=Decimal("-1e20"), max_value=Decimal("1e20"), allow_nan=False, allow_infinity=False, places=20
)


def test_a_refusal_reads_as_promised() -> None:
    with pytest.raises(BadPortfolio) as caught:
        number("1,5", HERE)
    assert f"error: {caught.value}" == (
        'error: book.csv line 7, column quantity: "1,5" is not a number\n'
        "  A decimal point was expected. If this file uses decimal commas, add --decimal-comma."
    )


@given(EXACT)
def test_what_is_written_is_what_is_read(value: Decimal) -> None:
    assert number(f"{value:f}", HERE) == value
    assert number(f" {value:e}\u00a0", HERE) == value


@given(EXACT)
def test_a_decimal_comma_is_a_decimal_point(value: Decimal) -> None:
    assert number(f"{value:f}".replace(".", ","), HERE, decimal_comma=True) == value


def outcome(text: str, *, comma: bool) -> Decimal | BadPortfolio:
    try:
        return number(text, HERE, decimal_comma=comma)
    except BadPortfolio as why:
        return why


@given(st.text(max_size=120), st.booleans())
def test_any_text_is_a_finite_number_or_refused_in_printable_words(text: str, comma: bool) -> None:
    found = outcome(text, comma=comma)
    if isinstance(found, Decimal):
        assert found.is_finite()
    else:
        assert found.advice
        assert str(found).replace("\n", "").isprintable()


@pytest.mark.parametrize("text", ["1.5", "1.234,5", "12.500", ",", "1,2,3", "1_000,5"])
def test_a_point_is_never_dropped_for_a_comma(text: str) -> None:
    with pytest.raises(BadPortfolio):
        number(text, HERE, decimal_comma=True)


@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize("text", ["1,200", "-12,500", "999,999"])
def test_a_comma_that_may_be_of_thousands_is_refused_with_both_readings(text: str, comma: bool) -> None:
    with pytest.raises(BadPortfolio, match="may be two numbers") as caught:
        number(text, HERE, decimal_comma=comma)
    assert text.replace(",", "") in caught.value.advice
    assert text.replace(",", ".") in caught.value.advice
    assert "--decimal-comma" not in caught.value.advice
    assert number(f"{text}0", HERE, decimal_comma=True) == Decimal(text.replace(",", "."))


def test_a_decimal_comma_after_nothing_or_a_nought_is_one() -> None:
    assert number("0,125", HERE, decimal_comma=True) == Decimal("0.125")
    assert number("1234,125", HERE, decimal_comma=True) == Decimal("1234.125")


@pytest.mark.parametrize("text", ["-0", "0.000", "-0e5", ",0"])
def test_zero_has_no_sign(text: str) -> None:
    assert str(number(text, HERE, decimal_comma=True) if "," in text else number(text, HERE)) == "0"


def test_the_range_is_held_at_both_ends() -> None:
    assert number("1e30", HERE) == Decimal("1e30")
    assert number("1e-30", HERE) == Decimal("1e-30")
    for text in ("1e31", "9.99e-31", "1e308"):
        with pytest.raises(BadPortfolio, match="out of any range"):
            number(text, HERE)


@pytest.mark.parametrize("text", ["9" * 101, "0" * 5_000 + "1", "", "x" * 1_000, "1e9999"])
def test_no_length_is_a_hang_or_a_long_message(text: str) -> None:
    with pytest.raises(BadPortfolio) as caught:
        number(text, HERE)
    assert len(str(caught.value)) < 300
    assert number_hint(text)


@given(st.text(alphabet="abcXYZ019._-", min_size=1, max_size=40))
def test_a_ticker_is_upper_case_and_read_again_as_itself(text: str) -> None:
    name, fault, advice = fault_of_symbol(text)
    if fault:
        assert (name, bool(advice)) == ("", True)
    else:
        assert name == text.upper() == symbol(name, HERE)


@given(st.text(max_size=60))
def test_a_ticker_is_plain_or_refused_in_printable_words(text: str) -> None:
    name, fault, advice = fault_of_symbol(text)
    if fault:
        assert (fault + advice).isprintable()
    else:
        assert name.isascii()
        assert name.isprintable()
        assert name == name.upper()


@pytest.mark.parametrize("text", ["ı", "BıTC", "ſOL", "\u212a"])
def test_upper_case_makes_no_letter_plain(text: str) -> None:
    """Upper case would turn the dotless i into I; the fold of the long s and the Kelvin sign is a stated tolerance."""
    name, fault, _ = fault_of_symbol(text)
    assert (name, bool(fault)) in {("", True), ("SOL", False), ("K", False)}
    assert not name.startswith("B")
