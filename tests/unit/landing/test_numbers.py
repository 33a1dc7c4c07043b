"""Numbers as exports write them, against Python's Decimal."""

from __future__ import annotations

from decimal import Decimal

import pytest
from cells import COUNT, MONEY, QUANTITY, RATIO, column, read, read_strictly, read_strictly_each
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.mapping import FileFormat, MappedColumn

POINT = FileFormat(decimal=".")
COMMA = FileFormat(decimal=",")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.5", "1234.50"),
        ("$1,234.50", "1234.50"),
        ("(12.00)", "-12.00"),
        ("($1,234.50)", "-1234.50"),
        ("-12", "-12.00"),
        ("12.00-", "-12.00"),
        ("−7.25", "-7.25"),
        ("+3", "3.00"),
        ("EUR 99.95", "99.95"),
        ("99.95 EUR", "99.95"),
        ("99.95 €", "99.95"),
        ("US$5", "5.00"),
        ("1 234.50", "1234.50"),
        ("1\u00a0234\u202f567.89", None),  # two kinds of group sign in one number
        ("1'234'567.89", "1234567.89"),
        ("12,34,567.89", "1234567.89"),  # lakh
        (".5", "0.50"),
        ("0012.30", "12.30"),
        ("1.500", "1.50"),  # trailing zeros are no lost cents
        ("1.239", None),  # would have to be rounded
        ("1e3", None),
        ("1e308", None),
        ("1.5E+3", None),
        ("NaN", None),
        ("inf", None),
        ("-Infinity", None),
        ("12,50", None),  # not a group of three
        ("--5", None),
        ("(-5)", None),
        ("-5-", None),
        ("(5", None),
        ("5%", None),
        ("12.3.4", None),
        ("abc", None),
        ("1_000", None),
        ("0x10", None),
        ("١٢", None),
        ("9999999999999999.99", "9999999999999999.99"),
        ("10000000000000000.00", None),  # one digit more than DECIMAL(18, 2) holds
        ("", None),
        ("   ", None),
    ],
)
def test_money_text_with_a_decimal_point(text: str, expected: str | None) -> None:
    """An amount read wrong by a factor of a hundred is worse than one not read."""
    assert read(MONEY, [text], POINT) == [None if expected is None else Decimal(expected)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.234,50", "1234.50"),
        ("1234,5", "1234.50"),
        ("(12,00)", "-12.00"),
        ("1 234,50 kr", "1234.50"),
        ("1.234", "1234.00"),
        ("12.50", None),
        ("1.234,567", None),
    ],
)
def test_money_text_with_a_decimal_comma(text: str, expected: str | None) -> None:
    """Half of Europe writes amounts this way."""
    assert read(MONEY, [text], COMMA) == [None if expected is None else Decimal(expected)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1,234", "99.95"], ["1234.00", "99.95"]),  # 99.95 tells: the comma groups
        (["1.234", "99,95"], ["1234.00", "99.95"]),
        (["1.234,50"], ["1234.50"]),
        (["1,234,567"], ["1234567.00"]),
        (["1,234"], [None]),  # nothing tells
        (["12.500", "250"], [None, "250.00"]),
        (["0.125"], [None]),  # tells a point, and does not fit two decimals
        (["12", "250"], ["12.00", "250.00"]),
    ],
)
def test_the_decimal_sign_is_told_by_the_whole_file_or_not_at_all(texts: list[str], expected: list[str | None]) -> None:
    """12.500 is twelve and a half or twelve thousand five hundred: a guess would be silently wrong by a thousand."""
    assert read(MONEY, list(texts)) == [None if one is None else Decimal(one) for one in expected]


def test_one_slip_in_a_hundred_does_not_change_the_notation_of_a_file() -> None:
    """One mistyped cell must not quarantine a file of thousands; it goes alone."""
    texts = ["1,234.50"] * 150 + ["99,95"] + ["1,234"]
    found = read(MONEY, list(texts))
    assert found[150] is None
    assert found[151] == Decimal("1234.00")
    assert read(MONEY, ["1,234.50"] * 50 + ["99,95"] + ["1,234"])[51] is None  # one in fifty is no slip


@pytest.mark.parametrize(
    ("text", "expected"), [("12", 12), ("1,200", 1200), ("12.0", 12), ("12.5", None), ("3000000000", None)]
)
def test_a_count_is_a_whole_number_that_fits(text: str, expected: int | None) -> None:
    """Half a click is a misread column."""
    assert read(COUNT, [text], POINT) == [expected]


def test_a_percent_sign_on_a_ratio_is_hundredths() -> None:
    """Probability 45 % is 0.45, or every forecast is a hundred times too high."""
    assert read(RATIO, ["45%", "0.45", "12.5 %", "100%"], POINT) == [
        Decimal("0.45"),
        Decimal("0.45"),
        Decimal("0.125"),
        Decimal(1),
    ]


