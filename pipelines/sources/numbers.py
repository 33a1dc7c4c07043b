"""Numbers as SQL: from the text of a cell to DECIMAL or INTEGER, never through a float and never rounded.

Belongs here: what a number may look like: currency signs, groups of three, brackets or a trailing minus, a percent sign
on a ratio. A number with more decimals than its column holds is unreadable unless they are zeros; so is an exponent,
because what writes 1.23457E+11 has thrown digits away. A column that its mapping calls `binary` was written from binary
floats: there 72197.880000000005 is the decimal number that the float stands for, 72197.88; nothing else is rounded.
"""

from __future__ import annotations

from pipelines.sources.notation import AMBIGUOUS_NUMBER, GROUP_SIGNS
from pipelines.sources.reading import Reading, fully, is_typed
from pipelines.sources.tables import literal
from pipelines.sources.text_table import TYPED

_SIGNS = "$€£¥₹₽₩₺₴฿₪₫₱"
_CURRENCY = rf"(?:[A-Z]{{0,3}}[{_SIGNS}]|[A-Z]{{3}}|kr\.?|zł|Kč|Ft|lei|Rs\.?)"
_SCALABLE = r"-?0*\d{1,16}(\.\d{0,10}0*)?"
#: More decimals are seldom all written.
_MONEY_SCALE = 2
_PLAIN = r"-?\d+(\.\d+)?"
_BINARY = r"-?\d{1,16}\.\d{1,20}"


def digits(reading: Reading, text: str) -> str:
    """SQL: the number as digits with a decimal point and perhaps a minus; null where the text is no number."""
    if reading.decimal is None:
        choices = [_digits_under(reading, text, decimal, told=False) for decimal in (".", ",")]
        found = f"coalesce({', '.join(choices)})"
    else:
        found = _digits_under(reading, text, reading.decimal, told=True)
    if not reading.marked:
        return found
    typed = f"nullif(regexp_extract({text}, {literal(f'^{TYPED}({_PLAIN})$')}, 1), '')"
    return f"case when {is_typed(text)} then {typed} else {found} end"


def value(reading: Reading, text: str, number: str) -> str:
    """SQL: the typed value of a cell with this `text` whose digits are `number`; null where it does not fit."""
    target = reading.column.target
    if reading.column.scale is not None:
        read = _scaled(number, str(reading.column.scale), target.data_type, target.scale or 0)
    elif target.scale is None:
        whole = f"try_cast(split_part({number}, '.', 1) as {target.data_type})"
        read = f"case when {fully(number, '-?[0-9]{1,12}([.]0*)?')} then {whole} end"
    else:
        exact = rf"-?0*\d{{1,{18 - target.scale}}}(\.\d{{0,{target.scale}}}0*)?"
        read = f"case when {fully(number, exact)} then try_cast({number} as {target.data_type}) end"
        if _is_quick(reading):
            quick = f"try_cast({number} as {target.data_type})"
            read = f"case when cast({quick} as varchar) = {number} then {quick} else {read} end"
        if reading.column.binary:
            read = f"coalesce({read}, {_of_binary(number, target.data_type, target.scale)})"
        if target.kind == "ratio":
            percent = _scaled(number, "0.01", target.data_type, target.scale)
            read = f"case when ends_with({text}, '%') then {percent} else {read} end"
    return _signed(reading, read)


def strict(reading: Reading, text: str) -> tuple[str, str]:
    """SQL: a guard that holds for plain and for grouped numbers only, and the value under it."""
    target = reading.column.target
    scale = target.scale or 0
    point = _point(reading.decimal or ".")
    whole = 18 - scale if target.scale is not None else 9
    decimals = ""
    if scale:
        # Three decimals are thousands in another notation: beyond doubt only where the notation is known.
        known = reading.decimal is not None or scale < 3
        decimals = rf"({point}\d{{1,{scale}}})?" if known else rf"({point}(\d{{1,2}}|\d{{4,{scale}}}))?"
    guard = fully(text, rf"-?\d{{1,{whole}}}{decimals}")
    plain = text
    if (group := _usual_group(reading)) is not None:
        # A number too large for its type passes the guard and fails in the cast: doubtful all the same.
        grouped = rf"\d{{1,3}}({_escaped(group)}\d{{3}})+"
        guard = fully(text, rf"-?({grouped}|\d{{1,{whole}}}){decimals}")
        plain = f"replace({text}, {literal(group)}, '')"
    if reading.decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    if reading.column.scale is not None:
        scaled = _scaled(plain, str(reading.column.scale), target.data_type, scale)
        return guard, _signed(reading, f"coalesce({scaled}, error('doubtful {target.name}'))")
    return guard, _signed(reading, f"cast({plain} as {target.data_type})")


def plainly(reading: Reading, text: str) -> str | None:
    """SQL: the value of a cell written just as the column's type is written; null for every other, also for good ones.

    Half the price of the guard of `strict`, and true of nearly every cell of money or of whole numbers.
    """
    if not _is_quick(reading):
        return None
    same, read = _same(reading, text)
    return f"case when {same} then {_signed(reading, read)} end"


def _is_quick(reading: Reading) -> bool:
    return reading.column.scale is None and (reading.column.target.scale or 0) <= _MONEY_SCALE


