"""Codes and keys as people read them: `bill_without_due_date` is "Bill without due date", `erp:4711` is 4711.

Belongs here: the change of the column. Which words a code has beyond its own is its page's business.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa


def number_of(key: str) -> str:
    """SQL for the number that a document has in its own system; keys carry the source before it."""
    return f"substr({key}, strpos({key}, ':') + 1)"


def in_words(table: pa.Table, *columns: str, words: Mapping[str, str] | None = None) -> pa.Table:
    """The same rows with the codes of some columns in words; a code that `words` lacks is its own words. Null stays."""
    known = words or {}
    for column in columns:
        said = [
            None if code is None else known.get(code, str(code).replace("_", " ").capitalize())
            for code in table[column].to_pylist()
        ]
        table = table.set_column(table.column_names.index(column), column, pa.array(said, pa.string()))
    return table
