"""Columns of the exports: numbers, codes, money, dates and ids as a system writes them.

Belongs here: from the generator's integers to a typed column. Does not: files and headers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipelines.sample.arrays import Flags, Ints, decimals
from pipelines.sample.company import CURRENCIES, DEPARTMENTS, ENTITIES, cost_centre_code

ENTITY_CODES = tuple(entity.code for entity in ENTITIES)
DEPARTMENT_CODES = tuple(code for code, _, _ in DEPARTMENTS)
COST_CENTRES = tuple(
    cost_centre_code(entity, department) for entity in range(len(ENTITIES)) for department in range(len(DEPARTMENTS))
)


def integers(values: pl.Series | Ints) -> Ints:
    return np.asarray(values, dtype=np.int64)


def numbers(index: pl.Series | Ints, values: Ints) -> pl.Series:
    """The document or master number behind each row index; empty where the index is -1."""
    at = integers(index)
    picked = pl.Series(values[at] if len(values) else np.zeros(len(at), dtype=np.int64))
    return picked.set(pl.Series(at < 0), None) if (at < 0).any() else picked


def codes(index: pl.Series | Ints, names: Sequence[str]) -> pl.Series:
    """The code behind each index; empty where the index is -1."""
    kind = pl.Enum(names)
    # Negative numbers do not fit an unsigned type and become empty. Polars keeps up to 255 names in one byte.
    width = pl.UInt8 if len(names) < 256 else pl.UInt32
    return pl.Series(integers(index)).cast(width, strict=False).cat.to(kind)


def entities(index: pl.Series | Ints) -> pl.Series:
    return codes(index, ENTITY_CODES)


def currencies(index: pl.Series | Ints) -> pl.Series:
    return codes(index, CURRENCIES)


def cost_centres(entity: pl.Series | Ints, department: pl.Series | Ints) -> pl.Series:
    unit, of = integers(entity), integers(department)
    return codes(np.where(of < 0, -1, unit * len(DEPARTMENT_CODES) + of), COST_CENTRES)


def money(cents: pl.Series | Ints) -> pl.Series:
    return decimals(integers(cents))


def known_money(cents: pl.Series | Ints, known: pl.Series | Ints | Flags) -> pl.Series:
    """Money, empty where it is not known."""
    series = money(cents)
    missing = np.asarray(known) == 0
    return series.set(pl.Series(missing), None) if missing.any() else series


def rate(values: pl.Series | Ints) -> pl.Series:
    return decimals(integers(values), 8)


def thousandths(values: pl.Series | Ints) -> pl.Series:
    return decimals(integers(values), 3)


def days(values: pl.Series | Ints) -> pl.Series:
    """Dates; empty where the day is -1."""
    at = integers(values)
    series = pl.Series(at.astype(np.int32)).cast(pl.Date)
    return series.set(pl.Series(at < 0), None) if (at < 0).any() else series


def times(seconds: pl.Series | Ints) -> pl.Series:
    """Moments in UTC; empty where the second is -1."""
    at = integers(seconds)
    series = pl.Series(at * 1_000).cast(pl.Datetime("ms"))
    return series.set(pl.Series(at < 0), None) if (at < 0).any() else series


def evening(day: pl.Series | Ints) -> pl.Series:
    """When the ERP last changed a record that was posted on a day."""
    return times(integers(day) * 86_400 + 18 * 3_600)


def counts(values: pl.Series | Ints) -> pl.Series:
    """Whole numbers; empty where negative."""
    at = integers(values)
    series = pl.Series(at)
    return series.set(pl.Series(at < 0), None) if (at < 0).any() else series


def crm_ids(prefix: str, index: pl.Series | Ints) -> pl.Series:
    """Eighteen characters, as the CRM makes them; empty where the index is -1."""
    at = integers(index)
    frame = pl.DataFrame({"at": at})
    made = pl.format(prefix + "5g{}AAA", pl.col("at").cast(pl.String).str.zfill(10))
    return frame.select(id=pl.when(pl.col("at") >= 0).then(made))["id"]


def flags(values: pl.Series | Ints | np.ndarray) -> pl.Series:
    return codes(np.asarray(values).astype(np.int64), ("FALSE", "TRUE"))
