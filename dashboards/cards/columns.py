"""How columns of tables are headed and written on the screen: amounts, shares, days, months, moments.

Belongs here: settings of Streamlit's tables by kind of value. Does not: which columns a table has, its frame (`cards`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboards.reading import Reading

_TOKENS = {"d": "D", "dd": "DD", "M": "M", "MM": "MM", "MMM": "MMM", "y": "YYYY", "yyyy": "YYYY", "yy": "YY"}
"""What the browser calls the fields of a CLDR pattern."""


def money(reading: Reading, label: str) -> Any:
    """An amount in the reporting currency."""
    return st.column_config.NumberColumn(f"{label} ({reading.display.currency})", format="%,.0f")


def percent(label: str) -> Any:
    """A share from 0 to 1, written in percent."""
    return st.column_config.NumberColumn(label, format="percent")


def day(reading: Reading, label: str) -> Any:
    """A day, as the company's locale writes it elsewhere on the page."""
    return st.column_config.DateColumn(label, format=day_tokens(reading.display.locale.day_pattern))


def month(label: str) -> Any:
    """A month that is given by its first day."""
    return st.column_config.DateColumn(label, format="MMM YYYY")


def moment(reading: Reading, label: str) -> Any:
    """A moment, to the minute."""
    pattern = day_tokens(reading.display.locale.day_pattern)
    return st.column_config.DatetimeColumn(label, format=f"{pattern} HH:mm")


def day_tokens(pattern: str) -> str:
    """A CLDR pattern of days in the tokens of the browser; the ISO order where a field has none."""
    fields = re.split(r"('[^']*'|[A-Za-z]+)", pattern)
    found = []
    for field in fields:
        if field.startswith("'"):
            found.append(f"[{field[1:-1]}]")
        elif field.isalpha() and field.isascii():
            if field not in _TOKENS:
                return "YYYY-MM-DD"
            found.append(_TOKENS[field])
        else:
            found.append(field)
    return "".join(found)


def headings(columns: Mapping[str, Any]) -> dict[str, str]:
    """The headings of a table's column settings, by column."""
    return {name: str(value["label"] if isinstance(value, Mapping) else value) for name, value in columns.items()}


def is_link(settings: Any) -> bool:
    """Whether a column is of links, which are for the screen only."""
    kind = settings.get("type_config") if isinstance(settings, Mapping) else None
    return kind is not None and kind.get("type") == "link"


def shown_in_tenths(table: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    """The table as the screen shows it: percent columns rounded to tenths of a percent. Exports keep every digit."""
    for name, settings in columns.items():
        kind = settings.get("type_config") if isinstance(settings, Mapping) else None
        if kind and kind.get("format") == "percent" and name in table.column_names:
            values = [None if value is None else round(float(value), 3) for value in table[name].to_pylist()]
            table = table.set_column(table.column_names.index(name), name, pa.array(values, pa.float64()))
    return table