def test_scale_multiplies_exactly_and_refuses_what_would_be_rounded() -> None:
    """Hundredths of hundredths must not be lost where a ratio keeps six decimals."""
    scaled = column("ratio", "decimal(9, 6)", scale=Decimal("0.01"))
    assert read(scaled, ["45.5", "0.0001", "0.00001"], POINT) == [Decimal("0.455"), Decimal("0.000001"), None]


def test_negate_and_keep_positive_split_a_signed_column() -> None:
    """A ledger with one signed amount column must fill debit and credit, both not negative."""
    debit = column("money", "decimal(18, 2)", keep="positive")
    credit = column("money", "decimal(18, 2)", negate=True, keep="positive")
    texts: list[str | None] = ["100.00", "-40.00", "x", None]
    assert read(debit, texts, POINT) == [Decimal(100), Decimal(0), None, None]
    assert read(credit, texts, POINT) == [Decimal(0), Decimal(40), None, None]


def test_binary_floats_give_the_amount_they_stand_for_and_nothing_else_is_rounded() -> None:
    """A ledger exported through floats must not lose a third of its rows, nor gain a rounding nobody asked for."""
    binary = column("money", "decimal(18, 2)", binary=True)
    floats: list[str | None] = ["72197.880000000005", "-280.73000000000002", "48000.459999999999"]
    texts = [*floats, "22080.0", "1.005", "1.0049"]
    told = [Decimal("72197.88"), Decimal("-280.73"), Decimal("48000.46"), Decimal(22080), None, None]
    assert read(binary, texts, POINT) == told
    assert read(column("money", "decimal(18, 2)"), floats, POINT) == [None, None, None]


@given(st.integers(-(10**13), 10**13))
def test_every_cent_survives_being_written_as_a_float(cents: int) -> None:
    """Seventeen digits name a float exactly; the two decimals it stands for come back."""
    binary = column("money", "decimal(18, 2)", binary=True)
    assert read(binary, [f"{cents / 100:.17g}"], POINT) == [Decimal(cents) / 100]


AMOUNTS = st.decimals(min_value=Decimal("-9999999999999999.99"), max_value=Decimal("9999999999999999.99"), places=2)


@st.composite
def written(draw: st.DrawFn, decimal: str) -> tuple[str, Decimal]:
    """An amount and one of the ways in which an export writes it."""
    amount = draw(AMOUNTS)
    group = draw(st.sampled_from(["", "," if decimal == "." else ".", " ", "\u00a0", "\u202f", "'", "’"]))
    whole, cents = f"{abs(amount):,.2f}".split(".")
    digits = whole.replace(",", group) + draw(st.sampled_from([decimal + cents, decimal + cents + "00"]))
    if amount < 0:
        style = draw(st.sampled_from(["-{}", "{}-", "({})", "−{}", "-${}", "(EUR {})", "- {}"]))
    else:
        style = draw(st.sampled_from(["{}", "+{}", "${}", "€ {}", "{} €", "EUR {}", "{} kr", " {} "]))
    return style.format(digits), amount


@pytest.mark.parametrize("decimal", [".", ","])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_every_way_of_writing_an_amount_gives_the_amount(decimal: str, data: st.DataObject) -> None:
    """Whatever the export's habit, the cent is the same."""
    cases = data.draw(st.lists(written(decimal), min_size=10, max_size=60))
    found = read(MONEY, [text for text, _ in cases], FileFormat(decimal=decimal))
    assert found == [amount for _, amount in cases]


LIKE_NUMBERS = st.text(alphabet="0123456789.,-+() '$€%eENa", min_size=1, max_size=12).filter(str.strip)


@pytest.mark.parametrize("mapped", [MONEY, QUANTITY, COUNT, RATIO])
@given(texts=st.lists(LIKE_NUMBERS | st.decimals(places=2, allow_nan=False).map(str), min_size=20, max_size=60))
@settings(max_examples=15, deadline=None)
def test_what_the_strict_reading_takes_is_what_decimal_takes_it_for(mapped: MappedColumn, texts: list[str]) -> None:
    """The fast way must never see another number than the careful one, nor than arithmetic."""
    carefully = read(mapped, list(texts), POINT)
    for text, strictly, careful in zip(texts, read_strictly_each(mapped, texts, POINT), carefully, strict=True):
        if strictly is not None:
            assert strictly == careful == Decimal(text.strip())


@given(st.lists(st.text(alphabet="0123456789.,-", max_size=9), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_both_readings_agree_where_nothing_is_said_of_the_notation(texts: list[str]) -> None:
    """Detection from the first rows and from the whole file must not end in different numbers."""
    found = read_strictly(QUANTITY, list(texts))
    if found is not None:
        assert found == read(QUANTITY, list(texts))