def _same(reading: Reading, text: str) -> tuple[str, str]:
    """SQL: whether a text is written just as the column's type is, and its value."""
    target = reading.column.target
    plain = text if reading.decimal != "," else f"replace({text}, ',', '.')"
    read = f"try_cast({plain} as {target.data_type})"
    same = f"cast({read} as varchar) = {plain}"
    if reading.decimal == "," and target.scale:
        same += f" and not contains({text}, '.')"
    return same, read


def ambiguous(reading: Reading, text: str) -> str:
    """SQL: whether a text without a value is a number that has two readings, for the message that says so."""
    if reading.decimal is not None:
        return "false"
    return f"regexp_matches({_separators_only(text)}, {literal(AMBIGUOUS_NUMBER)})"


def _digits_under(reading: Reading, text: str, decimal: str, *, told: bool) -> str:
    point = _point(decimal)
    other = "," if decimal == "." else "."
    signs = [other, *GROUP_SIGNS] if reading.thousands is None else [*reading.thousands]
    groups = [rf"\d{{1,3}}(?:{_escaped(sign)}\d{{3}})+" for sign in signs]
    if "," in signs:
        groups.append(r"\d{1,2}(?:,\d{2})+,\d{3}")  # lakh and crore
    body = rf"((?:{'|'.join([*groups, '[0-9]+'])})(?:{point}\d+)?|{point}\d+)"
    percent = "%?" if reading.column.target.kind == "ratio" and reading.column.scale is None else ""
    shape = rf"^\(?\s*[-+−]?\s*(?:{_CURRENCY})?\s*[-+−]?\s*{body}\s*(?:{_CURRENCY})?\s*[-−]?\s*{percent}\s*\)?$"
    found = f"regexp_extract({text}, {literal(shape)}, 1)"
    for sign in signs:
        found = f"replace({found}, {literal(sign)}, '')"
    if decimal == ",":
        found = f"replace({found}, ',', '.')"
    # One sign at most: (-5) and -5- say two things at once.
    sure = (
        f"length(regexp_replace({text}, '[^(+−-]', '', 'g')) <= 1 and starts_with({text}, '(') = ends_with({text}, ')')"
    )
    if not told:
        sure += f" and not regexp_matches({_separators_only(text)}, {literal(AMBIGUOUS_NUMBER)})"
    minus = f"case when regexp_matches({text}, '[(−-]') then '-' else '' end"
    lead = f"case when starts_with({found}, '.') then '0' || {found} else {found} end"
    read = f"case when {sure} and {found} <> '' then ({minus}) || ({lead}) end"
    if not told:
        return read
    # Most cells of most files are plain or grouped the usual way: one or two cheap looks instead of six.
    plain = f"replace({text}, ',', '.')" if decimal == "," else text
    looks = f"when {fully(text, rf'-?[0-9]+({point}[0-9]+)?')} then {plain}"
    if (group := _usual_group(reading)) is not None:
        usual = rf"-?\d{{1,3}}({_escaped(group)}\d{{3}})+({point}\d+)?"
        whole = f"replace({text}, {literal(group)}, '')"
        looks += f" when {fully(text, usual)} then " + (f"replace({whole}, ',', '.')" if decimal == "," else whole)
    if _is_quick(reading):
        looks = f"when {_same(reading, text)[0]} then {plain} {looks}"
    return f"case {looks} else {read} end"


def _usual_group(reading: Reading) -> str | None:
    """The sign between groups of three where the decimal sign is known: the other one of the two."""
    if reading.decimal is None:
        return None
    other = "," if reading.decimal == "." else "."
    return other if reading.thousands in (None, other) else None


def _point(decimal: str) -> str:
    return "," if decimal == "," else "[.]"


def _separators_only(text: str) -> str:
    return f"regexp_replace({text}, '[^0-9.,]', '', 'g')"


def _escaped(sign: str) -> str:
    return "[.]" if sign == "." else sign


def _scaled(number: str, factor: str, data_type: str, scale: int) -> str:
    readable = f"case when {fully(number, _SCALABLE)} then try_cast({number} as decimal(26, 10)) end"
    product = f"({readable}) * cast({literal(factor)} as decimal(12, 8))"
    return f"case when {product} = round({product}, {scale}) then try_cast({product} as {data_type}) end"


def _of_binary(number: str, data_type: str, scale: int) -> str:
    # Two steps of a double (2**-53 of its size each): what writing and reading a float may be off by.
    read = f"case when {fully(number, _BINARY)} then try_cast({number} as decimal(38, 20)) end"
    gap = f"abs(cast(({read}) - round({read}, {scale}) as double))"
    near = f"{gap} <= 2.3e-16 * abs(cast({read} as double))"
    return f"case when {near} then try_cast(round({read}, {scale}) as {data_type}) end"


def _signed(reading: Reading, read: str) -> str:
    column = reading.column
    if column.negate:
        read = f"-({read})"
    if column.keep == "positive":
        # Not greatest(): it gives 0 for a number that could not be read.
        read = f"case when {read} < 0 then 0 else {read} end"
    return f"cast({read} as {column.target.data_type})" if column.negate or column.keep else read
